package witnessd_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/witnessd"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return rec
}

func TestHandler(t *testing.T) {
	e := start(t)
	block := e.block(t)
	server := faultproxy.Start(t, e.RPC)
	w, _ := e.witness(t, t.TempDir(), 0, ask(t, 0, server.URL))
	h := w.Handler()
	path := func(chain uint64, number any, hash any) string {
		return fmt.Sprintf("/v1/cosignatures/eip155:%d/%v/%v", chain, number, hash)
	}
	if got := get(t, h, path(e.ChainID, block.Number, block.Hash)); got.Code != 200 {
		t.Fatal(got.Code, got.Body)
	} else {
		holds(t, got.Body.String(), block, w.Key())
	}
	for _, tt := range []struct {
		path string
		code int
		says string
	}{
		{"/v1/key", 200, w.Key().String() + "\n"},
		{"/healthz", 200, `"newest":0`},
		{path(e.ChainID, block.Number, other), 409, "another block"},
		{path(e.ChainID, block.Number-1, other), 409, "another block"},
		{path(e.ChainID, block.Number+100, other), 404, "not final yet"},
		{path(1, block.Number, block.Hash), 404, "this witness is for"},
		{path(e.ChainID, "latest", block.Hash), 400, "want the number"},
		{path(e.ChainID, "-1", block.Hash), 400, "want the number"},
		{path(e.ChainID, "18446744073709551616", block.Hash), 400, "want the number"},
		{path(e.ChainID, block.Number, "0x12"), 400, "want the number"},
		{path(e.ChainID, block.Number, strings.Repeat("0", 66)), 400, "want the number"},
		{path(e.ChainID, "..%2f..%2f1", block.Hash), 400, "want the number"},
		{"/v1/", 404, ""},
		{"/", 404, ""},
	} {
		got := get(t, h, tt.path)
		if got.Code != tt.code || !strings.Contains(got.Body.String(), tt.says) {
			t.Errorf("%s: %d %q", tt.path, got.Code, got.Body)
		}
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/key", nil))
	if rec.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", rec.Code)
	}
	server.Set(faultproxy.Fault{Drop: true})
	got := get(t, h, path(e.ChainID, block.Number-2, other))
	if got.Code != 503 || got.Header().Get("Retry-After") == "" || strings.Contains(got.Body.String(), "127.0.0.1") {
		t.Errorf("in an outage: %d %s", got.Code, got.Body)
	}
}

// Requests that wait for slow servers are bounded; the others are told to come again.
func TestManyRequests(t *testing.T) {
	e := start(t)
	block := e.block(t)
	server := faultproxy.Start(t, e.RPC)
	server.Set(faultproxy.Fault{Delay: 500 * time.Millisecond})
	w, _ := e.witness(t, t.TempDir(), 0, ask(t, 0, server.URL))
	h := w.Handler()
	codes := make(map[int]int)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			got := get(t, h, fmt.Sprintf("/v1/cosignatures/eip155:%d/%d/%s", e.ChainID, block.Number, block.Hash))
			mu.Lock()
			defer mu.Unlock()
			codes[got.Code]++
		})
	}
	wg.Wait()
	if codes[200] < 16 || codes[503] == 0 || codes[200]+codes[503] != 40 {
		t.Errorf("the answers were %v", codes)
	}
}

func TestCollect(t *testing.T) {
	e := start(t)
	block := e.block(t)
	serve := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	answer := func(key, note string) string {
		return serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/key" {
				fmt.Fprint(w, key)
				return
			}
			fmt.Fprint(w, note)
		}))
	}
	a, _ := e.witness(t, t.TempDir(), 0, ask(t, 0, e.RPC))
	b, _ := e.witness(t, t.TempDir(), 1, ask(t, 0, e.RPC))
	urlA, urlB := serve(a.Handler()), serve(b.Handler())+"/"
	noteA, err := a.Cosign(block.Number, block.Hash)
	if err != nil {
		t.Fatal(err)
	}
	wrong := block
	wrong.Hash = other
	line := signer(t, 2).Sign(wrong, time.Now())
	renamed := strings.Replace(line, "wc", "wa", 1)
	key := signer(t, 2).Key().String() + "\n"
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, tt := range map[string]struct {
		urls []string
		n    int
		says string
	}{
		"two":                     {[]string{urlA, urlB}, 2, ""},
		"none":                    {nil, 0, ""},
		"one twice":               {[]string{urlA, urlA}, 1, ""},
		"one is gone":             {[]string{urlA, gone.URL + "/secret"}, 1, "cannot be reached"},
		"another block":           {[]string{answer(key, witness.Note(wrong, line)), urlB}, 1, "not this block"},
		"does not hold":           {[]string{answer(key, witness.Note(block, line))}, 0, "does not hold"},
		"another's name":          {[]string{answer(a.Key().String(), witness.Note(block, renamed))}, 0, "does not hold"},
		"no key":                  {[]string{answer("hello", noteA)}, 0, "not answer as a witness"},
		"a flood":                 {[]string{answer(key, strings.Repeat("x", 1<<20))}, 0, "not answer as a witness"},
		"a redirect":              {[]string{serve(http.RedirectHandler(urlA, http.StatusFound))}, 0, "HTTP 302"},
		"another chain's":         {[]string{answer(key, "")}, 0, "not this block"},
		"no URL":                  {[]string{"witness", "http://", "\x7f"}, 0, "not the URL"},
		"one that only repeats a": {[]string{urlA, answer(a.Key().String()+"\n", noteA)}, 1, ""},
	} {
		lines, err := witnessd.Collect(t.Context(), tt.urls, block)
		if len(lines) != tt.n || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %d, %v", name, len(lines), err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v gives a path away", name, err)
		}
		if len(lines) > 0 {
			if seen, err := witness.Verify(block, lines, []*witness.Key{a.Key(), b.Key()}); err != nil || len(seen) != tt.n {
				t.Errorf("%s: %d hold, %v", name, len(seen), err)
			}
		}
	}

	if _, err := witnessd.Collect(t.Context(), []string{urlA}, wrong); !errors.Is(err, witnessd.ErrConflict) {
		t.Errorf("another block: %v", err)
	}
	wrong.Number += 1000
	if _, err := witnessd.Collect(t.Context(), []string{urlA}, wrong); !errors.Is(err, witnessd.ErrNotFinal) {
		t.Errorf("a block to come: %v", err)
	}
	wrong = block
	wrong.Genesis[0] ^= 1
	if lines, err := witnessd.Collect(t.Context(), []string{urlA}, wrong); err == nil {
		t.Errorf("of a chain with another genesis block: %s", lines)
	}
	if _, err := witnessd.Collect(t.Context(), make([]string, witnessd.MaxWitnesses+1), block); err == nil {
		t.Error("too many were asked")
	}
}
