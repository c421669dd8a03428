//go:build !amd64 && !arm64

package keccakf1600

import "unsafe"

func detect() []Kernel { return nil }

func (k Kernel) permute(s *State, n int) { permuteGeneric(s, n) }

func (k Kernel) sum64(out *Digest, in *Block, n int) { sumGeneric(out, in, n) }

func (k Kernel) pairs(_, _ unsafe.Pointer, _ int) bool { return false }
