package fault

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"
)

// Errors of real servers are told in words, without the URL, which may hold a secret.
func TestWithoutURL(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close()
		}
	}))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = nil
	defer secure.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"http://" + closed + "/secret":      "connection refused",
		plain.URL + "/secret":               "the connection was closed",
		"https" + plain.URL[4:] + "/secret": "it does not speak https",
		secure.URL + "/secret":              "its certificate is of no known authority",
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &http.Transport{}}
		response, err := client.Do(request)
		if err == nil {
			response.Body.Close()
			t.Fatalf("%s: an answer", url)
		}
		if got := WithoutURL(err); got.Error() != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	for _, c := range []struct {
		err  error
		want string
	}{
		{ctx.Err(), "no answer in time"},
		{&net.DNSError{Name: "absent.example", IsNotFound: true}, "there is no host absent.example"},
		{&net.DNSError{Name: "absent.example", IsTemporary: true}, "the name absent.example cannot be looked up"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: syscall.EHOSTUNREACH}, "the host is unreachable"},
		{errors.New("something else"), "something else"},
	} {
		if got := WithoutURL(c.err); got.Error() != c.want || !errors.Is(got, c.err) {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
	if !errors.Is(WithoutURL(io.ErrUnexpectedEOF), io.ErrUnexpectedEOF) || WithoutURL(nil) != nil {
		t.Error("the error itself is lost")
	}
}
