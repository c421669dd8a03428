package kvtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// Entries get the numbers 1, 2, 3..., also after opening again, and what they put is there.
func testAppend(t *testing.T, p Place) {
	e := p.Open(t)
	for round := range uint64(3) {
		appended(t, e, round*5)
		for i := round*5 + 1; i <= round*5+5; i++ {
			id := fmt.Sprintf("entry %d", i)
			if n := add(t, e, entry(id)); n != i {
				t.Fatalf("number %d, want %d", n, i)
			}
			want(t, e, "s"+id, string(be(i)))
			want(t, e, entryKey(i), id)
		}
		for i := uint64(1); i <= round*5+5; i++ {
			of := entry(fmt.Sprintf("entry %d", i))
			of.Put = func(w kv.Writer, n uint64) error { return setAll(w, "twice", string(be(n))) }
			if n, added, err := e.Append(of); err != nil || added || n != i {
				t.Errorf("entry %d again: number %d, added %v, %v", i, n, added, err)
			}
		}
		wantNone(t, e, "twice")
		shut(t, e)
		e = p.Open(t)
	}
	appended(t, e, 15)
	shut(t, e)
}

// Whoever reads while many append, by several processes, finds each entry with all before it.
func testAppendInOrder(t *testing.T, p Place) {
	all := engines(t, p)
	const workers, each = 8, 25
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for _, e := range all {
		readers.Go(func() {
			known := uint64(0)
			for end := false; !end; {
				select {
				case <-done:
					end = true
				default:
				}
				durable, err := e.Appended()
				if err != nil {
					t.Error(err)
					return
				}
				last := uint64(0)
				err = e.Scan(kv.Range{Lower: []byte{kv.KindEntry}, Upper: []byte{kv.KindEntry + 1}, Back: true}, func(k, _ []byte) (bool, error) {
					last = binary.BigEndian.Uint64(k[1:])
					return false, nil
				})
				if err != nil || last < durable {
					t.Errorf("%d entries are durable, and the last to be read is %d, %v", durable, last, err)
					return
				}
				for ; known < last; known++ {
					if _, there := get(t, e, entryKey(known+1)); !there {
						t.Errorf("entry %d is there, and %d is not", last, known+1)
						return
					}
				}
			}
		})
	}
	for w := range workers {
		writers.Go(func() {
			for i := range each {
				id := fmt.Sprintf("%d-%d", w, i)
				n, added, err := all[w%len(all)].Append(entry(id))
				if err != nil || !added {
					t.Errorf("added %v, %v", added, err)
					return
				}
				for _, e := range all {
					want(t, e, entryKey(n), id)
					want(t, e, "s"+id, string(be(n)))
					if durable, err := e.Appended(); err != nil || durable < n {
						t.Errorf("entry %d is acknowledged, and %d are durable, %v", n, durable, err)
					}
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	for _, e := range all {
		appended(t, e, workers*each)
	}
}

// Of entries with one ID that come at once exactly one is added, and all get its number.
func testAppendOnce(t *testing.T, p Place) {
	all := engines(t, p)
	for round := range uint64(10) {
		var group sync.WaitGroup
		var mu sync.Mutex
		numbers, firsts := make(map[uint64]int), 0
		for w := range 8 {
			group.Go(func() {
				n, added, err := all[w%len(all)].Append(entry(fmt.Sprintf("round %d", round)))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if numbers[n]++; added {
					firsts++
				}
			})
		}
		group.Wait()
		if firsts != 1 || numbers[round+1] != 8 {
			t.Errorf("round %d: %d were added, with the numbers %v", round, firsts, numbers)
		}
	}
	appended(t, all[0], 10)
}

// An entry whose Put fails leaves nothing and takes no number, and others that come with it are
// not harmed.
func testAppendFails(t *testing.T, p Place) {
	e := open(t, p)
	no := errors.New("no")
	var group sync.WaitGroup
	for w := range 6 {
		group.Go(func() {
			for i := range 10 {
				id := fmt.Sprintf("%d-%d", w, i)
				of := entry(id)
				fails := w%3 == 0
				if fails {
					of.Put = func(w kv.Writer, n uint64) error {
						return errors.Join(setAll(w, "bad"+id, "x", entryKey(n), "bad"), no)
					}
				}
				switch _, added, err := e.Append(of); {
				case fails && (added || !errors.Is(err, no)):
					t.Errorf("added %v, %v", added, err)
				case !fails && (!added || err != nil):
					t.Errorf("%s: added %v, %v", id, added, err)
				}
				if fails {
					wantNone(t, e, "s"+id)
					wantNone(t, e, "bad"+id)
				}
			}
		})
	}
	group.Wait()
	appended(t, e, 40)
	if n := add(t, e, entry("0-0")); n != 41 {
		t.Errorf("number %d, want 41", n)
	}
}
