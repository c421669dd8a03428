package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"sort"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// How a tree of n leaves is stored so that a path takes a handful of reads. Its
// deepest leaves lie at depth D = floor(log2(2n-1)).
const (
	// smallPage and batchPage leaves lie in one page: 4 KiB. Those of a submission that was
	// written while it arrived lie in larger pages, if the engine has such.
	smallPage = 128
	batchPage = 128

	// window leaves, of which all pages have a multiple, are read at once.
	window = 128

	// The inner nodes of the lowest rebuiltLevels levels are not stored: a path hashes
	// the at most 16 leaves beside its own again. Those from the root's children down
	// to depth D-4 are, which is some 4 bytes a leaf.
	rebuiltLevels = 4

	// Inner nodes lie in pages of subtrees of pageLevels levels, so that a path reads
	// one page for each pageLevels steps. Page 0 holds depths 1 to 8, page 1+j depths
	// 9 to 16 under node j of depth 8: at most 510 nodes of 32 bytes, by depth and from left to right.
	pageLevels = 8

	// nodePages is added to the number of a page of inner nodes where pages of leaves
	// have the same keys before it.
	nodePages = 1 << 31
)

// depthOf returns the depth of the node at an index of the array of a tree.
func depthOf(index int) int { return bits.Len(uint(index+1)) - 1 }

// keptDepth returns the greatest depth of which nodes are stored, 0 if none are.
func keptDepth(leaves int) int { return max(0, depthOf(2*leaves-2)-rebuiltLevels) }

// nodePlace says in which page a stored node lies, and at which place in it.
func nodePlace(index int) (page, at int) {
	depth := depthOf(index)
	across := index + 1 - 1<<depth
	if depth <= pageLevels {
		return 0, 1<<depth - 2 + across
	}
	depth -= pageLevels
	return 1 + across>>depth, 1<<depth - 2 + across&(1<<depth-1)
}

// eachNodePage calls do with each page of stored inner nodes of a tree, ascending. Of
// the array of its nodes it needs no more than those. The slice that do gets is valid
// during the call only.
func eachNodePage(nodes []merkle.Hash, leaves int, do func(page int, nodes []byte) error) error {
	kept := keptDepth(leaves)
	var buffer []byte
	write := func(page, root, levels int) error {
		buffer = buffer[:0]
		first := root
		for level := range levels {
			first = 2*first + 1
			for i := range 2 << level {
				buffer = append(buffer, nodes[first+i][:]...)
			}
		}
		return do(page, buffer)
	}
	if kept == 0 {
		return nil
	}
	if err := write(0, 0, min(kept, pageLevels)); err != nil || kept <= pageLevels {
		return err
	}
	for j := range 1 << pageLevels {
		if err := write(1+j, 1<<pageLevels-1+j, kept-pageLevels); err != nil {
			return err
		}
	}
	return nil
}

// storedTree reads parts of a tree that [putTree] wrote. It is for one goroutine.
type storedTree struct {
	s      *Store
	kind   byte // of the keys
	number uint64
	page   int // leaves in a page
	count  int // of leaves; a single one is the root, and is not stored
	root   merkle.Hash
}

// leaves calls do with the leaves with the numbers lo to hi-1, which are in one page. The
// slice is valid during the call.
func (t *storedTree) leaves(lo, hi int, do func([]byte)) error {
	if t.count == 1 {
		do(t.root[:])
		return nil
	}
	page := lo / t.page
	err := t.s.engine.GetPart(pageKey(t.kind, t.number, page), (lo-page*t.page)*merkle.Size, (hi-lo)*merkle.Size, func(b []byte) error {
		do(b)
		return nil
	})
	if err != nil {
		err = fmt.Errorf("page %d of the leaves of a tree: %w", page, err)
	}
	return err
}

// appendLeaves appends the leaves with the numbers lo to hi-1, ascending, to dst.
func (t *storedTree) appendLeaves(dst []merkle.Hash, lo, hi int) ([]merkle.Hash, error) {
	err := t.run(lo, hi, func(b []byte) {
		for ; len(b) > 0; b = b[merkle.Size:] {
			dst = append(dst, merkle.Hash(b))
		}
	})
	return dst, err
}

// run calls do with the leaves with the numbers lo to hi-1, ascending, as many at once as lie
// together. They are valid during the call only.
func (t *storedTree) run(lo, hi int, do func(leaves []byte)) error {
	for lo < hi {
		end := min(hi, (lo/t.page+1)*t.page)
		if err := t.leaves(lo, end, do); err != nil {
			return err
		}
		lo = end
	}
	return nil
}

