package anchor

import (
	"context"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/pipeline"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

func dial(t *testing.T, c *testnet.Chain) *ethclient.Client {
	t.Helper()
	client, err := ethclient.Dial(c.RPC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// anchored returns how often each root was anchored, by the canonical chain's events.
func anchored(t *testing.T, c *testnet.Chain) map[merkle.Hash]int {
	t.Helper()
	r := contracts.NewAnchorRegistry()
	logs, err := dial(t, c).FilterLogs(context.Background(),
		ethereum.FilterQuery{Addresses: []common.Address{c.Registry}, FromBlock: big.NewInt(0)})
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[merkle.Hash]int)
	for i := range logs {
		if e, err := r.UnpackAnchoredEvent(&logs[i]); err == nil {
			count[merkle.Hash(e.Root)]++
		}
	}
	return count
}

// eventually polls what no channel tells.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// until waits for a submission to come to a state.
func until(t *testing.T, n *running, id merkle.Hash, want publish.State) client.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	watch, err := n.Watch(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	var last client.Status
	for last = range watch {
		if last.State == want {
			return last
		}
	}
	t.Fatalf("submission %s is %s, never came to %s", id, last.State, want)
	return last
}

func submit(t *testing.T, n *running, c *testnet.Chain, seeds ...uint64) (*publish.Submission, []badge) {
	t.Helper()
	var badges []badge
	var leaves []merkle.Hash
	for _, seed := range seeds {
		b := newBadge(t, seed)
		badges, leaves = append(badges, b), append(leaves, b.leaf)
	}
	s := sign(t, c.Accounts[1].PrivateKey, n.home, leaves)
	if _, err := n.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s, badges
}

func operation(t *testing.T, n *running, number uint64) store.Operation {
	t.Helper()
	o, err := n.store.Operation(number)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestReorg(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		for name, reorg := range map[string]func(*testnet.Chain) error{
			"remembered": func(c *testnet.Chain) error { return c.Reorg(t.Context(), 1) },
			"forgotten":  func(c *testnet.Chain) error { return c.ReorgForget(t.Context(), 1) },
		} {
			t.Run(name, func(t *testing.T) {
				c := startChain(t, testnet.Config{Backend: backend, Epoch: 4})
				n := start(t, testConfig(t, c))
				s, b := submit(t, n, c, 1, 2, 3)
				before := until(t, n, s.ID(), publish.Mined)
				if err := reorg(c); err != nil {
					t.Fatal(err)
				}
				// It is sent again by the node or mined again by itself; either way
				// it ends up in another block.
				eventually(t, "mined in another block", func() bool {
					o := operation(t, n, 1)
					return o.State == publish.Mined && o.Block.Number > *before.Block
				})
				if err := c.Mine(t.Context(), 8); err != nil {
					t.Fatal(err)
				}
				after := until(t, n, s.ID(), publish.Final)
				if *after.Transaction != *before.Transaction {
					t.Error("another transaction was made where the same one would do")
				}
				for root, count := range anchored(t, c) {
					if count != 1 {
						t.Errorf("root %s was anchored %d times", root, count)
					}
				}
				p, err := n.Proof(t.Context(), b[1].leaf, false)
				if err != nil {
					t.Fatal(err)
				}
				wantVerdict(t, n, b[1], p, verifier.Valid)
			})
		}
	})
}

// A batch that is in the registry already needs no transaction.
func TestAnchoredBySomebodyElse(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		c := startChain(t, testnet.Config{Backend: backend})
		n := start(t, testConfig(t, c))
		b := newBadge(t, 1)
		s := sign(t, c.Accounts[1].PrivateKey, n.home, []merkle.Hash{b.leaf})
		root := s.ID() // of a batch of one submission
		testchain.Send(t, c, c.Accounts[2], contracts.NewAnchorRegistry().PackAnchor(root, common.Hash{1}))
		if err := c.Mine(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Submit(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		status := until(t, n, s.ID(), publish.Final)
		if status.Transaction != nil || *status.Batch != root {
			t.Errorf("%+v", status)
		}
		if nonce, err := dial(t, c).NonceAt(t.Context(), c.Accounts[0].Address, nil); err != nil || nonce != 0 {
			t.Errorf("the node has sent %d transactions, %v", nonce, err)
		}
		p, err := n.Proof(t.Context(), b.leaf, false)
		if err != nil {
			t.Fatal(err)
		}
		wantVerdict(t, n, b, p, verifier.Valid)
	})
}

// A transaction that another program sends with our nonce is survived.
func TestNonceTaken(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		c := startChain(t, testnet.Config{Backend: backend})
		p := startProxy(t, c.RPC)
		p.Set(refuses("eth_sendRawTransaction"))
		config := testConfig(t, c)
		config.Chains[0].RPC = []string{p.URL}
		n := start(t, config)
		s, b := submit(t, n, c, 1)
		eventually(t, "an attempt to send", func() bool { return p.Calls("eth_sendRawTransaction") > 0 })
		testchain.Send(t, c, c.Accounts[0], contracts.NewAnchorRegistry().PackAnchor(common.Hash{9}, common.Hash{9}))
		if err := c.Mine(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		p.Clear()
		await(t, n, c, s.ID())
		o := operation(t, n, 1)
		if len(o.Attempts) != 2 || o.Attempts[0].Nonce != 0 || o.Attempts[1].Nonce != 1 {
			t.Errorf("attempts %+v", o.Attempts)
		}
		proof, err := n.Proof(t.Context(), b[0].leaf, false)
		if err != nil {
			t.Fatal(err)
		}
		wantVerdict(t, n, b[0], proof, verifier.Valid)
	})
}

