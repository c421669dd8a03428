package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/anchor/witnessd"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// maxVoucherLag is by how many seconds a block with a voucher may be older than the newest
// final one, and still be taken for fresh.
const maxVoucherLag = 3600

// Bounds of a [vouchRound].
const (
	vouchPause  = 30 * time.Second // until the next round, if no newer block is known to be final
	vouchLooked = 256              // batches that are looked at
	vouchAsked  = 16               // batches for which a server is asked
)

// maxCosignRounds is how often witnesses that signed nothing are asked again once others have.
const maxCosignRounds = 10

// waiting is the set of batches that lack a voucher on a chain, with how often their witnesses
// were asked in vain. It is in memory alone: the store shows what lacks one.
type waiting struct {
	woken chan struct{} // capacity 1: there may be something to do

	mu      *sync.Mutex
	batches map[uint64]int
}

func newWaiting() waiting {
	return waiting{woken: make(chan struct{}, 1), mu: new(sync.Mutex), batches: make(map[uint64]int)}
}

// wake makes the next round begin at once.
func (s *waiting) wake() {
	select {
	case s.woken <- struct{}{}:
	default: // it will anyway
	}
}

func (s *waiting) add(batch uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches[batch] = 0
}

func (s *waiting) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.batches)
}

func (s *waiting) remove(batch uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.batches, batch)
}

// tried counts that the witnesses of a batch were asked in vain, and returns how often that was.
func (s *waiting) tried(batch uint64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.batches[batch]; ok {
		s.batches[batch]++
	}
	return s.batches[batch]
}

func (s *waiting) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.batches)
}

// newest returns the newest batches, at most some number.
func (s *waiting) newest(most int) []uint64 {
	s.mu.Lock()
	list := make([]uint64, 0, len(s.batches))
	for b := range s.batches {
		list = append(list, b)
	}
	s.mu.Unlock()
	slices.Sort(list)
	slices.Reverse(list)
	return list[:min(most, len(list))]
}

// vouches reports whether vouchers can be had at all.
func (w *Writer) vouches() bool { return w.follower != nil || len(w.config.Witness) > 0 }

// expectVouchers notes that the evidence of a batch is new.
func (w *Writer) expectVouchers(batch uint64) {
	if w.vouches() && w.leading.Load() { // else another process finds it in the store
		w.waiting.add(batch)
		w.waiting.wake()
	}
}

// lacks reports which vouchers are to be had for evidence that has none of their kind.
func (w *Writer) lacks(e *store.Evidence) (beacon, witnesses bool) {
	return w.follower != nil && len(e.Beacon) == 0, len(w.config.Witness) > 0 && len(e.Cosignatures) < len(w.config.Witness)
}

// canonicalHash returns when the block with a hash was made, if it is on the chain.
func (w *Writer) canonicalHash(ctx context.Context, hash merkle.Hash) (time.Time, error) {
	client, err := w.client.Look(ctx)
	if err != nil {
		return time.Time{}, err
	}
	b, err := blockOf(ctx, client, hash)
	return time.Unix(int64(min(b.Time, math.MaxInt64)), 0), err //nolint:gosec // bounded
}

// blockOf returns the block with a hash, if it is on the chain.
func blockOf(ctx context.Context, client *chain.Client, hash merkle.Hash) (chain.Block, error) {
	raw, err := client.Header(ctx, hash)
	if err != nil {
		return chain.Block{}, err
	}
	h, err := verifier.ParseHeader(raw)
	if err != nil {
		return chain.Block{}, err
	}
	b, err := client.At(ctx, h.Number)
	if err == nil && b.Hash != hash {
		err = fmt.Errorf("block %s is not on the chain: block %d is %s", hash, h.Number, b.Hash)
	}
	return b, err
}

// vouched returns the block that the newest voucher is for, and its evidence. It is one that is
// final for the node itself too.
func (w *Writer) vouched(ctx context.Context, client *chain.Client, final chain.Block) (at chain.Block, voucher []byte, ok bool) {
	if w.follower == nil {
		return at, nil, false
	}
	v := w.follower.Newest()
	if v == nil {
		return at, nil, false
	}
	at, err := blockOf(ctx, client, v.Block)
	if err != nil || at.Number > final.Number {
		w.log.Debug("the block of the newest voucher is not to be had", "block", v.Block.String(), "err", err)
		return at, nil, false
	}
	return at, v.Evidence, true
}

