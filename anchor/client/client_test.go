package client

import (
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
)

func TestNewRefuses(t *testing.T) {
	for _, bad := range []string{
		"", "node.example", "127.0.0.1:8080", "ftp://node.example", "http://", "https://node.example?x=1",
		"https://node.example#x", "http://[::1",
	} {
		if _, err := New(bad); err == nil {
			t.Errorf("%q is taken for the URL of a node", bad)
		}
	}
}

// answering is a server that gives one answer after another, the last one for ever.
func answering(t *testing.T, answers ...func(http.ResponseWriter)) (*Client, *atomic.Int32) {
	t.Helper()
	var n atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answers[min(int(n.Add(1)), len(answers))-1](w)
	}))
	t.Cleanup(server.Close)
	c, err := New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return c, &n
}

func refuse(status int, retryAfter string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"detail":"for a reason \u001b[31mof its own"}`))
	}
}

func answer(body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { _, _ = w.Write([]byte(body)) }
}

// A busy node is asked again, as it says, but not for ever; one that refuses is not.
func TestClientRetries(t *testing.T) {
	status := answer(`{"id":"` + merkle.Hash{1}.String() + `","state":"accepted","since":"2026-01-01T00:00:00Z","news":"of a later version"}`)
	for name, tc := range map[string]struct {
		answers  []func(http.ResponseWriter)
		requests int32
		refusal  int
		waits    []time.Duration
	}{
		"busy, then not": {
			[]func(http.ResponseWriter){refuse(503, "7"), refuse(429, ""), status},
			3, 0,
			[]time.Duration{7 * time.Second, time.Second},
		},
		"busy for ever": {
			[]func(http.ResponseWriter){refuse(503, "1")},
			maxAttempts, 503,
			slices.Repeat([]time.Duration{time.Second}, maxAttempts-1),
		},
		"busy for too long": {
			[]func(http.ResponseWriter){refuse(503, "99999999999"), refuse(503, "31"), refuse(503, "-3"), status},
			4, 0,
			[]time.Duration{maxWait, maxWait, time.Second},
		},
		"refused":            {[]func(http.ResponseWriter){refuse(422, ""), status}, 1, 422, nil},
		"no room, then room": {[]func(http.ResponseWriter){refuse(507, ""), status}, 2, 0, []time.Duration{time.Second}},
		"broken":             {[]func(http.ResponseWriter){refuse(500, "1"), status}, 1, 500, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c, requests := answering(t, tc.answers...)
			var waits []time.Duration
			c.wait = func(_ context.Context, d time.Duration) error {
				waits = append(waits, d)
				return nil
			}
			got, err := c.Status(t.Context(), merkle.Hash{1})
			var refused *NodeError
			switch {
			case tc.refusal == 0 && (err != nil || got.ID != merkle.Hash{1}):
				t.Errorf("%+v, %v", got, err)
			case tc.refusal != 0 && (!errors.As(err, &refused) || refused.Status != tc.refusal):
				t.Errorf("error %v, want a refusal with %d", err, tc.refusal)
			}
			if err != nil && (strings.Contains(err.Error(), "\x1b") || !strings.Contains(err.Error(), "for a reason")) {
				t.Errorf("error %q", err)
			}
			if requests.Load() != tc.requests || !slices.Equal(waits, tc.waits) {
				t.Errorf("%d requests with waits %v, want %d with %v", requests.Load(), waits, tc.requests, tc.waits)
			}
		})
	}
}

// What is no node is told from a node that refuses.
func TestClientUnreachable(t *testing.T) {
	away, err := New("http://127.0.0.1:1") // a port that is not given out
	if err != nil {
		t.Fatal(err)
	}
	website, _ := answering(t, answer("<html>hello</html>"))
	cut, _ := answering(t, func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("{"))
	})
	for name, c := range map[string]*Client{"nobody there": away, "a website": website, "cut": cut} {
		_, err := c.Info(t.Context())
		if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), c.URL()) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "Get \"") {
			t.Errorf("%s: the request is in the error: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := away.Info(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
		t.Errorf("cancelled: %v", err)
	}
	busy, _ := answering(t, refuse(503, "3600"))
	busy.wait = wait
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := busy.Info(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled while waiting: %v", err)
	}
	lost, _ := answering(t, func(w http.ResponseWriter) { http.NotFound(w, nil) })
	if _, err := lost.Info(t.Context()); !NotFound(err) {
		t.Errorf("not found by something else: %v", err)
	}
}

// Answers that are small on the wire and large once they are no longer compressed are
// read no further than others.
func TestClientBombs(t *testing.T) {
	const most = 1 << 20
	sent := make(chan int, 8) // bytes before they were compressed; a client may ask more than once
	bomb := func(status int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			z := gzip.NewWriter(w)
			n, block := 0, make([]byte, 1<<20)
			for n < 1<<34 { // the client goes away long before
				if _, err := z.Write(block); err != nil {
					break
				}
				n += len(block)
			}
			sent <- n
		}
	}
	ends := func(name string) {
		t.Helper()
		select {
		case n := <-sent:
			if n == 1<<34 {
				t.Errorf("%s: all of it was read", name)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: it is still being read", name)
		}
	}
	c, _ := answering(t, bomb(http.StatusOK))
	c.most = most
	if _, err := c.Info(t.Context()); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("an answer: %v", err)
	}
	ends("an answer")
	c, _ = answering(t, bomb(http.StatusNotFound))
	if _, err := c.Info(t.Context()); !NotFound(err) || len(err.Error()) > 1000 {
		t.Errorf("a refusal: %v", err)
	}
	ends("a refusal")
	c, _ = answering(t, func(w http.ResponseWriter) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write([]byte("\x1f\x8b\x08\x00 this is no gzip"))
	})
	if _, err := c.Info(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("broken gzip: %v", err)
	}
}
