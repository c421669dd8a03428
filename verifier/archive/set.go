package archive

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Set is the credentials of one submission on their way into an archive. Fill it
// with [Set.Add], then call [Set.Build]. It takes some 70 bytes a credential and
// its name, and 100 more once built. It is not safe for concurrent use.
type Set struct {
	width int
	cids  []byte // width bytes for each, zeros after the shorter ones
	salts []merkle.Hash
	paths [][]merkle.Hash // nil for a whole submission, else as salts
	names []byte
	ends  []uint32 // where each name ends; nil as long as none has one

	// Set by Build.
	tree  *merkle.Tree // nil unless whole
	order []uint32     // credentials by ascending leaf
	index []uint32     // rows by ascending CID
}

// Len returns how many credentials are in the set.
func (s *Set) Len() int { return len(s.salts) }

// Add puts a credential into the set: the binary form of its CID, which is taken for
// valid, its salt and its name, which may be empty. It copies all three.
func (s *Set) Add(cid []byte, salt merkle.Hash, name string) error {
	if s.Len() == MaxRows {
		return fmt.Errorf("more than %d credentials in one submission", MaxRows)
	}
	if err := CheckName(name); err != nil {
		return err
	}
	if len(s.names)+len(name) > min(maxNames, math.MaxUint32) {
		return errors.New("the names are too long for an archive")
	}
	if len(cid) > s.width {
		s.widen(len(cid))
	}
	at := len(s.cids)
	s.cids = append(s.cids, cid...)
	for len(s.cids) < at+s.width {
		s.cids = append(s.cids, 0)
	}
	if name != "" && s.ends == nil {
		s.ends = make([]uint32, s.Len(), max(s.Len()+1, cap(s.salts)))
	}
	s.salts = append(s.salts, salt)
	if s.ends != nil {
		s.names = append(s.names, name...)
		s.ends = append(s.ends, uint32(len(s.names)))
	}
	return nil
}

// widen gives every credential more room for its CID.
func (s *Set) widen(width int) {
	cids := make([]byte, s.Len()*width, max(s.Len(), cap(s.salts))*width)
	for i := range s.Len() {
		copy(cids[i*width:], s.cids[i*s.width:(i+1)*s.width])
	}
	s.width, s.cids = width, cids
}

// Salts returns the salts in the order in which credentials were added, to be set
// before [Set.Build].
func (s *Set) Salts() []merkle.Hash { return s.salts }

// SameCredentialError is the error of [Set.Build] when a CID is there twice
// with one salt. At names the two, in the order in which they were added.
type SameCredentialError struct{ At [2]int }

func (e *SameCredentialError) Error() string {
	return fmt.Sprintf("credentials %d and %d are the same, with the same salt", e.At[0]+1, e.At[1]+1)
}

// Build hashes the leaves and makes the submission's tree over them. Nothing may be
// added afterwards. It uses every core.
func (s *Set) Build() error {
	leaves, err := s.sort()
	if err != nil || s.paths != nil {
		return err
	}
	s.tree, err = merkle.FromSorted(leaves)
	return err
}

// sort makes the order of the rows and the index, and returns the leaves ascending.
func (s *Set) sort() ([]merkle.Hash, error) {
	if s.Len() == 0 {
		return nil, merkle.ErrEmpty
	}
	leaves := make([]merkle.Hash, s.Len())
	err := hashLeaves(leaves, func(i int) ([]byte, merkle.Hash) { return s.cid(uint32(i)), s.salts[i] })
	if err != nil {
		return nil, err
	}
	var work sync.WaitGroup
	work.Go(func() {
		s.order = sorted(len(leaves), func(i uint32) uint64 { return sortKey(leaves[i][:]) }, func(a, b uint32) int {
			return merkle.Compare(leaves[a], leaves[b])
		})
	})
	s.index = sorted(len(leaves), func(i uint32) uint64 { return sortKey(s.cid(i)) }, func(a, b uint32) int {
		if c := bytes.Compare(s.cid(a), s.cid(b)); c != 0 {
			return c
		}
		return merkle.Compare(leaves[a], leaves[b]) // the order of their rows
	})
	work.Wait()
	ascending := make([]merkle.Hash, len(leaves))
	rows := make([]uint32, len(leaves)) // of the credentials, in the order of adding
	for row, i := range s.order {
		ascending[row], rows[i] = leaves[i], uint32(row)
		if row > 0 && ascending[row] == ascending[row-1] {
			a, b := int(s.order[row-1]), int(i)
			return nil, &SameCredentialError{[2]int{min(a, b), max(a, b)}}
		}
	}
	for i := range s.index {
		s.index[i] = rows[s.index[i]]
	}
	return ascending, nil
}

// cid returns the padded CID of credential i.
func (s *Set) cid(i uint32) []byte { return s.cids[int(i)*s.width : (int(i)+1)*s.width] }

// Same yields each run of credentials that have the same CID, by their numbers in the
// order of adding. The set must be built.
func (s *Set) Same() iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		for lo, hi := 0, 1; lo < len(s.index); lo, hi = hi, hi+1 {
			first := s.cid(s.order[s.index[lo]])
			for hi < len(s.index) && bytes.Equal(first, s.cid(s.order[s.index[hi]])) {
				hi++
			}
			if hi == lo+1 {
				continue
			}
			run := make([]int, 0, hi-lo)
			for _, row := range s.index[lo:hi] {
				run = append(run, int(s.order[row]))
			}
			slices.Sort(run)
			if !yield(run) {
				return
			}
		}
	}
}

// Root returns the root of the submission's tree. The set must be built.
func (s *Set) Root() merkle.Hash { return s.tree.Root() }

// AppendLeaves appends the leaves, ascending, to dst. The set must be built.
func (s *Set) AppendLeaves(dst []merkle.Hash) []merkle.Hash {
	dst = slices.Grow(dst, s.tree.Len())
	for i := range s.tree.Len() {
		dst = append(dst, s.tree.Leaf(i))
	}
	return dst
}

func (s *Set) shape() shape {
	sh := shape{rows: s.Len(), width: s.width, names: len(s.names)}
	for _, path := range s.paths {
		sh.steps = max(sh.steps, len(path))
	}
	return sh
}

// name returns the name of credential i.
func (s *Set) name(i uint32) []byte {
	if s.ends == nil {
		return nil
	}
	start := uint32(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.names[start:s.ends[i]]
}

// proof returns shared with what belongs to row 0 alone in it.
func (s *Set) proof(shared *verifier.Proof) (*verifier.Proof, error) {
	i := s.order[0]
	p := *shared
	c, err := parseCID(s.cid(i))
	if err != nil {
		return nil, err
	}
	p.Credential, p.Salt = c, s.salts[i]
	if s.tree != nil {
		p.Submission.Path = s.tree.Path(0)
	} else {
		p.Submission.Path = s.paths[i]
	}
	return &p, nil
}

// sorted returns 0..n-1 ordered by key and, where keys are equal, by compare.
func sorted(n int, key func(uint32) uint64, compare func(a, b uint32) int) []uint32 {
	type keyed struct {
		key uint64
		at  uint32
	}
	all := make([]keyed, n)
	for i := range all {
		all[i] = keyed{key(uint32(i)), uint32(i)}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return compare(a.at, b.at)
	})
	order := make([]uint32, n)
	for i := range all {
		order[i] = all[i].at
	}
	return order
}
