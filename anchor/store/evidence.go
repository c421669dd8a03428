package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Evidence is a chain's proof of a batch's anchor and of one issuer's state, all
// at one final block.
type Evidence struct {
	Number       uint64           `cbor:"1,keyasint"` // of the block
	Hash         merkle.Hash      `cbor:"2,keyasint"` // of the block
	Time         uint64           `cbor:"3,keyasint"` // of the block, Unix seconds
	Header       []byte           `cbor:"4,keyasint"` // RLP
	AccountProof []verifier.Bytes `cbor:"5,keyasint"` // trie nodes, each once
	StorageProof []verifier.Bytes `cbor:"6,keyasint"` // trie nodes, each once
	StatusRoot   merkle.Hash      `cbor:"7,keyasint"` // of the issuer, proven by it
	FetchedAt    int64            `cbor:"8,keyasint"` // Unix milliseconds

	// Vouchers that the block is final, which may come later than the rest.
	Beacon       []byte   `cbor:"9,keyasint,omitempty"`  // encoded evidence of the beacon chain
	Cosignatures []string `cbor:"10,keyasint,omitempty"` // of witnesses
}

// Anchor returns the evidence as a proof file holds it, without status entries.
func (e *Evidence) Anchor(home verifier.Home) *verifier.Anchor {
	a := &verifier.Anchor{
		Chain: home.Chain, Registry: home.Registry,
		Header: e.Header, AccountProof: e.AccountProof, StorageProof: e.StorageProof,
	}
	if len(e.Beacon) > 0 {
		if v, err := verifier.BeaconVoucher(e.Beacon); err == nil { // bytes in hex: nothing can fail
			a.Finality = append(a.Finality, v)
		}
	}
	if len(e.Cosignatures) > 0 {
		if v, err := verifier.WitnessVoucher(e.Cosignatures); err == nil { // texts: nothing can fail
			a.Finality = append(a.Finality, v)
		}
	}
	return a
}

// Complete verifies that the evidence proves, at the block that Number and Hash name, that
// a registry records a batch root, and sets Time and StatusRoot to what it proves.
func (e *Evidence) Complete(home verifier.Home, root merkle.Hash, issuer verifier.Address) error {
	state, err := e.Anchor(home).Read(root, issuer)
	switch {
	case err != nil:
		return fmt.Errorf("it proves nothing: %w", err)
	case !state.Anchored:
		return errors.New("it proves that the root is not recorded")
	case state.Header.Hash != e.Hash || state.Header.Number != e.Number:
		return fmt.Errorf("it is of block %d with hash %s, not of block %d with hash %s",
			state.Header.Number, state.Header.Hash, e.Number, e.Hash)
	}
	e.Time, e.StatusRoot = state.Header.Time, state.StatusRoot
	return nil
}

func evidenceKey(id verifier.ChainID, batch uint64, issuer verifier.Address) []byte {
	return key('e', be(uint64(id)), be(batch), issuer[:])
}

// Evidence returns what is stored for a batch and an issuer on a chain.
func (r reader) Evidence(id verifier.ChainID, batch uint64, issuer verifier.Address) (e Evidence, err error) {
	err = r.get(evidenceKey(id, batch, issuer), &e)
	return e, err
}

// PutEvidence replaces what is stored for a batch and an issuer on a chain.
func (tx *Tx) PutEvidence(id verifier.ChainID, batch uint64, issuer verifier.Address, e *Evidence) error {
	tx.touch(tx.versions.ofBatch(batch))
	return tx.put(evidenceKey(id, batch, issuer), e)
}

// EvidenceAfter returns the numbers of the batches that have evidence on a chain of
// a block after the one with a number.
func (s *Store) EvidenceAfter(id verifier.ChainID, block uint64) (map[uint64]bool, error) {
	batches := make(map[uint64]bool)
	prefix := key('e', be(uint64(id)))
	err := s.each(prefix, after(prefix), func(k, value []byte) (bool, error) {
		var e struct {
			Number uint64 `cbor:"1,keyasint"`
		}
		if err := cbor.Unmarshal(value, &e); err != nil {
			return false, err
		}
		if e.Number > block {
			batches[binary.BigEndian.Uint64(k[len(prefix):])] = true
		}
		return true, nil
	})
	return batches, err
}

// Changed returns the number of the final block that last changed what a chain's
// registry says of an issuer, 0 if this node saw no such block.
func (s *Store) Changed(id verifier.ChainID, issuer verifier.Address) (uint64, error) {
	n, err := s.number(key('w', be(uint64(id)), issuer[:]))
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// SetChanged records that a final block changed what a chain's registry says of an
// issuer.
func (tx *Tx) SetChanged(id verifier.ChainID, issuer verifier.Address, block uint64) error {
	tx.touch(tx.versions.ofIssuer(issuer))
	return tx.kv.Set(key('w', be(uint64(id)), issuer[:]), be(block))
}

// ForgetChanges takes back what [Tx.SetChanged] recorded of blocks after the one
// with a number, which are not on the chain any more.
func (tx *Tx) ForgetChanges(id verifier.ChainID, block uint64) error {
	prefix := key('w', be(uint64(id)))
	var later []verifier.Address
	err := tx.each(prefix, after(prefix), func(k, value []byte) (bool, error) {
		if binary.BigEndian.Uint64(value) > block {
			later = append(later, verifier.Address(k[len(prefix):]))
		}
		return true, nil
	})
	for _, issuer := range later {
		err = errors.Join(err, tx.SetChanged(id, issuer, block))
	}
	return err
}
