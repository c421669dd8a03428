//go:build !amd64

package keccakf1600

func detect() []Kernel { return nil }

func (k Kernel) permute(s *State, n int) { permuteGeneric(s, n) }

func (k Kernel) sum64(out *Digest, in *Block, n int) { sum64(out, in, n, k) }
