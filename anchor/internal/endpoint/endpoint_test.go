package endpoint

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                              0,
		"0":                             0,
		"7":                             7 * time.Second,
		"-7":                            0,
		"1.5":                           0,
		"soon":                          0,
		"99999999999999999999":          0,
		"86400":                         maxRetryAfter,
		"Wed, 02 Jan 2030 03:04:35 GMT": 30 * time.Second,
		"Wed, 02 Jan 2030 03:00:00 GMT": 0,
		"Wed, 02 Jan 2030 23:00:00 GMT": maxRetryAfter,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

// What is read of an answer is bounded, and so is what is kept of an error.
func TestAnswersAreBounded(t *testing.T) {
	var sent int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		if r.URL.Path == "/error" {
			_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"`+strings.Repeat("words ", 100_000)+`\u0000\n"}}`)
			return
		}
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":"`)
		chunk := []byte(strings.Repeat("x", 1<<20))
		for range 8 * maxAnswer >> 20 {
			n, err := w.Write(chunk)
			if sent += int64(n); err != nil {
				return
			}
		}
	}))
	call := func(path string) error {
		e, err := Dial(s.URL+path, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		var result string
		return e.Call(t.Context(), &result, "method")
	}
	if err := call("/"); !errors.Is(err, ErrOutage) || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got %v", err)
	}
	var answer *AnswerError
	if err := call("/error"); !errors.As(err, &answer) || len(answer.Message) > maxMessage+4 || strings.ContainsAny(answer.Message, "\n\x00") {
		t.Errorf("got %.400v", err)
	}
	s.Close() // the handler has ended
	// What was sent and not read lies in the socket's buffers, whose size the
	// system decides: some megabytes each way.
	if sent > 2*maxAnswer {
		t.Errorf("%d bytes were sent", sent)
	}
}

// A redirect is not followed: what was meant for one server goes to no other.
func TestNoRedirect(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, code) }))
		e, err := Dial(s.URL, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		var status *StatusError
		if err := e.Call(t.Context(), new(string), "method"); !errors.As(err, &status) || status.Code != code || !errors.Is(err, ErrOutage) {
			t.Errorf("%d: %v", code, err)
		}
		e.Close()
		s.Close()
	}
	if elsewhere != 0 {
		t.Errorf("%d redirects were followed", elsewhere)
	}
}

func TestRedact(t *testing.T) {
	e, err := Dial("https://alice-name:pass%20word@host:8545/v3/a1b2c3d4?key=se%2Fcret&v=1", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Host != "host:8545" {
		t.Errorf("host %q", e.Host)
	}
	for text, want := range map[string]string{
		"key a1b2c3d4 of alice-name":        "key *** of ***",
		"pass word, pass%20word":            "***, ***",
		"se/cret se%2Fcret":                 "*** ***",
		"?key=se%2Fcret&v=1":                "?***",
		"plain v3 words":                    "plain v3 words",
		"two\nlines\x1b[31m":                "two lines [31m",
		"bad \xff bytes":                    "bad   bytes",
		strings.Repeat("ä", maxMessage/2+1): strings.Repeat("ä", maxMessage/2) + "…",
	} {
		if got := e.Redact(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestDial(t *testing.T) {
	for _, bad := range []string{
		"", "host", "ws://s3cret@host", "http://", "https:///s3cret", "ftp://s3cret@host", "http://ho st/s3cret",
		"http://host/%zz-s3cret",
	} {
		if _, err := Dial(bad, time.Second); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// A caller that gives up is told so, and not that the server is out.
func TestCallerGivesUp(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer s.Close()
	e, err := Dial(s.URL, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if err := e.Call(ctx, new(string), "method"); !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutage) {
		t.Errorf("got %v", err)
	}
}
