package faults_test

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/fsck"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// patience is how long it may take until everything is final once nothing is broken
// any more.
const patience = 90 * time.Second

// settle mines until all that the node has acknowledged is final and nothing is on
// its way, and holds the node against its promises.
func (w *world) settle() {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	for _, id := range w.ids() {
		for w.state(id) != publish.Final {
			if time.Now().After(deadline) {
				_, health, _ := w.process.Get(w.t.Context(), "/v1/status")
				w.t.Fatalf("submission %s is %s after %v; status %s", id, w.state(id), patience, health)
			}
			w.mine(2)
			time.Sleep(20 * time.Millisecond)
		}
	}
	// What it took and could not acknowledge any more goes its way too.
	for !w.idle() {
		if time.Now().After(deadline) {
			_, health, _ := w.process.Get(w.t.Context(), "/v1/status")
			w.t.Fatalf("something is on its way after %v; status %s", patience, health)
		}
		w.mine(2)
		time.Sleep(20 * time.Millisecond)
	}
	w.check()
}

// idle reports whether nothing waits to be sealed, and nothing that was is on its way.
func (w *world) idle() bool {
	w.t.Helper()
	h, err := w.Client.Health(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return h.Waiting == 0 && !slices.ContainsFunc(w.batches(), func(b client.Batch) bool { return b.State != publish.Final })
}

// check holds the node against its promises while everything is final.
func (w *world) check() {
	w.t.Helper()
	batches := w.batches()
	sealed := make(map[merkle.Hash]bool)
	for _, b := range batches {
		sealed[b.Root] = true
		if b.State != publish.Final {
			w.t.Errorf("batch %d is %s", b.Number, b.State)
		}
	}
	for _, id := range w.ids() {
		s, err := w.Client.Status(w.t.Context(), id)
		if err != nil || s.Batch == nil || !sealed[*s.Batch] {
			w.t.Errorf("submission %s is in no batch: %+v, %v", id, s, err)
		}
	}
	w.checkAnchors(sealed)
	for _, id := range w.ids() {
		if w.checked[id] {
			continue
		}
		r, err := w.verify(w.t.Context(), id, w.accepted[id])
		if err != nil {
			w.t.Errorf("proof of %s: %v", id, err)
		} else if r.Verdict != verifier.Valid {
			w.t.Errorf("proof of %s is %s: %+v", id, r.Verdict, r.Checks)
		} else {
			w.checked[id] = true
		}
	}
	w.eventually("the node is ready and finds no fault", func() bool {
		status, _, err := w.process.Get(w.t.Context(), "/readyz")
		return err == nil && status == 200 && !w.says(`"fault":"`)
	})
}

// checkAnchors compares the events of the canonical chain with the batches: each root
// anchored, and nothing else. Only the first anchor of a root has an effect, and there is
// a second one only where a nonce that was nobody's has been filled.
func (w *world) checkAnchors(sealed map[merkle.Hash]bool) {
	w.t.Helper()
	counts, err := w.anchored(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	more := 0
	for root := range sealed {
		if counts[root] == 0 {
			w.t.Errorf("batch %s is not anchored", root)
		}
		more += max(0, counts[root]-1)
	}
	if filled := w.settings.filled.Load(); int64(more) > filled {
		w.t.Errorf("%d anchors too many, and only %d nonces were filled", more, filled)
	}
	if len(counts) != len(sealed) {
		w.t.Errorf("%d roots are anchored, %d batches were sealed", len(counts), len(sealed))
	}
}

// anchored returns how often each root was anchored, by the canonical chain's events.
func (w *world) anchored(ctx context.Context) (map[merkle.Hash]int, error) {
	logs, err := w.eth.FilterLogs(ctx, ethereum.FilterQuery{Addresses: []common.Address{w.chain.Registry}, FromBlock: new(big.Int)})
	if err != nil {
		return nil, err
	}
	registry, counts := contracts.NewAnchorRegistry(), make(map[merkle.Hash]int)
	for i := range logs {
		if e, err := registry.UnpackAnchoredEvent(&logs[i]); err == nil {
			counts[merkle.Hash(e.Root)]++
		}
	}
	return counts, nil
}

func (w *world) batches() (all []client.Batch) {
	w.t.Helper()
	for after := uint64(0); ; {
		page, err := w.Client.Batches(w.t.Context(), after, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		if all = append(all, page.Batches...); page.Next == 0 {
			return all
		}
		after = page.Next
	}
}

// finish settles, stops the node in order, and checks its folder: every root is
// rebuilt from the leaves that are stored, and nothing is left to do.
func (w *world) finish() {
	w.t.Helper()
	w.settle()
	clear(w.checked) // every proof once more
	w.check()
	if err := w.process.Stop(); err != nil {
		w.t.Errorf("the node stops: %v", err)
	}
	if err := w.inspect(w.t.Context()); err != nil {
		w.t.Errorf("the data folder: %v", err)
	}
	report, err := fsck.Folder(w.t.Context(), w.settings.Data, fsck.Config{
		RPC: []string{w.chain.RPC}, Found: func(d store.Damage) { w.t.Errorf("fsck finds: %+v", d) },
	})
	if err != nil || len(report.Chains) != 1 || report.Chains[0].Anchors == 0 {
		w.t.Errorf("fsck: %+v, %v", report, err)
	}
}

func (w *world) inspect(ctx context.Context) (err error) {
	s, err := store.Open(w.settings.Data, store.Options{})
	if err != nil {
		return err
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	found := make(map[merkle.Hash]bool)
	batches, err := s.Batches(0, 1<<20)
	if err != nil {
		return err
	}
	get := func(_ context.Context, c cid.Cid) ([]byte, error) {
		hash := c.Hash()
		return s.Block(merkle.Hash(hash[len(hash)-merkle.Size:]))
	}
	for _, b := range batches {
		err := publish.ReadBatch(ctx, get, publish.Batch{Root: b.Root, Manifest: b.Manifest}, func(sub *publish.Submission) error {
			if found[sub.ID()] {
				return fmt.Errorf("submission %s is in two batches", sub.ID())
			}
			found[sub.ID()] = true
			return sub.Verify()
		})
		if err != nil {
			return fmt.Errorf("batch %d: %w", b.Number, err)
		}
	}
	for id := range w.accepted {
		if !found[id] {
			return fmt.Errorf("submission %s is not in the published batches", id)
		}
	}
	return nil
}
