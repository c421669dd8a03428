package pipeline

import (
	"context"
	"errors"

	"github.com/hallmark-node/hallmark/anchor/store"
)

// A writer that only watches follows batches that others anchor, by the same steps as its own but
// for those that need an account: see [ChainConfig.Watch]. It has no nonces, so what is settled
// is closed at once, and what a reorg took away waits until somebody anchors it again.

// sends reports whether a step is one towards a transaction.
func sends(s step) bool {
	switch s {
	case stepIntend, stepReplace, stepSign, stepSend, stepRelease:
		return true
	}
	return false
}

// watch is the rest of [Writer.tick] for a writer that only watches.
func (w *Writer) watch(ctx context.Context, s *snapshot) error {
	if err := w.scan(ctx, s.client, s.final); err != nil {
		return err
	}
	var err error
	if s.open, err = w.pipeline.store.OpenOperations(w.home.Chain); err != nil {
		return storeError(err)
	}
	var stuck stuckErrors
	for _, o := range s.open {
		w.beat()
		err := w.advance(ctx, o, s)
		if ctx.Err() != nil || errors.As(err, new(*fatalStoreError)) {
			return err
		}
		stuck.add(o, err)
	}
	w.health.setOperations(s.open)
	if err := w.showWatched(s.open); err != nil {
		return storeError(err)
	}
	w.complain(stuck.join())
	w.setReady(nil, 0)
	return nil
}

// showWatched shows operators which batches are on their way.
func (w *Writer) showWatched(open []*store.Operation) error {
	stages, err := w.stages(open)
	if err == nil {
		w.health.show(func(c *shown) { c.Stages = stages })
	}
	return err
}
