package merkle

import (
	"errors"
	"fmt"
	"sort"
	"sync/atomic"
)

// Below these sizes a second goroutine costs more than it saves.
const (
	minPairs = 2048  // pairs hashed by one goroutine, about 0.1 ms
	minCopy  = 16384 // leaves compared with their neighbours
)

// pairsInCache is the number of pairs that take a good part of the first cache.
const pairsInCache = 256

// Errors that the leaves given to [New] and [FromSorted] can have.
var (
	ErrEmpty     = errors.New("a Merkle tree needs at least one leaf")
	ErrDuplicate = errors.New("leaf occurs twice")
	ErrUnsorted  = errors.New("leaves are not in ascending order")
)

// Tree is a Merkle tree over distinct leaves. It takes 64 bytes a leaf, is
// immutable once made, and may be read by any number of goroutines.
//
// Leaves are numbered in ascending order, not in the order in which they were
// given; [Tree.Index] finds the number of a leaf. A leaf's number out of range
// panics, as with a slice.
type Tree struct {
	// nodes holds 2n-1 nodes: the root at 0, the children of node i at 2i+1 and
	// 2i+2, and the leaves in descending order from n-1 on.
	nodes []Hash
}

// New builds the tree over leaves, in any order. It copies and sorts them and
// uses every core for large trees. The error is [ErrEmpty] or wraps [ErrDuplicate].
func New(leaves []Hash) (*Tree, error) {
	t, unused, err := alloc(len(leaves))
	if err != nil {
		return nil, err
	}
	descending := t.leaves()
	sortDescending(descending, unused, leaves)
	var duplicate atomic.Pointer[Hash]
	parallel(len(leaves)-1, minCopy, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if descending[i] == descending[i+1] {
				duplicate.Store(&descending[i])
				return
			}
		}
	})
	if h := duplicate.Load(); h != nil {
		return nil, fmt.Errorf("%w: %s", ErrDuplicate, h)
	}
	t.build(t.Len() - 1)
	return t, nil
}

// FromSorted builds the tree over leaves that are strictly ascending already,
// and refuses others with an error that wraps [ErrUnsorted] or [ErrDuplicate], or
// with [ErrEmpty]. It copies the leaves and saves the sorting of [New].
func FromSorted(leaves []Hash) (*Tree, error) {
	t, _, err := alloc(len(leaves))
	if err != nil {
		return nil, err
	}
	// The parents of two leaves come first, while the leaves are in the cache. If
	// the highest leaf, first in the array, is no child of theirs, it is a range
	// of its own.
	n := len(leaves)
	parents := (n - 1) / 2
	ordered := t.place(leaves, n-1, n-1+n%2)
	var unordered atomic.Bool
	parallel(n-1-parents, minPairs, func(lo, hi int) {
		lo, hi = lo+parents, hi+parents
		for lo < hi {
			next := min(hi, lo+pairsInCache)
			if !t.place(leaves, 2*lo+1, 2*next+1) {
				unordered.Store(true)
				return
			}
			hashPairs(t.nodes[lo:next], t.nodes[2*lo+1:2*next+1])
			lo = next
		}
	})
	if !ordered || unordered.Load() {
		return nil, orderError(leaves)
	}
	t.build(parents)
	return t, nil
}

// place copies those of the ascending leaves to the array that belong at lo to
// hi-1, and reports whether each is above the leaf before it.
func (t *Tree) place(leaves []Hash, lo, hi int) bool {
	to := t.nodes[lo:hi]
	first := len(t.nodes) - hi
	from := leaves[first : first+len(to)]
	if first > 0 && len(from) > 0 && !less(&leaves[first-1], &from[0]) {
		return false
	}
	for i := range from {
		if i > 0 && !less(&from[i-1], &from[i]) {
			return false
		}
		to[len(to)-1-i] = from[i]
	}
	return true
}

// alloc returns a tree of so many leaves without its nodes, and the memory of as
// many hashes that is unused until the inner nodes are computed. The nodes are
// placed so that both children of a node lie in one cache line.
func alloc(leaves int) (*Tree, []Hash, error) {
	if leaves == 0 {
		return nil, nil, ErrEmpty
	}
	memory := make([]Hash, 2*leaves)
	return &Tree{nodes: memory[1:]}, memory[:leaves:leaves], nil
}

// build computes the first inner nodes, of which the others are there.
func (t *Tree) build(inner int) {
	// Deepest level first: each level reads only the one below it, so the nodes
	// of a level can be computed in any order and on any core.
	for first := levelStart(inner - 1); inner > 0; first = (first - 1) / 2 {
		parallel(inner-first, minPairs, func(lo, hi int) {
			lo, hi = lo+first, hi+first
			hashPairs(t.nodes[lo:hi], t.nodes[2*lo+1:2*hi+1])
		})
		inner = first
	}
}

// orderError names the first of leaves that do not ascend, of which there must be
// some.
func orderError(leaves []Hash) error {
	for i := 1; ; i++ {
		switch c := Compare(leaves[i-1], leaves[i]); {
		case c == 0:
			return fmt.Errorf("%w: %s", ErrDuplicate, leaves[i])
		case c > 0:
			return fmt.Errorf("%w: %s stands before %s", ErrUnsorted, leaves[i-1], leaves[i])
		}
	}
}

// levelStart returns the index of the first node on the level of node i.
func levelStart(i int) int {
	first := 0
	for 2*first+1 <= i {
		first = 2*first + 1
	}
	return first
}

// leaves returns the leaves in descending order, as they lie in the array.
func (t *Tree) leaves() []Hash { return t.nodes[len(t.nodes)/2:] }

// Root returns the root. That of a tree of one leaf is the leaf.
func (t *Tree) Root() Hash { return t.nodes[0] }

// Len returns the number of leaves, at least 1.
func (t *Tree) Len() int { return len(t.nodes)/2 + 1 }

// Leaf returns leaf i in ascending order.
func (t *Tree) Leaf(i int) Hash { return t.nodes[t.node(i)] }

// Index returns the number of a leaf in ascending order, and whether the tree
// has it.
func (t *Tree) Index(leaf Hash) (int, bool) {
	leaves := t.leaves()
	j := sort.Search(len(leaves), func(j int) bool { return Compare(leaves[j], leaf) <= 0 })
	if j == len(leaves) || leaves[j] != leaf {
		return 0, false
	}
	return len(leaves) - 1 - j, true
}

// Path returns the siblings on the way from leaf i to the root, nearest first.
// It is empty, not nil, in a tree of one leaf.
func (t *Tree) Path(i int) []Hash {
	return t.AppendPath([]Hash{}, i)
}

// AppendPath appends [Tree.Path] of leaf i to dst.
func (t *Tree) AppendPath(dst []Hash, i int) []Hash {
	for at := t.node(i); at > 0; at = (at - 1) / 2 {
		sibling := at - 1
		if at%2 == 1 {
			sibling = at + 1
		}
		dst = append(dst, t.nodes[sibling])
	}
	return dst
}

// Nodes returns the 2n-1 nodes of the tree in the order of OpenZeppelin's array: the
// root at 0, the children of node i at 2i+1 and 2i+2. The caller must not change them.
func (t *Tree) Nodes() []Hash { return t.nodes }

// node returns the index in nodes of sorted leaf i.
func (t *Tree) node(i int) int {
	if i < 0 || i >= t.Len() {
		panic(fmt.Sprintf("merkle: leaf %d of a tree of %d", i, t.Len()))
	}
	return len(t.nodes) - 1 - i
}
