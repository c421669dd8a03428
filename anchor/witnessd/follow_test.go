package witnessd_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/witnessd"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
)

// A witness signs each block that becomes final, goes on after an outage, and says how it is.
func TestFollow(t *testing.T) {
	e := start(t)
	folder := t.TempDir()
	server := faultproxy.Start(t, e.RPC)
	server.Set(faultproxy.Fault{Drop: true})
	w, log := e.witness(t, folder, 0, ask(t, 0, server.URL))
	ctx, stop := context.WithCancel(t.Context())
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		w.Follow(ctx, 10*time.Millisecond)
	}()
	await(t, "the outage in the log", func() bool { return strings.Contains(log.String(), "nothing is signed") })
	w.SetLooked(time.Now().Add(-time.Hour))
	if got := get(t, w.Handler(), "/healthz"); got.Code != http.StatusServiceUnavailable {
		t.Errorf("in an outage: %d %s", got.Code, got.Body)
	}
	server.Clear()
	await(t, "the end of it", func() bool { return strings.Contains(log.String(), "the servers answer again") })
	for range 3 {
		if err := e.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		block := e.block(t)
		await(t, "the newest block", func() bool {
			note, err := os.ReadFile(files(t, folder)[len(files(t, folder))-1])
			return err == nil && strings.HasPrefix(string(note), block.Text())
		})
	}
	if got := get(t, w.Handler(), "/healthz"); got.Code != http.StatusOK {
		t.Errorf("after it: %d %s", got.Code, got.Body)
	}
	stop()
	<-followed
	if n := strings.Count(log.String(), "nothing is signed"); n != 1 {
		t.Errorf("an outage is told of %d times", n)
	}
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}

// A witness that hangs holds nobody up for longer than the caller allows.
func TestCollectInTime(t *testing.T) {
	e := start(t)
	block := e.block(t)
	w, _ := e.witness(t, t.TempDir(), 0, ask(t, 0, e.RPC))
	good := httptest.NewServer(w.Handler())
	defer good.Close()
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer slow.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	lines, err := witnessd.Collect(ctx, []string{slow.URL, good.URL}, block)
	if len(lines) != 1 {
		t.Errorf("got %d", len(lines))
	}
	says(t, err, "no answer in time")
}
