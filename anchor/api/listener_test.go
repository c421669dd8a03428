package api

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// writes counts what is written to a connection.
type writes struct {
	net.Conn
	sizes chan int
}

func (c writes) Write(p []byte) (int, error) {
	c.sizes <- len(p)
	return c.Conn.Write(p)
}

type countingListener struct {
	net.Listener
	sizes chan int
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return writes{c, l.sizes}, err
}

// An answer that is announced leaves in one piece whatever its length, also around those
// where package http has just filled a buffer, and what follows on the connection is
// not touched.
func TestListener(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sizes := make(chan int, 100)
	server := &http.Server{ConnContext: withConnection, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		_, _ = fmt.Sscan(r.URL.Query().Get("n"), &n)
		w.Header().Set("Content-Length", fmt.Sprint(n))
		if r.URL.Query().Has("expect") {
			expect(r.Context(), n)
		}
		_, _ = io.WriteString(w, strings.Repeat("x", n))
	})}
	go func() { _ = server.Serve(Listener(countingListener{l, sizes})) }()
	t.Cleanup(func() { _ = server.Shutdown(context.Background()) })
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	get := func(n int, query string) (pieces int) {
		t.Helper()
		r, err := client.Get(fmt.Sprintf("http://%s/?n=%d%s", l.Addr(), n, query))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || len(body) != n {
			t.Fatalf("%d bytes of %d: %v", len(body), n, err)
		}
		for range len(sizes) {
			<-sizes
			pieces++
		}
		return pieces
	}
	if pieces := get(10_000, ""); pieces < 2 {
		t.Fatalf("an answer of 10,000 bytes leaves in %d pieces without it: it is of no use any more", pieces)
	}
	for n := 1; n <= 1<<20; n += 1 + n/9 {
		if pieces := get(n, "&expect"); pieces != 1 {
			t.Errorf("%d bytes leave in %d pieces", n, pieces)
		}
	}
	for n := 3800; n <= 4200; n++ {
		if pieces := get(n, "&expect"); pieces != 1 {
			t.Errorf("%d bytes leave in %d pieces", n, pieces)
		}
		if n%50 == 0 {
			get(2*n, "")
		}
	}
}
