package main

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
)

func statusCommand() *cli.Command {
	return command("status", "", "tell how a node is doing",
		"Exit status: 0 if the node can keep its promises now, 1 if it cannot or does not answer.",
		status,
		nodeFlag(), jsonFlag())
}

func status(c *cli.Context) error {
	node, err := openNode(c)
	if err != nil {
		return err
	}
	info, err := node.Info(c.Context)
	if err != nil {
		return err
	}
	health, err := node.Health(c.Context)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		resultJSON(c, struct {
			Node   string        `json:"node"`
			Info   client.Info   `json:"info"`
			Health client.Health `json:"health"`
		}{node.URL(), info, health})
	} else {
		showStatus(&statusPage{c}, node.URL(), &info, &health)
	}
	if !health.Ready {
		return run.Exit(run.Failure)
	}
	return nil
}

// statusPage prints lines of a name and a text.
type statusPage struct{ c *cli.Context }

func (p *statusPage) line(name, format string, args ...any) {
	result(p.c, "%-15s %s", name, printable(fmt.Sprintf(format, args...)))
}

func showStatus(p *statusPage, node string, info *client.Info, h *client.Health) {
	p.line("node", "%s", node)
	switch {
	case !h.Ready:
		p.line("ready", "NO: %s", h.Fault)
	case h.Fault != "":
		p.line("ready", "yes, but: %s", h.Fault)
	default:
		p.line("ready", "yes")
	}
	for _, f := range h.Faults {
		p.line(map[bool]string{true: "WRONG", false: "look at"}[f.Holds], "%s", f.Text)
		p.line("", "%s", f.Remedy)
	}
	if h.Mirror != nil {
		p.mirror(h.Time, h.Mirror)
	} else {
		p.line("who may submit", "%s", map[bool]string{true: "anybody", false: "named issuers"}[info.Open])
		p.line("submissions", "%d accepted since ever, %d waiting for a batch (at most %d)", h.Submissions, h.Waiting, h.MaxWaiting)
	}
	if h.OldestPending != nil {
		p.line("oldest pending", "%s", age(h.Time, h.OldestPending))
	}
	switch {
	case h.SealHeld != "":
		p.line("next batch", "held: %s", h.SealHeld)
	case h.NextBatch != nil:
		p.line("next batch", "at the latest in %s", max(0, h.NextBatch.Sub(h.Time)).Round(time.Second))
	}
	if h.LastAnchor != nil {
		a := h.LastAnchor
		p.line("last anchor", "%s, %s, batch %d of %s",
			age(h.Time, &a.Since), a.State, a.Number, plural(int(a.Count), "submission", "submissions"))
	} else {
		p.line("last anchor", "none yet")
	}
	if h.Shared {
		p.roles(h)
	} else {
		p.disk(h)
	}
	if h.Webhook != nil {
		p.webhook(h.Time, h.Webhook)
	}
	for i := range h.Chains {
		confirmations := ""
		if i < len(info.Chains) {
			confirmations = info.Chains[i].Confirmations
		}
		result(p.c, "")
		p.chain(h.Time, &h.Chains[i], confirmations)
	}
}

// mirror prints how much a mirror has of what the chain names.
func (p *statusPage) mirror(now time.Time, m *client.MirrorHealth) {
	p.line("mirror", "%s here; the registry's log is read from block %d up to final block %d, %d behind",
		plural(int(m.Batches), "batch is", "batches are"), m.FromBlock, m.Followed, m.Behind)
	p.line("", "%s named there and not here", plural(int(m.Wanted), "batch or list is", "batches or lists are"))
	for i := range m.Gaps {
		g := &m.Gaps[i]
		again := "no source can help"
		if g.RetryAt != nil {
			again = "tried again in " + max(0, g.RetryAt.Sub(now)).Round(time.Second).String()
		}
		p.line("missing", "%s %s of block %d: %s; %s", g.Kind, g.Root, g.Block, g.Reason, again)
	}
	if m.LeftOut > 0 {
		p.line("", "and %d more", m.LeftOut)
	}
	for i := range m.Sources {
		s := &m.Sources[i]
		state := s.State
		if state == client.SourceOK && s.Error != "" && (s.AnsweredAt == nil || s.ErrorAt != nil && s.AnsweredAt.Before(*s.ErrorAt)) {
			state = "to be asked again"
		}
		p.line("source", "%s: %s, %s with %d bytes, answered %s", s.Source, state,
			plural(int(s.Blocks), "block", "blocks"), s.Bytes, age(now, s.AnsweredAt))
		if s.Error != "" {
			p.line("", "%s, %s", s.Error, age(now, s.ErrorAt))
		}
	}
}

