package merkle

import (
	"bytes"
	"encoding/binary"

	"github.com/hallmark-node/hallmark/merkle/internal/keccakf1600"
)

// lanes is the number of hashes that are computed together.
const lanes = keccakf1600.Width

// pairHasher hashes up to lanes pairs of nodes together. One goroutine uses it at
// a time; it lies on the stack.
type pairHasher struct {
	in  keccakf1600.Block
	out keccakf1600.Digest
}

// load makes the lower and then the higher of two nodes message i. Which of two
// hashes is lower cannot be predicted, so there is no branch on it unless their
// first words are equal.
func (h *pairHasher) load(i int, a, b *Hash) {
	i %= lanes // removes the bounds checks
	pair := [2]*Hash{a, b}
	x, y := binary.BigEndian.Uint64(a[:]), binary.BigEndian.Uint64(b[:])
	var swap uint
	if x > y {
		swap = 1
	}
	if x == y && bytes.Compare(a[:], b[:]) > 0 {
		swap = 1
	}
	low, high := pair[swap&1], pair[swap&1^1]
	for w := range 4 {
		h.in[w][i] = binary.LittleEndian.Uint64(low[8*w:])
		h.in[w+4][i] = binary.LittleEndian.Uint64(high[8*w:])
	}
}

// sum hashes the first n messages.
func (h *pairHasher) sum(n int) { keccakf1600.Best.Sum64(&h.out, &h.in, n) }

// store sets dst to digest i.
func (h *pairHasher) store(i int, dst *Hash) {
	i %= lanes
	for w := range 4 {
		binary.LittleEndian.PutUint64(dst[8*w:], h.out[w][i])
	}
}

// hashPairs sets parents[i] to the parent of children[2i] and children[2i+1], in
// whichever order they stand. len(children) is 2*len(parents). The two may overlap
// if parents starts where children does.
func hashPairs(parents, children []Hash) {
	done := keccakf1600.Pairs(keccakf1600.Best, parents, children)
	parents, children = parents[done:], children[2*done:]
	var h pairHasher
	for len(parents) > 0 {
		n := min(lanes, len(parents))
		pairs := children[:2*n]
		for i := range n {
			h.load(i, &pairs[2*i], &pairs[2*i+1])
		}
		h.sum(n)
		for i := range parents[:n] {
			h.store(i, &parents[i])
		}
		parents, children = parents[n:], children[2*n:]
	}
}

// Pair returns the parent of two nodes: keccak256(min(a,b) || max(a,b)).
func Pair(a, b Hash) Hash {
	var h pairHasher
	h.load(0, &a, &b)
	h.sum(1)
	h.store(0, &a)
	return a
}
