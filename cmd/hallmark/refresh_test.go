package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
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

	var once sync.Once
	rpc := faultproxy.Start(t, c.RPC)
	rpc.Set(faultproxy.Fault{Methods: []string{"eth_getProof"}, Result: func(_ string, result json.RawMessage) json.RawMessage {
		once.Do(func() {
			hallmark(append([]string{"reinstate"}, sign...)...)
			mine()
		})
		return result
	}})
	hallmark("refresh", "--rpc", rpc.URL, "--node", node, "a.txt.proof.json")
}
