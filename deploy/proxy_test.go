package deploy_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// backend serves at port 8700 of an address of this machine. Health checks find it well.
func backend(t *testing.T, address, name string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address+":8700")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, name+" "+r.Header.Get("X-Forwarded-For"))
	}))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
}

// TestProxy starts HAProxy with our configuration in front of two servers.
func TestProxy(t *testing.T) {
	program, err := exec.LookPath("haproxy")
	if err != nil {
		t.Skip("haproxy is not installed: make lint does that, as root")
	}
	backend(t, "127.77.0.2", "intake")
	backend(t, "127.77.0.3", "serve")
	data, err := os.ReadFile("haproxy.cfg")
	if err != nil {
		t.Fatal(err)
	}
	// It inherits the socket, so that what is sent before it is ready waits there.
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "haproxy.cfg")
	text := strings.Replace(string(data), "bind :8080", "bind fd@3", 1)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	proxy := exec.CommandContext(ctx, program, "-db", "-f", config)
	proxy.ExtraFiles = []*os.File{socket}
	proxy.Env = append(os.Environ(), "INTAKE=127.77.0.2", "SERVE=127.77.0.3")
	var trouble strings.Builder
	proxy.Stderr, proxy.Stdout = &trouble, &trouble
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = socket.Close(), listener.Close() // so that nothing waits where the proxy does not start
	t.Cleanup(func() {
		cancel()
		_ = proxy.Wait()
		if t.Failed() {
			t.Log(trouble.String())
		}
	})

	ask := func(method, path string) (int, string) {
		request, err := http.NewRequestWithContext(ctx, method, "http://"+listener.Addr().String()+path, strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Forwarded-For", "203.0.113.7")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	for _, c := range []struct {
		method, path string
		status       int
		by           string
	}{
		{http.MethodGet, "/v1/info", 200, "serve"},
		{http.MethodPost, "/v1/submissions", 200, "intake"},
		{http.MethodPut, "/v1/anything", 200, "intake"},
		{http.MethodDelete, "/v1/anything", 200, "intake"},
		{http.MethodGet, "/ops", 404, ""},
		{http.MethodGet, "/metrics", 404, ""},
		{http.MethodGet, "/v1/status", 404, ""},
		{http.MethodGet, "/v1/status/events", 404, ""},
	} {
		status, body := ask(c.method, c.path)
		if by, _, _ := strings.Cut(body, " "); status != c.status || by != c.by {
			t.Errorf("%s %s: %d by %q, want %d by %q", c.method, c.path, status, by, c.status, c.by)
		}
		if strings.Contains(body, "203.0.113.7") {
			t.Errorf("%s %s: what the client says of its address is passed on", c.method, c.path)
		}
	}
}
