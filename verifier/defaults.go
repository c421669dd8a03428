package verifier

import "github.com/hallmark-node/hallmark/merkle"

// RegistryCodeHash is the keccak-256 hash of the deployed code of AnchorRegistry.
// Evidence from a contract with other code proves nothing: its constructor could
// have filled the storage.
var RegistryCodeHash = mustHash("0x67f7f3b04725ad4ad2c166ba750b41007a781ce1d889b8778604d176b9739ab7")

// RegistryAddress is where the deterministic deployer puts AnchorRegistry, the
// same on every EVM-equivalent chain.
var RegistryAddress = mustAddress("0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa")

// ethereum is the id of its main network.
const ethereum ChainID = 1

// defaultChains are the public chains that need no entry in a trust store. Only
// what cannot change is here: the registry's address and the genesis hash. No
// block of them is pinned.
func defaultChains() map[ChainID]*TrustedChain {
	chain := func(name string, test bool, genesis string) *TrustedChain {
		return &TrustedChain{Name: name, Test: test, Genesis: mustHash(genesis), Registries: []Address{RegistryAddress}, builtIn: true}
	}
	chains := map[ChainID]*TrustedChain{
		ethereum: chain("Ethereum", false, "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"),
		11155111: chain("Sepolia", true, "0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9"),
		560048:   chain("Hoodi", true, "0xbbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b"),
	}
	chains[ethereum].Beacon = &TrustedBeacon{
		Committees: map[uint64]TrustedRoot{
			1777: {mustHash("0xafc7bbf4402cc3ffda3aa76d62d6d0cbba6da6684ccd36a2c2bb6634ab24394d"), "built in, from a test of sp1-helios", "2026-06-17"},
		},
	}
	return chains
}

func mustHash(s string) Hash {
	h, err := merkle.ParseHash(s)
	if err != nil {
		panic("verifier: built-in hash " + s + ": " + err.Error())
	}
	return h
}

func mustAddress(s string) Address {
	a, err := ParseAddress(s)
	if err != nil {
		panic("verifier: built-in address: " + err.Error())
	}
	return a
}
