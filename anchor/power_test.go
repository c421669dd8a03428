package anchor

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/verifier"
)

// The power fails at random steps of a whole node, whose disk forgets what was not
// synced, or half of it. Everything acknowledged becomes final, and each batch is
// anchored once.
func TestPowerFails(t *testing.T) {
	if testing.Short() {
		t.Skip("restarts many nodes")
	}
	rounds := 6
	if os.Getenv("HALLMARK_FAULTS") == "full" {
		rounds = 60
	}
	c := startChain(t, testnet.Config{})
	p := startProxy(t, c.RPC)
	config := testConfig(t, c)
	config.Chains[0].RPC = []string{p.URL}
	config.BatchCount, config.Log = 3, slog.New(slog.DiscardHandler)
	disk := vfs.NewCrashableMem()
	seed := uint64(time.Now().UnixNano())
	t.Logf("random steps from seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	acknowledged := make(map[merkle.Hash]badge)
	next := uint64(0)
	for range rounds {
		config.fs = disk
		n, err := Open(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		var (
			mu     sync.Mutex // guards steps, failed and acknowledged, and with them the moment of the failure
			steps  = 5 + random.IntN(80)
			unsync = random.IntN(2) * 50
			failed *vfs.MemFS
			off    = make(chan struct{})
			end    = make(chan struct{})
		)
		n.hook = func(string) {
			mu.Lock()
			if steps--; steps == 0 {
				// First nothing is sent any more, so that nothing leaves the node that
				// the disk does not know of.
				p.Set(faultproxy.Fault{Status: 503})
				failed = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: unsync, RNG: random})
				close(off)
			}
			dead := failed != nil
			mu.Unlock()
			if dead {
				<-end
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() {
			if err := n.Run(ctx); err != nil {
				t.Errorf("run: %v", err)
			}
		})
		work.Go(func() {
			for ctx.Err() == nil {
				_ = c.Mine(ctx, 1) // ends with the context
				time.Sleep(10 * time.Millisecond)
			}
		})
		for worker := range uint64(2) {
			work.Go(func() {
				for i := worker; ctx.Err() == nil; i += 2 {
					b := newBadge(t, next+i)
					s := sign(t, c.Accounts[1].PrivateKey, n.Info().Chains[0].Home, []merkle.Hash{b.leaf})
					_, err := n.Intake.Submit(ctx, s)
					mu.Lock()
					if failed == nil && err == nil {
						acknowledged[s.ID()] = b
					}
					mu.Unlock()
					time.Sleep(2 * time.Millisecond)
				}
			})
		}
		select {
		case <-off:
		case <-time.After(time.Minute):
			t.Error("the node stands still")
		}
		cancel()
		close(end)
		work.Wait()
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			return
		}
		disk = failed
		next += 1_000_000
		p.Clear()
	}

	config.fs = disk
	n := start(t, config)
	mining, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		for mining.Err() == nil {
			_ = c.Mine(mining, 1) // ends with the context
			time.Sleep(20 * time.Millisecond)
		}
	}()
	for id, b := range acknowledged {
		until(t, n, id, publish.Final)
		proof, err := n.ProofIn(t.Context(), id, b.leaf, false)
		if err != nil {
			t.Fatal(err)
		}
		wantVerdict(t, n, b, proof, verifier.Valid)
	}
	batches, err := n.Batches(t.Context(), 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	count := anchored(t, c)
	for _, b := range batches {
		if count[b.Root] != 1 {
			t.Errorf("batch %d is %s and was anchored %d times", b.Number, b.State, count[b.Root])
		}
	}
	if len(count) != len(batches) {
		t.Errorf("%d roots are anchored, %d batches were sealed", len(count), len(batches))
	}
	if len(acknowledged) < rounds {
		t.Errorf("only %d submissions were acknowledged", len(acknowledged))
	}
	t.Logf("%d submissions acknowledged before %d failures", len(acknowledged), rounds)
}
