package faults_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/testnet"
)

// Nodes are killed at random moments under load while blocks come and go, and
// started again on the same folder. $HALLMARK_KILLS says how often, 5 times if it is
// not set.
func TestKilledAtRandom(t *testing.T) {
	kills := 5
	if text := os.Getenv("HALLMARK_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	onBackends(t, func(t *testing.T, backend string) {
		w := newWorld(t, backend, func(w *world) { w.settings.BatchCount, w.settings.BatchAge = 3, 20*time.Millisecond })
		seed := uint64(time.Now().UnixNano())
		t.Logf("random moments from seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		for range kills {
			ctx, cancel := context.WithCancel(t.Context())
			var load sync.WaitGroup
			served := make(chan struct{})
			once := sync.OnceFunc(func() { close(served) })
			for range 3 {
				load.Go(func() {
					for ctx.Err() == nil {
						status, err := w.attempt(ctx)
						if err == nil && status == 0 {
							return // it is dead
						}
						if err == nil && status == http.StatusAccepted {
							once()
						}
						time.Sleep(10 * time.Millisecond)
					}
				})
			}
			load.Go(func() {
				for ctx.Err() == nil {
					_ = w.chain.Mine(ctx, 1) // ends with the context
					time.Sleep(10 * time.Millisecond)
				}
			})
			// The random moment: of one node in four after its start, however far it
			// has come; of the others after the first submission that it acknowledges.
			if random.IntN(4) != 0 {
				select {
				case <-served:
				case <-time.After(time.Minute):
					t.Error("no submission was acknowledged within a minute")
				}
			}
			time.Sleep(time.Duration(20+random.IntN(600)) * time.Millisecond)
			w.process.Kill()
			cancel()
			load.Wait()
			if random.IntN(4) == 0 && (backend == testnet.BackendGeth || w.head() < maxReorgHead) {
				w.reorg(1+random.IntN(12), random.IntN(2) == 0)
			}
			w.start()
		}
		w.finish()
		t.Logf("%d kills, %d submissions acknowledged", kills, len(w.accepted))
		if len(w.accepted) < kills/2 {
			t.Error("too few submissions came through to show anything")
		}
	})
}
