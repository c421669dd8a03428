package anchor

import (
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
)

func inlineBytes(leaves uint64) int {
	if leaves > publish.MaxInline {
		return 0
	}
	return int(leaves) * merkle.Size
}

// sealDue seals what waits, if it is enough or old enough, in batches of at most
// BatchCount, and no more than MaxInFlight allows. While an earlier batch could not
// be sent (no server, fees too high, no money) nothing more is sealed: what waits
// goes into fewer and larger batches later. It reports whether it sealed anything.
func (n *Node) sealDue(now time.Time, open []*store.Operation) (sealed bool, err error) {
	inFlight := 0
	for _, o := range open {
		switch {
		case o.Kind == store.KindAnchor && State(o.State) == Batched:
			return false, nil
		case State(o.State) == Broadcast:
			inFlight++
		}
	}
	for ; inFlight < n.config.Chains[0].MaxInFlight; inFlight++ {
		due, err := n.nextBatch()
		if err != nil || due.IsZero() || now.Before(due) {
			return sealed, err
		}
		if err := n.seal(now); err != nil {
			return sealed, err
		}
		sealed = true
	}
	return sealed, nil
}

// nextBatch returns when the next batch is to be sealed at the latest: zero if
// nothing waits, the past if it is due.
func (n *Node) nextBatch() (time.Time, error) {
	count, oldest, err := n.waits()
	switch {
	case err != nil || count == 0:
		return time.Time{}, err
	case count >= n.config.BatchCount:
		return oldest, nil
	}
	return oldest.Add(n.config.BatchAge), nil
}

// seal makes a batch of the submissions that wait longest. Its record, its
// published blocks and the operation that anchors it are one write.
func (n *Node) seal(now time.Time) error {
	sealed, err := n.store.Sealed()
	if err != nil {
		return err
	}
	first, last, inline := sealed+1, sealed, 0
	for accepted := n.store.Accepted(); last < accepted && last-sealed < uint64(n.config.BatchCount); last++ {
		r, err := n.store.SubmissionAt(last + 1)
		if err != nil {
			return err
		}
		if inline += inlineBytes(r.Count); inline > maxInlineBytes && last > sealed {
			break
		}
	}
	if last < first {
		return nil
	}
	var b store.Batch
	err = n.store.Update(func(tx *store.Tx) (err error) {
		b, err = tx.Seal(first, last, now.UnixMilli())
		return err
	})
	if err != nil {
		return err
	}
	n.hook("sealed")
	n.log.Info("batch sealed", "batch", b.Number, "root", b.Root.String(), "submissions", b.Count(), "leaves", b.Leaves)
	n.waiting.sealedTo(last)
	n.changes.notify()
	return nil
}
