package chain

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// branch makes a chain of headers from 0 to head, ten seconds apart. From block
// fork on it differs from branches of another name.
func branch(head, fork int, name string) []*types.Header {
	list := make([]*types.Header, head+1)
	for i := range list {
		h := &types.Header{Number: big.NewInt(int64(i)), Difficulty: new(big.Int), Time: uint64(1000 + 10*i), BaseFee: big.NewInt(7)}
		if i > 0 {
			h.ParentHash = list[i-1].Hash()
		}
		if i >= fork {
			h.Extra = []byte(name)
		}
		list[i] = h
	}
	return list
}

// ethServer is a server of a chain of headers, that a test can break.
type ethServer struct {
	url string

	mu      sync.Mutex
	chainID uint64
	headers []*types.Header
	final   int
	answers map[string]string                                        // as of fake: instead of, or beside, what it knows
	fault   func(w http.ResponseWriter, r *http.Request) (done bool) // before anything else
	calls   []string
}

func startEth(t *testing.T, headers []*types.Header, final int) *ethServer {
	t.Helper()
	s := &ethServer{chainID: 7, headers: headers, final: final, answers: map[string]string{}}
	h := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(h.Close)
	s.url = h.URL
	return s
}

func (s *ethServer) set(change func(*ethServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// count returns how often a method was asked for, or anything if it is empty.
func (s *ethServer) count(method string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if method == "" || c == method {
			n++
		}
	}
	return n
}

func (s *ethServer) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	fault := s.fault
	s.calls = append(s.calls, "any")
	s.mu.Unlock()
	if fault != nil && fault(w, r) {
		return
	}
	serveJSON(w, r, s.answer)
}

func (s *ethServer) answer(method string, params []json.RawMessage) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, method)
	if a, ok := s.answers[method]; ok {
		return a
	}
	var first string
	if len(params) > 0 {
		_ = json.Unmarshal(params[0], &first)
	}
	show := func(i int) string {
		if i < 0 || i >= len(s.headers) {
			return "null"
		}
		text, err := json.Marshal(s.headers[i])
		if err != nil {
			panic(err)
		}
		return string(text)
	}
	switch method {
	case "eth_chainId":
		return fmt.Sprintf(`"0x%x"`, s.chainID)
	case "eth_getBlockByNumber":
		switch first {
		case "latest":
			return show(len(s.headers) - 1)
		case "finalized":
			return show(s.final)
		}
		n, err := hexutil.DecodeUint64(first)
		if err != nil {
			panic(err)
		}
		return show(int(n))
	case "eth_getBlockByHash":
		return show(slices.IndexFunc(s.headers, func(h *types.Header) bool { return h.Hash().Hex() == first }))
	}
	return `{"error":{"code":-32601,"message":"the method does not exist"}}`
}

// serveJSON answers requests and batches of them.
func serveJSON(w http.ResponseWriter, r *http.Request, answer func(method string, params []json.RawMessage) string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	type request struct {
		ID     json.RawMessage
		Method string
		Params []json.RawMessage
	}
	text := func(q request) string {
		a := answer(q.Method, q.Params)
		if rest, isError := strings.CutPrefix(a, `{"error":`); isError {
			return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":%s`, q.ID, rest)
		}
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, q.ID, a)
	}
	w.Header().Set("Content-Type", "application/json")
	var many []request
	if json.Unmarshal(body, &many) == nil {
		var out []string
		for _, q := range many {
			out = append(out, text(q))
		}
		_, _ = fmt.Fprintf(w, "[%s]", strings.Join(out, ","))
		return
	}
	var one request
	if json.Unmarshal(body, &one) == nil {
		_, _ = io.WriteString(w, text(one))
	}
}

