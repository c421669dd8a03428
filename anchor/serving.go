package anchor

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Most proofs that a node serves are of batches that are final, and are asked for
// again and again while nothing changes. What those of a batch have in common is read
// and put together once, and used until something is written that could change it.

// Bounds of what is kept, in entries: a view has some 20 KB of evidence, a submission
// its record and one path.
const (
	maxViews  = 1 << 10
	maxShared = 1 << 14
)

// SharedProof is what the proofs of all leaves of a final submission have in common.
// It is immutable.
type SharedProof struct {
	// LeafProof lacks the submission's path, and the status entries of its one anchor.
	LeafProof

	record store.Submission
	view   *batchView
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

// EvidenceForm is Form of the anchor, for all submissions that have it in common.
func (p *SharedProof) EvidenceForm(build func() any) any { return p.view.form.get(build) }

// ServedProof is a proof in parts.
type ServedProof struct {
	*SharedProof
	Path   []merkle.Hash          // of the submission
	Status []verifier.StatusEntry // of the anchor
}

// viewKey names a batch for one issuer and home.
type viewKey struct {
	batch  uint64
	issuer verifier.Address
	home   verifier.Home
}

// batchView is what is known of a final batch for one issuer. It is immutable but for
// form and checked.
type batchView struct {
	batch   store.Batch
	status  Status // without an id
	anchor  verifier.Anchor
	root    merkle.Hash // status root in it
	block   merkle.Hash // from which it is
	fetched time.Time
	stale   bool // something newer is to be fetched first

	form    form          // of the anchor
	checked atomic.Uint64 // the store's updates when it was last known to be current
}

// Serve returns the proof of a leaf, in the submission with an id unless that is zero,
// if it is final, goes to no chain but its home, and nothing newer than what is stored
// has to be fetched for it: what [Node.Proof] returns without fresh. false says that
// Proof has to be asked.
func (n *Node) Serve(ctx context.Context, id, leaf merkle.Hash) (ServedProof, bool) {
	var found store.Found
	if id.IsZero() {
		list, err := n.store.WithLeaf(leaf)
		if err != nil || len(list) != 1 {
			return ServedProof{}, false
		}
		found = list[0]
		id = found.ID()
	} else {
		known, ok := n.served.peek(id)
		var r *store.Submission
		if ok {
			r = &known.record
		} else if got, err := n.store.Submission(id); err == nil {
			r = &got
		} else {
			return ServedProof{}, false
		}
		var err error
		if found, ok, err = n.store.Find(r, leaf); err != nil || !ok {
			return ServedProof{}, false
		}
	}
	shared, ok := n.shared(&found.Submission, id)
	if !ok {
		return ServedProof{}, false
	}
	out := ServedProof{SharedProof: shared}
	var err error
	if out.Path, err = n.store.Path(&found); err != nil {
		return ServedProof{}, false // Proof meets the same error, and says it
	}
	if out.Status, err = n.statusEntries(ctx, &found.Submission, leaf, shared.view.root); err != nil {
		return ServedProof{}, false
	}
	return out, true
}

// shared returns what the proofs of a submission have in common; false if it is not
// final, or is to be fetched anew.
func (n *Node) shared(r *store.Submission, id merkle.Hash) (*SharedProof, bool) {
	known, ok := n.served.peek(id)
	if ok {
		if view, ok := n.view(r, &known.view.batch); ok && view == known.view {
			return known, true
		}
	}
	b, err := n.store.BatchOf(r.Sequence)
	if err != nil {
		return nil, false
	}
	view, ok := n.view(r, &b)
	if !ok {
		return nil, false
	}
	path, err := n.store.BatchPath(&b, id)
	if err != nil {
		return nil, false
	}
	p := &SharedProof{record: *r, view: view, LeafProof: LeafProof{
		State: Final, ID: id, Batch: &verifier.Batch{Path: path}, Anchors: []verifier.Anchor{view.anchor},
		Submission: verifier.Submission{Issuer: r.Issuer, Home: r.Home(), Count: r.Count, IssuedAt: r.IssuedAt, Signature: r.Signature},
	}}
	if view.status.Transaction != nil {
		p.Hints = &verifier.Hints{Transaction: view.status.Transaction.String()}
	}
	n.served.put(id, p)
	return p, true
}

// view returns what is known of a batch for the issuer of one of its submissions;
// false if that is not final, or something newer is to be fetched.
func (n *Node) view(r *store.Submission, b *store.Batch) (*batchView, bool) {
	key := viewKey{b.Number, r.Issuer, r.Home()}
	updates := n.store.Updates() // before anything is read: what is written later counts as a change
	old, ok := n.views.peek(key)
	if !ok || old.checked.Load() != updates {
		now := n.readView(r, b)
		if now == nil {
			return nil, false
		}
		now.checked.Store(updates)
		if ok && old.same(now) {
			old.checked.Store(updates)
		} else {
			n.views.put(key, now)
			old = now
		}
	}
	if old.stale || time.Since(old.fetched) >= n.config.EvidenceAge {
		return nil, false
	}
	return old, true
}

// same reports whether nothing that is served has changed.
func (v *batchView) same(other *batchView) bool {
	transaction := func(s *Status) merkle.Hash {
		if s.Transaction == nil {
			return merkle.Hash{}
		}
		return *s.Transaction
	}
	return v.batch == other.batch && v.stale == other.stale && v.fetched.Equal(other.fetched) &&
		transaction(&v.status) == transaction(&other.status) && v.root == other.root && v.block == other.block
}

// readView reads a view from the store, nil if Proof has to be asked.
func (n *Node) readView(r *store.Submission, b *store.Batch) *batchView {
	status, err := n.statusIn(r, b)
	// What a proof says of other chains depends on more than is looked at here.
	if err != nil || status.State != Final || len(status.Chains) != 1 || status.Chains[0].Home != r.Home() || n.writerOf(r.Chain) == nil {
		return nil
	}
	e, err := n.store.Evidence(r.Chain, b.Number, r.Issuer)
	if err != nil {
		return nil
	}
	changed, err := n.store.Changed(r.Chain, r.Issuer)
	if err != nil {
		return nil
	}
	return &batchView{
		batch: *b, status: status, anchor: *anchorOf(r.Home(), &e), root: e.StatusRoot, block: e.Hash,
		fetched: millis(e.FetchedAt), stale: e.Number < changed,
	}
}
