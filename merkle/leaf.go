package merkle

import (
	"encoding/binary"

	"github.com/hallmark-node/hallmark/internal/keccakf1600"
)

// rate is the number of bytes that Keccak-256 absorbs with one permutation.
const rate = 136

// minLeaves is the number of leaves hashed by one goroutine, about 0.1 ms.
const minLeaves = 256

// LeafHashes sets leaves[i] to [LeafHash] of what encode(dst, i) appends to dst,
// for every i, several at once and on all cores: encode is called from several
// goroutines, for each i once. Encodings may differ in length.
func LeafHashes(leaves []Hash, encode func(dst []byte, i int) []byte) {
	parallel(len(leaves), minLeaves, func(lo, hi int) {
		var h leafHasher
		for lo < hi {
			n := min(lanes, hi-lo)
			for i := range n {
				h.load(i, encode(h.message[i][:0], lo+i))
			}
			h.sum(leaves[lo : lo+n])
			lo += n
		}
	})
}

// leafHasher hashes up to lanes encodings together. One goroutine uses it at a time.
type leafHasher struct {
	state   keccakf1600.State
	message [lanes][]byte // padded to a multiple of rate; kept for the next
}

// load makes encoded, which it may write behind, message i.
func (h *leafHasher) load(i int, encoded []byte) {
	n := len(encoded)
	padded := append(encoded, make([]byte, rate-n%rate)...)
	padded[n] = 0x01
	padded[len(padded)-1] |= 0x80
	h.message[i] = padded
}

// sum sets each leaf to the twofold hash of the message of its number.
func (h *leafHasher) sum(leaves []Hash) {
	n := len(leaves)
	blocks := 0
	for _, m := range h.message[:n] {
		blocks = max(blocks, len(m)/rate)
	}
	var inner keccakf1600.Digest
	h.state = keccakf1600.State{}
	for b := range blocks {
		for i, m := range h.message[:n] {
			if block := m[min(b*rate, len(m)):]; len(block) >= rate {
				for w := range rate / 8 {
					h.state[w][i] ^= binary.LittleEndian.Uint64(block[8*w:])
				}
			}
		}
		keccakf1600.Best.Permute(&h.state, n)
		for i, m := range h.message[:n] {
			if len(m) == (b+1)*rate {
				for w := range inner {
					inner[w][i] = h.state[w][i]
				}
			}
		}
	}
	h.state = keccakf1600.State{}
	copy(h.state[:], inner[:])
	for i := range n {
		h.state[4][i] = 0x01
		h.state[rate/8-1][i] = 1 << 63
	}
	keccakf1600.Best.Permute(&h.state, n)
	for i := range leaves {
		for w := range 4 {
			binary.LittleEndian.PutUint64(leaves[i][8*w:], h.state[w][i])
		}
	}
}
