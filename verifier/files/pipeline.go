package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// Tally counts results.
type Tally struct {
	Valid, Invalid, Unknown int
	NoProof                 int // files for which there is no proof
	Skipped                 int // files that were not read
	System                  int // files of operating systems, which were left out
}

// Count counts a result.
func (t *Tally) Count(r Result) {
	switch {
	case r.Skipped == SystemFile:
		t.System++
	case r.Skipped != "":
		t.Skipped++
	case r.Err != nil:
		t.NoProof++
	case r.Report.Verdict == verifier.Valid:
		t.Valid++
	case r.Report.Verdict == verifier.Invalid:
		t.Invalid++
	default:
		t.Unknown++
	}
}

// Add adds the counts of another.
func (t *Tally) Add(o Tally) {
	t.Valid += o.Valid
	t.Invalid += o.Invalid
	t.Unknown += o.Unknown
	t.NoProof += o.NoProof
	t.Skipped += o.Skipped
	t.System += o.System
}

// Checked is how many credentials were looked at.
func (t *Tally) Checked() int { return t.Valid + t.Invalid + t.Unknown + t.NoProof }

// Output is the result of one task.
type Output struct {
	Text  bytes.Buffer // the lines of all its results
	Tally Tally
	Last  Result // of a credential
}

// Pipeline verifies tasks on all cores and yields their outputs in the order of the tasks.
// At most four tasks a core are in flight, which bounds memory. When ctx is cancelled it
// returns at once; tasks in flight end with the process.
func Pipeline(ctx context.Context, v *verifier.Verifier, tasks iter.Seq[Task], line func(io.Writer, Result)) iter.Seq[*Output] {
	return func(yield func(*Output) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		order := make(chan chan *Output, 4*runtime.GOMAXPROCS(0)) // of tasks in flight, in order
		go func() {
			defer close(order)
			var work errgroup.Group
			work.SetLimit(runtime.GOMAXPROCS(0))
			for t := range tasks {
				done := make(chan *Output, 1)
				select {
				case order <- done:
				case <-ctx.Done():
					return
				}
				work.Go(func() error {
					done <- do(v, t, line) // never waits
					return nil
				})
			}
		}()
		for {
			select {
			case <-ctx.Done(): // reading standard input may never end
				return
			case done, ok := <-order:
				if !ok || !yield(<-done) {
					return
				}
			}
		}
	}
}

// do verifies one task.
func do(v *verifier.Verifier, t Task, line func(io.Writer, Result)) *Output {
	out := &Output{}
	for res := range Results(v, t) {
		out.Tally.Count(res)
		line(&out.Text, res)
		if res.Skipped == "" {
			out.Last = res
		}
	}
	return out
}

// Results verifies one task: the results of its items, each followed by those of the
// credentials within its document that have proofs of their own. The others are covered by the
// proof of the document.
func Results(v *verifier.Verifier, t Task) iter.Seq[Result] {
	return func(yield func(Result) bool) {
		for it := range t {
			if !tell(check(v, it), it, v, yield) {
				return
			}
		}
	}
}

// tell yields the result of an item, and those within its document.
func tell(res Result, it item, v *verifier.Verifier, yield func(Result) bool) bool {
	if !yield(res) {
		return false
	}
	if res.Skipped != "" || res.Err != nil || it.inside == nil || !res.Report.DocumentRead() {
		return true
	}
	switch res.Report.Document.Kind {
	case credential.KindCLR, credential.KindPresentation:
		for inner := range it.inside() {
			res := check(v, inner)
			if errors.Is(res.Err, ErrNoneInside) || errors.Is(res.Err, errNotSearched) {
				continue // the proof of the document covers it
			}
			if !tell(res, inner, v, yield) {
				return false
			}
		}
	}
	return true
}
