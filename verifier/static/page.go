package static

import (
	"math/bits"
	"slices"

	"github.com/hallmark-node/hallmark/merkle"
)

// pageLevels is how many levels of a tree lie within a page: at most 256 leaves.
const pageLevels = 8

// Page is a subtree of a tree, and what leads from it to the root of the whole: enough for the
// paths of its leaves.
type Page struct {
	Leaves []merkle.Hash // ascending, at least one
	Above  []merkle.Hash // the path from the root of the subtree
}

func depthOf(index int) int { return bits.Len(uint(index+1)) - 1 }

// topDepth is the depth of the roots of the pages of a tree of n leaves.
func topDepth(n int) int { return max(0, depthOf(2*n-2)-pageLevels) }

// Pages returns the number of pages of a tree of n leaves.
func Pages(n int) int { return 1 << topDepth(n) }

// PageOf returns the number of the page in which sorted leaf i of n is.
func PageOf(n, i int) int {
	at, depth := 2*n-2-i, topDepth(n)
	for depthOf(at) > depth {
		at = (at - 1) / 2
	}
	return at - (1<<depth - 1)
}

// PageIn returns a page of a tree.
func PageIn(t *merkle.Tree, page int) Page {
	n := t.Len()
	deepest, top := depthOf(2*n-2), topDepth(n)
	root := 1<<top - 1 + page
	var p Page
	// The leaves under the root are on two levels, and ascend from the right of the lower one.
	for depth := deepest - top; depth >= max(0, deepest-top-1); depth-- {
		lo := 2*n - 2 - min((root+2)<<depth-2, 2*n-2)
		hi := 2*n - 1 - max((root+1)<<depth-1, n-1)
		for i := lo; i < hi; i++ {
			if p.Leaves == nil {
				p.Above = t.Path(i)[depthOf(2*n-2-i)-top:]
			}
			p.Leaves = append(p.Leaves, t.Leaf(i))
		}
	}
	return p
}

// Path returns the path of a leaf to the root of the whole tree, and that root. It is not there
// if the leaf is not in the page, or the page is no part of a tree.
func (p *Page) Path(leaf merkle.Hash) (path []merkle.Hash, root merkle.Hash, ok bool) {
	at, ok := slices.BinarySearchFunc(p.Leaves, leaf, merkle.Compare)
	if !ok {
		return nil, root, false
	}
	sub, err := merkle.FromSorted(p.Leaves)
	if err != nil {
		return nil, root, false
	}
	path = append(sub.Path(at), p.Above...)
	return path, merkle.Root(leaf, path), true
}
