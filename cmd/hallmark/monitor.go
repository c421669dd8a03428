package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/mirror"
	"github.com/hallmark-node/hallmark/anchor/monitor"
	"github.com/hallmark-node/hallmark/anchor/webhook"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

// exitNews is the exit status of monitor --once when something was reported.
const exitNews = 4

func monitorCommand() *cli.Command {
	return command("monitor", "", "tell what happens in an issuer's name, as soon as it is in a block",
		"Each submission that is anchored, each change of a status list, each retirement and change of\n"+
			"controller is a line of JSON, or with --text some lines for people: once when it is seen, and\n"+
			"once when it is final, or has gone away. What you did not do yourself, somebody did who has\n"+
			"the key. A batch tells who is in it only by its published blocks: --from names nodes, mirrors\n"+
			"or served folders that have them. What cannot be read is reported too.\n\n"+
			"With --state a restart goes on where the last one ended, and tells each thing once.\n"+
			"Exit status with --once: 0 nothing new, 4 something was reported, 1 not all could be read.",
		watchIssuers,
		texts("issuer", "`ADDRESS` whose name is watched; may be repeated"),
		texts("rpc", "`URL` of a JSON-RPC server; may be repeated"),
		text("registry", "the registry, `CAIP-10` or an address (default: where the published one is on every chain)"),
		texts("from", "`SOURCE` of published blocks: URL of a node, a mirror or a served folder, a CAR file or a folder; may be repeated"),
		withDefault("from-block", "`NUMBER` of the block to begin with, where there is no state", "0"),
		text("state", "`FILE` in which to keep what was reported"),
		withDefault("confirmations", "when a block is final: finalized, safe or a `NUMBER` of blocks", "finalized"),
		flags{&cli.DurationFlag{Name: "poll", Usage: "look every so often (`TIME`)", Value: 3 * time.Second}},
		toggle("once", "read up to the newest block, and end"),
		toggle("text", "print lines for people in place of JSON"),
		text("webhook", "`URL` that is told each report, too"),
		text("webhook-secret-file", "`FILE` with the secret that signs what the webhook is told"))
}

func watchIssuers(c *cli.Context) error {
	config, err := monitorConfig(c)
	if err != nil {
		return err
	}
	defer config.Client.Close()
	// Where there is none nothing is ever told, which would look as if nothing happened.
	if err := config.Client.Check(c.Context, config.Home.Registry); err != nil {
		if errors.Is(err, chain.ErrNoRegistry) {
			err = run.Hint(err, "--registry names the registry that is watched, --rpc a server of its chain")
		}
		return err
	}
	m, err := monitor.New(config)
	if err != nil {
		return err
	}
	return watch(c, m)
}

// monitorConfig reads what to watch, and asks the servers which chain they are of.
func monitorConfig(c *cli.Context) (config monitor.Config, err error) {
	for _, given := range c.StringSlice("issuer") {
		issuer, err := verifier.ParseAddress(given)
		if err != nil {
			return config, run.Usagef("--issuer: %v", err)
		}
		config.Issuers = append(config.Issuers, issuer)
	}
	servers := c.StringSlice("rpc")
	if len(config.Issuers) == 0 || len(servers) == 0 {
		return config, run.Usagef("--issuer and --rpc are needed")
	}
	if config.Confirmations, err = parsed(c, "confirmations", chain.ParseConfirmations); err != nil {
		return config, err
	}
	if _, err := fmt.Sscanf(c.String("from-block"), "%d", &config.From); err != nil {
		return config, run.Usagef("--from-block: want the number of a block")
	}
	if from := slices.DeleteFunc(slices.Clone(c.StringSlice("from")), func(s string) bool { return s == "" }); len(from) > 0 {
		log := slog.New(slog.NewTextHandler(c.App.ErrWriter, &slog.HandlerOptions{Level: slog.LevelWarn}))
		if config.Blocks, _, err = mirror.Blocks(from, log); err != nil { // open until the process ends
			return config, run.Usagef("--from: %v", err)
		}
	} else {
		say(c, "warning: without --from nobody tells who is in a batch: each batch is reported as one that cannot be read")
	}
	if config.State = c.String("state"); config.State == "" && !c.Bool("once") {
		say(c, "warning: without --state a restart tells everything again")
	}
	config.Tell = func(r *monitor.Report) error {
		if c.Bool("text") {
			_, err := fmt.Fprint(c.App.Writer, r.Text())
			return err
		}
		return run.JSON(c.App.Writer, r)
	}
	if config.Send, err = monitorWebhook(c); err != nil {
		return config, err
	}
	if config.Client, err = chain.Dial(servers...); err != nil {
		return config, run.Usagef("--rpc: %v", err)
	}
	id, err := config.Client.ID(c.Context)
	if err != nil {
		config.Client.Close()
		return config, err
	}
	config.Home = verifier.Home{Chain: id.Chain, Registry: verifier.RegistryAddress}
	if given := c.String("registry"); given != "" {
		if !strings.Contains(given, ":") {
			given = id.Chain.String() + ":" + given
		}
		config.Home, err = verifier.ParseHome(given)
		if err != nil {
			err = run.Usagef("--registry: %v", err)
		} else if config.Home.Chain != id.Chain {
			err = run.Usagef("--registry is on %s, and the servers of --rpc are of %s", config.Home.Chain, id.Chain)
		}
		if err != nil {
			config.Client.Close()
		}
	}
	return config, err
}

