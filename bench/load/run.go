package load

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Plan says how much is done. Zero Number or Duration is no limit; one of them
// should have one.
type Plan struct {
	Number      int           // calls in all
	Duration    time.Duration // no call but the first begins later than this
	Concurrency int           // calls at once, at least 1
}

// Result is what calls have taken. The zero value is that of none. Results of runs
// one after the other are put together with [Result.Add].
type Result struct {
	Done    int           // calls that returned without an error
	Elapsed time.Duration // from the beginning of the first to the end of the last
	Making  time.Duration // pauses in between, for making what is sent next

	latency *hdrhistogram.Histogram // microseconds
}

// Latencies beyond the longest count as that. One part in a hundred is what the
// histogram tells apart.
const (
	longest   = time.Hour
	precision = 2
)

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, longest.Microseconds(), precision)
}

// Quantile returns the latency that a share of the calls did not exceed: 0.5 for the
// median, 1 for the longest.
func (r *Result) Quantile(q float64) time.Duration {
	if r.latency == nil {
		return 0
	}
	return time.Duration(r.latency.ValueAtQuantile(100*q)) * time.Microsecond
}

// Rate returns the calls a second.
func (r *Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Done) / r.Elapsed.Seconds()
}

// Add counts the calls of another run in, as if they had followed without a pause.
func (r *Result) Add(more Result) {
	r.Done += more.Done
	r.Elapsed += more.Elapsed
	r.Making += more.Making
	if r.latency == nil {
		r.latency = newHistogram()
	}
	if more.latency != nil {
		r.latency.Merge(more.latency)
	}
}

// Run calls do with 0, 1, 2... until the plan is fulfilled or a call fails, and waits
// for all calls. The error is the first one; the result is also good beside it.
func Run(ctx context.Context, p Plan, do func(ctx context.Context, i int) error) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers := max(1, p.Concurrency)
	if p.Number > 0 {
		workers = min(workers, p.Number)
	}
	results := make([]Result, workers)
	var next atomic.Int64
	var group sync.WaitGroup
	begin := time.Now()
	for w := range results {
		r := &results[w]
		r.latency = newHistogram()
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				start := time.Now()
				if p.Number > 0 && i >= p.Number || p.Duration > 0 && i > 0 && start.Sub(begin) >= p.Duration {
					return
				}
				if err := do(ctx, i); err != nil {
					cancel(err)
					return
				}
				r.Done++
				_ = r.latency.RecordValue(min(time.Since(start), longest).Microseconds()) // within its range
			}
		})
	}
	group.Wait()
	total := Result{latency: newHistogram()}
	for _, r := range results {
		total.Add(r)
	}
	total.Elapsed = time.Since(begin)
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return total, err
	}
	return total, ctx.Err()
}
