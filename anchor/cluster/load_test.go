package cluster_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// What comes all the time.
const (
	submitters = 3                      // goroutines, each with a key of its own
	pause      = 150 * time.Millisecond // of each between two submissions
	readers    = 2
	// One submission of bulkEach has so many leaves, of which the blocks become objects in the bucket.
	bulkEach   = 40
	bulkLeaves = 1500
	answerTime = 3 * time.Second // how long a client waits
)

// taken is a submission that was acknowledged, and one badge of it.
type taken struct {
	id    merkle.Hash
	badge anchortest.Badge
	at    time.Time
}

// load is what was submitted. It locks itself.
type load struct {
	mu    sync.Mutex
	all   []taken
	waits []time.Duration // for an acknowledgement, with what had to be repeated
	mine  atomic.Uint64   // seed of the next badge

	failed   atomic.Int64 // requests that were to be repeated
	verified atomic.Int64 // proofs, while things break
}

func (l *load) took() []taken {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all[:len(l.all):len(l.all)]
}

func (l *load) waited(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waits = append(l.waits, d)
}

// typical and slowest say how long acknowledgements took.
func (l *load) typical() time.Duration { return median(l.waits) }
func (l *load) slowest() time.Duration { return slices.Max(l.waits) }

// submission makes one that is like no other.
func (w *world) submission(key int, leaves int) (*publish.Submission, anchortest.Badge) {
	seed := w.mine.Add(1)
	b, err := anchortest.NewBadge(seed)
	if err != nil {
		panic(err) // it does not depend on what is tested
	}
	all := []merkle.Hash{b.Leaf}
	for i := 1; i < leaves; i++ {
		all = append(all, merkle.Keccak256(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, seed), uint64(i))))
	}
	s, err := anchortest.Sign(w.chain.Accounts[1+key].PrivateKey, w.offline.Home, all...)
	if err != nil {
		panic(err)
	}
	return s, b
}

// hand submits to a server, and notes what is acknowledged.
func (w *world) hand(ctx context.Context, to *server, s *publish.Submission, b anchortest.Badge) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	status, err := to.client.Submit(ctx, s)
	if err != nil {
		if wrong(err) {
			w.t.Errorf("a submission to %s: %v", to.name, err)
		}
		return err
	}
	if status.ID != s.ID() {
		w.t.Errorf("%s took %s as %s", to.name, s.ID(), status.ID)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, taken{s.ID(), b, time.Now()})
	return nil
}

// submitAll submits one after the other, each to any server until one acknowledges it.
func (w *world) submitAll(ctx context.Context, key int) {
	random := rand.New(rand.NewPCG(w.seed, uint64(key)))
	for n := 0; ctx.Err() == nil; n++ {
		leaves := 1 + n%3
		if n%bulkEach == bulkEach-1 {
			leaves = bulkLeaves
		}
		s, b := w.submission(key, leaves)
		began := time.Now()
		for ctx.Err() == nil {
			to := pick(random, w.servers, func(s *server) bool { return s.intake })
			if err := w.hand(ctx, to, s, b); err == nil {
				w.waited(time.Since(began))
				w.known(ctx, pick(random, w.servers, func(s *server) bool { return s != w.mirror }), s.ID())
				break
			}
			w.failed.Add(1)
			sleep(ctx, pause)
		}
		sleep(ctx, pause)
	}
}

// known holds a server against what another one has just acknowledged.
func (w *world) known(ctx context.Context, at *server, id merkle.Hash) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if s, err := at.client.Status(ctx, id); err != nil && wrong(err) {
		w.t.Errorf("%s was just acknowledged, and %s says: %v", id, at.name, err)
	} else if err == nil && s.ID != id {
		w.t.Errorf("%s says of %s: %+v", at.name, id, s)
	}
}

// readAll asks any server for the proof of any submission that was acknowledged, all the time. What is
// not there yet, or not to be had now, is no fault; what is said is to be right.
func (w *world) readAll(ctx context.Context, n int) {
	random := rand.New(rand.NewPCG(w.seed, uint64(100+n)))
	for ctx.Err() == nil {
		sleep(ctx, 20*time.Millisecond)
		all := w.took()
		if len(all) == 0 {
			continue
		}
		one, at := all[random.IntN(len(all))], pick(random, w.servers, nil)
		within, cancel := context.WithTimeout(ctx, answerTime)
		r, err := w.offline.Verify(within, at.client, one.id, one.badge, false)
		cancel()
		switch {
		case err == nil && r.Verdict != verifier.Valid:
			w.t.Errorf("%s has a proof of %s that is %s: %+v", at.name, one.id, r.Verdict, r.Checks)
		case err == nil:
			w.verified.Add(1)
		case at == w.mirror && client.NotFound(err): // it has what is anchored, and that later
		case wrong(err):
			w.t.Errorf("of the proof of %s %s says: %v", one.id, at.name, err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// pick returns any of some that is as wanted.
func pick[T any](random *rand.Rand, all []T, wanted func(T) bool) T {
	for {
		if one := all[random.IntN(len(all))]; wanted == nil || wanted(one) {
			return one
		}
	}
}
