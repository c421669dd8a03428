package role

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// keeper is the leases of a store, by the clock of the test. What is wrong with it is what the
// last letter of a call's answer could be: it fails, or hangs.
type keeper struct {
	mu     sync.Mutex
	leases map[string]*kept
	fault  map[string]error         // by holder: what each call returns
	hangs  map[string]chan struct{} // by holder: calls wait for that, after they took effect
}

type kept struct {
	holder string
	epoch  uint64
	until  time.Time
}

func newKeeper() *keeper {
	return &keeper{leases: make(map[string]*kept), fault: make(map[string]error), hangs: make(map[string]chan struct{})}
}

func (k *keeper) Acquire(name, holder string, lasts time.Duration) (kv.Lease, bool, error) {
	k.mu.Lock()
	err, hangs := k.fault[holder], k.hangs[holder]
	if err != nil {
		k.mu.Unlock()
		return kv.Lease{}, false, err
	}
	l := k.leases[name]
	if l == nil {
		l = &kept{}
		k.leases[name] = l
	}
	ok := l.holder == holder || !time.Now().Before(l.until)
	if ok {
		if l.holder != holder {
			l.holder, l.epoch = holder, l.epoch+1
		}
		l.until = time.Now().Add(lasts)
	}
	lease := kv.Lease{Name: name, Epoch: l.epoch}
	k.mu.Unlock()
	if hangs != nil {
		<-hangs
	}
	return lease, ok, nil
}

func (k *keeper) Release(lease kv.Lease) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l := k.leases[lease.Name]; l.epoch == lease.Epoch {
		l.until = time.Now()
	}
	return nil
}

func (k *keeper) set(holder string, fault error, hangs chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fault[holder], k.hangs[holder] = fault, hangs
}

// worker is a process that does the work of a lease.
type worker struct {
	*Leases
	terms chan *Term    // each that it got
	ended chan struct{} // at the end of the work of each
	run   chan error    // what Run returned
	end   context.CancelFunc
}

func work(k *keeper) *worker {
	ctx, end := context.WithCancel(context.Background())
	w := &worker{
		Leases: NewLeases(k, slog.New(slog.DiscardHandler)), terms: make(chan *Term, 9), ended: make(chan struct{}, 9),
		run: make(chan error, 1), end: end,
	}
	go func() {
		w.run <- w.Run(ctx, "seal", func(ctx context.Context, t *Term) error {
			w.terms <- t
			<-ctx.Done()
			w.ended <- struct{}{}
			return nil
		})
	}()
	return w
}

// stop ends a process and waits.
func (w *worker) stop(t *testing.T) {
	t.Helper()
	w.end()
	if err := <-w.run; err != nil {
		t.Error(err)
	}
}

// One process works, for as long as it runs; another one takes over at once when it ends in
// order, and after the length of a lease when it dies.
func TestLeaseIsHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeper()
		a := work(k)
		first := <-a.terms
		b := work(k)
		time.Sleep(10 * time.Minute)
		if len(b.terms) > 0 || len(a.ended) > 0 || first.Err() != nil || first.Lease() != (kv.Lease{Name: "seal", Epoch: 1}) {
			t.Fatalf("after ten minutes: %d have the other one, %v", len(b.terms), first.Err())
		}
		if s := a.State(); len(s) != 1 || !s[0].Held || s[0].Epoch != 1 || b.State()[0].Held {
			t.Errorf("the states are %v and %v", s, b.State())
		}
		began := time.Now()
		a.end()
		second := <-b.terms
		if took := time.Since(began); took > time.Second || second.Lease().Epoch != 2 {
			t.Errorf("it took %s, epoch %d", took, second.Lease().Epoch)
		}
		if err := <-a.run; err != nil {
			t.Error(err)
		}

		// It dies: nothing more is heard of it.
		began = time.Now()
		k.set(b.Holder(), errors.New("gone"), nil)
		c := work(k)
		<-c.terms
		if took := time.Since(began); took > leaseLasts+time.Second {
			t.Errorf("after a death it took %s", took)
		}
		b.stop(t)
		c.stop(t)
	})
}

// Whoever cannot renew, because the store fails, or does not answer, knows that the lease is
// lost before the store gives it to another.
func TestLeaseIsLostBeforeItIsGiven(t *testing.T) {
	for name, cut := range map[string]func(k *keeper, holder string) (heal func()){
		"the store fails": func(k *keeper, holder string) func() {
			k.set(holder, kv.ErrUnavailable, nil)
			return func() { k.set(holder, nil, nil) }
		},
		"the store hangs": func(k *keeper, holder string) func() {
			hang := make(chan struct{})
			k.set(holder, nil, hang)
			return func() { k.set(holder, nil, nil); close(hang) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKeeper()
				a := work(k)
				first := <-a.terms
				time.Sleep(time.Minute)
				heal := cut(k, a.Holder())
				b := work(k)
				second := <-b.terms
				if !errors.Is(first.Err(), kv.ErrLeaseLost) || len(a.ended) != 1 {
					t.Fatalf("two hold it: %v", first.Err())
				}
				heal()
				time.Sleep(time.Minute)
				if len(a.terms) > 0 || second.Err() != nil {
					t.Errorf("it was taken back: %v", second.Err())
				}
				b.end()
				third := <-a.terms
				if third.Lease().Epoch <= second.Lease().Epoch || !errors.Is(first.Err(), kv.ErrLeaseLost) {
					t.Errorf("epoch %d after %d, the first term: %v", third.Lease().Epoch, second.Lease().Epoch, first.Err())
				}
				a.stop(t)
				b.stop(t)
			})
		})
	}
}

// A term that has ended does not go on because its lease was not given to another: the work
// begins anew.
func TestLeaseLateRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeper()
		a := work(k)
		first := <-a.terms
		hang := make(chan struct{})
		k.set(a.Holder(), nil, hang)
		time.Sleep(2 * leaseLasts)
		k.set(a.Holder(), nil, nil)
		close(hang)
		second := <-a.terms
		if first.Err() == nil || second.Err() != nil {
			t.Errorf("the terms are %v and %v", first.Err(), second.Err())
		}
		a.stop(t)
	})
}

// Work begins anew after errors of the store that pass, and ends with any other.
func TestLeaseWorkFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		damaged := errors.New("damaged")
		answers := []error{kv.ErrUnavailable, kv.ErrLeaseLost, kv.ErrFull, damaged}
		l := NewLeases(newKeeper(), slog.New(slog.DiscardHandler))
		runs := 0
		err := l.Run(t.Context(), "seal", func(context.Context, *Term) error {
			runs++
			return answers[runs-1]
		})
		if !errors.Is(err, damaged) || runs != 4 {
			t.Errorf("%d runs, then %v", runs, err)
		}
	})
}
