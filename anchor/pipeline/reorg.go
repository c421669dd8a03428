package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// checkFinality compares what is final now with what was final before. Finality never
// goes back: if the servers show an older final block, the newest that was ever
// seen still counts, as long as it is on the chain. If it is not, the reorg is
// deeper than the policy allows for, or the chain was reset; then all operations that
// rested on the lost blocks are opened again.
//
// It returns what is final, and renews its blocks if some were lost.
func (w *Writer) checkFinality(ctx context.Context, s *snapshot) (chain.Block, error) {
	final := s.final
	last := w.record.Final()
	if last.Number == 0 || final.Number == last.Number && final.Hash == last.Hash {
		return final, w.checkpoint(ctx, s.client, final)
	}
	got, there, err := w.canonical(ctx, s, last)
	if err != nil {
		return final, err
	}
	if !there {
		// Ask again, of a server that reports this chain.
		if err := w.identify(ctx); err != nil {
			return final, err
		}
		if got, there, err = w.canonical(ctx, s, last); err != nil {
			return final, err
		}
	}
	if !there {
		if err := w.deepReorg(ctx, s); err != nil {
			return final, err
		}
		// What was read before may be of the blocks that are lost, and the fork may be lost
		// by now: each time there is one checkpoint less at least, so this ends.
		if s.head, s.final, err = w.blocks(ctx, s.client); err != nil {
			return s.final, err
		}
		return w.checkFinality(ctx, s)
	}
	if final.Number < last.Number {
		return got, nil
	}
	return final, w.checkpoint(ctx, s.client, final)
}

// checkpoint remembers a final block, and with the first one the chain's first:
// after a reset that is all there may be to compare.
func (w *Writer) checkpoint(ctx context.Context, client *chain.Client, final chain.Block) error {
	last := w.record.Final()
	if final.Number <= last.Number {
		return nil
	}
	var add []store.Block
	if last.Number == 0 && final.Number > 1 {
		first, err := client.At(ctx, 1)
		switch {
		case err == nil:
			add = append(add, store.Block{Number: first.Number, Hash: first.Hash})
		case !errors.Is(err, chain.ErrNoBlock): // a server may keep no old blocks
			return err
		}
	}
	add = append(add, store.Block{Number: final.Number, Hash: final.Hash})
	return w.update(func(_ *store.Tx, r *store.Chain) error {
		// The slice is shared with the record that is replaced.
		r.Checkpoints = append([]store.Block(nil), r.Checkpoints...)
		for _, b := range add {
			r.AddCheckpoint(b)
		}
		return nil
	})
}

// canonical reports whether a block that was final is still on the chain. While the
// chain is shorter than that, older checkpoints tell a server that is behind, which
// is an error, from a chain that is another one now.
func (w *Writer) canonical(ctx context.Context, s *snapshot, b store.Block) (got chain.Block, there bool, err error) {
	if b.Number <= s.head.Number {
		if got, err = s.client.At(ctx, b.Number); err != nil {
			return got, false, err
		}
		return got, got.Hash == b.Hash, nil
	}
	fork, newest, err := w.fork(ctx, s)
	if err != nil || fork != newest {
		return got, false, err
	}
	return got, true, fmt.Errorf("the newest block is %d, and block %d was final before: the RPC server is behind", s.head.Number, b.Number)
}

// fork returns the number of the newest checkpoint that is still on the chain, and
// of the newest that the chain is long enough for; zero if there is none.
func (w *Writer) fork(ctx context.Context, s *snapshot) (fork, newest uint64, err error) {
	for i := len(w.record.Checkpoints) - 1; i >= 0; i-- {
		c := w.record.Checkpoints[i]
		if c.Number > s.head.Number {
			continue
		}
		newest = max(newest, c.Number)
		got, err := s.client.At(ctx, c.Number)
		if err != nil {
			return 0, newest, err
		}
		if got.Hash == c.Hash {
			return c.Number, newest, nil
		}
	}
	return 0, newest, nil
}

// reopenAtOnce bounds how many operations are reopened in one write.
const reopenAtOnce = 1000

// deepReorg opens again all operations that rest on final blocks which were reorged out.
// The record forgets those blocks last: after a crash before that, all is done once more,
// which changes nothing.
func (w *Writer) deepReorg(ctx context.Context, s *snapshot) error {
	fork, _, err := w.fork(ctx, s)
	if err != nil {
		return err
	}
	last, now := w.record.Final(), time.Now().UnixMilli()
	id, db := w.home.Chain, w.pipeline.store
	stale, err := db.EvidenceAfter(id, fork)
	if err != nil {
		return storeError(err)
	}
	var lost []*store.Operation
	count := 0
	flush := func() error {
		err := w.write(func(tx *store.Tx) error {
			for _, o := range lost {
				if err := tx.PutOperation(o); err != nil {
					return err
				}
			}
			return nil
		})
		count, lost = count+len(lost), nil
		return err
	}
	err = db.EachOperation(id, func(o *store.Operation) error {
		switch o.State {
		case publish.Final:
			// What was final at a block that is still there is there. Block says less: of an
			// anchor that a third party made it may be a number of the parent chain.
			if o.FinalAt.Number <= fork && !stale[o.Batch] {
				return nil
			}
		case publish.Failed:
			if newest, err := w.isNewest(o); err != nil || !newest || o.FinalAt.Number <= fork {
				return err
			}
		default:
			return nil // its writer looks at it anyway
		}
		reopen(o, now)
		if lost = append(lost, o); len(lost) < reopenAtOnce {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return storeError(err)
	}
	event := &store.DeepReorg{At: now, Final: last.Number, Fork: fork, Reopened: count}
	err = w.update(func(tx *store.Tx, r *store.Chain) error {
		r.DeepReorgs++
		r.LastDeepReorg = event
		r.Scanned = min(r.Scanned, fork)
		var kept []store.Block
		for _, c := range r.Checkpoints {
			if c.Number <= fork {
				kept = append(kept, c)
			}
		}
		r.Checkpoints = kept
		return tx.ForgetChanges(id, fork)
	})
	if err != nil {
		return err
	}
	w.log.Error("final blocks were reorged out: what rests on them is anchored and proven again; "+
		"is the finality policy too shallow, was the chain reset, or is an RPC server wrong?",
		"final", last.Number, "finalHash", last.Hash.String(), "fork", fork, "reopened", count, "confirmations", w.config.Confirmations.String())
	w.pipeline.config.Hooks.Step("reopened")
	w.pipeline.config.Hooks.Changed()
	return nil
}
