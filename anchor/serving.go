package anchor

import (
	"context"
	"sync/atomic"

	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Most proofs that a node serves are of batches that are final, and are asked for
// again and again while nothing changes. What those of a batch have in common is read
// and put together once, and used until something is written that could change it.

// Bounds of what is kept, in entries: a view has some 20 KB of evidence for each chain,
// a submission its record and one path. It keeps the view of its batch too, also one that
// is not among the newest: 100 MB for all, if each has a batch of its own.
const (
	maxViews  = 1 << 10
	maxShared = 1 << 12
)

// SharedProof is what the proofs of all leaves of a submission have in common. It is
// immutable.
type SharedProof struct {
	// LeafProof lacks the submission's path, and the anchors.
	LeafProof

	record store.Submission
	view   *batchView // nil until the submission is in a batch
	form   form
}

// form keeps what a server made of something immutable.
type form struct{ atomic.Value }

func (f *form) get(build func() any) any {
	made := f.Load()
	if made == nil {
		made = build()
		f.Store(made)
	}
	return made
}

// Form returns what build has returned at the first call for this submission. All
// calls make the same type.
func (p *SharedProof) Form(build func() any) any { return p.form.get(build) }

// ServedProof is a proof in parts.
type ServedProof struct {
	*SharedProof
	Path    []merkle.Hash  // of the submission
	Anchors []ServedAnchor // as in a [LeafProof]
}

// ServedAnchor is an anchor in parts.
type ServedAnchor struct {
	*chainView
	Status []verifier.StatusEntry
}

// Evidence returns the anchor without its status entries. It is not to be changed.
func (a *ServedAnchor) Evidence() *verifier.Anchor { return &a.anchor }

// Form is [SharedProof.Form] of the anchor without its status entries, for all proofs
// that have it in common.
func (a *ServedAnchor) Form(build func() any) any { return a.form.get(build) }

// whole returns the proof as one.
func (p *ServedProof) whole() LeafProof {
	out := p.LeafProof
	out.Submission.Path = p.Path
	for _, a := range p.Anchors {
		anchor := a.anchor
		anchor.Status = a.Status
		out.Anchors = append(out.Anchors, anchor)
	}
	return out
}

// Serve returns the proof of a leaf, in the submission with an id unless that is zero,
// if it is final and no chain has to be asked for it: what [Node.Proof] and
// [Node.ProofIn] return without fresh. false says that they have to be called.
func (n *Node) Serve(ctx context.Context, id, leaf merkle.Hash) (ServedProof, bool) {
	var found store.Found
	var err error
	if id.IsZero() {
		found, err = n.find(leaf)
	} else {
		found, err = n.findIn(id, leaf)
	}
	if err != nil {
		return ServedProof{}, false
	}
	p, err := n.parts(ctx, &found, leaf, asking{})
	return p, err == nil && len(p.Anchors) > 0
}

// shared returns what the proofs of a submission have in common.
func (n *Node) shared(r *store.Submission, id merkle.Hash) (*SharedProof, error) {
	known, ok := n.served.peek(id)
	var batch *store.Batch
	if ok {
		batch = &known.view.batch
	} else {
		b, err := n.store.BatchOf(r.Sequence)
		if missing(err) {
			return newShared(r, id, Accepted), nil
		}
		if err != nil {
			return nil, err
		}
		batch = &b
	}
	view, err := n.view(r, batch)
	if err != nil {
		return nil, err
	}
	if ok && view == known.view {
		return known, nil
	}
	p := newShared(r, id, view.status.State)
	p.view = view
	if p.State != Final {
		return p, nil
	}
	path, err := n.store.BatchPath(batch, id)
	if err != nil {
		return nil, err
	}
	p.Batch = &verifier.Batch{Path: path}
	if view.status.Transaction != nil {
		p.Hints = &verifier.Hints{Transaction: view.status.Transaction.String()}
	}
	n.served.put(id, p)
	return p, nil
}

func newShared(r *store.Submission, id merkle.Hash, state State) *SharedProof {
	return &SharedProof{record: *r, LeafProof: LeafProof{State: state, ID: id, Submission: verifier.Submission{
		Issuer: r.Issuer, Home: r.Home(), Count: r.Count, IssuedAt: r.IssuedAt, Signature: r.Signature,
	}}}
}
