package anchor

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// onChain checks that a badge's proof is VALID and of a block that is on the chain.
func onChain(t *testing.T, n *running, b badge) {
	t.Helper()
	p, err := n.Proof(t.Context(), b.leaf, false)
	if err != nil || p.State != publish.Final {
		t.Fatalf("%s, %v", p.State, err)
	}
	wantVerdict(t, n, b, p, verifier.Valid)
	h, err := verifier.ParseHeader(p.Anchors[0].Header)
	if err != nil {
		t.Fatal(err)
	}
	block, err := n.client.At(t.Context(), h.Number)
	if err != nil || block.Hash != h.Hash {
		t.Errorf("the evidence is of block %d with hash %s, the chain has %s, %v", h.Number, h.Hash, block.Hash, err)
	}
}

// Blocks that were final by the policy go away: it is noticed, told, counted, and
// what rested on them is anchored and proven again, also by a node that was not
// running when it happened.
func TestDeepReorg(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		for _, forget := range []bool{false, true} {
			for _, down := range []bool{false, true} {
				t.Run(fmt.Sprintf("forget %v, down %v", forget, down), func(t *testing.T) {
					c := startChain(t, testnet.Config{Backend: backend, Epoch: 32})
					config := changed(testConfig(t, c), func(c *ChainConfig) { c.Confirmations = confirmations(t, "3") })
					n := start(t, config)
					var badges []badge
					for seed := range uint64(3) {
						s, b := submit(t, n, c, seed)
						await(t, n, c, s.ID())
						badges = append(badges, b...)
					}
					eventually(t, "all are closed", func() bool {
						open, err := n.openOperations()
						return err == nil && len(open) == 0
					})
					before := operation(t, n, 3)
					if down {
						n.stop()
					}
					var err error
					if depth := int(before.FinalAt.Number-before.Block.Number) + 4; forget {
						err = c.ReorgForget(t.Context(), depth)
					} else {
						err = c.Reorg(t.Context(), depth)
					}
					if err != nil {
						t.Fatal(err)
					}
					if down {
						n = start(t, config)
					}
					eventually(t, "it is noticed", func() bool { return n.Health(t.Context()).Chains[0].DeepReorgs == 1 })
					eventually(t, "all is final and closed again", func() bool {
						if err := c.Mine(t.Context(), 1); err != nil {
							t.Fatal(err)
						}
						open, err := n.openOperations()
						return err == nil && len(open) == 0
					})
					for _, b := range badges {
						onChain(t, n, b)
					}
					after := operation(t, n, 3)
					if after.State != publish.Final || after.Block.Hash == before.Block.Hash || len(after.Attempts) != 1 {
						t.Errorf("%s in block %d by %d attempts", after.State, after.Block.Number, len(after.Attempts))
					}
					for root, count := range anchored(t, c) {
						if count != 1 {
							t.Errorf("root %s was anchored %d times", root, count)
						}
					}
					h := n.Health(t.Context()).Chains[0]
					if d := h.LastDeepReorg; h.DeepReorgs != 1 || d == nil || d.Reopened < 1 || d.Fork >= d.Final || d.At.IsZero() {
						t.Errorf("%d deep reorgs, the last %+v", h.DeepReorgs, d)
					}
				})
			}
		}
	})
}

