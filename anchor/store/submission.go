package store

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Submission is what is kept of a submission beside its leaves.
type Submission struct {
	Sequence   uint64             `cbor:"1,keyasint"` // 1, 2, 3... in the order of acceptance
	Issuer     verifier.Address   `cbor:"2,keyasint"`
	Chain      verifier.ChainID   `cbor:"3,keyasint"`
	Registry   verifier.Address   `cbor:"4,keyasint"`
	Root       merkle.Hash        `cbor:"5,keyasint"`
	Count      uint64             `cbor:"6,keyasint"`
	IssuedAt   uint64             `cbor:"7,keyasint"` // Unix seconds
	Signature  verifier.Signature `cbor:"8,keyasint"`
	AcceptedAt int64              `cbor:"9,keyasint"` // Unix milliseconds

	// Tree is the number of a tree that was written while it arrived. All others have the
	// number Sequence.
	Tree uint64 `cbor:"12,keyasint,omitempty"`
}

// tree returns the number of the tree.
func (r *Submission) tree() uint64 {
	if r.Tree != 0 {
		return r.Tree
	}
	return r.Sequence
}

// Home returns the registry that the submission is signed for.
func (r *Submission) Home() verifier.Home {
	return verifier.Home{Chain: r.Chain, Registry: r.Registry}
}

// ID returns the submission's leaf in its batch.
func (r *Submission) ID() merkle.Hash {
	return verifier.BatchLeaf(r.Issuer, verifier.SubmissionDigest(r.Home(), r.Root, r.Count, r.IssuedAt))
}

// published returns the submission as it is published.
func (r *Submission) published(leaves []merkle.Hash) *publish.Submission {
	return &publish.Submission{
		Issuer: r.Issuer, Home: r.Home(), Root: r.Root, Count: r.Count,
		IssuedAt: r.IssuedAt, Signature: r.Signature, Leaves: leaves,
	}
}

// AddSubmission writes a submission of less than [LargeLeaves] that was verified with
// its tree, and returns its record once it is on disk. added is false if it was there
// already. id is sub.ID(), which costs several hashes. It is counted for its issuer and the day, and
// the error wraps [ErrUsedUp] if quota has no room for it; nil: it is not counted.
func (s *Store) AddSubmission(
	id merkle.Hash, sub *publish.Submission, tree *merkle.Tree, quota *Quota,
) (r Submission, added bool, err error) {
	if len(sub.Leaves) >= LargeLeaves {
		return r, false, fmt.Errorf("%d leaves are too many for the log", len(sub.Leaves))
	}
	var blocks []merkle.Hash
	if len(sub.Leaves) > publish.MaxInline {
		blocks = []merkle.Hash{publish.BlockDigest(sub.Leaves)}
	}
	return s.add(id, sub, blocks, func(b *pebble.Batch, number uint64) error {
		set := func(key, value []byte) error { return b.Set(key, value, nil) }
		index := indexWriter{number: number, set: set}
		return errors.Join(putTree('l', number, tree, sub.Leaves, set), index.add(sub.Leaves))
	}, nil, quota)
}

// AddIncoming is [Store.AddSubmission] for one of which the leaves are in, and have
// its root. sub needs none.
func (s *Store) AddIncoming(
	id merkle.Hash, sub *publish.Submission, in *Incoming, quota *Quota,
) (r Submission, added bool, err error) {
	return s.add(id, sub, in.blocks, func(b *pebble.Batch, number uint64) error {
		return b.Set(key('v', be(in.number)), be(number), nil)
	}, in, quota)
}

// putNumbered puts into a batch what depends on a submission's sequence number, beside
// its record.
type putNumbered func(b *pebble.Batch, sequence uint64) error

// add writes a submission. blocks are the digests of the raw blocks in which its leaves
// are published. in is what is ingested before, or nil.
func (s *Store) add(
	id merkle.Hash, sub *publish.Submission, blocks []merkle.Hash, put putNumbered, in *Incoming, quota *Quota,
) (r Submission, added bool, err error) {
	defer s.endOnPanic()
	s.adding.Add(1)
	defer s.adding.Add(-1)
	there, done, err := s.arrive(id)
	if err != nil {
		return r, false, err
	}
	if there != 0 {
		if r, err = s.SubmissionAt(there); err != nil {
			return r, false, err
		}
		return r, false, s.awaitDurable(there)
	}
	defer done()
	r = Submission{
		Issuer: sub.Issuer, Chain: sub.Home.Chain, Registry: sub.Home.Registry, Root: sub.Root,
		Count: sub.Count, IssuedAt: sub.IssuedAt, Signature: sub.Signature, AcceptedAt: time.Now().UnixMilli(),
	}
	if in != nil {
		r.Tree = in.number
		s.ingests.RLock()
		defer s.ingests.RUnlock()
		if err := in.ingest(); err != nil {
			return r, false, err
		}
	}
	b := s.db.NewBatch()
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := s.enterLog(b, id, &r, blocks, put, quota); err != nil {
		return r, false, err
	}
	if err := b.SyncWait(); err != nil {
		// The record is visible and may not be on disk: nothing may read it any more.
		s.fatal(fmt.Sprintf("sync of the log: %v", err))
	}
	s.markDurable(r.Sequence)
	return r, true, nil
}

