package faults_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/testnet/testchain"
)

// outage is how long a server is away: six polls and backoffs, where the server
// does not ask for more patience.
const outage = 1500 * time.Millisecond

type serverFault struct {
	name  string
	fault faultproxy.Fault
	told  bool // operators see that the server fails
}

var serverFaults = []serverFault{
	{"down", faultproxy.Fault{Drop: true}, true},
	{"cut", faultproxy.Fault{Cut: true}, true},
	{"delay", faultproxy.Fault{Delay: 400 * time.Millisecond}, false},
	{"429", faultproxy.Fault{Status: 429, RetryAfter: "1"}, true},
	{"503", faultproxy.Fault{Status: 503}, true},
	{"garbage", faultproxy.Fault{Body: "<html>502 Bad Gateway</html>"}, true},
	{"nothing", faultproxy.Fault{Result: func(string, json.RawMessage) json.RawMessage { return json.RawMessage("null") }}, true},
	{"error", faultproxy.Fault{Error: "try again later"}, true},
}

// The server is away for several polls, in every way there is, at every state. The
// node goes on accepting, says what is wrong, and goes on by itself when it is back.
func TestServerAway(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		w := newWorld(t, backend)
		faults := serverFaults
		if !full() {
			faults = faults[:2]
		}
		for _, f := range faults {
			for _, state := range states {
				if !full() && state != publish.Broadcast && state != publish.Mined {
					continue
				}
				_, resume := w.bring(state)
				resume()
				w.proxy.Set(f.fault)
				calls, began := w.proxy.Calls(""), time.Now()
				w.mustSubmit() // intake does not depend on the chain
				if f.told {
					w.untilSays(`"rpcError":"`)
				}
				w.mine(2)
				time.Sleep(outage - time.Since(began)) // nothing else marks the end of an outage
				if n := w.proxy.Calls("") - calls; n < 1 || n > 200 {
					t.Errorf("%d calls in an outage of %v", n, outage)
				}
				w.proxy.Clear()
				w.settle()
				if t.Failed() {
					t.Fatalf("after %s at %s", f.name, state)
				}
			}
		}
		w.finish()
	})
}

// The server stops to follow the chain, and catches up later. In between it knows
// nothing of what was mined.
func TestServerStale(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		w := newWorld(t, backend)
		w.mine(2 * epoch)
		for _, state := range states {
			id, resume := w.bring(state)
			w.seen()
			resume()
			head := w.head()
			w.proxy.Set(faultproxy.Stale(head, head-2*epoch))
			w.mine(3 * epoch)
			later := w.mustSubmit()
			time.Sleep(outage / 2) // several polls
			if s := w.state(later); s == publish.Mined || s == publish.Final {
				t.Errorf("at %s: a submission is %s by blocks that the server cannot know", state, s)
			}
			if state != publish.Final && w.state(id) == publish.Final {
				t.Errorf("at %s: it is final by blocks that the server cannot know", state)
			}
			w.proxy.Clear()
			w.settle()
		}
		w.finish()
	})
}

// The server goes back to an older head for a while, as when a balancer asks another
// machine each time.
func TestServerFlaps(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		w := newWorld(t, backend)
		w.mine(2 * epoch)
		for range 3 {
			w.bring(publish.Mined)
			head := w.head()
			for range 6 {
				w.mine(2)
				w.proxy.Set(faultproxy.Stale(head-3, head-3-2*epoch))
				time.Sleep(50 * time.Millisecond)
				w.proxy.Clear()
				time.Sleep(50 * time.Millisecond)
			}
			w.settle()
		}
		w.finish()
	})
}

// lie replaces the result of methods.
func lie(change func(json.RawMessage) json.RawMessage, methods ...string) faultproxy.Fault {
	return faultproxy.Fault{Methods: methods, Result: func(_ string, r json.RawMessage) json.RawMessage { return change(r) }}
}