// find returns the number of a leaf that stands at lo or later. It looks into the window of
// lo first, and bisects those after it.
func (t *storedTree) find(leaf merkle.Hash, lo int) (at int, found bool, err error) {
	first, last := lo/window, (t.count-1)/window
	for w := first; first <= last; w = (first + last) / 2 {
		size := min(window, t.count-w*window)
		err = t.leaves(w*window, w*window+size, func(b []byte) {
			at, found = sort.Find(size, func(i int) int { return bytes.Compare(leaf[:], b[i*merkle.Size:(i+1)*merkle.Size]) })
		})
		switch {
		case err != nil:
			return 0, false, err
		case found:
			return w*window + at, true, nil
		case at == 0:
			last = w - 1
		case at == size:
			first = w + 1
		default:
			return 0, false, nil
		}
	}
	return 0, false, nil
}

// path returns the path of leaf i. The part of it that is rebuilt is compared with
// what is stored, so that a damaged disk is noticed before a useless proof is given
// out.
func (t *storedTree) path(i int) ([]merkle.Hash, error) {
	n := t.count
	if i < 0 || i >= n {
		return nil, fmt.Errorf("leaf %d of a tree of %d", i, n)
	}
	deepest, kept := depthOf(2*n-2), keptDepth(n)
	top := 2*n - 2 - i // the ancestor that is stored, or the root
	for depthOf(top) > kept {
		top = (top - 1) / 2
	}
	// The leaves under it. They make a tree as those of a whole tree do, the deepest
	// first.
	var buffer [1 << rebuiltLevels]merkle.Hash
	under, own := buffer[:0], 0
	for depth := deepest - kept; depth >= max(0, deepest-kept-1); depth-- {
		lo := 2*n - 2 - min((top+2)<<depth-2, 2*n-2)
		hi := 2*n - 1 - max((top+1)<<depth-1, n-1)
		if lo >= hi {
			continue
		}
		if lo <= i && i < hi {
			own = len(under) + i - lo
		}
		var err error
		if under, err = t.appendLeaves(under, lo, hi); err != nil {
			return nil, err
		}
	}
	sub, err := merkle.FromSorted(under)
	if err != nil {
		return nil, fmt.Errorf("the data is damaged: leaves of a tree: %w", err)
	}
	path := append(make([]merkle.Hash, 0, deepest), sub.Path(own)...)
	// Above it.
	want := t.root
	for at := top; at > 0; {
		page, _ := nodePlace(at)
		err := t.s.from.Get(pageKey(t.kind, t.number, nodePages+page), func(nodes []byte) error {
			for ; at > 0; at = (at - 1) / 2 {
				p, place := nodePlace(at)
				if p != page {
					break
				}
				// Siblings lie side by side: the left one has the odd index, the even place.
				other := place ^ 1
				if (max(place, other)+1)*merkle.Size > len(nodes) {
					return fmt.Errorf("the data is damaged: page %d of a tree's inner nodes has %d bytes", page, len(nodes))
				}
				if at == top {
					want = merkle.Hash(nodes[place*merkle.Size:])
				}
				path = append(path, merkle.Hash(nodes[other*merkle.Size:]))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if sub.Root() != want {
		return nil, fmt.Errorf("the data is damaged: a tree has node %s, want %s", sub.Root(), want)
	}
	return path, nil
}

// pageKey is the key of a page of the tree with a number.
func pageKey(kind byte, tree uint64, page int) []byte {
	return binary.BigEndian.AppendUint32(key(kind, be(tree)), uint32(page))
}

// putTree passes the pages of a tree to set in the order of their keys.
func putTree(kind byte, number uint64, page int, t *merkle.Tree, leaves []merkle.Hash, set func(key, value []byte) error) error {
	if len(leaves) == 1 {
		return nil // it is the root
	}
	if err := putLeaves(kind, number, page, 0, leaves, set); err != nil {
		return err
	}
	return putNodes(kind, number, t.Nodes(), t.Len(), set)
}

// putLeaves passes pages of so many leaves to set, of which the first has a number.
func putLeaves(kind byte, number uint64, page, first int, leaves []merkle.Hash, set func(key, value []byte) error) error {
	for ; len(leaves) > 0; first++ {
		n := min(len(leaves), page)
		if err := set(pageKey(kind, number, first), publish.JoinHashes(leaves[:n])); err != nil {
			return err
		}
		leaves = leaves[n:]
	}
	return nil
}

// putNodes passes the pages of inner nodes to set, see [eachNodePage].
func putNodes(kind byte, number uint64, nodes []merkle.Hash, leaves int, set func(key, value []byte) error) error {
	return eachNodePage(nodes, leaves, func(page int, nodes []byte) error { return set(pageKey(kind, number, nodePages+page), nodes) })
}

// pagesOf returns how many pages [putTree] writes.
func pagesOf(leaves, page int) uint64 {
	if leaves == 1 {
		return 0
	}
	pages := (leaves + page - 1) / page
	switch kept := keptDepth(leaves); {
	case kept > pageLevels:
		pages += 1 + 1<<pageLevels
	case kept > 0:
		pages++
	}
	return uint64(pages)
}
