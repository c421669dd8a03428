package chain

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Whatever a server answers, nothing panics, and what proves itself is only taken
// if it does.
func FuzzAnswer(f *testing.F) {
	headers := branch(3, 0, "")
	text, err := json.Marshal(headers[2])
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(text), "null", `"0x7"`, "[]", "{}", `{"baseFeePerGas":["0x7"],"reward":[["0x1"],[],null,[null]]}`,
		`{"accountProof":["0xc0"],"storageProof":[{"proof":[]}]}`, `{"accountProof":null,"storageProof":[null]}`,
		`[{"topics":["` + hash(1) + `","` + hash(2) + `"],"blockNumber":"0x5"},null]`, `{"hash":"` + hash(1) + `","transactionHash":"` + hash(1) +
			`","blockHash":null}`,
		`{"error":{"code":3,"message":"x","data":"0x12345678"}}`, `{"error":{"code":-32000,"message":"nonce too low"}}`, `{"error":null}`, "[",
		"\x00",
	} {
		f.Add(seed)
	}
	var mu sync.Mutex
	var answer string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		serveJSON(w, r, func(string, []json.RawMessage) string { return answer })
	}))
	defer s.Close()
	log := slog.New(slog.DiscardHandler)
	f.Fuzz(func(t *testing.T, a string) {
		mu.Lock()
		answer = a
		mu.Unlock()
		c, err := Dial(s.URL, s.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.LogTo(log)
		ctx := context.Background()
		one := &Client{c.pool, c.servers[0]}
		want := merkle.Hash(headers[2].Hash())
		if raw, err := one.Header(ctx, want); err == nil && merkle.Keccak256(raw) != want {
			t.Errorf("%x was taken for the header of %s", raw, want)
		}
		if p, err := one.Prove(ctx, want, verifier.Address{1}, []merkle.Hash{{1}}); err == nil {
			t.Errorf("a proof under an empty header: %v", p)
		}
		head, err := one.Head(ctx)
		if err == nil {
			_, _ = one.Final(ctx, Finalized, head)
		}
		if gas, err := one.EstimateGas(ctx, verifier.Address{}, verifier.Address{}, nil); err == nil && gas < leastGas {
			t.Errorf("%d gas", gas)
		}
		if r, err := one.TransactionStatus(ctx, merkle.Hash{1}); err == nil && r.Receipt != nil && r.Receipt.Block.Hash.IsZero() {
			t.Errorf("a receipt of no block: %+v", r)
		}
		_, _, _ = one.Fees(ctx)
		_, _ = one.Events(ctx, verifier.Address{}, 1, 9)
		_, _ = one.Issuer(ctx, want, verifier.Address{}, verifier.Address{})
		_ = one.Send(ctx, []byte{1})
		_, _ = c.ID(ctx)
		_ = c.Servers()
	})
}
