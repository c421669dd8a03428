package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Kind says what an operation does to the registry.
type Kind string

// The kinds of operations.
const (
	KindAnchor     Kind = "anchor"     // anchor(Root, Manifest)
	KindStatus     Kind = "status"     // setStatusBySig(Issuer, Version, Root, Manifest, Deadline, Signature)
	KindRetire     Kind = "retire"     // retireBySig(Issuer, From, Deadline, Signature)
	KindController Kind = "controller" // setControllerBySig(Issuer, Current, Next, Deadline, Signature)
)

// Operation is one thing that the node wants the registry of one chain to do, with
// every transaction that was ever made for it.
type Operation struct {
	Number uint64 `cbor:"1,keyasint"` // 1, 2, 3...
	Kind   Kind   `cbor:"2,keyasint"`

	Chain verifier.ChainID `cbor:"20,keyasint"` // whose registry is meant

	Batch     uint64           `cbor:"3,keyasint,omitempty"` // number, of an anchor
	Issuer    verifier.Address `cbor:"4,keyasint,omitempty"` // of everything else
	Root      merkle.Hash      `cbor:"5,keyasint,omitempty"` // of the batch or the status list
	Manifest  merkle.Hash      `cbor:"6,keyasint,omitempty"` // sha2-256 digest of the batch's or the list's
	Version   uint64           `cbor:"7,keyasint,omitempty"`
	From      uint64           `cbor:"8,keyasint,omitempty"` // Unix seconds
	Current   verifier.Address `cbor:"9,keyasint,omitempty"`
	Next      verifier.Address `cbor:"10,keyasint,omitempty"`
	Deadline  uint64           `cbor:"11,keyasint,omitempty"` // Unix seconds
	Signature []byte           `cbor:"12,keyasint,omitempty"`

	State  publish.State `cbor:"13,keyasint"`
	Reason string        `cbor:"14,keyasint,omitempty"` // why it failed
	Since  int64         `cbor:"15,keyasint"`           // when it came to State, Unix milliseconds

	Attempts []Attempt `cbor:"16,keyasint,omitempty"` // in the order of their making

	// Where it took effect, as far as known: set in the states mined and final.
	Block Block `cbor:"17,keyasint,omitempty"`
	// The block at which it was found final, or to have failed.
	FinalAt Block `cbor:"18,keyasint,omitempty"`

	// Closed is set when nothing remains to be done: the effect is final, and every nonce
	// in Attempts is used in a final block.
	Closed bool `cbor:"19,keyasint,omitempty"`

	// Paid is what the transaction in Block cost, wei, big-endian; empty while that is not
	// known, or if a third party paid. For people: nothing is decided by it.
	Paid []byte `cbor:"21,keyasint,omitempty"`
}

// Attempt is one transaction. It is written without Raw first (the intent), then
// with it (signed), and only then sent.
type Attempt struct {
	Nonce    uint64      `cbor:"1,keyasint"`
	Tip      []byte      `cbor:"2,keyasint"` // wei per gas, big-endian
	FeeCap   []byte      `cbor:"3,keyasint"` // wei per gas, big-endian
	Gas      uint64      `cbor:"4,keyasint"` // limit
	Calldata []byte      `cbor:"5,keyasint"`
	At       int64       `cbor:"6,keyasint"` // Unix milliseconds
	Hash     merkle.Hash `cbor:"7,keyasint,omitempty"`
	Raw      []byte      `cbor:"8,keyasint,omitempty"` // as sent: EIP-2718 bytes
	Head     uint64      `cbor:"9,keyasint,omitempty"` // newest block when it was made
}

// Block names a block; Number may be known without Hash.
type Block struct {
	Number uint64      `cbor:"1,keyasint,omitempty"`
	Hash   merkle.Hash `cbor:"2,keyasint,omitempty"`
}

// Newest returns the newest attempt, nil if there is none.
func (o *Operation) Newest() *Attempt {
	if len(o.Attempts) == 0 {
		return nil
	}
	return &o.Attempts[len(o.Attempts)-1]
}

// Transaction returns the hash of the newest signed transaction, nil if there is none.
func (o *Operation) Transaction() *merkle.Hash {
	for i := len(o.Attempts) - 1; i >= 0; i-- {
		if len(o.Attempts[i].Raw) > 0 {
			return new(o.Attempts[i].Hash)
		}
	}
	return nil
}

// AddOperation writes a new operation and sets its number.
func (tx *Tx) AddOperation(o *Operation) (uint64, error) {
	n, err := tx.last('o')
	if err != nil {
		return 0, err
	}
	o.Number = n + 1
	if o.Kind != KindAnchor {
		if err := tx.kv.Set(key('u', be(uint64(o.Chain)), o.Issuer[:]), be(o.Number)); err != nil {
			return 0, err
		}
	}
	return o.Number, tx.PutOperation(o)
}

