package faults_test

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// full says that every scenario is wanted, not only the quick ones.
func full() bool { return os.Getenv("HALLMARK_FAULTS") == "full" }

// onBackends runs a scenario on both chains; where not all is wanted, on geth.
func onBackends(t *testing.T, scenario func(t *testing.T, backend string)) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	t.Parallel()
	backends := []string{testnet.BackendGeth}
	if full() {
		backends = append(backends, testnet.BackendAnvil)
	}
	for _, b := range backends {
		t.Run(b, func(t *testing.T) { scenario(t, b) })
	}
}

// epoch of the chains: a block is final 16 blocks later, so that 12 can be replaced.
const epoch = 8

// world is a chain that makes blocks only when told, a proxy in front of it, and a
// node. Its methods but submit are for the goroutine of the test alone.
type world struct {
	t        *testing.T
	chain    *testnet.Chain
	eth      *ethclient.Client
	proxy    *faultproxy.Proxy
	key      *ecdsa.PrivateKey // the node's account
	issuer   *ecdsa.PrivateKey
	home     verifier.Home
	offline  *anchortest.Offline
	settings settings
	*process

	mu       sync.Mutex
	accepted map[merkle.Hash]anchortest.Badge // what the node has acknowledged, by id
	seed     uint64                           // of the next badge
	checked  map[merkle.Hash]bool             // whose proof was valid; cleared when that is in doubt
	crowds   uint64                           // transactions sent to fill blocks
}

type change func(*world)

func newWorld(t *testing.T, backend string, changes ...change) *world {
	t.Helper()
	c := testchain.Start(t, testnet.Config{Backend: backend, BlockTime: 24 * time.Hour, Epoch: epoch})
	w := &world{
		t: t, chain: c, proxy: faultproxy.Start(t, c.RPC), key: c.Accounts[0].PrivateKey, issuer: c.Accounts[1].PrivateKey,
		accepted: make(map[merkle.Hash]anchortest.Badge), checked: make(map[merkle.Hash]bool),
	}
	var err error
	w.eth, err = ethclient.Dial(c.RPC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.eth.Close)
	if w.offline, err = anchortest.NewOffline(t.Context(), c, w.eth); err != nil {
		t.Fatal(err)
	}
	w.home = w.offline.Home
	w.settings = settings{
		filled: new(atomic.Int64),
		Data:   t.TempDir(), BatchCount: 50, BatchAge: 30 * time.Millisecond, Listen: "127.0.0.1:0", Reserve: 1 << 20,
		Chains: []chainSettings{{
			RPC: []string{w.proxy.URL}, Registry: c.Registry.Hex(), Confirmations: "finalized", Poll: 20 * time.Millisecond, Bump: time.Hour,
		}},
	}
	for _, change := range changes {
		change(w)
	}
	w.settings.Chains[0].Key = crypto.FromECDSA(w.key)
	w.start()
	t.Cleanup(func() {
		if w.process != nil {
			w.process.Kill()
			if t.Failed() {
				t.Logf("log of the node:\n%s", w.process)
			}
		}
	})
	return w
}

// start launches the node.
func (w *world) start() {
	w.t.Helper()
	p, err := launch(w.settings)
	if err != nil {
		w.t.Fatal(err)
	}
	w.process = p
}

// next makes a submission of one badge, never the same.
func (w *world) next() (*publish.Submission, anchortest.Badge, error) {
	w.mu.Lock()
	w.seed++
	b, err := anchortest.NewBadge(w.seed)
	w.mu.Unlock()
	if err != nil {
		return nil, b, err
	}
	s, err := anchortest.Sign(w.issuer, w.home, b.Leaf)
	return s, b, err
}

// submit hands in one badge, and remembers it if the node takes it. It may be
// called by many goroutines at once.
func (w *world) submit(ctx context.Context) (merkle.Hash, error) {
	s, b, err := w.next()
	if err != nil {
		return merkle.Hash{}, err
	}
	return s.ID(), w.hand(ctx, s, b)
}