// Blocks go away while they are being looked at, after one of them was read as final: that
// is one deep reorg, not two.
func TestDeepReorgDuringALook(t *testing.T) {
	c := startChain(t, testnet.Config{Epoch: 32})
	p := startProxy(t, c.RPC)
	n := start(t, changed(testConfig(t, c), func(c *ChainConfig) {
		c.RPC, c.Confirmations = []string{p.URL}, confirmations(t, "3")
	}))
	head, err := n.client.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	final := func(number uint64) func() bool {
		return func() bool { return n.Health(t.Context()).Chains[0].Final == number }
	}
	eventually(t, "the final block is seen", final(head.Number-2))
	var once sync.Once
	p.Set(rewrites("eth_getBlockByNumber", func(r json.RawMessage) json.RawMessage {
		var b struct{ Number hexutil.Uint64 }
		if json.Unmarshal(r, &b) == nil && uint64(b.Number) == head.Number-1 {
			once.Do(func() {
				if err := c.Reorg(t.Context(), 6); err != nil {
					t.Error(err)
				}
			})
		}
		return r
	}))
	if err := c.Mine(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is noticed", func() bool { return n.Health(t.Context()).Chains[0].DeepReorgs > 0 })
	if err := c.Mine(t.Context(), 8); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new branch is final", final(head.Number+8))
	if h := n.Health(t.Context()).Chains[0]; h.DeepReorgs != 1 || h.LastDeepReorg.Final != head.Number-2 ||
		h.LastDeepReorg.Fork > head.Number-5 {
		t.Errorf("%d deep reorgs, the last %+v", h.DeepReorgs, h.LastDeepReorg)
	}
}

// The chain changes once more, and deeper, before what is final now has been read: what is
// lost by that is anchored again too.
func TestDeepReorgDuringADeepReorg(t *testing.T) {
	c := startChain(t, testnet.Config{Epoch: 200})
	var depth atomic.Int64
	n := startHooked(t, changed(testConfig(t, c), func(c *ChainConfig) { c.Confirmations = confirmations(t, "3") }), func(step string) {
		if step != "reopened" {
			return
		}
		if blocks := depth.Swap(0); blocks > 0 {
			if err := c.ReorgForget(context.Background(), int(blocks)); err != nil {
				t.Error(err)
			}
		}
	})
	s, _ := submit(t, n, c, 1)
	await(t, n, c, s.ID())
	block := operation(t, n, 1).Block.Number
	var head chain.Block
	mine := func() {
		t.Helper()
		if err := c.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		var err error
		if head, err = n.client.Head(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the node sees the block", func() bool { return n.Health(t.Context()).Chains[0].Final == head.Number-2 })
	}
	for head.Number < block+20 {
		mine()
	}
	depth.Store(int64(head.Number+1-block) + 2)
	if err := c.Reorg(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both are noticed", func() bool { return n.Health(t.Context()).Chains[0].DeepReorgs > 1 })
	eventually(t, "it is anchored again", func() bool {
		if err := c.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		return len(anchored(t, c)) == 1 && operation(t, n, 1).State == publish.Final
	})
}

// The block of an anchor that somebody else made is the registry's word, which on an L2 may
// be a number of the parent chain: a reorg above the block at which it was final is not
// measured by it.
func TestDeepReorgAboveAForeignNumber(t *testing.T) {
	c := startChain(t, testnet.Config{Epoch: 64})
	n := start(t, changed(testConfig(t, c), func(c *ChainConfig) { c.Confirmations = confirmations(t, "3") }))
	s, b := submit(t, n, c, 1)
	await(t, n, c, s.ID())
	eventually(t, "it is closed", func() bool {
		if err := c.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		open, err := n.openOperations()
		return err == nil && len(open) == 0
	})
	o := operation(t, n, 1)
	o.Block = store.Block{Number: 1 << 40}
	update(t, n, func(tx *store.Tx) error { return tx.PutOperation(&o) })
	for final := o.FinalAt.Number + 20; n.Health(t.Context()).Chains[0].Final < final; {
		before := n.Health(t.Context()).Chains[0].Final
		if err := c.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the block is seen", func() bool { return n.Health(t.Context()).Chains[0].Final > before })
	}
	if err := c.Reorg(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is noticed", func() bool { return n.Health(t.Context()).Chains[0].DeepReorgs == 1 })
	if d := n.Health(t.Context()).Chains[0].LastDeepReorg; d.Reopened != 0 || d.Fork < o.FinalAt.Number {
		t.Errorf("%+v, and the anchor was final at %d", d, o.FinalAt.Number)
	}
	onChain(t, n, b[0])
}

func confirmations(t *testing.T, s string) chain.Confirmations {
	t.Helper()
	c, err := chain.ParseConfirmations(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The chain goes back to its first blocks, with the same genesis and all else
// missing. A nonce that another program had used is nobody's then, and is filled.
func TestChainReset(t *testing.T) {
	c := startChain(t, testnet.Config{Backend: testnet.BackendAnvil})
	client, err := rpc.Dial(c.RPC)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var snapshot string
	if err := client.Call(&snapshot, "evm_snapshot"); err != nil {
		t.Fatal(err)
	}
	n := start(t, testConfig(t, c))
	var badges []badge
	for seed := range uint64(2) {
		s, b := submit(t, n, c, seed)
		await(t, n, c, s.ID())
		badges = append(badges, b...)
		// Another program uses the account.
		testchain.Send(t, c, c.Accounts[0], contracts.NewAnchorRegistry().PackAnchor(common.Hash{9, byte(seed)}, common.Hash{9}))
	}
	s, b := submit(t, n, c, 7)
	await(t, n, c, s.ID())
	badges = append(badges, b...)
	var reverted bool
	if err := client.Call(&reverted, "evm_revert", snapshot); err != nil || !reverted {
		t.Fatalf("%v, %v", reverted, err)
	}
	eventually(t, "it is noticed", func() bool {
		if err := c.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		return n.Health(t.Context()).Chains[0].DeepReorgs > 0
	})
	eventually(t, "all is final and closed again", func() bool {
		if err := c.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		open, err := n.openOperations()
		return err == nil && len(open) == 0
	})
	for _, b := range badges {
		onChain(t, n, b)
	}
}

// A server that is behind is no reorg: nothing is reopened, and nothing is sent.
func TestServerBehind(t *testing.T) {
	c := startChain(t, testnet.Config{})
	p := startProxy(t, c.RPC)
	n := start(t, changed(testConfig(t, c), func(c *ChainConfig) { c.RPC = []string{p.URL} }))
	s, b := submit(t, n, c, 1)
	await(t, n, c, s.ID())
	if err := c.Mine(t.Context(), 20); err != nil {
		t.Fatal(err)
	}
	head, err := n.client.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the node has seen the head", func() bool { return n.Health(t.Context()).Chains[0].Final >= head.Number-2 })
	old, err := n.client.At(t.Context(), head.Number-10)
	if err != nil {
		t.Fatal(err)
	}
	block, err := json.Marshal(map[string]string{
		"number": fmt.Sprintf("0x%x", old.Number), "hash": old.Hash.String(), "timestamp": fmt.Sprintf("0x%x", old.Time),
	})
	if err != nil {
		t.Fatal(err)
	}

	p.Set(rewrites("eth_getBlockByNumber", func(r json.RawMessage) json.RawMessage {
		var b struct{ Number string }
		if json.Unmarshal(r, &b) == nil && b.Number > fmt.Sprintf("0x%x", old.Number) && len(b.Number) >= len(fmt.Sprintf("0x%x", old.Number)) {
			return block // the newest of a server that is behind
		}
		return r
	}))
	eventually(t, "the node says so", func() bool { return n.Health(t.Context()).Chains[0].RPCError != "" })
	h := n.Health(t.Context()).Chains[0]
	if h.DeepReorgs != 0 {
		t.Errorf("taken for a reorg: %+v", h.LastDeepReorg)
	}
	p.Clear()
	later, _ := submit(t, n, c, 2)
	await(t, n, c, later.ID())
	onChain(t, n, b[0])
	if h := n.Health(t.Context()).Chains[0]; h.DeepReorgs != 0 {
		t.Errorf("taken for a reorg: %+v", h.LastDeepReorg)
	}
}
