// Package webhook tells a server of the operator's when a submission becomes final, by an HTTP
// request that is signed as Standard Webhooks has it (https://www.standardwebhooks.com).
//
// What became final is read from the records that the pipeline writes with the state itself,
// and how far the webhook has come is in the store, so no event is lost, whenever the process
// ends; some may be sent twice, with the same id. Events are sent in rounds of a few at once,
// and may overtake each other. What got through and what did not is written after each round.
//
//   - webhook.go: the rounds, and what is kept between them;
//   - events.go: from a record to an event;
//   - send.go: one request, its signature and what its answer means.
package webhook

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
)

// Config says where events go.
type Config struct {
	URL     string   // of the server, http or https; it may hold secrets
	Secrets [][]byte // of [ParseSecret], at least one: each signs, so that one can take the place of another

	timing timing // of tests; zero: what is meant
}

// timing is how long is waited.
type timing struct {
	answer    time.Duration                    // for an answer
	pause     func(failures int) time.Duration // after so many failures in a row of the server
	retry     func(attempts int) time.Duration // after so many attempts at an event
	persevere time.Duration                    // with an event that is refused while others get through
}

const (
	atOnce = 16 // requests of a round

	// maxWaiting bounds the events that were tried in vain. While there are so many, no further
	// ones are taken up: they are in the store.
	maxWaiting = 1000
)

var meant = timing{
	answer:    15 * time.Second,
	pause:     func(failures int) time.Duration { return backoff(failures, 5*time.Second, 5*time.Minute) },
	retry:     func(attempts int) time.Duration { return backoff(attempts, 5*time.Second, 4*time.Hour) },
	persevere: 72 * time.Hour,
}

// backoff doubles a pause with each failure, and varies it by a quarter so that not all who
// wait come at the same time.
func backoff(failures int, first, most time.Duration) time.Duration {
	pause := first << min(failures-1, 20)
	if pause > most {
		pause = most
	}
	return pause*3/4 + rand.N(pause/2)
}

// Webhook sends events. [Webhook.Run] is called once; the other methods may be called by many
// goroutines, from New on.
type Webhook struct {
	sender *Sender
	timing timing
	host   string
	chains []verifier.ChainID // that the node writes to
	store  *store.Store
	leases *role.Leases // it sends while it holds the one named webhook
	log    *slog.Logger
	wake   chan struct{} // of one element: something may have become final

	// For the goroutine of Run alone, set anew with each term of the lease.
	term     *role.Term
	kept     store.Deliveries // as it is on disk, but for a round that is under way
	tries    map[store.EventID]*try
	failures int       // rounds in a row in which the server was not well
	until    time.Time // nothing is sent before, because of them
	told     string    // the fault that was logged last

	mu     sync.Mutex
	health client.WebhookHealth
}

// try is what is known of an event in kept.Waiting.
type try struct {
	attempts int
	next     time.Time
}

// New makes a webhook for a node that writes to these chains.
func New(config Config, chains []verifier.ChainID, s *store.Store, leases *role.Leases, log *slog.Logger) (*Webhook, error) {
	h := &Webhook{
		timing: config.timing, chains: chains, store: s, leases: leases,
		wake: make(chan struct{}, 1),
	}
	if h.timing.answer == 0 {
		h.timing = meant
	}
	var err error
	if h.sender, err = newSender(config, h.timing.answer); err != nil {
		return nil, err
	}
	h.host = h.sender.host()
	h.log = log.With("webhook", h.host)
	h.health.Server = h.host
	return h, nil
}

