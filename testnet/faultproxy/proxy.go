// Package faultproxy stands between a node and its JSON-RPC server in tests, and
// fails or lies as a test wants: it delays, drops, cuts and replaces answers,
// refuses, answers as a server that lags behind, or reports another chain.
//
// Call [Start], give the node [Proxy.URL], and [Proxy.Set] a [Fault]; no fault is
// set at first. Requests are forwarded one call at a time, so that a fault can be
// of single methods also where the node asks several things at once.
package faultproxy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// Fault is what goes wrong. Its zero value is nothing; several may be combined.
type Fault struct {
	// Methods are the JSON-RPC methods that suffer; none means all. A request of
	// several calls suffers if one of them does.
	Methods []string

	Delay      time.Duration // before anything else
	Drop       bool          // the connection is closed without an answer
	Cut        bool          // the connection is closed in the middle of the answer
	Status     int           // HTTP status of an answer without sense
	RetryAfter string        // header of that answer
	Body       string        // answered with status 200, or Status, whatever was asked
	Error      string        // message of a JSON-RPC error, for each call that suffers
	Code       int           // of that error; zero: -32005, a limit

	// Params rewrites the parameters of a call before it is forwarded.
	Params func(method string, params json.RawMessage) json.RawMessage
	// Result rewrites the result of a call.
	Result func(method string, result json.RawMessage) json.RawMessage
	// Swallow answers with this result (JSON) and forwards nothing.
	Swallow string
}

func (f *Fault) hits(method string) bool {
	return len(f.Methods) == 0 || slices.Contains(f.Methods, method)
}

// Proxy is a running proxy. All methods may be called by many goroutines.
type Proxy struct {
	// URL is where the node finds it.
	URL string

	server *httptest.Server
	client *http.Client

	mu     sync.Mutex
	target string
	fault  *Fault
	calls  map[string]int
	closed chan struct{}
}

// Start begins to forward to the JSON-RPC server at target, until the test is over.
func Start(t testing.TB, target string) *Proxy {
	t.Helper()
	p := &Proxy{target: target, fault: &Fault{}, calls: make(map[string]int), closed: make(chan struct{}), client: &http.Client{}}
	p.server = httptest.NewServer(http.HandlerFunc(p.serve))
	p.URL = p.server.URL
	t.Cleanup(p.close)
	return p
}

// close ends the proxy, also what it delays.
func (p *Proxy) close() {
	close(p.closed)
	p.server.Close()
	p.client.CloseIdleConnections()
}

// Set makes a fault the only one from the next request on.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = &f
}

// Clear ends the fault.
func (p *Proxy) Clear() { p.Set(Fault{}) }

// Target makes the proxy forward to another server: the same URL is suddenly one of
// another chain.
func (p *Proxy) Target(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = url
}

// Calls returns how often a method was asked for, answered or not; of the empty
// method, how many calls there were.
func (p *Proxy) Calls(method string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if method != "" {
		return p.calls[method]
	}
	n := 0
	for _, c := range p.calls {
		n += c
	}
	return n
}

// call is a request or an answer of JSON-RPC.
type call struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the node is gone
	}
	calls, batch, err := parse(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fault, target := p.note(calls)
	if fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-r.Context().Done():
			return
		case <-p.closed:
			return
		}
	}
	switch {
	case fault.Drop:
		panic(http.ErrAbortHandler)
	case fault.Status != 0 || fault.Body != "":
		if fault.RetryAfter != "" {
			w.Header().Set("Retry-After", fault.RetryAfter)
		}
		if fault.Status != 0 {
			w.WriteHeader(fault.Status)
		}
		_, _ = io.WriteString(w, fault.Body) // the node may be gone
		return
	}
	answers := make([]call, len(calls))
	for i, c := range calls {
		if answers[i], err = p.answer(r.Context(), target, fault, c); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
	}
	var answer []byte
	if batch {
		answer, err = json.Marshal(answers)
	} else {
		answer, err = json.Marshal(answers[0])
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if !fault.Cut {
		_, _ = w.Write(answer)
		return
	}
	_, _ = w.Write(answer[:len(answer)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func parse(body []byte) (calls []call, batch bool, err error) {
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] == '[' {
		err = json.Unmarshal(body, &calls)
		return calls, true, err
	}
	calls = make([]call, 1)
	err = json.Unmarshal(body, &calls[0])
	return calls, false, err
}

// note counts calls and returns what they suffer.
func (p *Proxy) note(calls []call) (fault *Fault, target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fault = &Fault{}
	for _, c := range calls {
		p.calls[c.Method]++
		if p.fault.hits(c.Method) {
			fault = p.fault
		}
	}
	return fault, p.target
}

func (p *Proxy) answer(ctx context.Context, target string, fault *Fault, c call) (call, error) {
	id := c.ID
	if !fault.hits(c.Method) {
		fault = &Fault{}
	}
	switch {
	case fault.Error != "":
		code := -32005
		if fault.Code != 0 {
			code = fault.Code
		}
		message, err := json.Marshal(map[string]any{"code": code, "message": fault.Error})
		return call{Version: "2.0", ID: id, Error: message}, err
	case fault.Swallow != "":
		return call{Version: "2.0", ID: id, Result: json.RawMessage(fault.Swallow)}, nil
	case fault.Params != nil:
		c.Params = fault.Params(c.Method, c.Params)
	}
	a, err := p.forward(ctx, target, c)
	if err != nil {
		return a, err
	}
	if fault.Result != nil && a.Error == nil {
		a.Result = fault.Result(c.Method, a.Result)
	}
	if a.Result == nil && a.Error == nil {
		a.Result = json.RawMessage("null")
	}
	return a, nil
}

func (p *Proxy) forward(ctx context.Context, target string, c call) (a call, err error) {
	body, err := json.Marshal(c)
	if err != nil {
		return a, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := p.client.Do(request)
	if err != nil {
		return a, err
	}
	err = json.NewDecoder(response.Body).Decode(&a)
	return a, errors.Join(err, response.Body.Close())
}
