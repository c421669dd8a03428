package faults_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
)

// told is a server that is told what is final. Until it is well it fails one time in eight.
type told struct {
	*httptest.Server
	well atomic.Bool

	mu  sync.Mutex
	ids map[merkle.Hash]bool
}

func newTold(t *testing.T) *told {
	r := &told{ids: make(map[merkle.Hash]bool)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		var event client.Event
		if err := json.NewDecoder(request.Body).Decode(&event); err != nil {
			return // the node was killed
		}
		switch n := rand.IntN(16); {
		case !r.well.Load() && n == 0:
			w.WriteHeader(http.StatusInternalServerError)
			return
		case !r.well.Load() && n == 1:
			panic(http.ErrAbortHandler)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ids[event.Data.SubmissionID] = true
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *told) all(accepted map[merkle.Hash]anchortest.Badge) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range accepted {
		if !r.ids[id] {
			return false
		}
	}
	return true
}

// Nodes are killed at random moments under load while blocks come and go, and
// started again on the same folder. A webhook that fails now and then is told of all that
// becomes final. $HALLMARK_KILLS says how often, 5 times if it is
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
		told := newTold(t)
		w := newWorld(t, backend, func(w *world) {
			w.settings.BatchCount, w.settings.BatchAge, w.settings.Webhook = 3, 20*time.Millisecond, told.URL
		})
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
		told.well.Store(true)
		w.settle()
		w.eventually("the webhook is told of all", func() bool { return told.all(w.accepted) })
		w.finish()
		t.Logf("%d kills, %d submissions acknowledged", kills, len(w.accepted))
		if len(w.accepted) < kills/2 {
			t.Error("too few submissions came through to show anything")
		}
	})
}