// roles prints what the process does that was asked, and which ones lead.
func (p *statusPage) roles(h *client.Health) {
	p.line("this process", "%s: %s", h.Holder, strings.Join(h.Roles, ", "))
	for _, l := range h.Leases {
		switch {
		case l.Held:
			p.line("", "leads %s %s", l.Name, age(h.Time, l.Since))
		case l.Fault != "":
			p.line("", "%s: %s", l.Name, l.Fault)
		default:
			p.line("", "%s: %s led last, %s", l.Name, cmp.Or(l.Holder, "nobody"), age(h.Time, l.Since))
		}
	}
	p.line("store", "takes %s", bytesOf(h.Disk.Store))
}

func (p *statusPage) disk(h *client.Health) {
	p.line("disk", "%s free, %s of it reserve; the node's state takes %s",
		bytesOf(h.Disk.Free), bytesOf(h.Disk.Reserve), bytesOf(h.Disk.Store))
	if h.Disk.Fault != "" {
		p.line("", "%s", h.Disk.Fault)
	}
}

// webhook prints how those are told who want to know what is final.
func (p *statusPage) webhook(now time.Time, w *client.WebhookHealth) {
	p.line("webhook", "%s: %d events delivered, %d tried in vain so far, %d given up", w.Server, w.Delivered, w.Waiting, w.GivenUp)
	if w.Oldest != nil {
		p.line("", "the oldest that it did not get is of %s", age(now, w.Oldest))
	}
	if w.Fault != "" {
		p.line("", "%s", w.Fault)
	}
}

// chain prints what there is to say of one chain.
func (p *statusPage) chain(now time.Time, c *client.ChainHealth, confirmations string) {
	p.line("registry", "%s", c.Home)
	final := ""
	if c.FinalityLag != nil {
		final = ", " + seconds(*c.FinalityLag) + " behind"
	}
	if c.HeadSeen == nil && c.RPCError == "" {
		p.line("chain", "not followed by this process: whoever writes does, as those say who lead")
	} else {
		p.line("chain", "block %d seen %s, final up to %d (by %s)%s", c.Head, age(now, c.HeadSeen), c.Final, confirmations, final)
	}
	for _, trouble := range []struct{ name, text string }{
		{"out of reach", c.RPCError}, {"waits for", c.Ceiling}, {"stuck", c.Stuck}, {"statements", c.RelaysHeld},
	} {
		if trouble.text != "" {
			p.line(trouble.name, "%s", trouble.text)
		}
	}
	switch {
	case c.Account.IsZero():
		p.line("account", "none: this process sends nothing")
	case c.Balance == "":
		p.line("account", "%s", c.Account)
	default:
		p.line("account", "%s with %s", c.Account, ether(c.Balance))
	}
	if c.AnchorsLeft != nil {
		p.line("", "pays for %d anchors of at most %s at present fees", *c.AnchorsLeft, ether(c.AnchorCost))
	}
	if c.DaysLeft != nil {
		p.line("", "lasts for %.0f days at least, at the average of this week", *c.DaysLeft)
	}
	if c.BaseFee != "" {
		limit := ""
		if c.MaxFee != "" {
			limit = ", limit " + gwei(c.MaxFee)
		}
		p.line("fees", "base fee %s per gas%s", gwei(c.BaseFee), limit)
	}
	if c.MaxSpendPerDay != "" && c.SpentToday != "" {
		p.line("spent today", "%s at most, limit %s", ether(c.SpentToday), ether(c.MaxSpendPerDay))
	}
	if c.SpentInAll != "" {
		p.line("spent in all", "%s at most", ether(c.SpentInAll))
	}
	for i := range c.InFlight {
		t := &c.InFlight[i]
		p.line("in flight", "%s of %s: %s since %s, %s", t.Kind, t.Subject, t.State,
			max(0, now.Sub(t.Since)).Round(time.Second), plural(t.Attempts, "transaction", "transactions"))
		if t.Hash != nil {
			p.line("", "newest %s, nonce %d, at most %s per gas", t.Hash, t.Nonce, gwei(t.FeeCap))
		}
	}
	if c.LeftOut > 0 {
		p.line("", "and %d more", c.LeftOut)
	}
	if c.ClockSkew != nil {
		ahead := "ahead of the chain's"
		if *c.ClockSkew < 0 {
			ahead = "behind the chain's"
		}
		p.line("clock", "at most %s %s", seconds(max(*c.ClockSkew, -*c.ClockSkew)), ahead)
	}
	p.line("since ever", "%s final, %s sent again after a reorg, %d replaced, %s taken by others",
		plural(int(c.Anchors), "batch", "batches"), plural(int(c.Reorgs), "statement", "statements"),
		c.Replacements, plural(int(c.ForeignNonces), "nonce", "nonces"))
	if d := c.LastDeepReorg; d != nil {
		p.line("DEEP REORG", "%s so far, the last %s: final up to block %d, then only up to %d; %s of ours affected",
			plural(int(c.DeepReorgs), "time", "times"), age(now, &d.At), d.Final, d.Fork, plural(d.Reopened, "statement", "statements"))
	}
	p.vouchers(now, c)
	for i := range c.Servers {
		s := &c.Servers[i]
		use := ""
		if s.InUse && len(c.Servers) > 1 {
			use = ", in use"
		}
		head := ""
		if s.Head > 0 {
			head = fmt.Sprintf(", block %d", s.Head)
		}
		p.line("server", "%s: %s%s%s, %s, %d of %d requests failed",
			s.Server, s.State, use, head, seconds(s.Latency), s.Failed, s.Requests)
		if s.Detail != "" {
			p.line("", "%s", s.Detail)
		}
		if s.Failures > 0 && s.Error != "" {
			p.line("", "%s, %s", s.Error, age(now, s.ErrorAt))
		}
	}
}

