package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/publish"
)

// A disk without room is refused with 507 before anything is written. The node need
// not be restarted for it, and what it accepted before is served.
func TestDiskFull(t *testing.T) {
	e := open(t, true, func(c *anchor.Config, _ *Config) { c.DiskReserve = 1 << 62 })
	s := newIssuer(t).submission(t, e.home, leaves(2, t.Name())...)
	response, body := e.call(t, http.MethodPost, "/v1/submissions", "application/json", jsonForm(s))
	p := wantProblem(t, response, body, http.StatusInsufficientStorage)
	if !strings.Contains(p.Detail, "nearly full") || response.Header.Get("Retry-After") == "" {
		t.Errorf("%+v, Retry-After %q", p, response.Header.Get("Retry-After"))
	}
	if h, err := e.client.Health(t.Context()); err != nil || h.Submissions != 0 || h.Intake != publish.IntakeDiskFull || h.Disk.Fault == "" ||
		h.Disk.Free == 0 {
		t.Errorf("health %+v, %v", h, err)
	}
	response, body = e.call(t, http.MethodGet, "/readyz", "", nil)
	if p := wantProblem(t, response, body, http.StatusServiceUnavailable); !strings.Contains(p.Detail, "nearly full") {
		t.Errorf("readyz: %+v", p)
	}
	response, body = e.call(t, http.MethodGet, "/healthz", "", nil)
	if response.StatusCode != http.StatusOK {
		t.Errorf("healthz: %d %s", response.StatusCode, body)
	}
	if _, metrics := e.call(t, http.MethodGet, "/metrics", "", nil); !strings.Contains(string(metrics),
		"\n"+`hallmark_intake_state{state="disk_full"} 1`+"\n") {
		t.Errorf("metrics:\n%s", metrics)
	}
}

// While only the chain is out of reach, the node is ready, and says what is wrong.
func TestReadyWithoutChain(t *testing.T) {
	target, err := url.Parse(testChain.RPC)
	if err != nil {
		t.Fatal(err)
	}
	onward := httputil.NewSingleHostReverseProxy(target)
	var down atomic.Bool
	rpc := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			http.Error(w, "out of order", http.StatusBadGateway)
			return
		}
		onward.ServeHTTP(w, r)
	}))
	defer rpc.Close()
	e := open(t, true, func(c *anchor.Config, _ *Config) { c.Chains[0].RPC = []string{rpc.URL} })
	defer e.stop()
	ready := func() (status int, body string) {
		response, data := e.call(t, http.MethodGet, "/readyz", "", nil)
		return response.StatusCode, string(data)
	}
	wait := func(what string, done func() bool) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("waited for %s", what)
			}
		}
	}
	calm := func() bool {
		status, body := ready()
		return status == http.StatusOK && !strings.Contains(body, "warning")
	}
	wait("the node to be ready", calm)
	down.Store(true)
	wait("a warning", func() bool {
		status, body := ready()
		if status != http.StatusOK {
			t.Fatalf("not ready without the chain: %s", body)
		}
		return strings.Contains(body, "502")
	})
	if response, body := e.call(t, http.MethodGet, "/healthz", "", nil); response.StatusCode != http.StatusOK {
		t.Errorf("healthz: %s", body)
	}
	h, err := e.client.Health(t.Context())
	if err != nil || len(h.Chains) != 1 || h.Chains[0].RPCError == "" || len(h.Chains[0].Servers) != 1 ||
		h.Chains[0].Servers[0].State == "ok" {
		t.Errorf("health %+v, %v", h, err)
	}
	name := fmt.Sprintf("\n"+`hallmark_chain_up{chain="%s"} 0`+"\n", e.home.Chain)
	if _, metrics := e.call(t, http.MethodGet, "/metrics", "", nil); !strings.Contains(string(metrics), name) {
		t.Errorf("no %q in\n%s", name, metrics)
	}
	down.Store(false)
	wait("the warning to go", calm)
}
