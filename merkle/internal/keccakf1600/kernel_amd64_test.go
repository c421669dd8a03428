package keccakf1600

import (
	"os"
	"slices"
	"testing"
)

// GODEBUG turns the faster kernels off, so that "make test" runs what lies upon the
// slower ones too.
func TestGodebug(t *testing.T) {
	said := os.Getenv("GODEBUG")
	var want []Kernel
	switch said {
	case "cpu.avx512f=off":
		want = []Kernel{Generic, AVX2}
		if !slices.Contains(Kernels(), AVX2) {
			t.Skip("this processor has no AVX2")
		}
	case "cpu.avx512f=off,cpu.avx2=off":
		want = []Kernel{Generic}
	default:
		t.Skip("GODEBUG turns nothing off")
	}
	if !slices.Equal(Kernels(), want) || Best != want[len(want)-1] {
		t.Errorf("kernels %v, the best %v, with GODEBUG=%s", Kernels(), Best, said)
	}
}