// vouchers prints who vouches for the chain's blocks.
func (p *statusPage) vouchers(now time.Time, c *client.ChainHealth) {
	if b := c.Beacon; b != nil {
		if b.Network == "" {
			p.line("beacon chain", "not known yet: no beacon node has answered")
		} else {
			p.line("beacon chain", "%s, final up to %s, signed by the sync committee of period %d", b.Network, age(now, b.Finalized), b.Period)
			p.line("", "followed from period %d (%s)", b.FirstPeriod, b.Origin)
		}
		if b.HopsMissing > 0 {
			p.line("", "%d missing of the hops since then: name a beacon node that still has them", b.HopsMissing)
		}
		for i := range b.Servers {
			s := &b.Servers[i]
			if s.Error == "" {
				p.line("beacon node", "%s: works, %s", s.Server, age(now, s.AnsweredAt))
			} else {
				p.line("beacon node", "%s: %s", s.Server, s.Error)
			}
		}
	}
	if c.WitnessError != "" {
		p.line("witnesses", "not all sign: %s", c.WitnessError)
	}
	if c.VouchersWaiting > 0 {
		p.line("vouchers", "%s evidence without one", plural(c.VouchersWaiting, "batch has", "batches have"))
	}
}

// age says how long ago something was by the node's clock.
func age(now time.Time, t *time.Time) string {
	if t == nil {
		return "never"
	}
	return max(0, now.Sub(*t)).Round(time.Second).String() + " ago"
}

// seconds writes a time for people: to the millisecond while that matters.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d < 10*time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// ether writes an amount of wei for people, in whatever unit is not mostly zeros.
func ether(wei string) string { return inUnits(wei, chain.Ether) }

// gwei writes a fee for people.
func gwei(wei string) string { return inUnits(wei, chain.Gwei) }

func inUnits(wei string, format func(*big.Int) string) string {
	n, ok := new(big.Int).SetString(wei, 10)
	if !ok {
		return "unknown"
	}
	return format(n)
}

// bytesOf writes an amount of bytes for people.
func bytesOf(n uint64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
