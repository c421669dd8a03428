package verifycmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

// exitInterrupted is what shells say of a program that ^C has ended.
const exitInterrupted = 130

// report verifies all units and writes what came of them. One credential is told of
// at length, several with a line each and a summary.
func report(c *cli.Context, v *verifier.Verifier, units iter.Seq[unit]) error {
	ctx := c.Context
	if ctx == nil {
		ctx = context.Background()
	}
	line, list := printLine, true // list: for people
	switch {
	case c.Bool("json"):
		line, list = printJSON, false
	case c.Bool("csv"):
		line, list = printCSV, false
	}
	to := c.App.Writer
	if !list {
		to = run.Exact(to)
	}
	out := bufio.NewWriter(to)
	if c.Bool("csv") {
		writeCSV(out, csvColumns)
	}
	var total tally
	var held *output // the first, until it is known whether it stays alone
	progress := newProgress(c, &total)
	for o := range pipeline(ctx, v, units, line) {
		total.add(o.tally)
		if total.checked() <= 1 {
			if o.tally.checked() == 1 {
				held = o
			}
			continue
		}
		if held != nil {
			_, _ = out.Write(held.text.Bytes()) // Flush returns the error
			held = nil
		}
		_, _ = out.Write(o.text.Bytes())
		if err := progress.show(out); err != nil {
			break // Flush says it again
		}
	}
	progress.clear()
	many := total.checked() > 1
	switch {
	case many && list:
		fmt.Fprintln(out, total.summary())
	case many, total.checked() == 0:
	case !list:
		_, _ = out.Write(held.text.Bytes())
	case held.last.err == nil:
		printDetails(out, held.last)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &run.Error{Err: fmt.Errorf("interrupted after %d credentials", total.checked()), Code: exitInterrupted}
	case total.checked() == 0:
		return run.Usagef("there is no proof in what was named")
	case many && !list:
		fmt.Fprintf(c.App.ErrWriter, "%s: %s\n", c.App.Name, total.summary())
	case !many && held.last.err != nil:
		fmt.Fprintln(c.App.ErrWriter, run.Line(fmt.Sprintf("%s: %v", c.App.Name, held.last.err)))
	}
	if code := total.exitCode(); code != run.OK {
		return run.Exit(code)
	}
	return nil
}

// progress tells on a terminal how far many credentials are. It is for standard
// error while standard output goes elsewhere; on the same terminal the lines
// themselves are the progress.
type progress struct {
	w     io.Writer // nil: nobody watches
	total *tally
	next  time.Time
	shown bool
}

func newProgress(c *cli.Context, total *tally) *progress {
	p := &progress{total: total, next: time.Now().Add(time.Second)}
	if run.IsTerminal(c.App.ErrWriter) && !run.IsTerminal(c.App.Writer) {
		p.w = run.Exact(c.App.ErrWriter)
	}
	return p
}

// show tells how far it is, a few times a second, and hands on what is buffered.
func (p *progress) show(out *bufio.Writer) error {
	now := time.Now()
	if now.Before(p.next) {
		return nil
	}
	p.next = now.Add(200 * time.Millisecond)
	if p.w != nil {
		p.shown = true
		fmt.Fprintf(p.w, "\r\x1b[K%s", p.total.summary())
	}
	return out.Flush()
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