// Wake says that something may have become final.
func (h *Webhook) Wake() {
	select {
	case h.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run sends events until ctx is done, while this process holds the lease for that. The only errors
// are those of the store. The first time that a webhook is run on a store it begins with what
// becomes final from then on, later where it ended.
func (h *Webhook) Run(ctx context.Context) error {
	defer h.sender.http.CloseIdleConnections()
	return h.leases.Run(ctx, "webhook", h.lead)
}

// lead is [Webhook.Run] for one term of the lease.
func (h *Webhook) lead(ctx context.Context, t *role.Term) error {
	h.term, h.tries, h.failures, h.until, h.told = t, make(map[store.EventID]*try), 0, time.Time{}, ""
	if err := h.begin(); err != nil {
		return err
	}
	for ctx.Err() == nil {
		events, next, err := h.due(time.Now())
		if err != nil {
			return err
		}
		if len(events) > 0 {
			if err := h.settle(ctx, events, h.sendAll(ctx, events)); err != nil {
				return err
			}
			continue
		}
		h.await(ctx, next)
	}
	return nil
}

// begin reads how far the webhook has come.
func (h *Webhook) begin() error {
	var err error
	h.kept, err = h.store.Deliveries()
	if role.Missing(err) {
		err = h.term.Update(h.store, func(tx *store.Tx) error {
			if h.kept, err = tx.Deliveries(); !role.Missing(err) {
				return err // another process began
			}
			last, err := tx.LastFinal()
			if err != nil {
				return err
			}
			h.kept = store.Deliveries{Next: store.EventID{Final: last + 1}}
			return tx.PutDeliveries(&h.kept)
		})
	}
	if err != nil {
		return err
	}
	for _, w := range h.kept.Waiting {
		h.tries[w.EventID] = &try{} // a start is a good moment to try all again
	}
	return nil
}

// await returns when something may be due.
func (h *Webhook) await(ctx context.Context, next time.Time) {
	var timer <-chan time.Time
	if !next.IsZero() {
		t := time.NewTimer(time.Until(next))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-ctx.Done():
	case <-timer:
	case <-h.wake:
	}
}

// due returns the events of the next round: first those whose time to be tried again has come,
// then new ones. While the server is not well it is one, rather a new one than one that may be
// the reason. Without any it returns when to look again; the zero time is when woken.
func (h *Webhook) due(now time.Time) (events []event, next time.Time, err error) {
	switch {
	case h.stopped():
		return nil, next, nil
	case now.Before(h.until):
		return nil, h.until, nil
	}
	if h.failures > 0 {
		if events, err = h.fresh(1); err != nil || len(events) > 0 {
			return events, next, err
		}
	}
	waiting := slices.SortedFunc(slices.Values(h.kept.Waiting), func(a, b store.Waiting) int {
		return h.tries[a.EventID].next.Compare(h.tries[b.EventID].next)
	})
	for _, w := range waiting {
		if h.failures > 0 && len(events) == 1 || len(events) == atOnce {
			return events, next, nil
		}
		if at := h.tries[w.EventID].next; h.failures == 0 && at.After(now) {
			next = at
			break
		}
		e, err := h.event(w.EventID)
		if err != nil {
			return nil, next, err
		}
		events = append(events, e)
	}
	if h.failures > 0 {
		return events, next, nil
	}
	fresh, err := h.fresh(atOnce - len(events))
	return append(events, fresh...), next, err
}

// fresh takes up at most n new events, if there is room for them.
func (h *Webhook) fresh(n int) ([]event, error) {
	if n = min(n, maxWaiting-len(h.kept.Waiting)); n <= 0 {
		return nil, nil
	}
	events, next, err := h.after(h.kept.Next, n)
	if err != nil {
		return nil, err
	}
	h.kept.Next = next
	return events, nil
}

// settle draws the conclusions of a round and writes them down.
func (h *Webhook) settle(ctx context.Context, events []event, results []result) error {
	now, before := time.Now(), h.failures
	var fault result // the first
	through, unwell, failed, wait := 0, 0, 0, time.Duration(0)
	for i, e := range events {
		switch r := results[i]; {
		case r.ok():
			h.done(e.id)
			h.kept.Delivered++
			through++
			continue
		case ctx.Err() != nil: // the node ends: that says nothing of the server
		default:
			failed++
			if fault.ok() {
				fault = r
			}
			if r.unwell {
				unwell++
				wait = max(wait, r.wait)
			}
		}
		if h.tries[e.id] == nil {
			h.tries[e.id] = &try{}
			h.kept.Waiting = append(h.kept.Waiting, store.Waiting{EventID: e.id, Since: now.UnixMilli()})
		}
	}
	switch {
	case through > 0, failed > unwell: // it may have something against single events
		h.failures, h.until = 0, time.Time{}
	case unwell > 0:
		h.failures++
		h.until = now.Add(max(wait, h.timing.pause(h.failures)))
	}
	h.schedule(events, results, now, before > 0 && h.failures == 0)
	err := h.term.Update(h.store, func(tx *store.Tx) error { return tx.PutDeliveries(&h.kept) })
	if err != nil {
		return err
	}
	h.tell(fault, through > 0)
	h.show(func(s *client.WebhookHealth) {
		s.Failures += uint64(failed)
		if through > 0 {
			s.Fault, s.DeliveredAt = "", &now
		}
		if !fault.ok() {
			s.Fault, s.Stopped = h.faultOf(fault), s.Stopped || fault.gone
		}
	})
	return nil
}

// schedule says when events are tried again: all at once if the server has just become well.
// An event that was refused for days while others got through is given up.
func (h *Webhook) schedule(events []event, results []result, now time.Time, recovered bool) {
	for i, e := range events {
		t := h.tries[e.id]
		if t == nil || results[i].ok() {
			continue
		}
		t.attempts++
		t.next = now.Add(h.timing.retry(t.attempts))
		since := h.since(e.id)
		if delivered := h.shown().DeliveredAt; delivered != nil && delivered.After(since) && now.Sub(since) > h.timing.persevere {
			h.log.Error("an event was refused for days while others got through: it is given up",
				"id", e.name(), "submission", e.body.Data.SubmissionID.String(), "answer", results[i].fault)
			h.done(e.id)
			h.kept.GivenUp++
		}
	}
	if recovered {
		for _, t := range h.tries {
			t.next = now
		}
	}
}

// done forgets an event.
func (h *Webhook) done(id store.EventID) {
	delete(h.tries, id)
	h.kept.Waiting = slices.DeleteFunc(h.kept.Waiting, func(w store.Waiting) bool { return w.EventID == id })
}

// since returns when a waiting event was first tried.
func (h *Webhook) since(id store.EventID) time.Time {
	for _, w := range h.kept.Waiting {
		if w.EventID == id {
			return role.Millis(w.Since)
		}
	}
	return time.Time{}
}

// tell logs a fault once when it begins, and when it ends.
func (h *Webhook) tell(fault result, through bool) {
	switch {
	case !fault.ok() && fault.fault != h.told:
		h.log.Warn("the webhook fails; what it did not get is sent again", "why", h.faultOf(fault))
		h.told = fault.fault
	case fault.ok() && through && h.told != "":
		h.log.Info("the webhook works again")
		h.told = ""
	}
}

// show changes what is shown of the webhook beside what is in the store.
func (h *Webhook) show(change func(*client.WebhookHealth)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &h.health
	change(s)
	s.RetryAt = nil
	if !h.until.IsZero() {
		s.RetryAt = new(h.until.UTC())
	}
}

func (h *Webhook) shown() client.WebhookHealth {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.health
}

func (h *Webhook) stopped() bool { return h.shown().Stopped }

// Health returns what an operator needs to know.
func (h *Webhook) Health() (client.WebhookHealth, error) {
	s := h.shown()
	kept, err := h.store.Deliveries()
	if role.Missing(err) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Waiting, s.Delivered, s.GivenUp = len(kept.Waiting), kept.Delivered, kept.GivenUp
	oldest := kept.Next.Final
	for _, w := range kept.Waiting {
		oldest = min(oldest, w.Final)
	}
	f, err := h.store.Final(oldest)
	if role.Missing(err) {
		return s, nil
	}
	s.Oldest = new(role.Millis(f.At))
	return s, err
}
