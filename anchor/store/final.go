package store

import (
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

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

// finals checks that what became final is whole. Folders of older programs have fewer records
// than batches that are final.
func (c *checker) finals() error {
	last, err := eachNumbered(c, 'F', "record of what became final", func(n uint64, r *Final) {
		where := fmt.Sprintf("record %d of what became final", n)
		if r.Number != n {
			c.damage(where, "it says that it is record %d", r.Number)
		}
		if !c.has(where, key('b', be(r.Batch))) {
			c.damage(where, "there is no batch %d", r.Batch)
		}
	})
	if err != nil {
		return err
	}
	switch d, err := c.s.Deliveries(); {
	case errors.Is(err, ErrNotFound):
	case !c.readable("how far the webhook has come", err):
	case d.Next.Final > last+1:
		c.damage("how far the webhook has come", "it says up to record %d, and there are %d", d.Next.Final, last)
	}
	return nil
}
