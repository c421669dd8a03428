package pipeline

import (
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// observation is what decides about an operation beside its record: the chain at one head
// and at the newest block that is final by the node's policy, and the operator's
// patience. It has no history.
type observation struct {
	head, final chain.Block

	effect      bool   // at head the registry shows what the operation wants
	effectFinal bool   // at final it does
	overtaken   string // why it can never take effect, as the registry shows at final; empty: it can

	// The block at which the operation failed was reorged out, and there is no newer
	// statement about the issuer.
	refuted bool

	statuses   []chain.TransactionStatus // of each attempt, in order; zero for an unsigned one
	nonce      uint64                    // of the account's next transaction at head
	nonceFinal uint64                    // at final
	gap        bool                      // a nonce gap: a free nonce below those of the operation

	now       int64 // Unix milliseconds
	bumpAfter int64 // milliseconds that a transaction may wait in the pool before it is replaced
}

// bumpBlocks is how many blocks must have left out a transaction before it is replaced
// with higher fees: while there are no blocks, higher fees do not help.
const bumpBlocks = 2

// receipt returns where an attempt took effect, nil if none did.
func (v *observation) receipt(success bool) *chain.Receipt {
	for _, f := range v.statuses {
		if f.Receipt != nil && f.Receipt.Success == success {
			return f.Receipt
		}
	}
	return nil
}

// step is what is to be done next about an operation.
type step int

const (
	stepWait    step = iota // nothing: for another block
	stepIntend              // choose a nonce and fees, and write them down
	stepReplace             // choose higher fees for the nonce that is stuck, and write them down
	stepSign                // sign what is intended, and write that down
	stepSend                // hand the live transaction to the network
	stepMined               // record that it is in a block
	stepBack                // record that it is reorged out again
	stepFinish              // record that it is final, with evidence
	stepFail                // record that it can never take effect
	stepRelease             // drop an intent that is not needed, and free its nonce
	stepClose               // nothing remains to be done, ever
)

// next decides what to do about an operation, from its record and the observation alone.
// It is a pure function, so a node that starts does the same as one that runs on.
//
// The effect of an operation and its transactions are followed apart: a third party may
// anchor our batch, and a transaction whose effect is there already must still be
// mined, or its nonce would block all later ones.
func next(o *store.Operation, v *observation) step {
	newest := o.Newest()
	unsigned := newest != nil && len(newest.Raw) == 0
	failed := o.State == publish.Failed
	ended := o.State == publish.Final || failed
	// The block at which it failed may still be reorged out.
	settled := ended && (!failed || v.final.Number >= o.FinalAt.Number)
	switch {
	case failed && v.refuted:
		return stepBack
	case ended:
	case v.effectFinal:
		return stepFinish
	case v.effect:
		if o.State != publish.Mined || moved(o, v) {
			return stepMined
		}
	case o.State == publish.Mined:
		return stepBack
	case v.overtaken != "":
		return stepFail
	case newest == nil:
		return stepIntend
	case unsigned && newest.Nonce >= v.nonce:
		return stepSign
	}

	switch {
	case newest == nil && settled:
		return stepClose
	case newest == nil:
		return stepWait // a third party did it, or its failure is not final
	case unsigned:
		return stepRelease
	}
	if i := live(o, v.nonce); i >= 0 {
		a := &o.Attempts[i]
		switch {
		case !v.statuses[i].Known:
			return stepSend // the pool has dropped it: the same bytes again
		case v.gap:
			return stepIntend // fill the nonce gap before it
		case overdue(a, v):
			return stepReplace
		}
		return stepWait
	}
	switch {
	case highest(o) >= v.nonceFinal:
		return stepWait // its nonce is used, in a block that may still be reorged out
	case settled:
		return stepClose
	case ended, v.effect:
		return stepWait
	case v.receipt(true) == nil && v.receipt(false) == nil:
		return stepIntend // its nonce was used by a foreign transaction
	case v.receipt(true) == nil:
		if o.Kind == store.KindAnchor {
			return stepIntend // it ran out of gas
		}
		return stepFail
	}
	return stepWait
}

// overdue reports whether an attempt, next in line, was left out of blocks for so long
// that it is to be replaced. One that was sent later than now was so by a process with a wrong clock, and
// is not waited for until then.
func overdue(a *store.Attempt, v *observation) bool {
	age := v.now - a.At
	return a.Nonce == v.nonce && (age >= v.bumpAfter || age < 0) && v.head.Number >= a.Head+bumpBlocks
}

// live returns the index of the transaction that is to be mined next: the newest of
// those with the lowest nonce that the chain has not used, -1 if all are used.
// Several attempts with one nonce replace each other; those with different nonces
// must all be mined.
func live(o *store.Operation, nonce uint64) int {
	found := -1
	for i := range o.Attempts {
		a := &o.Attempts[i]
		if len(a.Raw) > 0 && a.Nonce >= nonce && (found < 0 || a.Nonce <= o.Attempts[found].Nonce) {
			found = i
		}
	}
	return found
}

// highest returns the highest nonce of an operation's attempts.
func highest(o *store.Operation) (nonce uint64) {
	for i := range o.Attempts {
		nonce = max(nonce, o.Attempts[i].Nonce)
	}
	return nonce
}

// moved reports whether the effect is in another block than the record says.
func moved(o *store.Operation, v *observation) bool {
	r := v.receipt(true)
	return r != nil && r.Block.Hash != o.Block.Hash
}
