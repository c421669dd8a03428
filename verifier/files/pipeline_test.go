package files

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

	"github.com/hallmark-node/hallmark/verifier"
)

func newTestVerifier(t *testing.T) (*verifier.Verifier, *verifier.Proof) {
	t.Helper()
	v, err := verifier.New(verifier.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../testdata/badge.json.proof.json")
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
	source := func(yield func(Task) bool) {
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
	var total Tally
	for o := range Pipeline(t.Context(), v, source, func(w io.Writer, r Result) { fmt.Fprintln(w, r.Name, r.Err) }) {
		most = max(most, begun.Load()-handed.Add(1))
		total.Add(o.Tally)
		got.Write(o.Text.Bytes())
	}
	for n := range tasks {
		fmt.Fprintf(&want, "%d.0 <nil>\n%[1]d.1 no proof\n%[1]d.2 <nil>\n", n)
	}
	if got.String() != want.String() {
		t.Error("the results are not in order")
	}
	if total != (Tally{Unknown: 2 * tasks, NoProof: tasks}) {
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
	endless := func(yield func(Task) bool) {
		for yield(one(proven("x", p))) {
		}
	}
	none := func(io.Writer, Result) {}
	n := 0
	for range Pipeline(t.Context(), v, endless, none) {
		if n++; n == 10 {
			break
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	waiting := make(chan struct{})
	defer close(waiting)
	var stuck iter.Seq[Task] = func(yield func(Task) bool) {
		yield(one(failed("x", errors.New("no proof"))))
		stop()
		<-waiting
	}
	for range Pipeline(ctx, v, stuck, none) {
	}
}
