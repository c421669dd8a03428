package keccakf1600

import "golang.org/x/sys/cpu"

func detect() (found []Kernel) {
	if cpu.X86.HasAVX2 {
		found = append(found, AVX2)
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL {
		found = append(found, AVX512)
	}
	return found
}

func (k Kernel) permute(s *State, n int) {
	switch {
	case k == AVX512:
		permute8AVX512(&s[0][0])
	case n > 4:
		permute4AVX2(&s[0][4])
		fallthrough
	default:
		permute4AVX2(&s[0][0])
	}
}

func (k Kernel) sum64(out *Digest, in *Block, n int) {
	switch {
	case k == AVX512 && n > 4:
		sum64x8AVX512(&out[0][0], &in[0][0])
	case k == AVX512:
		sum64x4AVX512(&out[0][0], &in[0][0])
	case n > 4:
		sum64x4AVX2(&out[0][4], &in[0][4])
		fallthrough
	default:
		sum64x4AVX2(&out[0][0], &in[0][0])
	}
}
