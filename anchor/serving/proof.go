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
// stale by its age or by the issuer's last final status change, the evidence is of the
// newest final block, if the chain can be read.
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
	shared, err := srv.shared(&found.Submission, found.ID())
	if err != nil {
		return client.LeafProof{}, err
	}
	p := shared.proof
	if p.Submission.Path, err = srv.store.Path(found); err != nil {
		return client.LeafProof{}, err
	}
	if p.State == publish.Final {
		p.Anchors, err = srv.anchors(ctx, shared, leaf, fresh)
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
	if s, ok := srv.served.Get(id); ok {
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
func (srv *Serving) anchors(ctx context.Context, s *sharedProof, leaf merkle.Hash, fresh bool) ([]verifier.Anchor, error) {
	list := make([]verifier.Anchor, 0, len(s.chains))
	var failed error
	for _, c := range s.chains {
		anchor, err := srv.anchorOn(ctx, c, s, leaf, fresh)
		switch {
		case err == nil:
			list = append(list, anchor)
		case c.home.Chain == s.record.Chain:
			return nil, err
		default:
			failed = err
			srv.log.Warn("a proof lacks its anchor on another chain than its home",
				"chain", c.home.Chain.String(), "batch", s.batch.Number, "err", err)
		}
	}
	if len(list) == 0 {
		return nil, failed // without an anchor there is no proof
	}
	return list, nil
}

// anchorOn returns a leaf's anchor on one chain.
func (srv *Serving) anchorOn(ctx context.Context, c *chainView, s *sharedProof, leaf merkle.Hash, fresh bool) (verifier.Anchor, error) {
	c, err := srv.evidence(ctx, c, s, fresh)
	if err != nil {
		return verifier.Anchor{}, err
	}
	anchor := c.anchor
	anchor.Status, err = srv.statusEntries(ctx, &s.record, leaf, c.evidence.StatusRoot)
	return anchor, err
}

// statusEntries returns the entries that decide about a leaf and its submission in
// the list behind root, and say what replaces it: none if there is no list, or if this node has not got it
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
	return list.Entries(leaf, r.Root)
}