// Whatever the server answers, at whatever state: nothing changes but by truth, and
// all goes on when it is back.
func TestServerFails(t *testing.T) {
	c := startChain(t, testnet.Config{})
	faults := map[string]faultproxy.Fault{
		"429":       {Status: 429},
		"503":       {Status: 503},
		"garbage":   {Body: "<html>502</html>"},
		"truncated": {Body: `{"jsonrpc":"2.0","id":1,"result":"0x`},
		"null":      {Body: `{"jsonrpc":"2.0","id":1,"result":null}`},
	}
	seed := uint64(100)
	for name, fault := range faults {
		for _, at := range []publish.State{publish.Accepted, publish.Mined} {
			t.Run(name+" when "+string(at), func(t *testing.T) {
				p := startProxy(t, c.RPC)
				config := testConfig(t, c)
				config.Chains[0].RPC = []string{p.URL}
				n := start(t, config)
				seed++
				told := func() bool { return n.Health(t.Context()).Chains[0].RPCError != "" }
				if at == publish.Accepted {
					p.Set(fault)
					eventually(t, "the node says so", told) // until then it seals
				}
				s, b := submit(t, n, c, seed)
				if at == publish.Mined {
					until(t, n, s.ID(), publish.Mined)
					p.Set(fault)
					if err := c.Mine(t.Context(), 2); err != nil {
						t.Fatal(err)
					}
				}
				eventually(t, "the node says so", told)
				if got, err := n.Submission(t.Context(), s.ID()); err != nil || got.State != at {
					t.Errorf("%+v, %v", got, err)
				}
				if h := n.Health(t.Context()); !h.Ready || h.Fault == "" {
					t.Errorf("health %+v", h)
				}
				p.Clear()
				n.kick()
				await(t, n, c, s.ID())
				proof, err := n.Proof(t.Context(), b[0].leaf, false)
				if err != nil {
					t.Fatal(err)
				}
				wantVerdict(t, n, b[0], proof, verifier.Valid)

				// What is stored is served while the server is gone.
				p.Set(fault)
				if proof, err = n.Proof(t.Context(), b[0].leaf, true); err != nil {
					t.Fatal(err)
				}
				wantVerdict(t, n, b[0], proof, verifier.Valid)
			})
		}
	}
}

