package chain

import (
	"bytes"
	"encoding/json"
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
	latest  int                                                      // what it says is the newest, if not the last
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
			if s.latest > 0 {
				return show(s.latest)
			}
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
	c, err := Dial(urls...)
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

// untilForgiven lets no time pass for servers that are not preferred since they failed.
func untilForgiven(c *Client) {
	for _, s := range c.servers {
		s.set(func(r *record) {
			if !r.avoid.IsZero() {
				r.avoid = time.Now().Add(time.Hour)
			}
		})
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
