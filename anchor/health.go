package anchor

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
)

// Health returns what an operator needs to know, as of the writers' last looks at
// their chains. It asks no server.
func (n *Node) Health(context.Context) Health {
	h := Health{
		Submissions: n.store.Accepted(), Dead: n.Dead(), MaxWaiting: n.config.MaxWaiting,
		Disk: DiskHealth{Reserve: n.config.DiskReserve, Store: n.store.DiskUsage()},
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
func (w *writer) describe() ChainHealth {
	s := &w.health
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.record
	c := ChainHealth{
		Home: w.home, Account: w.account, Servers: w.client.Servers(),
		Head: s.head.Number, Final: s.final.Number, HeadSeen: s.headSeen, HeadTime: unix(s.head.Time), FinalTime: unix(s.final.Time),
		RPCError: text(s.err), Stuck: s.stuck, Ceiling: s.ceiling,
		Balance: decimal(s.balance), AnchorCost: decimal(s.anchorCost), BaseFee: decimal(s.baseFee),
		MaxFee: decimal(w.config.MaxFee), SpentToday: decimal(s.spent), SpentOnRelays: decimal(s.spentRelays), MaxSpendPerDay: decimal(w.config.MaxSpendPerDay),
		RelaysWaiting: s.relays, RelaysHeld: s.relaysHeld,
		Operations: len(s.open), LastFinal: s.lastFinal, EvidenceFetchedAt: s.evidence,
		Anchors: r.Anchors, Replacements: r.Replacements, ForeignNonce: r.ForeignNonces, Reorgs: r.Reorgs, DeepReorgs: r.DeepReorgs,
	}
	c.ClockSkew, c.ClockKnown = s.clock.estimate()
	if d := r.LastDeepReorg; d != nil {
		c.LastDeepReorg = &DeepReorg{At: millis(d.At), Final: d.Final, Fork: d.Fork, Reopened: d.Reopened}
	}
	for i := range s.open {
		if o := &s.open[i]; o.State != Final && o.State != Failed {
			c.InFlight = append(c.InFlight, inFlightInfo(o))
		}
	}
	return c
}

func unix(seconds uint64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

func decimal(wei *big.Int) string {
	if wei == nil {
		return ""
	}
	return wei.String()
}

func (n *Node) fillHealth(h *Health) (err error) {
	if h.Waiting, h.OldestPending, err = n.waits(); err != nil {
		return err
	}
	if h.NextBatch, err = n.nextBatch(); err != nil {
		return err
	}
	for _, w := range n.writers {
		oldest, err := w.oldestPending()
		if err != nil {
			return err
		}
		if !oldest.IsZero() && (h.OldestPending.IsZero() || oldest.Before(h.OldestPending)) {
			h.OldestPending = oldest
		}
	}
	last, err := n.store.LastBatch()
	for ; err == nil && last > 0; last-- {
		b, err := n.batchInfo(last)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(b.Chains, func(c ChainStatus) bool { return c.State == Final || c.State == Mined }) {
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

func inFlightInfo(o *store.Operation) TransactionInfo {
	t := TransactionInfo{
		Kind: string(o.Kind), Subject: o.Issuer.String(), State: o.State, Since: millis(o.Since),
		Attempts: len(o.Attempts), Hash: transaction(o),
	}
	if o.Kind == store.KindAnchor {
		t.Subject = o.Root.String()
	}
	if a := o.Newest(); a != nil {
		t.Nonce, t.SentAt = a.Nonce, millis(a.At)
		t.FeeCap, t.Tip = new(big.Int).SetBytes(a.FeeCap).String(), new(big.Int).SetBytes(a.Tip).String()
	}
	return t
}

// Batches lists up to limit batches in the order of sealing, after the one
// numbered after (zero: from the first).
func (n *Node) Batches(_ context.Context, after uint64, limit int) ([]BatchInfo, error) {
	list, err := n.store.Batches(after, limit)
	if err != nil {
		return nil, err
	}
	infos := make([]BatchInfo, 0, len(list))
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
func (n *Node) Batch(_ context.Context, root merkle.Hash) (BatchInfo, error) {
	b, err := n.store.BatchByRoot(root)
	if err != nil {
		return BatchInfo{}, fmt.Errorf("batch %s: %w", root, nodeError(err))
	}
	return n.describe(&b)
}

func (n *Node) batchInfo(number uint64) (BatchInfo, error) {
	b, err := n.store.Batch(number)
	if err != nil {
		return BatchInfo{}, err
	}
	return n.describe(&b)
}

func (n *Node) describe(b *store.Batch) (BatchInfo, error) {
	info := BatchInfo{
		Number: b.Number, Root: b.Root, Manifest: b.Manifest, Count: b.Count(), Leaves: b.Leaves, State: Batched, SealedAt: millis(b.SealedAt), Since: millis(b.SealedAt),
	}
	var err error
	if info.Chains, err = n.chainStatus(b); err != nil || len(info.Chains) == 0 {
		return info, err
	}
	least := slices.MinFunc(info.Chains, func(a, b ChainStatus) int { return order(a.State) - order(b.State) })
	info.State, info.Since, info.Transaction, info.Block = least.State, least.Since, least.Transaction, least.Block
	return info, nil
}

// order numbers the states of a batch in their order.
func order(s State) int { return slices.Index([]State{Accepted, Batched, Broadcast, Mined, Final}, s) }
