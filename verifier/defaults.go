package verifier

import "github.com/hallmark-node/hallmark/merkle"

// ethereum is the id of its main network.
const ethereum ChainID = 1

// defaultChains are the public chains that need no entry in a trust store. Only
// what cannot change is here: the registry's address and the genesis hash. No
// block of them is pinned.
func defaultChains() map[ChainID]*TrustedChain {
	hash := func(text string) Hash { return must(merkle.ParseHash(text)) }
	chain := func(name string, test bool, genesis string) *TrustedChain {
		return &TrustedChain{Name: name, Test: test, Genesis: hash(genesis), Registries: []Address{RegistryAddress}, builtIn: true}
	}
	chains := map[ChainID]*TrustedChain{
		ethereum: chain("Ethereum", false, "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"),
		11155111: chain("Sepolia", true, "0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9"),
		560048:   chain("Hoodi", true, "0xbbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b"),
		// The genesis hashes of these two are in Erigon and in Nethermind.
		100:   chain("Gnosis Chain", false, "0x4f1dd23188aab3a76b463e4af801b52b1248ef073c648cbdc4c9333d3da79756"),
		10200: chain("Chiado", true, "0xada44fd8d2ecab8b08f256af07ad3e777f17fb434f8f8e678b312f576212ba9a"),
	}
	// Of the other chains no data of a sync committee is at hand that somebody published
	// with its origin: hallmark trust update gets a first one.
	chains[ethereum].Beacon = &TrustedBeacon{
		Committees: map[uint64]TrustedRoot{
			1777: {
				Root:   hash("0xafc7bbf4402cc3ffda3aa76d62d6d0cbba6da6684ccd36a2c2bb6634ab24394d"),
				Origin: "built in, from script/tests/fixtures/proof_inputs.cbor of succinctlabs/sp1-helios",
				Date:   "2026-06-16",
			},
			1778: {
				Root:   hash("0x75d9cad6d7f1c2d0a01224104ac9ff8c8a93795f69dfb84ccd0968a6397fb1cb"),
				Origin: "built in, signed by the committee of period 1777 in the same file",
				Date:   "2026-06-15",
			},
		},
		Summaries: []TrustedRoot{{
			Root:   hash("0xea683f50e62fec2100177c9cf2ad74744b096c15cc00c61579c336411994232c"),
			Origin: "built in, from historical_summaries_at_slot_11476992.ssz of ethereum/portal-spec-tests",
			Date:   "2025-04-13",
		}},
	}
	return chains
}
