package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/finality"
	"github.com/hallmark-node/hallmark/anchor/follow"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Writer brings operations onto one chain and follows them there. Each chain has
// its own, with its own goroutine, so that none waits for another.
//
// The goroutine in run is the only one that changes operations of this chain and
// its record, and the only owner of its account's nonces: those in use are the ones
// in the attempts of operations that are not closed, and nothing else counts.
//
// Of several processes the one that holds the lease of the chain and the account writes; all
// that it writes goes with the lease, and it asks whether it still holds that right before it
// signs and sends. What it sends it has written before, so should it be stopped just then, and send
// later, then only what the next holder knows and would send itself.
type Writer struct {
	pipeline *Pipeline
	config   ChainConfig
	log      *slog.Logger
	client   *chain.Client
	follower *finality.Follower // nil without beacon nodes
	waiting  waiting            // batches that lack a voucher

	// Set before run, and then constant.
	home    verifier.Home
	genesis merkle.Hash
	account verifier.Address

	wake      chan struct{} // capacity 1: there is something to do
	health    writerHealth
	gate                    // of statements
	anchorGas atomic.Uint64 // what an anchor takes, by the newest estimate; 0: unknown

	leading   atomic.Bool // this process writes to the chain
	elsewhere elsewhere   // what is known of the writer while that is not so

	// Owned by the goroutine in run, and set anew in lead.
	term       *role.Term
	record     store.Chain
	changes    uint64 // of the store by other processes, when all operations were last looked at
	events     follow.Reader
	identified bool // the servers report the right chain; checked again after each error
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

// Home is the registry that is written to.
func (w *Writer) Home() verifier.Home { return w.home }

// Client reads the chain.
func (w *Writer) Client() *chain.Client { return w.client }

// Poll is how long to wait for a new block.
func (w *Writer) Poll() time.Duration { return w.config.PollInterval }

// Confirmations says when a block is final.
func (w *Writer) Confirmations() chain.Confirmations { return w.config.Confirmations }

// Wake makes the writer look at its chain at once.
func (w *Writer) Wake() {
	select {
	case w.wake <- struct{}{}:
	default: // it will anyway
	}
}

// run ticks until ctx is done. Its error is one of the disk; errors of the chain are
// outages.
func (w *Writer) run(ctx context.Context) error {
	kicked := true
	for {
		w.beat()
		w.pipeline.disk.Await(ctx, w.log, w.beat)
		err := w.tick(ctx, kicked)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to end
		}
		var fatal *fatalStoreError
		if errors.As(err, &fatal) {
			return err
		}
		w.outcome(err)
		timer := time.NewTimer(w.pause())
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-w.wake:
			kicked = true
		case <-timer.C:
			kicked = w.failures > 0
		}
		timer.Stop()
	}
}

// beat tells that the writer is alive.
func (w *Writer) beat() { w.pipeline.config.Hooks.Beat(w.home.Chain.String()) }

// outcome keeps count of errors and says each once.
func (w *Writer) outcome(err error) {
	if err == nil {
		if w.failures > 0 {
			w.log.Info("RPC servers work again", "failures", w.failures)
		}
		w.failures, w.complained = 0, ""
		w.health.setError(nil)
		return
	}
	w.failures++
	w.identified = false
	if text := err.Error(); text != w.complained {
		w.log.Warn("no RPC server could be used; nothing is lost, retrying", "err", err)
		w.complained = text
	}
	w.health.setError(err)
	w.setReady(err, 0)
}

// pause returns how long to wait before the next look: longer after errors.
func (w *Writer) pause() time.Duration {
	d := w.config.PollInterval
	for range min(w.failures, 16) {
		if d *= 2; d > maxBackoff {
			return maxBackoff
		}
	}
	return d
}

// snapshot is the chain at one head and one final block, as all operations of one tick see it.
type snapshot struct {
	client            *chain.Client // asks one server, so that all this is consistent
	head, final       chain.Block
	nonce, nonceFinal uint64 // of the account's next transaction, at head and at final
	open              []*store.Operation
}

