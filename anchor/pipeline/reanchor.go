package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Reanchoring says what became of a call of [Pipeline.Reanchor].
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
func (p *Pipeline) Reanchor(_ context.Context, from, to verifier.ChainID, roots []merkle.Hash) (r Reanchoring, err error) {
	on := p.homes.On(to)
	switch {
	case on < 0:
		return r, role.Refuse("to", "%s is not configured: this node writes to %s", to, p.homes)
	case from == to:
		return r, role.Refuse("to", "what is on %s is to be put on another chain", to)
	case from != 0 && p.bound[from] == (verifier.Home{}):
		return r, role.Refuse("from", "this node has never anchored on %s", from)
	}
	var batches []store.Batch
	for _, root := range roots {
		b, err := p.store.BatchByRoot(root)
		if err != nil {
			return r, fmt.Errorf("batch %s: %w", root, role.NotFound(err))
		}
		batches = append(batches, b)
	}
	add := func(list []store.Batch) error {
		there, added := 0, 0
		err := p.store.Update(func(tx *store.Tx) error {
			there, added = 0, 0
			for i := range list {
				b := &list[i]
				if from != 0 {
					if _, err := tx.BatchOperation(b.Number, from); errors.Is(err, store.ErrNotFound) {
						continue
					} else if err != nil {
						return err
					}
				}
				_, err := tx.BatchOperation(b.Number, to)
				switch {
				case err == nil:
					there++
				case errors.Is(err, store.ErrNotFound):
					added++
					err = tx.AddAnchor(b, to, time.Now().UnixMilli())
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			r.There, r.Added = r.There+there, r.Added+added
		}
		return err
	}
	if len(roots) > 0 {
		err = add(batches)
	}
	for after := uint64(0); len(roots) == 0 && err == nil; {
		if batches, err = p.store.Batches(after, reopenAtOnce); err != nil || len(batches) == 0 {
			break
		}
		after = batches[len(batches)-1].Number
		err = add(batches)
	}
	if err != nil {
		return r, err
	}
	p.log.Info("anchoring batches on another chain", "from", from.String(), "to", to.String(), "added", r.Added, "there", r.There)
	p.config.Hooks.Changed()
	p.Writers[on].Wake()
	return r, nil
}
