package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"sort"

	"github.com/cockroachdb/pebble/v2"

	"github.com/hallmark-node/hallmark/merkle"
)

// How a tree of n leaves is stored so that a path takes a handful of reads. Its
// deepest leaves lie at depth D = floor(log2(2n-1)).
const (
	// pageLeaves leaves lie in one page: 4 KiB.
	pageLeaves = 128

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
	nodePages uint32 = 1 << 31
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
	kind   byte // of the keys; zero: a single leaf, which is the root
	number uint64
	count  int
	root   merkle.Hash

	// The page of leaves that was read last: a path begins in the page where its leaf
	// was found.
	page   int
	leaves []byte
}

func (s *Store) pagedTree(kind byte, number uint64, count int, root merkle.Hash) *storedTree {
	return &storedTree{s: s, kind: kind, number: number, count: count, root: root}
}

// leafPage returns the page with at least size leaves; it is valid until the next call.
func (t *storedTree) leafPage(page, size int) ([]byte, error) {
	if t.leaves == nil || t.page != page {
		var err error
		if t.kind == 0 {
			t.leaves = t.root[:]
		} else {
			err = t.s.view(pageKey(t.kind, t.number, page), func(b []byte) error { t.leaves = append(t.leaves[:0], b...); return nil })
		}
		if err != nil {
			t.leaves = nil
			return nil, err
		}
		t.page = page
	}
	if len(t.leaves) < size*merkle.Size {
		return nil, fmt.Errorf("page %d of the leaves of a tree has %d bytes", page, len(t.leaves))
	}
	return t.leaves, nil
}

// appendLeaves appends the leaves with the numbers lo to hi-1, ascending, to dst.
func (t *storedTree) appendLeaves(dst []merkle.Hash, lo, hi int) ([]merkle.Hash, error) {
	for page := lo / pageLeaves; page*pageLeaves < hi; page++ {
		from, to := max(lo-page*pageLeaves, 0), min(hi-page*pageLeaves, pageLeaves)
		b, err := t.leafPage(page, to)
		if err != nil {
			return dst, err
		}
		for b := b[from*merkle.Size : to*merkle.Size]; len(b) > 0; b = b[merkle.Size:] {
			dst = append(dst, merkle.Hash(b))
		}
	}
	return dst, nil
}

// nodes calls do with a page of inner nodes, valid during the call.
func (t *storedTree) nodes(page int, do func([]byte) error) error {
	return t.s.view(pageKey(t.kind, t.number, nodePages+uint32(page)), do)
}

// topNodes is nodes of page 0, which every path needs: it is kept in memory.
func (t *storedTree) topNodes(do func([]byte) error) error {
	key := treeKey{t.kind, t.number}
	top, ok := t.s.tops.Get(key)
	if !ok {
		if err := t.nodes(0, func(b []byte) error { top = bytes.Clone(b); return nil }); err != nil {
			return err
		}
		t.s.tops.Add(key, top)
	}
	return do(top)
}

// treeKey names a tree whose top is kept in memory. Trees never change.
type treeKey struct {
	kind   byte
	number uint64
}

// maxTops bounds how many are kept, of at most 16 KiB.
const maxTops = 1 << 10

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
		return nil, fmt.Errorf("the data folder is damaged: leaves of a tree: %w", err)
	}
	path := append(make([]merkle.Hash, 0, deepest), sub.Path(own)...)
	// Above it.
	want := t.root
	for at := top; at > 0; {
		page, _ := nodePlace(at)
		up := func(nodes []byte) error {
			for ; at > 0; at = (at - 1) / 2 {
				p, place := nodePlace(at)
				if p != page {
					return nil
				}
				// Siblings lie side by side: the left one has the odd index, the even place.
				other := place ^ 1
				if (max(place, other)+1)*merkle.Size > len(nodes) {
					return fmt.Errorf("the data folder is damaged: page %d of a tree's inner nodes has %d bytes", page, len(nodes))
				}
				if at == top {
					want = merkle.Hash(nodes[place*merkle.Size:])
				}
				path = append(path, merkle.Hash(nodes[other*merkle.Size:]))
			}
			return nil
		}
		if page == 0 {
			err = t.topNodes(up)
		} else {
			err = t.nodes(page, up)
		}
		if err != nil {
			return nil, err
		}
	}
	if sub.Root() != want {
		return nil, fmt.Errorf("the data folder is damaged: a tree has node %s, want %s", sub.Root(), want)
	}
	return path, nil
}