// arrive returns the sequence number of a submission that is stored already, or 0. Then the
// caller alone may add it, and calls done afterwards.
func (s *Store) arrive(id merkle.Hash) (there uint64, done func(), err error) {
	s.intake.Lock()
	for {
		before, ok := s.arriving[id]
		if !ok {
			break
		}
		s.intake.Unlock()
		<-before
		s.intake.Lock()
	}
	mine := make(chan struct{})
	s.arriving[id] = mine
	s.intake.Unlock()
	done = func() {
		s.intake.Lock()
		delete(s.arriving, id)
		s.intake.Unlock()
		close(mine)
	}
	there, err = s.number(key('s', id[:]))
	if errors.Is(err, ErrNotFound) {
		return 0, done, nil
	}
	done()
	return there, nil, err
}

// enterLog gives a submission its sequence number and puts it into the log, and where
// it can be read. Waiting for the disk is done afterwards, outside the lock, so that
// one sync serves many.
func (s *Store) enterLog(b *pebble.Batch, id merkle.Hash, r *Submission, blocks []merkle.Hash, put putNumbered, quota *Quota) error {
	s.intake.Lock()
	defer s.intake.Unlock()
	if err := s.count(b, r, quota); err != nil {
		return err
	}
	r.Sequence = s.sequence
	record, err := encMode.Marshal(r)
	if err != nil {
		return err
	}
	seq := be(r.Sequence)
	err = errors.Join(b.Set(key('n', seq), record, nil), b.Set(key('s', id[:]), seq, nil), putBlocks(b, r, blocks), put(b, r.Sequence))
	if err == nil {
		err = s.db.ApplyNoSyncWait(b, pebble.Sync)
	}
	if err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	s.sequence++
	s.accepted.Store(r.Sequence)
	return nil
}

// putBlocks says which leaves the raw blocks of a submission consist of.
func putBlocks(b *pebble.Batch, r *Submission, digests []merkle.Hash) (err error) {
	for i, digest := range digests {
		first := i * publish.MaxBlockLeaves
		n := min(int(r.Count)-first, publish.MaxBlockLeaves)
		err = errors.Join(err, b.Set(key('y', digest[:]), leafBlock{r.tree(), uint32(first), uint32(n)}.encode(), nil))
	}
	return err
}

// awaitDurable returns once the submission with this sequence number is on disk.
func (s *Store) awaitDurable(sequence uint64) error {
	defer s.endOnPanic()
	if s.durable.Load() > sequence {
		return nil
	}
	// Whatever is in the log before this record is synced with it.
	if err := s.db.LogData(nil, pebble.Sync); err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	s.markDurable(sequence)
	return nil
}

// markDurable notes that the submission with this sequence number, and with it all before,
// is on disk.
func (s *Store) markDurable(sequence uint64) {
	for {
		now := s.durable.Load()
		if now > sequence || s.durable.CompareAndSwap(now, sequence+1) {
			return
		}
	}
}

// Accepted returns how many submissions were ever accepted: the last sequence number.
func (s *Store) Accepted() uint64 { return s.accepted.Load() }

// Submission returns a submission by its id, once it is on disk: to say that it is
// there is to acknowledge it.
func (s *Store) Submission(id merkle.Hash) (r Submission, err error) {
	sequence, err := s.number(key('s', id[:]))
	if err == nil {
		err = s.awaitDurable(sequence)
	}
	if err != nil {
		return r, err
	}
	return s.SubmissionAt(sequence)
}

// SubmissionAt returns a submission by its sequence number.
func (s *Store) SubmissionAt(sequence uint64) (r Submission, err error) {
	if err = s.get(key('n', be(sequence)), &r); err != nil && !errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("submission %d: %w", sequence, err)
	}
	return r, err
}

// Submissions calls do with the submissions that have the sequence numbers first to
// last, in order, until it returns false. What do gets is valid during the call. That
// costs a fraction of [Store.SubmissionAt] for each. One that is not there is an error.
func (s *Store) Submissions(first, last uint64, do func(*Submission) bool) error {
	next := first
	var r Submission
	err := s.each(key('n', be(first)), key('n', be(last+1)), func(k, value []byte) (bool, error) {
		r = Submission{}
		if err := cbor.Unmarshal(value, &r); err != nil {
			return false, fmt.Errorf("submission %d: record: %w", next, err)
		}
		if !bytes.Equal(k, key('n', be(next))) {
			return false, fmt.Errorf("submission %d: %w", next, ErrNotFound)
		}
		more := do(&r)
		if next++; !more {
			last = next - 1
		}
		return more, nil
	})
	if err == nil && next <= last {
		err = fmt.Errorf("submission %d: %w", next, ErrNotFound)
	}
	return err
}
