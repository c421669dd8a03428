package anchor

import (
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// view is what matters to one operation beside its record: what the chain says, at
// one head and at the newest block that is final by the node's policy, and how
// patient the operator is. It says nothing of how the operation came to where it is.
type view struct {
	head, final chain.Block

	effect      bool   // at head the registry shows what the operation wants
	effectFinal bool   // at final it does
	overtaken   string // at final the registry shows why it can never be had; empty: it can

	// The block at which the operation was found to have failed is on the chain no
	// more, and no newer statement about the issuer has been handed in.
	refuted bool

	fates      []chain.Fate // of each attempt, in order; zero for an unsigned one
	nonce      uint64       // of the account's next transaction at head
	nonceFinal uint64       // at final
	gap        bool         // a nonce from nonce on, below those of the operation, is nobody's

	now       int64 // Unix milliseconds
	bumpAfter int64 // milliseconds that a transaction may be in no block before more is paid
}

// bumpBlocks is how many blocks must have passed a transaction by before more is
// paid for it: while there are no blocks, money does not help.
const bumpBlocks = 2

// receipt returns where an attempt took effect, nil if none did.
func (v *view) receipt(success bool) *chain.Receipt {
	for _, f := range v.fates {
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
	stepBack                // record that it is in no block any more
	stepFinish              // record that it is final, with evidence
	stepFail                // record that it can never be
	stepRelease             // drop an intent that is not needed, and free its nonce
	stepClose               // nothing remains to be done, ever
)

// next decides what to do about an operation, from its record and the view alone.
// It has no memory, so a node that starts does the same as one that runs on.
//
// What the operation wants and what its transactions do are two things: somebody
// else may anchor our batch, and a transaction whose effect is there already must
// still be mined, or its nonce would block all later ones.
func next(o *store.Operation, v *view) step {
	newest := o.Newest()
	unsigned := newest != nil && len(newest.Raw) == 0
	failed := o.State == string(Failed)
	ended := o.State == string(Final) || failed
	// What it failed for may still go away.
	settled := ended && (!failed || v.final.Number >= o.FinalAt.Number)
	switch {
	case failed && v.refuted:
		return stepBack
	case ended:
	case v.effectFinal:
		return stepFinish
	case v.effect:
		if o.State != string(Mined) || moved(o, v) {
			return stepMined
		}
	case o.State == string(Mined):
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
		return stepWait // somebody else did it, or why it failed is not final
	case unsigned:
		return stepRelease
	}
	if i := live(o, v.nonce); i >= 0 {
		a := &o.Attempts[i]
		switch {
		case !v.fates[i].Known:
			return stepSend // a network that has forgotten it gets the same bytes again
		case v.gap:
			return stepIntend // it can only be mined after a nonce that nobody sends
		case overdue(a, v):
			return stepReplace
		}
		return stepWait
	}
	switch {
	case highest(o) >= v.nonceFinal:
		return stepWait // its nonce is used, in a block that may still go away
	case settled:
		return stepClose
	case ended, v.effect:
		return stepWait
	case v.receipt(true) == nil && v.receipt(false) == nil:
		return stepIntend // its nonce was taken by a transaction that is not ours
	case v.receipt(true) == nil:
		if o.Kind == store.KindAnchor {
			return stepIntend // it ran out of gas
		}
		return stepFail
	}
	return stepWait
}

// overdue reports whether an attempt, next in line, was passed by for so long that more
// is to be paid.
func overdue(a *store.Attempt, v *view) bool {
	return a.Nonce == v.nonce && v.now-a.At >= v.bumpAfter && v.head.Number >= a.Head+bumpBlocks
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
func moved(o *store.Operation, v *view) bool {
	r := v.receipt(true)
	return r != nil && r.Block.Hash != o.Block.Hash
}
