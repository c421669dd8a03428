package keccakf1600

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

func detect() []Kernel {
	if cpu.ARM64.HasSHA3 {
		return []Kernel{SHA3}
	}
	return nil
}

func (k Kernel) permute(s *State, n int) {
	for i := 0; i < n; i += 2 {
		permute2SHA3(&s[0][i])
	}
}

func (k Kernel) sum64(out *Digest, in *Block, n int) {
	for i := 0; i < n; i += 2 {
		sum64x2SHA3(&out[0][i], &in[0][i])
	}
}

func (k Kernel) pairs(_, _ unsafe.Pointer, _ int) bool { return false }

// permute2SHA3 permutes the first two of eight interleaved states.
//
//go:noescape
func permute2SHA3(state *uint64)

// sum64x2SHA3 hashes the first two of eight interleaved messages.
//
//go:noescape
func sum64x2SHA3(out, in *uint64)
