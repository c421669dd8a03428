// Package certifytest runs Pebble, the test authority of Let's Encrypt, as a real ACME server.
// It needs the module proxy, or a module cache that has it, to build it.
package certifytest

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/internal/child"
)

// Server is a running authority. It asks every name at 127.0.0.1.
type Server struct {
	Directory string // its URL
	RootFile  string // PEM of the root of its own server's certificate
	HTTP      string // HOST:PORT at which it expects answers to http-01
	DNS       string // HOST:PORT of the resolver that it asks
	Control   string // URL that sets what the resolver says: POST /set-txt {"host": "a.example.", "value": "…"}
	Blocked   string // a domain that it does not certify
	Root      []byte // DER of the root above what it issues
}

// built are the programs, made once for a test process.
var built = sync.OnceValues(func() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	folder, err := os.MkdirTemp("", "pebble")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-o", folder+string(filepath.Separator), "tool")
	cmd.Dir = filepath.Join(filepath.Dir(file), "testdata", "pebble")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("pebble cannot be built: %w\n%s", err, out)
	}
	return folder, nil
})

// Start runs an authority until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	programs, err := built()
	if err != nil {
		t.Fatal(err)
	}
	// The certificate of its server is the one that httptest brings, for 127.0.0.1.
	web := httptest.NewTLSServer(http.NotFoundHandler())
	defer web.Close()
	pair := web.TLS.Certificates[0]
	folder := t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name, kind string, der []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ports := free(t, 5)
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	s := &Server{
		Directory: "https://" + at(0) + "/dir", RootFile: file("server.pem", "CERTIFICATE", pair.Certificate[0]),
		HTTP: at(2), DNS: at(3), Control: "http://" + at(4), Blocked: "blocked.example",
	}
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": at(0), "managementListenAddress": at(1), "httpPort": ports[2], "tlsPort": ports[2],
		"certificate": s.RootFile, "privateKey": file("server.key", "PRIVATE KEY", key),
		"domainBlocklist": []string{s.Blocked}, "keyAlgorithm": "ecdsa", "retryAfter": map[string]int{"authz": 1, "order": 1},
		"profiles": map[string]any{"default": map[string]any{"description": "usual", "validityPeriod": 90 * 24 * 3600}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "pebble.json")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, nil, filepath.Join(programs, "pebble-challtestsrv"), "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "",
		"-dnsserver", at(3), "-management", at(4), "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "")
	run(t, []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=5"},
		filepath.Join(programs, "pebble"), "-config", path, "-dnsserver", at(3))

	client := web.Client()
	s.wait(t, client, s.Directory)
	s.wait(t, client, "http://"+at(4)+"/")
	block, _ := pem.Decode(s.wait(t, client, "https://"+at(1)+"/roots/0"))
	if block == nil {
		t.Fatal("pebble has no root")
	}
	s.Root = block.Bytes
	return s
}

// SetTXT has the resolver answer with one value of a TXT record.
func (s *Server) SetTXT(t testing.TB, record, value string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"host": record + ".", "value": value})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Control+"/set-txt", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
}

// Roots are the roots of its own server.
func (s *Server) Roots(t testing.TB) *x509.CertPool {
	t.Helper()
	data, err := os.ReadFile(s.RootFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(data)
	return pool
}

// run runs a program until the test ends.
func run(t testing.TB, env []string, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...) // Kill ends it
	cmd.Env = append(os.Environ(), env...)
	p, err := child.Start(cmd, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
}

// wait asks until a server answers, and returns what.
func (s *Server) wait(t testing.TB, client *http.Client, url string) []byte {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(request)
		if err == nil {
			data, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err == nil {
				return data
			}
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s does not answer: %v", url, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// free returns ports that nothing listened at just now.
func free(t testing.TB, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}
