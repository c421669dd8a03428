package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// maxSubmissions is the most that a batch may have: what a node seals at most. Of each a mirror
// remembers some hundred bytes while it takes the batch.
const maxSubmissions = 100_000

// errUnpublished says that whoever anchored a batch did not publish it.
var errUnpublished = errors.New("the anchor names no manifest: only who has the batch can publish it, by anchoring its root again")

// hopeless reports whether it cannot help to try again.
func hopeless(err error) bool {
	return errors.Is(err, publish.ErrInvalid) || errors.Is(err, errUnpublished)
}

// here reports whether something that is wanted is here already.
func (m *Mirror) here(w *store.Want) (bool, error) {
	if isList(w) {
		l, err := m.store.StatusListAt(w.Issuer, w.Root)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		return l.Version == w.Version, err
	}
	b, err := m.store.BatchByRoot(w.Root)
	if err == nil {
		_, err = m.store.BatchOperation(b.Number, w.Chain)
	}
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// meet fetches something that is wanted, and takes it. A batch waits for its turn, which is that of the
// log: a submission is proven in the first batch that is taken with it, and anybody can anchor one again
// that was published, when it counts no more.
func (m *Mirror) meet(ctx context.Context, w *store.Want, turn <-chan struct{}) error {
	here, err := m.here(w)
	if err != nil {
		return storeError(err)
	}
	if here {
		return m.forget(w)
	}
	if b, err := m.store.BatchByRoot(w.Root); !isList(w) && err == nil {
		return m.followOn(ctx, w, &b)
	} else if err != nil && !errors.Is(err, store.ErrNotFound) {
		return storeError(err)
	}
	if w.Manifest.IsZero() {
		return errUnpublished
	}
	if err := m.recorded(ctx, w); err != nil {
		return err
	}
	blocks, err := m.fetch(ctx, publish.ManifestCID(w.Manifest))
	if err != nil {
		return err
	}
	if isList(w) {
		return m.takeList(ctx, w)
	}
	select {
	case <-turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	m.taking.Lock()
	defer m.taking.Unlock()
	if err := m.resume(ctx); err != nil {
		return err
	}
	switch here, err := m.here(w); {
	case err != nil:
		return storeError(err)
	case here: // the same root was anchored twice, or it was begun before
		return m.forget(w)
	}
	return m.takeBatch(ctx, w, blocks)
}

// forget notes that something is wanted no more.
func (m *Mirror) forget(w *store.Want) error {
	return m.update(func(tx *store.Tx) error { return tx.DeleteWant(w) })
}

// followOn has a batch followed that was mirrored from another chain.
func (m *Mirror) followOn(ctx context.Context, w *store.Want, b *store.Batch) error {
	if err := m.recorded(ctx, w); err != nil {
		return err
	}
	err := m.update(func(tx *store.Tx) error {
		return errors.Join(tx.AddAnchor(b, w.Chain, time.Now().UnixMilli()), tx.DeleteWant(w))
	})
	if err == nil {
		m.chain.Wake()
	}
	return storeError(err)
}

// recorded checks that the registry records a batch that its log names, at the newest final block.
func (m *Mirror) recorded(ctx context.Context, w *store.Want) error {
	if isList(w) {
		return nil // of older lists the registry keeps nothing; what evidence has decides
	}
	final := m.finalBlock()
	r, err := m.chain.Client().Anchor(ctx, final.Hash, m.chain.Home().Registry, w.Root)
	if err == nil && r.Timestamp == 0 {
		err = fmt.Errorf("the registry does not record it at block %d, though its log names it", final.Number)
	}
	return err
}

// block is a [publish.Getter] of what is in the store.
func (m *Mirror) block(_ context.Context, c cid.Cid) ([]byte, error) {
	data, err := m.store.Block(digestOf(c))
	return data, storeError(err)
}

// takeList makes a status list of its blocks.
func (m *Mirror) takeList(ctx context.Context, w *store.Want) error {
	items, err := publish.ReadStatusList(ctx, m.block, publish.StatusList{
		Issuer: w.Issuer, Version: w.Version, Root: w.Root, List: w.Manifest,
	})
	if err != nil {
		return err
	}
	err = m.update(func(tx *store.Tx) error {
		return errors.Join(tx.DeleteWant(w), tx.PutStatusList(&store.StatusList{
			Issuer: w.Issuer, Version: w.Version, Root: w.Root, Manifest: w.Manifest, Count: uint64(len(items)),
			StoredAt: time.Now().UnixMilli(),
		}))
	})
	if err != nil {
		return err
	}
	m.hooks.Step("list")
	m.hooks.Changed()
	m.log.Info("status list mirrored", "issuer", w.Issuer.String(), "version", w.Version, "items", len(items), "block", w.Block)
	return nil
}

// resume brings the batch to its end that was being taken when the work was broken off, by the end of
// the program or for want of room. The caller holds m.taking.
func (m *Mirror) resume(ctx context.Context) error {
	w, err := m.store.Taking()
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return storeError(err)
	}
	blocks, err := m.fetch(ctx, publish.ManifestCID(w.Manifest)) // all of them are here
	if err == nil {
		err = m.takeBatch(ctx, &w, blocks)
	}
	if err != nil {
		return fmt.Errorf("the batch %s was being mirrored and is not at its end: %w", w.Root, err)
	}
	return nil
}

// takeBatch makes a batch of its blocks. The caller holds m.taking.
func (m *Mirror) takeBatch(ctx context.Context, w *store.Want, blocks []cid.Cid) error {
	batch := publish.Batch{Root: w.Root, Manifest: w.Manifest}
	var ids []merkle.Hash
	err := publish.ReadBatch(ctx, m.block, batch, func(s *publish.Submission) error {
		if len(ids) == maxSubmissions {
			return fmt.Errorf("%w: more than %d submissions", publish.ErrInvalid, maxSubmissions)
		}
		ids = append(ids, s.ID())
		return nil
	})
	if err != nil {
		return err
	}
	if err := m.update(func(tx *store.Tx) error { return tx.PutTaking(w) }); err != nil {
		return storeError(err)
	}
	m.hooks.Step("taking")
	submissions := make([]store.Submission, 0, len(ids))
	err = publish.ReadBatch(ctx, m.block, batch, func(s *publish.Submission) error {
		m.hooks.Beat("mirror: blocks")
		r, err := m.add(ids[len(submissions)], s)
		submissions = append(submissions, r)
		m.hooks.Step("submission")
		return err
	})
	if err != nil {
		return err
	}
	m.hooks.Step("added")
	draft, err := m.store.DraftMirrored(batch, submissions, blocks)
	if err != nil {
		return storeError(err)
	}
	var sealed store.Batch
	err = m.update(func(tx *store.Tx) (err error) {
		if sealed, err = tx.Seal(draft, []verifier.ChainID{w.Chain}, time.Now().UnixMilli()); err != nil {
			return err
		}
		return errors.Join(tx.DeleteWant(w), tx.DeleteTaking())
	})
	if err != nil {
		return err
	}
	m.hooks.Step("sealed")
	m.hooks.Changed()
	m.chain.Wake()
	m.log.Info("batch mirrored", "batch", sealed.Number, "root", w.Root.String(), "submissions", sealed.Count(),
		"leaves", sealed.Leaves, "block", w.Block)
	return nil
}

// add adds a verified submission to the log of the store, unless it is there: as one of another batch,
// or of this one before a crash.
func (m *Mirror) add(id merkle.Hash, s *publish.Submission) (r store.Submission, err error) {
	if r, err = m.store.Submission(id); !errors.Is(err, store.ErrNotFound) {
		return r, storeError(err)
	}
	if len(s.Leaves) < store.LargeLeaves {
		tree, err := s.Tree()
		if err != nil {
			return r, err
		}
		r, _, err = m.store.AddSubmission(id, s, tree, nil)
		return r, storeError(err)
	}
	in, err := m.store.Receive(len(s.Leaves))
	if err != nil {
		return r, storeError(err)
	}
	defer in.Discard()
	for rest := []merkle.Hash(s.Leaves); len(rest) > 0 && err == nil; {
		n := min(len(rest), publish.MaxBlockLeaves)
		err, rest = in.Append(rest[:n]), rest[n:]
	}
	if err == nil {
		_, err = in.Root() // which is that of the submission, as it was verified
	}
	if err == nil {
		r, _, err = m.store.AddIncoming(id, s, in, nil)
	}
	return r, storeError(err)
}
