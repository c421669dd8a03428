package verifier_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/params"

	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// TestPublishedRegistry ties the constants of the verifier, which links no
// contract, to the artifact that is deployed.
func TestPublishedRegistry(t *testing.T) {
	if got := common.Hash(verifier.RegistryCodeHash); got != contracts.CodeHash {
		t.Errorf("code hash: verifier has %s, the artifact %s", got, contracts.CodeHash)
	}
	if got := common.Address(verifier.RegistryAddress); got != contracts.Address {
		t.Errorf("address: verifier has %s, the artifact %s", got, contracts.Address)
	}
}

func TestDefaultChains(t *testing.T) {
	trust := (*verifier.Trust)(nil).WithDefaults()
	for id, want := range map[verifier.ChainID]common.Hash{
		1: params.MainnetGenesisHash, 11155111: params.SepoliaGenesisHash, 560048: params.HoodiGenesisHash,
	} {
		c := trust.Chains[id]
		if c == nil || common.Hash(c.Genesis) != want {
			t.Errorf("%s: got %+v, want genesis %s", id, c, want)
		}
	}
	for id := range trust.Chains {
		if b := trust.Beacon(id); b == nil || b.Network != beacon.ByChain(uint64(id)) {
			t.Errorf("%s: the network of its beacon chain is not built in", id)
		}
	}
	if len(trust.Issuers) != 0 || len(trust.Chains[1].Blocks) != 0 {
		t.Error("the defaults trust an issuer or a block")
	}
}

// TestDefaultBeacon computes what is believed of Ethereum's beacon chain anew from the
// data that it is from.
func TestDefaultBeacon(t *testing.T) {
	read := func(name string) []byte {
		t.Helper()
		data, err := os.ReadFile("../../shared/vectors/finality/" + name)
		if os.IsNotExist(err) {
			t.Skip("the shared vectors are not here")
		}
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	trusted := (*verifier.Trust)(nil).Beacon(1)
	var v struct {
		Updates []*beacon.Update `json:"updates"`
		Store   struct {
			Current *beacon.Committee `json:"current_sync_committee"`
		} `json:"store"`
	}
	if err := json.Unmarshal(read("fulu-sp1helios/proof_inputs.json"), &v); err != nil {
		t.Fatal(err)
	}
	h, err := v.Updates[0].Hop(trusted.Network, v.Store.Current)
	if err != nil {
		t.Fatal(err)
	}
	if h.Period() != 1777 || trusted.Committees[1777].Root != v.Store.Current.Root() || trusted.Committees[1778].Root != h.Next {
		t.Errorf("the committees that are built in are not those of the data: %v", trusted.Committees)
	}
	if err := h.Verify(trusted.Committees[1777].Root); err != nil {
		t.Error(err)
	}
	var list beacon.Summaries
	for pair := range slices.Chunk(read("portal-history/historical_summaries_at_slot_11476992.ssz"), 64) {
		list.List = append(list.List, beacon.Summary{Blocks: verifier.Hash(pair[:32]), States: verifier.Hash(pair[32:])})
	}
	if len(trusted.Summaries) != 1 || trusted.Summaries[0].Root != list.Root() {
		t.Errorf("the list of summaries that is built in is not that of the data: %v", trusted.Summaries)
	}
	if len(trusted.Committees) != 2 {
		t.Errorf("%d committees are built in", len(trusted.Committees))
	}
}
