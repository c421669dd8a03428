package issuer_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestLinks holds what a program links that issues: neither the node nor what it stores and
// serves with.
func TestLinks(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/hallmark-node/hallmark/"
	for _, path := range strings.Fields(string(out)) {
		switch own, _ := strings.CutPrefix(path, module); {
		case own == "anchor", own == "anchor/store", own == "anchor/api", own == "testnet",
			strings.HasPrefix(own, "cmd/"), strings.HasPrefix(path, "github.com/cockroachdb/"), strings.HasPrefix(path, "github.com/urfave/"),
			strings.HasPrefix(path, "github.com/danielgtaylor/"), strings.HasPrefix(path, "github.com/prometheus/client"):
			t.Errorf("an issuer links %s", path)
		}
	}
}
