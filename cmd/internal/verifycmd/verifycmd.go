// Package verifycmd is the verify command, which is both a program of its own and
// a subcommand of hallmark. It links no database, no server and no Ethereum
// client.
package verifycmd

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/files"
	"github.com/hallmark-node/hallmark/verifier/identity"
	"github.com/hallmark-node/hallmark/verifier/live"
)

const description = `Says of each proof whether its credential is VALID, INVALID or UNKNOWN, without
a network. X.proof.json beside X takes X as the credential, and X may be named
instead. Folders, patterns, zips, proof archives and files with a proof a line
(.ndjson) are taken too, and - reads proofs from standard input. More than one
credential gives a line each.

Exit status: 0 all VALID, 1 one is INVALID, 2 usage, or a file has no proof,
3 none of these, but one is UNKNOWN, 4 all VALID, but a skill of --want is not
proven.`

// Command returns the subcommand of hallmark.
func Command() *cli.Command {
	return &cli.Command{
		Name:        "verify",
		Usage:       "tell whether credentials are genuine and still good, offline",
		ArgsUsage:   "PROOF|BADGE|FOLDER|ZIP|-...",
		Description: description,
		Flags:       flags(),
		Action:      verify,
	}
}

// App returns the stand-alone program.
func App() *cli.App {
	c := Command()
	return &cli.App{Name: c.Name, Usage: c.Usage, ArgsUsage: c.ArgsUsage, Description: c.Description, Flags: c.Flags, Action: c.Action}
}

func flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "trust", Usage: "trust store `FILE` (default: hallmark/trust.json in the user's configuration folder)"},
		&cli.StringFlag{
			Name:  "lists",
			Usage: "`FOLDER` of trust lists (default: hallmark/lists in the user's configuration folder); they decide nothing",
		},
		&cli.StringFlag{Name: "credential", Usage: "the credential's `FILE`, for one proof (default: the proof's name without .proof.json)"},
		&cli.StringSliceFlag{Name: "rpc", Usage: "`URL` of an RPC server to ask whether the block is final; may be repeated"},
		&cli.IntFlag{Name: "quorum", Usage: "how many of the RPC servers must agree (default: more than half)"},
		&cli.BoolFlag{
			Name:  "online",
			Usage: "fetch the key of the credential's own signature, and ask the lists to which the credential itself points",
		},
		&cli.BoolFlag{Name: "online-private", Usage: "with --online: ask private networks and this machine, too"},
		&cli.StringSliceFlag{Name: "require", Usage: "`CHECK` that must pass for VALID, besides the usual ones; may be repeated"},
		&cli.StringSliceFlag{Name: "allow-unknown", Usage: "`CHECK` that may be unknown for VALID; may be repeated"},
		&cli.StringFlag{
			Name:  "recipient",
			Usage: "whom the credential must be about: an e-mail `ADDRESS`, a DID, ... as the badge states it or as its hash",
		},
		&cli.StringFlag{
			Name:  "issuer",
			Usage: "who must have issued: a `DOMAIN`, or an identifier as credentials state it; needed for files that name nobody",
		},
		&cli.BoolFlag{Name: "allow-expired", Usage: "let an end of validity that has passed be a remark: was it good when it was earned?"},
		&cli.BoolFlag{Name: "allow-test", Usage: "let a verdict on a test chain be VALID"},
		&cli.StringFlag{Name: "max-status-age", Value: "30d", Usage: "how old the status evidence may be: a `DURATION` such as 30d or 12h"},
		&cli.StringSliceFlag{
			Name:  "hops",
			Usage: "`FILE` of hops between sync committees, besides hallmark/hops.pack in the user's configuration folder; may be repeated",
		},
		&cli.StringFlag{
			Name: "max-signature-age", Value: "730d",
			Usage: "how old a signature that vouches for the block may be: a `DURATION`; older proofs need a path of hashes",
		},
		&cli.StringFlag{Name: "at", Usage: "judge as of `TIME` (RFC 3339, or a date) instead of now"},
		&cli.BoolFlag{Name: "skills", Usage: "list what skills each credential states, with its verdict and issuer"},
		&cli.StringFlag{
			Name:  "want",
			Usage: "`FILE` of skills that are wanted, as lines, CSV or a JobPosting: tell which of them the credentials prove",
		},
		&cli.BoolFlag{Name: "json", Usage: "one JSON object a credential on standard output"},
		&cli.BoolFlag{Name: "quiet", Usage: "write nothing but errors: the exit status tells"},
		&cli.BoolFlag{Name: "csv", Usage: "a table for spreadsheets on standard output (RFC 4180)"},
	}
}

