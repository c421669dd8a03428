package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/merkle"
)

// Leaves returns all leaves of a submission, ascending.
func (s *Store) Leaves(r *Submission) ([]merkle.Hash, error) {
	if r.Count == 0 || r.Count > publish.MaxLeaves {
		return nil, fmt.Errorf("submission %d has %d leaves", r.Sequence, r.Count)
	}
	leaves, err := s.submissionTree(r).appendLeaves(make([]merkle.Hash, 0, r.Count), 0, int(r.Count))
	if err != nil {
		return nil, fmt.Errorf("leaves of submission %d: %w", r.Sequence, err)
	}
	return leaves, nil
}

// Find returns where a leaf is in a submission, and whether it has it. id is the
// submission's, or zero if the caller does not know it.
func (s *Store) Find(id merkle.Hash, r *Submission, leaf merkle.Hash) (f Found, found bool, err error) {
	k := key('x', leaf[:8], be(r.tree()))
	var e indexEntry
	err = s.from.Get(k, func(value []byte) (err error) { e, err = decodeEntry(k, value); return err })
	if errors.Is(err, ErrNotFound) {
		return f, false, nil
	}
	if err != nil {
		return f, false, err
	}
	return s.findAt(id, r, leaf, e.at)
}

// findAt is Find of a leaf that is number at or stands after it.
func (s *Store) findAt(id merkle.Hash, r *Submission, leaf merkle.Hash, at int) (f Found, found bool, err error) {
	at, found, err = s.submissionTree(r).find(leaf, at)
	if err != nil {
		err = fmt.Errorf("leaves of submission %d: %w", r.Sequence, err)
	}
	return Found{Submission: *r, At: at, id: id}, found, err
}

// Path returns the path from a leaf to the root of its submission. It reads some pages
// of at most 16 KiB, however many leaves there are.
func (s *Store) Path(f *Found) ([]merkle.Hash, error) {
	path, err := s.submissionTree(&f.Submission).path(f.At)
	if err != nil {
		err = fmt.Errorf("path in submission %d: %w", f.Sequence, err)
	}
	return path, err
}

// submissionTree returns where the tree of a submission lies.
func (s *Store) submissionTree(r *Submission) *storedTree {
	return &storedTree{s, 'l', r.tree(), s.pageOf(r.tree()), int(r.Count), r.Root}
}

// pageOf returns how many leaves a page of a submission's tree has.
func (s *Store) pageOf(tree uint64) int {
	if tree < firstArrived {
		return smallPage
	}
	return s.engine.PageLeaves()
}

// Found is a leaf in a submission. It is for one goroutine.
type Found struct {
	Submission
	At int // number of the leaf, ascending

	id merkle.Hash // of the submission, zero if it is not known yet
}

// ID returns the submission's id.
func (f *Found) ID() merkle.Hash {
	if f.id.IsZero() {
		f.id = f.Submission.ID()
	}
	return f.id
}

// sequenceOf returns the sequence number of the submission that has the tree with a
// number, or ErrNotFound while it is not accepted.
func (s *Store) sequenceOf(tree uint64) (uint64, error) {
	if tree < firstArrived {
		return tree, nil
	}
	return s.number(key(kv.KindBulk, be(tree)))
}

// WithLeaf returns the submissions that have a leaf, earliest first: a repeated
// leaf is found where it was first. All of them are on disk: to say that one
// is there is to acknowledge it.
func (s *Store) WithLeaf(leaf merkle.Hash) (found []Found, err error) {
	entries, err := s.indexed(leaf)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		sequence, err := s.sequenceOf(e.number)
		if errors.Is(err, ErrNotFound) {
			continue // received, but not accepted yet
		}
		if err != nil {
			return nil, err
		}
		r, err := s.SubmissionAt(sequence)
		if err != nil {
			return nil, err
		}
		f, has, err := s.findAt(merkle.Hash{}, &r, leaf, e.at)
		if err != nil {
			return nil, err
		}
		if has {
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	slices.SortFunc(found, func(a, b Found) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return found, s.awaitDurable(found[len(found)-1].Sequence)
}

// leafBlock says which leaves a published raw block consists of.
type leafBlock struct {
	tree         uint64
	first, count uint32
}

func (l leafBlock) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, l.tree)
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, l.first), l.count)
}

// page is a published page as it is stored: without the leaves in it, which are stored
// with their submissions.
type page struct {
	Texts     [][]byte `cbor:"1,keyasint"` // what stands before, between and after the leaves
	Sequences []uint64 `cbor:"2,keyasint"` // of the submissions whose leaves stand between them
}

// Block returns a published block by its sha2-256 digest.
func (s *Store) Block(digest merkle.Hash) ([]byte, error) {
	b, err := s.bytes(key('c', digest[:]))
	if !errors.Is(err, ErrNotFound) {
		return b, err
	}
	if b, err = s.rawBlock(digest); !errors.Is(err, ErrNotFound) {
		return b, err
	}
	var p page
	if err := s.get(key('z', digest[:]), &p); err != nil {
		return nil, err
	}
	if len(p.Texts) != len(p.Sequences)+1 {
		return nil, fmt.Errorf("the data is damaged: page %s has %d texts about %d submissions", digest, len(p.Texts), len(p.Sequences))
	}
	b = p.Texts[0]
	for i, sequence := range p.Sequences {
		r, err := s.SubmissionAt(sequence)
		if err != nil {
			return nil, missingPart(digest, err)
		}
		leaves, err := s.Leaves(&r)
		if err != nil {
			return nil, missingPart(digest, err)
		}
		b = append(append(b, publish.JoinHashes(leaves)...), p.Texts[i+1]...)
	}
	return b, nil
}

// missingPart is the error of a block of which a part is missing, which is not that of
// one that is not there.
func missingPart(digest merkle.Hash, err error) error {
	return fmt.Errorf("the data is damaged: leaves of block %s: %v", digest, err) //nolint:errorlint // as the comment says
}

// rawBlock returns a published block of leaves.
func (s *Store) rawBlock(digest merkle.Hash) ([]byte, error) {
	var l leafBlock
	err := s.from.Get(key('y', digest[:]), func(b []byte) error {
		if len(b) != 16 {
			return fmt.Errorf("the data is damaged: the place of block %s has %d bytes", digest, len(b))
		}
		l = leafBlock{binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])}
		if l.count > publish.MaxBlockLeaves || l.first > publish.MaxLeaves {
			return fmt.Errorf("the data is damaged: block %s has %d leaves", digest, l.count)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	block := make([]byte, 0, l.count*merkle.Size)
	tree := storedTree{s: s, kind: 'l', number: l.tree, page: s.pageOf(l.tree)}
	err = tree.run(int(l.first), int(l.first+l.count), func(leaves []byte) { block = append(block, leaves...) })
	if err != nil {
		return nil, missingPart(digest, err)
	}
	return block, nil
}
