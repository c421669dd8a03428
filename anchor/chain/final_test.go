package chain

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/hallmark-node/hallmark/merkle"
)

func TestDisagreement(t *testing.T) {
	ours, theirs := branch(20, 5, "a"), branch(20, 5, "b")
	ask := func(c *Client) (Block, error) {
		look, err := c.Look(t.Context())
		if err != nil {
			return Block{}, err
		}
		head, err := look.Head(t.Context())
		if err != nil {
			return Block{}, err
		}
		return look.Final(t.Context(), Finalized, head)
	}
	var dispute *DisagreementError

	a, b := startEth(t, ours, 10), startEth(t, theirs, 10)
	c, log := dialAll(t, a, b)
	for range 3 {
		got, err := ask(c)
		if !errors.As(err, &dispute) || dispute.Number != 10 || dispute.Hashes != [2]merkle.Hash{
			merkle.Hash(ours[10].Hash()),
			merkle.Hash(theirs[10].Hash()),
		} || got != (Block{}) && err == nil {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if h := c.Servers()[1]; h.State != ServerDisputed || h.Disagreements != 1 || !strings.Contains(h.Detail, "block 10") ||
		strings.Count(log.String(), "disagree") == 0 {
		t.Errorf("health %+v, log %s", h, log)
	}
	b.set(func(s *ethServer) { s.headers = ours })
	if got, err := ask(c); err != nil || got.Number != 10 || c.Servers()[1].State != ServerOK || c.Servers()[1].Disagreements != 1 {
		t.Errorf("when they agree again: %+v, %v, %+v", got, err, c.Servers()[1])
	}

	for name, x := range map[string]struct {
		set   func(a, b *ethServer)
		final uint64
		err   bool
	}{
		"another block, of an older final one": {func(_, b *ethServer) { b.headers, b.final = theirs, 7 }, 0, true},
		"it is not that far":                   {func(_, b *ethServer) { b.headers, b.final = ours[:9], 4 }, 10, false},
		"it is not that far, on another chain": {func(_, b *ethServer) { b.headers, b.final = theirs[:9], 7 }, 0, true},
		"it says nothing":                      {func(_, b *ethServer) { b.fault = status(500) }, 10, false},
		"a hash without a header": {
			func(_, b *ethServer) { b.headers, b.answers["eth_getBlockByHash"] = theirs, "null" }, 10,
			false,
		},
		"a header of another hash": {func(_, b *ethServer) {
			text, _ := json.Marshal(ours[3])
			b.headers, b.answers["eth_getBlockByHash"] = theirs, string(text)
		}, 10, false},
		"our server has no header of what it calls final": {func(a, b *ethServer) {
			a.answers["eth_getBlockByHash"] = "null"
			b.headers = theirs
		}, 0, true},
	} {
		a, b := startEth(t, ours, 10), startEth(t, ours, 10)
		x.set(a, b)
		c, _ := dialAll(t, a, b)
		got, err := ask(c)
		if (err != nil) != x.err || err == nil && got.Number != x.final {
			t.Errorf("%s: block %d, %v", name, got.Number, err)
		}
		if strings.HasPrefix(name, "our server") {
			// It is found out, and the other one is believed from then on.
			if got, err = ask(c); err != nil || got.Hash != merkle.Hash(theirs[10].Hash()) || c.Servers()[0].State != ServerLying {
				t.Errorf("%s: then %+v, %v", name, got, err)
			}
		}
	}

	// One against two, and of blocks that nobody else has.
	liar := startEth(t, branch(400, 5, "a"), 390)
	c, _ = dialAll(t, liar, startEth(t, ours, 10), startEth(t, ours, 10))
	if got, err := ask(c); !errors.As(err, &dispute) || dispute.Number != 390 || !dispute.Hashes[1].IsZero() ||
		!strings.Contains(err.Error(), "not even that far") {
		t.Errorf("%+v, %v", got, err)
	}
}

// Blocks come between two answers: then what is final may be newer than what was the
// newest block. It may not be newer than what is now.
func TestFinalOvertakesHead(t *testing.T) {
	headers := branch(20, 15, "a")
	for name, x := range map[string]struct {
		then   []*types.Header
		final  int
		latest int // of a machine that is behind
		err    error
	}{
		"blocks were mined":                     {headers, 12, 0, nil},
		"all that was mined is final":           {headers, 20, 0, nil},
		"another block is where the newest was": {branch(20, 8, "b"), 12, 0, nil},
		"there is no block as new as that":      {headers, 12, 10, ErrOutage},
	} {
		t.Run(name, func(t *testing.T) {
			s := startEth(t, headers[:11], 3)
			c, _ := dialAll(t, s)
			look, err := c.Look(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			head, err := look.Head(t.Context())
			if err != nil || head.Number != 10 {
				t.Fatalf("%+v, %v", head, err)
			}
			s.set(func(s *ethServer) { s.headers, s.final, s.latest = x.then, x.final, x.latest })
			got, err := look.Final(t.Context(), Finalized, head)
			if !errors.Is(err, x.err) || err == nil && got.Hash != merkle.Hash(x.then[x.final].Hash()) {
				t.Errorf("%+v, %v; want block %d, %v", got, err, x.final, x.err)
			}
		})
	}
}
