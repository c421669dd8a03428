package faults_test

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/verifier"
)

// What the soak demands.
const (
	soakRate       = 20                                     // submissions a second, at the least half of which must be accepted
	soakPending    = 2 * time.Minute                        // the oldest submission that is not final, at most
	soakHeap       = 4 << 20                                // bytes by which the heap in use may grow while nothing kills the node
	soakHeapEach   = 10 << 10                               // and for each submission meanwhile: its evidence, decoded and encoded (7 KiB)
	soakCaches     = 64 << 20                               // until those caches are full, and have this much
	soakGoroutines = 10                                     // by which goroutines may grow
	soakSamples    = 12                                     // of memory and goroutines, at the least
	soakFaultEvery = 3 * time.Second                        // at the most
	soakBlock      = 100 * time.Millisecond                 // between blocks: 1.6 s until one is final
	soakFaultTime  = 2 * time.Second                        // of a server's fault, at the most
	soakVariable   = "HALLMARK_SOAK"                        // how long
	soakTold       = "HALLMARK_SOAK=1h runs it for an hour" // as make soak does
)

// soak is a run under faults, and the count of what was done.
type soak struct {
	*world
	random *rand.Rand
	faults map[string]int // by name

	refused, verified atomic.Int64
	oldest            atomic.Int64 // largest age of a pending submission seen, nanoseconds

	pending sync.Map // merkle.Hash -> time.Time of acknowledgement

	samples []sample // of a process that nothing kills
}

// sample is what the node holds on to at one moment.
type sample struct {
	usage
	accepted int // submissions so far
}

// growth compares the first third of samples with the last one, each by its median:
// what is in use at one moment says little.
func growth(samples []sample) (heap, goroutines, accepted int64) {
	third := len(samples) / 3
	median := func(of []sample, value func(sample) int64) int64 {
		var values []int64
		for _, s := range of {
			values = append(values, value(s))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	grows := func(value func(sample) int64) int64 {
		return median(samples[len(samples)-third:], value) - median(samples[:third], value)
	}
	return grows(func(s sample) int64 { return int64(s.Heap) }), grows(func(s sample) int64 { return int64(s.Goroutines) }),
		grows(func(s sample) int64 { return int64(s.accepted) })
}

// A leak shows among what comes and goes, and what comes and goes is none.
func TestGrowth(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, leak := range []int64{0, 20 << 10} {
		var samples []sample
		for i := range int64(60) { // a minute at 20 a second
			samples = append(samples, sample{
				usage{uint64(30<<20 + random.Int64N(8<<20) + i*20*leak), 100 + random.IntN(40) + int(i*leak/(20<<10))}, int(i * 20),
			})
		}
		heap, goroutines, accepted := growth(samples)
		if leaks := heap > soakHeap+accepted*soakHeapEach; accepted != 800 || leaks != (leak > 0) || goroutines > soakGoroutines != (leak > 0) {
			t.Errorf("leak of %d: growth of %d bytes and %d goroutines for %d submissions", leak, heap, goroutines, accepted)
		}
	}
}

// Submissions come all the time, and one fault after another. Proofs are verified
// while it runs. In the second half the process is not killed any more, and its
// memory and goroutines must not grow.
func TestSoak(t *testing.T) {
	text := os.Getenv(soakVariable)
	if text == "" {
		t.Skip(soakTold)
	}
	length, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("%v from seed %d", length, seed)
	s := &soak{
		world: newWorld(t, testnet.BackendGeth, func(w *world) {
			w.settings.BatchAge = 300 * time.Millisecond
			w.settings.Chains[0].Poll, w.settings.Chains[0].Bump = 50*time.Millisecond, 2*time.Second
			w.settings.Chains[0].MaxFee = big.NewInt(2e9)
		}),
		random: rand.New(rand.NewPCG(seed, 0)), faults: make(map[string]int),
	}
	s.mine(2 * epoch)
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { s.submitAll(ctx) })
	work.Go(func() { s.followAll(ctx) })
	began := time.Now()
	s.run(began.Add(length/2), true)
	s.run(began.Add(length), false)
	cancel()
	work.Wait()
	s.proxy.Clear()
	s.fund()
	s.calm(big.NewInt(1e9))
	// No more blocks come by themselves, and the tips of the last faults are to leave
	// the history by which the node sets its own.
	s.mine(4 * epoch)
	s.settle()
	batches, transactions := len(s.batches()), s.nonce(s.address())
	s.finish()

	var did []string
	for _, name := range slices.Sorted(maps.Keys(s.faults)) {
		did = append(did, fmt.Sprintf("%s %d", name, s.faults[name]))
	}
	t.Logf("%v: faults: %s", time.Since(began).Round(time.Second), strings.Join(did, ", "))
	t.Logf("%d submissions, %d refused or unanswered; %d proofs verified meanwhile; %d batches by %d transactions",
		len(s.accepted), s.refused.Load(), s.verified.Load(), batches, transactions)
	if len(s.samples) < soakSamples {
		t.Fatalf("only %d samples of memory: it was too short", len(s.samples))
	}
	heap, goroutines, accepted := growth(s.samples)
	t.Logf("oldest pending %v; in the second half, while %d submissions came, by %d samples: heap %+d KiB, goroutines %+d",
		time.Duration(s.oldest.Load()).Round(time.Millisecond), accepted, len(s.samples), heap>>10, goroutines)
	if want := int(length.Seconds() * soakRate / 2); len(s.accepted) < want {
		t.Errorf("%d submissions were accepted, want %d", len(s.accepted), want)
	}
	if s.verified.Load() < int64(len(s.accepted)/4) {
		t.Errorf("only %d proofs were verified while it ran", s.verified.Load())
	}
	if age := time.Duration(s.oldest.Load()); age > soakPending {
		t.Errorf("a submission was pending for %v, want at most %v", age, soakPending)
	}
	if limit := soakHeap + min(accepted*soakHeapEach, soakCaches); heap > limit {
		t.Errorf("the heap grew by %d bytes, want at most %d", heap, limit)
	}
	if goroutines > soakGoroutines {
		t.Errorf("there were %d goroutines more, want at most %d", goroutines, soakGoroutines)
	}
}

// submitAll submits at the rate of the soak.
func (s *soak) submitAll(ctx context.Context) {
	tick := time.NewTicker(time.Second / soakRate)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		within, cancel := context.WithTimeout(ctx, 5*time.Second)
		if id, err := s.submit(within); err == nil {
			s.pending.Store(id, time.Now())
		} else if ctx.Err() == nil {
			s.refused.Add(1)
		}
		cancel()
	}
}