// monitorWebhook returns what sends reports to a server; nil without one.
func monitorWebhook(c *cli.Context) (func(context.Context, *monitor.Report) error, error) {
	path := c.String("webhook-secret-file")
	if c.String("webhook") == "" {
		if path != "" {
			return nil, run.Usagef("--webhook is needed: the secret of %s is for nobody", path)
		}
		return nil, nil
	}
	if path == "" {
		return nil, run.Usagef("--webhook-secret-file is needed: without a secret the receiver could not tell who sends")
	}
	data, err := fault.ReadFile(path, 4096)
	if err != nil {
		return nil, err
	}
	secret, err := webhook.ParseSecret(strings.TrimSpace(string(data)))
	if err != nil {
		return nil, run.Usagef("--webhook-secret-file: %s: %v", path, err)
	}
	sender, err := webhook.NewSender(webhook.Config{URL: c.String("webhook"), Secrets: [][]byte{secret}})
	if err != nil {
		return nil, run.Usagef("--webhook: %v", err)
	}
	return func(ctx context.Context, r *monitor.Report) error {
		event := struct {
			Type      string          `json:"type"`
			Timestamp time.Time       `json:"timestamp"`
			Data      *monitor.Report `json:"data"`
		}{"issuer." + string(r.Kind), time.Now().UTC().Truncate(time.Second), r}
		return sender.Send(ctx, "mon_"+r.ID+"_"+string(r.State), event)
	}, nil
}

// watch tells what happens until it is interrupted, with --once until the newest block is read.
func watch(c *cli.Context, m *monitor.Monitor) error {
	told, fault := 0, "" // what went wrong and was said last
	for {
		p, err := m.Next(c.Context)
		switch {
		case c.Context.Err() != nil:
			return nil //nolint:nilerr // it was interrupted
		case err != nil && (c.Bool("once") || !errors.Is(err, chain.ErrOutage)):
			return err
		case err == nil:
			told += p.Told
			err = p.Fault
		}
		now := ""
		if err != nil {
			now = err.Error()
		}
		if now != fault {
			if fault = now; now != "" {
				say(c, "%s; trying again", now)
			} else {
				say(c, "it works again")
			}
		}
		if err == nil && p.Behind > 0 {
			continue
		}
		if c.Bool("once") {
			return endedWatch(c, p, told)
		}
		select {
		case <-c.Context.Done():
			return nil
		case <-time.After(c.Duration("poll")):
		}
	}
}

// endedWatch is what a single run ends with.
func endedWatch(c *cli.Context, p monitor.Progress, told int) error {
	switch {
	case p.Fault != nil:
		return fmt.Errorf("the webhook does not take reports: %w", p.Fault)
	case p.Unread > 0:
		say(c, "%s could not be read", plural(p.Unread, "batch or list", "batches or lists"))
		return run.Exit(run.Failure)
	case told > 0:
		return run.Exit(exitNews)
	}
	return nil
}
