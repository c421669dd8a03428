package verifycmd

import (
	"bufio"
	"bytes"
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

// exitInterrupted is the exit status of a program that ^C has ended, as shells have it.
const exitInterrupted = 130

// report verifies all tasks and writes the results: a single credential in full, several
// with a line each and a summary.
func report(c *cli.Context, v *verifier.Verifier, tasks iter.Seq[task]) error {
	line, list := printLine, true // list: for people
	to, tables := c.App.Writer, run.Exact(c.App.Writer)
	switch {
	case c.Bool("json"):
		line, list, to = printJSON, false, tables
	case c.Bool("csv"):
		line, list, to = printCSV, false, tables
	case c.Bool("quiet"):
		line, list, to = printError(c.App.Name), false, c.App.ErrWriter
	}
	out := bufio.NewWriter(to)
	if c.Bool("csv") {
		writeCSV(out, csvColumns)
	}
	var total tally
	var (
		alone   *output      // that of the first credential, until another comes
		skipped bytes.Buffer // the lines before it
	)
	var lone result // the only credential, if it is
	progress := newProgress(c, &total)
	for o := range pipeline(c.Context, v, tasks, line) {
		total.add(o.tally)
		if o.tally.checked() == 1 {
			lone = o.last
		}
		switch {
		case total.checked() <= 1 && list && o.tally.checked() == 1:
			alone = o
		case total.checked() <= 1 && list:
			_, _ = skipped.Write(o.text.Bytes())
		default:
			// Flush returns the errors of these.
			_, _ = skipped.WriteTo(out)
			if alone != nil {
				_, _ = out.Write(alone.text.Bytes())
				alone = nil
			}
			_, _ = out.Write(o.text.Bytes())
		}
		if err := progress.show(out); err != nil {
			break // Flush says it again
		}
	}
	progress.clear()
	many := total.checked() > 1
	if alone != nil && alone.last.err == nil {
		printDetails(out, alone.last)
	}
	_, _ = skipped.WriteTo(out)
	if many && list {
		fmt.Fprintln(out, total.summary())
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	switch {
	case errors.Is(c.Context.Err(), context.Canceled):
		return &run.Error{Err: fmt.Errorf("interrupted after %d credentials", total.checked()), Code: exitInterrupted}
	case total.checked() == 0:
		return run.Usagef("there is no proof in what was named")
	case many && !list && !c.Bool("quiet"):
		fmt.Fprintf(c.App.ErrWriter, "%s: %s\n", c.App.Name, total.summary())
	case !many && lone.err != nil && !c.Bool("quiet"):
		fmt.Fprintln(c.App.ErrWriter, run.Line(fmt.Sprintf("%s: %v", c.App.Name, lone.err)))
	}
	if code := total.exitCode(); code != run.OK {
		return run.Exit(code)
	}
	return nil
}

// printError returns what tells, for --quiet, of files that have no proof.
func printError(program string) func(io.Writer, result) {
	return func(w io.Writer, res result) {
		if res.err != nil {
			fmt.Fprintln(w, run.Line(fmt.Sprintf("%s: %v", program, res.err)))
		}
	}
}

// progress tells on a terminal how far many credentials are. It is for standard
// error while standard output goes elsewhere; on the same terminal the lines
// themselves are the progress.
type progress struct {
	w     io.Writer // nil: not a terminal
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
