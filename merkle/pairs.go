package merkle

import (
	"bytes"
	"encoding/binary"

	"github.com/hallmark-node/hallmark/internal/keccakf1600"
)

// lanes is the number of hashes that are computed together.
const lanes = keccakf1600.Width

// hasher holds the interleaved messages and digests of up to lanes hashes. One
// goroutine uses it at a time; it lies on the stack.
type hasher struct {
	in  keccakf1600.Block
	out keccakf1600.Digest
}

// load makes min(a,b) || max(a,b) message i. Which of two hashes is lower cannot
// be predicted, so there is no branch on it unless their first words are equal.
func (h *hasher) load(i int, a, b *Hash) {
	i %= lanes // spares the bounds checks
	pair := [2]*Hash{a, b}
	first := [2]uint64{binary.BigEndian.Uint64(a[:]), binary.BigEndian.Uint64(b[:])}
	var swap uint
	if first[0] > first[1] {
		swap = 1
	}
	if first[0] == first[1] && bytes.Compare(a[:], b[:]) > 0 {
		swap = 1
	}
	low, high := pair[swap&1], pair[swap&1^1]
	for w := range 4 {
		h.in[w][i] = binary.LittleEndian.Uint64(low[8*w:])
		h.in[w+4][i] = binary.LittleEndian.Uint64(high[8*w:])
	}
}

// sum hashes the first n messages.
func (h *hasher) sum(n int) { keccakf1600.Best.Sum64(&h.out, &h.in, n) }

// store sets dst to digest i.
func (h *hasher) store(i int, dst *Hash) {
	i %= lanes
	for w := range 4 {
		binary.LittleEndian.PutUint64(dst[8*w:], h.out[w][i])
	}
}

// hashPairs sets parents[i] to the parent of children[2i] and children[2i+1].
// len(children) is 2*len(parents), and the two do not overlap. All inner nodes of
// every tree are computed here, in runs as long as the tree allows.
func hashPairs(parents, children []Hash) {
	var h hasher
	for len(parents) > 0 {
		n := min(lanes, len(parents))
		for i := range n {
			h.load(i, &children[2*i], &children[2*i+1])
		}
		h.sum(n)
		for i := range n {
			h.store(i, &parents[i])
		}
		parents, children = parents[n:], children[2*n:]
	}
}
