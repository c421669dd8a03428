package anchor

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/verifier"
)

// worst is the most that an attempt can cost, in wei.
func worst(a *store.Attempt) *big.Int {
	return new(big.Int).Mul(new(big.Int).SetBytes(a.FeeCap), new(big.Int).SetUint64(a.Gas))
}

// tenthMore is the least fee that go-ethereum takes in place of another one: 10 percent more,
// rounded up.
func tenthMore(fee []byte) *big.Int {
	eleven := new(big.Int).Mul(new(big.Int).SetBytes(fee), big.NewInt(11))
	return eleven.Div(eleven.Add(eleven, big.NewInt(9)), big.NewInt(10))
}

// cheap makes a server say that next to nothing is paid for gas.
func cheap(r json.RawMessage) json.RawMessage {
	var h map[string]json.RawMessage
	var base []json.RawMessage
	if json.Unmarshal(r, &h) != nil || json.Unmarshal(h["baseFeePerGas"], &base) != nil {
		return r
	}
	for i := range base {
		base[i] = json.RawMessage(`"0x64"`)
	}
	h["baseFeePerGas"], _ = json.Marshal(base)
	h["reward"] = json.RawMessage("[]")
	r, _ = json.Marshal(h)
	return r
}

// A transaction that pays too little is replaced, by as much as go-ethereum demands
// while fees seem to be low, and by what the market asks once that is known.
func TestReplacement(t *testing.T) {
	c := startChain(t, testnet.Config{})
	p := startProxy(t, c.RPC)
	p.Set(rewrites("eth_feeHistory", cheap))
	config := changed(testConfig(t, c), func(c *ChainConfig) {
		c.RPC, c.BumpAfter = []string{p.URL}, time.Millisecond
	})
	n := start(t, config)
	s, b := submit(t, n, c, 1)
	until(t, n, s.ID(), publish.Broadcast)
	for want := 2; want <= 4; want++ {
		if err := c.Mine(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a replacement that the network takes", func() bool {
			o := operation(t, n, 1)
			if len(o.Attempts) < want {
				return false
			}
			status, err := n.client.TransactionStatus(t.Context(), o.Newest().Hash)
			return err == nil && status.Known
		})
	}
	o := operation(t, n, 1)
	if len(o.Attempts) != 4 {
		t.Fatalf("%d attempts while four blocks passed twice, want 4", len(o.Attempts))
	}
	for i := 1; i < len(o.Attempts); i++ {
		old, a := o.Attempts[i-1], o.Attempts[i]
		if a.Nonce != old.Nonce || new(big.Int).SetBytes(a.Tip).Cmp(tenthMore(old.Tip)) != 0 ||
			new(big.Int).SetBytes(a.FeeCap).Cmp(tenthMore(old.FeeCap)) != 0 {
			t.Errorf("attempt %d does not raise %+v as little as it may: %+v", i, old, a)
		}
	}
	p.Clear()
	if err := c.Mine(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	await(t, n, c, s.ID())
	o = operation(t, n, 1)
	if len(o.Attempts) != 5 {
		t.Errorf("%d attempts, want 5", len(o.Attempts))
	}
	h := n.Health(t.Context()).Chains[0]
	if h.Replacements != 4 {
		t.Errorf("%d replacements are counted, want 4", h.Replacements)
	}
	spent, ok := new(big.Int).SetString(h.SpentToday, 10)
	if !ok || spent.Cmp(worst(o.Newest())) != 0 {
		t.Errorf("%s wei are counted, want those of the newest attempt, %s", h.SpentToday, worst(o.Newest()))
	}
	if count := anchored(t, c); len(count) != 1 {
		t.Errorf("%v", count)
	}
	proof, err := n.Proof(t.Context(), b[0].leaf, false)
	if err != nil {
		t.Fatal(err)
	}
	wantVerdict(t, n, b[0], proof, verifier.Valid)
}

