package anchor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
)

// Each thing that can be wrong is told once, with what helps.
func TestFaultsOf(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	good := func() *client.Health {
		return &client.Health{
			Time: now, Ready: true, Intake: publish.IntakeOpen, Disk: client.DiskHealth{Free: 100 << 30, Reserve: 1 << 30},
			Chains: []client.ChainHealth{{
				AnchorsLeft: new(uint64(10_000)), DaysLeft: new(400.0), ClockSkew: new(-1.0),
				Servers: []client.Server{{Server: "rpc.example.org", State: chain.ServerOK}, {Server: "spare.example.org", State: chain.ServerUnused}},
				Beacon:  &client.BeaconHealth{Servers: []client.BeaconServer{{Server: "beacon.example.org"}}},
			}},
		}
	}
	for name, c := range map[string]struct {
		change func(*client.Health, *client.ChainHealth)
		codes  string // in their order; those in brackets hold up nothing
	}{
		"nothing": {func(*client.Health, *client.ChainHealth) {}, ""},
		"hangs":   {func(h *client.Health, _ *client.ChainHealth) { h.Dead = "a round takes too long" }, "hangs"},
		"disk":    {func(h *client.Health, _ *client.ChainHealth) { h.Intake, h.Disk.Fault = publish.IntakeDiskFull, "full" }, "disk_full"},
		"webhook": {func(h *client.Health, _ *client.ChainHealth) {
			h.Webhook = &client.WebhookHealth{Fault: "it answered 500"}
		}, "(webhook)"},
		"soon":  {func(h *client.Health, _ *client.ChainHealth) { h.Disk.Free = 3 << 29 }, "(disk_low)"},
		"queue": {func(h *client.Health, _ *client.ChainHealth) { h.Intake = publish.IntakeQueueFull }, "queue_full"},
		"chain, which holds up sealing and makes the server bad": {func(h *client.Health, c *client.ChainHealth) {
			c.RPCError, h.SealHeld, c.Servers[0].State = "502", "502", chain.ServerFailing
		}, "chain_away"},
		"a server of several": {func(_ *client.Health, c *client.ChainHealth) { c.Servers[0].State = chain.ServerFailing }, "(server)"},
		"no money, which holds up all": {func(h *client.Health, c *client.ChainHealth) {
			c.AnchorsLeft, c.Stuck, h.SealHeld = new(uint64(0)), "insufficient funds", "send it money"
		}, "no_money"},
		"few anchors":   {func(_ *client.Health, c *client.ChainHealth) { c.AnchorsLeft, c.DaysLeft = new(uint64(3)), nil }, "(money_low)"},
		"few days":      {func(_ *client.Health, c *client.ChainHealth) { c.DaysLeft = new(2.5) }, "(money_low)"},
		"limit":         {func(h *client.Health, c *client.ChainHealth) { c.Ceiling, c.Stuck, h.SealHeld = "a", "a", "a" }, "limit"},
		"stuck":         {func(_ *client.Health, c *client.ChainHealth) { c.Stuck = "refused" }, "stuck"},
		"sealing alone": {func(h *client.Health, _ *client.ChainHealth) { h.SealHeld = "8 in flight" }, "sealing"},
		"statements":    {func(_ *client.Health, c *client.ChainHealth) { c.RelaysHeld = "their share" }, "statements"},
		"beacon and witness": {func(_ *client.Health, c *client.ChainHealth) {
			c.Beacon.Servers[0].Error, c.Beacon.HopsMissing, c.WitnessError = "404", 3, "one is away"
		}, "(beacon) (hops) (witness)"},
		"clock": {func(_ *client.Health, c *client.ChainHealth) { c.ClockSkew = new(-120.0) }, "(clock)"},
		"deep reorg": {func(_ *client.Health, c *client.ChainHealth) {
			c.LastDeepReorg = &client.DeepReorg{At: now.Add(-time.Hour)}
		}, "(deep_reorg)"},
		"long past a reorg": {func(_ *client.Health, c *client.ChainHealth) {
			c.LastDeepReorg = &client.DeepReorg{At: now.AddDate(0, -1, 0)}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := good()
			c.change(h, &h.Chains[0])
			var codes []string
			for _, f := range anchor.FaultsOf(h) {
				if code := string(f.Code); f.Holds {
					codes = append(codes, code)
				} else {
					codes = append(codes, "("+code+")")
				}
				if len(f.Remedy) < 10 {
					t.Errorf("%s: no remedy", f.Code)
				}
			}
			if got := strings.Join(codes, " "); got != c.codes {
				t.Errorf("faults %q, want %q", got, c.codes)
			}
		})
	}
}
