package load

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/verifier"
)

func TestRun(t *testing.T) {
	var calls, most, now atomic.Int64
	r, err := Run(t.Context(), Plan{Number: 100, Concurrency: 7}, func(context.Context, int) error {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		calls.Add(1)
		return nil
	})
	if err != nil || r.Done != 100 || calls.Load() != 100 {
		t.Errorf("%d calls, %d counted, error %v; want 100 and none", calls.Load(), r.Done, err)
	}
	if most.Load() > 7 {
		t.Errorf("%d calls at once, want at most 7", most.Load())
	}
	if r.Quantile(1) < r.Quantile(0.5) || r.Elapsed <= 0 || r.Rate() <= 0 {
		t.Errorf("longest %s, median %s, elapsed %s", r.Quantile(1), r.Quantile(0.5), r.Elapsed)
	}

	// The first error ends it and is returned, with what was done before.
	broken := errors.New("broken")
	r, err = Run(t.Context(), Plan{Concurrency: 2}, func(_ context.Context, i int) error {
		if i == 10 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) || r.Done < 9 {
		t.Errorf("%d calls and error %v", r.Done, err)
	}

	// So does the end of the context.
	ctx, cancel := context.WithCancel(t.Context())
	if _, err = Run(ctx, Plan{Concurrency: 2}, func(context.Context, int) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}

	// And a time that is over.
	r, err = Run(t.Context(), Plan{Duration: time.Millisecond, Concurrency: 2}, func(context.Context, int) error { return nil })
	if err != nil || r.Done == 0 {
		t.Errorf("%d calls and error %v", r.Done, err)
	}
}

func TestQuantiles(t *testing.T) {
	var total Result
	for _, d := range []time.Duration{time.Millisecond, 100 * time.Millisecond} {
		var one Result
		one.Add(Result{Done: 50, Elapsed: time.Second})
		for range 50 {
			if err := one.latency.RecordValue(d.Microseconds()); err != nil {
				t.Fatal(err)
			}
		}
		total.Add(one)
	}
	if total.Done != 100 || total.Elapsed != 2*time.Second || total.Rate() != 50 {
		t.Errorf("%d done in %s, %f a second", total.Done, total.Elapsed, total.Rate())
	}
	for q, want := range map[float64]time.Duration{0.5: time.Millisecond, 0.51: 100 * time.Millisecond, 1: 100 * time.Millisecond} {
		if got := total.Quantile(q); got < want*99/100 || got > want*101/100 {
			t.Errorf("quantile %f is %s, want %s", q, got, want)
		}
	}
}

// A submission is one that a node takes, and the same each time.
func TestSource(t *testing.T) {
	private, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	src := &Source{
		Keys: []*chain.Key{chain.NewKey(private)}, Home: verifier.Home{Chain: 1, Registry: verifier.RegistryAddress}, Size: 5,
		IssuedAt: 1,
	}
	a, err := src.Submission(3)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Verify(); err != nil {
		t.Error(err)
	}
	b, err := src.Submission(3)
	if err != nil || a.ID() != b.ID() || a.Signature != b.Signature {
		t.Errorf("submission 3 is another one the second time (%v)", err)
	}
	if c, err := src.Submission(4); err != nil || c.Root == a.Root {
		t.Errorf("submission 4 has the leaves of 3 (%v)", err)
	}
	c, salt := src.Credential(3, 2)
	if leaf := src.Leaf(3, 2); leaf != verifier.Leaf(c.Bytes(), salt) {
		t.Error("the leaf is not that of the credential")
	}
}

func TestSamples(t *testing.T) {
	for _, test := range []struct{ submissions, size, wanted, want int }{
		{100, 1, 10, 10}, {10, 1, 100, 10}, {3, 7, 10, 10}, {2, 2, 10, 4}, {0, 1, 10, 0},
	} {
		r := reservoir{size: test.wanted}
		for n := range test.submissions {
			r.add(uint64(n), sent{})
		}
		seen := make(map[[2]int]bool)
		per := make(map[uint64]int)
		for _, s := range r.samples(test.size) {
			if s.Index >= test.size || s.Submission >= uint64(test.submissions) {
				t.Errorf("%+v: there is no credential %d of submission %d", test, s.Index, s.Submission)
			}
			seen[[2]int{int(s.Submission), s.Index}] = true
			per[s.Submission]++
		}
		if len(seen) != test.want {
			t.Errorf("%+v: %d different samples", test, len(seen))
		}
		if len(per) != min(test.submissions, test.wanted) {
			t.Errorf("%+v: samples of %d submissions", test, len(per))
		}
	}
}
