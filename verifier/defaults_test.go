package verifier_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/params"

	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/verifier"
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
	if len(trust.Issuers) != 0 || len(trust.Chains[1].Blocks) != 0 {
		t.Error("the defaults trust an issuer or a block")
	}
}
