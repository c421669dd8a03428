package anchor

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// The chain of these tests is made up: what is served from is what is in the store.

// finished writes a submission of leaves and a batch of it alone that is final.
func finished(t testing.TB, n *running, leaves []merkle.Hash) *publish.Submission {
	t.Helper()
	s := sign(t, testKey, testHome, leaves)
	if _, err := n.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	r, err := n.store.SubmissionAt(must(n.store.Accepted()))
	if err != nil {
		t.Fatal(err)
	}
	draft := must(n.store.Draft([]store.Submission{r}))
	update(t, n, func(tx *store.Tx) error {
		b, err := tx.Seal(draft, []verifier.ChainID{testHome.Chain}, time.Now().UnixMilli())
		if err != nil {
			return err
		}
		return tx.PutEvidence(testHome.Chain, b.Number, s.Issuer, madeUp(100, merkle.Hash{}))
	})
	moveTo(t, n, lastBatch(t, n), publish.Final)
	return s
}

func update(t testing.TB, n *running, change func(*store.Tx) error) {
	t.Helper()
	if err := n.store.Update(change); err != nil {
		t.Fatal(err)
	}
}

func lastBatch(t testing.TB, n *running) uint64 {
	t.Helper()
	number, err := n.store.LastBatch()
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// moveTo writes that a batch has come to a state, by another transaction each time.
func moveTo(t testing.TB, n *running, batch uint64, state publish.State) merkle.Hash {
	t.Helper()
	o, err := n.store.BatchOperation(batch, testHome.Chain)
	if err != nil {
		t.Fatal(err)
	}
	hash := merkle.Keccak256(binary.BigEndian.AppendUint64(nil, batch), []byte{byte(len(o.Attempts))})
	o.State, o.Block = state, store.Block{Number: 90}
	o.Attempts = append(o.Attempts, store.Attempt{Raw: []byte{1}, Hash: hash})
	update(t, n, func(tx *store.Tx) error { return tx.PutOperation(&o) })
	return hash
}

// madeUp is evidence of the size that mainnet's has, of a block with a number.
func madeUp(number uint64, statusRoot merkle.Hash) *store.Evidence {
	noise := rand.NewChaCha8([32]byte{byte(number)})
	bytes := func(n int) []byte { b := make([]byte, n); _, _ = noise.Read(b); return b }
	e := &store.Evidence{
		Number: number, Hash: merkle.Keccak256(bytes(8)), Header: bytes(630), StatusRoot: statusRoot,
		FetchedAt: time.Now().UnixMilli(),
	}
	binary.BigEndian.PutUint64(e.Header, number) // for the test to read
	for range 8 {
		e.AccountProof = append(e.AccountProof, bytes(532))
	}
	for range 4 {
		e.StorageProof = append(e.StorageProof, bytes(532))
	}
	return e
}

func putEvidence(t testing.TB, n *running, batch uint64, e *store.Evidence, issuer verifier.Address) {
	t.Helper()
	update(t, n, func(tx *store.Tx) error { return tx.PutEvidence(testHome.Chain, batch, issuer, e) })
}

// wantServed checks that a proof is final, with the evidence of a block.
func wantServed(t *testing.T, n *running, leaf merkle.Hash, block uint64) client.LeafProof {
	t.Helper()
	p := wantState(t, n, leaf, publish.Final)
	if len(p.Anchors) != 1 || p.Hints == nil {
		t.Fatalf("%+v", p)
	}
	if got := binary.BigEndian.Uint64(p.Anchors[0].Header); got != block {
		t.Errorf("served with the evidence of block %d, want %d", got, block)
	}
	return p
}

func wantState(t *testing.T, n *running, leaf merkle.Hash, state publish.State) client.LeafProof {
	t.Helper()
	p, err := n.Proof(t.Context(), leaf, false)
	if err != nil || p.State != state {
		t.Fatalf("%+v, %v, want %s", p, err, state)
	}
	return p
}

// sameEvidence reports whether two proofs share the evidence in memory.
func sameEvidence(a, b client.LeafProof) bool {
	return &a.Anchors[0].Header[0] == &b.Anchors[0].Header[0]
}

// What is kept of proofs is used as long as nothing of it changes, and not once longer.
func TestServedChanges(t *testing.T) {
	n := offline(t, testHome, nil)
	s, other := finished(t, n, leaves(40)), finished(t, n, []merkle.Hash{merkle.Keccak256([]byte("other"))})
	leaf, batch := s.Leaves[3], uint64(1)
	first := wantServed(t, n, leaf, 100)
	if again := wantServed(t, n, s.Leaves[4], 100); again.Batch != first.Batch || !sameEvidence(again, first) {
		t.Error("what proofs have in common was read again, and nothing has changed")
	}
	// What is written of others is nothing to this one.
	putEvidence(t, n, 2, madeUp(101, merkle.Hash{}), s.Issuer)
	wantServed(t, n, other.Leaves[0], 101)
	if again := wantServed(t, n, leaf, 100); !sameEvidence(again, first) {
		t.Error("read again for another's sake")
	}

	putEvidence(t, n, batch, madeUp(110, merkle.Hash{}), s.Issuer)
	wantServed(t, n, leaf, 110)

	// Evidence older than a status change is refreshed; here the chain does not answer, and
	// the stored evidence is served.
	update(t, n, func(tx *store.Tx) error { return tx.SetChanged(testHome.Chain, s.Issuer, 111) })
	wantState(t, n, leaf, publish.Final)
	items := []verifier.StatusItem{{ID: leaf, Code: verifier.StatusRevoked}}
	update(t, n, func(tx *store.Tx) error {
		list, err := publish.WriteStatusList(s.Issuer, 1, items, tx.PutBlock)
		if err != nil {
			return err
		}
		if err := tx.PutStatusList(&store.StatusList{Issuer: s.Issuer, Version: 1, Root: list.Root, Manifest: list.List, Count: 1}); err != nil {
			return err
		}
		return tx.PutEvidence(testHome.Chain, batch, s.Issuer, madeUp(111, list.Root))
	})
	if p := wantServed(t, n, leaf, 111); listedAs(p.Anchors[0].Status, leaf) != verifier.StatusRevoked {
		t.Errorf("revoked, and served with %+v", p.Anchors[0].Status)
	}
	if p := wantServed(t, n, s.Leaves[4], 111); len(p.Anchors[0].Status) == 0 || listedAs(p.Anchors[0].Status, s.Leaves[4]) != 0 ||
		listedAs(p.Anchors[0].Status, s.Root) != 0 {
		t.Errorf("good, and served with %+v", p.Anchors[0].Status)
	}
	wantState(t, n, other.Leaves[0], publish.Final) // of the same issuer, with evidence of before

	// A reorganisation takes the batch back, and the change of the issuer's record.
	moveTo(t, n, batch, publish.Broadcast)
	wantState(t, n, leaf, publish.Broadcast)
	moveTo(t, n, batch, publish.Mined)
	wantState(t, n, leaf, publish.Mined)
	hash := moveTo(t, n, batch, publish.Final)
	if p := wantServed(t, n, leaf, 111); p.Hints.Transaction != hash.String() {
		t.Errorf("final by %s, and served with %+v", hash, p.Hints)
	}
	update(t, n, func(tx *store.Tx) error { return tx.ForgetChanges(testHome.Chain, 95) })
	wantServed(t, n, other.Leaves[0], 101)

	old := madeUp(120, merkle.Hash{})
	old.FetchedAt = time.Now().Add(-2 * n.config.EvidenceAge).UnixMilli()
	putEvidence(t, n, batch, old, s.Issuer)
	wantState(t, n, leaf, publish.Final)
}

// Of a leaf in several submissions the earliest final one is served, whenever which one
// that is changes.
func TestServedOfSeveral(t *testing.T) {
	n := offline(t, testHome, nil)
	all := leaves(40)
	var in []*publish.Submission
	for _, size := range []int{20, 30, 40} {
		in = append(in, finished(t, n, all[:size]))
	}
	leaf := all[7]
	want := func(first int) {
		t.Helper()
		if p := wantServed(t, n, leaf, 100); p.SubmissionID != in[first].ID() {
			t.Errorf("served from %s, want the one of %d leaves", p.SubmissionID, in[first].Count)
		}
	}
	want(0)
	moveTo(t, n, 1, publish.Mined)
	want(1)
	moveTo(t, n, 2, publish.Batched)
	want(2)
	moveTo(t, n, 3, publish.Mined)
	wantState(t, n, leaf, publish.Mined)
	moveTo(t, n, 2, publish.Final)
	want(1)
	moveTo(t, n, 1, publish.Final)
	want(0)
}

// Readers at the same time as a writer get what was written before they asked, or
// something newer, and never parts that do not belong together.
func TestServedWhileWriting(t *testing.T) {
	n := offline(t, testHome, nil)
	s := finished(t, n, leaves(40))
	var written atomic.Uint64
	written.Store(100)
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for i := range 4 {
		work.Go(func() {
			for last := uint64(0); ctx.Err() == nil; {
				least := max(last, written.Load())
				p, err := n.Proof(ctx, s.Leaves[i], false)
				if err != nil || len(p.Anchors) != 1 {
					t.Errorf("%+v, %v", p, err)
					return
				}
				e := p.Anchors[0]
				last = binary.BigEndian.Uint64(e.Header)
				if last < least {
					t.Errorf("evidence of block %d, and %d had been written", last, least)
				}
				if !bytes.Equal(e.AccountProof[0], madeUp(last, merkle.Hash{}).AccountProof[0]) {
					t.Errorf("the proof of another block with the header of %d", last)
				}
			}
		})
	}
	for block := uint64(101); block < 140; block++ {
		putEvidence(t, n, 1, madeUp(block, merkle.Hash{}), s.Issuer)
		written.Store(block)
	}
	cancel()
	work.Wait()
}

// ownLeaves returns leaves that no other number has.
func ownLeaves(number int) []merkle.Hash {
	list := make([]merkle.Hash, 64)
	for i := range list {
		list[i] = merkle.Keccak256([]byte{byte(number), byte(number >> 8), byte(i)})
	}
	slices.SortFunc(list, merkle.Compare)
	return list
}

// BenchmarkProof is what a proof takes without HTTP, of many batches: while nothing is
// written, and while something else is as fast as the disk takes it.
func BenchmarkProof(b *testing.B) {
	n := offline(b, testHome, nil)
	var in []*publish.Submission
	for i := range 200 {
		in = append(in, finished(b, n, ownLeaves(i)))
	}
	run := func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			s := in[i%len(in)]
			if _, err := n.ProofIn(b.Context(), s.ID(), s.Leaves[i%64], false); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("idle", run)
	b.Run("by-leaf", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := n.Proof(b.Context(), in[i%len(in)].Leaves[i%64], false); err != nil {
				b.Fatal(err)
			}
		}
	})
	ctx, cancel := context.WithCancel(b.Context())
	updates, begin := 0, time.Now()
	var work sync.WaitGroup
	work.Go(func() {
		for ; ctx.Err() == nil; updates++ {
			if err := n.store.Update(func(tx *store.Tx) error {
				return tx.PutStatusList(&store.StatusList{Issuer: verifier.Address{byte(updates)}, Version: 1})
			}); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.Run("writing", run)
	cancel()
	work.Wait()
	b.Logf("%.0f updates a second", float64(updates)/time.Since(begin).Seconds())
}
