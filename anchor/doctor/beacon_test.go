package doctor

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
	"github.com/hallmark-node/hallmark/testnet/testchain"
)

// A beacon node that is of no use is a warning, since a node works without.
func TestBeaconNodes(t *testing.T) {
	start := func(c *testnet.Chain) *beaconsim.Beacon {
		t.Helper()
		if err := c.Mine(t.Context(), 3); err != nil {
			t.Fatal(err)
		}
		b, err := beaconsim.Start(t.Context(), beaconsim.Config{RPC: c.RPC})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() }) // a test of its own looks at that
		return b
	}
	works, other := start(testChain), start(testchain.Start(t, testnet.Config{ChainID: 4242}))
	empty := httptest.NewServer(http.NotFoundHandler())
	defer empty.Close()
	for name, c := range map[string]struct {
		url   string
		level Level
		says  string
	}{
		"works":           {works.URL, OK, "final is"},
		"another network": {other.URL, Warn, "eip155:4242"},
		"none":            {empty.URL + "/hunter2", Warn, "genesis"},
		"no answer":       {"http://hunter2@127.0.0.1:1", Warn, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			s := good(t)
			s.Chains[0].Beacon = []string{c.url}
			told := false
			for _, f := range examineAll(t, s) {
				if f.Check == "beacon node" {
					told = true
					if f.Level != c.level || !strings.Contains(f.Text, c.says) {
						t.Errorf("%+v, want %s with %q", f, c.level, c.says)
					}
				} else if f.Level == Fail {
					t.Errorf("%+v", f)
				}
			}
			if !told {
				t.Error("nothing is told of the beacon node")
			}
		})
	}
}