// tick looks at the chain once and does what is to be done.
func (w *Writer) tick(ctx context.Context, kicked bool) error {
	if !w.identified {
		if err := w.identify(ctx); err != nil {
			return err
		}
		w.identified = true
	}
	var s snapshot
	var err error
	if s.client, err = w.client.Look(ctx); err != nil {
		return err
	}
	if s.head, s.final, err = w.blocks(ctx, s.client); err != nil {
		return err
	}
	if s.final, err = w.checkFinality(ctx, &s); err != nil {
		return err
	}
	now, changes := time.Now(), w.pipeline.store.Changes()
	news := kicked || s.head != w.head || s.final != w.final || changes != w.changes || now.Sub(w.looked) > recheck*w.config.PollInterval
	w.head, w.final, w.changes = s.head, s.final, changes
	w.health.setBlocks(s.head, s.final, now)
	if !news {
		return nil
	}
	w.looked = now
	w.health.show(func(*shown) { w.health.expected = 0 })
	if w.config.Watch {
		return w.watch(ctx, &s)
	}
	if s.nonce, err = s.client.Nonce(ctx, w.account, s.head.Hash); err != nil {
		return err
	}
	if s.final.Number > 0 {
		if s.nonceFinal, err = s.client.Nonce(ctx, w.account, s.final.Hash); err != nil {
			return err
		}
	}
	if err := w.scan(ctx, s.client, s.final); err != nil {
		return err
	}
	if s.open, err = w.pipeline.store.OpenOperations(w.home.Chain); err != nil {
		return storeError(err)
	}
	// One that is stuck does not hold up the others.
	var stuck, stuckAnchors stuckErrors
	var relaysHeld error
	for _, o := range w.turn(s.open) {
		if unsent(o) {
			held := w.slot(o, &s)
			if isStatement(o) && relaysHeld == nil {
				relaysHeld = held
			}
			if held != nil || isStatement(o) && relaysHeld != nil {
				continue // its turn comes
			}
		}
		w.beat()
		err := w.advance(ctx, o, &s)
		if ctx.Err() != nil || errors.As(err, new(*fatalStoreError)) {
			return err
		}
		if isStatement(o) && unsent(o) && errors.As(err, new(*ceilingError)) {
			relaysHeld, err = err, nil // and so are all others, which need not be tried
		}
		stuck.add(o, err)
		if isAnchor(o) {
			stuckAnchors.add(o, err)
		}
	}
	w.health.setOperations(s.open)
	if err := w.showRecords(s.open, now); err != nil {
		return storeError(err)
	}
	waiting, held := s.waiting(isStatement), text(w.relaysHeld(&s, relaysHeld))
	w.health.show(func(c *shown) { c.RelaysWaiting, c.RelaysHeld = waiting, held })
	w.complain(stuck.join())
	w.review(ctx, &s, stuckAnchors.join())
	return nil
}

// stuckErrors say what holds up operations: the first few in full, since each of many
// is likely to say the same.
type stuckErrors struct {
	errs []error
	more int
}

const maxStuck = 3

func (e *stuckErrors) add(o *store.Operation, err error) {
	switch {
	case err == nil:
	case len(e.errs) == maxStuck:
		e.more++
	default:
		e.errs = append(e.errs, fmt.Errorf("%s: %w", subject(o), err))
	}
}

func (e *stuckErrors) join() error {
	if e.more > 0 {
		return errors.Join(append(e.errs, fmt.Errorf("and %d more are held up", e.more))...)
	}
	return errors.Join(e.errs...)
}

// inFlight returns how many operations of a sort have a transaction that the chain has
// not mined.
func (s *snapshot) inFlight(of func(*store.Operation) bool) (count int) {
	for _, o := range s.open {
		if of(o) && len(o.Attempts) > 0 && highest(o) >= s.nonce && !o.Closed {
			count++
		}
	}
	return count
}

// waiting returns how many operations of a sort have no transaction yet and need one.
func (s *snapshot) waiting(of func(*store.Operation) bool) (count int) {
	for _, o := range s.open {
		if of(o) && unsent(o) {
			count++
		}
	}
	return count
}

// used reports whether a nonce that the chain has not used is taken by an operation.
func (s *snapshot) used(nonce uint64) bool {
	for _, o := range s.open {
		for i := range o.Attempts {
			if o.Attempts[i].Nonce == nonce {
				return true
			}
		}
	}
	return false
}

// free returns the lowest nonce that neither the chain nor an operation has used.
func (s *snapshot) free() uint64 {
	n := s.nonce
	for s.used(n) {
		n++
	}
	return n
}

// complain says what holds up operations, once.
func (w *Writer) complain(err error) {
	t := text(err)
	w.health.show(func(c *shown) { c.Stuck = t })
	if t != w.stuck {
		if w.stuck = t; err != nil {
			w.log.Warn("operations held up; nothing is lost, retrying", "err", err)
		}
	}
}

// review finds out whether another batch could be sent now, and tells the sealer.
func (w *Writer) review(ctx context.Context, s *snapshot, stuck error) {
	limit := w.afford(ctx, s)
	err := limit
	inFlight := s.inFlight(isAnchor)
	if err == nil {
		err = w.anchorSlot(inFlight)
	}
	if count := s.waiting(isAnchor); count > 0 && (err == nil || stuck != nil && errors.Is(err, role.ErrInFlight)) {
		if err = stuck; stuck == nil {
			err = fmt.Errorf("%w: %d earlier batches are not sent yet", role.ErrInFlight, count)
		}
	}
	w.setReady(err, inFlight)
	w.health.setCeiling(stuck, limit) // shown once nothing is sealed for it
}

