package archive

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Set collects the credentials of one submission for an archive. Fill it with [Set.Add],
// then call [Set.Build]. It takes some 70 bytes a credential besides the name, and 100
// more once built. It is not safe for concurrent use.
type Set struct {
	width int
	cids  []byte // width bytes for each, padded with zeros
	salts []merkle.Hash
	paths [][]merkle.Hash // nil for a whole submission, else as salts
	names []byte
	ends  []uint32 // where each name ends; nil as long as none has one

	evidence []verifier.Identity // of a whole submission: the last rows that were added

	// Set by Build.
	tree  *merkle.Tree // nil unless whole
	order []uint32     // credentials by ascending leaf
	index []uint32     // rows by ascending CID
}

// Len returns how many leaves are in the set: credentials, and evidence of who the issuer is.
func (s *Set) Len() int { return len(s.salts) }

// Add puts a credential into the set: the binary form of its CID, which must be valid, its
// salt and its name, which may be empty. It copies all three.
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

// AddEvidence puts evidence of who the issuer is into a set that is a whole submission, after
// all credentials. Its path is not looked at: [Set.Evidence] has the new one.
func (s *Set) AddEvidence(e verifier.Identity) error {
	if err := s.Add(e.CID(), e.Salt, ""); err != nil {
		return err
	}
	s.evidence = append(s.evidence, e)
	return nil
}

// Evidence returns what was added with [Set.AddEvidence], with its paths; nil if there is
// none. The set must be built.
func (s *Set) Evidence() []verifier.Identity {
	all := slices.Clone(s.evidence)
	for i := range all {
		at := uint32(s.Len() - len(all) + i)
		all[i].Path = s.tree.Path(slices.Index(s.order, at))
	}
	return all
}

// credentials returns how many there are.
func (s *Set) credentials() int { return s.Len() - len(s.evidence) }

// widen pads every CID to width bytes.
func (s *Set) widen(width int) {
	cids := make([]byte, s.Len()*width, max(s.Len(), cap(s.salts))*width)
	for i := range s.Len() {
		copy(cids[i*width:], s.cids[i*s.width:(i+1)*s.width])
	}
	s.width, s.cids = width, cids
}

// Salts returns the salts in the order of adding, for the caller to set before
// [Set.Build].
func (s *Set) Salts() []merkle.Hash { return s.salts }

// SameCredentialError is the error of [Set.Build] when two credentials have the same CID
// and the same salt. At has their numbers in the order of adding, from 0.
type SameCredentialError struct{ At [2]int }

func (e *SameCredentialError) Error() string {
	return fmt.Sprintf("credentials %d and %d are the same and have the same salt", e.At[0]+1, e.At[1]+1)
}

// Build hashes the leaves, on all cores, and makes the submission's tree. Nothing may be
// added afterwards.
func (s *Set) Build() error {
	leaves, err := s.sort()
	if err != nil || s.paths != nil {
		return err
	}
	s.tree, err = merkle.FromSorted(leaves)
	return err
}

// sort sets order and index, and returns the leaves ascending.
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
	work.Go(func() { s.order = sorted(leaves, func(i uint32) []byte { return leaves[i][:] }) })
	s.index = sorted(leaves, s.cid)
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

// Same yields the numbers, in the order of adding, of all credentials that have the same
// CID, for each such CID. The set must be built. Evidence is not among them.
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
				if i := int(s.order[row]); i < s.credentials() {
					run = append(run, i)
				}
			}
			slices.Sort(run)
			if len(run) > 1 && !yield(run) {
				return
			}
		}
	}
}

// Root returns the root of the submission's tree. The set must be built.
func (s *Set) Root() merkle.Hash { return s.tree.Root() }

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

// first returns the proof of the first credential, which has all else in common with p.
func (s *Set) first(p verifier.Proof) (*verifier.Proof, error) {
	row := slices.IndexFunc(s.order, func(i uint32) bool { return int(i) < s.credentials() })
	if row < 0 {
		return nil, errors.New("archive: there is no credential in the set")
	}
	i := s.order[row]
	var err error
	if p.Credential, err = parseCID(s.cid(i)); err != nil {
		return nil, err
	}
	p.Salt = s.salts[i]
	if s.tree != nil {
		p.Submission.Path = s.tree.Path(row)
	} else {
		p.Submission.Path = s.paths[i]
	}
	return &p, nil
}

// sorted returns 0..n-1 in the order of text, which has eight bytes at least, and of the n
// leaves where texts are equal. The first eight bytes, kept at hand, decide nearly always:
// that is more than twice as fast.
func sorted(leaves []merkle.Hash, text func(i uint32) []byte) []uint32 {
	type keyed struct {
		key uint64
		at  uint32
	}
	all := make([]keyed, len(leaves))
	for i := range all {
		all[i] = keyed{binary.BigEndian.Uint64(text(uint32(i))), uint32(i)}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		if c := bytes.Compare(text(a.at), text(b.at)); c != 0 {
			return c
		}
		return merkle.Compare(leaves[a.at], leaves[b.at])
	})
	order := make([]uint32, len(leaves))
	for i := range all {
		order[i] = all[i].at
	}
	return order
}

// hashLeaves computes leaves from padded CIDs and salts, on all cores. The error is that
// of a row that has no CID.
func hashLeaves(leaves []merkle.Hash, of func(i int) (padded []byte, salt merkle.Hash)) error {
	var failed atomic.Pointer[error]
	verifier.Leaves(leaves, func(i int) ([]byte, merkle.Hash) {
		padded, salt := of(i)
		c, err := cidIn(padded)
		if err != nil {
			failed.Store(&err)
		}
		return c, salt
	})
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}
