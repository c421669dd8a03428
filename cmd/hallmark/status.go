package main

import (
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
)

func statusCommand() *cli.Command {
	return &cli.Command{
		Name:        "status",
		Usage:       "tell how a node is doing",
		Description: "Exit status: 0 if the node can keep its promises now, 1 if it cannot or does not answer.",
		Flags:       []cli.Flag{nodeFlag(), jsonFlag()},
		Action:      status,
	}
}

func status(c *cli.Context) error {
	if c.NArg() > 0 {
		return run.Usagef("status takes no argument")
	}
	client, err := openNode(c)
	if err != nil {
		return err
	}
	info, err := client.Info(c.Context)
	if err != nil {
		return err
	}
	health, err := client.Health(c.Context)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		err = resultJSON(c, struct {
			Node   string     `json:"node"`
			Info   api.Info   `json:"info"`
			Health api.Health `json:"health"`
		}{client.URL(), info, health})
	} else {
		err = showStatus(c, client.URL(), &info, &health)
	}
	if err == nil && !health.Ready {
		err = run.Exit(run.Failure)
	}
	return err
}

func showStatus(c *cli.Context, node string, info *api.Info, h *api.Health) error {
	var err error
	line := func(name, format string, args ...any) {
		err = errors.Join(err, result(c, "%-15s %s", name, printable(fmt.Sprintf(format, args...))))
	}
	line("node", "%s", node)
	if h.Ready {
		line("ready", "yes")
	} else {
		line("ready", "NO: %s", h.Fault)
	}
	for _, home := range info.Homes {
		line("registry", "%s", home)
	}
	line("account", "%s with %s", info.Account, ether(h.Balance))
	line("who may submit", "%s", map[bool]string{true: "anybody", false: "named issuers"}[info.Open])
	line("chain", "block %d, final up to %d (by %s)", h.Head, h.Final, info.Confirmations)
	if h.RPCError != "" {
		line("chain trouble", "%s", h.RPCError)
	}
	if h.LastAnchor != nil {
		line("last anchor", "%s, %s, batch %d of %s", age(h.Time, &h.LastAnchor.Since), h.LastAnchor.State, h.LastAnchor.Number, plural(int(h.LastAnchor.Count), "submission", "submissions"))
	} else {
		line("last anchor", "none yet")
	}
	line("submissions", "%d accepted since ever, %d waiting for a batch", h.Submissions, h.Waiting)
	if h.OldestPending != nil {
		line("oldest pending", "%s", age(h.Time, h.OldestPending))
	}
	if h.NextBatch != nil {
		line("next batch", "at the latest in %s", max(0, h.NextBatch.Sub(h.Time)).Round(time.Second))
	}
	for _, t := range h.InFlight {
		line("in flight", "%s of %s: %s, %s", t.Kind, t.Subject, t.State, plural(t.Attempts, "transaction", "transactions"))
	}
	return err
}

// age says how long ago something was by the node's clock.
func age(now time.Time, t *time.Time) string {
	if t == nil {
		return "never"
	}
	return max(0, now.Sub(*t)).Round(time.Second).String() + " ago"
}

// ether writes an amount of wei for people.
func ether(wei string) string {
	n, ok := new(big.Int).SetString(wei, 10)
	if !ok {
		return "an unknown balance"
	}
	return new(big.Rat).SetFrac(n, big.NewInt(1e18)).FloatString(6) + " ether"
}
