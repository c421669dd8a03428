package keccakf1600

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

func detect() (found []Kernel) {
	if cpu.X86.HasAVX2 {
		found = append(found, AVX2)
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512BW {
		found = append(found, AVX512)
	}
	return found
}

func (k Kernel) permute(s *State, n int) {
	if k == AVX512 {
		permute8AVX512(&s[0][0])
		return
	}
	permute4AVX2(&s[0][0])
	if n > 4 {
		permute4AVX2(&s[0][4])
	}
}

func (k Kernel) sum64(out *Digest, in *Block, n int) {
	if k == AVX512 {
		sum64x4AVX512(&out[0][0], &in[0][0])
		if n > 4 {
			sum64x4AVX512(&out[0][4], &in[0][4])
		}
		return
	}
	sum64x4AVX2(&out[0][0], &in[0][0])
	if n > 4 {
		sum64x4AVX2(&out[0][4], &in[0][4])
	}
}

func (k Kernel) pairs(parents, children unsafe.Pointer, groups int) bool {
	if k != AVX512 {
		return false
	}
	pairsAVX512((*uint64)(parents), (*uint64)(children), groups)
	return true
}
