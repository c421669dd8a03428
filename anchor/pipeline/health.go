package pipeline

import (
	"errors"
	"math"
	"math/big"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// shown is what operators see of a chain.
type shown = client.ChainHealth

// writerHealth is the part of a writer that other goroutines read: what it saw last.
type writerHealth struct {
	mu    sync.Mutex
	last  shown // without the servers; what it points to does not change
	head  chain.Block
	clock clockSkew
	err   error // of the newest look at the chain

	// Whether another batch can be sent: for the sealer.
	hold     error // why not
	inFlight int
	expected int // batches sealed since inFlight was counted
}

// errNotYet holds up sealing until the chain was looked at.
var errNotYet = errors.New("the chain has not been looked at yet")

// show changes what operators see.
func (h *writerHealth) show(change func(*shown)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.last)
}

func (h *writerHealth) setError(err error) {
	h.show(func(c *shown) { h.err, c.RPCError = err, text(err) })
}

func (h *writerHealth) setBlocks(head, final chain.Block, now time.Time) {
	h.show(func(c *shown) {
		if head.Hash != h.head.Hash {
			h.clock.saw(head.Time, now, h.head == chain.Block{})
			c.HeadSeen = optional(now)
		}
		h.head = head
		c.Head, c.HeadTime, c.Final, c.FinalTime, c.FinalityLag = head.Number, unix(head.Time), final.Number, unix(final.Time), nil
		if c.HeadTime != nil && c.FinalTime != nil {
			c.FinalityLag = new(c.HeadTime.Sub(*c.FinalTime).Seconds())
		}
	})
}

func (h *writerHealth) setOperations(open []*store.Operation) {
	h.show(func(c *shown) {
		c.Operations, c.InFlight = 0, nil
		for _, o := range open {
			if o.Closed {
				continue
			}
			c.Operations++
			if o.State != publish.Final && o.State != publish.Failed {
				c.InFlight = append(c.InFlight, inFlight(o))
			}
		}
	})
}

// begin forgets what was seen while this process wrote before.
func (h *writerHealth) begin(r *store.Chain) {
	h.mu.Lock()
	h.last, h.head, h.clock, h.err, h.hold, h.inFlight, h.expected = shown{}, chain.Block{}, clockSkew{}, nil, errNotYet, 0, 0
	h.mu.Unlock()
	h.setRecord(r)
}

func (h *writerHealth) setRecord(r *store.Chain) {
	h.show(func(c *shown) {
		c.Anchors, c.Replacements, c.ForeignNonces, c.Reorgs, c.DeepReorgs = r.Anchors, r.Replacements, r.ForeignNonces, r.Reorgs, r.DeepReorgs
		if d := r.LastDeepReorg; d != nil {
			c.LastDeepReorg = &client.DeepReorg{At: role.Millis(d.At), Final: d.Final, Fork: d.Fork, Reopened: d.Reopened}
		}
	})
}

// setCeiling finds the operator's limit among what holds up sending.
func (h *writerHealth) setCeiling(errs ...error) {
	h.show(func(c *shown) {
		c.Ceiling = ""
		for _, err := range errs {
			if limit := (*ceilingError)(nil); errors.As(err, &limit) {
				c.Ceiling = limit.reason
			}
		}
	})
}

// newest returns the newest block, or why the newest look at the chain failed.
func (h *writerHealth) newest() (chain.Block, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.head, h.err
}

// Info describes the chain to clients.
func (w *Writer) Info() client.ChainInfo {
	return client.ChainInfo{Home: w.home, Genesis: w.genesis, Account: w.Account(), Confirmations: w.config.Confirmations.String()}
}

// Health returns what an operator needs to know of the chain, as of the newest look at it: from
// the store alone while another process writes.
func (w *Writer) Health() client.ChainHealth {
	account := w.Account()
	if w.ledElsewhere() {
		_ = w.elsewhere.ready(w) // it shows what it reads; an error of the store is shown for the node
	}
	w.health.mu.Lock()
	c := w.health.last
	skew, known := w.health.clock.estimate()
	w.health.mu.Unlock()
	if known {
		c.ClockSkew = new(skew.Seconds())
	}
	c.Home, c.Account, c.MaxFee, c.MaxSpendPerDay = w.home, account, decimal(w.config.MaxFee), decimal(w.config.MaxSpendPerDay)
	if w.follower != nil {
		c.Beacon = w.follower.Health()
	}
	c.Witnesses, c.VouchersWaiting = len(w.config.Witness), w.waiting.count()
	c.AnchorsLeft = anchorsLeft(c.Balance, c.AnchorCost)
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
func anchorsLeft(balance, cost string) *uint64 {
	have, known := new(big.Int).SetString(balance, 10)
	each, priced := new(big.Int).SetString(cost, 10)
	if !known || !priced || each.Sign() <= 0 {
		return nil
	}
	n := have.Quo(have, each)
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

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
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
	if t.Block, t.Reason = minedIn(o), o.Reason; len(o.Paid) > 0 {
		t.Paid = new(big.Int).SetBytes(o.Paid).String()
	}
	if a := o.Newest(); a != nil {
		t.Nonce, t.SentAt = a.Nonce, optional(role.Millis(a.At))
		t.FeeCap, t.Tip = new(big.Int).SetBytes(a.FeeCap).String(), new(big.Int).SetBytes(a.Tip).String()
	}
	return t
}

// minedIn is the number of the block that an operation is in, nil unless it is in one.
func minedIn(o *store.Operation) *uint64 {
	if s := o.State; s != publish.Mined && s != publish.Final || o.Block.Number == 0 {
		return nil
	}
	return new(o.Block.Number)
}
