package store

import (
	"encoding/binary"
	"errors"
	"math/big"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Chain is what is kept of one chain that a folder is bound to. Its first three
// members never change.
type Chain struct {
	Chain    verifier.ChainID `cbor:"1,keyasint"`
	Genesis  merkle.Hash      `cbor:"2,keyasint"` // hash of block 0: tells apart chains that share an id
	Registry verifier.Address `cbor:"3,keyasint"`

	// Checkpoints are blocks that were final by the node's policy, ascending; the
	// last is the newest such block. See [Chain.AddCheckpoint].
	Checkpoints []Block `cbor:"4,keyasint,omitempty"`

	// Scanned is the last final block whose changes of issuers were recorded.
	Scanned uint64 `cbor:"5,keyasint,omitempty"`

	// Counters since the folder was made.
	Anchors       uint64     `cbor:"6,keyasint,omitempty"`  // batches that became final
	Replacements  uint64     `cbor:"7,keyasint,omitempty"`  // transactions replaced with higher fees
	ForeignNonces uint64     `cbor:"8,keyasint,omitempty"`  // nonces taken by transactions that are not the node's
	Reorgs        uint64     `cbor:"9,keyasint,omitempty"`  // mined operations that were reorged out
	DeepReorgs    uint64     `cbor:"10,keyasint,omitempty"` // times that a final block was reorged out
	LastDeepReorg *DeepReorg `cbor:"11,keyasint,omitempty"`

	// What the writer tells other processes, if there are any.
	Hold    Hold             `cbor:"12,keyasint,omitzero"`
	Account verifier.Address `cbor:"13,keyasint,omitzero"` // from which it sends
}

// Hold is why no further batch can be sent; the zero value if one can.
type Hold struct {
	Reason   string `cbor:"1,keyasint,omitempty"`
	InFlight bool   `cbor:"2,keyasint,omitempty"` // it is no fault: enough is on its way
}

// DeepReorg is a reorg of blocks that were final.
type DeepReorg struct {
	At       int64  `cbor:"1,keyasint"` // Unix milliseconds
	Final    uint64 `cbor:"2,keyasint"` // the newest block that was final
	Fork     uint64 `cbor:"3,keyasint"` // the newest checkpoint that is still on the chain
	Reopened int    `cbor:"4,keyasint"` // operations
}

// Home returns the registry.
func (c *Chain) Home() verifier.Home { return verifier.Home{Chain: c.Chain, Registry: c.Registry} }

// Final returns the newest block that was final, the zero Block if none was yet.
func (c *Chain) Final() Block {
	if len(c.Checkpoints) == 0 {
		return Block{}
	}
	return c.Checkpoints[len(c.Checkpoints)-1]
}

// maxCheckpoints bounds a Chain's checkpoints.
const maxCheckpoints = 64

// AddCheckpoint adds a final block with a higher number than all before. When
// there are too many, every other one of the older half goes: the older, the
// sparser. The oldest and the newest always stay.
func (c *Chain) AddCheckpoint(b Block) {
	c.Checkpoints = append(c.Checkpoints, b)
	if len(c.Checkpoints) <= maxCheckpoints {
		return
	}
	kept := c.Checkpoints[:1:1]
	for i, b := range c.Checkpoints[1:] {
		if i%2 == 1 || i >= maxCheckpoints/2 {
			kept = append(kept, b)
		}
	}
	c.Checkpoints = kept
}

// Chains returns the chains that the folder is bound to, by ascending id.
func (r reader) Chains() (list []Chain, err error) {
	err = r.each([]byte{'k'}, []byte{'k' + 1}, func(_, value []byte) (bool, error) {
		var c Chain
		err := cbor.Unmarshal(value, &c)
		list = append(list, c)
		return err == nil, err
	})
	return list, err
}

// Chain returns what is kept of one chain, or ErrNotFound if the folder is not
// bound to it.
func (r reader) Chain(id verifier.ChainID) (c Chain, err error) {
	err = r.get(key('k', be(uint64(id))), &c)
	return c, err
}

// PutChain writes a chain's record. The first time binds the folder to the chain.
func (tx *Tx) PutChain(c *Chain) error { return tx.put(key('k', be(uint64(c.Chain))), c) }

// Spending says what an account pays for.
type Spending byte

// The purposes of spending. The second is a part of the first.
const (
	SpentInAll    Spending = 'd'
	SpentOnRelays Spending = 'D' // statements of issuers, which strangers can ask for
)

// dayKey names a UTC day of an account on a chain.
func dayKey(of Spending, id verifier.ChainID, account verifier.Address, day time.Time) []byte {
	return key(byte(of), be(uint64(id)), account[:], be(utcDay(day)))
}

// Spent returns what an account has committed to on a chain in the UTC day of a
// moment, in wei: the most that the transactions signed in it can cost.
func (r reader) Spent(of Spending, id verifier.ChainID, account verifier.Address, day time.Time) (*big.Int, error) {
	b, err := r.bytes(dayKey(of, id, account, day))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return new(big.Int).SetBytes(b), nil
}

// Spend adds to what Spent returns.
func (tx *Tx) Spend(of Spending, id verifier.ChainID, account verifier.Address, day time.Time, wei *big.Int) error {
	before, err := tx.Spent(of, id, account, day)
	if err != nil {
		return err
	}
	return tx.kv.Set(dayKey(of, id, account, day), before.Add(before, wei).Bytes())
}

// BatchOperation returns the operation that anchors a batch on a chain, or
// ErrNotFound if the batch does not go there.
func (r reader) BatchOperation(batch uint64, id verifier.ChainID) (Operation, error) {
	n, err := r.number(key('a', be(batch), be(uint64(id))))
	if err != nil {
		return Operation{}, err
	}
	return r.Operation(n)
}

// BatchOperations returns the operations that anchor a batch, by ascending chain id.
func (r reader) BatchOperations(batch uint64) (list []Operation, err error) {
	prefix := key('a', be(batch))
	var numbers []uint64
	err = r.each(prefix, after(prefix), func(_, value []byte) (bool, error) {
		numbers = append(numbers, binary.BigEndian.Uint64(value))
		return true, nil
	})
	for _, n := range numbers {
		o, failed := r.Operation(n)
		if err = errors.Join(err, failed); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, err
}

// EachOperation calls do with all operations of a chain, oldest first.
func (s *Store) EachOperation(id verifier.ChainID, do func(*Operation) error) error {
	return s.each([]byte{'o'}, []byte{'o' + 1}, func(_, value []byte) (bool, error) {
		var o Operation
		if err := cbor.Unmarshal(value, &o); err != nil {
			return false, err
		}
		if o.Chain != id {
			return true, nil
		}
		return true, do(&o)
	})
}