// vouchedEvidence gets the evidence of a batch at a block with its voucher; nothing if the
// batch was not anchored there yet.
func (w *Writer) vouchedEvidence(
	ctx context.Context, client *chain.Client, at chain.Block, voucher []byte, root merkle.Hash, issuers []store.Submission,
) (map[[20]byte]*store.Evidence, error) {
	r, err := client.Anchor(ctx, at.Hash, w.home.Registry, root)
	if err != nil || r.Timestamp == 0 {
		return nil, err
	}
	all, err := w.fetchEvidence(ctx, client, at, root, issuers)
	if err != nil {
		w.log.Info("evidence at the block of the newest voucher is not to be had", "block", at.Number, "err", err)
		return nil, err
	}
	if v := w.follower.Newest(); v != nil && v.Block == at.Hash {
		voucher = v.Evidence // more may have signed meanwhile
	}
	for _, e := range all {
		e.Beacon = voucher
	}
	return all, nil
}

// vouch adds vouchers to the evidence that lacks them, of the newest batches first, until ctx
// is done. Its error is one of the store.
func (w *Writer) vouch(ctx context.Context) error {
	w.waiting.clear()
	err := w.pipeline.store.Unvouched(w.home.Chain, func(batch uint64, beacon, witnesses bool) {
		if beacon && w.follower != nil || witnesses && len(w.config.Witness) > 0 {
			w.waiting.add(batch)
		}
	})
	for err == nil {
		if w.pipeline.disk.Writable() == nil {
			err = w.vouchSome(ctx)
		}
		timer := time.NewTimer(vouchPause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-w.waiting.woken:
		case <-timer.C:
		}
		timer.Stop()
	}
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it was told to end
	}
	return err
}

// vouchRound is one round of [Writer.vouch].
type vouchRound struct {
	client  *chain.Client
	at      chain.Block // that the voucher is for
	voucher []byte      // nil if there is none
	silent  bool        // no witness has signed, so none is asked again
	asked   int         // batches for which a server was asked
}

func (w *Writer) vouchSome(ctx context.Context) error {
	batches := w.waiting.newest(vouchLooked)
	if len(batches) == 0 {
		return nil
	}
	client, err := w.client.Look(ctx)
	if err != nil {
		return nil //nolint:nilerr // the writer complains of it; the next round
	}
	_, final, err := w.blocks(ctx, client)
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	r := vouchRound{client: client}
	if at, voucher, ok := w.vouched(ctx, client, final); ok {
		r.at, r.voucher = at, voucher
	}
	for _, n := range batches {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // as above
		}
		if r.asked == vouchAsked {
			w.waiting.wake()
			return nil
		}
		if err := w.vouchBatch(ctx, n, &r); err != nil {
			return err
		}
	}
	return nil
}

// vouchBatch adds what can be had to the evidence of a batch.
func (w *Writer) vouchBatch(ctx context.Context, n uint64, r *vouchRound) error {
	s := w.pipeline.store
	o, err := s.BatchOperation(n, w.home.Chain)
	if errors.Is(err, store.ErrNotFound) || err == nil && o.State != publish.Final {
		w.waiting.remove(n) // it comes again when it is final
		return nil
	}
	if err != nil {
		return err
	}
	b, err := s.Batch(n)
	if err != nil {
		return err
	}
	issuers, err := s.Issuers(&b)
	if err != nil {
		return err
	}
	before := r.asked
	beacon, err := w.vouchByBeacon(ctx, &b, issuers, r)
	if err != nil {
		return err
	}
	witnesses, some, err := w.vouchByWitnesses(ctx, n, issuers, r)
	if err != nil {
		return err
	}
	r.asked = min(r.asked, before+1)
	if beacon && (witnesses || some && w.waiting.tried(n) >= maxCosignRounds) {
		w.waiting.remove(n)
	}
	return nil
}

