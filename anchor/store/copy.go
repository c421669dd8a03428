package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/merkle"
)

// A node moves from one engine to another by a copy of its records. Submissions are added anew, one
// after the other, since large trees lie in pages of other sizes there; all else is copied as it is.

// copying is the state of a copy that has begun, in the store that it is made in.
type copying struct {
	Next []byte `cbor:"1,keyasint"` // key of the first record that is still to be copied
}

var copyingKey = metaKey("copying")

// How many records, and bytes of them, are copied in one update.
const (
	copyRecords = 2000
	copyBytes   = 8 << 20
)

// Copied says how far a copy has come.
type Copied struct {
	Submissions uint64 // that are there
	Of          uint64
	Records     uint64 // beside them, in this run
}

// ErrNotEmpty says that a store has something already that is not of the node that is copied.
var ErrNotEmpty = errors.New("the target has the data of a node already")

// Incomplete reports whether a store is a copy that has not come to its end. No node may be run
// on it.
func (r reader) Incomplete() (bool, error) { return r.has(copyingKey) }

// CopyTo copies everything into an empty store, or goes on with a copy that was interrupted.
// Nothing else may write to either. [Store.CopyDone] ends it. Errors: [ErrNotEmpty].
func (s *Store) CopyTo(ctx context.Context, to *Store, tell func(Copied)) error {
	state, err := to.beginCopy()
	if err != nil {
		return err
	}
	done := Copied{}
	if done.Of, err = s.Accepted(); err != nil {
		return err
	}
	if done.Submissions, err = to.Accepted(); err != nil {
		return err
	}
	if err := s.sameSubmissions(to, done.Submissions, done.Of); err != nil {
		return err
	}
	for done.Submissions < done.Of {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.copySubmission(to, done.Submissions+1); err != nil {
			return err
		}
		done.Submissions++
		tell(done)
	}
	for state.Next != nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := s.copySome(to, state)
		if err != nil {
			return err
		}
		done.Records += uint64(n)
		tell(done)
	}
	return nil
}

// CopyDone makes a copy a store like any other.
func (s *Store) CopyDone() error {
	return s.Update(func(tx *Tx) error { return tx.kv.Delete(copyingKey) })
}

// beginCopy returns how far a copy has come that is made in a store, which is empty, or has one.
func (s *Store) beginCopy() (state *copying, err error) {
	state = new(copying)
	if err = s.get(copyingKey, state); !errors.Is(err, ErrNotFound) {
		return state, err
	}
	err = s.each([]byte{0}, nil, func(k, _ []byte) (bool, error) {
		if !bytes.Equal(k, formatKey) {
			return false, ErrNotEmpty
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	state.Next = []byte{0}
	return state, s.Update(func(tx *Tx) error { return tx.put(copyingKey, state) })
}

// sameSubmissions compares the first and the last of those that a copy has.
func (s *Store) sameSubmissions(to *Store, have, of uint64) error {
	if have > of {
		return ErrNotEmpty
	}
	for _, n := range []uint64{1, have} {
		if have == 0 {
			break
		}
		a, err := s.SubmissionAt(n)
		if err != nil {
			return err
		}
		b, err := to.SubmissionAt(n)
		if err != nil {
			return err
		}
		if a.ID() != b.ID() || a.AcceptedAt != b.AcceptedAt {
			return ErrNotEmpty
		}
	}
	return nil
}

// copySubmission adds a submission, which is the next one of both stores.
func (s *Store) copySubmission(to *Store, sequence uint64) error {
	r, err := s.SubmissionAt(sequence)
	if err != nil {
		return err
	}
	id := r.ID()
	var there Submission
	if r.Tree == 0 {
		there, err = s.copySmall(to, id, r)
	} else {
		there, err = s.copyLarge(to, id, r)
	}
	if err == nil && there.Sequence != sequence {
		err = fmt.Errorf("it got the number %d: something else writes to the target", there.Sequence)
	}
	if err != nil {
		return fmt.Errorf("copy submission %d: %w", sequence, err)
	}
	return nil
}

func (s *Store) copySmall(to *Store, id merkle.Hash, r Submission) (there Submission, err error) {
	leaves, err := s.Leaves(&r)
	if err != nil {
		return r, err
	}
	tree, err := merkle.FromSorted(leaves)
	if err != nil {
		return r, err
	}
	there, _, err = to.addSmall(id, r, leaves, tree, nil)
	return there, err
}

func (s *Store) copyLarge(to *Store, id merkle.Hash, r Submission) (there Submission, err error) {
	in, err := to.Receive(int(r.Count))
	if err != nil {
		return r, err
	}
	defer in.Discard()
	tree := s.submissionTree(&r)
	var block []merkle.Hash
	for at := 0; at < int(r.Count); at += len(block) {
		if block, err = tree.appendLeaves(block[:0], at, min(int(r.Count), at+publish.MaxBlockLeaves)); err != nil {
			return r, err
		}
		if err := in.Append(block); err != nil {
			return r, err
		}
	}
	root, err := in.Root()
	if err == nil && root != r.Root {
		err = fmt.Errorf("its leaves have the root %s, not %s: repair the source first (hallmark fsck)", root, r.Root)
	}
	if err != nil {
		return r, err
	}
	there, _, err = to.addIncoming(id, r, in, nil)
	return there, err
}

// kindsAdded are the kinds of records that are written with a submission.
var kindsAdded = []byte{kv.KindEntry, kv.KindBulk, 's', 'l', 'x', 'y'}

// copySome copies the next records that are not of submissions, and notes in state where to go on:
// nil if none are left.
func (s *Store) copySome(to *Store, state *copying) (count int, err error) {
	var keys, values [][]byte
	size, next := 0, state.Next
	for next != nil && slices.Contains(kindsAdded, next[0]) {
		next = after(next[:1])
	}
	var upper []byte // before the next kind that is left out
	if next != nil {
		for _, kind := range kindsAdded {
			if kind > next[0] && (upper == nil || kind < upper[0]) {
				upper = []byte{kind}
			}
		}
	}
	if next != nil {
		from := next
		next = upper
		err = s.each(from, upper, func(k, v []byte) (bool, error) {
			if len(keys) == copyRecords || size > copyBytes {
				next = bytes.Clone(k)
				return false, nil
			}
			if !bytes.Equal(k, formatKey) && !bytes.Equal(k, copyingKey) && !bytes.HasPrefix(k, metaKey(leaderPrefix)) {
				keys, values = append(keys, bytes.Clone(k)), append(values, bytes.Clone(v))
				size += len(k) + len(v)
			}
			return true, nil
		})
		if err != nil {
			return 0, err
		}
	}
	err = to.Update(func(tx *Tx) error {
		for i := range keys {
			if err := tx.kv.Set(keys[i], values[i]); err != nil {
				return err
			}
		}
		return tx.put(copyingKey, &copying{Next: next})
	})
	state.Next = next
	return len(keys), err
}
