package faults_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
)

// bring submits and brings the submission to a state, which the node cannot leave
// until resume is called.
func (w *world) bring(state publish.State) (id merkle.Hash, resume func()) {
	w.t.Helper()
	switch state {
	case publish.Accepted:
		// Nothing is sealed while nothing can be sent. A batch may be just before the
		// node has learned that; then the next submission waits.
		w.proxy.Set(faultproxy.Fault{Methods: []string{"eth_feeHistory"}, Error: "try again later"})
		w.eventually("sealing is held", func() bool {
			id = w.mustSubmit()
			time.Sleep(3 * w.settings.BatchAge)
			return w.state(id) == publish.Accepted
		})
		return id, w.proxy.Clear
	case publish.Batched:
		// The server fails just between the sealing and the first transaction.
		s, b, err := w.next()
		if err != nil {
			w.t.Fatal(err)
		}
		id = s.ID() // and the root of a batch of nothing else
		w.proxy.Set(faultproxy.Fault{Methods: []string{"eth_estimateGas"}, Params: func(_ string, params json.RawMessage) json.RawMessage {
			if contains(string(params), id.String()[2:]) {
				return json.RawMessage("[]")
			}
			return params
		}})
		if err := w.hand(w.t.Context(), s, b); err != nil {
			w.t.Fatal(err)
		}
		w.until(id, publish.Batched)
		return id, w.proxy.Clear
	}
	id = w.mustSubmit()
	w.until(id, publish.Broadcast)
	if state == publish.Broadcast {
		return id, func() {}
	}
	w.inPool(id)
	w.mine(1)
	w.until(id, publish.Mined)
	if state == publish.Mined {
		return id, func() {}
	}
	w.mine(2 * epoch)
	w.until(id, publish.Final)
	return id, func() {}
}

// inPool waits until the transaction of a submission that is broadcast, or the one that
// has replaced it since, has come to the chain's node.
func (w *world) inPool(id merkle.Hash) (tx *types.Transaction) {
	w.t.Helper()
	w.eventually("the transaction is in the pool", func() bool {
		s, err := w.Client.Status(w.t.Context(), id)
		if err != nil || s.Transaction == nil {
			w.t.Fatalf("transaction of %s: %+v, %v", id, s, err)
		}
		tx, _, err = w.eth.TransactionByHash(w.t.Context(), common.Hash(*s.Transaction))
		return err == nil
	})
	return tx
}

var states = []publish.State{publish.Accepted, publish.Batched, publish.Broadcast, publish.Mined, publish.Final}

// Blocks are replaced, up to twelve at once, while a submission is in each of its
// states. At the mined one the deepest of the replaced blocks is the anchor's own.
func TestReorg(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		depths := []int{1, 12}
		if full() {
			depths = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
		}
		for _, state := range states {
			w := newWorld(t, backend) // anew: see maxReorgHead
			w.mine(2 * epoch)
			for _, depth := range depths {
				for _, forget := range []bool{false, true} {
					if !full() && forget != (depth == 12) {
						continue
					}
					_, resume := w.bring(state)
					w.seen()
					before := w.head()
					if state == publish.Mined && depth > 1 {
						w.mine(depth - 1)
						w.seen()
					}
					w.reorg(depth, forget)
					w.seen()
					if w.head() <= before {
						t.Fatalf("head %d after %d", w.head(), before)
					}
					resume()
					w.settle()
					if t.Failed() {
						t.Fatalf("after a reorg of depth %d (forgotten: %v) at %s", depth, forget, state)
					}
				}
			}
			w.finish()
		}
	})
}

// maxReorgHead is up to where blocks are replaced on anvil: beyond some 1,000 blocks
// its anvil_reorg forgets state, contracts among it.
const maxReorgHead = 800

