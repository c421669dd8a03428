package webhook

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// event is one to be sent. Its body is the same whenever it is made.
type event struct {
	id   store.EventID
	body client.Event
}

// name is the id of an event for receivers, the same at each attempt. It has no full stop in
// it, which separates what is signed.
func (e *event) name() string {
	id := e.body.Data.SubmissionID
	return fmt.Sprintf("msg_%d_%s", e.id.Final, hex.EncodeToString(id[:]))
}

// after returns at most n events from an id on, and the id from which more may follow.
func (h *Webhook) after(from store.EventID, n int) (events []event, next store.EventID, err error) {
	next = from
	for len(events) < n {
		f, err := h.store.Final(next.Final)
		if role.Missing(err) {
			return events, next, nil
		}
		if err != nil {
			return nil, from, err
		}
		b, err := h.store.Batch(f.Batch)
		if err != nil {
			return nil, from, fmt.Errorf("batch %d: %w", f.Batch, err)
		}
		next.Submission = max(next.Submission, b.First)
		err = h.store.Submissions(next.Submission, b.Last, func(s *store.Submission) bool {
			next.Submission = s.Sequence + 1
			if h.concerns(&f, s) {
				events = append(events, newEvent(&f, &b, s))
			}
			return len(events) < n
		})
		if err != nil {
			return nil, from, err
		}
		if next.Submission > b.Last {
			next = store.EventID{Final: next.Final + 1}
		}
	}
	return events, next, nil
}

// concerns reports whether a submission is final when its batch is so on a chain: if that is
// its home, or if the node does not write to its home any more.
func (h *Webhook) concerns(f *store.Final, s *store.Submission) bool {
	return s.Chain == f.Chain || !slices.Contains(h.chains, s.Chain)
}

// event returns the event of an id that was taken up before.
func (h *Webhook) event(id store.EventID) (event, error) {
	f, err := h.store.Final(id.Final)
	if err != nil {
		return event{}, fmt.Errorf("record %d of what became final: %w", id.Final, err)
	}
	b, err := h.store.Batch(f.Batch)
	if err != nil {
		return event{}, fmt.Errorf("batch %d: %w", f.Batch, err)
	}
	s, err := h.store.SubmissionAt(id.Submission)
	if err != nil {
		return event{}, fmt.Errorf("submission %d: %w", id.Submission, err)
	}
	return newEvent(&f, &b, &s), nil
}

func newEvent(f *store.Final, b *store.Batch, s *store.Submission) event {
	e := event{store.EventID{Final: f.Number, Submission: s.Sequence}, client.Event{
		Type: client.EventFinal, Timestamp: role.Millis(f.At),
		Data: client.FinalSubmission{
			SubmissionID: s.ID(), Issuer: s.Issuer, Home: s.Home(), Root: s.Root, Count: s.Count, IssuedAt: s.IssuedAt,
			Batch: b.Root, Chain: f.Chain, Transaction: f.Transaction,
		},
	}}
	if f.Block != 0 {
		e.body.Data.Block = &f.Block
	}
	return e
}
