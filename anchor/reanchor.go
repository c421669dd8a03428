package anchor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Reanchoring says what became of a call of [Node.Reanchor].
type Reanchoring struct {
	Added int // batches that are to be anchored now
	There int // batches that were, or are to be, anchored there already
}

// Reanchor has batches anchored on another of the node's chains: all that go to the
// chain from (zero: all there are), or those with some roots. It returns once that is
// durable; Run does the rest, and each proof gets another anchor when its batch is
// final there. The same call again changes nothing.
//
// A root proves on the other chain that it is as old as the new anchor, not as the
// first one. Whether a verifier takes that chain for the home of a submission is for
// its trust store to say, which names it the successor. Issuers' status is not moved
// by this: what an issuer says in another registry takes its own signature.
func (n *Node) Reanchor(_ context.Context, from, to verifier.ChainID, roots []merkle.Hash) (r Reanchoring, err error) {
	w := n.writerOf(to)
	switch {
	case w == nil:
		return r, refuse("to", "%s is not configured: this node writes to %s", to, n.homes())
	case from == to:
		return r, refuse("to", "what is on %s is to be put on another chain", to)
	case from != 0 && n.bound[from] == (verifier.Home{}):
		return r, refuse("from", "this node has never anchored on %s", from)
	}
	var batches []store.Batch
	for _, root := range roots {
		b, err := n.store.BatchByRoot(root)
		if err != nil {
			return r, fmt.Errorf("batch %s: %w", root, nodeError(err))
		}
		batches = append(batches, b)
	}
	add := func(list []store.Batch) error {
		var missing []store.Batch
		for _, b := range list {
			if from != 0 {
				if _, err := n.store.BatchOperation(b.Number, from); errors.Is(err, store.ErrNotFound) {
					continue
				} else if err != nil {
					return err
				}
			}
			_, err := n.store.BatchOperation(b.Number, to)
			switch {
			case err == nil:
				r.There++
			case errors.Is(err, store.ErrNotFound):
				missing = append(missing, b)
			default:
				return err
			}
		}
		r.Added += len(missing)
		return n.store.Update(func(tx *store.Tx) error {
			for i := range missing {
				if err := tx.AddAnchor(&missing[i], to, time.Now().UnixMilli()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if len(roots) > 0 {
		err = add(batches)
	}
	for after := uint64(0); len(roots) == 0 && err == nil; {
		if batches, err = n.store.Batches(after, reopenAtOnce); err != nil || len(batches) == 0 {
			break
		}
		after = batches[len(batches)-1].Number
		err = add(batches)
	}
	if err != nil {
		return r, err
	}
	n.log.Info("anchoring batches on another chain", "from", from.String(), "to", to.String(), "added", r.Added, "there", r.There)
	n.changes.notify()
	w.kick()
	return r, nil
}
