package client

import (
	"os/exec"
	"strings"
	"testing"
)

// TestLinks holds what a program links that only talks to nodes: neither the node nor
// what it stores and serves with.
func TestLinks(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/hallmark-node/hallmark/"
	for _, path := range strings.Fields(string(out)) {
		switch own, ours := strings.CutPrefix(path, module); {
		case ours && strings.HasPrefix(own, "anchor/") && own != "anchor/publish" && own != "anchor/client",
			own == "anchor", own == "contracts", own == "testnet",
			strings.HasPrefix(path, "github.com/cockroachdb/"),
			strings.HasPrefix(path, "github.com/ethereum/go-ethereum/ethclient"), strings.HasPrefix(path, "github.com/ethereum/go-ethereum/rpc"),
			strings.HasPrefix(path, "github.com/danielgtaylor/"), strings.HasPrefix(path, "github.com/prometheus/"):
			t.Errorf("a client links %s", path)
		}
	}
}
