package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/bench/load"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/live"
)

// What is done unless something else is asked for.
const (
	defaultNumber      = 1000
	defaultConcurrency = 64
	defaultProofs      = 10000
	maxConcurrency     = 4096
)

func newApp() *cli.App {
	return &cli.App{
		Name:  program,
		Usage: "put a node under load and check all that it answers",
		Description: "Makes up credentials, submits them, reads proofs back and verifies them. Submissions are\n" +
			"made before the clock runs. What the node takes it keeps and anchors like anything else:\n" +
			"use an issuer that is for tests.\n\n" +
			"Without --trust a proof holds if its paths and the signature do and it is of what was\n" +
			"sent. With --trust each must be VALID once it is final; as nobody has pinned the new\n" +
			"block, that takes --rpc too.\n\n" +
			"A busy node (429, 503) is waited for as it says. That counts in the latency.\n\n" +
			"Exit status: 0 if everything was acknowledged and all that was read back holds, else 1.",
		Flags: fromEnvironment([]cli.Flag{
			&cli.StringFlag{Name: "node", Usage: "`URL` of the node"},
			&cli.StringFlag{Name: "home", Usage: "home registry `CAIP-10` to sign for (default: the node's)"},
			&cli.IntFlag{Name: "number", Usage: "send that many submissions", DefaultText: fmt.Sprintf("%d, or no limit with --duration",
				defaultNumber)},
			&cli.IntFlag{Name: "size", Usage: "credentials in each submission", Value: 1},
			&cli.IntFlag{Name: "concurrency", Usage: "requests at once", Value: defaultConcurrency},
			&cli.StringFlag{Name: "duration", Usage: "send for that `TIME`, the making of submissions not counted"},
			&cli.IntFlag{
				Name: "proofs", Usage: "read back that many proofs, of submissions chosen at random",
				DefaultText: fmt.Sprintf("one of each submission, at most %d", defaultProofs),
			},
			&cli.BoolFlag{Name: "wait", Usage: "read back only once all is final (with --trust always)"},
			&cli.StringFlag{Name: "trust", Usage: "trust store `FILE` by which the proofs must be VALID"},
			&cli.StringSliceFlag{Name: "rpc", Usage: "with --trust: `URL` of an RPC server to ask whether the block is final; may be repeated"},
			&cli.BoolFlag{Name: "allow-test", Usage: "with --trust: let a verdict on a test chain be VALID"},
			&cli.BoolFlag{Name: "json", Usage: "print the result as JSON, on one line"},
			&cli.StringFlag{Name: "keystore", Usage: "`FOLDER` of keystore v3 files (default: hallmark/keystore in your configuration folder)"},
			&cli.StringFlag{Name: "account", Usage: "`ADDRESS` of the key to use (may be left out if the keystore holds only one)"},
			&cli.StringFlag{Name: "password-file", Usage: "`FILE` with the key's password, of which one trailing newline is dropped (else $" +
				passwordVariable + ", else a prompt)"},
		}),
		Action:                    putLoad,
		HideHelpCommand:           true,
		DisableSliceFlagSeparator: true,
		OnUsageError:              func(_ *cli.Context, err error, _ bool) error { return fault.Input("%w", err) },
		ExitErrHandler:            func(*cli.Context, error) {}, // main says errors
	}
}

// fromEnvironment lets every flag be set as HALLMARK_<FLAG>, as those of hallmark can be.
func fromEnvironment(flags []cli.Flag) []cli.Flag {
	for _, f := range flags {
		names := []string{"HALLMARK_" + strings.ToUpper(strings.ReplaceAll(f.Names()[0], "-", "_"))}
		switch f := f.(type) {
		case *cli.StringFlag:
			f.EnvVars = names
		case *cli.StringSliceFlag:
			f.EnvVars = names
		case *cli.BoolFlag:
			f.EnvVars = names
		case *cli.IntFlag:
			f.EnvVars = names
		}
	}
	return flags
}

// openNode makes a client for the node that --node names. It does not connect yet.
func openNode(c *cli.Context) (*client.Client, error) {
	url := c.String("node")
	if url == "" {
		return nil, fault.Input("--node is needed")
	}
	node, err := client.New(url)
	if err != nil {
		return nil, fault.Input("--node: %w", err)
	}
	return node, nil
}

// pickHome returns the home registry to sign for: the one that --home names, or the
// node's only one.
func pickHome(c *cli.Context, info *client.Info) (home verifier.Home, err error) {
	if text := c.String("home"); text != "" {
		if home, err = verifier.ParseHome(text); err != nil {
			return home, fault.Input("--home: %w", err)
		}
	}
	return issuer.PickHome(info, home)
}

// duration reads a flag that holds a time: "90s", "5m", or a number of seconds.
func duration(c *cli.Context, name string) (time.Duration, error) {
	text := c.String(name)
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fault.Input("--%s: %q is not a time: want 90s, 5m, or a number of seconds", name, text)
	}
	return d, nil
}

// readPlan reads how much is to be done and how many proofs are read back.
func readPlan(c *cli.Context) (plan load.Plan, samples int, err error) {
	plan = load.Plan{Number: defaultNumber, Concurrency: c.Int("concurrency")}
	if c.IsSet("duration") {
		plan.Number = 0
		if plan.Duration, err = duration(c, "duration"); err != nil {
			return plan, 0, err
		}
		if plan.Duration == 0 {
			return plan, 0, fault.Input("--duration: nothing can be sent in no time")
		}
	}
	if c.IsSet("number") {
		if plan.Number = c.Int("number"); plan.Number < 1 {
			return plan, 0, fault.Input("--number: want 1 or more, not %d", plan.Number)
		}
	}
	if plan.Concurrency < 1 || plan.Concurrency > maxConcurrency {
		return plan, 0, fault.Input("--concurrency: want 1 to %d, not %d", maxConcurrency, plan.Concurrency)
	}
	samples = defaultProofs
	if c.IsSet("proofs") {
		if samples = c.Int("proofs"); samples < 1 {
			return plan, 0, fault.Input("--proofs: at least one must be checked, not %d", samples)
		}
	} else if plan.Number > 0 {
		samples = min(samples, plan.Number)
	}
	return plan, samples, nil
}

// newChecker makes what judges the proofs.
func newChecker(c *cli.Context) (*load.Checker, error) {
	urls := c.StringSlice("rpc")
	if !c.IsSet("trust") {
		if len(urls) > 0 || c.IsSet("allow-test") {
			return nil, fault.Input("--rpc and --allow-test go with --trust")
		}
		return load.NewChecker(nil)
	}
	data, err := fault.ReadFile(c.String("trust"), verifier.MaxTrustSize)
	if err != nil {
		return nil, err
	}
	trust, err := verifier.ParseTrust(data)
	if err != nil {
		return nil, fault.Input("%s: %w", c.String("trust"), err)
	}
	options := verifier.Options{Trust: trust, Now: time.Now, AllowTest: c.Bool("allow-test")}
	if len(urls) > 0 {
		live, err := live.New(c.Context, urls, 0)
		if err != nil {
			return nil, fault.Input("--rpc: %w", err)
		}
		options.Finality = live.Final
	}
	v, err := verifier.New(options)
	if err != nil {
		return nil, err
	}
	return load.NewChecker(v)
}
