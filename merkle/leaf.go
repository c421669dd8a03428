package merkle

import (
	"encoding/binary"

	"github.com/hallmark-node/hallmark/merkle/internal/keccakf1600"
)

// rate is the number of bytes that Keccak-256 absorbs with one permutation.
const rate = 136

// minLeaves is the number of leaves hashed by one goroutine, about 0.1 ms.
const minLeaves = 256

// LeafHashes sets leaves[i] to [LeafHash] of what encode(dst, i) appends to dst,
// for every i, several at once and on all cores: encode is called from several
// goroutines, for each i once. Encodings may differ in length.
func LeafHashes(leaves []Hash, encode func(dst []byte, i int) []byte) {
	hashMessages(leaves, true, encode)
}

// Hashes is [LeafHashes] with [Keccak256] in place of [LeafHash]. encode may read
// hashes[i], and no other.
func Hashes(hashes []Hash, encode func(dst []byte, i int) []byte) {
	hashMessages(hashes, false, encode)
}

func hashMessages(hashes []Hash, twice bool, encode func(dst []byte, i int) []byte) {
	parallel(len(hashes), minLeaves, func(lo, hi int) {
		var h messageHasher
		for lo < hi {
			n := min(lanes, hi-lo)
			for i := range n {
				h.load(i, encode(h.message[i][:0], lo+i))
			}
			h.sum(hashes[lo:lo+n], twice)
			lo += n
		}
	})
}

// messageHasher hashes up to lanes messages together. One goroutine uses it at a time.
type messageHasher struct {
	state   keccakf1600.State
	message [lanes][]byte // padded to a multiple of rate; kept for the next
}

// load makes encoded, which it may write behind, message i.
func (h *messageHasher) load(i int, encoded []byte) {
	n := len(encoded)
	padded := append(encoded, make([]byte, rate-n%rate)...)
	padded[n] = 0x01
	padded[len(padded)-1] |= 0x80
	h.message[i] = padded
}

// sum sets each hash to that of the message of its number, or to the hash of that.
func (h *messageHasher) sum(hashes []Hash, twice bool) {
	n := len(hashes)
	blocks := 0
	for _, m := range h.message[:n] {
		blocks = max(blocks, len(m)/rate)
	}
	var sums keccakf1600.Digest
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
				for w := range sums {
					sums[w][i] = h.state[w][i]
				}
			}
		}
	}
	out := sums[:]
	if twice {
		h.state = keccakf1600.State{}
		copy(h.state[:], sums[:])
		for i := range n {
			h.state[4][i] = 0x01
			h.state[rate/8-1][i] = 1 << 63
		}
		keccakf1600.Best.Permute(&h.state, n)
		out = h.state[:len(sums)]
	}
	for i := range hashes {
		for w := range out {
			binary.LittleEndian.PutUint64(hashes[i][8*w:], out[w][i])
		}
	}
}
