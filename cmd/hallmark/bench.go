package main

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/load"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/live"
)

// What is done unless something else is asked for.
const (
	benchNumber      = 1000
	benchConcurrency = 64
	benchProofs      = 10000
	maxConcurrency   = 4096
)

func benchCommand() *cli.Command {
	return &cli.Command{
		Name:  "bench",
		Usage: "put a node under load and check all that it answers",
		Description: "Makes up credentials, submits them, reads proofs back and verifies them. Submissions are\n" +
			"made before the clock runs. What the node takes it keeps and anchors like anything else:\n" +
			"use an issuer that is for tests.\n\n" +
			"Without --trust a proof holds if its paths and the signature do and it is of what was\n" +
			"sent. With --trust each must be VALID once it is final; as nobody has pinned the new\n" +
			"block, that takes --rpc too.\n\n" +
			"A busy node (429, 503) is waited for as it says. That counts in the latency.\n\n" +
			"Exit status: 0 if everything was acknowledged and all that was read back holds, else 1.",
		Flags: append([]cli.Flag{
			nodeFlag(),
			&cli.StringFlag{Name: "home", Usage: "home registry `CAIP-10` to sign for (default: the node's)"},
			&cli.IntFlag{Name: "number", Usage: "send that many submissions", DefaultText: fmt.Sprintf("%d, or no limit with --duration", benchNumber)},
			&cli.IntFlag{Name: "size", Usage: "credentials in each submission", Value: 1},
			&cli.IntFlag{Name: "concurrency", Usage: "requests at once", Value: benchConcurrency},
			&cli.StringFlag{Name: "duration", Usage: "send for that `TIME`, the making of submissions not counted"},
			&cli.IntFlag{Name: "proofs", Usage: "read back that many proofs, of submissions chosen at random", DefaultText: fmt.Sprintf("one of each submission, at most %d", benchProofs)},
			&cli.BoolFlag{Name: "wait", Usage: "read back only once all is final (with --trust always)"},
			&cli.StringFlag{Name: "trust", Usage: "trust store `FILE` by which the proofs must be VALID"},
			&cli.StringSliceFlag{Name: "rpc", Usage: "with --trust: `URL` of an RPC server to ask whether the block is final; may be repeated"},
			&cli.BoolFlag{Name: "allow-test", Usage: "with --trust: let a verdict on a test chain be VALID"},
			jsonFlag(),
		}, accountFlags()...),
		Action: bench,
	}
}

// benchTimes is what one kind of request has taken, for programs.
type benchTimes struct {
	Count     int     `json:"count"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"perSecond"`
	P50       float64 `json:"p50"` // milliseconds, as those below
	P99       float64 `json:"p99"`
	Max       float64 `json:"max"`
}

func timesOf(r *load.Result) benchTimes {
	ms := func(q float64) float64 { return float64(r.Quantile(q).Microseconds()) / 1000 }
	return benchTimes{r.Done, r.Elapsed.Seconds(), r.Rate(), ms(0.5), ms(0.99), ms(1)}
}

// benchReport is the result for programs.
type benchReport struct {
	Node         string           `json:"node"`
	Home         verifier.Home    `json:"home"`
	Issuer       verifier.Address `json:"issuer"`
	Size         int              `json:"size"`
	Concurrency  int              `json:"concurrency"`
	Acknowledged benchTimes       `json:"acknowledged"` // submissions
	Credentials  float64          `json:"credentialsPerSecond"`
	Paused       float64          `json:"paused,omitzero"`     // seconds in between for making what was sent next
	Refused      int64            `json:"refused"`             // times that the node said to come again later
	FinalAfter   float64          `json:"finalAfter,omitzero"` // seconds after the last acknowledgement
	Read         benchTimes       `json:"read"`                // proofs
	ReadBytes    int64            `json:"readBytes"`           // of them
	Verified     int              `json:"verified"`            // proofs that hold
	Pending      int              `json:"pending"`             // of these, of submissions that are not final yet
	Failed       int              `json:"failed"`              // proofs that do not hold
	Reason       string           `json:"reason,omitzero"`     // why the first of these does not
	Against      string           `json:"against"`             // "trust store", or "inclusion and signature"
}

