package merkle

import (
	"bytes"
	"unsafe"
)

const (
	rootsAtOnce = 256 // paths that one goroutine follows level by level, in cache
	minRoots    = 32  // paths followed by one goroutine, about 50 µs
)

// Roots sets roots[i] to [Root] of leaves[i] and paths[i], for every i: it is how
// to check many paths, against one root or many. It hashes several at once, on all
// cores. Where paths[i] joins paths[i-1], as it does if the leaves ascend, the shared
// suffix is hashed once. The three slices are of equal length; roots may be leaves. It
// allocates nothing for each path.
func Roots(roots, leaves []Hash, paths [][]Hash) {
	_, _ = leaves[:len(roots)], paths[:len(roots)]
	parallel(len(roots), minRoots, func(lo, hi int) {
		var f rootsFolder
		for lo < hi {
			n := min(rootsAtOnce, hi-lo)
			copy(roots[lo:lo+n], leaves[lo:])
			f.fold(roots[lo:lo+n], paths[lo:lo+n])
			lo += n
		}
	})
}

// rootsFolder is the working memory of Roots. One goroutine uses it at a time.
type rootsFolder struct {
	active   [rootsAtOnce]int // items below their root, ascending
	joined   [rootsAtOnce]int // the earlier item that shares an item's root, or itself
	children [2 * rootsAtOnce]Hash
	parents  [rootsAtOnce]Hash
	touched  byte // keeps the compiler from removing touch
}

// fold replaces each of nodes by the root to which its path leads.
func (f *rootsFolder) fold(nodes []Hash, paths [][]Hash) {
	active := f.active[:len(nodes)]
	for i := range active {
		active[i] = i
		f.joined[i] = i
	}
	f.touch(paths)
	for step := 0; ; step++ {
		kept := active[:0]
		for _, i := range active {
			if len(paths[i]) == step {
				continue
			}
			node, sibling := &nodes[i], &paths[i][step]
			if n := len(kept); n > 0 {
				before := kept[n-1]
				a, b := &f.children[2*n-2], &f.children[2*n-1]
				same := *a == *node && *b == *sibling || *a == *sibling && *b == *node
				if same && bytes.Equal(raw(paths[before][step+1:]), raw(paths[i][step+1:])) {
					f.joined[i] = before
					continue
				}
			}
			f.children[2*len(kept)], f.children[2*len(kept)+1] = *node, *sibling
			kept = append(kept, i)
		}
		if active = kept; len(active) == 0 {
			break
		}
		hashPairs(f.parents[:len(active)], f.children[:2*len(active)])
		for k, i := range active {
			nodes[i] = f.parents[k]
		}
	}
	for i := range nodes { // what i joined comes before it, so has its root by now
		nodes[i] = nodes[f.joined[i]]
	}
}

// touch reads each path once from end to end. Paths lie anywhere in memory; read
// level by level, each step would wait for memory by itself.
func (f *rootsFolder) touch(paths [][]Hash) {
	for _, path := range paths {
		for i := 0; i < len(path); i += 2 { // a cache line
			f.touched ^= path[i][0]
		}
	}
}

// raw returns the bytes of hashes, so that one call compares a whole path. The use of
// unsafe is that of a slice of arrays as the bytes that it consists of: same memory,
// same length, and nothing writes through it.
func raw(hashes []Hash) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(hashes))), Size*len(hashes))
}
