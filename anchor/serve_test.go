package anchor

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/verifier"
)

// evidenceBlock returns the number of the block that a proof's evidence is of.
func evidenceBlock(t *testing.T, n *running, leaf merkle.Hash, fresh bool) uint64 {
	t.Helper()
	p, err := n.Proof(t.Context(), leaf, fresh)
	if err != nil || len(p.Anchors) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	h, err := verifier.ParseHeader(p.Anchors[0].Header)
	if err != nil {
		t.Fatal(err)
	}
	return h.Number
}

func TestFreshEvidence(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		c := startChain(t, testnet.Config{Backend: backend})
		config := testConfig(t, c)
		n := start(t, config)
		s, b := submit(t, n, c, 1, 2)
		await(t, n, c, s.ID())
		first := evidenceBlock(t, n, b[0].leaf, false)
		if err := c.Mine(t.Context(), 5); err != nil {
			t.Fatal(err)
		}
		if got := evidenceBlock(t, n, b[0].leaf, false); got != first {
			t.Errorf("evidence of block %d without need, was %d", got, first)
		}
		second := evidenceBlock(t, n, b[0].leaf, true)
		if second < first+5 {
			t.Errorf("fresh evidence of block %d, the first was of %d", second, first)
		}
		if got := evidenceBlock(t, n, b[1].leaf, false); got != second {
			t.Errorf("fresh evidence was not kept: block %d, want %d", got, second)
		}
		n.stop()
		config.EvidenceAge = time.Nanosecond
		n = start(t, config)
		if err := c.Mine(t.Context(), 5); err != nil {
			t.Fatal(err)
		}
		if got := evidenceBlock(t, n, b[0].leaf, false); got < second+5 {
			t.Errorf("old evidence was served: of block %d, %d is final", got, second+5)
		}
	})
}

