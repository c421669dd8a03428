package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// ErrUsedUp says that a submission was not added because it is beyond its issuer's quota.
var ErrUsedUp = errors.New("the issuer's quota of the day is used up")

// Issuer is what an operator decided about an issuer.
type Issuer struct {
	Address  verifier.Address `cbor:"1,keyasint"`
	Name     string           `cbor:"2,keyasint,omitempty"` // for people
	Note     string           `cbor:"3,keyasint,omitempty"`
	AddedAt  int64            `cbor:"4,keyasint"`           // Unix milliseconds
	Disabled bool             `cbor:"5,keyasint,omitempty"` // submissions are refused
	NeedsKey bool             `cbor:"6,keyasint,omitempty"` // submissions need an API key beside the signature
	Quota    Quota            `cbor:"7,keyasint"`
}

// Quota is what an issuer may submit in a UTC day; zero members are no limit.
type Quota struct {
	Submissions uint64 `cbor:"1,keyasint,omitempty"`
	Credentials uint64 `cbor:"2,keyasint,omitempty"`
}

// Usage is what was accepted of an issuer in a UTC day.
type Usage struct {
	Day         uint64 // since 1970
	Issuer      verifier.Address
	Submissions uint64
	Credentials uint64
}

// Fits reports whether a submission of so many credentials is within a quota.
func (u *Usage) Fits(q Quota, credentials uint64) bool {
	return (q.Submissions == 0 || u.Submissions < q.Submissions) &&
		(q.Credentials == 0 || credentials <= q.Credentials && u.Credentials <= q.Credentials-credentials)
}

// APIKeyID names an API key. It is no secret.
type APIKeyID [5]byte

// APIKey is a secret by which a client may submit for issuers, as it is kept: without the secret.
type APIKey struct {
	ID        APIKeyID           `cbor:"1,keyasint"`
	Secret    merkle.Hash        `cbor:"2,keyasint"` // SHA-256 of it, which is random
	Issuers   []verifier.Address `cbor:"3,keyasint"` // for whom it may submit, ascending
	Label     string             `cbor:"4,keyasint,omitempty"`
	CreatedAt int64              `cbor:"5,keyasint"`           // Unix milliseconds, as are all times
	ExpiresAt int64              `cbor:"6,keyasint,omitempty"` // from then on it does not count; 0: never
	RevokedAt int64              `cbor:"7,keyasint,omitempty"` // 0: it was not
	UsedAt    int64              `cbor:"8,keyasint,omitempty"` // the last use, to the hour; 0: never
}

func issuerKey(a verifier.Address) []byte { return key('Q', a[:]) }
func apiKeyKey(id APIKeyID) []byte        { return key('K', id[:]) }

// The last byte of a key of usage says what is counted.
const (
	countsSubmissions = 's'
	countsCredentials = 'c'
)

func usageKey(day uint64, issuer verifier.Address, what byte) []byte {
	return key('U', be(day), issuer[:], []byte{what})
}

// counts are what grows with a submission: within a quota, if there is one.
func (r *Submission) counts(quota *Quota) []kv.Count {
	if quota == nil {
		return nil
	}
	day := utcDay(time.UnixMilli(r.AcceptedAt))
	return []kv.Count{
		{Key: usageKey(day, r.Issuer, countsSubmissions), Add: 1, Most: quota.Submissions},
		{Key: usageKey(day, r.Issuer, countsCredentials), Add: r.Count, Most: quota.Credentials},
	}
}

// Issuer returns what an operator decided about an issuer, or [ErrNotFound].
func (r reader) Issuer(a verifier.Address) (is Issuer, err error) {
	err = r.get(issuerKey(a), &is)
	return is, err
}

// EachIssuer calls do with the issuers after one, by ascending addresses, until it returns false.
func (r reader) EachIssuer(after verifier.Address, do func(*Issuer) bool) error {
	return r.each(append(issuerKey(after), 0), []byte{'Q' + 1}, func(k, value []byte) (bool, error) {
		var is Issuer
		if err := decodeRecord(k, value, &is); err != nil {
			return false, err
		}
		return do(&is), nil
	})
}

// APIKey returns an API key, or [ErrNotFound].
func (r reader) APIKey(id APIKeyID) (k APIKey, err error) {
	err = r.get(apiKeyKey(id), &k)
	return k, err
}

