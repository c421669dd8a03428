package serving

import (
	"context"
	"fmt"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Proof returns what a proof file says of a leaf, or [role.ErrNotFound]. Of several
// submissions with that leaf the earliest final one is taken, else the earliest;
// [Serving.ProofIn] asks for one of them. With fresh, or if the stored evidence is
// older than Config.EvidenceAge or than the issuer's last final status change, the
// evidence is of the newest final block, if the chain can be read.
func (srv *Serving) Proof(ctx context.Context, leaf merkle.Hash, fresh bool) (client.LeafProof, error) {
	found, err := srv.find(leaf)
	if err != nil {
		return client.LeafProof{}, err
	}
	return srv.proof(ctx, &found, leaf, fresh)
}

// ProofIn is [Serving.Proof] for a leaf of the submission with an id.
func (srv *Serving) ProofIn(ctx context.Context, id, leaf merkle.Hash, fresh bool) (client.LeafProof, error) {
	found, err := srv.findIn(id, leaf)
	if err != nil {
		return client.LeafProof{}, err
	}
	return srv.proof(ctx, &found, leaf, fresh)
}

// proof returns what a proof file says of a leaf that was found.
func (srv *Serving) proof(ctx context.Context, found *store.Found, leaf merkle.Hash, fresh bool) (client.LeafProof, error) {
	r := &found.Submission
	shared, err := srv.shared(r, found.ID())
	if err != nil {
		return client.LeafProof{}, err
	}
	p := shared.proof
	if p.Submission.Path, err = srv.store.Path(found); err != nil {
		return client.LeafProof{}, err
	}
	if p.State == publish.Final {
		p.Anchors, err = srv.anchors(ctx, shared.view, r, leaf, fresh)
	}
	return p, err
}

// find returns the submission that proves a leaf if none is named: the earliest final
// one that has it, else the earliest.
func (srv *Serving) find(leaf merkle.Hash) (store.Found, error) {
	list, err := srv.store.WithLeaf(leaf)
	switch {
	case err != nil:
		return store.Found{}, err
	case len(list) == 0:
		return store.Found{}, fmt.Errorf("leaf %s: %w", leaf, role.ErrNotFound)
	case len(list) == 1:
		return list[0], nil
	}
	for i := range list {
		if s, err := srv.shared(&list[i].Submission, list[i].ID()); err == nil && s.proof.State == publish.Final {
			return list[i], nil
		}
	}
	return list[0], nil
}

// findIn finds a leaf in the submission with an id.
func (srv *Serving) findIn(id, leaf merkle.Hash) (store.Found, error) {
	var r *store.Submission
	if s, ok := srv.served.peek(id); ok {
		r = &s.record
	} else {
		got, err := srv.store.Submission(id)
		if err != nil {
			return store.Found{}, role.NotFound(err)
		}
		r = &got
	}
	found, ok, err := srv.store.Find(id, r, leaf)
	if err != nil {
		return store.Found{}, err
	}
	if !ok {
		return store.Found{}, fmt.Errorf("leaf %s: %w", leaf, role.ErrNotFound)
	}
	return found, nil
}

// anchors returns the anchors of a leaf's proof, that of its home chain first, also once
// that chain is gone: where another chain takes over and the issuer has published no status
// there, a verifier looks at the last status on the home chain.
func (srv *Serving) anchors(
	ctx context.Context, v *batchView, r *store.Submission, leaf merkle.Hash, fresh bool,
) ([]verifier.Anchor, error) {
	list := make([]verifier.Anchor, 0, len(v.chains))
	var failed error
	for _, c := range v.chains {
		anchor, err := srv.anchorOn(ctx, c, v, r, leaf, fresh)
		switch {
		case err == nil:
			list = append(list, anchor)
		case c.home.Chain == r.Chain:
			return nil, err
		default:
			failed = err
			srv.log.Warn("a proof lacks its anchor on another chain than its home",
				"chain", c.home.Chain.String(), "batch", v.batch.Number, "err", err)
		}
	}
	if len(list) == 0 {
		return nil, failed // without an anchor there is no proof
	}
	return list, nil
}

// anchorOn returns a leaf's anchor on one chain.
func (srv *Serving) anchorOn(
	ctx context.Context, c *chainView, v *batchView, r *store.Submission, leaf merkle.Hash, fresh bool,
) (verifier.Anchor, error) {
	c, err := srv.evidence(ctx, c, &v.batch, r, fresh)
	if err != nil {
		return verifier.Anchor{}, err
	}
	anchor := c.anchor
	anchor.Status, err = srv.statusEntries(ctx, r, leaf, c.evidence.StatusRoot)
	return anchor, err
}

// statusEntries returns the entries that decide about a leaf and its submission in
// the list behind root: none if there is no list, or if this node has not got it
// (the verdict is then UNKNOWN).
func (srv *Serving) statusEntries(ctx context.Context, r *store.Submission, leaf, root merkle.Hash) ([]verifier.StatusEntry, error) {
	if root.IsZero() {
		return nil, nil
	}
	list, err := srv.list(ctx, r.Issuer, root)
	if role.Missing(err) {
		srv.log.Warn("an issuer's status list is not here: proofs lack the status", "issuer", r.Issuer.String(), "root", root.String())
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
// returns [role.ErrNotFound]. No chain is asked: the root is known from evidence.
func (srv *Serving) PublishedList(issuer verifier.Address, root merkle.Hash) (publish.StatusList, error) {
	l, err := srv.store.StatusListAt(issuer, root)
	if role.Missing(err) {
		err = fmt.Errorf("a status list of %s with root %s: %w", issuer, root, role.ErrNotFound)
	}
	return published(&l), err
}

func published(l *store.StatusList) publish.StatusList {
	return publish.StatusList{Issuer: l.Issuer, Version: l.Version, Root: l.Root, List: l.Manifest}
}

// list returns the issuer's list that has a root.
func (srv *Serving) list(ctx context.Context, issuer verifier.Address, root merkle.Hash) (*statusList, error) {
	key := listKey{issuer, root}
	if known, ok := srv.lists.peek(key); ok {
		return known, nil
	}
	// Callers that come together share one tree, and few large ones are made at once.
	return together(ctx, srv, &srv.listing, issuer.String()+root.String(), 0, func(ctx context.Context) (*statusList, error) {
		return srv.readList(ctx, key)
	})
}

func (srv *Serving) readList(ctx context.Context, key listKey) (*statusList, error) {
	return srv.lists.get(key, func() (*statusList, int, error) {
		l, err := srv.store.StatusListAt(key.issuer, key.root)
		if err != nil {
			return nil, 0, err
		}
		size := min(int64(l.Count)+1, listsAtOnce)
		if err := srv.trees.Acquire(ctx, size); err != nil {
			return nil, 0, err
		}
		defer srv.trees.Release(size)
		items, err := publish.ReadStatusList(ctx, srv.Block, published(&l))
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
