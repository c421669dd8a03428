// Package verifycmd is the verify command, which is both a program of its own and
// a subcommand of hallmark. It links no database, no server and no Ethereum
// client.
package verifycmd

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/live"
)

const description = `Says of each proof whether its credential is VALID, INVALID or UNKNOWN, without
a network. X.proof.json beside X takes X as the credential. A badge may be named
instead of its proof.

Exit status: 0 all VALID, 1 one is INVALID, 2 usage, or a file is no proof,
3 none of these, but one is UNKNOWN.`

// Command returns the subcommand of hallmark.
func Command() *cli.Command {
	return &cli.Command{
		Name:        "verify",
		Usage:       "tell whether credentials are genuine and still good, offline",
		ArgsUsage:   "PROOF|BADGE...",
		Description: description,
		Flags:       flags(),
		Action:      verify,
	}
}

// App returns the stand-alone program.
func App() *cli.App {
	return &cli.App{
		Name:        "verify",
		Usage:       "tell whether credentials are genuine and still good, offline",
		ArgsUsage:   "PROOF|BADGE...",
		Description: description,
		Flags:       flags(),
		Action:      verify,
	}
}

func flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "trust", Usage: "trust store `FILE` (default: hallmark/trust.json in the user's configuration folder)"},
		&cli.StringFlag{Name: "credential", Usage: "the credential's `FILE`, for one proof (default: the proof's name without .proof.json)"},
		&cli.StringSliceFlag{Name: "rpc", Usage: "`URL` of an RPC server to ask whether the block is final; may be repeated"},
		&cli.IntFlag{Name: "quorum", Usage: "how many of the RPC servers must agree (default: more than half)"},
		&cli.StringSliceFlag{Name: "require", Usage: "`CHECK` that must pass for VALID, besides the usual ones; may be repeated"},
		&cli.StringSliceFlag{Name: "allow-unknown", Usage: "`CHECK` that may be unknown for VALID; may be repeated"},
		&cli.BoolFlag{Name: "allow-test", Usage: "let a verdict on a test chain be VALID"},
		&cli.StringFlag{Name: "max-status-age", Value: "30d", Usage: "how old the status evidence may be: a `DURATION` such as 30d or 12h"},
		&cli.StringFlag{Name: "at", Usage: "judge as of `TIME` (RFC 3339, or a date) instead of now"},
		&cli.BoolFlag{Name: "json", Usage: "one JSON object a file on standard output"},
	}
}

func verify(c *cli.Context) error {
	files := c.Args().Slice()
	if len(files) == 0 {
		return run.Usagef("no proof is named")
	}
	if c.IsSet("credential") && len(files) > 1 {
		return run.Usagef("--credential goes with one proof, not with %d", len(files))
	}
	v, err := newVerifier(c)
	if err != nil {
		return err
	}
	say := printText
	if c.Bool("json") {
		say = printJSON
	}
	worst := run.OK
	for i, name := range files {
		code := one(c, v, name, say, i == 0)
		worst = worse(worst, code)
	}
	if worst != run.OK {
		return run.Exit(worst)
	}
	return nil
}

// worse returns the more serious of two exit statuses: 1, then 2, then 3.
func worse(a, b int) int {
	switch {
	case a == run.OK:
		return b
	case b == run.OK:
		return a
	default:
		return min(a, b)
	}
}

// one verifies one file and prints the report.
func one(c *cli.Context, v *verifier.Verifier, name string, say printer, first bool) int {
	in, err := openInput(name, c.String("credential"))
	if err != nil {
		if c.Bool("json") {
			printJSONError(c.App.Writer, name, err)
		}
		fmt.Fprintf(c.App.ErrWriter, "%s: %v\n", c.App.Name, err)
		return run.Usage
	}
	defer in.close()
	var document io.Reader
	if in.document != nil {
		document = in.document
	}
	r := v.Verify(in.proof, document)
	say(c.App.Writer, name, r, first)
	return r.Verdict.ExitCode()
}

func newVerifier(c *cli.Context) (*verifier.Verifier, error) {
	trust, err := loadTrust(c.String("trust"))
	if err != nil {
		return nil, err
	}
	opts := verifier.Options{
		Trust: trust, Now: time.Now, AllowTest: c.Bool("allow-test"),
		Require: checks(c.StringSlice("require")), AllowUnknown: checks(c.StringSlice("allow-unknown")),
	}
	if opts.MaxStatusAge, err = parseAge(c.String("max-status-age")); err != nil {
		return nil, err
	}
	if at := c.String("at"); at != "" {
		t, err := parseTime(at)
		if err != nil {
			return nil, err
		}
		opts.Now = func() time.Time { return t }
	}
	if urls := c.StringSlice("rpc"); len(urls) > 0 {
		ctx := c.Context
		if ctx == nil {
			ctx = context.Background()
		}
		checker, err := live.New(ctx, urls, c.Int("quorum"))
		if err != nil {
			return nil, run.Usagef("--rpc: %w", err)
		}
		opts.Finality = checker.Final
	} else if c.IsSet("quorum") {
		return nil, run.Usagef("--quorum goes with --rpc")
	}
	v, err := verifier.New(opts)
	if err != nil {
		return nil, run.Usagef("%s", strings.TrimPrefix(err.Error(), "verifier: "))
	}
	return v, nil
}

func checks(names []string) (out []verifier.Check) {
	for _, n := range names {
		out = append(out, verifier.Check(n))
	}
	return out
}

// parseAge reads a duration as Go writes them, or in days.
func parseAge(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || d <= 0 {
		return 0, run.Usagef("--max-status-age: %q is not a duration such as 30d, 12h or 90m", s)
	}
	return d, nil
}

func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, run.Usagef("--at: %q is not a time such as 2026-01-31T12:00:00Z or a date such as 2026-01-31", s)
}