func (w *world) hand(ctx context.Context, s *publish.Submission, b anchortest.Badge) error {
	w.mu.Lock()
	p := w.process
	w.mu.Unlock()
	if _, err := p.Client.Submit(ctx, s); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.accepted[s.ID()] = b
	return nil
}

func (w *world) mustSubmit() merkle.Hash {
	w.t.Helper()
	id, err := w.submit(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// eventually polls until ok. It fails at once if the node has died.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if !w.process.Alive() {
			w.t.Fatalf("waiting for: %s: the node has ended: %v", what, w.process.Wait())
		}
		if time.Now().After(deadline) {
			_, health, _ := w.process.Get(w.t.Context(), "/v1/status")
			w.t.Fatalf("never came: %s; status %s", what, health)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (w *world) state(id merkle.Hash) publish.State {
	s, err := w.process.Client.Status(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.State
}

func (w *world) until(id merkle.Hash, want publish.State) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%s is %s", id, want), func() bool { return w.state(id) == want })
}

// untilSays waits until the status that operators see holds a text.
func (w *world) untilSays(text string) {
	w.t.Helper()
	w.eventually("the status says "+text, func() bool { return w.says(text) })
}

func (w *world) says(text string) bool {
	_, body, err := w.process.Get(w.t.Context(), "/v1/status")
	if err != nil {
		w.t.Fatal(err)
	}
	return contains(body, text)
}

func (w *world) mine(n int) {
	w.t.Helper()
	if err := w.chain.Mine(w.t.Context(), n); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) reorg(depth int, forget bool) {
	w.t.Helper()
	f := w.chain.Reorg
	if forget {
		f = w.chain.ReorgForget
	}
	if err := f(w.t.Context(), depth); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) head() uint64 {
	w.t.Helper()
	n, err := w.eth.BlockNumber(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// seen waits until the node has seen the newest block.
func (w *world) seen() {
	w.t.Helper()
	head := w.head()
	w.untilSays(fmt.Sprintf(`"head":%d`, head))
}

// address of the node's account.
func (w *world) address() common.Address { return crypto.PubkeyToAddress(w.key.PublicKey) }

// transfer signs and sends money, mined by whoever mines next.
func (w *world) transfer(from *ecdsa.PrivateKey, nonce uint64, to common.Address, wei, tip *big.Int) common.Hash {
	w.t.Helper()
	tx, err := sendTransaction(w.t.Context(), w.eth, from, &types.DynamicFeeTx{
		Nonce: nonce, To: &to, Value: wei, Gas: 21_000, GasTipCap: tip, GasFeeCap: new(big.Int).Add(tip, big.NewInt(20e9)),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return tx
}

func sendTransaction(
	ctx context.Context, client *ethclient.Client, from *ecdsa.PrivateKey, inner *types.DynamicFeeTx,
) (common.Hash, error) {
	id, err := client.ChainID(ctx)
	if err != nil {
		return common.Hash{}, err
	}
	inner.ChainID = id
	tx, err := types.SignNewTx(from, types.LatestSignerForChainID(id), inner)
	if err != nil {
		return common.Hash{}, err
	}
	return tx.Hash(), client.SendTransaction(ctx, tx)
}

// nonce of an account at the newest block.
func (w *world) nonce(account common.Address) uint64 {
	w.t.Helper()
	n, err := w.eth.NonceAt(w.t.Context(), account, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// included reports whether a transaction is in a block.
func (w *world) included(hash common.Hash) bool {
	w.t.Helper()
	_, err := w.eth.TransactionReceipt(w.t.Context(), hash)
	if err != nil && !errors.Is(err, ethereum.NotFound) && !contains(err.Error(), "indexing") {
		w.t.Fatal(err)
	}
	return err == nil
}

// ids of what the node has acknowledged.
func (w *world) ids() []merkle.Hash {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Keys(w.accepted))
}