// The anchor vanishes again and again, deeper each time, before it is final.
func TestReorgAgainAndAgain(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		w := newWorld(t, backend)
		w.mine(2 * epoch)
		w.bring(publish.Mined)
		for depth := 1; depth <= 12; depth++ {
			w.mine(depth)
			w.reorg(min(depth+1, 12), depth%2 == 0)
			w.seen()
		}
		w.mustSubmit()
		w.finish()
	})
}

// The chain replaces blocks that the operator's own policy held for final. That is
// told loudly, and the proofs are made again.
func TestReorgDeeperThanPolicy(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		for _, forget := range []bool{false, true} {
			t.Run(fmt.Sprintf("forgotten %v", forget), func(t *testing.T) {
				w := newWorld(t, backend, func(w *world) { w.settings.Chains[0].Confirmations = "2" })
				w.mine(2 * epoch)
				depths := []int{4}
				if full() {
					depths = []int{3, 5, 8, 12}
				}
				for _, depth := range depths {
					first, _ := w.bring(publish.Mined)
					w.mine(1)
					w.until(first, publish.Final)
					w.settle() // the proofs are good, for now
					for w.head() < w.anchorBlock(first)+uint64(depth)-1 {
						w.mine(1)
					}
					w.seen()
					w.reorg(depth, forget)
					w.seen()
					w.eventually("the log tells of it", func() bool { return w.Has("level=ERROR", "final") })
					w.eventually("it is not final any more, or final anew", func() bool {
						s, err := w.Client.Status(t.Context(), first)
						return err == nil && (s.State != publish.Final || w.validNow(first))
					})
					clear(w.checked)
					w.settle()
				}
				w.finish()
			})
		}
	})
}

// anchorBlock is the block that the node says records a submission.
func (w *world) anchorBlock(id merkle.Hash) uint64 {
	w.t.Helper()
	s, err := w.Client.Status(w.t.Context(), id)
	if err != nil || s.Block == nil {
		w.t.Fatalf("block of %s: %+v, %v", id, s, err)
	}
	return *s.Block
}

// validNow reports whether a proof is valid on the chain as it is.
func (w *world) validNow(id merkle.Hash) bool {
	r, err := w.verify(w.t.Context(), id, w.accepted[id])
	return err == nil && r.Verdict == "VALID"
}

// The chain starts over: its genesis is the same, and all that came later is gone,
// final or not. Whatever was anchored is anchored again.
func TestChainReset(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		w := newWorld(t, backend)
		w.mine(2)
		floor := w.head()
		var snapshot string
		if backend == testnet.BackendAnvil {
			if err := w.eth.Client().CallContext(t.Context(), &snapshot, "evm_snapshot"); err != nil {
				t.Fatal(err)
			}
		}
		w.bring(publish.Final)
		w.settle()
		w.bring(publish.Mined)
		w.seen()
		if backend == testnet.BackendAnvil {
			var done bool
			if err := w.eth.Client().CallContext(t.Context(), &done, "evm_revert", snapshot); err != nil || !done {
				t.Fatalf("%v, %v", done, err)
			}
		} else if err := w.eth.Client().CallContext(t.Context(), nil, "debug_setHead", fmt.Sprintf("0x%x", floor)); err != nil {
			t.Fatal(err)
		}
		if w.head() != floor {
			t.Fatalf("head %d, want %d", w.head(), floor)
		}
		w.mine(1)
		w.seen()
		w.eventually("the log tells of it", func() bool { return w.Has("level=ERROR", "final") })
		clear(w.checked)
		w.mustSubmit()
		w.finish()
	})
}

// The chain's clock jumps ahead by a day, while something is in each state.
func TestClockJumps(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		w := newWorld(t, backend)
		for _, state := range states {
			_, resume := w.bring(state)
			if err := w.chain.AdvanceTime(t.Context(), 24*time.Hour); err != nil {
				t.Fatal(err)
			}
			w.seen()
			resume()
			w.settle()
		}
		w.finish()
	})
}
