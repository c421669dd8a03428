package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Answers that cannot be true are no answers, and the next server is asked.
func TestLies(t *testing.T) {
	headers := branch(10, 0, "")
	ctx := context.Background()
	block := func(i int) string { text, _ := json.Marshal(headers[i]); return string(text) }
	for name, x := range map[string]struct {
		method, lie, truth string
		ask                func(*Client) error
	}{
		"another block": {"eth_getBlockByNumber", block(3), "", func(c *Client) error { _, err := c.At(ctx, 5); return err }},
		"a header of another hash": {"eth_getBlockByHash", block(3), "", func(c *Client) error {
			_, err := c.Header(ctx, merkle.Hash(headers[5].Hash()))
			return err
		}},
		"half a word": {"eth_getStorageAt", `"0x01"`, `"` + hash(1) + `"`, func(c *Client) error {
			_, err := c.Anchor(ctx, merkle.Hash{}, verifier.Address{}, merkle.Hash{})
			return err
		}},
		"too little gas": {"eth_estimateGas", `"0x1"`, `"0xc350"`, func(c *Client) error {
			_, err := c.EstimateGas(ctx, verifier.Address{}, verifier.Address{}, nil)
			return err
		}},
		"a foreign event": {"eth_getLogs", "[" + retiredLog(1, 5, 0, another) + "]", "[]", func(c *Client) error {
			_, err := c.Events(ctx, verifier.Address{}, 5, 9)
			return err
		}},
		"an event of another block": {"eth_getLogs", "[" + retiredLog(1, 10, 0, none) + "]", "[]", func(c *Client) error {
			_, err := c.Events(ctx, verifier.Address{}, 5, 9)
			return err
		}},
		"another transaction": {
			"eth_getTransactionByHash", `{"hash":"` + hash(2) + `"}`, "null",
			func(c *Client) error { _, err := c.TransactionStatus(ctx, merkle.Hash{1}); return err },
		},
	} {
		bad, good := startEth(t, headers, 8), startEth(t, headers, 8)
		for _, s := range []*ethServer{bad, good} {
			s.answers["eth_getTransactionReceipt"] = "null"
		}
		c, _ := dialAll(t, bad, good)
		if _, err := c.ID(ctx); err != nil {
			t.Fatal(err)
		}
		bad.set(func(s *ethServer) { s.answers[x.method] = x.lie })
		if x.truth != "" {
			good.set(func(s *ethServer) { s.answers[x.method] = x.truth })
		}
		if err := x.ask(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if h := c.Servers(); h[0].State != ServerLying || h[1].State != ServerOK {
			t.Errorf("%s: %+v", name, h)
		}
		// However well it answers otherwise, it is not preferred.
		before := bad.count("")
		if _, err := c.Head(ctx); err != nil || bad.count("") != before {
			t.Errorf("%s: the liar is preferred: %v", name, err)
		}
		alone, _ := dialAll(t, bad)
		if err := x.ask(alone); !errors.Is(err, ErrLie) || !errors.Is(err, ErrOutage) {
			t.Errorf("%s: alone: %v", name, err)
		}
	}
}

// null is no number: neither a nonce of zero nor an empty purse.
func TestNullIsNoAnswer(t *testing.T) {
	s := startEth(t, branch(10, 0, ""), 8)
	for _, m := range []string{
		"eth_chainId", "eth_getTransactionCount", "eth_getBalance", "eth_getCode", "eth_estimateGas",
		"eth_getStorageAt", "eth_getLogs", "eth_feeHistory", "eth_getProof",
	} {
		s.answers[m] = "null"
	}
	c, _ := dialAll(t, s)
	ctx := t.Context()
	for name, ask := range map[string]func() error{
		"id":      func() error { _, err := c.ID(ctx); return err },
		"nonce":   func() error { _, err := c.Nonce(ctx, verifier.Address{}, merkle.Hash{}); return err },
		"balance": func() error { _, err := c.Balance(ctx, verifier.Address{}); return err },
		"code":    func() error { return c.Check(ctx, verifier.Address{}) },
		"hasCode": func() error { _, err := c.HasCode(ctx, verifier.Address{}); return err },
		"gas":     func() error { _, err := c.EstimateGas(ctx, verifier.Address{}, verifier.Address{}, nil); return err },
		"anchor":  func() error { _, err := c.Anchor(ctx, merkle.Hash{}, verifier.Address{}, merkle.Hash{}); return err },
		"issuer": func() error {
			_, err := c.Issuer(ctx, merkle.Hash{}, verifier.Address{}, verifier.Address{})
			return err
		},
		"logs": func() error { _, err := c.Events(ctx, verifier.Address{}, 1, 2); return err },
		"fees": func() error { _, _, err := c.Fees(ctx); return err },
		"proof": func() error {
			_, err := c.Prove(ctx, merkle.Hash(s.headers[5].Hash()), verifier.Address{}, nil)
			return err
		},
	} {
		if err := ask(); !errors.Is(err, ErrOutage) || errors.Is(err, ErrNoRegistry) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A block that the look's own server has not got is had from another, and one that
// nobody has is missing.
func TestHeaderOfAnother(t *testing.T) {
	headers := branch(10, 0, "")
	late, good := startEth(t, headers[:6], 4), startEth(t, headers, 8)
	c, _ := dialAll(t, late, good)
	look := &Client{c.pool, c.servers[0]}
	want := merkle.Hash(headers[9].Hash())
	if raw, err := look.Header(t.Context(), want); err != nil || merkle.Keccak256(raw) != want {
		t.Errorf("%x, %v", raw, err)
	}
	if _, err := look.Header(t.Context(), merkle.Hash{1}); !errors.Is(err, ErrNoBlock) || errors.Is(err, ErrOutage) {
		t.Errorf("got %v", err)
	}
}

// A server that failed lately does not hold up what goes to all.
func TestSendSkipsTheDead(t *testing.T) {
	headers := branch(10, 0, "")
	dead, good := startEth(t, headers, 8), startEth(t, headers, 8)
	dead.fault = status(500)
	raw := []byte{2, 3, 4}
	good.answers["eth_sendRawTransaction"] = fmt.Sprintf(`"%s"`, merkle.Keccak256(raw))
	c, _ := dialAll(t, dead, good)
	for range 3 {
		if err := c.Send(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
		untilForgiven(c)
		if _, err := c.ID(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := dead.count(""); n != 1 {
		t.Errorf("the dead server was asked %d times", n)
	}
}

// A revert is believed if no server makes the call succeed.
func TestRevertOfOneServer(t *testing.T) {
	headers := branch(10, 0, "")
	late, good := startEth(t, headers, 8), startEth(t, headers, 8)
	revert := `{"error":{"code":3,"message":"execution reverted","data":"0x12345678"}}`
	late.answers["eth_estimateGas"], good.answers["eth_estimateGas"] = revert, `"0xc350"`
	c, _ := dialAll(t, late, good)
	look, err := c.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Client{c, look} {
		if gas, err := c.EstimateGas(t.Context(), verifier.Address{}, verifier.Address{}, nil); err != nil || gas != 50_000 {
			t.Errorf("%d, %v", gas, err)
		}
	}
	good.set(func(s *ethServer) { s.answers["eth_estimateGas"] = revert })
	var refused *RevertError
	if _, err := c.EstimateGas(t.Context(), verifier.Address{}, verifier.Address{}, nil); !errors.As(err, &refused) ||
		errors.Is(err, ErrOutage) {
		t.Errorf("got %v", err)
	}
	if h := c.Servers(); h[0].Failed != 0 || h[1].Failed != 0 {
		t.Errorf("a revert counts against the server: %+v", h)
	}
}