// vouchByBeacon takes the evidence of a batch once more, at the block that the voucher is for,
// for the issuers whose evidence has none. complete says that nothing lacks one then.
func (w *Writer) vouchByBeacon(ctx context.Context, b *store.Batch, issuers []store.Submission, r *vouchRound) (complete bool, err error) {
	complete = true
	var without []store.Submission
	for _, i := range issuers {
		e, err := w.pipeline.store.Evidence(w.home.Chain, b.Number, i.Issuer)
		if errors.Is(err, store.ErrNotFound) {
			continue
		} else if err != nil {
			return false, err
		}
		if lacks, _ := w.lacks(&e); lacks {
			complete = false
			if r.voucher != nil && e.Number <= r.at.Number {
				without = append(without, i)
			}
		}
	}
	if len(without) == 0 {
		return complete, nil
	}
	r.asked++
	all, err := w.vouchedEvidence(ctx, r.client, r.at, r.voucher, b.Root, without)
	if err != nil || all == nil {
		return false, nil //nolint:nilerr // the next round
	}
	for issuer, e := range all {
		err := w.improve(b.Number, issuer, func(old *store.Evidence) bool {
			if old.Number > e.Number || len(old.Beacon) > 0 {
				return false
			}
			if old.Hash == e.Hash {
				e.Cosignatures = old.Cosignatures
			}
			*old = *e
			return true
		})
		if err != nil {
			return false, err
		}
	}
	return len(all) == len(issuers), nil
}

// vouchByWitnesses collects the cosignatures that evidence of a batch lacks. complete says that
// all of it has all then, some that all of it has one at least.
func (w *Writer) vouchByWitnesses(
	ctx context.Context, n uint64, issuers []store.Submission, r *vouchRound,
) (complete, some bool, err error) {
	complete, some = true, true
	of := make(map[merkle.Hash][]string) // by block, most evidence of a batch being of one
	for _, i := range issuers {
		e, err := w.pipeline.store.Evidence(w.home.Chain, n, i.Issuer)
		if errors.Is(err, store.ErrNotFound) {
			continue
		} else if err != nil {
			return false, false, err
		}
		if _, lacks := w.lacks(&e); !lacks {
			continue
		}
		if _, ok := of[e.Hash]; !ok && !r.silent {
			r.asked++
			of[e.Hash] = w.cosignatures(ctx, &e)
			r.silent = len(of[e.Hash]) == 0
		}
		lines := of[e.Hash]
		if err := w.improve(n, i.Issuer, func(old *store.Evidence) bool {
			better := old.Hash == e.Hash && len(lines) > len(old.Cosignatures)
			if better {
				old.Cosignatures = lines
			}
			return better
		}); err != nil {
			return false, false, err
		}
		complete = complete && len(lines) >= len(w.config.Witness)
		some = some && len(lines)+len(e.Cosignatures) > 0
	}
	return complete, some, nil
}

// cosignatures asks the witnesses for the block of evidence.
func (w *Writer) cosignatures(ctx context.Context, e *store.Evidence) []string {
	lines, err := witnessd.Collect(ctx, w.config.Witness, witness.Block{
		Chain: uint64(w.home.Chain), Genesis: w.genesis, Number: e.Number, Hash: e.Hash,
	})
	w.health.show(func(c *shown) { c.WitnessError = text(err) })
	return lines
}

// improve changes the evidence of a batch as it is then, if change says so.
func (w *Writer) improve(batch uint64, issuer verifier.Address, change func(*store.Evidence) bool) error {
	changed := false
	err := w.write(func(tx *store.Tx) error {
		changed = false
		e, err := tx.Evidence(w.home.Chain, batch, issuer)
		if err != nil {
			return err
		}
		if changed = change(&e); changed {
			return tx.PutEvidence(w.home.Chain, batch, issuer, &e)
		}
		return nil
	})
	if changed && err == nil {
		w.pipeline.config.Hooks.Step("vouched")
		w.pipeline.config.Hooks.Changed()
	}
	return err
}
