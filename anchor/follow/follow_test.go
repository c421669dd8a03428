package follow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

var registry = contracts.NewAnchorRegistry()

func dial(t *testing.T, urls ...string) *chain.Client {
	t.Helper()
	c, err := chain.Dial(urls...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if _, err := c.ID(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// told is what a follower has reported so far.
type told struct {
	*Follower
	now   []chain.Event // new, without what has gone
	final []chain.Event
	gone  int
	back  []uint64 // where it was rewound to
}

func follow(t *testing.T, c *testnet.Chain, confirmations chain.Confirmations, position Position, urls ...string) *told {
	t.Helper()
	return &told{Follower: New(dial(t, urls...), verifier.Address(c.Registry), confirmations, 0, position)}
}

// read takes steps until there is no news, and returns the last.
func (f *told) read(t *testing.T) (s Step) {
	t.Helper()
	for again := true; again; again = s.Behind > 0 {
		var err error
		if s, err = f.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, e := range s.Gone {
			i := slices.Index(f.now, e)
			if i < 0 {
				t.Fatalf("gone, and was never there: %+v", e)
			}
			f.now = slices.Delete(f.now, i, i+1)
		}
		f.now, f.final, f.gone = append(f.now, s.New...), append(f.final, s.Final...), f.gone+len(s.Gone)
		if s.Rewound != nil {
			f.back = append(f.back, *s.Rewound)
		}
	}
	return s
}

func kinds(events []chain.Event) string {
	var list []string
	for _, e := range events {
		list = append(list, string(e.Kind))
	}
	return strings.Join(list, " ")
}

func onBackends(t *testing.T, config testnet.Config, test func(t *testing.T, c *testnet.Chain)) {
	t.Helper()
	testchain.OnBackends(t, func(t *testing.T, backend string) {
		config.Backend = backend
		test(t, testchain.Start(t, config))
	})
}

func mine(t *testing.T, c *testnet.Chain, n int) {
	t.Helper()
	if err := c.Mine(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

// Everything is reported once when it is there and once when it is final, with all that it says,
// also by a follower that goes on from a position that was written down.
func TestFollow(t *testing.T) {
	onBackends(t, testnet.Config{Epoch: 3}, func(t *testing.T, c *testnet.Chain) {
		f := follow(t, c, chain.Finalized, Position{}, c.RPC)
		f.read(t)
		a, b := c.Accounts[1], c.Accounts[2]
		testchain.Send(t, c, a, registry.PackAnchor([32]byte{1}, [32]byte{2}))
		testchain.Send(t, c, b, registry.PackAnchor([32]byte{1}, [32]byte{}))
		testchain.Send(t, c, a, registry.PackSetStatus(a.Address, 1, [32]byte{3}, [32]byte{4}))
		f.read(t)
		testchain.Send(t, c, a, registry.PackRetire(a.Address, 99))
		testchain.Send(t, c, a, registry.PackSetController(a.Address, b.Address))
		f.read(t)
		if got := kinds(f.now); got != "anchored anchored status retired controller" {
			t.Fatalf("told: %s", got)
		}
		e := f.now
		want := []chain.Event{
			{Publisher: verifier.Address(a.Address), Root: [32]byte{1}, Manifest: [32]byte{2}},
			{Publisher: verifier.Address(b.Address), Root: [32]byte{1}},
			{Issuer: verifier.Address(a.Address), Version: 1, Root: [32]byte{3}, Manifest: [32]byte{4}},
			{Issuer: verifier.Address(a.Address), From: 99},
			{Issuer: verifier.Address(a.Address), Controller: verifier.Address(b.Address)},
		}
		for i := range want {
			if e[i].Hash.IsZero() || e[i].Transaction.IsZero() || i > 0 && e[i-1].Compare(e[i]) >= 0 {
				t.Errorf("place of %+v", e[i])
			}
			want[i].Kind, want[i].Number, want[i].Hash = e[i].Kind, e[i].Number, e[i].Hash
			want[i].Index, want[i].Transaction = e[i].Index, e[i].Transaction
			if e[i] != want[i] {
				t.Errorf("got %+v, want %+v", e[i], want[i])
			}
		}
		position, err := json.Marshal(f.read(t).Position)
		if err != nil {
			t.Fatal(err)
		}
		var known Position
		if err := json.Unmarshal(position, &known); err != nil {
			t.Fatal(err)
		}
		again := follow(t, c, chain.Finalized, known, c.RPC)
		mine(t, c, 6)
		for _, f := range []*told{f, again} {
			f.read(t)
			f.read(t)
			if f.gone != 0 || len(f.back) > 0 {
				t.Errorf("%d events gone, back to %v", f.gone, f.back)
			}
		}
		if len(again.now) > 0 {
			t.Errorf("told again after a restart: %s", kinds(again.now))
		}
		if len(again.final) == 0 || !slices.Equal(f.final, want) || !slices.Equal(again.final, f.final[len(f.final)-len(again.final):]) {
			t.Errorf("final: %s, and after a restart %s", kinds(f.final), kinds(again.final))
		}
		late := follow(t, c, chain.Finalized, Position{}, c.RPC)
		if late.read(t); !slices.Equal(late.now, want) || !slices.Equal(late.final, want) {
			t.Errorf("from the beginning: %s, final %s", kinds(late.now), kinds(late.final))
		}
	})
}

// What a reorg takes away is said, and what it brings back is new.
func TestReorg(t *testing.T) {
	onBackends(t, testnet.Config{Epoch: 10}, func(t *testing.T, c *testnet.Chain) {
		f := follow(t, c, chain.Finalized, Position{}, c.RPC)
		testchain.Send(t, c, c.Accounts[1], registry.PackAnchor([32]byte{1}, [32]byte{1}))
		testchain.Send(t, c, c.Accounts[2], registry.PackAnchor([32]byte{2}, [32]byte{2}))
		kept := f.read(t).Position
		if err := c.ReorgForget(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		// The same if it was not running then.
		again := follow(t, c, chain.Finalized, kept, c.RPC)
		again.now = slices.Clone(f.now)
		for _, f := range []*told{f, again} {
			f.read(t)
			if f.gone != 1 || len(f.now) != 1 || f.now[0].Root != [32]byte{1} || len(f.back) > 0 {
				t.Errorf("%d gone, left %+v, back to %v", f.gone, f.now, f.back)
			}
		}
		testchain.Send(t, c, c.Accounts[2], registry.PackAnchor([32]byte{2}, [32]byte{2}))
		f.read(t)
		if len(f.now) != 2 || f.now[1].Root != [32]byte{2} {
			t.Errorf("told: %+v", f.now)
		}
	})
}

// Blocks that were final and are reorged out are said, with where the chain forked, and all after
// that is told anew.
func TestFinalBlockReorged(t *testing.T) {
	onBackends(t, testnet.Config{Epoch: 10}, func(t *testing.T, c *testnet.Chain) {
		shallow, err := chain.ParseConfirmations("1")
		if err != nil {
			t.Fatal(err)
		}
		f := follow(t, c, shallow, Position{}, c.RPC)
		before := testchain.Send(t, c, c.Accounts[1], registry.PackAnchor([32]byte{1}, [32]byte{1}))
		f.read(t)
		testchain.Send(t, c, c.Accounts[2], registry.PackAnchor([32]byte{2}, [32]byte{2}))
		f.read(t)
		if len(f.final) != 2 {
			t.Fatalf("final: %+v", f.final)
		}
		if err := c.ReorgForget(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		f.final = nil
		f.read(t)
		if len(f.back) != 1 || f.back[0] != before || len(f.final) != 0 {
			t.Errorf("back to %v, want %d; final again: %+v", f.back, before, f.final)
		}
		testchain.Send(t, c, c.Accounts[2], registry.PackAnchor([32]byte{2}, [32]byte{2}))
		if f.read(t); len(f.final) != 1 || f.final[0].Root != [32]byte{2} {
			t.Errorf("final: %+v", f.final)
		}
	})
}

// Servers that answer small ranges only, and say so in words of their own, are read all the same.
func TestRangesThatServersAnswer(t *testing.T) {
	c := testchain.Start(t, testnet.Config{})
	var want []uint64
	for i := range 8 {
		want = append(want, testchain.Send(t, c, c.Accounts[1], registry.PackAnchor([32]byte{byte(i + 1)}, [32]byte{1})))
		mine(t, c, 10)
	}
	proxy := faultproxy.Start(t, c.RPC)
	for _, limit := range []uint64{1, 7, 40, 1000} {
		proxy.Set(faultproxy.Fault{Methods: []string{"eth_getLogs"}, Params: func(_ string, params json.RawMessage) json.RawMessage {
			var of []struct{ FromBlock, ToBlock hexutil.Uint64 }
			if err := json.Unmarshal(params, &of); err != nil {
				t.Error(err)
			}
			if uint64(of[0].ToBlock-of[0].FromBlock) >= limit {
				return json.RawMessage(`[{"fromBlock":"0x9","toBlock":"0x1"}]`) // which go-ethereum refuses
			}
			return params
		}})
		f := follow(t, c, chain.Finalized, Position{}, proxy.URL)
		f.read(t)
		var got []uint64
		for _, e := range f.now {
			got = append(got, e.Number)
		}
		if !slices.Equal(got, want) {
			t.Errorf("with ranges of %d blocks: %d, want %d", limit, got, want)
		}
	}
}

// A fault is never an answer: nothing is reported, nothing is skipped, and once it is over all is
// there. Where another server answers, nobody notices.
func TestFaults(t *testing.T) {
	c := testchain.Start(t, testnet.Config{})
	testchain.Send(t, c, c.Accounts[1], registry.PackAnchor([32]byte{1}, [32]byte{1}))
	mine(t, c, 5)
	for name, fault := range map[string]faultproxy.Fault{
		"no answer":     {Methods: []string{"eth_getLogs"}, Drop: true},
		"cut short":     {Methods: []string{"eth_getLogs"}, Cut: true},
		"null":          {Methods: []string{"eth_getLogs"}, Swallow: "null"},
		"no sense":      {Methods: []string{"eth_getLogs"}, Body: "<html>"},
		"busy":          {Methods: []string{"eth_getLogs"}, Status: 502},
		"pruned":        {Methods: []string{"eth_getLogs"}, Error: "pruned history unavailable", Code: 4444},
		"no such block": {Methods: []string{"eth_getBlockByNumber"}, Swallow: "null"},
		"another contract": {Methods: []string{"eth_getLogs"}, Result: func(_ string, r json.RawMessage) json.RawMessage {
			return json.RawMessage(strings.ReplaceAll(string(r), strings.ToLower(c.Registry.Hex()), fmt.Sprintf("0x%040x", 9)))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := faultproxy.Start(t, c.RPC)
			f := follow(t, c, chain.Finalized, Position{}, proxy.URL)
			proxy.Set(fault)
			for range 3 {
				if s, err := f.Next(t.Context()); err == nil { // of blocks before the event
					f.now = append(f.now, s.New...)
				}
			}
			if len(f.now) > 0 {
				t.Errorf("told %+v", f.now)
			}
			proxy.Clear()
			if f.read(t); len(f.now) != 1 {
				t.Errorf("told %+v", f.now)
			}
			two := follow(t, c, chain.Finalized, Position{}, proxy.URL, c.RPC)
			proxy.Set(fault)
			for range 5 { // a look at the server that fails is an error; the next is at another
				if s, err := two.Next(t.Context()); err == nil {
					two.now = append(two.now, s.New...)
				}
			}
			if len(two.now) != 1 {
				t.Errorf("with another server: told %+v", two.now)
			}
		})
	}
}

// A server that is behind shows fewer blocks, not fewer events.
func TestServerBehind(t *testing.T) {
	c := testchain.Start(t, testnet.Config{Epoch: 2})
	testchain.Send(t, c, c.Accounts[1], registry.PackAnchor([32]byte{1}, [32]byte{1}))
	proxy := faultproxy.Start(t, c.RPC)
	f := follow(t, c, chain.Finalized, Position{}, proxy.URL)
	f.read(t)
	behind := f.position.Newest.Number
	mine(t, c, 1)
	testchain.Send(t, c, c.Accounts[1], registry.PackAnchor([32]byte{2}, [32]byte{2}))
	f.read(t)
	proxy.Set(faultproxy.Fault{Methods: []string{"eth_getBlockByNumber"}, Params: func(_ string, params json.RawMessage) json.RawMessage {
		return json.RawMessage(strings.Replace(string(params), "latest", hexutil.EncodeUint64(behind), 1))
	}})
	if s, err := f.Next(t.Context()); err == nil && len(s.New)+len(s.Gone)+len(s.Final) > 0 {
		t.Errorf("told %+v", s)
	}
	proxy.Clear()
	mine(t, c, 4)
	if f.read(t); len(f.now) != 2 || len(f.final) != 2 || f.gone != 0 {
		t.Errorf("told %+v, final %+v, %d gone", f.now, f.final, f.gone)
	}
}
