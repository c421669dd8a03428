package beaconapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func open(t *testing.T, urls ...string) *Client {
	t.Helper()
	c, err := New(urls...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// hostile are servers that are of no use, and what is said of them.
var hostile = map[string]struct {
	handler http.HandlerFunc
	want    string
}{
	"nothing there":    {status(http.StatusNotFound), ErrNoData.Error()},
	"busy":             {status(http.StatusServiceUnavailable), "HTTP 503"},
	"refuses":          {status(http.StatusUnauthorized), "HTTP 401"},
	"no content":       {status(http.StatusNoContent), "HTTP 204"},
	"HTML":             {says("<html><body>Welcome</body></html>"), "cannot be read"},
	"nothing":          {says(""), "cannot be read"},
	"null":             {says("null"), "cannot be read"},
	"no data":          {says(`{"data":null}`), "cannot be read"},
	"another type":     {says(`{"data":["x"]}`), "cannot be read"},
	"an empty object":  {says(`{"data":{}}`), "cannot be read"},
	"another wrapping": {says(`[]`), "cannot be read"},
	"ends too early": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `{"data":`)
	}, "the connection was closed"},
	"endless": {func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}, "larger than"},
	"a small answer that grows": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.CopyN(z, zeros{}, 64<<20)
		_ = z.Close()
	}, "larger than"},
	"slow": {func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}, "no answer in time"},
	"never answers": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no answer in time"},
	"goes in circles": {func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	}, "HTTP 302"},
	"words for a terminal": {func(w http.ResponseWriter, _ *http.Request) {
		conn, out, _ := w.(http.Hijacker).Hijack()
		_, _ = out.WriteString("\x1b]0;x\a\r\n\r\n")
		_ = out.Flush()
		conn.Close()
	}, "malformed"},
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Of no server an error reaches the caller that has more than a line, or a secret of the
// URL, and none is waited for longer than the limit.
func TestHostileServers(t *testing.T) {
	for name, server := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, serve(t, server.handler)+"/secret-path?key=secret-key")
			c.http.Timeout = time.Second
			if strings.Contains(name, "grows") || name == "endless" {
				c.http.Timeout = 30 * time.Second
			}
			_, err := c.Finality(t.Context())
			if err == nil {
				t.Fatal("it is believed")
			}
			text := err.Error()
			if !strings.Contains(text, server.want) {
				t.Errorf("%q does not say %q", text, server.want)
			}
			if strings.Contains(text, "secret") || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) || len(text) > 500 {
				t.Errorf("the error is not fit to be shown: %q", text)
			}
			if got := errors.Is(err, ErrNoData); got != (name == "nothing there") {
				t.Errorf("%q says that there is nothing: %t", text, got)
			}
		})
	}
}

// A redirect to another host would tell it what the path holds.
func TestFollowsNoRedirectElsewhere(t *testing.T) {
	var asked atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	c := open(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	if _, err := c.Finality(t.Context()); err == nil || !strings.Contains(err.Error(), "redirects to another server") {
		t.Errorf("%v", err)
	}
	if asked.Load() > 0 {
		t.Error("the other server was asked")
	}
}

// What a URL has beside the host reaches the server: a path in front, a query, a user.
func TestKeepsTheURL(t *testing.T) {
	got := make(chan string, 1)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		got <- user + password + r.URL.String()
		w.WriteHeader(http.StatusNotFound)
	})
	c := open(t, strings.Replace(url, "//", "//me:word@", 1)+"/base/?key=1")
	_, _ = c.Updates(t.Context(), 7, 2)
	if want := "mewo" + "rd/base/eth/v1/beacon/light_client/updates?key=1&count=2&start_period=7"; <-got != want {
		t.Errorf("asked for another URL than %s", want)
	}
	for _, bad := range []string{"", "ftp://host", "http://", "host:5052", "http://h ost/secret"} {
		if _, err := New(bad); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := New(); err == nil {
		t.Error("no URL is taken")
	}
}

// start runs a chain with some committees behind it, and returns its network and the
// committee of period 0.
func start(t *testing.T) (*testnet.Chain, *beacon.Network, *First) {
	t.Helper()
	chain := testchain.Start(t, testnet.Config{Beacon: true, BeaconPeriod: 8})
	grow(t, chain, 4)
	c := open(t, chain.Beacon)
	n, err := c.Network(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.First(t.Context(), n, beacon.Root{})
	if err != nil {
		t.Fatal(err)
	}
	if first.Period != 0 || n.ChainID != chain.ChainID || n.EpochsPerPeriod != 8 {
		t.Fatalf("period %d, %+v", first.Period, n)
	}
	grow(t, chain, 25)
	return chain, n, first
}

func grow(t *testing.T, chain *testnet.Chain, blocks int) {
	t.Helper()
	if err := chain.Mine(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	if err := chain.SyncBeacon(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// reaches checks that hops lead from the first committee on, some periods far.
func reaches(t *testing.T, n *beacon.Network, first *First, hops []*beacon.Hop) {
	t.Helper()
	if len(hops) < 3 {
		t.Fatalf("%d hops", len(hops))
	}
	known := beacon.NewChain(n, map[uint64]beacon.Root{first.Period: first.Root})
	for _, h := range hops {
		known.Add(h)
	}
	if _, err := known.Committee(first.Period+uint64(len(hops)), time.Time{}); err != nil {
		t.Error(err)
	}
}

// From the first committee to the newest, with an honest server beside all others.
func TestFailsOver(t *testing.T) {
	chain, n, first := start(t)
	for name, server := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, serve(t, server.handler), chain.Beacon)
			c.http.Timeout = 5 * time.Second
			hops, err := c.Hops(t.Context(), n, first.Period, first.Root)
			if err != nil {
				t.Fatal(err)
			}
			reaches(t, n, first, hops)
			if c.last != 1 {
				t.Error("the one that answered is not the first to be asked from then on")
			}
		})
	}
}

