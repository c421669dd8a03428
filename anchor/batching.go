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
// BatchCount, and no more than MaxInFlight allows.
func (n *Node) sealDue(now time.Time, inFlight int) error {
	for ; inFlight < n.config.MaxInFlight; inFlight++ {
		due, err := n.nextBatch()
		if err != nil {
			return err
		}
		if due.IsZero() || now.Before(due) {
			return nil
		}
		if err := n.seal(now); err != nil {
			return err
		}
	}
	return nil
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
