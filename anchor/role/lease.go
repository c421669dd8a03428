package role

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

const (
	// leaseLasts is how long a lease is held without being renewed: how long nobody does the work
	// of a process that has died.
	leaseLasts = 10 * time.Second

	// A lease counts as lost a little before the store's clock says so, should that one be faster.
	leaseMargin = leaseLasts / 20

	leaseRetry = 250 * time.Millisecond // after a failure; doubled up to leaseLasts/2
)

// LeaseKeeper is where leases lie: a store. See [kv.Engine].
type LeaseKeeper interface {
	Acquire(name, holder string, lasts time.Duration) (l kv.Lease, ok bool, err error)
	Release(l kv.Lease) error
}

// Leases let one process at a time do what only one may do: seal, and send from an account. Of
// the processes that share a store each waits for the lease of a work, and does it while it
// holds that; on a folder, which is one process's, all leases are always held. Its methods may be
// called by many goroutines.
type Leases struct {
	keeper LeaseKeeper
	holder string
	log    *slog.Logger

	// Began is called at the begin of each term, unless it is nil. Its error ends the term.
	// Set before the first Run.
	Began func(t *Term) error

	mu    sync.Mutex
	state []LeaseState // by name
}

// LeaseState is what is known of a lease in this process.
type LeaseState struct {
	Name  string
	Held  bool
	Epoch uint64    // while it is held
	Since time.Time // since when it is held, or is not
	Fault string    // why it could not be asked for
}

// NewLeases returns the leases of one start of a process. Each has another holder.
func NewLeases(keeper LeaseKeeper, log *slog.Logger) *Leases {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	var random [4]byte
	_, _ = rand.Read(random[:]) // it does not fail
	return &Leases{keeper: keeper, log: log, holder: fmt.Sprintf("%s/%d/%s", host, os.Getpid(), hex.EncodeToString(random[:]))}
}

// Holder is the name under which this process holds leases: host, process and something random.
func (l *Leases) Holder() string { return l.holder }

// State returns what is known of each lease that [Leases.Run] was called for, by name.
func (l *Leases) State() []LeaseState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.state)
}

// note changes what State says of a lease.
func (l *Leases) note(name string, change func(*LeaseState)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, ok := slices.BinarySearchFunc(l.state, name, func(s LeaseState, name string) int {
		switch {
		case s.Name < name:
			return -1
		case s.Name > name:
			return 1
		}
		return 0
	})
	if !ok {
		l.state = slices.Insert(l.state, i, LeaseState{Name: name, Since: time.Now()})
	}
	change(&l.state[i])
}

// Term is the time from getting a lease to losing it. Its methods may be called by many
// goroutines.
type Term struct {
	lease kv.Lease
	began time.Time
	until atomic.Int64 // of the term's time, as [time.Duration] since began: the lease is surely held before
	lost  context.CancelCauseFunc
}

// Lease is what goes with each update of the term: an engine makes none of a lease that has
// ended.
func (t *Term) Lease() kv.Lease { return t.lease }

// Err returns nil while the lease is surely held, and else an error that wraps
// [kv.ErrLeaseLost]. It goes by the clock alone, so it is right at once in a process that was
// stopped for a while, before anything else in it has noticed. To be asked right before what
// cannot be taken back and is no update.
func (t *Term) Err() error {
	if late := time.Since(t.began) - time.Duration(t.until.Load()); late >= 0 {
		return fmt.Errorf("lease %s was not renewed in time: %w", t.lease.Name, kv.ErrLeaseLost)
	}
	return nil
}

// Update is [store.Store.Update] for what only the holder of the lease may write.
func (t *Term) Update(s *store.Store, change func(*store.Tx) error) error {
	if err := t.Err(); err != nil {
		return err
	}
	return s.Update(change, t.lease)
}