// PutOperation writes an operation as it stands now.
func (tx *Tx) PutOperation(o *Operation) error {
	if o.Kind == KindAnchor {
		tx.touch(tx.versions.ofBatch(o.Batch))
	}
	open := key('p', be(uint64(o.Chain)), be(o.Number))
	var err error
	if o.Closed {
		err = tx.kv.Delete(open)
	} else {
		err = tx.kv.Set(open, nil)
	}
	return errors.Join(err, tx.put(key('o', be(o.Number)), o))
}

// Operation returns an operation by its number.
func (r reader) Operation(n uint64) (o Operation, err error) {
	err = r.get(key('o', be(n)), &o)
	return o, err
}

// OpenOperations returns the operations of a chain that are not closed, oldest
// first.
func (r reader) OpenOperations(id verifier.ChainID) (list []*Operation, err error) {
	prefix := key('p', be(uint64(id)))
	var numbers []uint64
	err = r.each(prefix, after(prefix), func(k, _ []byte) (bool, error) {
		numbers = append(numbers, binary.BigEndian.Uint64(k[len(prefix):]))
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	for _, n := range numbers {
		o, err := r.Operation(n)
		if err != nil {
			return nil, fmt.Errorf("operation: %w", err)
		}
		list = append(list, &o)
	}
	return list, nil
}

// NewestOperation returns the newest operation about an issuer's status on a chain.
func (r reader) NewestOperation(id verifier.ChainID, issuer verifier.Address) (o Operation, err error) {
	n, err := r.number(key('u', be(uint64(id)), issuer[:]))
	if err != nil {
		return o, err
	}
	return r.Operation(n)
}

// Final says that a batch became final on a chain. It is written with the state itself, so
// that none is missing, and never changes. After a deep reorg the same batch may become
// final again: that is another record.
type Final struct {
	Number      uint64           `cbor:"1,keyasint"` // 1, 2, 3... in the order in which they were written
	Batch       uint64           `cbor:"2,keyasint"`
	Chain       verifier.ChainID `cbor:"3,keyasint"`
	Transaction *merkle.Hash     `cbor:"4,keyasint,omitempty"` // nil if a third party anchored the batch
	Block       uint64           `cbor:"5,keyasint,omitempty"` // that records the batch
	At          int64            `cbor:"6,keyasint"`           // Unix milliseconds
}

// AddFinal writes that the anchor of an operation is final, as the operation says.
func (tx *Tx) AddFinal(o *Operation) error {
	n, err := tx.last('F')
	if err != nil {
		return err
	}
	r := Final{Number: n + 1, Batch: o.Batch, Chain: o.Chain, Transaction: o.Transaction(), Block: o.Block.Number, At: o.Since}
	return tx.put(key('F', be(r.Number)), &r)
}

// Final returns a record by its number, or [ErrNotFound].
func (r reader) Final(n uint64) (f Final, err error) {
	err = r.get(key('F', be(n)), &f)
	return f, err
}

// LastFinal returns the number of the newest record, zero if there is none.
func (r reader) LastFinal() (uint64, error) { return r.last('F') }

// Deliveries says how far a webhook has come with the submissions of the records that
// [Tx.AddFinal] writes. What stands before Next and is not in Waiting is done with.
type Deliveries struct {
	Next      EventID   `cbor:"1,keyasint"`           // that was not taken up yet
	Waiting   []Waiting `cbor:"2,keyasint,omitempty"` // that were tried in vain, in the order of their ids
	Delivered uint64    `cbor:"3,keyasint,omitempty"` // since ever
	GivenUp   uint64    `cbor:"4,keyasint,omitempty"` // since ever
}

// EventID names a submission that became final.
type EventID struct {
	Final      uint64 `cbor:"1,keyasint"`           // number of the record
	Submission uint64 `cbor:"2,keyasint,omitempty"` // sequence number; in Next the least one that may come
}

// Waiting is an event that was tried in vain.
type Waiting struct {
	EventID

	Since int64 `cbor:"3,keyasint"` // when it was first tried, Unix milliseconds
}

var deliveriesKey = metaKey("webhook")

// Deliveries returns what was written last, or [ErrNotFound] if no webhook was ever used here.
func (r reader) Deliveries() (d Deliveries, err error) {
	err = r.get(deliveriesKey, &d)
	return d, err
}

// PutDeliveries writes how far a webhook has come.
func (tx *Tx) PutDeliveries(d *Deliveries) error { return tx.put(deliveriesKey, d) }
