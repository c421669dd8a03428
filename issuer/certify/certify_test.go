package certify_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer/certify"
	"github.com/hallmark-node/hallmark/issuer/certify/certifytest"
)

// A name as keys have it is longer than a common name may be.
const name = "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed.eip155-100.hallmark.college.example"

// Each way to prove control gets a certificate of a real ACME server, and leaves nothing behind.
func TestObtain(t *testing.T) {
	t.Parallel()
	server := certifytest.Start(t)
	pool := x509.NewCertPool()
	root, err := x509.ParseCertificate(server.Root)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(root)
	webroot := t.TempDir()

	setTXT := func(record, value string) { server.SetTXT(t, record, value) }
	for _, c := range []struct {
		how    string
		solver certify.Solver
	}{
		{"http", certify.HTTP(server.HTTP)},
		{"hand", certify.ByHand(setTXT, func(ctx context.Context, record, value string) error {
			return certify.AwaitTXT(ctx, server.DNS, record, value, 10*time.Millisecond)
		})},
		{"hook", certify.Hook(hook(t, server), io.Discard)},
		{"webroot", certify.Webroot(webroot)}, // last: what serves the folder keeps the port
	} {
		t.Run(c.how, func(t *testing.T) {
			if c.how == "webroot" {
				serve(t, server.HTTP, http.FileServer(http.Dir(webroot)))
			}
			var terms string
			r := certify.Request{
				Name: name, Directory: server.Directory, Roots: server.Roots(t), Contact: "registrar@college.example", Solver: c.solver,
				Terms: func(url string) bool { terms = url; return true },
			}
			chain, err := r.Obtain(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			leaf, err := x509.ParseCertificate(chain[0])
			if err != nil {
				t.Fatal(err)
			}
			between := x509.NewCertPool()
			for _, der := range chain[1:] {
				cert, err := x509.ParseCertificate(der)
				if err != nil {
					t.Fatal(err)
				}
				between.AddCert(cert)
			}
			if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: pool, Intermediates: between}); err != nil {
				t.Error(err)
			}
			if len(chain) < 2 || slices.ContainsFunc(chain, func(der []byte) bool { return string(der) == string(server.Root) }) {
				t.Errorf("%d certificates, want those below the root and not the root", len(chain))
			}
			if terms == "" {
				t.Error("the terms were not shown")
			}
		})
	}
	left, err := filepath.Glob(filepath.Join(webroot, ".well-known", "acme-challenge", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// What goes wrong is said in one line, with what helps.
func TestObtainFails(t *testing.T) {
	t.Parallel()
	server := certifytest.Start(t)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	nothing := func(string, string) {}
	wrong := func(record, _ string) { server.SetTXT(t, record, "another value") }
	now := func(context.Context, string, string) error { return nil }
	fails := filepath.Join(t.TempDir(), "fails")
	if err := os.WriteFile(fails, []byte("#!/bin/sh\nexit 7\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		with func(*certify.Request)
		want string
		hint string
	}{
		{
			"no record", func(r *certify.Request) { r.Solver = certify.ByHand(nothing, now) },
			"the authority says: No TXT records found for DNS challenge", "another value",
		},
		{
			"wrong record", func(r *certify.Request) { r.Solver = certify.ByHand(wrong, now) },
			"the authority says: Correct value not found", "it is a new one each time",
		},
		{"record that does not come", func(r *certify.Request) {
			r.Solver = certify.ByHand(nothing, func(ctx context.Context, _, value string) error {
				ctx, stop := context.WithTimeout(ctx, 100*time.Millisecond)
				defer stop()
				return certify.AwaitTXT(ctx, server.DNS, "nothing.here.example", value, 10*time.Millisecond)
			})
		}, "the TXT record of nothing.here.example did not come in time: there is none", "run the same command again"},
		{"nobody listens", func(r *certify.Request) { r.Solver = certify.HTTP("127.0.0.1:0") }, "the authority says: ", "at port 80"},
		{"port in use", func(r *certify.Request) { r.Solver = certify.HTTP(busy.Addr().String()) }, "another program listens at 127.0.0.1:", ""},
		{"no address", func(r *certify.Request) { r.Solver = certify.HTTP("nowhere") }, "cannot listen at nowhere", ""},
		{"no folder", func(r *certify.Request) { r.Solver = certify.Webroot("no-such-folder") }, "there is no folder no-such-folder", ""},
		{
			"failing hook", func(r *certify.Request) { r.Solver = certify.Hook(fails, io.Discard) },
			"fails failed: exit status 7", "must end with status 0",
		},
		{"refused name", func(r *certify.Request) { r.Name = "a." + server.Blocked }, "the authority says: ", "use another one"},
		{"terms", func(r *certify.Request) { r.Terms = func(string) bool { return false } }, "terms of service were not agreed to", ""},
		{"unknown root", func(r *certify.Request) { r.Roots = nil }, "a certificate that this machine does not trust", "name its root"},
		{"nobody there", func(r *certify.Request) { r.Directory = "https://127.0.0.1:1/dir" }, "the authority cannot be reached: ", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := certify.Request{
				Name: name, Directory: server.Directory, Roots: server.Roots(t), Solver: certify.HTTP(server.HTTP),
				Terms: func(string) bool { return true },
			}
			c.with(&r)
			chain, err := r.Obtain(t.Context())
			if err == nil {
				t.Fatalf("%d certificates", len(chain))
			}
			text, hint := err.Error(), ""
			if known := (*fault.Error)(nil); errors.As(err, &known) {
				hint = known.Remedy
			}
			if !strings.Contains(text, c.want) || !strings.Contains(hint, c.hint) || strings.Contains(text, "\n") || strings.Contains(text, "urn:") {
				t.Errorf("%q, hint %q, want %q, hint %q", text, hint, c.want, c.hint)
			}
		})
	}
}

// A rate limit ends the call at once, and says when to try again.
func TestRateLimit(t *testing.T) {
	asked := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/dir":
			base := "https://" + r.Host
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"newNonce":"`+base+`/nonce","newAccount":"`+base+`/account","newOrder":"`+base+`/order"}`)
		case "/nonce":
			w.Header().Set("Replay-Nonce", "bm9uY2U")
		default:
			asked++
			w.Header().Set("Replay-Nonce", "bm9uY2U")
			w.Header().Set("Retry-After", "3600")
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many\u001b[31m\nof them"}`)
		}
	}))
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	r := certify.Request{Name: name, Directory: server.URL + "/dir", Roots: pool, Solver: certify.HTTP("127.0.0.1:0")}
	_, err := r.Obtain(t.Context())
	known := (*fault.Error)(nil)
	if !errors.As(err, &known) || err.Error() != `the authority says: too many\u001b[31m of them` ||
		!strings.Contains(known.Remedy, "try again after 20") {
		t.Errorf("%v, %+v", err, known)
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// TestMain runs the tests, or this program as the one that [certify.Hook] calls.
func TestMain(m *testing.M) {
	if control := os.Getenv("CERTIFY_TEST_CONTROL"); control != "" {
		os.Exit(setRecord(control, os.Args[1:]))
	}
	os.Exit(m.Run())
}

func setRecord(control string, args []string) int {
	call := map[string]string{"present": "/set-txt", "cleanup": "/clear-txt"}[args[0]]
	body, err := json.Marshal(map[string]string{"host": args[1], "value": args[2]})
	if err != nil {
		return 1
	}
	answer, err := http.Post(control+call, "application/json", bytes.NewReader(body))
	if err != nil || answer.StatusCode != http.StatusOK {
		return 1
	}
	return 0
}

// hook writes a program that sets a TXT record.
func hook(t *testing.T, server *certifytest.Server) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "hook")
	script := "#!/bin/sh\nCERTIFY_TEST_CONTROL=" + server.Control + " exec " + self + " \"$@\"\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func serve(t *testing.T, address string, handler http.Handler) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
}
