package anchor

import (
	"errors"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func inlineBytes(leaves uint64) int {
	if leaves > publish.MaxInline {
		return 0
	}
	return int(leaves) * merkle.Size
}

// sealer is what the goroutine that seals knows beside the store.
type sealer struct {
	counted uint64                   // submissions up to this sequence number are in homes
	homes   map[verifier.ChainID]int // how many of those that wait are at home where
	held    bool                     // something was due and could not have been sent
}

// errBusy holds up what is to be sent while enough is on its way. It is no fault, but it is said.
var errBusy = errors.New("waiting for the chain")

// sealDue seals what waits, if it is enough or old enough, in batches of BatchCount,
// as many as the chains take now. While none of the chains at which it is at home
// can be written to (no server, fees too high, no money, an earlier batch not sent
// yet) nothing is sealed: what waits then goes into one larger batch. A chain that is
// the home of no waiting submission holds up nothing.
func (n *Node) sealDue(now time.Time) error {
	for {
		due, err := n.nextBatch()
		if err != nil || due.IsZero() || now.Before(due) {
			if err == nil {
				n.setHeld(nil)
				n.sealer.held = false
			}
			return err
		}
		if err := n.countHomes(); err != nil {
			return err
		}
		if held := n.sealingHeld(); held != nil {
			n.sealer.held = n.sealer.held || !errors.Is(held, errBusy)
			n.setHeld(held)
			return nil
		}
		most := n.config.BatchCount
		if n.sealer.held {
			most = maxBatchCount
		}
		if err := n.seal(now, most); err != nil {
			return err
		}
		n.sealer.held = false
		n.setHeld(nil)
	}
}

// countHomes counts at home where the submissions are that came since.
func (n *Node) countHomes() error {
	s := &n.sealer
	accepted := n.store.Accepted()
	if s.counted >= accepted {
		return nil
	}
	return n.store.Submissions(s.counted+1, accepted, func(r *store.Submission) bool {
		s.homes[r.Chain]++
		s.counted++
		return true
	})
}

// sealingHeld returns why nothing can be sealed now: nil if a chain can be written
// to that is the home of a waiting submission.
func (n *Node) sealingHeld() error {
	var held error
	known := 0
	for _, w := range n.writers {
		if n.sealer.homes[w.home.Chain] == 0 {
			continue
		}
		known++
		err := w.ready()
		if err == nil {
			return nil
		}
		held = err
	}
	if known > 0 {
		return held
	}
	// All are of chains that are no longer configured: any chain will do.
	for _, w := range n.writers {
		if held = w.ready(); held == nil {
			return nil
		}
	}
	return held
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

// seal makes a batch of the submissions that wait longest, at most so many. Its
// record, its published blocks and the operations that anchor it are one write.
func (n *Node) seal(now time.Time, most int) error {
	sealed, err := n.store.Sealed()
	if err != nil {
		return err
	}
	end := min(n.sealer.counted, sealed+uint64(most))
	if end <= sealed {
		return nil
	}
	submissions, inline := make([]store.Submission, 0, end-sealed), 0
	err = n.store.Submissions(sealed+1, end, func(r *store.Submission) bool {
		if inline += inlineBytes(r.Count); inline > maxInlineBytes && len(submissions) > 0 {
			return false
		}
		submissions = append(submissions, *r)
		return true
	})
	if err != nil {
		return err
	}
	chains := make([]verifier.ChainID, len(n.writers))
	for i, w := range n.writers {
		chains[i] = w.home.Chain
		w.expect()
	}
	var b store.Batch
	err = n.store.Update(func(tx *store.Tx) (err error) {
		b, err = tx.Seal(submissions, chains, now.UnixMilli())
		return err
	})
	if err != nil {
		return err
	}
	for i := range submissions {
		n.sealer.homes[submissions[i].Chain]--
	}
	n.hook("sealed")
	n.log.Info("batch sealed", "batch", b.Number, "root", b.Root.String(), "submissions", b.Count(), "leaves", b.Leaves)
	n.waiting.sealedTo(b.Last)
	n.changes.notify()
	for _, w := range n.writers {
		w.kick()
	}
	return nil
}
