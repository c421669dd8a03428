package main

// This file has the rules of what hallmark says, and where:
//
//   - Standard output is for results, in a form that a script can take: an address,
//     a CID, a table, or JSON with --json. It is silent where the result is a file.
//   - Standard error is for people. Each line begins with "hallmark:"; an error is
//     one line, and a line "hint:" follows if there is something that helps.
//   - What comes from a document, a proof or a server could move the cursor. The writers
//     of the app take care of that; what is not for people goes to run.Exact.
//   - Secrets are neither printed nor taken from the command line.

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
)

// say tells the person at the terminal something.
func say(c *cli.Context, format string, args ...any) {
	fmt.Fprintln(c.App.ErrWriter, "hallmark: "+printable(fmt.Sprintf(format, args...)))
}

// sayText is [say] for a library.
func sayText(c *cli.Context) func(string) {
	return func(text string) { say(c, "%s", text) }
}

// hint tells what to do next.
func hint(c *cli.Context, format string, args ...any) {
	fmt.Fprintln(c.App.ErrWriter, "hint: "+printable(fmt.Sprintf(format, args...)))
}

// result prints one line of the command's result. Whether all of it could be written is
// looked at once the command has ended, see [checked].
func result(c *cli.Context, format string, args ...any) {
	_, _ = fmt.Fprintln(c.App.Writer, run.Line(fmt.Sprintf(format, args...)))
}

// resultJSON prints results for programs: one object a line.
func resultJSON[T any](c *cli.Context, list ...T) {
	for _, v := range list {
		_ = run.JSON(c.App.Writer, v)
	}
}

// answer prints the command's result: v with --json, else a line.
func answer(c *cli.Context, v any, format string, args ...any) {
	if c.Bool("json") {
		resultJSON(c, v)
	} else {
		result(c, format, args...)
	}
}

// answerJSON prints the result for programs, if --json asks for it.
func answerJSON[T any](c *cli.Context, list ...T) {
	if c.Bool("json") {
		resultJSON(c, list...)
	}
}

// writtenFile is the machine form of a result that is a file.
type writtenFile struct {
	File string `json:"file"`
}

// written tells of a file that was written, unless that failed with err, which it returns.
func written(c *cli.Context, path string, err error) error {
	if err == nil {
		answerJSON(c, writtenFile{path})
	}
	return err
}

func jsonFlag() flags {
	return toggle("json", "print the result as JSON, one object a line")
}

// confirm asks a question that only "y" or "yes" answers with yes. The answer is
// read from standard input, be it a terminal or not.
func confirm(c *cli.Context, question string) bool {
	fmt.Fprint(c.App.ErrWriter, "hallmark: "+printable(question)+" [y/N] ")
	answer, err := bufio.NewReader(c.App.Reader).ReadString('\n')
	if err != nil && answer == "" {
		fmt.Fprintln(c.App.ErrWriter)
	}
	return slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(answer)))
}

// consent asks a question at the terminal, unless --yes has answered it. Standard input
// that is no terminal may be anything, a list of files for instance: it is not read, and
// refused says what was not done.
func consent(c *cli.Context, question, refused string) error {
	if c.Bool("yes") {
		return nil
	}
	if !stdinIsTerminal(c) {
		return run.Usagef("%s, and there is no terminal to ask at", refused)
	}
	if !confirm(c, question) {
		return errors.New("nothing was done")
	}
	return nil
}

func yesFlag() flags {
	return toggle("yes", "do not ask; needed where there is no terminal to ask at")
}

// stderrIsTerminal reports whether a person watches.
func stderrIsTerminal(c *cli.Context) bool { return run.IsTerminal(c.App.ErrWriter) }

// stdinIsTerminal reports whether a person can answer.
func stdinIsTerminal(c *cli.Context) bool {
	f, ok := c.App.Reader.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// unixTime writes Unix seconds for people.
func unixTime(t uint64) string { return time.Unix(int64(t), 0).UTC().Format(time.RFC3339) }

// credentials writes a number of credentials, of which a proof may state any.
func credentials(n uint64) string { return plural(int(min(n, 1<<62)), "credential", "credentials") }

// plural writes a number of things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
