// Package keccakf1600 permutes several Keccak-f[1600] states at once (FIPS 202,
// section 3.3) and hashes with them the 64-byte messages of which Merkle trees
// consist. [Best] is the fastest kernel that the processor has; all kernels give
// the same results.
package keccakf1600

import "unsafe"

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

// Kernel is one implementation of the permutation.
type Kernel uint8

// The kernels, from slow to fast. A kernel may be called only where [Kernels]
// names it.
const (
	Generic Kernel = iota // one state after the other, in plain Go
	AVX2                  // four states, amd64
	AVX512                // eight states, amd64 with AVX512F, AVX512VL and AVX512BW
	SHA3                  // two states, arm64 with the SHA3 extension
)

// String returns the kernel's name, as in benchmarks.
func (k Kernel) String() string { return [...]string{"generic", "avx2", "avx512", "sha3"}[k] }

var kernels = append([]Kernel{Generic}, detect()...)

// Best is the fastest of [Kernels].
var Best = kernels[len(kernels)-1]

// Kernels returns the kernels that this processor has, the fastest last.
func Kernels() []Kernel { return kernels }

// Permute applies the permutation to the first n states of s, 1 to Width; what
// becomes of the others is undefined.
func (k Kernel) Permute(s *State, n int) {
	if k == Generic {
		permuteGeneric(s, n)
	} else {
		k.permute(s, n)
	}
}

// Sum64 sets out to the Keccak-256 digests (padding 0x01, as in Ethereum) of the
// first n messages of in, 1 to Width; the other digests are undefined.
func (k Kernel) Sum64(out *Digest, in *Block, n int) {
	if k == Generic {
		sumGeneric(out, in, n)
	} else {
		k.sum64(out, in, n)
	}
}

// Pairs sets parents[i], in groups of Width, to the Keccak-256 digest of
// children[2i] and children[2i+1], the lower of the two first. It returns the
// number of parents that it did, which is all whole groups for a kernel that has
// its own way of loading pairs, and none for the others. parents may start where
// children does. The pointers are unsafe since a kernel cannot be generic: they go to
// the first of as many hashes as were checked here, and no kernel keeps them.
func Pairs[H ~[32]byte](k Kernel, parents, children []H) int {
	groups := len(parents) / Width
	_ = children[:2*len(parents)]
	if groups == 0 || !k.pairs(unsafe.Pointer(&parents[0]), unsafe.Pointer(&children[0]), groups) {
		return 0
	}
	return groups * Width
}
