package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/api"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
)

// A node that was told to end answers the request that it is reading, refuses new
// ones and serves on until then.
func TestEnding(t *testing.T) {
	c := testchain.StartMining(t, testnet.Config{})
	data := filepath.Join(t.TempDir(), "data")
	n := openTestNode(t, c, data)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	log := &notices{text: "no more submissions", seen: make(chan struct{})}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, n, listener, api.Config{Log: slog.New(slog.NewTextHandler(log, nil))})
	}()

	body, send := io.Pipe()
	answer := make(chan int, 1)
	go func() { answer <- post(t, url, body) }()
	// The body is asked for only once the node reads it.
	if _, err := send.Write([]byte(`{"issuer":`)); err != nil {
		t.Fatal(err)
	}
	end()
	<-log.seen
	if status := post(t, url, strings.NewReader("{}")); status != http.StatusServiceUnavailable {
		t.Errorf("a submission to a node that ends: status %d, want 503", status)
	}
	response, err := http.Get(url + "/v1/info")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("reading from a node that ends: status %d, want 200", response.StatusCode)
	}
	select {
	case err := <-ended:
		t.Errorf("the node ended, %v, while it was reading a request", err)
	default:
	}
	_, _ = send.Write([]byte("}"))
	_ = send.Close()
	if status := <-answer; status != http.StatusBadRequest {
		t.Errorf("the request that was being read: status %d, want 400", status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		t.Error("the listener is open still")
	}
	// The folder is free again.
	again := openTestNode(t, c, data)
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func post(t *testing.T, url string, body io.Reader) int {
	request, err := http.NewRequest(http.MethodPost, url+"/v1/submissions", body)
	if err != nil {
		t.Error(err)
		return 0
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Expect", "100-continue")
	transport := &http.Transport{ExpectContinueTimeout: time.Minute}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	return response.StatusCode
}

func openTestNode(t *testing.T, c *testnet.Chain, data string) *anchor.Node {
	t.Helper()
	n, err := anchor.Open(t.Context(), anchortest.Config(data, c))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// notices closes seen when a text is logged.
type notices struct {
	text string
	seen chan struct{}
}

func (n *notices) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(n.text)) {
		close(n.seen)
	}
	return len(p), nil
}