// Evidence that does not hold is not stored, and nothing is final without.
func TestLyingServer(t *testing.T) {
	for name, lie := range map[string]faultproxy.Fault{
		"other header": {
			Methods: []string{"debug_getRawHeader", "eth_getBlockByHash"},
			Result:  func(string, json.RawMessage) json.RawMessage { return json.RawMessage(`"0xc0"`) },
		},
		"proof cut short": rewrites("eth_getProof", func(r json.RawMessage) json.RawMessage {
			var proof map[string]json.RawMessage
			if json.Unmarshal(r, &proof) == nil {
				proof["accountProof"] = json.RawMessage("[]")
			}
			r, _ = json.Marshal(proof)
			return r
		}),
		"proof of other slots": rewrites("eth_getProof", func(r json.RawMessage) json.RawMessage {
			var proof map[string]json.RawMessage
			var slots []json.RawMessage
			if json.Unmarshal(r, &proof) == nil && json.Unmarshal(proof["storageProof"], &slots) == nil {
				slots[0] = slots[1]
				proof["storageProof"], _ = json.Marshal(slots)
			}
			r, _ = json.Marshal(proof)
			return r
		}),
	} {
		t.Run(name, func(t *testing.T) {
			c := startChain(t, testnet.Config{})
			p := startProxy(t, c.RPC)
			config := testConfig(t, c)
			config.Chains[0].RPC = []string{p.URL}
			n := start(t, config)
			p.Set(lie)
			// Two batches, so that the storage trie has more than one node.
			first, _ := submit(t, n, c, 7)
			until(t, n, first.ID(), publish.Mined)
			s, b := submit(t, n, c, 1)
			until(t, n, s.ID(), publish.Mined)
			if err := c.Mine(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the fault is told", func() bool { return strings.Contains(n.Health(t.Context()).Fault, "evidence") })
			if got, err := n.Submission(t.Context(), s.ID()); err != nil || got.State != publish.Mined {
				t.Fatalf("%+v, %v", got, err)
			}
			p.Clear()
			until(t, n, s.ID(), publish.Final)
			proof, err := n.Proof(t.Context(), b[0].leaf, false)
			if err != nil {
				t.Fatal(err)
			}
			wantVerdict(t, n, b[0], proof, verifier.Valid)
		})
	}
}

// While the chain asks more than the operator pays, nothing is sent.
func TestFeeLimit(t *testing.T) {
	c := startChain(t, testnet.Config{})
	config := testConfig(t, c)
	config.Chains[0].MaxFee = big.NewInt(1)
	n := start(t, config)
	s, _ := submit(t, n, c, 1)
	eventually(t, "the node says so", func() bool {
		h := n.Health(t.Context())
		return strings.Contains(h.Fault, "limit is 1") && strings.Contains(h.Chains[0].Ceiling, "limit is 1") && h.SealHeld != ""
	})
	// Nothing is sealed meanwhile.
	later, _ := submit(t, n, c, 2)
	last, _ := submit(t, n, c, 3)
	time.Sleep(10 * config.BatchAge)
	if b, err := n.store.LastBatch(); err != nil || b != 0 {
		t.Errorf("%d batches, %v", b, err)
	}
	n.stop()
	config.Chains[0].MaxFee = big.NewInt(1e12)
	n = start(t, config)
	await(t, n, c, s.ID())
	await(t, n, c, later.ID())
	await(t, n, c, last.ID())
	if b, err := n.store.LastBatch(); err != nil || b != 1 {
		t.Errorf("%d batches, %v", b, err)
	}
}

func TestFolderIsBound(t *testing.T) {
	one := startChain(t, testnet.Config{})
	other := startChain(t, testnet.Config{ChainID: 1234})
	config := testConfig(t, one)
	n := start(t, config)
	if _, err := Open(t.Context(), config); !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), config.Data) {
		t.Errorf("opened twice: %v", err)
	}
	n.stop()

	wrong := changed(config, func(c *ChainConfig) { c.RPC = []string{other.RPC} })
	_, err := Open(t.Context(), wrong)
	if !errors.Is(err, pipeline.ErrWrongChain) || !strings.Contains(err.Error(), "eip155:31337") ||
		!strings.Contains(err.Error(), "eip155:1234") {
		t.Errorf("opened with another chain: %v", err)
	}
	wrong = changed(config, func(c *ChainConfig) { c.Registry = verifier.Address{1} })
	if _, err := Open(t.Context(), wrong); !errors.Is(err, pipeline.ErrWrongChain) {
		t.Errorf("opened with another registry: %v", err)
	}
	wrong.Data = t.TempDir()
	if _, err := Open(t.Context(), wrong); !errors.Is(err, chain.ErrNoRegistry) {
		t.Errorf("opened with a registry that is not there: %v", err)
	}

	// A server that shows no registry any more is an outage to a folder that knows it.
	p := startProxy(t, one.RPC)
	p.Set(rewrites("eth_getCode", func(json.RawMessage) json.RawMessage { return json.RawMessage(`"0x"`) }))
	n = start(t, changed(config, func(c *ChainConfig) { c.RPC = []string{p.URL} }))
	eventually(t, "the status says so", func() bool {
		h := n.Health(t.Context())
		return h.Ready && strings.Contains(h.Fault, "no AnchorRegistry") && strings.Contains(h.Chains[0].RPCError, "no AnchorRegistry")
	})
	waits, _ := submit(t, n, one, 2)
	p.Clear()
	await(t, n, one, waits.ID())
	n.stop()

	// With the server gone a new folder cannot be bound, a used one can be opened.
	down := changed(config, func(c *ChainConfig) { c.RPC = []string{"http://127.0.0.1:1"} })
	down.Data = t.TempDir()
	if _, err := Open(t.Context(), down); err == nil {
		t.Error("a new folder was opened without a chain")
	}
	down.Data = config.Data
	n = start(t, down)
	s, _ := submit(t, n, one, 1)
	n.stop()
	await(t, start(t, config), one, s.ID())
}

