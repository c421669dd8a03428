package chain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// fake answers each method with fixed JSON: a result, or {"error": …} as it is.
func fake(t *testing.T, answers map[string]string) *Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serveJSON(w, r, func(method string, params []json.RawMessage) string {
			if len(params) > 0 {
				if with := answers[fmt.Sprintf("%s %s", method, params[0])]; with != "" {
					return with
				}
			}
			if a, ok := answers[method]; ok {
				return a
			}
			return `{"error":{"code":-32601,"message":"the method does not exist"}}`
		})
	}))
	t.Cleanup(s.Close)
	c, err := Dial(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func hash(b byte) string { return common.Hash{b}.Hex() }

func block(number uint64, h byte) string {
	return fmt.Sprintf(`{"number":"0x%x","hash":"%s","timestamp":"0x65"}`, number, hash(h))
}

func TestParseConfirmations(t *testing.T) {
	for _, s := range []string{"finalized", "safe", "1", "12"} {
		if c, err := ParseConfirmations(s); err != nil || c.String() != s {
			t.Errorf("%s: %s, %v", s, c, err)
		}
	}
	for _, s := range []string{"", "0", "-1", "latest", "1.5", "0x2", "99999999999"} {
		if c, err := ParseConfirmations(s); err == nil {
			t.Errorf("%q was read as %s", s, c)
		}
	}
	if (Confirmations{}).String() != "finalized" {
		t.Error("the zero value is not finalized")
	}
}

func TestFinal(t *testing.T) {
	head := Block{Number: 10, Hash: merkle.Hash{10}, Time: 0x65}
	parse := func(s string) Confirmations {
		c, err := ParseConfirmations(s)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := fake(t, map[string]string{
		`eth_getBlockByNumber "finalized"`: block(6, 6), `eth_getBlockByNumber "safe"`: block(8, 8),
		`eth_getBlockByNumber "0x8"`: block(8, 8), `eth_getBlockByNumber "0x0"`: block(0, 1),
	})
	for policy, want := range map[string]uint64{"finalized": 6, "safe": 8, "1": 10, "3": 8, "11": 0} {
		if b, err := c.Final(t.Context(), parse(policy), head); err != nil || b.Number != want {
			t.Errorf("%s: block %d, %v; want %d", policy, b.Number, err, want)
		}
	}
	if _, err := c.Final(t.Context(), parse("12"), head); !errors.Is(err, ErrNoBlock) {
		t.Errorf("deeper than the chain: %v", err)
	}
	none := fake(t, map[string]string{"eth_getBlockByNumber": `{"error":{"code":-39001,"message":"finalized block not found"}}`})
	if _, err := none.Final(t.Context(), Finalized, head); !errors.Is(err, ErrNoBlock) {
		t.Errorf("nothing is final: %v", err)
	}
	for name, answer := range map[string]string{
		"another number": block(7, 7), "ahead of the head": block(11, 11), "no hash": `{"number":"0x8","timestamp":"0x1"}`,
		"an outage": `{"error":{"code":-32005,"message":"limit exceeded"}}`,
	} {
		c := fake(t, map[string]string{`eth_getBlockByNumber "0x8"`: answer, `eth_getBlockByNumber "finalized"`: answer})
		policy := parse("3")
		if name == "ahead of the head" {
			policy = Finalized
		}
		if b, err := c.Final(t.Context(), policy, head); err == nil || errors.Is(err, ErrNoBlock) {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
}

func TestTransactionStatus(t *testing.T) {
	tx := merkle.Hash{0xaa}
	known := `{"hash":"` + hash(0xaa) + `"}`
	receipt := func(h, status byte) string {
		return fmt.Sprintf(`{"transactionHash":"%s","blockHash":"%s","blockNumber":"0x5","status":"0x%x"}`, hash(0xaa), hash(h), status)
	}
	for name, c := range map[string]struct {
		tx, receipt, block string
		want               TransactionStatus
		fails              bool
	}{
		"unknown":     {"null", "null", "null", TransactionStatus{}, false},
		"in the pool": {known, "null", "null", TransactionStatus{Known: true}, false},
		"mined": {
			known, receipt(5, 1), block(5, 5),
			TransactionStatus{true, &Receipt{Block: Block{5, merkle.Hash{5}, 0x65}, Success: true}},
			false,
		},
		"reverted": {
			known, receipt(5, 0), block(5, 5),
			TransactionStatus{true, &Receipt{Block: Block{5, merkle.Hash{5}, 0x65}}},
			false,
		},
		"in a block that went away":   {known, receipt(5, 1), block(5, 6), TransactionStatus{Known: true}, false},
		"in a block beyond the chain": {known, receipt(5, 1), "null", TransactionStatus{Known: true}, false},
		"another transaction":         {`{"hash":"` + hash(0xbb) + `"}`, "null", "null", TransactionStatus{}, true},
		"another receipt":             {known, strings.Replace(receipt(5, 1), hash(0xaa), hash(0xbb), 1), block(5, 5), TransactionStatus{}, true},
		"receipt without status":      {known, strings.Replace(receipt(5, 1), `,"status":"0x1"`, "", 1), block(5, 5), TransactionStatus{}, true},
		"outage":                      {known, `{"error":{"code":-32000,"message":"busy"}}`, "null", TransactionStatus{}, true},
	} {
		client := fake(t, map[string]string{
			"eth_getTransactionByHash": c.tx, "eth_getTransactionReceipt": c.receipt,
			"eth_getBlockByNumber": c.block,
		})
		got, err := client.TransactionStatus(t.Context(), tx)
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (got.Known != c.want.Known || (got.Receipt == nil) != (c.want.Receipt == nil) ||
			got.Receipt != nil && *got.Receipt != *c.want.Receipt) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestFees(t *testing.T) {
	for name, c := range map[string]struct {
		answer   string
		tip, cap int64
	}{
		"median of what was paid": {
			`{"baseFeePerGas":["0x1","0x77359400"],"reward":[["0x3b9aca00"],["0x77359400"],["0xb2d05e00"]]}`, 2e9,
			6e9,
		},
		"empty blocks do not count":  {`{"baseFeePerGas":["0x1","0x77359400"],"reward":[["0x0"],["0x0"],["0x77359400"]]}`, 2e9, 6e9},
		"at least what nodes demand": {`{"baseFeePerGas":["0x7"],"reward":[["0x1"]]}`, 1_000_000, 1_000_014},
		"no history":                 {`{"baseFeePerGas":["0x7"]}`, 1_000_000, 1_000_014},
	} {
		fees, _, err := fake(t, map[string]string{"eth_feeHistory": c.answer}).Fees(t.Context())
		if err != nil || fees.Tip.Int64() != c.tip || fees.Cap.Int64() != c.cap {
			t.Errorf("%s: %v, %v", name, fees, err)
		}
	}
	if _, _, err := fake(t, map[string]string{"eth_feeHistory": `{"baseFeePerGas":[]}`}).Fees(t.Context()); err == nil {
		t.Error("a chain without EIP-1559 gave fees")
	}
}

func TestEstimateGas(t *testing.T) {
	mismatch, err := contracts.NewAnchorRegistry().GetABI().Errors["AnchorRegistryVersionMismatch"].Inputs.Pack(uint64(3), uint64(5))
	if err != nil {
		t.Fatal(err)
	}
	id := contracts.AnchorRegistryVersionMismatchErrorID()
	data := hexutil.Encode(append(id[:4], mismatch...))
	var refused *RevertError
	c := fake(t, map[string]string{"eth_estimateGas": `{"error":{"code":3,"message":"execution reverted","data":"` + data + `"}}`})
	if _, err := c.EstimateGas(t.Context(), verifier.Address{}, verifier.Address{}, nil); !errors.As(err, &refused) ||
		!strings.Contains(refused.Reason, "version 3 was given and 5 is next") || !refused.Overtaken {
		t.Errorf("a revert: %v", err)
	}
	for _, answer := range []string{
		`{"error":{"code":-32000,"message":"insufficient funds"}}`,
		`{"error":{"code":-32005,"message":"limit exceeded","data":{"see":"https://example.org"}}}`,
		`{"error":{"code":-32005,"message":"limit exceeded","data":"later"}}`,
		`"0x"`, `null`,
	} {
		c := fake(t, map[string]string{"eth_estimateGas": answer})
		if gas, err := c.EstimateGas(t.Context(), verifier.Address{}, verifier.Address{}, nil); errors.As(err, &refused) ||
			err == nil && gas > 0 {
			t.Errorf("%s: %d, %v", answer, gas, err)
		}
	}
}

func TestStorageOfWrongSize(t *testing.T) {
	c := fake(t, map[string]string{"eth_getStorageAt": `"0x01"`})
	if _, err := c.Anchor(t.Context(), merkle.Hash{1}, verifier.Address{1}, merkle.Hash{1}); err == nil {
		t.Error("one byte was taken for a word")
	}
}

// Where the server cannot give the header as bytes it is encoded again, and it must
// hash to the name of the block.
func TestHeader(t *testing.T) {
	h := &types.Header{Number: big.NewInt(5), Difficulty: big.NewInt(0), Time: 7, Extra: []byte{1}, BaseFee: big.NewInt(9)}
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	want := merkle.Hash(h.Hash())
	c := fake(t, map[string]string{"eth_getBlockByHash": string(text)})
	raw, err := c.Header(t.Context(), want)
	if err != nil || merkle.Keccak256(raw) != want {
		t.Errorf("%x, %v", raw, err)
	}
	// A field of a later fork, which this program does not know.
	later := strings.Replace(string(text), `"number"`, `"later":"0x1","number"`, 1)
	c = fake(t, map[string]string{"eth_getBlockByHash": later})
	if _, err := c.Header(t.Context(), merkle.Hash{1}); err == nil || !strings.Contains(err.Error(), "hashes to") {
		t.Errorf("a header of another hash: %v", err)
	}
	// The bytes are right though JSON would not be.
	c = fake(t, map[string]string{"debug_getRawHeader": `"` + hexutil.Encode(raw) + `"`, "eth_getBlockByHash": "null"})
	if got, err := c.Header(t.Context(), want); err != nil || !bytes.Equal(got, raw) {
		t.Errorf("%x, %v", got, err)
	}
}

// A key shows its address and nothing else, however it is printed.
func TestKeyIsNotPrinted(t *testing.T) {
	private, err := crypto.HexToECDSA(strings.Repeat("4d", 32))
	if err != nil {
		t.Fatal(err)
	}
	k := NewKey(private)
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("x", "key", k)
	text := slog.New(slog.NewTextHandler(&out, nil))
	text.Info("x", "key", k)
	all := out.String() + fmt.Sprintf("%v %+v %#v %s", k, k, k, k)
	for _, secret := range []string{strings.Repeat("4d", 8), new(big.Int).SetBytes(crypto.FromECDSA(private)).String(), "private"} {
		if strings.Contains(all, secret) {
			t.Errorf("shows %q in %s", secret, all)
		}
	}
	if strings.Count(all, k.Address().String()) != 6 {
		t.Errorf("does not show the address: %s", all)
	}
}

func TestSignIsDeterministic(t *testing.T) {
	private, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	k := NewKey(private)
	tx := Transaction{
		Chain: 7, Nonce: 3, Fees: Fees{big.NewInt(1), big.NewInt(2)}, Gas: 50_000, To: verifier.Address{9},
		Calldata: []byte{1, 2},
	}
	raw, h, err := k.SignTransaction(t.Context(), tx)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := k.SignTransaction(t.Context(), tx)
	if err != nil || !bytes.Equal(raw, again) {
		t.Errorf("the same transaction was signed in two ways: %v", err)
	}
	var got types.Transaction
	if err := got.UnmarshalBinary(raw); err != nil {
		t.Fatal(err)
	}
	sender, err := types.Sender(types.LatestSignerForChainID(big.NewInt(7)), &got)
	if err != nil || verifier.Address(sender) != k.Address() || merkle.Hash(got.Hash()) != h || got.Nonce() != 3 {
		t.Errorf("%s by %s, %v", got.Hash(), sender, err)
	}
}

func TestMerge(t *testing.T) {
	a, b, c := verifier.Bytes{1}, verifier.Bytes{2}, verifier.Bytes{3}
	got := Merge([]verifier.Bytes{a, b}, nil, []verifier.Bytes{b, c, a})
	if len(got) != 3 || !bytes.Equal(got[0], a) || !bytes.Equal(got[1], b) || !bytes.Equal(got[2], c) {
		t.Errorf("%v", got)
	}
}

func TestDialHidesTheURL(t *testing.T) {
	if _, err := Dial("gopher://user:secret@host"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	c, err := Dial("http://127.0.0.1:1/v3/secret-token")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Head(t.Context()); err == nil || strings.Contains(err.Error(), "secret-token") {
		t.Errorf("the URL's secret is in the error: %v", err)
	}
}