// EachAPIKey calls do with the API keys after one (nil: all), by ascending IDs, until it returns false.
func (r reader) EachAPIKey(after *APIKeyID, do func(*APIKey) bool) error {
	lower := []byte{'K'}
	if after != nil {
		lower = append(apiKeyKey(*after), 0)
	}
	return r.each(lower, []byte{'K' + 1}, func(k, value []byte) (bool, error) {
		var record APIKey
		if err := decodeRecord(k, value, &record); err != nil {
			return false, err
		}
		return do(&record), nil
	})
}

func decodeRecord(k, value []byte, record any) error {
	if err := cbor.Unmarshal(value, record); err != nil {
		return fmt.Errorf("record under %q: %w", k[:1], err)
	}
	return nil
}

// UsageOf returns what was accepted of an issuer in the UTC day of a moment.
func (r reader) UsageOf(issuer verifier.Address, at time.Time) (Usage, error) {
	u := Usage{Day: utcDay(at), Issuer: issuer}
	for what, n := range u.counted() {
		var err error
		if *n, err = r.number(usageKey(u.Day, issuer, what)); err != nil && !errors.Is(err, ErrNotFound) {
			return u, err
		}
	}
	return u, nil
}

func (u *Usage) counted() map[byte]*uint64 {
	return map[byte]*uint64{countsSubmissions: &u.Submissions, countsCredentials: &u.Credentials}
}

// EachUsage calls do with the usage of the UTC days first to last, by ascending days and
// addresses, until it returns false. It begins after a day and an issuer if after is not nil.
func (r reader) EachUsage(first, last uint64, after *Usage, do func(*Usage) bool) error {
	lower := key('U', be(first))
	if after != nil {
		lower = usageKey(after.Day, after.Issuer, 0xff)
	}
	var u Usage
	more := true
	err := r.each(lower, key('U', be(last+1)), func(k, value []byte) (bool, error) {
		if len(k) != keyLengths['U'] || len(value) != 8 {
			return false, fmt.Errorf("record under %q has %d and %d bytes, want %d and 8", k[:1], len(k), len(value), keyLengths['U'])
		}
		of := Usage{Day: binary.BigEndian.Uint64(k[1:]), Issuer: verifier.Address(k[9:29])}
		if of.Day != u.Day || of.Issuer != u.Issuer {
			if u.Day != 0 {
				more = do(&u)
			}
			u = of
		}
		if n := u.counted()[k[29]]; n != nil {
			*n = binary.BigEndian.Uint64(value)
		}
		return more, nil
	})
	if err == nil && more && u.Day != 0 {
		do(&u)
	}
	return err
}

// PutIssuer writes what an operator decided about an issuer.
func (tx *Tx) PutIssuer(is *Issuer) error { return tx.put(issuerKey(is.Address), is) }

// RemoveIssuer removes what an operator decided about an issuer. Its keys are no longer for it.
func (tx *Tx) RemoveIssuer(a verifier.Address, now time.Time) error {
	var of []*APIKey
	err := tx.EachAPIKey(nil, func(k *APIKey) bool {
		if slices.Contains(k.Issuers, a) {
			of = append(of, k)
		}
		return true
	})
	for _, k := range of {
		k.Issuers = slices.DeleteFunc(k.Issuers, func(is verifier.Address) bool { return is == a })
		if len(k.Issuers) == 0 && k.RevokedAt == 0 {
			k.RevokedAt = now.UnixMilli()
		}
		err = errors.Join(err, tx.PutAPIKey(k))
	}
	if err != nil {
		return err
	}
	return tx.kv.Delete(issuerKey(a))
}

// PutAPIKey writes an API key.
func (tx *Tx) PutAPIKey(k *APIKey) error { return tx.put(apiKeyKey(k.ID), k) }

// operators checks what operators decided, and that nothing is missing of what they did.
func (c *checker) operators() error {
	err := c.each('Q', func(k, v []byte) {
		var is Issuer
		where := fmt.Sprintf("issuer 0x%x", k[1:])
		if c.decoded(where, v, &is) && is.Address != verifier.Address(k[1:]) {
			c.damage(where, "the record is of %s", is.Address)
		}
	})
	if err == nil {
		err = c.each('K', func(k, v []byte) {
			var record APIKey
			where := fmt.Sprintf("API key %x", k[1:])
			if c.decoded(where, v, &record) && record.ID != APIKeyID(k[1:]) {
				c.damage(where, "the record is of %x", record.ID)
			}
		})
	}
	if err == nil {
		err = c.each('U', func(k, v []byte) {
			if len(v) != 8 {
				c.damage(fmt.Sprintf("usage of issuer 0x%x", k[9:29]), "the record has %d bytes, want 8", len(v))
			}
		})
	}
	if err != nil {
		return err
	}
	return c.audit()
}
