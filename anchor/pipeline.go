package anchor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// pipeline is the state of [Node.Run] that is not on disk: nothing that a restart
// would miss.
type pipeline struct {
	identified bool // the server speaks for the right chain; forgotten after each error
	head       chain.Block
	final      chain.Block
	looked     time.Time // when all operations were last looked at
	failures   int       // errors in a row
	complained string    // last error that was logged, so that an outage is one line
	stuck      string    // what holds up single operations, as last logged
}

// maxBackoff bounds the wait after errors, and recheck how long operations are
// left alone while no new block comes, in poll intervals.
const (
	maxBackoff = 30 * time.Second
	recheck    = 5
)

// Run moves everything along until ctx is done: it seals batches, sends
// transactions, follows them until they are final, and takes evidence. It returns
// nil when ctx is done, and an error only if the node cannot go on: the disk
// fails, or the server speaks for another chain.
func (n *Node) Run(ctx context.Context) (err error) {
	if n.running.Swap(true) {
		return errors.New("the node is running already")
	}
	defer func() {
		n.running.Store(false)
		n.beats.end(err)
	}()
	kicked := true
	beat := func() { n.beats.beat("the pipeline") }
	for {
		beat()
		n.disk.await(ctx, n.log, beat)
		err := n.tick(ctx, kicked)
		if ctx.Err() != nil {
			return nil
		}
		var disk *diskError
		if errors.As(err, &disk) || errors.Is(err, ErrWrongChain) {
			n.log.Error("the node stops", "err", err)
			return err
		}
		n.outcome(err)
		timer := time.NewTimer(n.pause())
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-n.wake:
			kicked = true
		case <-timer.C:
			kicked = n.pipe.failures > 0
		}
		timer.Stop()
	}
}

// diskError marks an error of the store, which is not to be retried.
type diskError struct{ err error }

func (e *diskError) Error() string { return e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

func disk(err error) error {
	if err == nil {
		return nil
	}
	return &diskError{err}
}

// outcome keeps count of errors and says each once.
func (n *Node) outcome(err error) {
	p := &n.pipe
	if err == nil {
		if p.failures > 0 {
			n.log.Info("the chain can be read again", "failures", p.failures)
		}
		p.failures, p.complained = 0, ""
		n.health.setError(nil)
		return
	}
	p.failures++
	p.identified = false
	if text := err.Error(); text != p.complained {
		n.log.Warn("the chain cannot be read or written; nothing is lost, it is tried again", "err", err)
		p.complained = text
	}
	n.health.setError(err)
}

// pause returns how long to wait for something to do: until the next poll or the
// next batch is due, longer after errors.
func (n *Node) pause() time.Duration {
	d := n.config.Chains[0].PollInterval
	for range min(n.pipe.failures, 16) {
		if d *= 2; d > maxBackoff {
			return maxBackoff
		}
	}
	// A batch that is overdue is one that cannot be sealed now.
	if due, err := n.nextBatch(); n.pipe.failures == 0 && err == nil {
		if left := time.Until(due); left > 0 {
			d = min(d, left)
		}
	}
	return d
}

// tick looks at the chain once and does what is to be done.
func (n *Node) tick(ctx context.Context, kicked bool) error {
	p := &n.pipe
	if !p.identified {
		if _, err := n.identify(ctx, false); err != nil {
			return err
		}
		p.identified = true
	}
	head, final, err := n.blocks(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	news := kicked || head != p.head || final != p.final || now.Sub(p.looked) > recheck*n.config.Chains[0].PollInterval
	p.head, p.final = head, final
	n.health.setBlocks(head, final, now)

	open, err := n.store.OpenOperations()
	if err != nil {
		return disk(err)
	}
	sealed, err := n.sealDue(now, open)
	if err != nil {
		return disk(err)
	}
	if sealed {
		news = true
		if open, err = n.store.OpenOperations(); err != nil {
			return disk(err)
		}
	}
	if !news {
		return nil
	}
	p.looked = now
	if err := n.scan(ctx, final); err != nil {
		return err
	}
	// In order, since later ones wait for the nonces of earlier ones. One that is
	// stuck does not hold up what the others can do without it.
	var errs []error
	for _, o := range open {
		n.beats.beat("the pipeline")
		err := n.advance(ctx, o, head, final)
		if ctx.Err() != nil || errors.As(err, new(*diskError)) {
			return err
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", subject(o), err))
		}
	}
	n.health.setOperations(open)
	n.readBalance(ctx)
	n.complain(errors.Join(errs...))
	return nil
}

// complain says what holds up operations, once.
func (n *Node) complain(err error) {
	n.health.setStuck(err)
	if t := text(err); t != n.pipe.stuck {
		if n.pipe.stuck = t; err != nil {
			n.log.Warn("an operation cannot go on now; nothing is lost, it is tried again", "err", err)
		}
	}
}

// blocks returns the newest block, and the newest final one: the zero Block while
// there is none.
func (n *Node) blocks(ctx context.Context) (head, final chain.Block, err error) {
	if head, err = n.client.Head(ctx); err != nil {
		return head, final, err
	}
	final, err = n.client.Final(ctx, n.config.Chains[0].Confirmations, head)
	if errors.Is(err, chain.ErrNoBlock) {
		err = nil
	}
	return head, final, err
}

// subject names an operation in logs.
func subject(o *store.Operation) string {
	if o.Kind == store.KindAnchor {
		return "batch " + o.Root.String()
	}
	return string(o.Kind) + " of " + o.Issuer.String()
}

// scan notes which issuers' records have changed up to the final block, so that
// older evidence of theirs is not served any more.
func (n *Node) scan(ctx context.Context, final chain.Block) error {
	if final.Number == 0 {
		return nil
	}
	scanned, err := n.store.Scanned()
	if errors.Is(err, store.ErrNotFound) {
		// A new node has no evidence that could be older.
		return disk(n.store.Update(func(tx *store.Tx) error { return tx.SetScanned(final.Number) }))
	}
	if err != nil {
		return disk(err)
	}
	for scanned < final.Number {
		changed, upTo, err := n.client.IssuerChanges(ctx, n.config.Chains[0].Registry, scanned+1, final.Number)
		if err != nil {
			return err
		}
		err = n.store.Update(func(tx *store.Tx) error {
			for issuer, block := range changed {
				if err := tx.SetChanged(issuer, block); err != nil {
					return err
				}
			}
			return tx.SetScanned(upTo)
		})
		if err != nil {
			return disk(err)
		}
		for issuer, block := range changed {
			n.log.Info("an issuer's status has changed", "issuer", issuer.String(), "block", block)
		}
		scanned = upTo
	}
	return nil
}
