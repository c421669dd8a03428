package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/issuer/certify"
	"github.com/hallmark-node/hallmark/verifier"
)

type flags = []cli.Flag

func text(name, usage string) flags   { return flags{&cli.StringFlag{Name: name, Usage: usage}} }
func texts(name, usage string) flags  { return flags{&cli.StringSliceFlag{Name: name, Usage: usage}} }
func toggle(name, usage string) flags { return flags{&cli.BoolFlag{Name: name, Usage: usage}} }

func withDefault(name, usage, value string) flags {
	return flags{&cli.StringFlag{Name: name, Usage: usage, Value: value}}
}

// command makes a command of its name and arguments, such as "PROOF [BADGE]". It refuses
// another number of arguments, and fails if its result could not be written.
func command(name, args, usage, description string, action cli.ActionFunc, groups ...flags) *cli.Command {
	return &cli.Command{
		Name: name, ArgsUsage: args, Usage: usage, Description: description, Flags: slices.Concat(groups...),
		Action: func(c *cli.Context) error {
			if problem := arguments(args, c.NArg()); problem != "" {
				return run.Usagef("%s%s takes %s", problem, strings.TrimPrefix(c.Command.HelpName, c.App.Name+" "), cmp.Or(args, "no argument"))
			}
			err := hinted(action(c))
			if failed := run.Failed(c.App.Writer); failed != nil && (err == nil || err.Error() == "") {
				return failed
			}
			return err
		},
	}
}

// flagHints are the remedies of errors of package issuer in terms of flags.
var flagHints = map[error]string{
	issuer.ErrNodeNeeded: "give --node too, to take the list from",
	issuer.ErrInTheWay:   "move it away, or write elsewhere with --out or --archive",
	issuer.ErrOtherwise:  "leave --home, --account and --discoverable out to send them, or delete them",
	certify.ErrBusy:      "let that web server serve a folder, and give it as --webroot; or prove it by a DNS record, with --dns",
	certify.ErrForbidden: "give --http another port to which port 80 is forwarded; or prove it by a DNS record, with --dns",
	certify.ErrTerms:     "--accept-terms agrees to them",
	issuer.ErrWhichProof: "name one with --only; hallmark archive list shows them",
}

// hinted adds the remedy of an error that has none.
func hinted(err error) error {
	if known := (*issuer.Error)(nil); errors.As(err, &known) && known.Remedy != "" {
		return err
	}
	for reason, hint := range flagHints {
		if errors.Is(err, reason) {
			return run.Hint(err, "%s", hint)
		}
	}
	return err
}

// group makes a command that only has subcommands.
func group(name, usage, description string, commands ...*cli.Command) *cli.Command {
	return &cli.Command{Name: name, Usage: usage, Description: description, Subcommands: commands}
}

// arguments compares a number of arguments with a usage such as "PROOF [BADGE]" or
// "FILE...", and returns what is wrong with it, if anything.
func arguments(usage string, n int) (problem string) {
	for word := range strings.FieldsSeq(usage) {
		name, optional := strings.CutPrefix(word, "[")
		name, repeated := strings.CutSuffix(strings.TrimSuffix(name, "]"), "...")
		switch {
		case n == 0 && !optional:
			return "which " + strings.NewReplacer("|", " or ", "url", "URL").Replace(strings.ToLower(name)) + "? "
		case repeated:
			return ""
		}
		n = max(0, n-1)
	}
	if n > 0 {
		return "too many arguments: "
	}
	return ""
}

// parsed reads a flag; the zero value stands if it was not given.
func parsed[T any](c *cli.Context, name string, parse func(string) (T, error)) (value T, err error) {
	if given := c.String(name); given != "" {
		if value, err = parse(given); err != nil {
			err = run.Usagef("--%s: %v", name, err)
		}
	}
	return value, err
}

// needed returns the value of a flag that has no default.
func needed(c *cli.Context, name string) (string, error) {
	value := c.String(name)
	if value == "" {
		return "", run.Usagef("--%s is needed", name)
	}
	return value, nil
}

// chainFlag reads the id of a chain from a flag that must be given.
func chainFlag(c *cli.Context, name string) (verifier.ChainID, error) {
	if _, err := needed(c, name); err != nil {
		return 0, err
	}
	return parsed(c, name, verifier.ParseChainID)
}

// parseDuration reads a time: "90s", "5m", or a number of seconds.
func parseDuration(given string) (time.Duration, error) {
	if seconds, err := strconv.ParseUint(given, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second, nil
	}
	d, err := time.ParseDuration(given)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a time: want 90s, 5m, or a number of seconds", given)
	}
	return d, nil
}

// parseTime reads a moment, as Unix seconds.
func parseTime(given string) (uint64, error) {
	if n, err := strconv.ParseUint(given, 10, 53); err == nil && n > 0 {
		return n, nil
	}
	t, err := time.Parse(time.RFC3339, given)
	if err != nil || t.Unix() <= 0 {
		return 0, fmt.Errorf("%q is not a time: want 2026-01-31T12:00:00Z, or Unix seconds", given)
	}
	return uint64(t.Unix()), nil
}

// addNew appends values that are not in a list yet.
func addNew[T comparable](list []T, values ...T) []T {
	for _, v := range values {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}