// At the limit nothing is replaced any more, the node says so, and goes on when the
// limit is raised.
func TestReplacementCeiling(t *testing.T) {
	c := startChain(t, testnet.Config{})
	p := startProxy(t, c.RPC)
	p.Set(rewrites("eth_feeHistory", cheap))
	config := changed(testConfig(t, c), func(c *ChainConfig) {
		c.RPC, c.BumpAfter, c.MaxFee = []string{p.URL}, time.Millisecond, big.NewInt(1_100_500)
	})
	n := start(t, config)
	s, _ := submit(t, n, c, 1)
	until(t, n, s.ID(), publish.Broadcast)
	// A few blocks at a time, and not so many that the base fee falls to what is paid.
	blocks := 0
	eventually(t, "the node says so", func() bool {
		if last := n.Health(t.Context()).Chains[0].Head; blocks < 20 && last >= uint64(blocks) {
			blocks++
			if err := c.Mine(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		return strings.Contains(n.Health(t.Context()).Chains[0].Ceiling, "the limit is 0.0011005 gwei")
	})
	if o := operation(t, n, 1); len(o.Attempts) != 2 {
		t.Errorf("%d attempts within the limit, want 2", len(o.Attempts))
	}
	n.stop()
	p.Clear()
	n = start(t, changed(config, func(c *ChainConfig) { c.MaxFee = nil }))
	await(t, n, c, s.ID())
	if h := n.Health(t.Context()).Chains[0]; h.Ceiling != "" || h.Stuck != "" {
		t.Errorf("it still waits: %q, %q", h.Ceiling, h.Stuck)
	}
}

// What is spent in a day is counted across restarts, and when it is used up nothing
// more is sealed: what waits goes into one batch when there is money again.
func TestSpendingLimit(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		c := startChain(t, testnet.Config{Backend: backend})
		config := testConfig(t, c)
		n := start(t, config)
		first, _ := submit(t, n, c, 1)
		await(t, n, c, first.ID())
		o := operation(t, n, 1)
		spent := worst(o.Newest())
		if got := n.Health(t.Context()).Chains[0].SpentToday; got != spent.String() {
			t.Errorf("%s wei are counted, want %s", got, spent)
		}
		n.stop()

		config.BatchCount = 1
		poor := changed(config, func(c *ChainConfig) { c.MaxSpendPerDay = new(big.Int).Add(spent, big.NewInt(1000)) })
		warned := &warnings{}
		poor.Log = slog.New(warned)
		n = start(t, poor)
		var later []*publish.Submission
		for seed := range uint64(5) {
			s, _ := submit(t, n, c, 10+seed)
			later = append(later, s)
		}
		eventually(t, "the node says so", func() bool {
			h := n.Health(t.Context())
			return strings.Contains(h.Chains[0].Ceiling, "after "+chain.Ether(spent)) && strings.Contains(h.SealHeld, "waiting for tomorrow")
		})
		if b, err := n.store.LastBatch(); err != nil || b != 1 {
			t.Errorf("%d batches, %v", b, err)
		}
		n.stop()
		if count := warned.count("no batch can be sealed"); count != 1 {
			t.Errorf("the log says so %d times", count)
		}
		n = start(t, changed(config, func(c *ChainConfig) { c.MaxSpendPerDay = new(big.Int).Mul(spent, big.NewInt(10)) }))
		for _, s := range later {
			await(t, n, c, s.ID())
		}
	})
}

// warnings is the handler of a log, which keeps what it is warned of.
type warnings struct {
	mu   sync.Mutex
	said []string
}

func (w *warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (w *warnings) WithAttrs([]slog.Attr) slog.Handler               { return w }
func (w *warnings) WithGroup(string) slog.Handler                    { return w }

func (w *warnings) Handle(_ context.Context, r slog.Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, r.Message)
	return nil
}

func (w *warnings) count(begins string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, message := range w.said {
		if strings.HasPrefix(message, begins) {
			n++
		}
	}
	return n
}

// A pool that refuses a transaction as underpriced, for another one with its nonce,
// gets a better offer after a while, and not the same bytes for ever.
func TestRefusedAsUnderpriced(t *testing.T) {
	c := startChain(t, testnet.Config{})
	p := startProxy(t, c.RPC)
	n := start(t, changed(testConfig(t, c), func(c *ChainConfig) { c.RPC, c.BumpAfter = []string{p.URL}, time.Millisecond }))
	p.Set(faultproxy.Fault{Methods: []string{"eth_sendRawTransaction"}, Error: "replacement transaction underpriced", Code: -32000})
	s, b := submit(t, n, c, 1)
	until(t, n, s.ID(), publish.Broadcast)
	eventually(t, "more is offered twice", func() bool {
		if err := c.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		return len(operation(t, n, 1).Attempts) >= 3
	})
	p.Clear()
	await(t, n, c, s.ID())
	onChain(t, n, b[0])
	attempts := operation(t, n, 1).Attempts
	for i := 1; i < len(attempts); i++ {
		before, now := attempts[i-1], attempts[i]
		tip, limit := tenthMore(before.Tip), tenthMore(before.FeeCap)
		if now.Nonce != before.Nonce || new(big.Int).SetBytes(now.Tip).Cmp(tip) < 0 || new(big.Int).SetBytes(now.FeeCap).Cmp(limit) < 0 {
			t.Errorf("attempt %d replaces nothing: %+v after %+v", i, now, before)
		}
	}
}
