package cluster_test

import (
	"bufio"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Bounds of the soak.
const (
	soakHeap     = 64 << 20        // bytes by which what a process keeps may grow in the second half
	soakSlowest  = time.Minute     // of an acknowledgement, with its repetitions: no fault lasts so long
	soakTypical  = 2 * time.Second // of half of them
	soakMeasured = 8               // rounds without kills that are needed to tell
)

// TestSoak goes on breaking things under load for as long as HALLMARK_CLUSTER_SOAK says. In the
// second half no process is killed, and what they keep in memory must not grow.
func TestSoak(t *testing.T) {
	text := os.Getenv("HALLMARK_CLUSTER_SOAK")
	if text == "" {
		t.Skip("a long one: make soak-cluster")
	}
	length, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	stop := w.startLoad()
	began, heaps, n := time.Now(), make(map[*server][]uint64), 0
	for time.Since(began) < length {
		f := faults[w.random.IntN(len(faults))]
		late := time.Since(began) > length/2
		if late && f.kills {
			continue
		}
		n++
		w.round(n, f)
		for _, s := range w.servers {
			if late {
				heaps[s] = append(heaps[s], w.kept(s))
			}
		}
	}
	stop()
	w.finish()
	w.report()
	for s, all := range heaps {
		if len(all) < soakMeasured {
			t.Fatalf("only %d rounds without kills: it was too short", len(all))
		}
		quarter := len(all) / 4
		before, after := median(all[:quarter]), median(all[len(all)-quarter:])
		t.Logf("%s kept %d MiB, and %d MiB in the end", s.name, before>>20, after>>20)
		if after > before+soakHeap {
			t.Errorf("what %s keeps grew by %d bytes", s.name, after-before)
		}
	}
	if slowest := w.slowest(); slowest > soakSlowest {
		t.Errorf("an acknowledgement took %v", slowest)
	}
	if typical := w.typical(); typical > soakTypical {
		t.Errorf("half of the acknowledgements took more than %v", typical)
	}
}

func median[T uint64 | time.Duration](all []T) T {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// kept returns how many bytes were in use after a process's last collection of garbage.
func (w *world) kept(s *server) uint64 {
	w.t.Helper()
	_, text, err := s.process.Get(w.t.Context(), "/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "go_memstats_next_gc_bytes "); ok {
			next, err := strconv.ParseFloat(value, 64)
			if err != nil {
				w.t.Fatal(err)
			}
			return uint64(next / 2) // collected again when it has doubled
		}
	}
	w.t.Fatalf("%s does not say how much memory it uses", s.name)
	return 0
}