// liar serves what a beacon node does, changed.
func liar(t *testing.T, url string, change func(path string, body []byte) []byte) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		resp, err := http.Get(url + r.URL.String())
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		w.WriteHeader(resp.StatusCode)
		_, _ = w.Write(change(r.URL.Path, body))
	})
}

// lies are changes of updates that a beacon node may try.
var lies = map[string]func(body []byte) []byte{
	"another proposer": func(b []byte) []byte {
		return bytes.ReplaceAll(b, []byte(`"proposer_index":"0"`), []byte(`"proposer_index":"1"`))
	},
	"fewer signers":     func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`bits":"0xf`), []byte(`bits":"0x7`)) },
	"another aggregate": func(b []byte) []byte { return flip(b, `"aggregate_pubkey":"0x`) },
	"another key":       func(b []byte) []byte { return flip(b, `"pubkeys":["0x`) },
	"another branch":    func(b []byte) []byte { return flip(b, `"next_sync_committee_branch":["0x`) },
	"another signature": func(b []byte) []byte { return flip(b, `"sync_committee_signature":"0x`) },
	"a period too few": func(b []byte) []byte {
		if i := bytes.Index(b, []byte(`},{"data":`)); i > 0 {
			return append([]byte("["), b[i+2:]...)
		}
		return b
	},
}

// flip changes the fourth digit after each occurrence of a text.
func flip(b []byte, after string) []byte {
	b = bytes.Clone(b)
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte(after))
		if i < 0 {
			return b
		}
		at += i + len(after)
		if b[at+3] == '0' {
			b[at+3] = '1'
		} else {
			b[at+3] = '0'
		}
	}
}

// A server that lies leads nowhere, and beside an honest one does not matter.
func TestLies(t *testing.T) {
	chain, n, first := start(t)
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := liar(t, chain.Beacon, func(path string, body []byte) []byte {
				if strings.HasSuffix(path, "/updates") {
					return lie(body)
				}
				return body
			})
			hops, err := open(t, url).Hops(t.Context(), n, first.Period, first.Root)
			if len(hops) > 0 || err == nil || !strings.Contains(err.Error(), "hop from period 0: ") {
				t.Errorf("%d hops, %v", len(hops), err)
			}
			if !errors.Is(err, ErrUnproven) {
				t.Errorf("%v does not say that the server is at fault", err)
			}
			hops, err = open(t, url, chain.Beacon).Hops(t.Context(), n, first.Period, first.Root)
			if err != nil {
				t.Fatal(err)
			}
			reaches(t, n, first, hops)
		})
	}
	t.Run("from some period on", func(t *testing.T) {
		url := liar(t, chain.Beacon, func(path string, body []byte) []byte {
			if at := bytes.LastIndex(body, []byte(`"sync_committee_signature":"0x`)); strings.HasSuffix(path, "/updates") && at > 0 {
				return append(bytes.Clone(body[:at]), flip(body[at:], `"0x`)...)
			}
			return body
		})
		hops, err := open(t, url).Hops(t.Context(), n, first.Period, first.Root)
		if want := fmt.Sprintf("hop from period %d: ", len(hops)); len(hops) == 0 || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d hops, %v; want %q", len(hops), err, want)
		}
		hops, err = open(t, url, chain.Beacon).Hops(t.Context(), n, first.Period, first.Root)
		if err != nil {
			t.Fatal(err)
		}
		reaches(t, n, first, hops)
	})
}

// A server of another network has other committees.
func TestAnotherNetwork(t *testing.T) {
	_, n, first := start(t)
	other := testchain.Start(t, testnet.Config{Beacon: true, BeaconPeriod: 8, ChainID: 5555})
	grow(t, other, 40)
	hops, err := open(t, other.Beacon).Hops(t.Context(), n, first.Period, first.Root)
	if len(hops) > 0 || !errors.Is(err, ErrUnproven) {
		t.Errorf("%d hops, %v", len(hops), err)
	}
	// Not even by the clock is a period over that the other one has not reached.
	early := *n
	early.GenesisTime -= 10_000
	if hops, err := open(t, other.Beacon).Hops(t.Context(), &early, 100, first.Root); len(hops) > 0 || !errors.Is(err, ErrNoData) {
		t.Errorf("%d hops, %v", len(hops), err)
	}
	if _, err := open(t, other.Beacon).First(t.Context(), n, first.Block.Root()); err == nil {
		t.Error("it has a block of the other network")
	}
}

// The newest committee leads nowhere, and that is no error; one whose update is forgotten is.
func TestNewestAndForgotten(t *testing.T) {
	chain, n, first := start(t)
	c := open(t, chain.Beacon)
	hops, err := c.Hops(t.Context(), n, first.Period, first.Root)
	if err != nil {
		t.Fatal(err)
	}
	newest := hops[len(hops)-1]
	if more, err := c.Hops(t.Context(), n, newest.Period()+1, newest.Next); err != nil || len(more) > 0 {
		t.Errorf("%d hops, %v", len(more), err)
	}
	forgetful := open(t, liar(t, chain.Beacon, func(path string, body []byte) []byte {
		if strings.HasSuffix(path, "/updates") {
			return []byte("[]")
		}
		return body
	}))
	early := *n
	early.GenesisTime -= 10_000 // by the clock, later periods have come
	if more, err := forgetful.Hops(t.Context(), &early, first.Period, first.Root); !errors.Is(err, ErrNoData) || len(more) > 0 {
		t.Errorf("%d hops, %v", len(more), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Hops(ctx, n, first.Period, first.Root); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}
