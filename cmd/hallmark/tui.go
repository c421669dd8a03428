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
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
)

// say tells the person at the terminal something.
func say(c *cli.Context, format string, args ...any) {
	fmt.Fprintln(c.App.ErrWriter, run.Line("hallmark: "+fmt.Sprintf(format, args...)))
}

// hint tells what to do next.
func hint(c *cli.Context, format string, args ...any) {
	fmt.Fprintln(c.App.ErrWriter, run.Line("hint: "+fmt.Sprintf(format, args...)))
}

// result prints one line of the command's result.
func result(c *cli.Context, format string, args ...any) error {
	_, err := fmt.Fprintln(c.App.Writer, run.Line(fmt.Sprintf(format, args...)))
	return err
}

// resultJSON prints the command's result for programs: one object, on one line.
func resultJSON(c *cli.Context, v any) error { return run.JSON(run.Exact(c.App.Writer), v) }

// resultLines is [resultJSON] for a result of several parts: one object a line.
func resultLines[T any](c *cli.Context, list []T) error {
	for _, v := range list {
		if err := resultJSON(c, v); err != nil {
			return err
		}
	}
	return nil
}

// wrote ends a command whose result is files: with --json it names them, one a line.
func wrote(c *cli.Context, paths ...string) error {
	type file struct {
		File string `json:"file"`
	}
	if !c.Bool("json") {
		return nil
	}
	for _, path := range paths {
		if err := resultJSON(c, file{path}); err != nil {
			return err
		}
	}
	return nil
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "print the result as JSON, one object a line"}
}

// confirm asks a question that only "y" or "yes" answers with yes. The answer is
// read from standard input, be it a terminal or not.
func confirm(c *cli.Context, question string) (bool, error) {
	fmt.Fprint(c.App.ErrWriter, run.Line("hallmark: "+question+" [y/N] "))
	answer, err := bufio.NewReader(c.App.Reader).ReadString('\n')
	if err != nil && answer == "" {
		fmt.Fprintln(c.App.ErrWriter)
		return false, nil
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
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
	yes, err := confirm(c, question)
	if err == nil && !yes {
		err = errors.New("nothing was done")
	}
	return err
}

func yesFlag() cli.Flag {
	return &cli.BoolFlag{Name: "yes", Usage: "do not ask; needed where there is no terminal to ask at"}
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

// plural writes a number of things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
