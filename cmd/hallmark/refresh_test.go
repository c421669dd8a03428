package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
)

// The issuer's list changes after the chain has given evidence and before the node is
// asked for the list behind it: both are asked once more.
func TestRefreshWhileTheListChanges(t *testing.T) {
	c := testchain.Start(t, testnet.Config{BlockTime: time.Second})
	node := startNode(t, c)
	home := t.TempDir()
	for name, text := range map[string]string{"password": "secret\n", "a.txt": "a"} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hallmark := func(args ...string) {
		t.Helper()
		cmd := exec.Command("hallmark", args...)
		cmd.Dir = home
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("hallmark %v: %v: %s", args, err, out)
		}
	}
	mine := func() {
		t.Helper()
		if err := c.Mine(t.Context(), 2); err != nil {
			t.Error(err)
		}
	}
	sign := []string{"--node", node, "--keystore", "keys", "--password-file", "password", "a.txt.proof.json"}
	hallmark("key", "new", "--light", "--keystore", "keys", "--password-file", "password")
	hallmark("submit", "--node", node, "--keystore", "keys", "--password-file", "password", "--wait", "a.txt")
	hallmark(append([]string{"revoke"}, sign...)...)
	mine()

	target, err := url.Parse(c.RPC)
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	onward := httputil.NewSingleHostReverseProxy(target)
	onward.ModifyResponse = func(r *http.Response) error {
		if r.Request.Header.Get("Evidence") != "" {
			once.Do(func() {
				hallmark(append([]string{"reinstate"}, sign...)...)
				mine()
			})
		}
		return nil
	}
	rpc := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // it is gone
		}
		if bytes.Contains(body, []byte("eth_getProof")) {
			r.Header.Set("Evidence", "asked for")
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		onward.ServeHTTP(w, r)
	}))
	t.Cleanup(rpc.Close)
	hallmark("refresh", "--rpc", rpc.URL, "--node", node, "a.txt.proof.json")
}
