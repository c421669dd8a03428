package faultproxy

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
)

type probe struct {
	*Proxy
	chain  *testnet.Chain
	client *rpc.Client
}

func start(t *testing.T) probe {
	t.Helper()
	c := testchain.Start(t, testnet.Config{})
	p := Start(t, c.RPC)
	client, err := rpc.Dial(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return probe{p, c, client}
}

func (p probe) head(ctx context.Context) (n hexutil.Uint64, err error) {
	err = p.client.CallContext(ctx, &n, "eth_blockNumber")
	return n, err
}

// Each fault reaches the client as what it is, and is gone when it is cleared.
func TestFaults(t *testing.T) {
	p := start(t)
	before, err := p.head(t.Context())
	if err != nil || before == 0 {
		t.Fatalf("head %d, %v", before, err)
	}
	is := func(status int) func(error) bool {
		return func(err error) bool {
			var http rpc.HTTPError
			return errors.As(err, &http) && http.StatusCode == status
		}
	}
	says := func(text string) func(error) bool {
		return func(err error) bool { return strings.Contains(err.Error(), text) }
	}
	for name, c := range map[string]struct {
		fault Fault
		want  func(error) bool
	}{
		"drop":        {Fault{Drop: true}, says("EOF")},
		"cut":         {Fault{Cut: true}, says("unexpected EOF")},
		"too many":    {Fault{Status: 429, RetryAfter: "1"}, is(429)},
		"unavailable": {Fault{Status: 503}, is(503)},
		"garbage":     {Fault{Body: "<html>"}, says("invalid character")},
		"error":       {Fault{Error: "limit exceeded"}, says("limit exceeded")},
		"method":      {Fault{Error: "no", Methods: []string{"eth_blockNumber"}}, says("no")},
	} {
		p.Set(c.fault)
		if _, err := p.head(t.Context()); err == nil || !c.want(err) {
			t.Errorf("%s: %v", name, err)
		}
		p.Set(Fault{Drop: true, Methods: []string{"eth_chainId"}})
		if _, err := p.head(t.Context()); err != nil {
			t.Errorf("%s: another method suffers: %v", name, err)
		}
	}
	p.Clear()
	if again, err := p.head(t.Context()); err != nil || again != before {
		t.Errorf("head %d, %v", again, err)
	}
	if n := p.Calls("eth_blockNumber"); n < 9 || n != p.Calls("") {
		t.Errorf("%d calls of %d", n, p.Calls(""))
	}
}

func TestDelayEndsWithTheProxy(t *testing.T) {
	p := start(t)
	p.Set(Fault{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := p.head(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	// Close, in the cleanup, waits for no hour.
}

// A batch suffers only in the calls that the fault is of.
func TestBatch(t *testing.T) {
	p := start(t)
	p.Set(Fault{Methods: []string{"eth_gasPrice"}, Error: "no"})
	var head, id, price hexutil.Uint64
	batch := []rpc.BatchElem{
		{Method: "eth_blockNumber", Result: &head}, {Method: "eth_gasPrice", Result: &price}, {Method: "eth_chainId", Result: &id},
	}
	if err := p.client.BatchCall(batch); err != nil {
		t.Fatal(err)
	}
	if batch[0].Error != nil || batch[1].Error == nil || batch[2].Error != nil || id != testnet.DefaultChainID {
		t.Errorf("%v", batch)
	}
}

func TestStale(t *testing.T) {
	p := start(t)
	before, err := p.head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.Set(Stale(uint64(before), uint64(before)-1))
	if err := p.chain.Mine(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	type block struct{ Number hexutil.Uint64 }
	for tag, want := range map[string]*hexutil.Uint64{
		"latest": &before, "finalized": new(hexutil.Uint64), hexutil.EncodeUint64(uint64(before) + 1): nil,
	} {
		var b *block
		if err := p.client.CallContext(t.Context(), &b, "eth_getBlockByNumber", tag, false); err != nil {
			t.Fatal(err)
		}
		if tag == "finalized" {
			*want = before - 1
		}
		if (b == nil) != (want == nil) || b != nil && b.Number != *want {
			t.Errorf("%s: %v, want %v", tag, b, want)
		}
	}
	if head, err := p.head(t.Context()); err != nil || head != before {
		t.Errorf("head %d, %v", head, err)
	}
	p.Clear()
	if head, err := p.head(t.Context()); err != nil || head != before+3 {
		t.Errorf("head %d, %v", head, err)
	}
}

func TestSwallowAndRewrite(t *testing.T) {
	p := start(t)
	p.Set(Fault{Methods: []string{"eth_chainId"}, Swallow: `"0x7"`})
	var id hexutil.Uint64
	if err := p.client.Call(&id, "eth_chainId"); err != nil || id != 7 {
		t.Errorf("%d, %v", id, err)
	}
	p.Set(Fault{Result: func(string, json.RawMessage) json.RawMessage { return json.RawMessage(`"0x8"`) }})
	if err := p.client.Call(&id, "eth_chainId"); err != nil || id != 8 {
		t.Errorf("%d, %v", id, err)
	}
}

func TestTarget(t *testing.T) {
	p := start(t)
	other := start(t)
	if err := other.chain.Mine(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	want, err := other.head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.Target(other.chain.RPC)
	if head, err := p.head(t.Context()); err != nil || head != want {
		t.Errorf("head %d, want %d, %v", head, want, err)
	}
	response, err := http.Post(p.URL, "application/json", strings.NewReader("{"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	if response.Body.Close(); response.StatusCode != http.StatusBadRequest {
		t.Errorf("half a request: %d", response.StatusCode)
	}
}
