package anchor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
)

// Health returns what an operator needs to know, as of the writers' last looks at
// their chains. It asks no server.
func (n *Node) Health(context.Context) client.Health {
	h := client.Health{
		Time: time.Now().UTC(), Submissions: n.store.Accepted(), Dead: n.Dead(), MaxWaiting: n.config.MaxWaiting,
		Disk: client.DiskHealth{Reserve: n.config.DiskReserve, Store: n.store.DiskUsage()},
	}
	var diskFault error
	h.Disk.Free, diskFault = n.disk.state()
	h.Disk.Fault = text(diskFault)
	for _, w := range n.writers {
		h.Chains = append(h.Chains, w.describe())
	}
	if held := n.held.Load(); held != nil {
		h.SealHeld = *held
	}
	err := n.fillHealth(&h)
	switch {
	case err != nil:
		h.Intake, h.Fault = publish.IntakeDiskError, "the data folder cannot be read: "+err.Error()
	case !n.running.Load():
		h.Intake, h.Fault = publish.IntakeStopped, "the node is not running"
	case errors.Is(diskFault, ErrDiskFull):
		h.Intake, h.Fault = publish.IntakeDiskFull, diskFault.Error()
	case diskFault != nil:
		h.Intake, h.Fault = publish.IntakeDiskError, diskFault.Error()
	case h.Waiting >= n.config.MaxWaiting:
		h.Intake, h.Fault = publish.IntakeQueueFull, ErrBusy.Error()
	default:
		h.Intake, h.Ready = publish.IntakeOpen, true // accepted submissions wait, so intake keeps its promise
		for _, c := range h.Chains {
			for _, fault := range []string{c.RPCError, c.Stuck, c.Ceiling} {
				if h.Fault == "" && fault != "" {
					h.Fault = fault
				}
			}
		}
		if h.Fault == "" {
			h.Fault = h.SealHeld
		}
		for _, c := range h.Chains {
			if h.Fault == "" {
				h.Fault = c.RelaysHeld
			}
		}
	}
	return h
}

// setHeld records why nothing is sealed though it is due.
func (n *Node) setHeld(err error) {
	if err == nil {
		n.held.Store(nil)
		return
	}
	n.held.Store(pointer(err.Error()))
}

// describe returns a chain's part of the health.
func (w *writer) describe() client.ChainHealth {
	s := &w.health
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.record
	c := client.ChainHealth{
		Home: w.home, Account: w.account,
		Head: s.head.Number, Final: s.final.Number, HeadSeen: optional(s.headSeen), HeadTime: unix(s.head.Time), FinalTime: unix(s.final.Time),
		RPCError: text(s.err), Stuck: s.stuck, Ceiling: s.ceiling,
		Balance: decimal(s.balance), AnchorCost: decimal(s.anchorCost), BaseFee: decimal(s.baseFee),
		AnchorsLeft: anchorsLeft(s.balance, s.anchorCost), MaxFee: decimal(w.config.MaxFee), MaxSpendPerDay: decimal(w.config.MaxSpendPerDay),
		SpentToday: decimal(s.spent), SpentOnRelays: decimal(s.spentRelays),
		RelaysWaiting: s.relays, RelaysHeld: s.relaysHeld,
		Operations: len(s.open), LastFinal: optional(s.lastFinal), EvidenceAt: optional(s.evidence),
		Anchors: r.Anchors, Replacements: r.Replacements, ForeignNonces: r.ForeignNonces, Reorgs: r.Reorgs, DeepReorgs: r.DeepReorgs,
	}
	if skew, known := s.clock.estimate(); known {
		c.ClockSkew = new(skew.Seconds())
	}
	if c.HeadTime != nil && c.FinalTime != nil {
		c.FinalityLag = new(c.HeadTime.Sub(*c.FinalTime).Seconds())
	}
	if d := r.LastDeepReorg; d != nil {
		c.LastDeepReorg = &client.DeepReorg{At: millis(d.At), Final: d.Final, Fork: d.Fork, Reopened: d.Reopened}
	}
	for i := range s.open {
		if o := &s.open[i]; o.State != Final && o.State != Failed {
			c.InFlight = append(c.InFlight, inFlight(o))
		}
	}
	for _, of := range w.client.Servers() {
		c.Servers = append(c.Servers, client.Server{
			Server: of.Server, State: of.State, InUse: of.Current, Latency: of.Latency.Seconds(),
			Requests: of.Requests, Failed: of.Failed, Failures: of.Failures, Error: of.LastError, ErrorAt: optional(of.LastErrorAt),
			AnsweredAt: optional(of.LastGood), RetryAt: optional(of.RetryAt), Head: of.Head, Final: of.Final,
			Disagreements: of.Disagreements, Detail: of.Detail,
		})
	}
	return c
}

