package anchor

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// Run moves everything along until ctx is done: it seals batches, and on each chain
// sends transactions, follows them until they are final, and takes evidence. It
// returns nil when ctx is done, and an error only if the node cannot go on because
// the disk fails.
func (n *Node) Run(ctx context.Context) (err error) {
	if n.running.Swap(true) {
		return errors.New("the node is running already")
	}
	defer func() {
		n.running.Store(false)
		n.beats.end(err)
	}()
	work, inner := errgroup.WithContext(ctx)
	for _, w := range n.writers {
		work.Go(func() error { return w.run(inner) })
	}
	work.Go(func() error { return n.runSealer(inner) })
	err = work.Wait()
	if ctx.Err() != nil {
		return nil
	}
	n.log.Error("node stops", "err", err)
	return err
}

// fatalStoreError marks an error of the store, which is not to be retried.
type fatalStoreError struct{ err error }

func (e *fatalStoreError) Error() string { return e.err.Error() }
func (e *fatalStoreError) Unwrap() error { return e.err }

func storeError(err error) error {
	if err == nil {
		return nil
	}
	return &fatalStoreError{err}
}

// runSealer seals what is due, whenever a submission makes it so, its time comes or
// a chain can be written to again.
func (n *Node) runSealer(ctx context.Context) error {
	beat := func() { n.beats.beat("sealing") }
	for {
		beat()
		n.disk.await(ctx, n.log, beat)
		if err := n.sealDue(time.Now()); err != nil {
			return storeError(err)
		}
		due, err := n.nextBatch()
		if err != nil {
			return storeError(err)
		}
		// What is overdue is what cannot be sealed now: a writer says when it can.
		left := time.Until(due)
		if due.IsZero() || left <= 0 {
			left = time.Minute
		}
		select {
		case <-ctx.Done():
			return nil
		case <-n.wake:
		case <-time.After(min(left, time.Minute)):
		}
	}
}
