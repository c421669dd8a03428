package intake

import (
	"slices"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// waiting knows which submissions are accepted and not yet in a batch: those with
// sequence numbers after sealed, up to accepted. Other processes may accept and seal too, so
// what it knows of the store is read again after a moment; what this process does counts at once.
type waiting struct {
	mu       sync.Mutex
	looked   time.Time
	accepted uint64
	sealed   uint64
	oldest   int64 // when the first of them was accepted, Unix milliseconds; 0: not looked up yet

	// seen says when this process has first seen that submissions wait, the oldest first. Batches are
	// timed by that, since the clock of the process that accepted one may be wrong.
	seen []seen
}

// seen is when submissions up to a sequence number were there at the latest.
type seen struct {
	to uint64
	at time.Time
}

const (
	seenEach = 50 * time.Millisecond // how exactly it is known when submissions were seen
	maxSeen  = 1000                  // while nothing can be sealed
)

// lookAgain is how old may be what is known of other processes.
const lookAgain = 200 * time.Millisecond

// read takes what the store says. The caller holds mu, or is alone.
func (w *waiting) read(s *store.Store) error {
	sealed, err := s.Sealed() // first: what is sealed was accepted before
	if err != nil {
		return err
	}
	accepted, err := s.Accepted()
	if err != nil {
		return err
	}
	if sealed > w.sealed {
		w.sealTo(sealed)
	}
	w.looked = time.Now()
	w.acceptTo(max(accepted, sealed), w.looked)
	return nil
}

// begin takes what the store says as it is for a process that has seen nothing yet: what waits was
// accepted at some time before now.
func (w *waiting) begin(s *store.Store) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.accepted, w.sealed, w.oldest, w.seen = 0, 0, 0, nil
	if err := w.read(s); err != nil || len(w.seen) == 0 {
		return err
	}
	r, err := s.SubmissionAt(w.sealed + 1)
	if err != nil {
		return err
	}
	if at := role.Millis(r.AcceptedAt); at.Before(w.looked) {
		w.seen[0].at = at
	}
	return nil
}

// acceptTo notes that submissions up to a sequence number wait. The caller holds mu, or is alone.
func (w *waiting) acceptTo(sequence uint64, now time.Time) {
	if sequence <= w.accepted {
		return
	}
	w.accepted = sequence
	if n := len(w.seen); sequence > w.sealed && (n == 0 || n < maxSeen && now.Sub(w.seen[n-1].at) >= seenEach) {
		w.seen = append(w.seen, seen{sequence, now})
	} else if n > 0 {
		w.seen[n-1].to = sequence // a moment too early, which does no harm
	}
}

// sealTo notes that submissions up to a sequence number do not wait. The caller holds mu, or is
// alone.
func (w *waiting) sealTo(sequence uint64) {
	w.sealed, w.oldest, w.accepted = sequence, 0, max(w.accepted, sequence)
	w.seen = slices.DeleteFunc(w.seen, func(s seen) bool { return s.to <= sequence })
}

// Waiting returns how many submissions wait, and since when the oldest does.
func (in *Intake) Waiting() (count int, oldest time.Time, err error) {
	w := &in.waiting
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.looked) > lookAgain {
		if err := w.read(in.store); err != nil {
			return 0, time.Time{}, err
		}
	}
	if w.accepted == w.sealed {
		return 0, time.Time{}, nil
	}
	if w.oldest == 0 {
		r, err := in.store.SubmissionAt(w.sealed + 1)
		if err != nil {
			return 0, time.Time{}, err
		}
		w.oldest = r.AcceptedAt
	}
	return int(w.accepted - w.sealed), role.Millis(w.oldest), nil
}

// acceptedTo records that the submissions up to a sequence number can be read.
func (w *waiting) acceptedTo(sequence uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acceptTo(sequence, time.Now())
}

// sealedTo records that the submissions up to a sequence number are in batches.
func (w *waiting) sealedTo(sequence uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sealTo(sequence)
}

// since returns since when this process knows of the submission that waits longest.
func (w *waiting) since() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) == 0 {
		return time.Time{}
	}
	return w.seen[0].at
}
