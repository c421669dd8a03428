package anchor

import (
	"encoding/json"
	"sync/atomic"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
)

// A server that says now that an anchor is there and now that it is not does not keep a
// writer busy: it takes a few steps, and looks again when it is time.
func TestServerDisagreesWithItself(t *testing.T) {
	c := startChain(t, testnet.Config{})
	p := startProxy(t, c.RPC)
	var backs atomic.Int64
	n := startHooked(t, changed(testConfig(t, c), func(c *ChainConfig) {
		c.RPC, c.Confirmations = []string{p.URL}, confirmations(t, "10000") // nothing becomes final meanwhile
	}), func(step string) {
		if step == "back" {
			backs.Add(1)
		}
	})
	s, _ := submit(t, n, c, 1)
	until(t, n, s.ID(), publish.Mined)

	absent, err := json.Marshal(merkle.Hash{})
	if err != nil {
		t.Fatal(err)
	}
	var reads atomic.Int64
	p.Set(rewrites("eth_getStorageAt", func(there json.RawMessage) json.RawMessage {
		if reads.Add(1)%2 == 0 {
			return there
		}
		return absent
	}))
	looks := func() int { return p.Calls("eth_getTransactionCount") } // once a look
	before := looks()
	eventually(t, "it is taken back, and the chain is looked at again", func() bool {
		if err := c.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		return backs.Load() > 2 && looks() > before+20
	})
	if most := int64(looks() - before); backs.Load() > most {
		t.Errorf("taken back %d times in at most %d looks", backs.Load(), most)
	}
}
