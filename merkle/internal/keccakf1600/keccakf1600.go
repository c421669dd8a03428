// Package keccakf1600 permutes several Keccak-f[1600] states at once (FIPS 202,
// section 3.3) and hashes with them the 64-byte messages of which Merkle trees
// consist. It chooses the fastest kernel that the processor has when the program
// starts; all kernels give the same results.
package keccakf1600

// Width is the number of states that are worked on together.
const Width = 8

// Lanes is the number of 64-bit lanes of a state. Lane x+5y of FIPS 202 is A[x,y];
// its first byte is the lowest.
const Lanes = 25

type (
	// State is Width states, interleaved: lane l of state i is State[l][i].
	State [Lanes][Width]uint64

	// Block is Width messages of 64 bytes, interleaved like a State.
	Block [8][Width]uint64

	// Digest is Width digests of 32 bytes, interleaved like a State.
	Digest [4][Width]uint64
)

// Permute applies the permutation to the first n states of s, 1 to Width; the
// others are left in any state.
func Permute(s *State, n int) { permute(s, n) }

// Sum64 sets out to the Keccak-256 digests (padding 0x01, as in Ethereum) of the
// first n messages of in, 1 to Width; the other digests are undefined.
func Sum64(out *Digest, in *Block, n int) { sum64(out, in, n) }
