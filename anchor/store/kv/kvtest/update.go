package kvtest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// An update reads what it has written, and others do once it is made.
func testOwnWrites(t *testing.T, p Place) {
	e := open(t, p)
	set(t, e, "a", "1", "b", "2", "c", "3")
	err := e.Update(func(tx kv.Tx) error {
		key, value := []byte("b"), []byte("new")
		if err := errors.Join(tx.Set(key, value), tx.Delete([]byte("c")), setAll(tx, "d", "4", "aa", "0")); err != nil {
			return err
		}
		copy(key, "x")
		copy(value, "bad") // it keeps no slice
		want(t, tx, "a", "1")
		want(t, tx, "b", "new")
		wantNone(t, tx, "c")
		want(t, tx, "d", "4")
		if got := list(t, tx, kv.Range{Lower: []byte("a"), Upper: []byte("z")}); got != "a=1 aa=0 b=new d=4 " {
			t.Errorf("it scans %q", got)
		}
		if got := list(t, tx, kv.Range{Upper: []byte("d"), Back: true}); got != "b=new aa=0 a=1 " {
			t.Errorf("it scans back %q", got)
		}
		if err := errors.Join(setAll(tx, "c", "again"), tx.Delete([]byte("aa")), setAll(tx, "d", "5", "empty", "")); err != nil {
			return err
		}
		want(t, tx, "c", "again")
		want(t, tx, "empty", "")
		wantNone(t, tx, "aa")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := list(t, e, kv.Range{}); got != "a=1 b=new c=again d=5 empty= " {
		t.Errorf("there is %q", got)
	}
}

// An update that returns an error leaves nothing, and the engine goes on.
func testUpdateFails(t *testing.T, p Place) {
	e := open(t, p)
	set(t, e, "a", "1")
	no := errors.New("no")
	err := e.Update(func(tx kv.Tx) error {
		return errors.Join(setAll(tx, "a", "2", "b", "2"), no)
	})
	if !errors.Is(err, no) {
		t.Error("an error of the change is lost:", err)
	}
	err = e.Update(func(tx kv.Tx) error {
		return tx.Get([]byte("nothing"), func([]byte) error { return nil })
	})
	if !errors.Is(err, kv.ErrNotFound) {
		t.Error("an error of the change is lost:", err)
	}
	if got := list(t, e, kv.Range{}); got != "a=1 " {
		t.Errorf("there is %q", got)
	}
	set(t, e, "a", "3")
	want(t, e, "a", "3")
}

// engines opens a place as often as it can be at once.
func engines(t *testing.T, p Place) []kv.Engine {
	all := []kv.Engine{open(t, p)}
	if p.Alone == "" {
		all = append(all, open(t, p))
	}
	return all
}

// Updates are as if they ran one at a time: counters miss no step, two cannot both be the first,
// and none takes a number twice that it finds by a scan.
func testSerializable(t *testing.T, p Place) {
	all := engines(t, p)
	const workers, steps = 8, 15
	var group sync.WaitGroup
	var mu sync.Mutex
	first := make(map[int]int)
	for w := range workers {
		e := all[w%len(all)]
		group.Go(func() {
			for i := range steps {
				err := e.Update(func(tx kv.Tx) error {
					n, err := number(tx, "count")
					if err != nil {
						return err
					}
					last := uint64(0)
					err = tx.Scan(kv.Range{Lower: []byte("list"), Upper: []byte("lisu"), Back: true}, func(k, _ []byte) (bool, error) {
						last = uint64(k[len(k)-1]) | uint64(k[len(k)-2])<<8
						return false, nil
					})
					if err != nil {
						return err
					}
					return errors.Join(setAll(tx, "count", string(be(n+1)), "list"+string(be(last+1)), fmt.Sprint(w)))
				})
				if err != nil {
					t.Error(err)
				}
				// Each of two looks at what the other one would write.
				mine, other := fmt.Sprintf("duty%d-%d", i, w%2), fmt.Sprintf("duty%d-%d", i, 1-w%2)
				won := false
				err = e.Update(func(tx kv.Tx) error {
					a, err := number(tx, mine)
					b, err2 := number(tx, other)
					if won = a+b == 0; !won {
						return errors.Join(err, err2)
					}
					return errors.Join(err, err2, setAll(tx, mine, string(be(1))))
				})
				if err != nil {
					t.Error(err)
				} else if won {
					mu.Lock()
					first[i]++
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	e := all[len(all)-1]
	if n, err := number(e, "count"); err != nil || n != workers*steps {
		t.Errorf("counted to %d, %v, want %d", n, err, workers*steps)
	}
	listed := 0
	err := e.Scan(kv.Range{Lower: []byte("list"), Upper: []byte("lisu")}, func(_, _ []byte) (bool, error) { listed++; return true, nil })
	if err != nil || listed != workers*steps {
		t.Errorf("%d numbers taken, %v, want %d", listed, err, workers*steps)
	}
	for i := range steps {
		if first[i] != 1 {
			t.Errorf("round %d: %d were the first", i, first[i])
		}
	}
}
