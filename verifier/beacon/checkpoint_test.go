package beacon

import (
	"testing"

	"github.com/ethereum/go-ethereum/beacon/params"
)

func TestCheckpoints(t *testing.T) {
	for chain, want := range map[uint64]Root{
		11155111: Root(params.SepoliaLightConfig.Checkpoint), 560048: Root(params.HoodiLightConfig.Checkpoint),
	} {
		n := ByChain(chain)
		if c, ok := CheckpointOf(n); !ok || c.Block != want || c.Origin != "beacon/params/checkpoint_"+n.Name+".hex of go-ethereum v1.17.8" {
			t.Errorf("%s: %+v, %t, want %s", n.Name, c, ok, want)
		}
	}
	if _, ok := CheckpointOf(ByChain(1)); ok {
		t.Error("mainnet has one")
	}
}
