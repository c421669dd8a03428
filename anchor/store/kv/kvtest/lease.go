package kvtest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// long is longer than a test takes.
const long = 10 * time.Minute

// A lease is one holder's at a time. Who has lost it writes nothing.
func testLeases(t *testing.T, p Place) {
	if p.Alone != "" {
		// All leases are always held.
		e := open(t, p)
		l, ok, err := e.Acquire("seal", "first", long)
		if err != nil || !ok || l.Name != "seal" || l.Epoch == 0 {
			t.Fatalf("%+v, %v, %v", l, ok, err)
		}
		if err := e.Update(func(tx kv.Tx) error { return setAll(tx, "a", "1") }, l); err != nil {
			t.Error(err)
		}
		want(t, e, "a", "1")
		if err := e.Release(l); err != nil {
			t.Error(err)
		}
		t.Skip(p.Alone)
	}
	all := engines(t, p)
	a, b := all[0], all[1]
	acquire := func(e kv.Engine, name, holder string, lasts time.Duration, epoch uint64) kv.Lease {
		t.Helper()
		l, ok, err := e.Acquire(name, holder, lasts)
		if err != nil || ok != (epoch != 0) || ok && (l.Epoch != epoch || l.Name != name) {
			t.Errorf("%s gets %+v, %v, %v, want epoch %d", holder, l, ok, err, epoch)
		}
		return l
	}
	write := func(e kv.Engine, value string, ok bool, held ...kv.Lease) {
		t.Helper()
		before, _ := get(t, e, "written")
		err := e.Update(func(tx kv.Tx) error { return setAll(tx, "written", value) }, held...)
		if ok && err != nil || !ok && !errors.Is(err, kv.ErrLeaseLost) {
			t.Errorf("write %s: %v", value, err)
		}
		if !ok {
			value = before
		}
		if got, _ := get(t, e, "written"); got != value {
			t.Errorf("written is %q, want %q", got, value)
		}
	}

	first := acquire(a, "seal", "a", long, 1)
	acquire(b, "seal", "b", long, 0)
	other := acquire(b, "chain", "b", long, 1)
	acquire(a, "chain", "a", long, 0)
	acquire(a, "seal", "a", long, 1) // extends
	write(a, "1", true, first)
	write(b, "2", true, other)
	write(b, "3", false, other, kv.Lease{Name: "seal", Epoch: 2})
	write(b, "3", false, other, kv.Lease{Name: "nobody's", Epoch: 1})

	if err := a.Release(first); err != nil {
		t.Error(err)
	}
	second := acquire(b, "seal", "b", long, 2)
	acquire(a, "seal", "a", long, 0)
	write(a, "4", false, first)
	write(b, "5", true, second, other)
	if err := a.Release(first); err != nil { // it is no longer a's
		t.Error(err)
	}
	write(b, "6", true, second)

	// One that is not extended ends by itself.
	acquire(b, "seal", "b", 300*time.Millisecond, 2)
	end := time.Now().Add(30 * time.Second)
	third, ok, err := a.Acquire("seal", "a", long)
	for ; err == nil && !ok && time.Now().Before(end); third, ok, err = a.Acquire("seal", "a", long) {
		time.Sleep(10 * time.Millisecond) // there is no event for it
	}
	if err != nil || !ok || third.Epoch != 3 {
		t.Fatalf("%+v, %v, %v", third, ok, err)
	}
	write(b, "7", false, second)
	write(a, "8", true, third)

	// Of many that want it one gets it.
	var group sync.WaitGroup
	var mu sync.Mutex
	got := 0
	for w := range 8 {
		group.Go(func() {
			_, ok, err := all[w%2].Acquire("wanted", string(rune('a'+w)), long)
			if err != nil {
				t.Error(err)
			}
			if ok {
				mu.Lock()
				got++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if got != 1 {
		t.Errorf("%d hold one lease", got)
	}
}

// An update of another process is noticed.
func testChanges(t *testing.T, p Place) {
	if p.Alone != "" {
		t.Skip(p.Alone)
	}
	all := engines(t, p)
	for range 3 {
		before := all[1].Changes()
		set(t, all[0], "a", "1")
		for end := time.Now().Add(30 * time.Second); all[1].Changes() <= before; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("an update of another process is not noticed")
			}
		}
	}
}
