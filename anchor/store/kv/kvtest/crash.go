package kvtest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// What was acknowledged before a crash is there after it, and nothing is there half.
func testCrash(t *testing.T, p Place) {
	e := p.Open(t)
	const workers, rounds = 4, 3
	var all []string
	for round := range rounds {
		var group sync.WaitGroup
		var mu sync.Mutex // guards acknowledged
		acknowledged := make(map[string]bool)
		var stop atomic.Bool
		enough := make(chan struct{}, 1<<20)
		engine := e
		for w := range workers {
			group.Go(func() {
				for i := 0; !stop.Load(); i++ {
					id := fmt.Sprintf("%d-%d-%d", round, w, i)
					var err error
					if w%2 == 0 {
						err = engine.Update(func(tx kv.Tx) error { return setAll(tx, "u"+id, id, "w"+id, id) })
					} else {
						_, _, err = engine.Append(entry(id))
					}
					if err != nil {
						return // of the crash
					}
					mu.Lock()
					if !stop.Load() {
						acknowledged[fmt.Sprint(w%2, id)] = true
						enough <- struct{}{}
					}
					mu.Unlock()
				}
			})
		}
		b := grow(t, e)
		if _, added, err := e.Append(b.entry(fmt.Sprint("large", round))); err != nil || !added {
			t.Fatalf("added %v, %v", added, err)
		}
		for range 40 {
			<-enough
		}
		lost := grow(t, e)
		mu.Lock()
		stop.Store(true) // what is acknowledged from now on may come too late
		mu.Unlock()
		p.Crash(t, e)
		group.Wait()

		e = p.Open(t)
		b.check(t, e)
		wantNone(t, e, string(kv.KindBulk)+string(be(lost.number)))
		for name := range acknowledged {
			all = append(all, name)
		}
		for _, name := range all {
			if id := name[1:]; name[0] == '0' {
				want(t, e, "u"+id, id)
			} else if n, err := number(e, "s"+id); err != nil || n == 0 {
				t.Errorf("entry %s is acknowledged and lost: %v", id, err)
			} else {
				want(t, e, entryKey(n), id)
			}
		}
		// Also of those that were not acknowledged.
		if one, other := list(t, e, of('u')), list(t, e, of('w')); strings.ReplaceAll(one, "u", "w") != other {
			t.Errorf("an update is there half: %d and %d bytes", len(one), len(other))
		}
		last, err := e.Appended()
		if err != nil {
			t.Fatal(err)
		}
		appended(t, e, last)
		if n := add(t, e, entry(fmt.Sprint("after", round))); n != last+1 {
			t.Errorf("number %d after a crash, want %d", n, last+1)
		}
	}
	t.Logf("%d were acknowledged", len(all))
	shut(t, e)
}

// of is the range of the keys that begin with a byte.
func of(kind byte) kv.Range { return kv.Range{Lower: []byte{kind}, Upper: []byte{kind + 1}} }

// What can be read, and Durable has returned after, is there after a crash.
func testDurable(t *testing.T, p Place) {
	e := p.Open(t)
	done := make(chan struct{})
	var group sync.WaitGroup
	engine := e
	for w := range 4 {
		group.Go(func() {
			for i := range 200 {
				if _, _, err := engine.Append(entry(fmt.Sprintf("%d-%d", w, i))); err != nil {
					return // of the crash
				}
				if w == 0 && i == 20 {
					close(done)
				}
			}
		})
	}
	<-done
	last := uint64(0)
	err := e.Scan(kv.Range{Lower: []byte{kv.KindEntry}, Upper: []byte{kv.KindEntry + 1}}, func(_, _ []byte) (bool, error) {
		last++
		return true, nil
	})
	if err := errors.Join(err, e.Durable()); err != nil || last == 0 {
		t.Fatal(last, err)
	}
	if n, err := e.Appended(); err != nil || n < last {
		t.Errorf("%d are durable, %v, and %d were read before", n, err, last)
	}
	p.Crash(t, e)
	group.Wait()
	e = p.Open(t)
	if n, err := e.Appended(); err != nil || n < last {
		t.Errorf("%d entries after the crash, %v, and %d were durable", n, err, last)
	}
	shut(t, e)
}
