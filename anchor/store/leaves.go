package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// Leaves returns all leaves of a submission, ascending.
func (s *Store) Leaves(r *Submission) ([]merkle.Hash, error) {
	if r.Count == 0 || r.Count > publish.MaxLeaves {
		return nil, fmt.Errorf("submission %d has %d leaves", r.Sequence, r.Count)
	}
	leaves, err := s.submissionTree(r).leaves(make([]merkle.Hash, 0, r.Count), 0, int(r.Count))
	if err != nil {
		return nil, fmt.Errorf("leaves of submission %d: %w", r.Sequence, err)
	}
	return leaves, nil
}

// Find returns the number of a leaf in a submission, and whether it has it.
func (s *Store) Find(r *Submission, leaf merkle.Hash) (int, bool, error) {
	find := s.findSmall
	if r.large() {
		find = func(r *Submission, leaf merkle.Hash) (int, bool, error) {
			return s.submissionTree(r).find(leaf, 0, int(r.Count))
		}
	}
	at, found, err := find(r, leaf)
	if err != nil {
		err = fmt.Errorf("leaves of submission %d: %w", r.Sequence, err)
	}
	return at, found, err
}

// Path returns the path from a leaf, by its number, to the root of its submission. It
// reads some pages of at most 16 KiB, however many leaves there are.
func (s *Store) Path(r *Submission, at int) ([]merkle.Hash, error) {
	path, err := s.submissionTree(r).path(at)
	if err != nil {
		err = fmt.Errorf("path in submission %d: %w", r.Sequence, err)
	}
	return path, err
}

// submissionTree returns where the tree of a submission lies.
func (s *Store) submissionTree(r *Submission) *storedTree {
	if r.large() {
		return s.pagedTree('g', r.Tree, int(r.Count), r.Root)
	}
	return &storedTree{
		count: int(r.Count), root: r.Root,
		leaves: func(dst []merkle.Hash, lo, hi int) ([]merkle.Hash, error) {
			err := s.smallLeaves(r, func(b []byte) error {
				for b := b[lo*merkle.Size : hi*merkle.Size]; len(b) > 0; b = b[merkle.Size:] {
					dst = append(dst, merkle.Hash(b))
				}
				return nil
			})
			return dst, err
		},
		nodes: func(_ int, do func([]byte) error) error { return s.view(key('h', be(r.Sequence)), do) },
	}
}

// smallLeaves calls do with all leaves of a submission that is not large.
func (s *Store) smallLeaves(r *Submission, do func([]byte) error) error {
	if r.Count == 1 {
		return do(r.Root[:])
	}
	size := r.Count * merkle.Size
	whole := func(b []byte) error {
		if uint64(len(b)) < r.Offset || uint64(len(b))-r.Offset < size {
			return fmt.Errorf("the data folder is damaged: the record with them has %d bytes", len(b))
		}
		return do(b[r.Offset : r.Offset+size])
	}
	if len(r.Blocks) == 0 {
		err := s.view(key('l', be(r.Sequence)), whole)
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		// Sealed since r was read: the leaves are in the published page.
		now, err := s.SubmissionAt(r.Sequence)
		if err != nil {
			return err
		}
		if len(now.Blocks) == 0 {
			return fmt.Errorf("leaves of submission %d: %w", r.Sequence, ErrNotFound)
		}
		*r = now
	}
	return s.view(key('c', r.Blocks[0][:]), whole)
}

// maxCandidates bounds how many submissions a look-up of one leaf opens, of small
// ones and in each run.
const maxCandidates = 256

// Found is a leaf in a submission.
type Found struct {
	Submission
	At int // number of the leaf, ascending
}

// WithLeaf returns the submissions that have a leaf, earliest first: whoever
// repeats somebody else's leaf comes later.
func (s *Store) WithLeaf(leaf merkle.Hash) ([]Found, error) {
	var candidates []uint64
	prefix := key('x', leaf[:8])
	err := s.each(prefix, after(prefix), func(k, _ []byte) (bool, error) {
		candidates = append(candidates, binary.BigEndian.Uint64(k[9:]))
		return len(candidates) < maxCandidates, nil
	})
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, sequence := range candidates {
		r, err := s.SubmissionAt(sequence)
		if err != nil {
			return nil, err
		}
		at, has, err := s.findSmall(&r, leaf)
		if err != nil {
			return nil, err
		}
		if has {
			found = append(found, Found{r, at})
		}
	}
	hits, err := s.inRuns(leaf)
	if err != nil {
		return nil, err
	}
	for _, h := range hits {
		r, err := s.SubmissionAt(h.sequence)
		if err != nil {
			return nil, err
		}
		found = append(found, Found{r, h.at})
	}
	slices.SortFunc(found, func(a, b Found) int { return bytes.Compare(be(a.Sequence), be(b.Sequence)) })
	return found, nil
}

// findSmall is Find for a submission that is not large, with one read.
func (s *Store) findSmall(r *Submission, leaf merkle.Hash) (at int, found bool, err error) {
	err = s.smallLeaves(r, func(b []byte) error {
		n := len(b) / merkle.Size
		at = sort.Search(n, func(i int) bool { return bytes.Compare(b[i*merkle.Size:(i+1)*merkle.Size], leaf[:]) >= 0 })
		found = at < n && bytes.Equal(b[at*merkle.Size:(at+1)*merkle.Size], leaf[:])
		return nil
	})
	return at, found, err
}

func joinLeaves(leaves []merkle.Hash) []byte {
	b := make([]byte, 0, len(leaves)*merkle.Size)
	for i := range leaves {
		b = append(b, leaves[i][:]...)
	}
	return b
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

// Block returns a published block by its sha2-256 digest.
func (s *Store) Block(digest merkle.Hash) ([]byte, error) {
	b, err := s.bytes(key('c', digest[:]))
	if !errors.Is(err, ErrNotFound) {
		return b, err
	}
	var l leafBlock
	err = s.view(key('y', digest[:]), func(b []byte) error {
		if len(b) != 16 {
			return fmt.Errorf("the data folder is damaged: the place of block %s has %d bytes", digest, len(b))
		}
		l = leafBlock{binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])}
		if l.count > publish.MaxBlockLeaves || l.first > publish.MaxLeaves {
			return fmt.Errorf("the data folder is damaged: block %s has %d leaves", digest, l.count)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	leaves, err := s.pagedTree('g', l.tree, 0, merkle.Hash{}).leaves(nil, int(l.first), int(l.first+l.count))
	if err != nil {
		return nil, fmt.Errorf("leaves of block %s: %w", digest, err)
	}
	return joinLeaves(leaves), nil
}
