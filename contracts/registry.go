// Package contracts is Hallmark's on-chain part as Go sees it: the compiled AnchorRegistry, where it lives, how it gets
// there, and bindings to call it.
//
// The registry is created through the deterministic deployer with a zero salt, and neither it nor its constructor
// depends on the chain. So it has one [Address] and one [CodeHash] on every EVM-equivalent chain, and whether a chain
// has it is a single eth_getCode:
//
//	code, err := client.CodeAt(ctx, contracts.Address, nil)
//	ready := crypto.Keccak256Hash(code) == contracts.CodeHash
//
// If not, anyone may put it there by sending [DeployCalldata] to [Deployer]. To call it, take the generated bindings
// (go-ethereum's abigen, second version):
//
//	registry := contracts.NewAnchorRegistry()
//	tx, err := bind.Transact(registry.Instance(client, contracts.Address), opts, registry.PackAnchor(root, manifest))
//
// The Solidity sources are beside this file; generate.sh makes artifact/AnchorRegistry.json and anchorregistry.go from
// them.
package contracts

import "github.com/ethereum/go-ethereum/common"

// Address is where the registry is on every chain that has it: the CREATE2 address (EIP-1014) of its creation code,
// made by [Deployer] with salt zero.
var Address = common.HexToAddress("0x7AB49bc95cB10C121f6AFa6805Ee7EB392b1a3aa")

// CodeHash is the keccak256 of the registry's deployed code, the codeHash of its account in the state trie.
var CodeHash = common.HexToHash("0x67f7f3b04725ad4ad2c166ba750b41007a781ce1d889b8778604d176b9739ab7")

// Deployer is the deterministic deployer (also known as Nick's or Arachnid's create2 proxy), present on most public
// chains. It takes a 32-byte salt followed by creation code as calldata, and answers with the 20 bytes of the created
// address. It reverts where the same code was deployed with the same salt before.
var Deployer = common.HexToAddress("0x4e59b44847b379578588920cA78FbF26c0B4956C")

// DeployCalldata returns what a transaction to [Deployer] must carry, with no value, to create the registry at
// [Address]: the 32-byte zero salt and the creation code.
func DeployCalldata() []byte {
	return append(make([]byte, common.HashLength), CreationCode()...)
}

// CreationCode returns the code that creates the registry; it has no constructor arguments.
func CreationCode() []byte {
	return common.FromHex(AnchorRegistryMetaData.Bin)
}
