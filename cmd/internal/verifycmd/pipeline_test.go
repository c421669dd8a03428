package verifycmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

func newTestVerifier(t *testing.T) (*verifier.Verifier, *verifier.Proof) {
	t.Helper()
	v, err := verifier.New(verifier.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../../../verifier/testdata/badge.json.proof.json")
	if err != nil {
		t.Fatal(err)
	}
	p, err := verifier.ParseProof(data)
	if err != nil {
		t.Fatal(err)
	}
	return v, p
}

// TestPipeline: what came of tasks is handed on in their order, whichever is done
// first, and only some tasks are under way at a time.
func TestPipeline(t *testing.T) {
	v, p := newTestVerifier(t)
	const tasks, each = 500, 3
	var begun, handed atomic.Int32
	most := int32(0)
	source := func(yield func(task) bool) {
		for n := range tasks {
			u := func(yield func(item) bool) {
				begun.Add(1)
				for i := range each {
					it := proven(fmt.Sprintf("%d.%d", n, i), p)
					if i == 1 {
						it = failed(it.name, errors.New("no proof"))
					}
					if !yield(it) {
						return
					}
				}
			}
			if !yield(u) {
				return
			}
		}
	}
	var got, want strings.Builder
	var total tally
	for o := range pipeline(t.Context(), v, source, func(w io.Writer, r result) { fmt.Fprintln(w, r.name, r.err) }) {
		most = max(most, begun.Load()-handed.Add(1))
		total.add(o.tally)
		got.Write(o.text.Bytes())
	}
	for n := range tasks {
		fmt.Fprintf(&want, "%d.0 <nil>\n%[1]d.1 no proof\n%[1]d.2 <nil>\n", n)
	}
	if got.String() != want.String() {
		t.Error("the results are not in order")
	}
	if total != (tally{unknown: 2 * tasks, noProof: tasks}) || total.exitCode() != run.Usage {
		t.Errorf("counted %+v", total)
	}
	if most > 100 {
		t.Errorf("%d tasks were under way at a time", most)
	}
}

// TestPipelineEnds: it ends when nothing more is wanted, and when its context ends
// while the source waits for input.
func TestPipelineEnds(t *testing.T) {
	v, p := newTestVerifier(t)
	endless := func(yield func(task) bool) {
		for yield(one(proven("x", p))) {
		}
	}
	none := func(io.Writer, result) {}
	n := 0
	for range pipeline(t.Context(), v, endless, none) {
		if n++; n == 10 {
			break
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	waiting := make(chan struct{})
	defer close(waiting)
	var stuck iter.Seq[task] = func(yield func(task) bool) {
		yield(one(failed("x", errors.New("no proof"))))
		stop()
		<-waiting
	}
	for range pipeline(ctx, v, stuck, none) {
	}
}

// TestExitCode: 1 before 2 before 3 before 0.
func TestExitCode(t *testing.T) {
	for _, tt := range []struct {
		tally tally
		want  int
	}{
		{tally{valid: 5}, 0},
		{tally{valid: 5, unknown: 1}, 3},
		{tally{valid: 5, unknown: 1, noProof: 1}, 2},
		{tally{valid: 5, invalid: 1, unknown: 1, noProof: 1}, 1},
		{tally{skipped: 5}, 0},
	} {
		if got := tt.tally.exitCode(); got != tt.want {
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
