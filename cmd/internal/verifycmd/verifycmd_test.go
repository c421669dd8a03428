package verifycmd

import (
	"testing"

	"github.com/hallmark-node/hallmark/verifier"
)

// TestAskedByChain: a header is asked about once for each chain that it is said to be of.
func TestAskedByChain(t *testing.T) {
	asked := 0
	final := onceEach(func(h verifier.Header) (bool, string) {
		asked++
		return h.Chain == 1, ""
	})
	mine := verifier.Header{Chain: 1, Genesis: verifier.Hash{1}, Hash: verifier.Hash{9}}
	other := verifier.Header{Chain: 2, Genesis: verifier.Hash{2}, Hash: verifier.Hash{9}}
	for range 2 {
		if ok, _ := final(mine); !ok {
			t.Error("the chain that has it does not")
		}
		if ok, _ := final(other); ok {
			t.Error("a chain has the block of another")
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times, want 2", asked)
	}
}