func verify(c *cli.Context) error {
	if asked, err := run.Completion(c); asked {
		return err
	}
	args := c.Args().Slice()
	if len(args) == 0 {
		return run.Usagef("no proof is named")
	}
	var forms []string
	for _, form := range []string{"json", "csv", "quiet"} {
		if c.Bool(form) {
			forms = append(forms, "--"+form)
		}
	}
	if len(forms) > 1 {
		return run.Usagef("%s cannot go together", strings.Join(forms, " and "))
	}
	var want *wantList
	if file := c.String("want"); file != "" {
		if c.Bool("skills") {
			return run.Usagef("--skills and --want cannot go together")
		}
		var err error
		if want, err = readWantList(file); err != nil {
			return err
		}
	}
	tasks, err := files.Named(args, c.App.Reader)
	if err != nil {
		return err
	}
	if document := c.String("credential"); document != "" {
		if tasks, err = files.WithDocument(args, document); err != nil {
			return err
		}
	}
	v, err := newVerifier(c)
	if err != nil {
		return err
	}
	return report(c, v, tasks, want)
}

func newVerifier(c *cli.Context) (*verifier.Verifier, error) {
	trust, err := loadTrust(c.String("trust"))
	if err != nil {
		return nil, err
	}
	opts := verifier.Options{
		Trust: trust, Now: time.Now, AllowTest: c.Bool("allow-test"), Recipient: c.String("recipient"),
		Issuer: c.String("issuer"), AllowExpired: c.Bool("allow-expired"),
		Require: checks(c.StringSlice("require")), AllowUnknown: checks(c.StringSlice("allow-unknown")),
	}
	if _, ok := identity.Host("https://" + opts.Issuer); opts.Issuer != "" && !ok && !strings.Contains(opts.Issuer, ":") {
		return nil, run.Usagef("--issuer: %q is neither a domain nor an identifier such as did:web:college.example", opts.Issuer)
	}
	if opts.MaxStatusAge, err = parseAge(c, "max-status-age"); err != nil {
		return nil, err
	}
	if opts.MaxSignatureAge, err = parseAge(c, "max-signature-age"); err != nil {
		return nil, err
	}
	if opts.Hops, err = loadHops(c); err != nil {
		return nil, err
	}
	if opts.Lists, err = loadLists(c); err != nil {
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
		checker, err := live.New(c.Context, urls, c.Int("quorum"))
		if err != nil {
			return nil, run.Usagef("--rpc: %w", err)
		}
		opts.Finality = onceEach(checker.Final)
	} else if c.IsSet("quorum") {
		return nil, run.Usagef("--quorum goes with --rpc")
	}
	if err := goOnline(c, &opts); err != nil {
		return nil, err
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

// onceEach asks about each header once, also if the answer is no: a server that is
// down is not waited for again for every proof of a folder.
func onceEach(final func(verifier.Header) (bool, string)) func(verifier.Header) (bool, string) {
	type question struct{ genesis, hash verifier.Hash } // a proof may show one header as that of two chains
	var mu sync.Mutex
	answers := make(map[question]func() (bool, string))
	return func(h verifier.Header) (bool, string) {
		q := question{h.Genesis, h.Hash}
		mu.Lock()
		ask, ok := answers[q]
		if !ok {
			ask = sync.OnceValues(func() (bool, string) { return final(h) })
			if len(answers) < maxAnswers {
				answers[q] = ask
			}
		}
		mu.Unlock()
		return ask()
	}
}

// maxAnswers bounds how many headers the servers' answers are remembered of.
const maxAnswers = 100_000

// parseAge reads a duration as Go writes them, or in days.
func parseAge(c *cli.Context, flag string) (time.Duration, error) {
	s := c.String(flag)
	d, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || d <= 0 {
		return 0, run.Usagef("--%s: %q is not a duration such as 30d, 12h or 90m", flag, s)
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