func bench(c *cli.Context) error {
	plan, samples, err := benchPlan(c)
	if err != nil {
		return err
	}
	checker, err := benchChecker(c)
	if err != nil {
		return err
	}
	client, err := openNode(c)
	if err != nil {
		return err
	}
	info, err := client.Info(c.Context)
	if err != nil {
		return err
	}
	home, err := pickHome(c, &info)
	if err != nil {
		return err
	}
	if size := c.Int("size"); size < 1 || uint64(size) > info.MaxLeaves {
		return run.Usagef("--size: the node takes 1 to %d credentials in a submission, not %d", info.MaxLeaves, size)
	}
	showHome(c, home)
	key, err := unlock(c)
	if err != nil {
		return err
	}
	source := &load.Source{Keys: []*chain.Key{key}, Home: home, Size: c.Int("size"), IssuedAt: uint64(time.Now().Unix())}
	_, _ = rand.Read(source.Seed[:]) // never fails
	target := load.NewTarget(client.URL(), plan.Concurrency)
	defer target.Close()
	b := &benchRun{c: c, target: target, source: source, plan: plan, checker: checker, wait: c.Bool("wait") || c.IsSet("trust")}
	b.report = benchReport{Node: client.URL(), Home: home, Issuer: key.Address(), Size: source.Size, Concurrency: plan.Concurrency, Against: "inclusion and signature"}
	if c.IsSet("trust") {
		b.report.Against = "trust store"
	}
	if err := b.run(samples); err != nil {
		return err
	}
	if c.Bool("json") {
		if err := resultJSON(c, b.report); err != nil {
			return err
		}
	}
	if b.report.Failed == 0 {
		return nil
	}
	err = fmt.Errorf("%s of %d do not hold, the first one: %s", plural(b.report.Failed, "proof", "proofs"), b.report.Failed+b.report.Verified, b.report.Reason)
	if c.IsSet("trust") {
		return run.Hint(err, "--rpc asks servers whether a new block is final, --allow-test lets test chains be VALID")
	}
	return run.Hint(err, "hallmark fsck tells whether what the node has stored is sound")
}

// benchPlan reads how much is to be done and how many proofs are read back.
func benchPlan(c *cli.Context) (plan load.Plan, samples int, err error) {
	plan = load.Plan{Number: benchNumber, Concurrency: c.Int("concurrency")}
	if c.IsSet("duration") {
		plan.Number = 0
		if plan.Duration, err = duration(c, "duration"); err != nil {
			return plan, 0, err
		}
		if plan.Duration == 0 {
			return plan, 0, run.Usagef("--duration: nothing can be sent in no time")
		}
	}
	if c.IsSet("number") {
		if plan.Number = c.Int("number"); plan.Number < 1 {
			return plan, 0, run.Usagef("--number: want 1 or more, not %d", plan.Number)
		}
	}
	if plan.Concurrency < 1 || plan.Concurrency > maxConcurrency {
		return plan, 0, run.Usagef("--concurrency: want 1 to %d, not %d", maxConcurrency, plan.Concurrency)
	}
	samples = benchProofs
	if c.IsSet("proofs") {
		if samples = c.Int("proofs"); samples < 1 {
			return plan, 0, run.Usagef("--proofs: at least one must be checked, not %d", samples)
		}
	} else if plan.Number > 0 {
		samples = min(samples, plan.Number)
	}
	return plan, samples, nil
}

// benchChecker makes what judges the proofs.
func benchChecker(c *cli.Context) (*load.Checker, error) {
	urls := c.StringSlice("rpc")
	if !c.IsSet("trust") {
		if len(urls) > 0 || c.IsSet("allow-test") {
			return nil, run.Usagef("--rpc and --allow-test go with --trust")
		}
		return load.NewChecker(nil)
	}
	trust, exists, err := readTrust(c.String("trust"))
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, run.Usagef("there is no trust store %s", c.String("trust"))
	}
	options := verifier.Options{Trust: trust, Now: time.Now, AllowTest: c.Bool("allow-test")}
	if len(urls) > 0 {
		live, err := live.New(c.Context, urls, 0)
		if err != nil {
			return nil, run.Usagef("--rpc: %w", err)
		}
		options.Finality = live.Final
	}
	v, err := verifier.New(options)
	if err != nil {
		return nil, err
	}
	return load.NewChecker(v)
}