// member changes one member of an object.
func member(name string, change func(json.RawMessage) json.RawMessage) func(json.RawMessage) json.RawMessage {
	return func(r json.RawMessage) json.RawMessage {
		var object map[string]json.RawMessage
		if json.Unmarshal(r, &object) != nil || object[name] == nil {
			return r
		}
		object[name] = change(object[name])
		changed, err := json.Marshal(object)
		if err != nil {
			return r
		}
		return changed
	}
}

func other(value string) func(json.RawMessage) json.RawMessage {
	return func(json.RawMessage) json.RawMessage { return json.RawMessage(value) }
}

// The server lies. Nothing is final by a lie, and when it tells the truth again all
// is as it should be.
func TestServerLies(t *testing.T) {
	hash := `"0x1111111111111111111111111111111111111111111111111111111111111111"`
	lies := []struct {
		name  string
		fault faultproxy.Fault
	}{
		{"a header that does not hash to its name", lie(func(r json.RawMessage) json.RawMessage {
			if len(r) > 0 && r[0] == '"' {
				return json.RawMessage(`"0xc0"`)
			}
			return member("stateRoot", other(hash))(r)
		}, "debug_getRawHeader", "eth_getBlockByHash")},
		{"a proof of another state", lie(member("accountProof", other(`["0xc0"]`)), "eth_getProof")},
		{"a proof without storage", lie(member("storageProof", other("[]")), "eth_getProof")},
		{"another block hash for each number", lie(member("hash", other(hash)), "eth_getBlockByNumber")},
		{"receipts of another block", lie(member("blockHash", other(hash)), "eth_getTransactionReceipt")},
		{"receipts of another transaction", lie(member("transactionHash", other(hash)), "eth_getTransactionReceipt")},
		{"a final block that is newer than the newest", lie(member("number", other(`"0xffffff"`)), "eth_getBlockByNumber")},
		{"the registry's storage is empty", lie(other(`"0x`+strings.Repeat("0", 192)+`"`), "eth_call")},
		{"it took the transaction, and it did not", faultproxy.Fault{Methods: []string{"eth_sendRawTransaction"}, Swallow: hash}},
		{"no transaction is known", lie(other("null"), "eth_getTransactionByHash", "eth_getTransactionReceipt")},
	}
	if !full() {
		lies = lies[:2]
	}
	onBackends(t, func(t *testing.T, backend string) {
		for _, l := range lies {
			t.Run(l.name, func(t *testing.T) {
				w := newWorld(t, backend)
				w.mine(2 * epoch)
				w.bring(publish.Mined)
				w.proxy.Set(l.fault)
				id := w.mustSubmit()
				for range 2 * epoch {
					w.mine(2)
					time.Sleep(20 * time.Millisecond)
				}
				if w.state(id) == publish.Final && !w.validNow(id) {
					t.Error("final by a lie")
				}
				w.proxy.Clear()
				w.finish()
			})
		}
	})
}

// The URL reports another chain for a while. Nothing is sent there, nothing of
// what it says is believed, and the node goes on when the right one is back.
func TestWrongChain(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		w := newWorld(t, backend)
		wrong := testchain.Start(t, testnet.Config{Backend: backend, ChainID: 1234})
		client, err := rpc.Dial(wrong.RPC)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		if err := wrong.Mine(t.Context(), 50); err != nil {
			t.Fatal(err)
		}
		for _, state := range []publish.State{publish.Batched, publish.Broadcast, publish.Mined} {
			_, resume := w.bring(state)
			w.proxy.Target(wrong.RPC)
			resume()
			calls := w.proxy.Calls("")
			w.eventually("the other chain is asked", func() bool { return w.proxy.Calls("") > calls+2 })
			w.untilSays("1234")
			w.mustSubmit()
			w.proxy.Target(w.chain.RPC)
			w.settle()
		}
		var sent big.Int
		var text string
		if err := client.Call(&text, "eth_getTransactionCount", w.address(), "pending"); err != nil {
			t.Fatal(err)
		}
		if _, ok := sent.SetString(text, 0); !ok || sent.Sign() != 0 {
			t.Errorf("%s transactions were sent to the wrong chain", text)
		}
		w.finish()
	})
}
