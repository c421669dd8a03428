package pipeline

import (
	"math"
	"math/big"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// Info describes the chain to clients.
func (w *Writer) Info() client.ChainInfo {
	return client.ChainInfo{Home: w.home, Genesis: w.genesis, Account: w.account, Confirmations: w.config.Confirmations.String()}
}

// Health returns what an operator needs to know of the chain, as of the newest look at it.
func (w *Writer) Health() client.ChainHealth {
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
		c.LastDeepReorg = &client.DeepReorg{At: role.Millis(d.At), Final: d.Final, Fork: d.Fork, Reopened: d.Reopened}
	}
	for i := range s.open {
		if o := &s.open[i]; o.State != publish.Final && o.State != publish.Failed {
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

// maxLooked bounds how many submissions are looked at to find the oldest that is not
// final: on a chain that is nobody's home there is none.
const maxLooked = 1000

// OldestPending returns when the oldest submission was accepted that is at home here
// and in a batch that is not final here; zero if there is none.
func (w *Writer) OldestPending() (time.Time, error) {
	s := w.pipeline.store
	open, err := s.OpenOperations(w.home.Chain)
	if err != nil {
		return time.Time{}, err
	}
	looked := 0
	for _, o := range open { // oldest first
		if o.Kind != store.KindAnchor || o.State == publish.Final {
			continue
		}
		b, err := s.Batch(o.Batch)
		if err != nil {
			return time.Time{}, err
		}
		for sequence := b.First; sequence <= b.Last; sequence++ {
			r, err := s.SubmissionAt(sequence)
			if err != nil || r.Home() == w.home {
				return role.Millis(r.AcceptedAt), err
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
		Kind: string(o.Kind), Subject: o.Issuer.String(), State: o.State, Since: role.Millis(o.Since),
		Attempts: len(o.Attempts), Hash: o.Transaction(),
	}
	if o.Kind == store.KindAnchor {
		t.Subject = o.Root.String()
	}
	if a := o.Newest(); a != nil {
		t.Nonce, t.SentAt = a.Nonce, optional(role.Millis(a.At))
		t.FeeCap, t.Tip = new(big.Int).SetBytes(a.FeeCap).String(), new(big.Int).SetBytes(a.Tip).String()
	}
	return t
}