// benchRun is one run of the command.
type benchRun struct {
	c       *cli.Context
	target  *load.Target
	source  *load.Source
	plan    load.Plan
	checker *load.Checker
	wait    bool
	report  benchReport
}

// run submits, waits, reads and checks, and says each result once it is there.
func (b *benchRun) run(samples int) error {
	c, report := b.c, &b.report
	bar := newProgress(c, "submitting", b.plan.Number)
	sent, chosen, err := load.Submit(c.Context, b.target, b.source, b.plan, load.Window, samples, bar.step)
	bar.end()
	if err != nil {
		return run.Hint(fmt.Errorf("after %s: %w", plural(sent.Done, "submission", "submissions"), err), "what was acknowledged is with the node")
	}
	report.Acknowledged, report.Refused = timesOf(&sent), b.target.Refused()
	report.Credentials = sent.Rate() * float64(b.source.Size)
	if err := b.line("acknowledged", "%s of %s, %s", plural(sent.Done, "submission", "submissions"), plural(b.source.Size, "credential", "credentials"), benchWords(&sent, report.Credentials, "credentials/s")); err != nil {
		return err
	}
	report.Paused = sent.Making.Seconds()
	if sent.Making > sent.Elapsed/20 {
		if err := b.line("", "%.1f s more, in pauses for the node, went into making what was sent next", report.Paused); err != nil {
			return err
		}
	}
	if report.Refused > 0 {
		if err := b.line("", "%d times the node was too busy and was waited for", report.Refused); err != nil {
			return err
		}
	}
	if b.wait {
		bar := newProgress(c, "waiting until it is final", len(chosen))
		after, err := load.Await(c.Context, b.target, chosen, b.plan.Concurrency, bar.step)
		bar.end()
		if err != nil {
			return err
		}
		report.FinalAfter = after.Seconds()
		if err := b.line("final", "%.1f s after the last acknowledgement", after.Seconds()); err != nil {
			return err
		}
	}
	bar = newProgress(c, "reading back", len(chosen))
	read, err := load.Read(c.Context, b.target, b.source, chosen, b.plan.Concurrency, b.checker, bar.step)
	bar.end()
	if err != nil {
		return err
	}
	report.Read, report.ReadBytes = timesOf(&read.Result), read.Bytes
	report.Failed, report.Pending, report.Verified = read.Failed, read.Pending, read.Done-read.Failed
	if read.FirstFailed != nil {
		report.Reason = credential.Printable(read.FirstFailed.Error())
	}
	if err := b.line("read", "%s of %d bytes, %s", plural(read.Done, "proof", "proofs"), read.Bytes/int64(max(1, read.Done)), benchWords(&read.Result, read.Rate(), "proofs/s")); err != nil {
		return err
	}
	pending := ""
	if read.Pending > 0 {
		pending = fmt.Sprintf("; %d of them not final yet", read.Pending)
	}
	return b.line("verified", "%d of %d, by %s%s", report.Verified, read.Done, report.Against, pending)
}

// line prints one line of the result, unless that is for programs.
func (b *benchRun) line(name, format string, args ...any) error {
	if b.c.Bool("json") {
		return nil
	}
	return result(b.c, "%-13s "+format, append([]any{name}, args...)...)
}

// benchWords says what requests have taken.
func benchWords(r *load.Result, rate float64, unit string) string {
	digits := 0
	if rate < 100 {
		digits = 1
	}
	return fmt.Sprintf("in %.2f s: %.*f %s, p50 %s, p99 %s, longest %s", r.Elapsed.Seconds(), digits, rate, unit,
		latency(r.Quantile(0.5)), latency(r.Quantile(0.99)), latency(r.Quantile(1)))
}

// latency writes a duration that is rather short.
func latency(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
