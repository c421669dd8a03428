package store

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// BenchmarkSeal seals 100,000 submissions of one credential each, from counting them to
// the batch on disk, and reports what that costs the processor.
func BenchmarkSeal(b *testing.B) {
	const count = 100_000
	s := open(b, b.TempDir(), Options{})
	defer closeStore(b, s)
	var workers sync.WaitGroup
	for w := range uint64(64) { // that many share a sync
		workers.Go(func() {
			for seed := w; seed < count; seed += 64 {
				sub := submission(seed, 1)
				sub.Signature = verifier.Signature{byte(seed), byte(seed >> 8), 64: 27}
				sub.IssuedAt += 1_700_000_000
				if err := try(s, sub); err != nil {
					b.Error(err)
				}
			}
		})
	}
	workers.Wait()
	homes := make(map[verifier.ChainID]int)
	var previous merkle.Hash
	var spent time.Duration
	b.ResetTimer()
	for range b.N {
		before := processorTime(b)
		if err := s.Submissions(1, count, func(r *Submission) bool { homes[r.Chain]++; return true }); err != nil {
			b.Fatal(err)
		}
		batch := seal(b, s, 1, count)
		spent += processorTime(b) - before
		if previous != (merkle.Hash{}) && batch.Root != previous {
			b.Fatalf("root %s, before %s", batch.Root, previous)
		}
		previous = batch.Root
		b.StopTimer() // the next round seals the same
		if err := s.Update(func(tx *Tx) error { return tx.kv.Delete(key('q', be(count))) }); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(spent.Seconds()*1000/float64(b.N), "cpu-ms/op")
}

// processorTime returns what this process has used.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// The order is that of comparing, also of hashes that differ late or not at all.
func TestSortedOrder(t *testing.T) {
	for _, alike := range [][]byte{nil, {0}, {1, 2, 3, 255}} {
		for _, count := range []int{0, 1, 2, 50, 3000} {
			want := fuzzLeaves(seeded(5), count, alike)
			if len(want) > 0 {
				want = append(want, want[len(want)-1])
			}
			hashes := slices.Clone(want)
			rand.New(rand.NewPCG(6, 7)).Shuffle(len(hashes), func(i, j int) { hashes[i], hashes[j] = hashes[j], hashes[i] })
			order := sortedOrder(hashes)
			got := make([]merkle.Hash, len(order))
			for i, at := range order {
				got[i] = hashes[at]
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d hashes like %v are not in order", count, alike)
			}
		}
	}
}

// A batch has the ids that its submissions have one by one, in their order.
func TestSealIDs(t *testing.T) { eachEngine(t, testSealIDs) }

func testSealIDs(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	var want []merkle.Hash
	for i := range uint64(700) {
		count := 1
		if i%100 == 99 {
			count = int(i)*2 + 2
		}
		sub := submission(i, count)
		sub.Home.Chain = verifier.ChainID(1 + i/3%2)
		want = append(want, sub.ID())
		add(t, s, sub)
	}
	slices.SortFunc(want, merkle.Compare)
	tree, err := merkle.New(want)
	if err != nil {
		t.Fatal(err)
	}
	b := seal(t, s, 1, 700)
	if b.Root != tree.Root() {
		t.Errorf("root %s, want %s", b.Root, tree.Root())
	}
	if got, err := s.BatchIDs(&b); err != nil || !slices.Equal(got, want) {
		t.Errorf("%d ids, which are not those of the submissions, %v", len(got), err)
	}
}

// Of two batches of the same submissions one is sealed, whoever made the other one.
func TestSealTwice(t *testing.T) { eachEngine(t, testSealTwice) }

func testSealTwice(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	var list []Submission
	for i := range uint64(5) {
		list = append(list, add(t, s, submission(i, 1+int(i)*500)))
	}
	draft := func(first, last int) *Draft {
		t.Helper()
		d, err := s.Draft(list[first:last])
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	seal := func(d *Draft, want uint64) {
		t.Helper()
		var b Batch
		err := s.Update(func(tx *Tx) (err error) {
			b, err = tx.Seal(d, []verifier.ChainID{7}, 1)
			return err
		})
		if want == 0 && !errors.Is(err, ErrLeaseLost) || want != 0 && (err != nil || b.Number != want) {
			t.Errorf("batch %d, %v, want %d", b.Number, err, want)
		}
	}
	mine, other, gap := draft(0, 3), draft(0, 4), draft(4, 5)
	seal(gap, 0)
	seal(mine, 1)
	for _, d := range []*Draft{mine, other, gap} {
		seal(d, 0)
	}
	seal(draft(3, 5), 2)
	open, err := s.OpenOperations(7)
	if err != nil || len(open) != 2 {
		t.Errorf("%d operations, %v", len(open), err)
	}
	wantSound(t, s)
}
