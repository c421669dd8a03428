package verifycmd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// tally counts results.
type tally struct {
	valid, invalid, unknown int
	noProof                 int // files for which there is no proof
	skipped                 int // files that were not read
	system                  int // files of operating systems, which were left out
}

func (t *tally) count(r result) {
	switch {
	case r.skipped == systemFile:
		t.system++
	case r.skipped != "":
		t.skipped++
	case r.err != nil:
		t.noProof++
	case r.report.Verdict == verifier.Valid:
		t.valid++
	case r.report.Verdict == verifier.Invalid:
		t.invalid++
	default:
		t.unknown++
	}
}

func (t *tally) add(o tally) {
	t.valid += o.valid
	t.invalid += o.invalid
	t.unknown += o.unknown
	t.noProof += o.noProof
	t.skipped += o.skipped
	t.system += o.system
}

// checked is how many credentials were looked at.
func (t *tally) checked() int { return t.valid + t.invalid + t.unknown + t.noProof }

// exitCode is the most serious of the results: 1, then 2, then 3.
func (t *tally) exitCode() int {
	switch {
	case t.invalid > 0:
		return verifier.Invalid.ExitCode()
	case t.noProof > 0:
		return run.Usage
	case t.unknown > 0:
		return verifier.VerdictUnknown.ExitCode()
	}
	return run.OK
}

// output is the result of one task.
type output struct {
	text  bytes.Buffer // the lines of all its results
	tally tally
	last  result // of a credential
}

// pipeline verifies tasks on all cores and yields their outputs in the order of the tasks.
// At most four tasks a core are in flight, which bounds memory. When ctx is cancelled it
// returns at once; tasks in flight end with the process.
func pipeline(ctx context.Context, v *verifier.Verifier, tasks iter.Seq[task], line func(io.Writer, result)) iter.Seq[*output] {
	return func(yield func(*output) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		order := make(chan chan *output, 4*runtime.GOMAXPROCS(0)) // of tasks in flight, in order
		go func() {
			defer close(order)
			var work errgroup.Group
			work.SetLimit(runtime.GOMAXPROCS(0))
			for t := range tasks {
				done := make(chan *output, 1)
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
func do(v *verifier.Verifier, t task, line func(io.Writer, result)) *output {
	out := &output{}
	for it := range t {
		out.tell(check(v, it), it, v, line)
	}
	return out
}

// tell reports the result of an item, and those of the credentials within its document
// that have proofs of their own: the others are covered by the proof of the document.
func (out *output) tell(res result, it item, v *verifier.Verifier, line func(io.Writer, result)) {
	out.tally.count(res)
	line(&out.text, res)
	if res.skipped != "" {
		return
	}
	out.last = res
	if res.err != nil || it.inside == nil || !res.report.DocumentRead() {
		return
	}
	switch res.report.Document.Kind {
	case credential.KindCLR, credential.KindPresentation:
		for inner := range it.inside() {
			res := check(v, inner)
			if errors.Is(res.err, errNoneInside) || errors.Is(res.err, errNotSearched) {
				continue // the proof of the document covers it
			}
			out.tell(res, inner, v, line)
		}
	}
}
