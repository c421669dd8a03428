package anchor

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
)

// healthState is what the pipeline saw last.
type healthState struct {
	mu          sync.Mutex
	head, final chain.Block
	headSeen    time.Time // when head was first seen
	clock       clockSkew
	err         string // of reading the chain
	stuck       string // what holds up operations
	balance     *big.Int
	baseFee     *big.Int // wei per gas
	anchorCost  *big.Int // wei
	open        []store.Operation
	evidence    time.Time
}

func (h *healthState) setError(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = text(err)
}

func (h *healthState) setStuck(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stuck = text(err)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (h *healthState) setBlocks(head, final chain.Block, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if head.Hash != h.head.Hash {
		h.clock.saw(head.Time, now, h.head == chain.Block{})
		h.headSeen = now
	}
	h.head, h.final = head, final
}

func (h *healthState) setOperations(open []*store.Operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open = h.open[:0]
	for _, o := range open {
		h.open = append(h.open, *o)
	}
}

func (h *healthState) setEvidence(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.evidence = t
}

func (n *Node) readBalance(ctx context.Context) {
	b, err := n.client.Balance(ctx, n.config.Chains[0].Key.Address())
	if err != nil {
		return // the next look at the chain says what is wrong
	}
	fees, base, feesErr := n.client.Fees(ctx)
	n.health.mu.Lock()
	defer n.health.mu.Unlock()
	n.health.balance = b.ToInt()
	if feesErr == nil {
		n.health.baseFee, n.health.anchorCost = base, new(big.Int).Mul(fees.Cap, big.NewInt(anchorGas))
	}
}

// anchorGas is the gas of an anchor, as measured and rounded up; the writer asks for
// each one's own.
const anchorGas = 60_000

// Health returns what an operator needs to know, as of the pipeline's last look at
// the chain. It asks nobody.
func (n *Node) Health(context.Context) Health {
	s := &n.health
	s.mu.Lock()
	h := Health{}
	c := ChainHealth{
		Home: n.home, Account: n.config.Chains[0].Key.Address(),
		Head: s.head.Number, Final: s.final.Number, HeadSeen: s.headSeen, RPCError: s.err, Stuck: s.stuck, EvidenceFetchedAt: s.evidence,
	}
	if s.final.Time > 0 {
		c.FinalTime = time.Unix(int64(s.final.Time), 0).UTC()
	}
	if s.head.Time > 0 {
		c.HeadTime = time.Unix(int64(s.head.Time), 0).UTC()
	}
	c.ClockSkew, c.ClockKnown = s.clock.estimate()
	c.Balance, c.BaseFee, c.AnchorCost = decimal(s.balance), decimal(s.baseFee), decimal(s.anchorCost)
	c.MaxFee, c.MaxSpendPerDay = decimal(n.config.Chains[0].MaxFee), decimal(n.config.Chains[0].MaxSpendPerDay)
	for i := range s.open {
		if o := &s.open[i]; State(o.State) != Final && State(o.State) != Failed {
			c.InFlight = append(c.InFlight, inFlightInfo(o))
		}
	}
	s.mu.Unlock()
	c.Servers = n.client.Servers()
	h.Chains = []ChainHealth{c}
	h.Dead, h.MaxWaiting = n.Dead(), n.config.MaxWaiting

	h.Submissions = n.store.Accepted()
	h.Disk = DiskHealth{Reserve: n.config.DiskReserve, Store: n.store.DiskUsage()}
	var diskFault error
	h.Disk.Free, diskFault = n.disk.state()
	h.Disk.Fault = text(diskFault)
	err := n.fillHealth(&h)
	switch {
	case err != nil:
		h.Intake, h.Fault = IntakeDiskError, "the data folder cannot be read: "+err.Error()
	case !n.running.Load():
		h.Intake, h.Fault = IntakeStopped, "the node is not running"
	case errors.Is(diskFault, ErrDiskFull):
		h.Intake, h.Fault = IntakeDiskFull, diskFault.Error()
	case diskFault != nil:
		h.Intake, h.Fault = IntakeDiskError, diskFault.Error()
	case h.Waiting >= n.config.MaxWaiting:
		h.Intake, h.Fault = IntakeQueueFull, ErrBusy.Error()
	default:
		h.Intake, h.Ready = IntakeOpen, true
		// Accepted submissions wait, so intake keeps its promise.
		if h.Fault = c.RPCError; h.Fault == "" {
			h.Fault = c.Stuck
		}
	}
	return h
}

func (n *Node) fillHealth(h *Health) (err error) {
	if h.Waiting, h.OldestPending, err = n.waits(); err != nil {
		return err
	}
	if h.NextBatch, err = n.nextBatch(); err != nil {
		return err
	}
	open, err := n.store.OpenOperations()
	if err != nil {
		return err
	}
	for _, o := range open { // oldest first
		if o.Kind == store.KindAnchor && State(o.State) != Final {
			b, err := n.store.Batch(o.Batch)
			if err != nil {
				return err
			}
			r, err := n.store.SubmissionAt(b.First)
			if err != nil {
				return err
			}
			h.OldestPending = millis(r.AcceptedAt)
			break
		}
	}
	last, err := n.store.LastBatch()
	for ; err == nil && last > 0; last-- {
		b, err := n.batchInfo(last)
		if err != nil {
			return err
		}
		if b.State == Final || b.State == Mined {
			h.LastAnchor = &b
			break
		}
	}
	return err
}

// decimal writes an amount; nil is unknown.
func decimal(n *big.Int) string {
	if n == nil {
		return ""
	}
	return n.String()
}

func inFlightInfo(o *store.Operation) TransactionInfo {
	t := TransactionInfo{
		Kind: string(o.Kind), Subject: o.Issuer.String(), State: State(o.State), Since: millis(o.Since),
		Attempts: len(o.Attempts), Hash: transaction(o),
	}
	if o.Kind == store.KindAnchor {
		t.Subject = o.Root.String()
	}
	if a := o.Newest(); a != nil {
		t.Nonce, t.FeeCap = a.Nonce, new(big.Int).SetBytes(a.FeeCap).String()
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
		return BatchInfo{}, fmt.Errorf("batch %s: %w", root, known(err))
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
	o, err := n.store.Operation(b.Operation)
	if err != nil {
		return BatchInfo{}, err
	}
	return BatchInfo{
		Number: b.Number, Root: b.Root, Manifest: b.Manifest, Count: b.Count(), Leaves: b.Leaves,
		State: State(o.State), SealedAt: millis(b.SealedAt), Since: millis(o.Since),
		Transaction: transaction(&o), Block: blockNumber(&o),
	}, nil
}