// relaysHeld says what holds up statements, or keeps further ones out.
func (w *Writer) relaysHeld(s *snapshot, held error) error {
	if held == nil && w.crowd(s.open) >= maxRelays {
		return fmt.Errorf("%d statements wait until they are final; until then none are accepted of issuers that are not listed", maxRelays)
	}
	return held
}

// setReady records whether another batch could be sent, and wakes the sealer.
func (w *Writer) setReady(err error, inFlight int) {
	w.health.show(func(*shown) { w.health.hold, w.health.inFlight = err, inFlight })
	w.tellHold(err)
	w.pipeline.config.Ready()
}

// identify checks that a server reports the chain that the folder is bound to, and that
// the registry is there.
func (w *Writer) identify(ctx context.Context) error {
	// The client itself leaves out servers of other chains.
	if _, err := w.client.ID(ctx); err != nil {
		return err
	}
	return w.client.Check(ctx, w.home.Registry)
}

// blocks returns the newest block, and the newest final one: the zero Block while
// there is none.
func (w *Writer) blocks(ctx context.Context, client *chain.Client) (head, final chain.Block, err error) {
	if head, err = client.Head(ctx); err != nil {
		return head, final, err
	}
	final, err = client.Final(ctx, w.config.Confirmations, head)
	if errors.Is(err, chain.ErrNoBlock) {
		err = nil
	}
	if err == nil && final.Number > head.Number {
		if head, err = client.Head(ctx); err == nil && final.Number > head.Number {
			err = fmt.Errorf("the newest block is %d, and block %d was final before: the RPC server is behind", head.Number, final.Number)
		}
	}
	return head, final, err
}

// Issuer reads an issuer's record at the newest block. Errors wrap [role.ErrUnavailable].
func (w *Writer) Issuer(ctx context.Context, issuer verifier.Address) (chain.IssuerRecord, chain.Block, error) {
	var head chain.Block
	client, err := w.client.Look(ctx)
	if err == nil {
		head, err = client.Head(ctx)
	}
	if err == nil {
		var r chain.IssuerRecord
		if r, err = client.Issuer(ctx, head.Hash, w.home.Registry, issuer); err == nil {
			return r, head, nil
		}
	}
	return chain.IssuerRecord{}, head, fmt.Errorf("%w: %w", role.ErrUnavailable, err)
}

// Newest returns the hash of the newest block that was seen, or why the newest look at the
// chain failed: the zero Hash while the writer of this process does not look.
func (w *Writer) Newest() (merkle.Hash, error) {
	if !w.leading.Load() {
		return merkle.Hash{}, nil
	}
	head, err := w.health.newest()
	return head.Hash, err
}

// write is an update of the store by the writer.
func (w *Writer) write(change func(*store.Tx) error) error {
	return w.term.Update(w.pipeline.store, change)
}

// update changes the store together with the chain's record.
func (w *Writer) update(change func(*store.Tx, *store.Chain) error) error {
	var record store.Chain
	err := w.write(func(tx *store.Tx) error {
		record = w.record
		return errors.Join(change(tx, &record), tx.PutChain(&record))
	})
	if err != nil {
		return storeError(err)
	}
	w.record = record
	w.health.setRecord(&record)
	return nil
}

// subject names an operation in logs.
func subject(o *store.Operation) string {
	if o.Kind == store.KindAnchor {
		return "batch " + o.Root.String()
	}
	return string(o.Kind) + " of " + o.Issuer.String()
}

// scan notes which issuers' records have changed up to the final block, so that
// older evidence of theirs is no longer served.
func (w *Writer) scan(ctx context.Context, client *chain.Client, final chain.Block) error {
	if final.Number == 0 {
		return nil
	}
	if w.record.Scanned == 0 {
		// A new chain has no evidence that could be older.
		return w.update(func(_ *store.Tx, r *store.Chain) error {
			r.Scanned = final.Number
			return nil
		})
	}
	for w.record.Scanned < final.Number {
		events, upTo, err := w.events.Read(ctx, client, w.record.Scanned+1, final.Number)
		if err != nil {
			return err
		}
		changed := make(map[verifier.Address]uint64) // the last such block of each
		for _, e := range events {
			if e.Kind == chain.StatusChanged || e.Kind == chain.Retired {
				changed[e.Issuer] = e.Number
			}
		}
		err = w.update(func(tx *store.Tx, r *store.Chain) error {
			r.Scanned = upTo
			for issuer, block := range changed {
				if err := tx.SetChanged(w.home.Chain, issuer, block); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for issuer, block := range changed {
			w.log.Info("issuer status changed", "issuer", issuer.String(), "block", block)
		}
	}
	return nil
}
