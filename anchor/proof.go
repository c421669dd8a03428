package anchor

import (
	"context"
	"fmt"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Proof returns what a proof file says of a leaf, or [ErrNotFound]. Of several
// submissions with that leaf the earliest final one is taken, else the earliest;
// [Node.ProofIn] asks for one of them. With fresh, or if the stored evidence is
// older than Config.EvidenceAge or than the issuer's last final status change, the
// evidence is of the newest final block, if the chain can be read.
func (n *Node) Proof(ctx context.Context, leaf merkle.Hash, fresh bool) (client.LeafProof, error) {
	found, err := n.find(leaf)
	if err != nil {
		return client.LeafProof{}, err
	}
	return n.proof(ctx, &found, leaf, fresh)
}

// ProofIn is [Node.Proof] for a leaf of the submission with an id.
func (n *Node) ProofIn(ctx context.Context, id, leaf merkle.Hash, fresh bool) (client.LeafProof, error) {
	found, err := n.findIn(id, leaf)
	if err != nil {
		return client.LeafProof{}, err
	}
	return n.proof(ctx, &found, leaf, fresh)
}

// proof returns what a proof file says of a leaf that was found.
func (n *Node) proof(ctx context.Context, found *store.Found, leaf merkle.Hash, fresh bool) (client.LeafProof, error) {
	r := &found.Submission
	shared, err := n.shared(r, found.ID())
	if err != nil {
		return client.LeafProof{}, err
	}
	p := shared.proof
	if p.Submission.Path, err = n.store.Path(found); err != nil {
		return client.LeafProof{}, err
	}
	if p.State == Final {
		p.Anchors, err = n.anchors(ctx, shared.view, r, leaf, fresh)
	}
	return p, err
}

// find returns the submission that proves a leaf if none is named: the earliest final
// one that has it, else the earliest.
func (n *Node) find(leaf merkle.Hash) (store.Found, error) {
	list, err := n.store.WithLeaf(leaf)
	switch {
	case err != nil:
		return store.Found{}, err
	case len(list) == 0:
		return store.Found{}, fmt.Errorf("leaf %s: %w", leaf, ErrNotFound)
	case len(list) == 1:
		return list[0], nil
	}
	for i := range list {
		if s, err := n.shared(&list[i].Submission, list[i].ID()); err == nil && s.proof.State == Final {
			return list[i], nil
		}
	}
	return list[0], nil
}

// findIn finds a leaf in the submission with an id.
func (n *Node) findIn(id, leaf merkle.Hash) (store.Found, error) {
	var r *store.Submission
	if s, ok := n.served.peek(id); ok {
		r = &s.record
	} else {
		got, err := n.store.Submission(id)
		if err != nil {
			return store.Found{}, nodeError(err)
		}
		r = &got
	}
	found, ok, err := n.store.Find(id, r, leaf)
	if err != nil {
		return store.Found{}, err
	}
	if !ok {
		return store.Found{}, fmt.Errorf("leaf %s: %w", leaf, ErrNotFound)
	}
	return found, nil
}

// anchors returns the anchors of a leaf's proof, that of its home chain first, also once
// that chain is gone: where another chain takes over and the issuer has published no status
// there, a verifier looks at the last status on the home chain.
func (n *Node) anchors(ctx context.Context, v *batchView, r *store.Submission, leaf merkle.Hash, fresh bool) ([]verifier.Anchor, error) {
	list := make([]verifier.Anchor, 0, len(v.chains))
	var failed error
	for _, c := range v.chains {
		anchor, err := n.anchorOn(ctx, c, v, r, leaf, fresh)
		switch {
		case err == nil:
			list = append(list, anchor)
		case c.home.Chain == r.Chain:
			return nil, err
		default:
			failed = err
			n.log.Warn("a proof lacks its anchor on another chain than its home",
				"chain", c.home.Chain.String(), "batch", v.batch.Number, "err", err)
		}
	}
	if len(list) == 0 {
		return nil, failed // without an anchor there is no proof
	}
	return list, nil
}

// anchorOn returns a leaf's anchor on one chain.
func (n *Node) anchorOn(
	ctx context.Context, c *chainView, v *batchView, r *store.Submission, leaf merkle.Hash, fresh bool,
) (verifier.Anchor, error) {
	c, err := n.evidence(ctx, c, &v.batch, r, fresh)
	if err != nil {
		return verifier.Anchor{}, err
	}
	anchor := c.anchor
	anchor.Status, err = n.statusEntries(ctx, r, leaf, c.evidence.StatusRoot)
	return anchor, err
}

// statusEntries returns the entries that decide about a leaf and its submission in
// the list behind root: none if there is no list, or if this node has not got it
// (the verdict is then UNKNOWN).
func (n *Node) statusEntries(ctx context.Context, r *store.Submission, leaf, root merkle.Hash) ([]verifier.StatusEntry, error) {
	if root.IsZero() {
		return nil, nil
	}
	list, err := n.list(ctx, r.Issuer, root)
	if missing(err) {
		n.log.Warn("an issuer's status list is not here: proofs lack the status", "issuer", r.Issuer.String(), "root", root.String())
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var entries []verifier.StatusEntry
	for _, id := range []merkle.Hash{leaf, r.Root} {
		e, err := list.tree.Entry(id)
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 || entries[0].ID != e.ID {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// statusList is a status list in memory.
type statusList struct {
	items []verifier.StatusItem
	tree  *verifier.StatusList
}

// PublishedList names the published blocks of the issuer's list that has a root, or
// returns [ErrNotFound]. No chain is asked: the root is known from evidence.
func (n *Node) PublishedList(issuer verifier.Address, root merkle.Hash) (publish.StatusList, error) {
	l, err := n.store.StatusListAt(issuer, root)
	if missing(err) {
		err = fmt.Errorf("a status list of %s with root %s: %w", issuer, root, ErrNotFound)
	}
	return published(&l), err
}

func published(l *store.StatusList) publish.StatusList {
	return publish.StatusList{Issuer: l.Issuer, Version: l.Version, Root: l.Root, List: l.Manifest}
}

// list returns the issuer's list that has a root.
func (n *Node) list(ctx context.Context, issuer verifier.Address, root merkle.Hash) (*statusList, error) {
	key := listKey{issuer, root}
	if known, ok := n.lists.peek(key); ok {
		return known, nil
	}
	// Callers that come together share one tree, and few large ones are made at once.
	return together(ctx, n, &n.listing, issuer.String()+root.String(), 0, func(ctx context.Context) (*statusList, error) {
		return n.readList(ctx, key)
	})
}

func (n *Node) readList(ctx context.Context, key listKey) (*statusList, error) {
	return n.lists.get(key, func() (*statusList, int, error) {
		l, err := n.store.StatusListAt(key.issuer, key.root)
		if err != nil {
			return nil, 0, err
		}
		size := min(int64(l.Count)+1, listsAtOnce)
		if err := n.trees.Acquire(ctx, size); err != nil {
			return nil, 0, err
		}
		defer n.trees.Release(size)
		items, err := publish.ReadStatusList(ctx, n.getter, published(&l))
		if err != nil {
			return nil, 0, fmt.Errorf("status list %d of %s: %w", l.Version, key.issuer, err)
		}
		tree, err := verifier.NewStatusList(items)
		return &statusList{items, tree}, 3 * (len(items) + 1), err
	})
}

// listKey names a status list.
type listKey struct {
	issuer verifier.Address
	root   merkle.Hash
}

// Bounds of status lists in memory: those that are kept, in tree nodes of 32 bytes
// (128 MiB), and those that are read at once, in entries.
const (
	maxCachedNodes = 4 << 20
	listsAtOnce    = verifier.MaxStatusItems + 1<<16 // one that is full, beside small ones
)

type listCache = cache[listKey, *statusList]
