package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// ascending makes a submission of random leaves without sorting them.
func ascending(seed uint64, count int) *publish.Submission {
	s := &publish.Submission{Issuer: verifier.Address{2}, Home: verifier.Home{Chain: 1}, IssuedAt: seed, Count: uint64(count)}
	random := rand.New(rand.NewPCG(seed, 0))
	step := uint64(math.MaxUint64) / uint64(count)
	s.Leaves = make([]merkle.Hash, count)
	for i := range s.Leaves {
		leaf := &s.Leaves[i]
		binary.BigEndian.PutUint64(leaf[:], uint64(i)*step+random.Uint64N(step))
		binary.BigEndian.PutUint64(leaf[8:], random.Uint64())
		binary.BigEndian.PutUint64(leaf[16:], random.Uint64())
	}
	return s
}

// resident returns the memory of this process in bytes, where Linux says it.
func resident(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		b.Fatal(err)
	}
	return float64(pages * os.Getpagesize())
}

// BenchmarkStored fills a folder with credentials in submissions of one, of 100,000 and of
// a million, and reports how fast they are acknowledged durably (written/s), what they
// take of the processor until the store has nothing more to do (cpu-ns/credential), of the
// disk once compacted, and of memory, how long opening takes, and a look-up with its path
// (ns/op).
// HALLMARK_BENCH_STORED is how many credentials are stored in submissions of a million.
func BenchmarkStored(b *testing.B) {
	millions := 4 << 20
	if s := os.Getenv("HALLMARK_BENCH_STORED"); s != "" {
		var err error
		if millions, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct{ size, stored int }{
		{1, 100_000}, {1000, 1_000_000}, {30_000, 990_000}, {100_000, 1_000_000}, {1 << 20, millions},
	} {
		b.Run(fmt.Sprint(c.size), func(b *testing.B) { benchmarkStored(b, c.size, max(1, c.stored/c.size)) })
	}
}

func benchmarkStored(b *testing.B, size, number int) {
	dir := b.TempDir()
	s := open(b, dir, Options{})
	writers := 1
	if size < LargeLeaves {
		writers = 64 // that many share a sync
	}
	const some = 1000 // leaves of each submission that are looked for
	step := max(1, size/some)
	samples := make([][]merkle.Hash, number)
	var intake, spent time.Duration
	chunk := min(1000, max(1, 1<<20/size)) // so that few are in memory
	for first := 0; first < number; first += chunk {
		subs := make([]*publish.Submission, min(chunk, number-first))
		for i := range subs {
			subs[i] = ascending(uint64(first+i), size)
			subs[i].Root = treeOf(subs[i]).Root()
			for at := 0; at < size; at += step {
				samples[first+i] = append(samples[first+i], subs[i].Leaves[at])
			}
		}
		before, begin := processorTime(b), time.Now()
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() {
				for i := w; i < len(subs); i += writers {
					if err := try(s, subs[i]); err != nil {
						b.Error(err)
					}
				}
			})
		}
		group.Wait()
		intake += time.Since(begin)
		spent += processorTime(b) - before
	}
	before, begin := processorTime(b), time.Now()
	s.Folder().Settle()
	settled := time.Since(begin)
	spent += processorTime(b) - before
	if err := s.Folder().Compact(context.Background()); err != nil {
		b.Fatal(err)
	}
	closeStore(b, s)
	begin = time.Now()
	s = open(b, dir, Options{})
	defer closeStore(b, s)
	opened := time.Since(begin)
	before, begin = processorTime(b), time.Now()
	for i := range b.N {
		n := rand.IntN(number)
		j := i * 7919 % len(samples[n])
		found, err := s.WithLeaf(samples[n][j])
		if err != nil || len(found) != 1 || found[0].At != j*step {
			b.Fatal(len(found), err)
		}
		if _, err := s.Path(&found[0]); err != nil {
			b.Fatal(err)
		}
	}
	total := float64(number * size)
	b.ReportMetric(float64(time.Since(begin).Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64((processorTime(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
	b.ReportMetric(total/intake.Seconds(), "written/s")
	b.ReportMetric(float64(spent.Nanoseconds())/total, "cpu-ns/credential")
	b.ReportMetric(settled.Seconds(), "settle-s")
	b.ReportMetric(float64(usage(b, s))/total, "bytes/credential")
	b.ReportMetric(float64(opened.Microseconds())/1000, "open-ms")
	b.ReportMetric(resident(b)/(1<<20), "resident-MiB")
}

// usage returns what the store takes.
func usage(t testing.TB, s *Store) uint64 {
	t.Helper()
	n, err := s.Usage()
	if err != nil {
		t.Fatal(err)
	}
	return n
}
