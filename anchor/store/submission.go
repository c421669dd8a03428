package store

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
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
// its tree, and returns its record once it is durable. added is false if it was there
// already. id is sub.ID(), which costs several hashes. It is counted for its issuer and the day, and
// the error wraps [ErrUsedUp] if quota has no room for it; nil: it is not counted.
func (s *Store) AddSubmission(
	id merkle.Hash, sub *publish.Submission, tree *merkle.Tree, quota *Quota,
) (r Submission, added bool, err error) {
	return s.addSmall(id, record(sub), sub.Leaves, tree, quota)
}

func (s *Store) addSmall(
	id merkle.Hash, r Submission, leaves []merkle.Hash, tree *merkle.Tree, quota *Quota,
) (_ Submission, added bool, err error) {
	if len(leaves) >= LargeLeaves {
		return r, false, fmt.Errorf("%d leaves are too many for the log", len(leaves))
	}
	var blocks []merkle.Hash
	if len(leaves) > publish.MaxInline {
		blocks = []merkle.Hash{publish.BlockDigest(leaves)}
	}
	return s.add(id, r, blocks, func(w kv.Writer, sequence uint64) error {
		index := indexWriter{number: sequence, set: w.Set}
		return errors.Join(putTree('l', sequence, smallPage, tree, leaves, w.Set), index.add(leaves))
	}, nil, quota)
}

// AddIncoming is [Store.AddSubmission] for one of which the leaves are in, and have
// its root. sub needs none.
func (s *Store) AddIncoming(
	id merkle.Hash, sub *publish.Submission, in *Incoming, quota *Quota,
) (r Submission, added bool, err error) {
	return s.addIncoming(id, record(sub), in, quota)
}

func (s *Store) addIncoming(id merkle.Hash, r Submission, in *Incoming, quota *Quota) (_ Submission, added bool, err error) {
	if err := in.finish(); err != nil {
		return r, false, err
	}
	r.Tree = in.number
	return s.add(id, r, in.blocks, func(w kv.Writer, sequence uint64) error {
		return w.Set(key(kv.KindBulk, be(in.number)), be(sequence))
	}, in.bulk, quota)
}

// record returns the record of a submission that is accepted now.
func record(sub *publish.Submission) Submission {
	return Submission{
		Issuer: sub.Issuer, Chain: sub.Home.Chain, Registry: sub.Home.Registry, Root: sub.Root,
		Count: sub.Count, IssuedAt: sub.IssuedAt, Signature: sub.Signature, AcceptedAt: time.Now().UnixMilli(),
	}
}

// add writes a submission, which has no sequence number yet, and with it whatever put does. blocks
// are the digests of the raw blocks in which its leaves are published. bulk has the tree, or is nil.
func (s *Store) add(
	id merkle.Hash, r Submission, blocks []merkle.Hash, put func(w kv.Writer, sequence uint64) error, bulk kv.Bulk, quota *Quota,
) (_ Submission, added bool, err error) {
	sequence, added, err := s.engine.Append(kv.Entry{
		ID: key('s', id[:]),
		Put: func(w kv.Writer, sequence uint64) error {
			numbered := r
			numbered.Sequence = sequence
			value, err := encMode.Marshal(&numbered)
			if err != nil {
				return err
			}
			return errors.Join(w.Set(key(kv.KindEntry, be(sequence)), value), putBlocks(w, &numbered, blocks), put(w, sequence))
		},
		Counts: r.counts(quota),
		Bulk:   bulk,
	})
	if errors.Is(err, kv.ErrOverLimit) {
		err = ErrUsedUp
	}
	if err != nil {
		return r, false, err
	}
	s.markDurable(sequence)
	if !added {
		r, err = s.SubmissionAt(sequence)
		return r, false, err
	}
	r.Sequence = sequence
	return r, true, nil
}

// putBlocks says which leaves the raw blocks of a submission consist of.
func putBlocks(w kv.Writer, r *Submission, digests []merkle.Hash) (err error) {
	for i, digest := range digests {
		first := i * publish.MaxBlockLeaves
		n := min(int(r.Count)-first, publish.MaxBlockLeaves)
		err = errors.Join(err, w.Set(key('y', digest[:]), leafBlock{r.tree(), uint32(first), uint32(n)}.encode()))
	}
	return err
}

// awaitDurable returns once the submission with this sequence number, which can be read, is
// durable.
func (s *Store) awaitDurable(sequence uint64) error {
	if s.durable.Load() >= sequence {
		return nil
	}
	last, err := s.Accepted()
	if err != nil || last >= sequence {
		return err
	}
	return s.engine.Durable()
}

// markDurable notes that all submissions up to this sequence number are durable.
func (s *Store) markDurable(sequence uint64) {
	for {
		now := s.durable.Load()
		if now >= sequence || s.durable.CompareAndSwap(now, sequence) {
			return
		}
	}
}

// Accepted returns how many submissions were ever accepted, and are durable: the last of their
// sequence numbers.
func (s *Store) Accepted() (uint64, error) {
	last, err := s.engine.Appended()
	if err == nil {
		s.markDurable(last)
	}
	return last, err
}

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
