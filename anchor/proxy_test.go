package anchor

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// proxy stands between a node and its RPC server, and lies or fails as a test wants.
type proxy struct {
	url string

	mu      sync.Mutex
	status  int                                                     // answered to everything, if not zero
	garbage string                                                  // likewise, with status 200
	refuse  map[string]bool                                         // methods that get an error
	rewrite map[string]func(result json.RawMessage) json.RawMessage // results of methods
	calls   map[string]int
}

func startProxy(t *testing.T, target string) *proxy {
	t.Helper()
	p := &proxy{refuse: map[string]bool{}, rewrite: map[string]func(json.RawMessage) json.RawMessage{}, calls: map[string]int{}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, target) }))
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

// set changes how the proxy behaves.
func (p *proxy) set(change func(*proxy)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

func (p *proxy) count(method string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[method]
}

type rpcMessage struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

func (p *proxy) serve(w http.ResponseWriter, r *http.Request, target string) {
	p.mu.Lock()
	status, garbage := p.status, p.garbage
	p.mu.Unlock()
	if status != 0 {
		http.Error(w, "no", status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if garbage != "" {
		_, _ = io.WriteString(w, garbage)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	batch := len(body) > 0 && body[0] == '['
	var requests []rpcMessage
	if batch {
		err = json.Unmarshal(body, &requests)
	} else {
		requests = make([]rpcMessage, 1)
		err = json.Unmarshal(body, &requests[0])
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answers := make([]rpcMessage, len(requests))
	for i, q := range requests {
		if answers[i], err = p.forward(target, q); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
	}
	if batch {
		_ = json.NewEncoder(w).Encode(answers)
	} else {
		_ = json.NewEncoder(w).Encode(answers[0])
	}
}

func (p *proxy) forward(target string, q rpcMessage) (rpcMessage, error) {
	p.mu.Lock()
	p.calls[q.Method]++
	refuse, rewrite := p.refuse[q.Method], p.rewrite[q.Method]
	p.mu.Unlock()
	if refuse {
		return rpcMessage{Version: "2.0", ID: q.ID, Error: json.RawMessage(`{"code":-32005,"message":"limit exceeded"}`)}, nil
	}
	body, err := json.Marshal(q)
	if err != nil {
		return rpcMessage{}, err
	}
	resp, err := http.Post(target, "application/json", bytes.NewReader(body))
	if err != nil {
		return rpcMessage{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	var a rpcMessage
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return rpcMessage{}, err
	}
	if rewrite != nil && a.Error == nil {
		a.Result = rewrite(a.Result)
	}
	if a.Result == nil && a.Error == nil {
		a.Result = json.RawMessage("null")
	}
	return a, nil
}
