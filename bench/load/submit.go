package load

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Window is how much memory the submissions take that are made ahead, in bytes,
// unless a single one takes more.
const Window = 256 << 20

// Sample is one credential that the node has acknowledged, to be read back.
type Sample struct {
	Submission uint64 // its number in the source
	Index      int    // of the credential
	sent       sent
}

// sent is what the node must remember of a submission.
type sent struct {
	id, root  merkle.Hash
	signature verifier.Signature
}

// ID returns the id of the submission.
func (s *Sample) ID() merkle.Hash { return s.sent.id }

// Submit sends submissions of src from number 0 on, as the plan says, and returns
// what that has taken, without the time for making them, and a random choice of up to
// that many samples, from different submissions where there are enough. Duration
// counts sending only. It reports each acknowledged submission to done, unless that
// is nil, from many goroutines.
func Submit(ctx context.Context, target *Target, src *Source, p Plan, window, samples int, done func()) (Result, []Sample, error) {
	var total Result
	choice := reservoir{size: samples}
	each := 200 + src.Size*merkle.Size // bytes of a body and what is known of it
	perWindow := max(1, window/each)
	for first := 0; ; {
		n := perWindow
		if p.Number > 0 {
			n = min(n, p.Number-first)
		}
		if n <= 0 {
			break
		}
		if p.Duration > 0 && total.Done > 0 {
			// No more than will be sent, with room, where the time is nearly over.
			left := (p.Duration - total.Elapsed).Seconds()
			if left <= 0 {
				break
			}
			n = min(n, int(1.5*left*total.Rate())+2*p.Concurrency)
		} else if p.Duration > 0 {
			n = min(n, 64*p.Concurrency) // how fast the node is will show
		}
		begin := time.Now()
		bodies, known, err := prepare(ctx, src, first, n)
		if err != nil {
			return total, nil, err
		}
		if first > 0 {
			total.Making += time.Since(begin)
		}
		part := Plan{Number: n, Concurrency: p.Concurrency}
		if p.Duration > 0 {
			part.Duration = max(p.Duration-total.Elapsed, time.Nanosecond)
		}
		r, err := Run(ctx, part, func(ctx context.Context, i int) error {
			if err := target.Submit(ctx, bodies[i]); err != nil {
				return err
			}
			choice.add(uint64(first+i), known[i])
			if done != nil {
				done()
			}
			return nil
		})
		total.Add(r)
		if err != nil {
			return total, nil, err
		}
		if first += n; r.Done < n {
			break
		}
	}
	return total, choice.samples(src.Size), nil
}

// prepare makes n submissions from number first on, on all cores.
func prepare(ctx context.Context, src *Source, first, n int) ([][]byte, []sent, error) {
	bodies, known := make([][]byte, n), make([]sent, n)
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i := range bodies {
		if ctx.Err() != nil {
			break
		}
		work.Go(func() error {
			s, err := src.Submission(uint64(first + i))
			if err != nil {
				return err
			}
			bodies[i] = client.AppendSubmission(make([]byte, 0, 200+len(s.Leaves)*merkle.Size), s)
			known[i] = sent{s.ID(), s.Root, s.Signature}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return nil, nil, err
	}
	return bodies, known, ctx.Err()
}

// reservoir keeps a random choice of acknowledged submissions.
type reservoir struct {
	size int

	mu   sync.Mutex // guards what follows
	seen int
	kept []Sample
}

func (r *reservoir) add(n uint64, known sent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen++
	s := Sample{Submission: n, sent: known}
	if len(r.kept) < r.size {
		r.kept = append(r.kept, s)
	} else if i := rand.IntN(r.seen); i < r.size {
		r.kept[i] = s
	}
}

// samples chooses credentials of the submissions, as many as were wanted or as there
// are: one of each, then another one of each.
func (r *reservoir) samples(size int) (out []Sample) {
	start := rand.IntN(size)
	for j := range size {
		for i := range r.kept {
			if len(out) == r.size {
				return out
			}
			s := r.kept[i]
			s.Index = (start + i + j) % size
			out = append(out, s)
		}
	}
	return out
}
