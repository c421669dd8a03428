package store

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
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

// BenchmarkStored fills a folder with four million credentials, or as many as
// HALLMARK_BENCH_STORED says, in submissions of a million, and reports what they take
// on disk and in memory, how long opening takes, and a look-up with its path (ns/op).
func BenchmarkStored(b *testing.B) {
	stored := 4 << 20
	if s := os.Getenv("HALLMARK_BENCH_STORED"); s != "" {
		var err error
		if stored, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	const size = 1 << 20
	dir := b.TempDir()
	s := open(b, dir, Options{})
	number := max(1, stored/size)
	var intake time.Duration
	for i := range number {
		sub := ascending(uint64(i), size)
		tree := treeOf(sub)
		sub.Root = tree.Root()
		begin := time.Now()
		add(b, s, sub)
		intake += time.Since(begin)
	}
	if err := s.mergeDue(); err != nil {
		b.Fatal(err)
	}
	closeStore(b, s)
	begin := time.Now()
	s = open(b, dir, Options{})
	defer closeStore(b, s)
	opened := time.Since(begin)
	begin = time.Now()
	for i := range b.N {
		n := rand.IntN(number)
		sub := submissionAt(s, b, n)
		at := i * 7919 % size
		leaves, err := s.submissionTree(&sub).appendLeaves(nil, at, at+1)
		if err != nil {
			b.Fatal(err)
		}
		found, err := s.WithLeaf(leaves[0])
		if err != nil || len(found) != 1 || found[0].At != at {
			b.Fatal(len(found), err)
		}
		if _, err := s.Path(&found[0]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(begin).Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(number*size)/intake.Seconds(), "written/s")
	b.ReportMetric(float64(s.DiskUsage())/float64(number*size), "bytes/credential")
	b.ReportMetric(float64(opened.Microseconds())/1000, "open-ms")
	b.ReportMetric(resident(b)/(1<<20), "resident-MiB")
	b.ReportMetric(float64(len(*s.runs.Load())), "runs")
}

func submissionAt(s *Store, b *testing.B, n int) Submission {
	b.Helper()
	r, err := s.SubmissionAt(uint64(n + 1))
	if err != nil {
		b.Fatal(err)
	}
	return r
}
