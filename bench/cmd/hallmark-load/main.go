// Command hallmark-load puts a Hallmark node under load and checks all that it answers.
// flags.go has what the command line says, key.go the key that signs, report.go what is
// printed.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/bench/load"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
)

func main() { os.Exit(mainCode()) }

func mainCode() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := newApp().RunContext(ctx, os.Args)
	switch {
	case err == nil:
		return 0
	case fault.OfInput(err):
		sayError(err)
		return 2
	}
	sayError(err)
	return 1
}

// putLoad is what the program does.
func putLoad(c *cli.Context) error {
	plan, samples, err := readPlan(c)
	if err != nil {
		return err
	}
	checker, err := newChecker(c)
	if err != nil {
		return err
	}
	node, err := openNode(c)
	if err != nil {
		return err
	}
	info, err := node.Info(c.Context)
	if err != nil {
		return err
	}
	home, err := pickHome(c, &info)
	if err != nil {
		return err
	}
	if size := c.Int("size"); size < 1 || uint64(size) > info.MaxLeaves {
		return fault.Input("--size: the node takes 1 to %d credentials in a submission, not %d", info.MaxLeaves, size)
	}
	sayHome(home)
	key, err := unlock(c.String("keystore"), c.String("account"), c.String("password-file"))
	if err != nil {
		return err
	}
	source := &load.Source{Keys: []*chain.Key{key}, Home: home, Size: c.Int("size"), IssuedAt: uint64(time.Now().Unix())}
	_, _ = rand.Read(source.Seed[:]) // never fails
	target := load.NewTarget(node.URL(), plan.Concurrency)
	defer target.Close()
	b := &loadRun{c: c, target: target, source: source, plan: plan, checker: checker, wait: c.Bool("wait") || c.IsSet("trust")}
	b.report = report{
		Node: node.URL(), Home: home, Issuer: key.Address(),
		Size: source.Size, Concurrency: plan.Concurrency, Against: "inclusion and signature",
	}
	if c.IsSet("trust") {
		b.report.Against = "trust store"
	}
	if err := b.run(samples); err != nil {
		return err
	}
	if c.Bool("json") {
		if err := json.NewEncoder(c.App.Writer).Encode(b.report); err != nil {
			return err
		}
	}
	if b.report.Failed == 0 {
		return nil
	}
	err = fmt.Errorf("%s of %d do not hold, the first one: %s",
		plural(b.report.Failed, "proof", "proofs"), b.report.Failed+b.report.Verified, b.report.Reason)
	if c.IsSet("trust") {
		return fault.Remedy(err, "--rpc asks servers whether a new block is final, --allow-test lets test chains be VALID")
	}
	return fault.Remedy(err, "hallmark fsck tells whether what the node has stored is sound")
}

// loadRun is one run of the command.
type loadRun struct {
	c       *cli.Context
	target  *load.Target
	source  *load.Source
	plan    load.Plan
	checker *load.Checker
	wait    bool
	report  report
}

// run submits, waits, reads and checks, and says each result once it is there.
func (b *loadRun) run(samples int) error {
	c, out := b.c, &b.report
	sent, chosen, err := load.Submit(c.Context, b.target, b.source, b.plan, load.Window, samples,
		newProgress("submitting", b.plan.Number).step)
	if err != nil {
		return fault.Remedy(fmt.Errorf("after %s: %w", plural(sent.Done, "submission", "submissions"), err),
			"what was acknowledged is with the node")
	}
	out.Acknowledged, out.Refused = timesOf(&sent), b.target.Refused()
	out.Credentials = sent.Rate() * float64(b.source.Size)
	if err := b.line("acknowledged", "%s of %s, %s", plural(sent.Done, "submission", "submissions"),
		plural(b.source.Size, "credential", "credentials"), describeTimes(&sent, out.Credentials, "credentials/s")); err != nil {
		return err
	}
	out.Paused = sent.Making.Seconds()
	if sent.Making > sent.Elapsed/20 {
		if err := b.line("", "%.1f s more, in pauses for the node, went into making what was sent next", out.Paused); err != nil {
			return err
		}
	}
	if out.Refused > 0 {
		if err := b.line("", "%d times the node was too busy and was waited for", out.Refused); err != nil {
			return err
		}
	}
	if b.wait {
		after, err := load.Await(c.Context, b.target, chosen, b.plan.Concurrency, newProgress("waiting until it is final", len(chosen)).step)
		if err != nil {
			return err
		}
		out.FinalAfter = after.Seconds()
		if err := b.line("final", "%.1f s after the last acknowledgement", after.Seconds()); err != nil {
			return err
		}
	}
	read, err := load.Read(c.Context, b.target, b.source, chosen, b.plan.Concurrency, b.checker, newProgress("reading back", len(chosen)).step)
	if err != nil {
		return err
	}
	out.Read, out.ReadBytes = timesOf(&read.Result), read.Bytes
	out.Failed, out.Pending, out.Verified = read.Failed, read.Pending, read.Done-read.Failed
	if read.FirstFailed != nil {
		out.Reason = credential.Printable(read.FirstFailed.Error())
	}
	if err := b.line("read", "%s of %d bytes, %s", plural(read.Done, "proof", "proofs"), read.Bytes/int64(max(1, read.Done)),
		describeTimes(&read.Result, read.Rate(), "proofs/s")); err != nil {
		return err
	}
	pending := ""
	if read.Pending > 0 {
		pending = fmt.Sprintf("; %d of them not final yet", read.Pending)
	}
	return b.line("verified", "%d of %d, by %s%s", out.Verified, read.Done, out.Against, pending)
}
