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
	"github.com/hallmark-node/hallmark/verifier/files"
)

// clearLine makes a terminal begin its line anew.
const clearLine = "\r\x1b[K"

// exitInterrupted is the exit status of a program that ^C has ended, as shells have it.
const exitInterrupted = 130

// report verifies all tasks and writes the results: a single credential in full, several
// with a line each and a summary.
//
// want is what is looked for; nil for nothing.
func report(c *cli.Context, v *verifier.Verifier, tasks iter.Seq[files.Task], want *wantList) error {
	line, list := printLine, true // list: for people
	to, tables := c.App.Writer, run.Exact(c.App.Writer)
	columns := csvColumns
	switch {
	case c.Bool("json"):
		line, list, to = printJSON, false, tables
	case c.Bool("csv"):
		line, list, to = printCSV, false, tables
	case c.Bool("quiet"):
		line, list, to = printError(c.App.Name), false, c.App.ErrWriter
	}
	switch {
	case want != nil:
		line, list, columns = want.line(c), false, wantColumns
	case c.Bool("skills") && c.Bool("json"):
		line = printSkillsJSON
	case c.Bool("skills") && c.Bool("csv"):
		line, columns = printSkillsCSV, skillColumns
	case c.Bool("skills") && !c.Bool("quiet"):
		line, list = printSkills, false
	}
	out := bufio.NewWriter(to)
	if c.Bool("csv") {
		writeCSV(out, columns)
	}
	var total files.Tally
	var (
		alone         *files.Output // that of the first credential, until another comes
		before, after bytes.Buffer  // the lines of what was skipped around it
	)
	var lone files.Result // the only credential, if it is
	// On a terminal standard error shows the progress while standard output goes elsewhere; on
	// the same terminal the lines themselves are the progress.
	terminal := io.Discard
	if run.IsTerminal(c.App.ErrWriter) && !run.IsTerminal(c.App.Writer) {
		terminal = run.Exact(c.App.ErrWriter)
	}
	next := time.Now().Add(time.Second)
	for o := range files.Pipeline(c.Context, v, tasks, line) {
		total.Add(o.Tally)
		if o.Tally.Checked() == 1 {
			lone = o.Last
		}
		switch {
		case total.Checked() <= 1 && list && o.Tally.Checked() == 1:
			alone = o
		case total.Checked() <= 1 && list && alone == nil:
			_, _ = before.Write(o.Text.Bytes())
		case total.Checked() <= 1 && list:
			_, _ = after.Write(o.Text.Bytes())
		default:
			// Flush returns the errors of these.
			_, _ = before.WriteTo(out)
			if alone != nil {
				_, _ = out.Write(alone.Text.Bytes())
				alone = nil
			}
			_, _ = after.WriteTo(out)
			_, _ = out.Write(o.Text.Bytes())
		}
		if now := time.Now(); now.After(next) {
			next = now.Add(200 * time.Millisecond)
			fmt.Fprint(terminal, clearLine, summary(&total))
			if out.Flush() != nil {
				break // the last Flush returns the error, too
			}
		}
	}
	fmt.Fprint(terminal, clearLine)
	many := total.Checked() > 1
	if alone != nil && alone.Last.Err == nil {
		printDetails(out, alone.Last)
	}
	_, _ = before.WriteTo(out)
	_, _ = after.WriteTo(out)
	switch {
	case many && list:
		fmt.Fprintln(out, summary(&total))
	case list && total.System > 0:
		fmt.Fprintln(out, leftOut(&total))
	}
	if want != nil && c.Context.Err() == nil && total.Checked() > 0 {
		want.print(out, c)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	switch {
	case errors.Is(c.Context.Err(), context.Canceled):
		return &run.Error{Err: fmt.Errorf("interrupted after %d credentials", total.Checked()), Code: exitInterrupted}
	case total.Checked() == 0:
		return run.Usagef("there is no proof in what was named")
	case (many || want != nil) && !list && !c.Bool("quiet"):
		fmt.Fprintf(c.App.ErrWriter, "%s: %s\n", c.App.Name, summary(&total))
	case alone != nil && alone.Last.Err == nil && undated(alone.Last.Report):
		fmt.Fprintln(c.App.ErrWriter, "hint: if you read its dates yourself, --allow-unknown validity leaves them to you")
	case !many && lone.Err != nil && !c.Bool("quiet"):
		fmt.Fprintln(c.App.ErrWriter, run.Line(fmt.Sprintf("%s: %v", c.App.Name, lone.Err)))
		if errors.Is(lone.Err, files.ErrNoneInside) {
			fmt.Fprintln(c.App.ErrWriter, "hint: put its proof beside it, by whatever name, or give both: --credential FILE PROOF")
		}
	}
	if code := exitCode(total); code != run.OK {
		return run.Exit(code)
	}
	if want != nil && !want.allProven() {
		return run.Exit(exitNotShown)
	}
	return nil
}

// undated reports whether the verdict is UNKNOWN since the dates of the document cannot be read.
func undated(r *verifier.Report) bool {
	return r.Verdict == verifier.VerdictUnknown && r.Reason == verifier.ReasonDatesUnreadable
}

// printError returns what tells, for --quiet, of files that have no proof.
func printError(program string) func(io.Writer, files.Result) {
	return func(w io.Writer, res files.Result) {
		if res.Err != nil {
			fmt.Fprintln(w, run.Line(fmt.Sprintf("%s: %v", program, res.Err)))
		}
	}
}

// exitCode is the most serious of the results: 1, then 2, then 3.
func exitCode(t files.Tally) int {
	switch {
	case t.Invalid > 0:
		return verifier.Invalid.ExitCode()
	case t.NoProof > 0:
		return run.Usage
	case t.Unknown > 0:
		return verifier.VerdictUnknown.ExitCode()
	}
	return run.OK
}
