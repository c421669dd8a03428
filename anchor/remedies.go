package anchor

import (
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
)

// From when on operators are warned.
const (
	daysLow   = 14                 // that the balance lasts
	anchorLow = 20                 // anchors that it pays for
	clockOff  = 30                 // seconds
	reorgNews = 7 * 24 * time.Hour // after a deep reorg
)

// intakeRemedies say what to do while intake refuses.
var intakeRemedies = map[publish.Intake]struct {
	code   client.FaultCode
	remedy string
}{
	publish.IntakeStopped:   {client.FaultStopped, "wait if it is starting; else start it again, which loses nothing"},
	publish.IntakeDiskFull:  {client.FaultDiskFull, "make room on the disk of the data folder: nothing that was acknowledged is affected"},
	publish.IntakeDiskError: {client.FaultDiskError, "see that the disk is there and that the node's user may write to the data folder"},
	publish.IntakeStoreAway: {
		client.FaultStoreAway, "nothing is lost, and it goes on by itself: see that PostgreSQL and S3 run and can be reached from here",
	},
	publish.IntakeQueueFull:  {client.FaultQueueFull, "nothing is lost: see what else is wrong, or raise max-waiting"},
	publish.IntakeMemoryFull: {client.FaultMemoryFull, "it ends by itself when what arrives now is read; see who sends so much"},
}

// FaultsOf returns all that a node's health shows to be wrong, what holds up most first.
func FaultsOf(h *client.Health) []client.Fault {
	var list []client.Fault
	add := func(code client.FaultCode, holds bool, text, remedy string) *client.Fault {
		list = append(list, client.Fault{Code: code, Holds: holds, Text: text, Remedy: remedy})
		return &list[len(list)-1]
	}
	if h.Dead != "" {
		add(client.FaultHangs, true, h.Dead, "restart the node: nothing that was acknowledged is lost")
	}
	if r, ok := intakeRemedies[h.Intake]; ok {
		add(r.code, true, h.Fault, r.remedy)
	}
	for i := range h.Chains {
		list = append(list, chainFaults(&h.Chains[i])...)
	}
	if h.SealHeld != "" && len(list) == 0 { // else it says the same again
		add(client.FaultSealing, true, h.SealHeld, "nothing is lost: it goes into one larger batch. If it lasts, raise max-in-flight")
	}
	for i := range h.Chains {
		if c := &h.Chains[i]; c.RelaysHeld != "" {
			add(client.FaultStatements, true, c.RelaysHeld,
				"batches go on. List the issuers whose revocations must not wait in relay-for, or raise max-spend-per-day").Home = &c.Home
		}
	}
	for i := range h.Chains {
		list = append(list, chainWarnings(h.Time, &h.Chains[i])...)
	}
	if w := h.Webhook; w != nil && w.Fault != "" {
		remedy := "events are kept and sent again: see that the receiver runs, and answers 2xx"
		if w.Stopped {
			remedy = "start the node again to try once more, or remove the setting webhook"
		}
		add(client.FaultWebhook, false, w.Fault, remedy)
	}
	if h.Mirror != nil {
		list = append(list, mirrorFaults(h.Mirror)...)
	}
	if d := h.Disk; !h.Shared && d.Fault == "" && d.Free < 2*d.Reserve {
		text := fmt.Sprintf("the disk of the data folder has %d MiB free, and below %d nothing is accepted", d.Free>>20, d.Reserve>>20)
		add(client.FaultDiskLow, false, text, "make room before it is full")
	}
	return list
}

// mirrorFaults are those of a mirror.
func mirrorFaults(m *client.MirrorHealth) (list []client.Fault) {
	add := func(code client.FaultCode, holds bool, text, remedy string) {
		list = append(list, client.Fault{Code: code, Holds: holds, Text: text, Remedy: remedy})
	}
	if m.Error != "" {
		add(client.FaultGaps, true, m.Error, "nothing is skipped: name an RPC server with rpc that keeps the logs of old blocks")
	}
	if text := gapsText(m); text != "" {
		add(client.FaultGaps, true, text, "it is tried again: name another source of blocks with from")
	}
	for _, s := range m.Sources {
		switch s.State {
		case client.SourceLying:
			add(client.FaultSource, false, s.Source+" lies: "+s.Error, "it is not asked again; name another source with from")
		case client.SourceFailing:
			add(client.FaultSource, false, s.Source+": "+s.Error, "it is asked again after a while")
		}
	}
	return list
}

