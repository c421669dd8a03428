package chain

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func TestWrongChain(t *testing.T) {
	headers := branch(10, 0, "")
	want := ID{7, merkle.Hash(headers[0].Hash())}
	right := func() *ethServer { return startEth(t, headers, 8) }
	otherID := func() *ethServer { s := startEth(t, headers, 8); s.chainID = 8; return s }
	otherGenesis := func() *ethServer { return startEth(t, branch(20, 0, "other"), 18) }
	down := func() *ethServer { s := right(); s.fault = status(500); return s }
	for name, c := range map[string]struct {
		servers []*ethServer
		wrong   []int // servers left out
		err     error // of ID
	}{
		"first of another id":      {[]*ethServer{otherID(), right(), right()}, []int{0}, nil},
		"first of another genesis": {[]*ethServer{otherGenesis(), right()}, []int{0}, nil},
		"two of three":             {[]*ethServer{otherGenesis(), otherID(), right()}, []int{0, 1}, nil},
		"beside one that is down":  {[]*ethServer{down(), otherID(), right()}, []int{1}, nil},
		"all":                      {[]*ethServer{otherGenesis(), otherID()}, []int{0, 1}, ErrWrongChain},
		"alone":                    {[]*ethServer{otherGenesis()}, []int{0}, ErrWrongChain},
		"the right one is down":    {[]*ethServer{otherGenesis(), down()}, []int{0}, ErrOutage},
	} {
		for _, asked := range []bool{true, false} { // whether ID is called, or the first question finds out
			t.Run(fmt.Sprintf("%s/%v", name, asked), func(t *testing.T) {
				client, log := dialAll(t, c.servers...)
				client.Expect(want)
				if asked {
					id, err := client.ID(t.Context())
					if !errors.Is(err, c.err) || c.err == nil && id != want || errors.Is(c.err, ErrOutage) && errors.Is(err, ErrWrongChain) {
						t.Errorf("%s, %v", id, err)
					}
				}
				look, err := client.Look(t.Context())
				if !errors.Is(err, c.err) || errors.Is(c.err, ErrOutage) && errors.Is(err, ErrWrongChain) {
					t.Fatalf("look: %v", err)
				}
				if err == nil {
					if b, err := look.Head(t.Context()); err != nil || b.Hash != merkle.Hash(headers[10].Hash()) {
						t.Errorf("%+v, %v", b, err)
					}
				}
				for i, h := range client.Servers() {
					if wrong := slices.Contains(c.wrong, i); wrong != (h.State == ServerWrongChain) || wrong && h.Detail == "" {
						t.Errorf("server %d: %+v", i, h)
					}
				}
				if n := strings.Count(log.String(), "reports another chain"); n != len(c.wrong) {
					t.Errorf("said %d times that a server is left out:\n%s", n, log)
				}
				for _, i := range c.wrong {
					c.servers[i].set(func(s *ethServer) { s.calls = nil })
				}
				_ = client.Send(t.Context(), []byte{1})
				if _, err := client.Balance(t.Context(), verifier.Address{}); err == nil {
					t.Error("nobody has balances here")
				}
				for _, i := range c.wrong {
					if n := c.servers[i].count(""); n != 0 {
						t.Errorf("a server of another chain was asked %d times", n)
					}
				}
			})
		}
	}
}

// Without an expectation nobody can say who is right.
func TestUnknownChain(t *testing.T) {
	headers := branch(10, 0, "")
	a, b := startEth(t, headers, 8), startEth(t, branch(10, 0, "other"), 8)
	c, _ := dialAll(t, a, b)
	if id, err := c.ID(t.Context()); err == nil || errors.Is(err, ErrOutage) || errors.Is(err, ErrWrongChain) ||
		!strings.Contains(err.Error(), "different chains") {
		t.Errorf("%s, %v", id, err)
	}
	// The chain id alone does not decide either.
	c.Expect(ID{Chain: 7})
	if id, err := c.ID(t.Context()); err == nil || !strings.Contains(err.Error(), "different chains") {
		t.Errorf("%s, %v", id, err)
	}
	b.set(func(s *ethServer) { s.headers = headers })
	if id, err := c.ID(t.Context()); err != nil || id != (ID{7, merkle.Hash(headers[0].Hash())}) {
		t.Errorf("%s, %v", id, err)
	}
	// Both are reset, as test chains are: the caller is told, and judges.
	d, _ := dialAll(t, a, b)
	if _, err := d.ID(t.Context()); err != nil {
		t.Fatal(err)
	}
	reset := branch(3, 0, "reset")
	for _, s := range []*ethServer{a, b} {
		s.set(func(s *ethServer) { s.headers, s.final = reset, 1 })
	}
	if id, err := d.ID(t.Context()); err != nil || id.Genesis != merkle.Hash(reset[0].Hash()) {
		t.Errorf("%s, %v", id, err)
	}
}

// A server that changes to another chain while it is used is found out by the next
// check of it, which any failure brings about.
func TestServerChangesChain(t *testing.T) {
	headers := branch(10, 0, "")
	a, b := startEth(t, headers, 8), startEth(t, headers, 8)
	c, _ := dialAll(t, a, b)
	c.Expect(ID{7, merkle.Hash(headers[0].Hash())})
	if _, err := c.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.set(func(s *ethServer) { s.headers, s.fault = branch(20, 0, "other"), status(502) })
	if _, err := c.Head(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.set(func(s *ethServer) { s.fault = nil })
	forgiveAll(c)
	head, err := c.Head(t.Context())
	if err != nil || head.Hash != merkle.Hash(headers[10].Hash()) || c.Servers()[0].State != ServerWrongChain {
		t.Errorf("%+v, %v, %+v", head, err, c.Servers()[0])
	}
	// And back, once it is time to ask again.
	a.set(func(s *ethServer) { s.headers = headers })
	c.servers[0].set(func(r *record) { r.checked = time.Now().Add(-2 * recheck) })
	if _, err := c.Look(t.Context()); err != nil || c.Servers()[0].State != ServerOK {
		t.Errorf("%v, %+v", err, c.Servers()[0])
	}
}