// pageKey is the key of a page of the tree with a number.
func pageKey[P int | uint32](kind byte, tree uint64, page P) []byte {
	return binary.BigEndian.AppendUint32(key(kind, be(tree)), uint32(page))
}

// putTree passes the pages of a tree to set in the order of their keys.
func putTree(kind byte, number uint64, t *merkle.Tree, leaves []merkle.Hash, set func(key, value []byte) error) error {
	if err := putLeaves(kind, number, 0, leaves, set); err != nil {
		return err
	}
	return putNodes(kind, number, t.Nodes(), t.Len(), set)
}

// putLeaves passes pages of leaves to set, of which the first has that number.
func putLeaves(kind byte, number uint64, page int, leaves []merkle.Hash, set func(key, value []byte) error) error {
	for ; len(leaves) > 0; page++ {
		n := min(len(leaves), pageLeaves)
		if err := set(pageKey(kind, number, page), joinLeaves(leaves[:n])); err != nil {
			return err
		}
		leaves = leaves[n:]
	}
	return nil
}

// putNodes passes the pages of inner nodes to set, see [eachNodePage].
func putNodes(kind byte, number uint64, nodes []merkle.Hash, leaves int, set func(key, value []byte) error) error {
	return eachNodePage(nodes, leaves, func(page int, nodes []byte) error { return set(pageKey(kind, number, nodePages+uint32(page)), nodes) })
}

// pagesOf returns how many pages [putTree] writes for a small submission: none for a
// single leaf, which is the root.
func pagesOf(leaves int) uint64 {
	if leaves == 1 {
		return 0
	}
	pages := (leaves + pageLeaves - 1) / pageLeaves
	if keptDepth(leaves) > 0 {
		pages++
	}
	return uint64(pages)
}

// find returns the number of a leaf that stands at lo or later and before hi. It begins
// where a hash of its size must lie and goes on in steps that double, so leaves that
// are no hashes cost no more than two binary searches.
func (t *storedTree) find(leaf merkle.Hash, lo, hi int) (int, bool, error) {
	share, _ := bits.Mul64(binary.BigEndian.Uint64(leaf[:]), uint64(t.count))
	middle := min(max(int(share), lo), hi-1)
	for step := 1; lo < hi; step = 2 * max(step, pageLeaves) {
		first := middle - middle%pageLeaves
		last := min(first+pageLeaves, t.count)
		page, err := t.leafPage(first/pageLeaves, last-first)
		if err != nil {
			return 0, false, err
		}
		switch at, found := sort.Find(last-first, func(i int) int {
			return bytes.Compare(leaf[:], page[i*merkle.Size:(i+1)*merkle.Size])
		}); {
		case found:
			return first + at, lo <= first+at && first+at < hi, nil
		case at == 0:
			hi = first
			middle = max(hi-step, lo+(hi-lo)/2)
		case at == last-first:
			lo = last
			middle = min(lo+step-1, lo+(hi-lo)/2)
		default:
			return 0, false, nil
		}
	}
	return 0, false, nil
}

// view calls do with the value under key, which is valid during the call.
func (s *Store) view(k []byte, do func([]byte) error) error {
	value, closer, err := s.db.Get(k)
	if errors.Is(err, pebble.ErrNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read from the data folder: %w", err)
	}
	return errors.Join(do(value), closer.Close())
}
