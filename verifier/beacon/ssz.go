package beacon

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/bits"
)

// hashPair returns the parent of two nodes.
func hashPair(left, right Root) Root {
	var both [64]byte
	copy(both[:32], left[:])
	copy(both[32:], right[:])
	return sha256.Sum256(both[:])
}

// climb returns the root that a branch leads to from the node at a generalized index,
// or rather at the last len(branch) bits of it. The nearest sibling is first.
func climb(node Root, index uint64, branch []Root) Root {
	for _, sibling := range branch {
		if index&1 == 0 {
			node = hashPair(node, sibling)
		} else {
			node = hashPair(sibling, node)
		}
		index >>= 1
	}
	return node
}

// depth returns how many nodes a branch for a generalized index has.
func depth(index uint64) int { return bits.Len64(index) - 1 }

// join returns the generalized index of inner within the tree at outer.
func join(outer, inner uint64) uint64 {
	d := depth(inner)
	return outer<<d | inner&^(1<<d)
}

// uintChunk returns an integer as a leaf.
func uintChunk(v uint64) (r Root) {
	binary.LittleEndian.PutUint64(r[:], v)
	return r
}

// merkleize returns the root over leaves, filled up with zero chunks to a power of two.
func merkleize(leaves ...Root) Root {
	level := padded(leaves)
	for len(level) > 1 {
		level = parents(level)
	}
	return level[0]
}

// branchOf returns the branch of leaf i in the tree that [merkleize] makes.
func branchOf(i int, leaves ...Root) (branch []Root) {
	for level := padded(leaves); len(level) > 1; i /= 2 {
		branch = append(branch, level[i^1])
		level = parents(level)
	}
	return branch
}

// padded returns a copy of leaves, filled up with zero chunks to a power of two.
func padded(leaves []Root) []Root {
	size := 1
	for size < len(leaves) {
		size *= 2
	}
	level := make([]Root, size)
	copy(level, leaves)
	return level
}

// parents returns the level above one of two or more nodes, in the same memory.
func parents(level []Root) []Root {
	for i := range len(level) / 2 {
		level[i] = hashPair(level[2*i], level[2*i+1])
	}
	return level[:len(level)/2]
}

// pubkeyRoot returns the root of a BLS public key, which is two chunks.
func pubkeyRoot(key [48]byte) Root {
	var both [64]byte
	copy(both[:], key[:])
	return sha256.Sum256(both[:])
}

// errShort is returned for an encoding that ends too early.
var errShort = errors.New("it ends too early")

// decoder reads fixed parts. After an error everything else it returns is zero.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) bytes(n int) []byte {
	if d.err == nil && n > len(d.rest) {
		d.err = errShort
	}
	if d.err != nil {
		return make([]byte, min(n, maxPart))
	}
	part := d.rest[:n:n]
	d.rest = d.rest[n:]
	return part
}

// maxPart is the longest part that is read at once.
const maxPart = 512

func (d *decoder) root() Root { return Root(d.bytes(32)) }

func (d *decoder) uint64() uint64 { return binary.LittleEndian.Uint64(d.bytes(8)) }

// roots reads n roots; n is at most the depth of a tree or the size of a committee.
func (d *decoder) roots(n int) []Root {
	if d.err == nil && n > len(d.rest)/32 {
		d.err = errShort
	}
	if d.err != nil {
		return nil
	}
	all := make([]Root, n)
	for i := range all {
		all[i] = d.root()
	}
	return all
}

// end returns the error of all that was read, or one if something is left.
func (d *decoder) end() error {
	if d.err == nil && len(d.rest) > 0 {
		return errors.New("something follows its end")
	}
	return d.err
}

func appendRoots(dst []byte, roots []Root) []byte {
	for i := range roots {
		dst = append(dst, roots[i][:]...)
	}
	return dst
}