// followAll watches what is pending, and verifies the proof of each submission that
// has become final.
func (s *soak) followAll(ctx context.Context) {
	for ctx.Err() == nil {
		s.pending.Range(func(key, value any) bool {
			id, age := key.(merkle.Hash), time.Since(value.(time.Time))
			if age < 3*time.Second {
				return ctx.Err() == nil
			}
			if int64(age) > s.oldest.Load() {
				s.oldest.Store(int64(age))
			}
			s.mu.Lock()
			client, b := s.process.Client, s.accepted[id]
			s.mu.Unlock()
			status, err := client.Status(ctx, id)
			if err != nil || status.State != publish.Final {
				return ctx.Err() == nil // it is down, or not final yet
			}
			r, err := s.verify(ctx, id, b)
			switch {
			case err != nil:
				return ctx.Err() == nil // it went down just now: again
			case r.Verdict != verifier.Valid:
				s.t.Errorf("the proof of %s is %s: %+v", id, r.Verdict, r.Checks)
			}
			s.verified.Add(1)
			s.pending.Delete(id)
			return ctx.Err() == nil
		})
		time.Sleep(100 * time.Millisecond)
	}
}

// run mines, and breaks something now and then, until a moment. If it does not kill
// the process it takes samples of it.
func (s *soak) run(until time.Time, kill bool) {
	s.t.Helper()
	next, sampled := time.Now(), time.Now()
	for time.Now().Before(until) && !s.t.Failed() {
		s.mine(1)
		time.Sleep(soakBlock)
		if !kill && time.Since(sampled) > time.Second {
			u, err := s.usage(s.t.Context())
			if err != nil {
				s.t.Fatal(err)
			}
			s.mu.Lock()
			s.samples = append(s.samples, sample{u, len(s.accepted)})
			s.mu.Unlock()
			sampled = time.Now()
		}
		if time.Now().Before(next) {
			continue
		}
		s.harm(kill)
		next = time.Now().Add(time.Duration(s.random.Int64N(int64(soakFaultEvery))))
	}
}

// harm does one thing of the list.
func (s *soak) harm(kill bool) {
	s.t.Helper()
	note := func(name string) { s.faults[name]++ }
	switch n := s.random.IntN(10); {
	case n < 3:
		depth, forget := 1+s.random.IntN(12), s.random.IntN(2) == 0
		note(map[bool]string{true: "reorg, forgotten", false: "reorg"}[forget])
		s.reorg(depth, forget)
	case n < 6:
		f := serverFaults[s.random.IntN(len(serverFaults))]
		note("server " + f.name)
		s.during(f.fault)
	case n == 6:
		note("server stale")
		head := s.head()
		s.during(faultproxy.Stale(head, head-2*epoch))
	case n == 7 && kill:
		note("killed")
		s.process.Kill()
		s.again()
	case n == 7:
		note("clock ahead")
		if err := s.chain.AdvanceTime(s.t.Context(), time.Minute); err != nil {
			s.t.Fatal(err)
		}
	case n == 8:
		note("fee spike")
		s.crowd(big.NewInt(25e8))
		for range 10 {
			s.crowdBlock()
			time.Sleep(soakBlock)
		}
		s.calm(big.NewInt(1e9))
	default:
		note("nonce taken")
		s.steal()
	}
}

// during has the server fail for a while, in which blocks go on.
func (s *soak) during(f faultproxy.Fault) {
	s.proxy.Set(f)
	for end := time.Now().Add(time.Duration(s.random.Int64N(int64(soakFaultTime)))); time.Now().Before(end); {
		s.mine(1)
		time.Sleep(soakBlock)
	}
	s.proxy.Clear()
}

// again starts the node after its end.
func (s *soak) again() {
	s.t.Helper()
	p, err := launch(s.settings)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	s.process = p
	s.mu.Unlock()
}

// steal sends a transaction of the node's account.
func (s *soak) steal() {
	tip := big.NewInt(3e9)
	_, err := sendTransaction(s.t.Context(), s.eth, s.key, &types.DynamicFeeTx{
		Nonce: s.nonce(s.address()), To: &s.chain.Accounts[2].Address, Value: big.NewInt(1), Gas: 21_000,
		GasTipCap: tip, GasFeeCap: big.NewInt(40e9),
	})
	if err != nil {
		s.t.Logf("no nonce was taken: %v", err) // the node's own offers more
	}
	s.mine(1)
}

// fund sees to it that the account can pay.
func (s *soak) fund() {
	s.t.Helper()
	rich := s.chain.Accounts[3]
	s.transfer(rich.PrivateKey, s.nonce(rich.Address), s.address(), big.NewInt(1e18), big.NewInt(2e9))
	s.mine(1)
}
