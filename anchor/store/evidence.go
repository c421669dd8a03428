package store

import (
	"encoding/binary"
	"errors"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Evidence is the chain's proof of a batch's anchor and of one issuer's state, all
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
}

// Evidence returns what is stored for a batch and an issuer.
func (s *Store) Evidence(batch uint64, issuer verifier.Address) (e Evidence, err error) {
	err = s.get(key('e', be(batch), issuer[:]), &e)
	return e, err
}

// PutEvidence replaces what is stored for a batch and an issuer.
func (tx *Tx) PutEvidence(batch uint64, issuer verifier.Address, e *Evidence) error {
	return tx.put(key('e', be(batch), issuer[:]), e)
}

// Changed returns the number of the final block that last changed what the
// registry says of an issuer, 0 if this node saw no such block.
func (s *Store) Changed(issuer verifier.Address) (uint64, error) {
	n, err := number(s.db, key('w', issuer[:]))
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// SetChanged records that a final block changed what the registry says of an issuer.
func (tx *Tx) SetChanged(issuer verifier.Address, block uint64) error {
	return tx.b.Set(key('w', issuer[:]), be(block), nil)
}

// Scanned returns the number of the last final block whose changes of issuers were
// recorded.
func (s *Store) Scanned() (uint64, error) { return number(s.db, metaKey("scanned")) }

// SetScanned changes what [Store.Scanned] returns.
func (tx *Tx) SetScanned(block uint64) error {
	return tx.b.Set(metaKey("scanned"), binary.BigEndian.AppendUint64(nil, block), nil)
}
