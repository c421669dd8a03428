package client

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
)

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"1.1.1.1": true, "93.184.216.34": true, "2606:4700::1111": true, "2a00:1450:4001::1": true,
		"::ffff:1.1.1.1": true, "64:ff9b::101:101": true, "2002:101:101::1": true,

		"127.0.0.1": false, "127.255.0.3": false, "::1": false, "::": false, "0.0.0.0": false, "0.1.2.3": false,
		"10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"192.0.0.8": false, "192.0.2.1": false, "198.18.0.1": false, "198.51.100.1": false, "203.0.113.1": false,
		"224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a00:1": false, "64:ff9b:1::1": false, "2002:7f00:1::1": false, "2002:c0a8:101::1": false,
		"fe80::1": false, "fe80::1%eth0": false, "2606:4700::1111%eth0": false, "fc00::1": false, "fd12::1": false, "fec0::1": false,
		"ff02::1": false, "2001::1": false, "2001:db8::1": false, "3fff::1": false, "100::1": false, "4000::1": false,
	} {
		if got := Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
}

// A node that a stranger named is reached at a public address or at one that was
// allowed, whatever stands in its URL, and only by a URL that a node may have.
func TestHinted(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "[::ffff:0.0.0.0]"} {
		c, err := NewHinted("http://"+host+":"+u.Port(), []netip.Addr{netip.MustParseAddr("127.0.0.2")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Info(t.Context()); !errors.Is(err, ErrNotPublic) || errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if asked.Load() > 0 {
		t.Fatal("it was asked")
	}
	allowed := NotPublic(t.Context(), server.URL)
	c, err := NewHinted(server.URL, allowed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Info(t.Context()); err != nil || len(allowed) != 1 {
		t.Errorf("allowed %v: %v", allowed, err)
	}
	for _, bad := range []string{
		"", "node.example", "ftp://node.example", "file:///etc/passwd", "unix:///run/docker.sock", "HTTP://", "http://:80", "javascript:alert(1)",
		"http://user@node.example", "http://user:secret@node.example", "https://node.example?q", "https://node.example#f",
		"http://node.example:22", "http://node.example:25", "http://node.example:0", "http://node.example:65536", "http://node.example:x",
	} {
		if c, err := NewHinted(bad, nil); err == nil {
			t.Errorf("%q gives %v", bad, c.URL())
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A node that redirects is not followed to another host, port or scheme, whatever it
// is asked for.
func TestClientRedirects(t *testing.T) {
	var followed atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	t.Cleanup(other.Close)
	port := other.URL[strings.LastIndexByte(other.URL, ':'):]
	for _, to := range []string{
		other.URL + "/v1/info", "http://localhost" + port, "https://127.0.0.1" + port, "//127.0.0.1" + port + "/x",
		"http://u:p@127.0.0.1" + port,
	} {
		for _, code := range []int{301, 302, 303, 307, 308} {
			c, _ := answering(t, func(w http.ResponseWriter) {
				w.Header().Set("Location", to)
				w.WriteHeader(code)
			})
			_, err := c.Info(t.Context())
			if err == nil || errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "u:p") {
				t.Errorf("%d to %s: %v", code, to, err)
			}
			begin := time.Now()
			if _, err := c.Watch(t.Context(), merkle.Hash{1}, nil); err == nil || time.Since(begin) > watchAway/2 {
				t.Errorf("watching, %d to %s: %v", code, to, err)
			}
		}
	}
	if followed.Load() > 0 {
		t.Error("it was followed")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1") {
			http.Redirect(w, r, "/moved", http.StatusMovedPermanently)
		}
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(server.Close)
	c, err := New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Info(t.Context()); err != nil {
		t.Errorf("on the same server: %v", err)
	}
}

// An answer without an end is given up, however slowly and in whatever form it comes.
func TestClientDeadline(t *testing.T) {
	for name, drip := range map[string]string{"a body": " ", "a refusal": "no"} {
		done := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if name == "a refusal" {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			for {
				if _, err := w.Write([]byte(drip)); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-done:
					return
				case <-time.After(10 * time.Millisecond):
				}
			}
		}))
		c, err := New(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		c.limit = 300 * time.Millisecond
		ended := make(chan error, 1)
		go func() {
			_, err := c.Info(t.Context())
			ended <- err
		}()
		select {
		case err := <-ended:
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s: it is still being read", name)
		}
		close(done)
		server.Close()
	}
}

// What does not say how far a submission has come is no answer.
func TestClientState(t *testing.T) {
	for _, body := range []string{`{}`, `{"state":""}`, `{"state":"failed"}`, `{"state":"FINAL"}`, `{"state":"\u001b[2J"}`} {
		c, _ := answering(t, func(w http.ResponseWriter) { _, _ = w.Write([]byte(body)) })
		if _, err := c.Status(t.Context(), merkle.Hash{1}); err == nil {
			t.Errorf("status %s is taken", body)
		}
		if _, err := c.ProofIn(t.Context(), merkle.Hash{1}, merkle.Hash{2}, true); err == nil {
			t.Errorf("proof %s is taken", body)
		}
		if _, err := c.Watch(t.Context(), merkle.Hash{1}, nil); err == nil {
			t.Errorf("%s ends the watch", body)
		}
		events, _ := answering(t, func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = w.Write([]byte("data: " + body + "\n\n"))
		})
		if _, err := events.Watch(t.Context(), merkle.Hash{1}, func(s Status) { t.Errorf("told of %q", s.State) }); err == nil {
			t.Errorf("%s as an event ends the watch", body)
		}
	}
}
