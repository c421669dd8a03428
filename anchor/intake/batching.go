package intake

import (
	"context"
	"errors"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// sealer is what the goroutine that seals knows beside the store.
type sealer struct {
	counted uint64                   // submissions up to this sequence number are in homes
	homes   map[verifier.ChainID]int // how many of those that wait are at home where
	held    bool                     // something was due and could not have been sent
	told    bool                     // the log says that nothing can be sealed
}

// MaxBatchCount is the most submissions in a batch. What is sealed at once is held in memory
// as published pages.
const MaxBatchCount = 100_000

// maxInlineBytes bounds the leaves inside the pages of a batch, in bytes.
const maxInlineBytes = 64 << 20

// Run seals what is due, whenever a submission makes it so, its time comes or
// a chain can be written to again, until ctx is done, while this process holds the lease for
// that. It returns an error only if the store fails.
func (in *Intake) Run(ctx context.Context) error { return in.config.Leases.Run(ctx, "seal", in.lead) }

// lookAround is how often the sealer looks for what another process has accepted.
const lookAround = 500 * time.Millisecond

// lead is [Intake.Run] for one term of the lease. It begins with what the store says: before,
// another process may have sealed.
func (in *Intake) lead(ctx context.Context, t *role.Term) error {
	sealed, err := in.store.Sealed()
	if err != nil {
		return err
	}
	in.term, in.sealer = t, sealer{counted: sealed, homes: make(map[verifier.ChainID]int)}
	if err := in.waiting.begin(in.store); err != nil {
		return err
	}
	beat := func() { in.config.Hooks.Beat("sealing") }
	defer in.config.Hooks.Rest("sealing")
	for {
		beat()
		in.disk.Await(ctx, in.config.Log, beat)
		if err := in.sealDue(time.Now()); err != nil {
			return err
		}
		due, err := in.NextBatch()
		if err != nil {
			return err
		}
		// What is overdue is what cannot be sealed now: a writer says when it can.
		left := time.Until(due)
		if due.IsZero() || left <= 0 {
			left = lookAround
		}
		select {
		case <-ctx.Done():
			return nil
		case <-in.wake:
		case <-time.After(min(left, lookAround)):
		}
	}
}

// sealDue seals what waits, if it is enough or old enough, in batches of BatchCount,
// as many as the chains take now. While none of the chains at which it is at home
// can be written to (no server, fees too high, no money, an earlier batch not sent
// yet) nothing is sealed: what waits then goes into one larger batch. A chain that is
// the home of no waiting submission holds up nothing.
func (in *Intake) sealDue(now time.Time) error {
	for {
		due, err := in.NextBatch()
		if err != nil || due.IsZero() || now.Before(due) {
			if err == nil {
				in.setHeld(nil)
				in.sealer.held = false
			}
			return err
		}
		if err := in.countHomes(); err != nil {
			return err
		}
		if held := in.sealingHeld(); held != nil {
			in.sealer.held = in.sealer.held || !errors.Is(held, role.ErrInFlight)
			in.setHeld(held)
			return nil
		}
		most := in.config.BatchCount
		if in.sealer.held {
			most = MaxBatchCount
		}
		if err := in.seal(now, most); err != nil {
			return err
		}
		in.sealer.held = false
		in.setHeld(nil)
	}
}

// countHomes counts at home where the submissions are that came since.
func (in *Intake) countHomes() error {
	s := &in.sealer
	accepted, err := in.store.Accepted()
	if err != nil || s.counted >= accepted {
		return err
	}
	return in.store.Submissions(s.counted+1, accepted, func(r *store.Submission) bool {
		s.homes[r.Chain]++
		s.counted++
		return true
	})
}

// sealingHeld returns why nothing can be sealed now: nil if a chain can be written
// to that is the home of a waiting submission.
func (in *Intake) sealingHeld() error {
	var held error
	known := 0
	for _, c := range in.chains {
		if in.sealer.homes[c.Home().Chain] == 0 {
			continue
		}
		known++
		err := c.Ready()
		if err == nil {
			return nil
		}
		held = err
	}
	if known > 0 {
		return held
	}
	// All are of chains that are no longer configured: any chain will do.
	for _, c := range in.chains {
		if held = c.Ready(); held == nil {
			return nil
		}
	}
	return held
}

// NextBatch returns when the next batch is to be sealed at the latest, by the clock of this process: zero
// if nothing waits, the past if it is due.
func (in *Intake) NextBatch() (time.Time, error) {
	count, _, err := in.Waiting()
	oldest := in.waiting.since()
	switch {
	case err != nil || count == 0 || oldest.IsZero():
		return time.Time{}, err
	case count >= in.config.BatchCount:
		return oldest, nil
	}
	return oldest.Add(in.config.BatchAge), nil
}

// seal makes a batch of the submissions that wait longest, at most so many. Its
// record, its published blocks and the operations that anchor it are one write.
func (in *Intake) seal(now time.Time, most int) error {
	sealed, err := in.store.Sealed()
	if err != nil {
		return err
	}
	end := min(in.sealer.counted, sealed+uint64(most))
	if end <= sealed {
		return nil
	}
	submissions, inline := make([]store.Submission, 0, end-sealed), 0
	err = in.store.Submissions(sealed+1, end, func(r *store.Submission) bool {
		if inline += inlineBytes(r.Count); inline > maxInlineBytes && len(submissions) > 0 {
			return false
		}
		submissions = append(submissions, *r)
		return true
	})
	if err != nil {
		return err
	}
	chains := make([]verifier.ChainID, len(in.chains))
	for i, c := range in.chains {
		chains[i] = c.Home().Chain
		c.Expect()
	}
	draft, err := in.store.Draft(submissions)
	if err != nil {
		return err
	}
	var b store.Batch
	err = in.term.Update(in.store, func(tx *store.Tx) (err error) {
		b, err = tx.Seal(draft, chains, now.UnixMilli())
		return err
	})
	if err != nil {
		return err
	}
	for i := range submissions {
		in.sealer.homes[submissions[i].Chain]--
	}
	in.config.Hooks.Step("sealed")
	in.config.Log.Info("batch sealed", "batch", b.Number, "root", b.Root.String(), "submissions", b.Count(), "leaves", b.Leaves)
	in.waiting.sealedTo(b.Last)
	in.config.Hooks.Changed()
	for _, c := range in.chains {
		c.Wake()
	}
	return nil
}

func inlineBytes(leaves uint64) int {
	if leaves > publish.MaxInline {
		return 0
	}
	return int(leaves) * merkle.Size
}
