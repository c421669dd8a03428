package chain

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// outages are what a server does that says nothing of the chain.
var outages = map[string]func(http.ResponseWriter, *http.Request) bool{
	"429":               status(429),
	"429 Retry-After":   status(429, "Retry-After", "30"),
	"500":               status(500),
	"502":               status(502),
	"503":               status(503, "Retry-After", "Fri, 31 Dec 2200 23:59:59 GMT"),
	"401":               status(401),
	"redirect":          status(307, "Location", "http://192.0.2.1/"),
	"HTML":              say("<html>welcome</html>"),
	"empty":             say(""),
	"null":              say("null"),
	"null result":       say(`{"jsonrpc":"2.0","id":1,"result":null}`),
	"no result":         say(`{"jsonrpc":"2.0","id":1}`),
	"another type":      say(`{"jsonrpc":"2.0","id":1,"result":{"number":[]}}`),
	"cut short":         say(`{"jsonrpc":"2.0","id":1,"result":{"number":"0x`),
	"limit by code":     say(`{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"daily request count exceeded"}}`),
	"limit by words":    say(`{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"Too Many Requests"}}`),
	"an empty array":    say(`[]`),
	"deeply nested":     say(strings.Repeat("[", 100_000)),
	"aborted":           func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
	"cut in the middle": cutOff,
}

func cutOff(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":`)
	panic(http.ErrAbortHandler)
}

// Whatever the first server does, the second is asked, the first is left alone for
// a while, and a lone server's failure is an outage and nothing else.
func TestFailover(t *testing.T) {
	headers := branch(10, 0, "")
	for name, fault := range outages {
		t.Run(name, func(t *testing.T) {
			bad, good := startEth(t, headers, 8), startEth(t, headers, 8)
			bad.fault = fault
			c, _ := dialAll(t, bad, good)
			for range 3 {
				b, err := c.Head(t.Context())
				if err != nil || b.Number != 10 {
					t.Fatalf("block %d, %v", b.Number, err)
				}
				untilForgiven(c)
			}
			if n := bad.count(""); n != 1 {
				t.Errorf("the bad server was asked %d times", n)
			}
			h := c.Servers()
			if h[0].Failures != 1 || h[0].LastError == "" || h[0].RetryAt.IsZero() || h[0].State != ServerFailing && h[0].State != ServerClosed ||
				h[1].State != ServerOK || h[1].Head != 10 {
				t.Errorf("health %+v", h)
			}
			lone, _ := dialAll(t, bad)
			_, err := lone.Head(t.Context())
			var refused *RefusedError
			if !errors.Is(err, ErrOutage) || errors.Is(err, ErrWrongChain) || errors.Is(err, ErrNoBlock) || errors.As(err, &refused) {
				t.Errorf("alone: %v", err)
			}
			// It is used again once it is well.
			bad.set(func(s *ethServer) { s.fault = nil })
			forgiveAll(c)
			if _, err := c.Head(t.Context()); err != nil || bad.count("eth_getBlockByNumber") == 0 {
				t.Errorf("not used again: %v", err)
			}
			if h := c.Servers()[0]; h.Failures != 0 || h.State != ServerOK {
				t.Errorf("health %+v", h)
			}
		})
	}
}

// A server that does not answer costs its timeout once.
func TestHangingServer(t *testing.T) {
	headers := branch(10, 0, "")
	bad, good := startEth(t, headers, 8), startEth(t, headers, 8)
	bad.fault = func(_ http.ResponseWriter, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body) // so that the server sees the client go
		<-r.Context().Done()
		return true
	}
	c, _ := dialAll(t, bad, good)
	c.servers[0].timeout = 50 * time.Millisecond // the other one may be slow too
	look, err := c.Look(t.Context())
	if err != nil || look.pinned != c.servers[1] {
		t.Fatalf("look at %v, %v", look, err)
	}
	if h := c.Servers()[0]; h.LastError != "no answer in time" || h.Failures != 1 {
		t.Errorf("health %+v", h)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Head(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutage) {
		t.Errorf("a caller that gave up: %v", err)
	}
	if h := c.Servers(); h[1].Failures != 0 {
		t.Errorf("a caller that gave up counts against the server: %+v", h[1])
	}
}

// Servers that are down want nothing; that is said of those only that asked for it.
func TestDownIsNotClosed(t *testing.T) {
	a := startEth(t, branch(10, 0, ""), 8)
	a.fault = status(500)
	c, _ := dialAll(t, a)
	if _, err := c.ID(t.Context()); !errors.Is(err, ErrOutage) || strings.Contains(err.Error(), "left alone") {
		t.Errorf("got %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	headers := branch(10, 0, "")
	a, b := startEth(t, headers, 8), startEth(t, headers, 8)
	a.fault, b.fault = status(429, "Retry-After", "7200"), status(503, "Retry-After", "60")
	c, _ := dialAll(t, a, b)
	if _, err := c.Head(t.Context()); !errors.Is(err, ErrOutage) {
		t.Errorf("got %v", err)
	}
	// Both said when: neither is asked before, nor for longer than is sensible.
	_, err := c.Head(t.Context())
	if !errors.Is(err, ErrOutage) || !strings.Contains(err.Error(), "left alone") || a.count("") != 1 || b.count("") != 1 {
		t.Errorf("asked %d and %d times: %v", a.count(""), b.count(""), err)
	}
	if err := c.Send(t.Context(), []byte{1}); !errors.Is(err, ErrOutage) || a.count("") != 1 {
		t.Errorf("sent all the same: %v", err)
	}
	h := c.Servers()
	if d := time.Until(h[0].RetryAt); h[0].State != ServerClosed || d > maxRetryAfterSeen || d < time.Minute {
		t.Errorf("left alone for %s: %+v", d, h[0])
	}
	if d := time.Until(h[1].RetryAt); d > time.Minute || d < 50*time.Second {
		t.Errorf("left alone for %s instead of a minute", d)
	}
}

// maxRetryAfterSeen bounds how long any server can have itself left alone.
const maxRetryAfterSeen = 5 * time.Minute
