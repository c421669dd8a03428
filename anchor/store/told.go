package store

import (
	"errors"

	"github.com/hallmark-node/hallmark/verifier"
)

func toldKey(from, to verifier.ChainID, issuer verifier.Address) []byte {
	return key('f', be(uint64(from)), be(uint64(to)), issuer[:])
}

// Told reports whether an issuer's list on one chain was once seen to hold all that
// it had listed on another one.
func (s *Store) Told(from, to verifier.ChainID, issuer verifier.Address) (bool, error) {
	_, err := number(s.db, toldKey(from, to, issuer))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// SetTold records what [Store.Told] asks for.
func (tx *Tx) SetTold(from, to verifier.ChainID, issuer verifier.Address) error {
	return tx.b.Set(toldKey(from, to, issuer), be(1), nil)
}
