package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
)

// A chain has one writer at a time, in whichever process holds the lease. What other processes
// need to know of it, whether another batch can be sent, they take from the store.

// leaseName names what only one process may do: spend an account's nonces on a chain.
func (w *Writer) leaseName() string { return fmt.Sprintf("chain:%s:%s", w.home.Chain, w.account) }

// lead writes to the chain until ctx is done. It begins with what the store says: before,
// another process may have written.
func (w *Writer) lead(ctx context.Context, t *role.Term) (err error) {
	w.term = t
	if w.record, err = w.pipeline.store.Chain(w.home.Chain); err != nil {
		return storeError(err)
	}
	w.identified, w.failures, w.complained, w.stuck = false, 0, "", ""
	w.head, w.final, w.looked = chain.Block{}, chain.Block{}, time.Time{}
	w.health.begin(&w.record)
	w.leading.Store(true)
	defer func() {
		w.leading.Store(false)
		w.health.begin(&w.record)
		w.pipeline.config.Hooks.Rest(w.home.Chain.String())
	}()
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return w.run(ctx) })
	if w.follower != nil {
		work.Go(func() error { return w.follower.Run(ctx) })
	}
	if w.vouches() {
		work.Go(func() error { return w.vouch(ctx) })
	}
	return work.Wait()
}

// Ready returns why another batch could not be sent now, nil if it could: an error that wraps
// [role.ErrInFlight] if enough is on its way.
func (w *Writer) Ready() error {
	if w.ledElsewhere() {
		return w.elsewhere.ready(w)
	}
	h := &w.health
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := cmp.Or(h.err, h.hold); err != nil {
		return err
	}
	return w.anchorSlot(h.inFlight + h.expected)
}

// ledElsewhere reports whether another process may be writing to the chain.
func (w *Writer) ledElsewhere() bool { return w.pipeline.config.Shared && !w.leading.Load() }

// Expect notes that a batch is about to be sealed for this chain too.
func (w *Writer) Expect() {
	w.health.show(func(*shown) { w.health.expected++ })
	w.elsewhere.expect()
}

// tellHold writes down why no further batch can be sent, if that is to be told to other
// processes and is another reason than before.
func (w *Writer) tellHold(hold error) {
	if !w.pipeline.config.Shared {
		return
	}
	now := store.Hold{Reason: text(hold), InFlight: errors.Is(hold, role.ErrInFlight)}
	if now == w.record.Hold && w.account == w.record.Account {
		return
	}
	err := w.update(func(_ *store.Tx, r *store.Chain) error {
		r.Hold, r.Account = now, w.account
		return nil
	})
	if err != nil {
		w.log.Debug("why nothing more is sent could not be written down", "err", err) // the next look ends the term if the store is away
	}
}

// lookElsewhere is how old may be what is known of a writer in another process.
const lookElsewhere = 500 * time.Millisecond

// elsewhere is what the store says of a chain that another process writes to. It locks itself.
type elsewhere struct {
	mu       sync.Mutex
	looked   time.Time
	record   store.Chain
	waiting  int // batches that are in no block yet
	expected int // batches sealed since they were counted
}

func (e *elsewhere) expect() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.expected++
}

// look reads the store again if that was a while ago. The caller holds mu.
func (e *elsewhere) look(w *Writer) error {
	if time.Since(e.looked) < lookElsewhere {
		return nil
	}
	r, err := w.pipeline.store.Chain(w.home.Chain)
	if err != nil {
		return err
	}
	open, err := w.pipeline.store.OpenOperations(w.home.Chain)
	if err != nil {
		return err
	}
	e.looked, e.record, e.waiting, e.expected = time.Now(), r, 0, 0
	for _, o := range open {
		if isAnchor(o) && o.Block == (store.Block{}) && !o.Closed {
			e.waiting++
		}
	}
	if w.leading.Load() {
		return nil
	}
	w.health.setRecord(&r)
	w.health.setOperations(open)
	w.health.show(func(c *shown) { c.RPCError, c.Ceiling, c.Stuck = "", "", r.Hold.Reason })
	return w.showRecords(open, e.looked)
}

// ready is [Writer.Ready] while another process writes.
func (e *elsewhere) ready(w *Writer) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.look(w); err != nil {
		return err
	}
	switch hold := e.record.Hold; {
	case e.record.Account.IsZero():
		return errNotYet // no process has
	case hold.InFlight:
		return fmt.Errorf("%w (%s)", role.ErrInFlight, hold.Reason)
	case hold.Reason != "":
		return errors.New(hold.Reason)
	}
	return w.anchorSlot(e.waiting + e.expected)
}

// Account is the account that pays on this chain: the zero address if this process does not
// write, and none has written yet.
func (w *Writer) Account() verifier.Address {
	if !w.account.IsZero() {
		return w.account
	}
	e := &w.elsewhere
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.look(w) // what was known before serves too
	return e.record.Account
}
