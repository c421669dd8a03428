package chain

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// swapHex changes one hex digit in the middle of what a method answers.
func swapHex(of string) func(string, json.RawMessage) json.RawMessage {
	return func(method string, result json.RawMessage) json.RawMessage {
		if method != of || len(result) < 200 {
			return result
		}
		out := bytes.Clone(result)
		for i := len(out) / 2; i < len(out); i++ {
			switch c := out[i]; {
			case c >= '0' && c < '9', c >= 'a' && c < 'f':
				out[i]++
				return out
			}
		}
		return out
	}
}

func onBackends(t *testing.T, test func(t *testing.T, c *testnet.Chain)) {
	testchain.OnBackends(t, func(t *testing.T, backend string) { test(t, testchain.Start(t, testnet.Config{Backend: backend})) })
}

// A whole round, from intent to proven anchor, with three servers of which two fail
// or lie all the time.
func TestAnchorThroughFaultyServers(t *testing.T) {
	onBackends(t, func(t *testing.T, network *testnet.Chain) {
		liar, broken, sound := faultproxy.Start(t, network.RPC), faultproxy.Start(t, network.RPC), faultproxy.Start(t, network.RPC)
		c, err := Dial(liar.URL, broken.URL, sound.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.every = 0
		ctx := t.Context()
		id, err := c.ID(ctx)
		if err != nil || uint64(id.Chain) != network.ChainID {
			t.Fatalf("%s, %v", id, err)
		}
		registry := verifier.Address(network.Registry)
		c.Expect(id)
		broken.Set(faultproxy.Fault{Status: http.StatusBadGateway})
		liar.Set(faultproxy.Fault{Result: swapHex("eth_getProof")})

		key := NewKey(network.Accounts[0].PrivateKey)
		root, manifest := merkle.Hash{1}, merkle.Hash{2}
		look, err := c.Look(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := look.Check(ctx, registry); err != nil {
			t.Fatal(err)
		}
		head, err := look.Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		nonce, err := look.Nonce(ctx, key.Address(), head.Hash)
		if err != nil {
			t.Fatal(err)
		}
		calldata := contracts.NewAnchorRegistry().PackAnchor(root, manifest)
		gas, err := look.EstimateGas(ctx, key.Address(), registry, calldata)
		if err != nil {
			t.Fatal(err)
		}
		fees, _, err := look.Fees(ctx)
		if err != nil {
			t.Fatal(err)
		}
		raw, hash, err := key.SignTransaction(ctx, Transaction{
			Chain: id.Chain, Nonce: nonce, Fees: fees, Gas: gas + gas/4, To: registry,
			Calldata: calldata,
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // again, which is "already known" or "nonce too low" by then
			err := look.Send(ctx, raw)
			var refused *RefusedError
			if err != nil && (!errors.As(err, &refused) || !strings.Contains(refused.Message, "nonce too low")) {
				t.Fatal(err)
			}
		}
		if liar.Calls("eth_sendRawTransaction") == 0 || sound.Calls("eth_sendRawTransaction") == 0 {
			t.Error("the transaction did not go to all servers")
		}
		status := awaitMined(t, c, hash)
		if !status.Receipt.Success {
			t.Fatal("the transaction failed")
		}
		if err := network.Mine(ctx, 3); err != nil {
			t.Fatal(err)
		}
		if look, err = c.Look(ctx); err != nil || look.pinned != c.servers[0] {
			t.Fatalf("look is not at the preferred server: %v", err)
		}
		if head, err = look.Head(ctx); err != nil {
			t.Fatal(err)
		}
		final, err := look.Final(ctx, Finalized, head)
		if err != nil || final.Number < status.Receipt.Block.Number {
			t.Fatalf("final is %d, %v; want at least %d", final.Number, err, status.Receipt.Block.Number)
		}
		record, err := look.Anchor(ctx, final.Hash, registry, root)
		if err != nil || record.Publisher != key.Address() {
			t.Errorf("%+v, %v", record, err)
		}

		// The look's own server lies about proofs: they are had from another.
		issuer := verifier.Address{9}
		slot, times := verifier.IssuerSlots(issuer)
		header, err := look.Header(ctx, final.Hash)
		if err != nil {
			t.Fatal(err)
		}
		proof, err := look.Prove(ctx, final.Hash, registry, []merkle.Hash{verifier.AnchorSlot(root), slot, times})
		if err != nil {
			t.Fatal(err)
		}
		evidence := &verifier.Anchor{
			Chain: id.Chain, Registry: registry, Header: header,
			AccountProof: Merge(proof.Account), StorageProof: Merge(proof.Storage...),
		}
		read, err := evidence.Read(root, issuer)
		if err != nil || !read.Anchored || read.Header.Hash != final.Hash {
			t.Errorf("%+v, %v", read, err)
		}
		if h := c.Servers(); h[0].State != ServerLying || h[1].State != ServerFailing || h[2].State != ServerOK {
			t.Errorf("health %+v", h)
		}
		// With nobody left to tell the truth there is no proof.
		sound.Set(faultproxy.Fault{Status: http.StatusTooManyRequests})
		if _, err := c.Prove(ctx, final.Hash, registry, []merkle.Hash{slot}); !errors.Is(err, ErrOutage) {
			t.Errorf("got %v", err)
		}
	})
}

func awaitMined(t *testing.T, c *Client, hash merkle.Hash) TransactionStatus {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		status, err := c.TransactionStatus(t.Context(), hash)
		if err == nil && status.Receipt != nil {
			return status
		}
		if time.Now().After(deadline) {
			t.Fatalf("not mined: %+v, %v", status, err)
		}
		time.Sleep(20 * time.Millisecond) // a chain is asked again and again
	}
}

// What a real server answers, altered anywhere in proof or header, is refused.
func TestAlteredEvidence(t *testing.T) {
	onBackends(t, func(t *testing.T, network *testnet.Chain) {
		if err := network.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		p := faultproxy.Start(t, network.RPC)
		c, err := Dial(p.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx := t.Context()
		head, err := c.Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		slots := []merkle.Hash{verifier.AnchorSlot(merkle.Hash{5})}
		prove := func(contract verifier.Address) error {
			_, err := c.Prove(ctx, head.Hash, contract, slots)
			return err
		}
		// A slot that holds nothing, and an account that is not there, are proven too.
		for _, contract := range []verifier.Address{verifier.Address(network.Registry), {0xee}} {
			if err := prove(contract); err != nil {
				t.Errorf("%s: %v", contract, err)
			}
		}
		rewrite := func(old, replacement string) func(string, json.RawMessage) json.RawMessage {
			return func(method string, result json.RawMessage) json.RawMessage {
				if method != "eth_getProof" {
					return result
				}
				var answer map[string]json.RawMessage
				if err := json.Unmarshal(result, &answer); err != nil {
					panic(err)
				}
				answer[old] = json.RawMessage(replacement)
				out, err := json.Marshal(answer)
				if err != nil {
					panic(err)
				}
				return out
			}
		}
		for name, change := range map[string]func(string, json.RawMessage) json.RawMessage{
			"a digit of the proof": swapHex("eth_getProof"),
			"no account proof":     rewrite("accountProof", "[]"),
			"null account proof":   rewrite("accountProof", "null"),
			"garbage account":      rewrite("accountProof", `["0xc0","0x80"]`),
			"no storage proof":     rewrite("storageProof", "[]"),
			"too many":             rewrite("storageProof", `[{"proof":[]},{"proof":[]}]`),
			"null": func(method string, result json.RawMessage) json.RawMessage {
				if method == "eth_getProof" {
					return json.RawMessage("null")
				}
				return result
			},
		} {
			p.Set(faultproxy.Fault{Result: change})
			if err := prove(verifier.Address(network.Registry)); !errors.Is(err, ErrOutage) {
				t.Errorf("%s: %v", name, err)
			}
		}
		p.Set(faultproxy.Fault{Result: func(method string, result json.RawMessage) json.RawMessage {
			if strings.Contains(method, "Header") {
				return swapHex(method)(method, result)
			}
			return swapHex("eth_getBlockByHash")(method, result)
		}})
		if _, err := c.Header(ctx, head.Hash); !errors.Is(err, ErrLie) {
			t.Errorf("a header: %v", err)
		}
	})
}

// After a reorganisation one server goes on showing the block that is gone.
func TestServersOfTwoBranches(t *testing.T) {
	ctx := t.Context()
	a := testchain.Start(t, testnet.Config{Epoch: 8})
	if err := a.Mine(ctx, 20); err != nil {
		t.Fatal(err)
	}
	frozen := faultproxy.Start(t, a.RPC)
	c, err := Dial(a.RPC, frozen.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.every = 0
	depth, err := ParseConfirmations("3")
	if err != nil {
		t.Fatal(err)
	}
	final := func() (Block, error) {
		look, err := c.Look(ctx)
		if err != nil {
			return Block{}, err
		}
		head, err := look.Head(ctx)
		if err != nil {
			return Block{}, err
		}
		return look.Final(ctx, depth, head)
	}
	before, err := final()
	if err != nil {
		t.Fatal(err)
	}
	client, err := Dial(a.RPC)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var block json.RawMessage
	if err := client.servers[0].call(ctx, &block, "eth_getBlockByHash", before.Hash, false); err != nil {
		t.Fatal(err)
	}
	if err := a.Reorg(ctx, 5); err != nil {
		t.Fatal(err)
	}
	number := []byte(`"number":"` + hexutil.EncodeUint64(before.Number) + `"`)
	frozen.Set(faultproxy.Fault{Result: func(method string, result json.RawMessage) json.RawMessage {
		switch {
		case method == "debug_getRawHeader":
			return json.RawMessage(`"0x"`)
		case method == "eth_getBlockByNumber" && bytes.Contains(result, number), method == "eth_getBlockByHash":
			return block
		}
		return result
	}})
	client.servers[0].doubt()
	now, err := client.At(ctx, before.Number)
	if err != nil || now.Hash == before.Hash {
		t.Fatalf("block %d did not change: %v", before.Number, err)
	}
	// Only that very block is under dispute.
	look, err := c.Look(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = look.Final(ctx, depth, Block{Number: before.Number + 2})
	var dispute *DisagreementError
	if !errors.As(err, &dispute) || dispute.Number != before.Number || dispute.Hashes != [2]merkle.Hash{now.Hash, before.Hash} {
		t.Errorf("got %v", err)
	}
	frozen.Clear()
	if got, err := look.Final(ctx, depth, Block{Number: before.Number + 2}); err != nil || got != now {
		t.Errorf("%+v, %v", got, err)
	}
}
