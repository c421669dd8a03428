package merkle

import (
	"math/bits"
	"slices"
)

// Root returns the root that path leads to from leaf: the fold of [Pair] over
// the siblings, nearest first. An empty path returns the leaf itself. It accepts
// any leaf and any path; the caller compares the result with a root that it
// believes, and bounds len(path) (see [ValidPathLen]).
func Root(leaf Hash, path []Hash) Hash {
	var h pairHasher
	for i := range path {
		h.load(0, &leaf, &path[i])
		h.sum(1)
		h.store(0, &leaf)
	}
	return leaf
}

// ValidPathLen reports whether a path of that many steps can occur in a tree of
// count leaves: floor(log2 count) or ceil(log2 count), as all leaves of such a
// tree lie on its last two levels. It is false for a count of zero.
func ValidPathLen(count uint64, steps int) bool {
	if count == 0 {
		return false
	}
	floor, ceil := bits.Len64(count)-1, bits.Len64(count-1)
	return steps == floor || steps == ceil
}

// PathLen returns the number of steps of the path of a leaf in a tree of count
// leaves, of which the lowest lie on the last level and the others one above. It
// panics unless leaf, counted in ascending order, is less than count.
func PathLen(count, leaf uint64) int {
	if leaf >= count {
		panic("merkle: no such leaf")
	}
	depth, deepest := shape(count)
	if leaf < deepest {
		return depth
	}
	return depth - 1
}

// shape returns the number of levels below the root of a tree of count leaves, and
// how many leaves, the lowest ones, lie on the deepest. The others lie one above.
func shape(count uint64) (depth int, deepest uint64) {
	depth = bits.Len64(count - 1)
	return depth, 2*count - 1<<depth
}

// AppendPaths appends the paths of leaves from to to-1 to dst, one behind the
// other: leaf i's has [PathLen] of t.Len() and i steps. It works on all cores and
// at the speed of copying memory; for many leaves, call it for a few thousand at a
// time and use dst again.
func (t *Tree) AppendPaths(dst []Hash, from, to int) []Hash {
	if from == to {
		return dst
	}
	t.node(from) // panic if they are out of range
	t.node(to - 1)
	depth, deepest := shape(uint64(t.Len()))
	start := func(i int) int { return i*depth - max(0, i-int(deepest)) }
	have, size := len(dst), start(to)-start(from)
	dst = slices.Grow(dst, size)[:have+size]
	paths := dst[have:]
	parallel(to-from, minPaths, func(lo, hi int) {
		lo, hi = lo+from, hi+from
		rest := paths[start(lo)-start(from) : start(hi)-start(from)]
		var last []Hash
		for i := lo; i < hi; i++ {
			at := t.node(i)
			path := rest[:start(i+1)-start(i)]
			rest = rest[len(path):]
			// Above the node where the way of the last leaf joins, the path
			// is that of the last leaf.
			fresh := len(path)
			if i > lo && len(last) == len(path) {
				fresh = bits.Len(uint(at+1) ^ uint(at+2))
				copy(path[fresh:], last[fresh:])
			}
			for step := range fresh {
				path[step] = t.nodes[(at-1)^1+1]
				at = (at - 1) / 2
			}
			last = path
		}
	})
	return dst
}