// anchorsLeft returns how many anchors a balance still pays for; nil while that is unknown.
func anchorsLeft(balance, cost *big.Int) *uint64 {
	if balance == nil || cost == nil || cost.Sign() <= 0 {
		return nil
	}
	n := new(big.Int).Quo(balance, cost)
	if !n.IsUint64() {
		return new(uint64(math.MaxUint64))
	}
	return new(n.Uint64())
}

// unix and optional are times as JSON has them: what is not known is absent.
func unix(seconds uint64) *time.Time {
	if seconds == 0 {
		return nil
	}
	return optional(time.Unix(int64(seconds), 0))
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

func decimal(wei *big.Int) string {
	if wei == nil {
		return ""
	}
	return wei.String()
}

func (n *Node) fillHealth(h *client.Health) error {
	waiting, pending, err := n.waits()
	if err != nil {
		return err
	}
	next, err := n.nextBatch()
	if err != nil {
		return err
	}
	h.Waiting, h.NextBatch = waiting, optional(next)
	for _, w := range n.writers {
		oldest, err := w.oldestPending()
		if err != nil {
			return err
		}
		if !oldest.IsZero() && (pending.IsZero() || oldest.Before(pending)) {
			pending = oldest
		}
	}
	h.OldestPending = optional(pending)
	last, err := n.store.LastBatch()
	for ; err == nil && last > 0; last-- {
		b, err := n.batchInfo(last)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(b.Chains, func(c client.ChainState) bool { return c.State == Final || c.State == Mined }) {
			h.LastAnchor = &b
			break
		}
	}
	return err
}

// maxLooked bounds how many submissions are looked at to find the oldest that is not
// final: on a chain that is nobody's home there is none.
const maxLooked = 1000

// oldestPending returns when the oldest submission was accepted that is at home here
// and in a batch that is not final here; zero if there is none.
func (w *writer) oldestPending() (time.Time, error) {
	s := w.node.store
	open, err := s.OpenOperations(w.home.Chain)
	if err != nil {
		return time.Time{}, err
	}
	looked := 0
	for _, o := range open { // oldest first
		if o.Kind != store.KindAnchor || o.State == Final {
			continue
		}
		b, err := s.Batch(o.Batch)
		if err != nil {
			return time.Time{}, err
		}
		for sequence := b.First; sequence <= b.Last; sequence++ {
			r, err := s.SubmissionAt(sequence)
			if err != nil || r.Home() == w.home {
				return millis(r.AcceptedAt), err
			}
			if looked++; looked == maxLooked {
				return time.Time{}, nil
			}
		}
	}
	return time.Time{}, nil
}

func inFlight(o *store.Operation) client.Transaction {
	t := client.Transaction{
		Kind: string(o.Kind), Subject: o.Issuer.String(), State: o.State, Since: millis(o.Since),
		Attempts: len(o.Attempts), Hash: transaction(o),
	}
	if o.Kind == store.KindAnchor {
		t.Subject = o.Root.String()
	}
	if a := o.Newest(); a != nil {
		t.Nonce, t.SentAt = a.Nonce, optional(millis(a.At))
		t.FeeCap, t.Tip = new(big.Int).SetBytes(a.FeeCap).String(), new(big.Int).SetBytes(a.Tip).String()
	}
	return t
}

// Batches lists up to limit batches in the order of sealing, after the one
// numbered after (zero: from the first).
func (n *Node) Batches(_ context.Context, after uint64, limit int) ([]client.Batch, error) {
	list, err := n.store.Batches(after, limit)
	if err != nil {
		return nil, err
	}
	infos := make([]client.Batch, 0, len(list))
	for i := range list {
		info, err := n.describe(&list[i])
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// Batch returns a batch by its root, or [ErrNotFound].
func (n *Node) Batch(_ context.Context, root merkle.Hash) (client.Batch, error) {
	b, err := n.store.BatchByRoot(root)
	if err != nil {
		return client.Batch{}, fmt.Errorf("batch %s: %w", root, nodeError(err))
	}
	return n.describe(&b)
}

func (n *Node) batchInfo(number uint64) (client.Batch, error) {
	b, err := n.store.Batch(number)
	if err != nil {
		return client.Batch{}, err
	}
	return n.describe(&b)
}

func (n *Node) describe(b *store.Batch) (client.Batch, error) {
	info := client.Batch{
		Number: b.Number, Root: b.Root, Manifest: b.Manifest, ManifestCID: publish.ManifestCID(b.Manifest).String(),
		Count: b.Count(), Leaves: b.Leaves, State: Batched, SealedAt: millis(b.SealedAt), Since: millis(b.SealedAt),
	}
	var err error
	if info.Chains, err = n.chainStatus(b); err != nil || len(info.Chains) == 0 {
		return info, err
	}
	least := slices.MinFunc(info.Chains, func(a, b client.ChainState) int { return order(a.State) - order(b.State) })
	info.State, info.Since, info.Transaction, info.Block = least.State, least.Since, least.Transaction, least.Block
	return info, nil
}

// order numbers the states of a batch in their order.
func order(s State) int { return slices.Index([]State{Accepted, Batched, Broadcast, Mined, Final}, s) }