// dialAll makes a client that looks at its servers as often as it is asked to, and
// what it logs.
func dialAll(t *testing.T, servers ...*ethServer) (*Client, *syncBuffer) {
	t.Helper()
	var urls []string
	for _, s := range servers {
		urls = append(urls, s.url)
	}
	c, err := dial(2*time.Second, urls)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.every = 0
	out := new(syncBuffer)
	c.LogTo(slog.New(slog.NewTextHandler(out, nil)))
	return c, out
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// forgiveAll lets the time pass for which a server is not preferred.
func forgiveAll(c *Client) {
	for _, s := range c.servers {
		s.set(func(r *record) { r.avoid, r.closed, r.lies = time.Time{}, time.Time{}, 0 })
	}
}

func status(code int, header ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		http.Error(w, "no", code)
		return true
	}
}

func say(text string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = io.WriteString(w, text)
		return true
	}
}

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
			}
			if n := bad.count(""); n != 1 {
				t.Errorf("the bad server was asked %d times", n)
			}
			h := c.Servers()
			if h[0].Failures != 1 || h[0].LastError == "" || h[0].RetryAt.IsZero() || h[0].State != ServerFailing && h[0].State != ServerClosed || h[1].State != ServerOK || h[1].Head != 10 {
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
	c, err := dial(50*time.Millisecond, []string{bad.url, good.url})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
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
					if !errors.Is(err, c.err) || c.err == nil && id != want || c.err == ErrOutage && errors.Is(err, ErrWrongChain) {
						t.Errorf("%s, %v", id, err)
					}
				}
				look, err := client.Look(t.Context())
				if !errors.Is(err, c.err) || c.err == ErrOutage && errors.Is(err, ErrWrongChain) {
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
				if n := strings.Count(log.String(), "speaks for another chain"); n != len(c.wrong) {
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
	if id, err := c.ID(t.Context()); err == nil || errors.Is(err, ErrOutage) || errors.Is(err, ErrWrongChain) || !strings.Contains(err.Error(), "different chains") {
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
		_, err3 := look.Fate(t.Context(), merkle.Hash{1})
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
		if !errors.As(err, &dispute) || dispute.Number != 10 || dispute.Hashes != [2]merkle.Hash{merkle.Hash(ours[10].Hash()), merkle.Hash(theirs[10].Hash())} || got != (Block{}) && err == nil {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if h := c.Servers()[1]; h.State != ServerDisputed || h.Disagreements != 1 || !strings.Contains(h.Detail, "block 10") || strings.Count(log.String(), "disagree") == 0 {
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
		"a hash without a header":              {func(_, b *ethServer) { b.headers, b.answers["eth_getBlockByHash"] = theirs, "null" }, 10, false},
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
	if got, err := ask(c); !errors.As(err, &dispute) || dispute.Number != 390 || !dispute.Hashes[1].IsZero() || !strings.Contains(err.Error(), "not even that far") {
		t.Errorf("%+v, %v", got, err)
	}
}

// Words of servers, as of their sources.
func TestRefusals(t *testing.T) {
	headers := branch(10, 0, "")
	for text, want := range map[string]Refusal{
		"nonce too low: next nonce 5, tx nonce 3":             RefusedNonceTooLow,
		"OldNonce, Current nonce: 9, nonce of rejected tx: 3": RefusedNonceTooLow,
		"Nonce too low":                       RefusedNonceTooLow,
		"nonce too high":                      RefusedNonceTooHigh,
		"replacement transaction underpriced": RefusedUnderpriced,
		"transaction underpriced: tip needed 1000000, tip permitted 1":               RefusedUnderpriced,
		"transaction gas price below minimum: gas tip cap 1, minimum needed 1000000": RefusedUnderpriced,
		"max fee per gas less than block base fee: address 0x00, maxFeePerGas: 1":    RefusedUnderpriced,
		"ReplacementNotAllowed":                                                RefusedUnderpriced,
		"FeeTooLow, MaxFeePerGas too low":                                      RefusedUnderpriced,
		"Gas price below configured minimum gas price":                         RefusedUnderpriced,
		"INSUFFICIENT_FUNDS: insufficient funds for gas * price + value":       RefusedInsufficientFunds,
		"insufficient funds for gas * price + value: balance 0, tx cost 21000": RefusedInsufficientFunds,
		"Upfront cost exceeds account balance":                                 RefusedInsufficientFunds,
		"exceeds block gas limit":                                              RefusedOther,
		"txpool is full":                                                       RefusedOther,
		"already known":                                                        "",
		"AlreadyKnown":                                                         "",
		"ALREADY_EXISTS: already known":                                        "",
		"Known transaction":                                                    "",
		"transaction already imported":                                         "",
	} {
		s := startEth(t, headers, 8)
		s.answers["eth_sendRawTransaction"] = fmt.Sprintf(`{"error":{"code":-32000,"message":%q}}`, text)
		c, _ := dialAll(t, s)
		err := c.Send(t.Context(), []byte{1})
		var refused *RefusedError
		errors.As(err, &refused)
		if want == "" && err != nil || want != "" && (refused == nil || refused.Refusal != want || refused.Message != text || errors.Is(err, ErrOutage)) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A transaction goes to all servers, and any that takes it will do.
func TestSendToAll(t *testing.T) {
	headers := branch(10, 0, "")
	raw := []byte{2, 3, 4}
	took := fmt.Sprintf(`"%s"`, merkle.Keccak256(raw))
	no := func(text string) string { return fmt.Sprintf(`{"error":{"code":-32000,"message":%q}}`, text) }
	poor := no("insufficient funds for gas * price + value")
	for name, x := range map[string]struct {
		answers []string // "down": does not answer
		want    Refusal  // "": taken; "outage"
	}{
		"all take it":               {[]string{took, took, took}, ""},
		"one takes it":              {[]string{no("nonce too low"), "down", took}, ""},
		"one had it":                {[]string{"down", no("already known"), poor}, ""},
		"all are down":              {[]string{"down", "down"}, "outage"},
		"one is poor, one is down":  {[]string{"down", poor}, RefusedInsufficientFunds},
		"limited":                   {[]string{no("rate limit reached")}, "outage"},
		"one says another hash":     {[]string{`"` + hash(9) + `"`, "down"}, "outage"},
		"one says nothing":          {[]string{"null", "null"}, "outage"},
		"one lies, another refuses": {[]string{`"0x12"`, no("nonce too low")}, RefusedNonceTooLow},
	} {
		var servers []*ethServer
		for _, a := range x.answers {
			s := startEth(t, headers, 8)
			if s.answers["eth_sendRawTransaction"] = a; a == "down" {
				s.fault = status(500)
			}
			servers = append(servers, s)
		}
		c, _ := dialAll(t, servers...)
		err := c.Send(t.Context(), raw)
		var refused *RefusedError
		errors.As(err, &refused)
		switch x.want {
		case "":
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case "outage":
			if !errors.Is(err, ErrOutage) || refused != nil || strings.Contains(err.Error(), "funds") {
				t.Errorf("%s: %v", name, err)
			}
		default:
			if refused == nil || refused.Refusal != x.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		for i, s := range servers {
			if n := s.count("eth_sendRawTransaction"); n != 1 && x.answers[i] != "down" {
				t.Errorf("%s: server %d was sent it %d times", name, i, n)
			}
		}
	}
}

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
		"a foreign event": {"eth_getLogs", `[{"address":"0x0000000000000000000000000000000000000009","topics":["` + hash(1) + `","` + hash(2) + `"],"blockNumber":"0x5"}]`, "[]", func(c *Client) error {
			_, _, err := c.IssuerChanges(ctx, verifier.Address{}, 5, 9)
			return err
		}},
		"an event of another block": {"eth_getLogs", `[{"topics":["` + hash(1) + `","` + hash(2) + `"],"blockNumber":"0xa"}]`, "[]", func(c *Client) error {
			_, _, err := c.IssuerChanges(ctx, verifier.Address{}, 5, 9)
			return err
		}},
		"another transaction": {"eth_getTransactionByHash", `{"hash":"` + hash(2) + `"}`, "null", func(c *Client) error { _, err := c.Fate(ctx, merkle.Hash{1}); return err }},
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
	for _, m := range []string{"eth_chainId", "eth_getTransactionCount", "eth_getBalance", "eth_getCode", "eth_estimateGas", "eth_getStorageAt", "eth_getLogs", "eth_feeHistory", "eth_getProof"} {
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
		"logs": func() error { _, _, err := c.IssuerChanges(ctx, verifier.Address{}, 1, 2); return err },
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
	if _, err := c.EstimateGas(t.Context(), verifier.Address{}, verifier.Address{}, nil); !errors.As(err, &refused) || errors.Is(err, ErrOutage) {
		t.Errorf("got %v", err)
	}
	if h := c.Servers(); h[0].Failed != 0 || h[1].Failed != 0 {
		t.Errorf("a revert counts against the server: %+v", h)
	}
}

// The URL's secrets are in no error, log or health, though the servers repeat them.
func TestPoolHidesSecrets(t *testing.T) {
	headers := branch(10, 0, "")
	s := startEth(t, headers, 8)
	secrets := []string{"us3r-name", "pa55-word", "t0ken-in-path", "k3y%20in-query", "k3y in-query"}
	path := "/v3/t0ken-in-path?apikey=k3y%20in-query"
	echo := "no project for us3r-name pa55-word t0ken-in-path k3y in-query k3y%20in-query"
	address := strings.Replace(s.url, "http://", "http://us3r-name:pa55-word@", 1) + path
	dead := "http://us3r-name:pa55-word@127.0.0.1:1" + path
	c, err := Dial(address, dead, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var out syncBuffer
	c.LogTo(slog.New(slog.NewTextHandler(&out, nil)))
	c.every = 0
	c.Expect(ID{Chain: 7})
	ctx := t.Context()
	for _, fault := range []func(http.ResponseWriter, *http.Request) bool{
		nil, status(401), func(w http.ResponseWriter, _ *http.Request) bool { http.Error(w, echo, 403); return true },
		func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, path+"&more", http.StatusPermanentRedirect)
			return true
		},
		say(echo), say(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":%q}}`, echo)),
		say(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"result":%q}`, echo)),
	} {
		s.set(func(s *ethServer) { s.fault = fault })
		forgiveAll(c)
		var errs []error
		_, err := c.Head(ctx)
		errs = append(errs, err)
		_, err = c.ID(ctx)
		errs = append(errs, err)
		_, err = c.Look(ctx)
		errs = append(errs, err, c.Send(ctx, []byte{1}))
		_, err = c.Fate(ctx, merkle.Hash{1})
		errs = append(errs, err)
		for _, err := range errs {
			_, _ = fmt.Fprintf(&out, "%v %+v %#v\n", err, err, err)
			for ; err != nil; err = errors.Unwrap(err) {
				_, _ = fmt.Fprintf(&out, "%#v\n", err)
			}
		}
		_, _ = fmt.Fprintf(&out, "%+v\n", c.Servers())
	}
	s.set(func(s *ethServer) { s.fault, s.chainID = nil, 9 })
	c.Expect(ID{Chain: 7})
	_, err = c.ID(ctx)
	_, _ = fmt.Fprintf(&out, "%v\n%+v\n", err, c.Servers())
	for _, secret := range secrets {
		if strings.Contains(out.String(), secret) {
			t.Errorf("shows %q in\n%s", secret, out.String())
		}
	}
	host := strings.TrimPrefix(s.url, "http://")
	if !strings.Contains(out.String(), host) || !strings.Contains(out.String(), host+"#2") {
		t.Errorf("does not name the server:\n%s", out.String())
	}
}

func TestDialSeveral(t *testing.T) {
	if _, err := Dial(); err == nil {
		t.Error("no URL was taken")
	}
	if _, err := Dial("http://localhost", "ftp://user:s3cret@host"); err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "URL 2 of 2") {
		t.Errorf("got %v", err)
	}
}