// gapsText says what a mirror lacks; empty if it lacks nothing.
func gapsText(m *client.MirrorHealth) string {
	if len(m.Gaps) == 0 {
		return ""
	}
	return fmt.Sprintf("%d batches or lists that the chain names are not here, the first of block %d: %s",
		len(m.Gaps)+m.LeftOut, m.Gaps[0].Block, m.Gaps[0].Reason)
}

// chainFaults are those of one chain that hold up something.
func chainFaults(c *client.ChainHealth) (list []client.Fault) {
	add := func(code client.FaultCode, text, remedy string) {
		list = append(list, client.Fault{Code: code, Holds: true, Home: &c.Home, Text: text, Remedy: remedy})
	}
	if c.RPCError != "" {
		add(client.FaultChainAway, c.RPCError, "nothing is lost: submissions wait. See which server fails, and name another one with rpc")
	}
	poor := c.AnchorsLeft != nil && *c.AnchorsLeft == 0
	if poor {
		text := fmt.Sprintf("the account %s cannot pay for an anchor", c.Account)
		add(client.FaultNoMoney, text, fmt.Sprintf("send ether to %s: the node goes on by itself", c.Account))
		list[len(list)-1].Account = c.Account.String()
	}
	if c.Ceiling != "" {
		add(client.FaultLimit, c.Ceiling,
			"nothing is lost: what waits goes into one larger batch. Raise max-fee or max-spend-per-day if it cannot wait")
	}
	if c.Stuck != "" && c.Ceiling == "" && !poor { // else it says the same again
		add(client.FaultStuck, c.Stuck,
			"nothing is lost, and it is tried again. If it lasts, ask the RPC server's operator, or name another one with rpc")
	}
	return list
}

// chainWarnings are what of one chain is worth a look.
func chainWarnings(now time.Time, c *client.ChainHealth) (list []client.Fault) {
	add := func(code client.FaultCode, remedy, format string, args ...any) {
		list = append(list, client.Fault{Code: code, Home: &c.Home, Text: fmt.Sprintf(format, args...), Remedy: remedy})
	}
	if n, days := c.AnchorsLeft, c.DaysLeft; n != nil && *n > 0 && (*n < anchorLow || days != nil && *days < daysLow) {
		text := fmt.Sprintf("the balance of %s pays for %d more anchors at present fees", c.Account, *n)
		if days != nil {
			text += fmt.Sprintf(", and lasts for %.0f days at least", *days)
		}
		add(client.FaultMoneyLow, fmt.Sprintf("send ether to %s", c.Account), "%s", text)
		list[len(list)-1].Account = c.Account.String()
	}
	for i := range c.Servers {
		s := &c.Servers[i]
		if c.RPCError != "" || s.State == chain.ServerOK || s.State == chain.ServerUnused {
			continue // the fault says it already
		}
		add(client.FaultServer, "others are asked meanwhile. If it lasts, name another one with rpc", "RPC server %s: %s", s.Server, s.State)
	}
	if b := c.Beacon; b != nil {
		for i := range b.Servers {
			if s := &b.Servers[i]; s.Error != "" {
				add(client.FaultBeacon, "only vouchers of finality wait for it. If it lasts, name another one with beacon",
					"beacon node %s: %s", s.Server, s.Error)
			}
		}
		if b.HopsMissing > 0 {
			add(client.FaultHops, "name a beacon node with beacon that still has them", "%d hops between sync committees are missing", b.HopsMissing)
		}
	}
	if c.WitnessError != "" {
		add(client.FaultWitness, "only its signatures wait for it. If it lasts, tell its operator", "%s", c.WitnessError)
	}
	if s := c.ClockSkew; s != nil && (*s > clockOff || *s < -clockOff) {
		add(client.FaultClock, "set the machine's clock by NTP", "the clock of this machine is %.0f seconds from the chain's", max(*s, -*s))
	}
	if d := c.LastDeepReorg; d != nil && now.Sub(d.At) < reorgNews {
		add(client.FaultDeepReorg, "the affected proofs are made again. Ask whether confirmations is what you want",
			"the chain took back final blocks: up to %d were final, and only those up to %d still are; %d statements of ours were in them",
			d.Final, d.Fork, d.Reopened)
	}
	return list
}
