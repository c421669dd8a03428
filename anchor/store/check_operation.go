package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// decoded reports whether a record can be decoded.
func (c *checker) decoded(where string, value []byte, record any) bool {
	if err := cbor.Unmarshal(value, record); err != nil {
		c.damage(where, "the record cannot be decoded: %s", oneLine(err))
		return false
	}
	return true
}

// operations checks that operations are whole, and that exactly those that are not
// closed are looked at.
func (c *checker) operations() error {
	var open, anchors uint64
	_, err := eachNumbered(c, 'o', "operation", func(n uint64, o *Operation) {
		c.Operations++
		where := fmt.Sprintf("operation %d", n)
		if o.Number != n {
			c.damage(where, "the record says that it is operation %d", o.Number)
		}
		switch isOpen := c.has(where, key('p', be(uint64(o.Chain)), be(n))); {
		case isOpen && o.Closed:
			c.surplus(where, "it is closed, and in the list of those that are not")
		case !isOpen && !o.Closed:
			c.damage(where, "it is not closed, and not in the list of those that are not: it would never go on")
		}
		if !o.Closed {
			open++
		}
		for i := range o.Attempts {
			a := &o.Attempts[i]
			if len(a.Raw) > 0 && merkle.Keccak256(a.Raw) != a.Hash {
				c.damage(where, "its transaction %d hashes to %s, not to %s", i+1, merkle.Keccak256(a.Raw), a.Hash)
			}
		}
		if o.Kind == KindAnchor {
			anchors++
			c.number(fmt.Sprintf("%s: look-up by batch %d and chain %s", where, o.Batch, o.Chain), key('a', be(o.Batch), be(uint64(o.Chain))), n)
			c.anchors(where, o)
		}
		if c.chain(o.Chain) == nil {
			c.damage(where, "it is for %s, to which the folder is not bound", o.Chain)
		}
	})
	if err != nil {
		return err
	}
	n, err := c.count('p')
	if err != nil {
		return err
	}
	if n > open {
		c.damage("the list of open operations", "it has %d entries, and %d operations are not closed", n, open)
	}
	n, err = c.count('a')
	if err == nil && n > anchors {
		c.surplus("look-up of operations by batch", "it has %d entries for %d operations", n, anchors)
	}
	return err
}

// anchors checks an operation against its batch, and that a final one has its evidence.
func (c *checker) anchors(where string, o *Operation) {
	b, err := c.s.Batch(o.Batch)
	if !c.readable(fmt.Sprintf("%s: batch %d", where, o.Batch), err) {
		return
	}
	if b.Root != o.Root || b.Manifest != o.Manifest {
		c.damage(where, "it anchors %s, and batch %d has the root %s", o.Root, o.Batch, b.Root)
	}
	if o.State != publish.Final {
		return
	}
	issuers, err := c.s.Issuers(&b)
	if err != nil {
		return // reported with the submissions
	}
	for _, r := range issuers {
		if name := evidenceName(o.Chain, o.Batch, r.Issuer); !c.has(name, evidenceKey(o.Chain, o.Batch, r.Issuer)) {
			c.damage(name, "it is missing, and the batch is final there")
		}
	}
}

func evidenceName(id verifier.ChainID, batch uint64, issuer verifier.Address) string {
	return fmt.Sprintf("evidence of %s for batch %d and issuer %s", id, batch, issuer)
}

// evidence verifies what is stored with the verifier. What is lacking is found with
// the operations.
func (c *checker) evidence() error {
	return c.each('e', func(k, v []byte) {
		c.Evidence++
		var e Evidence
		id, n, issuer := verifier.ChainID(binary.BigEndian.Uint64(k[1:9])), binary.BigEndian.Uint64(k[9:17]), verifier.Address(k[17:])
		where := evidenceName(id, n, issuer)
		if !c.decoded(where, v, &e) {
			return
		}
		chain := c.chain(id)
		if chain == nil {
			c.damage(where, "the folder is not bound to that chain")
			return
		}
		b, err := c.s.Batch(n)
		if !c.readable(where+": the batch", err) {
			return
		}
		proven := e
		err = proven.Complete(chain.Home(), b.Root, issuer)
		switch {
		case err != nil:
			c.damage(where, "%s", oneLine(err))
		case proven.Time != e.Time:
			c.damage(where, "it proves the time %d, the record says %d", proven.Time, e.Time)
		case proven.StatusRoot != e.StatusRoot:
			c.damage(where, "it proves the status root %s, the record says %s", proven.StatusRoot, e.StatusRoot)
		}
	})
}

// issuers checks what is looked up by issuer.
func (c *checker) issuers() error {
	name := func(of []byte) string { return fmt.Sprintf("newest operation of issuer 0x%x", of[8:]) }
	err := c.eachLookup('u', name, func(where string, of []byte, n uint64) {
		o, err := c.s.Operation(n)
		if c.readable(where, err) && string(key('u', be(uint64(o.Chain)), o.Issuer[:])[1:]) != string(of) {
			c.damage(where, "it leads to operation %d, of %s on %s", o.Number, o.Issuer, o.Chain)
		}
	})
	if err == nil {
		name = func(of []byte) string { return fmt.Sprintf("last change of issuer 0x%x", of[8:]) }
		err = c.eachLookup('w', name, func(string, []byte, uint64) {})
	}
	if err != nil {
		return err
	}
	return c.each('h', func(k, v []byte) {
		var r Standing
		where := fmt.Sprintf("standing of issuer 0x%x", k[1:])
		if c.decoded(where, v, &r) && r.Batch != 0 {
			_, err := c.s.Batch(r.Batch)
			c.readable(where+": the batch", err)
		}
	})
}

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
