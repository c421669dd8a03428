package merkle

import "math/bits"

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

// shape returns the number of levels below the root of a tree of count leaves, and
// how many leaves, the lowest ones, lie on the deepest. The others lie one above.
func shape(count uint64) (depth int, deepest uint64) {
	depth = bits.Len64(count - 1)
	return depth, 2*count - 1<<depth
}
