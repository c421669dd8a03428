package chain

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// A look asks one server only, and the next one may be at another.
func TestLook(t *testing.T) {
	headers := branch(10, 0, "")
	a, b := startEth(t, headers, 8), startEth(t, headers, 8)
	for _, s := range []*ethServer{a, b} {
		s.answers["eth_getTransactionCount"] = `"0x5"`
		s.answers["eth_getStorageAt"] = `"` + hash(0) + `"`
		s.answers["eth_getTransactionByHash"], s.answers["eth_getTransactionReceipt"] = "null", "null"
	}
	c, log := dialAll(t, a, b)
	look, err := c.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := b.count("")
	round := func(look *Client) error {
		head, err := look.Head(t.Context())
		if err != nil {
			return err
		}
		_, err = look.Nonce(t.Context(), verifier.Address{}, head.Hash)
		_, err2 := look.Anchor(t.Context(), head.Hash, verifier.Address{}, merkle.Hash{1})
		_, err3 := look.TransactionStatus(t.Context(), merkle.Hash{1})
		return errors.Join(err, err2, err3)
	}
	if err := round(look); err != nil || b.count("") != before {
		t.Errorf("%v; another server was asked %d times", err, b.count("")-before)
	}
	a.set(func(s *ethServer) { s.fault = status(503) })
	if err := round(look); !errors.Is(err, ErrOutage) || b.count("") != before {
		t.Errorf("in the same look: %v; another server was asked %d times", err, b.count("")-before)
	}
	if look, err = c.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := round(look); err != nil {
		t.Error(err)
	}
	if h := c.Servers(); !h[1].Current || h[0].Current || !strings.Contains(log.String(), "another RPC server is used") {
		t.Errorf("health %+v, log %s", h, log)
	}
	// What the caller found out counts too.
	a.set(func(s *ethServer) { s.fault = nil })
	forgiveAll(c)
	if look, err = c.Look(t.Context()); err != nil || look.pinned != c.servers[0] {
		t.Fatalf("not at the preferred server: %v", err)
	}
	look.Reject(errors.New("its proof shows another thing than it says"))
	if look, err = c.Look(t.Context()); err != nil || look.pinned != c.servers[1] || c.Servers()[0].State != ServerLying {
		t.Errorf("at a server that was rejected: %v, %+v", err, c.Servers()[0])
	}
}

func TestLag(t *testing.T) {
	full := branch(100, 0, "")
	for name, c := range map[string]struct {
		heads []int
		want  int // server that is looked at
		lags  []int
	}{
		"none":                       {[]int{100, 100, 100}, 0, nil},
		"a little":                   {[]int{98, 100}, 0, nil},
		"the first":                  {[]int{90, 100}, 1, []int{0}},
		"the first of three":         {[]int{50, 99, 100}, 1, []int{0}},
		"the second":                 {[]int{100, 90}, 0, []int{1}},
		"one tells of far blocks":    {[]int{60, 61, 100}, 0, nil}, // two against one
		"one is far behind the rest": {[]int{60, 10, 61}, 0, []int{1}},
	} {
		var servers []*ethServer
		for _, head := range c.heads {
			servers = append(servers, startEth(t, full[:head+1], head/2))
		}
		client, log := dialAll(t, servers...)
		look, err := client.Look(t.Context())
		if err != nil || look.pinned != client.servers[c.want] {
			t.Errorf("%s: look at %s, %v", name, look.pinned.name, err)
		}
		for i, h := range client.Servers() {
			if (h.State == ServerLagging) != slices.Contains(c.lags, i) || h.Head != uint64(c.heads[i]) || h.Final != uint64(c.heads[i]/2) {
				t.Errorf("%s: server %d: %+v", name, i, h)
			}
		}
		if n := strings.Count(log.String(), "lags behind"); n != len(c.lags) {
			t.Errorf("%s: log %s", name, log)
		}
		// It catches up.
		for _, s := range servers {
			s.set(func(s *ethServer) { s.headers = full })
		}
		if look, err = client.Look(t.Context()); err != nil || look.pinned != client.servers[0] {
			t.Errorf("%s: after catching up: look at %s, %v", name, look.pinned.name, err)
		}
	}
}
