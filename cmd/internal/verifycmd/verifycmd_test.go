package verifycmd

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/files"
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

// TestExitCode: 1 before 2 before 3 before 0.
func TestExitCode(t *testing.T) {
	for _, tt := range []struct {
		tally files.Tally
		want  int
	}{
		{files.Tally{Valid: 5}, 0},
		{files.Tally{Valid: 5, Unknown: 1}, 3},
		{files.Tally{Valid: 5, Unknown: 1, NoProof: 1}, 2},
		{files.Tally{Valid: 5, Invalid: 1, Unknown: 1, NoProof: 1}, 1},
		{files.Tally{Skipped: 5}, 0},
	} {
		if got := exitCode(tt.tally); got != tt.want {
			t.Errorf("%+v: %d, want %d", tt.tally, got, tt.want)
		}
	}
}

// TestOnceEach: one question about each block, also if many ask at once and the
// answer is no.
func TestOnceEach(t *testing.T) {
	var asked atomic.Int32
	final := onceEach(func(h verifier.Header) (bool, string) {
		asked.Add(1)
		return h.Number == 1, fmt.Sprint("block ", h.Number)
	})
	done := make(chan struct{})
	for range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			for n := range uint64(3) {
				h := verifier.Header{Number: n, Hash: verifier.Hash{byte(n)}}
				if ok, detail := final(h); ok != (n == 1) || detail != fmt.Sprint("block ", n) {
					t.Errorf("block %d: %v, %s", n, ok, detail)
				}
			}
		}()
	}
	for range 8 {
		<-done
	}
	if n := asked.Load(); n != 3 {
		t.Errorf("%d questions, want 3", n)
	}
}
