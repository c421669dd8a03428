package store

import (
	"errors"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
)

// Standing is what an issuer may ask of the node's account: whether it has anchored
// anything here, and how much of a day's share it has used.
type Standing struct {
	Batch  uint64 `cbor:"1,keyasint,omitempty"` // the first that was final with something of the issuer's; zero: none was
	Day    uint64 `cbor:"2,keyasint,omitempty"` // UTC day of the newest statement that was taken, since 1970
	Relays uint64 `cbor:"3,keyasint,omitempty"` // statements that were taken in it
}

// RelayedOn returns how many statements were taken in the UTC day of a moment.
func (s *Standing) RelayedOn(day time.Time) uint64 {
	if s.Day != utcDay(day) {
		return 0
	}
	return s.Relays
}

func utcDay(t time.Time) uint64 { return uint64(t.Unix() / 86400) }

func standingKey(issuer verifier.Address) []byte { return key('h', issuer[:]) }

// Standing returns an issuer's standing, the zero one if nothing is known of it.
func (r reader) Standing(issuer verifier.Address) (standing Standing, err error) {
	if err = r.get(standingKey(issuer), &standing); errors.Is(err, ErrNotFound) {
		return Standing{}, nil
	}
	return standing, err
}

// SetAnchored records that a batch with something of an issuer's is final.
func (tx *Tx) SetAnchored(issuer verifier.Address, batch uint64) error {
	r, err := tx.Standing(issuer)
	if err != nil || r.Batch != 0 {
		return err
	}
	r.Batch = batch
	return tx.put(standingKey(issuer), &r)
}

// CountRelay counts a statement of an issuer's for the UTC day of a moment.
func (tx *Tx) CountRelay(issuer verifier.Address, day time.Time) error {
	r, err := tx.Standing(issuer)
	if err != nil {
		return err
	}
	r.Day, r.Relays = utcDay(day), r.RelayedOn(day)+1
	return tx.put(standingKey(issuer), &r)
}
