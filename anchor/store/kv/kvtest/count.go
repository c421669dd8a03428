package kvtest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// Counts grow with entries and no further than their limits, however many come at once by several
// processes; an entry that is there already or is refused leaves all of them, and no gap.
func testCount(t *testing.T, p Place) {
	all := engines(t, p)
	const workers, each, most = 8, 20, 50
	var group sync.WaitGroup
	var added, refused atomic.Uint64
	for w := range workers {
		group.Go(func() {
			e := all[w%len(all)]
			for i := range each {
				of := entry(fmt.Sprintf("%d of %d", i, w))
				of.Counts = []kv.Count{
					{Key: []byte("cfree"), Add: 3},
					{Key: []byte("climited"), Add: 1, Most: most},
				}
				for range 2 {
					switch _, is, err := e.Append(of); {
					case errors.Is(err, kv.ErrOverLimit):
						refused.Add(1)
					case err != nil:
						t.Error(err)
					case is:
						added.Add(1)
					}
				}
			}
		})
	}
	group.Wait()
	if a, r := added.Load(), refused.Load(); a != most || r != 2*(workers*each-most) {
		t.Errorf("%d entries were added and %d refused, want %d and %d", a, r, most, 2*(workers*each-most))
	}
	for _, e := range all {
		appended(t, e, most)
		want(t, e, "climited", string(be(most)))
		want(t, e, "cfree", string(be(3*most)))
	}
	for name, c := range map[string]kv.Count{
		"one too many":  {Key: []byte("climited"), Add: 1, Most: most},
		"a lower limit": {Key: []byte("climited"), Add: 1, Most: 1},
		"more than any": {Key: []byte("cfree"), Add: ^uint64(0), Most: 1 << 40},
	} {
		of := entry(name)
		of.Counts = []kv.Count{{Key: []byte("cother"), Add: 1}, c}
		if _, _, err := all[0].Append(of); !errors.Is(err, kv.ErrOverLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantNone(t, all[0], "cother")
	appended(t, all[0], most)
}
