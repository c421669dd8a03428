package load

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
)

// A busy node is waited for as it says, and counted; whatever else is no success is an
// error with the node's words.
func TestTarget(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		switch asked++; {
		case err != nil || r.Method != http.MethodPost && len(body) > 0:
			w.WriteHeader(http.StatusBadRequest)
		case r.URL.Path == "/large":
			_, _ = w.Write(make([]byte, maxAnswer+1))
		case r.URL.Path == "/refused":
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"detail":"not known\u001b[2J to this node"}`)
		case r.URL.Path == "/other":
			http.Error(w, "<html>", http.StatusBadGateway)
		case asked == 1:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		case string(body) == "submission" && r.Header.Get("Content-Type") == client.SubmissionType:
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	defer server.Close()
	target := NewTarget(server.URL+"/", 2)
	defer target.Close()

	begin := time.Now()
	if err := target.Submit(t.Context(), []byte("submission")); err != nil {
		t.Error(err)
	}
	if asked != 2 || target.Refused() != 1 || time.Since(begin) < time.Second {
		t.Errorf("asked %d times within %s, %d refusals counted; want twice, a second apart", asked, time.Since(begin), target.Refused())
	}
	for path, want := range map[string]string{
		"/refused": "(404): not known",
		"/other":   "(502): no reason given; is this the URL of a Hallmark node?",
		"/large":   "more than",
	} {
		_, _, err := target.Get(t.Context(), path, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}

	// Nobody waits for a node once the load has ended.
	asked = 0
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := target.Submit(ctx, []byte("submission")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that the time is over", err)
	}
}

func TestWaitOf(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"": time.Second, "soon": time.Second, "0": time.Second, "-5": time.Second,
		"7": 7 * time.Second, "99999": 30 * time.Second,
	} {
		r := &http.Response{Header: http.Header{"Retry-After": {header}}}
		if got := waitOf(r); got != want {
			t.Errorf("Retry-After %q is waited for %s, want %s", header, got, want)
		}
	}
}
