package keccakf1600

import "github.com/cloudflare/circl/simd/keccakf1600"

// permuteGeneric works on four states at a time where circl has a kernel for the
// processor, and on one after the other elsewhere.
func permuteGeneric(s *State, n int) {
	for first := 0; first < n; first += 4 {
		var x4 keccakf1600.StateX4
		lanes := x4.Initialize(false)
		for l := range s {
			copy(lanes[4*l:4*l+4], s[l][first:])
		}
		x4.Permute()
		for l := range s {
			copy(s[l][first:first+4], lanes[4*l:])
		}
	}
}

// sum64Generic is Sum64 by a permutation of whole states.
func sum64Generic(out *Digest, in *Block, n int, permute func(*State, int)) {
	var s State
	copy(s[:], in[:])
	for i := range n {
		s[8][i] = 0x01
		s[16][i] = 1 << 63
	}
	permute(&s, n)
	copy(out[:], s[:])
}