func TestConfirmations(t *testing.T) {
	for policy, blocks := range map[string]int{"1": 0, "3": 2, "safe": 4, "finalized": 8} {
		t.Run(policy, func(t *testing.T) {
			c := startChain(t, testnet.Config{Epoch: 4})
			config := testConfig(t, c)
			var err error
			if config.Chains[0].Confirmations, err = chain.ParseConfirmations(policy); err != nil {
				t.Fatal(err)
			}
			n := start(t, config)
			s, b := submit(t, n, c, 1)
			if blocks > 0 {
				until(t, n, s.ID(), publish.Mined)
				if blocks > 1 {
					if err := c.Mine(t.Context(), blocks-1); err != nil {
						t.Fatal(err)
					}
					head, err := n.client.Head(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					eventually(t, "the node sees the block", func() bool { return n.Health(t.Context()).Chains[0].Head == head.Number })
				}
				if got, err := n.Submission(t.Context(), s.ID()); err != nil || got.State != publish.Mined {
					t.Fatalf("a block too early: %+v, %v", got, err)
				}
				if err := c.Mine(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
			}
			until(t, n, s.ID(), publish.Final)
			p, err := n.Proof(t.Context(), b[0].leaf, false)
			if err != nil {
				t.Fatal(err)
			}
			wantVerdict(t, n, b[0], p, verifier.Valid)
		})
	}
}

// Gas is estimated, so prices that no program knew do no harm.
func TestAmsterdamPrices(t *testing.T) {
	c := startChain(t, testnet.Config{Amsterdam: true})
	n := start(t, testConfig(t, c))
	s, b := submit(t, n, c, 1)
	await(t, n, c, s.ID())
	p, err := n.Proof(t.Context(), b[0].leaf, false)
	if err != nil {
		t.Fatal(err)
	}
	wantVerdict(t, n, b[0], p, verifier.Valid)
}

func TestHealthAndLists(t *testing.T) {
	c := startChain(t, testnet.Config{})
	config := testConfig(t, c)
	config.BatchAge = time.Hour
	config.BatchCount = 2
	n := start(t, config)
	one, _ := submit(t, n, c, 1)
	eventually(t, "it runs", func() bool { return n.Health(t.Context()).Ready })
	h := n.Health(t.Context())
	if !h.Ready || h.Waiting != 1 || h.OldestPending == nil || time.Until(*h.NextBatch) < 50*time.Minute || h.Submissions != 1 ||
		h.LastAnchor != nil {
		t.Errorf("one waits: %+v", h)
	}
	two, _ := submit(t, n, c, 2) // makes the batch full
	until(t, n, two.ID(), publish.Mined)
	eventually(t, "the balance is known", func() bool { return n.Health(t.Context()).Chains[0].Balance != "" })
	h = n.Health(t.Context())
	if h.Waiting != 0 || h.NextBatch != nil || h.LastAnchor == nil || h.LastAnchor.Count != 2 || h.LastAnchor.State != publish.Mined {
		t.Errorf("mined: %+v", h)
	}
	await(t, n, c, one.ID())
	eventually(t, "nothing in flight", func() bool {
		h := n.Health(t.Context())
		return len(h.Chains[0].InFlight) == 0 && h.OldestPending == nil && h.Chains[0].Final > 0 && h.Chains[0].EvidenceAt != nil
	})

	list, err := n.Batches(t.Context(), 0, 10)
	if err != nil || len(list) != 1 || list[0].State != publish.Final || list[0].Leaves != 2 || list[0].Number != 1 || list[0].Block == nil {
		t.Fatalf("%+v, %v", list, err)
	}
	got, err := n.Batch(t.Context(), list[0].Root)
	if err != nil || got.Manifest != list[0].Manifest || *got.Transaction != *list[0].Transaction {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := n.Batch(t.Context(), merkle.Hash{1}); !errors.Is(err, role.ErrNotFound) {
		t.Errorf("unknown batch: %v", err)
	}
	if more, err := n.Batches(t.Context(), 1, 10); err != nil || len(more) != 0 {
		t.Errorf("%+v, %v", more, err)
	}
	if data, err := n.Block(t.Context(), publish.ManifestCID(got.Manifest)); err != nil || len(data) == 0 {
		t.Errorf("manifest: %v", err)
	}
	for _, s := range []string{
		"bafkreieufkdj4yususjujtd5kkagklnwjjrldtbuo6jhsjpo4ergykxt2e",
		"QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKpNjN",
	} {
		if _, err := n.Block(t.Context(), must(cid.Decode(s))); !errors.Is(err, role.ErrNotFound) {
			t.Errorf("block %s: %v", s, err)
		}
	}
	info := n.Info()
	if len(info.Chains) != 1 || info.Chains[0].Home != n.home || info.Chains[0].Account != config.Chains[0].Key.Address() ||
		info.Chains[0].Confirmations != "finalized" {
		t.Errorf("%+v", info)
	}
}

func TestWatch(t *testing.T) {
	c := startChain(t, testnet.Config{})
	n := start(t, testConfig(t, c))
	if _, err := n.Watch(t.Context(), merkle.Hash{1}); !errors.Is(err, role.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	s, _ := submit(t, n, c, 1)
	ctx, cancel := context.WithCancel(t.Context())
	given, err := n.Watch(ctx, s.ID())
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for range given { // ends, though the submission is not final
	}
	n.stop()
	n = start(t, n.config)
	other, _ := submit(t, n, c, 2)
	until(t, n, other.ID(), publish.Mined)
	ended, err := n.Watch(t.Context(), other.ID())
	if err != nil {
		t.Fatal(err)
	}
	n.stop()
	for range ended { // ends with the node
	}
	n = start(t, n.config)

	watch, err := n.Watch(t.Context(), s.ID())
	if err != nil {
		t.Fatal(err)
	}
	order := map[publish.State]int{publish.Accepted: 0, publish.Batched: 1, publish.Broadcast: 2, publish.Mined: 3, publish.Final: 4}
	last := -1
	for st := range watch {
		if order[st.State] < last {
			t.Errorf("%s after a later state", st.State)
		}
		last = order[st.State]
		if st.State == publish.Mined {
			if err := c.Mine(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
		}
	}
	if last != order[publish.Final] {
		t.Error("the channel was closed before the submission was final")
	}
}