// Many batches at once: each is anchored once, and no nonce is left out.
func TestManyInFlight(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		c := startChain(t, testnet.Config{Backend: backend})
		config := testConfig(t, c)
		config.BatchCount, config.Chains[0].MaxInFlight = 3, 4
		n := start(t, config)
		var all []*publish.Submission
		for i := range uint64(30) {
			s, _ := submit(t, n, c, 3*i, 3*i+1, 3*i+2)
			all = append(all, s)
			// A slow machine puts all that waits into one batch: the first ones go one
			// after the other, the rest as it comes.
			if i%3 == 2 && i < 18 {
				eventually(t, "the submission is in a batch", func() bool {
					status, err := n.Submission(t.Context(), s.ID())
					return err == nil && status.State != publish.Accepted
				})
			}
		}
		for _, s := range all {
			await(t, n, c, s.ID())
		}
		batches, err := n.Batches(t.Context(), 0, 100)
		if err != nil || len(batches) < 7 {
			t.Fatalf("%d batches, %v", len(batches), err)
		}
		count := anchored(t, c)
		for _, b := range batches {
			if count[b.Root] != 1 || b.State != publish.Final {
				t.Errorf("batch %d is %s and was anchored %d times", b.Number, b.State, count[b.Root])
			}
		}
		nonce, err := dial(t, c).NonceAt(t.Context(), c.Accounts[0].Address, nil)
		if err != nil || nonce != uint64(len(batches)) {
			t.Errorf("%d transactions for %d batches, %v", nonce, len(batches), err)
		}
		eventually(t, "all operations are closed", func() bool {
			open, err := n.openOperations()
			return err == nil && len(open) == 0
		})
	})
}