// Run does work whenever this process holds a lease, until ctx is done. The context of the
// work ends when the lease was not renewed in time; then the work has to return. It begins anew,
// knowing nothing, once the lease is held again: also after an error that says that the store
// is out of reach or has no room, or that another process has taken over. Run returns any other error of
// the work.
func (l *Leases) Run(ctx context.Context, name string, work func(ctx context.Context, t *Term) error) error {
	l.note(name, func(*LeaseState) {})
	for pause := leaseRetry; ; {
		t := l.await(ctx, name)
		if t == nil {
			return nil
		}
		began := time.Now()
		err := l.hold(ctx, t, work)
		l.note(name, func(s *LeaseState) { *s = LeaseState{Name: name, Since: time.Now()} })
		switch lost := t.Err(); {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // it was told to end
		case errors.Is(err, kv.ErrLeaseLost), errors.Is(err, kv.ErrUnavailable), errors.Is(err, kv.ErrFull):
		case err != nil:
			return err
		case lost == nil:
			return nil // it has come to its end
		default:
			err = lost
		}
		l.log.Warn("work ends here for now; whoever holds its lease goes on", "lease", name, "err", err)
		if time.Since(began) > leaseLasts {
			pause = leaseRetry
		}
		if !sleep(ctx, pause) {
			return nil
		}
		pause = min(2*pause, leaseLasts/2)
	}
}

// await waits until a lease is held; nil if ctx is done first.
func (l *Leases) await(ctx context.Context, name string) *Term {
	pause := leaseRetry
	for said := false; ctx.Err() == nil; {
		t := &Term{began: time.Now()}
		lease, ok, err := l.keeper.Acquire(name, l.holder, leaseLasts)
		if ok && err == nil {
			t.lease = lease
			t.until.Store(int64(leaseLasts - leaseMargin))
			l.note(name, func(s *LeaseState) { *s = LeaseState{Name: name, Held: true, Epoch: lease.Epoch, Since: time.Now()} })
			l.log.Debug("lease held", "lease", name, "epoch", lease.Epoch)
			return t
		}
		l.note(name, func(s *LeaseState) { s.Fault = errorText(err) })
		switch {
		case err == nil:
			pause = leaseRetry
		case !said:
			l.log.Warn("the store cannot be asked for a lease; trying again", "lease", name, "err", err)
			said = true
		}
		if !sleep(ctx, max(pause, leaseLasts/20)) {
			break
		}
		pause = min(2*pause, leaseLasts/2)
	}
	return nil
}

// hold does work for a term, and ends that.
func (l *Leases) hold(ctx context.Context, t *Term, work func(context.Context, *Term) error) error {
	inner, lost := context.WithCancelCause(ctx)
	t.lost = lost
	done := make(chan struct{})
	var renewing, watching sync.WaitGroup
	renewing.Go(func() { l.renew(t, done) })
	watching.Go(func() { t.watch(done) })
	var err error
	if l.Began != nil {
		err = l.Began(t)
	}
	if err == nil {
		err = work(inner, t)
	}
	close(done)
	lost(nil)
	watching.Wait()
	renewing.Wait() // else one that is under way takes the lease again
	if t.Err() == nil {
		_ = l.keeper.Release(t.lease) // else it ends by itself
	}
	return err
}

// watch ends the work once the lease was not renewed in time: a renewal may hang.
func (t *Term) watch(done <-chan struct{}) {
	for {
		if err := t.Err(); err != nil {
			t.lost(err)
			return
		}
		select {
		case <-done:
			return
		case <-time.After(time.Duration(t.until.Load()) - time.Since(t.began)):
		}
	}
}

// renew extends a lease until done is closed or it is lost.
func (l *Leases) renew(t *Term, done <-chan struct{}) {
	pause := leaseLasts / 3
	for {
		select {
		case <-done:
			return
		case <-time.After(pause):
		}
		asked := time.Since(t.began)
		lease, ok, err := l.keeper.Acquire(t.lease.Name, l.holder, leaseLasts)
		switch {
		case err != nil:
			if t.Err() != nil {
				return
			}
			pause = leaseRetry
		case !ok || lease.Epoch != t.lease.Epoch:
			t.until.Store(0)
			t.lost(fmt.Errorf("lease %s: %w", t.lease.Name, kv.ErrLeaseLost))
			return
		case t.Err() != nil:
			return // too late: what has ended does not begin again
		default:
			t.until.Store(int64(asked + leaseLasts - leaseMargin))
			pause = leaseLasts / 3
		}
	}
}

// sleep waits, and returns false if ctx is done.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
