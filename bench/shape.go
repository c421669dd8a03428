package main

import (
	"encoding/binary"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/ethereum/go-ethereum/trie/trienode"
	"github.com/ethereum/go-ethereum/triedb"
	"github.com/holiman/uint256"

	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// accountDepth is how many branches lead to an account of Ethereum's state, which has some
// 350 million: all but the last have 16 children, and that has two.
const accountDepth = 8

// asOnEthereum returns the anchor of a proof with a state proof of the size that it has on
// Ethereum, under a header that nobody vouches for.
func asOnEthereum(p *verifier.Proof) (verifier.Anchor, error) {
	a := p.Anchors[0]
	root, who := issuer.BatchRoot(p), p.Submission.Issuer
	status, times := verifier.IssuerSlots(who)
	storage, storageRoot, err := storageOf(verifier.AnchorSlot(root), status, times)
	if err != nil {
		return a, err
	}
	account, stateRoot, err := accountOf(a.Registry, storageRoot)
	if err != nil {
		return a, err
	}
	var header types.Header
	if err := rlp.DecodeBytes(a.Header, &header); err != nil {
		return a, err
	}
	header.Root = stateRoot
	if a.Header, err = rlp.EncodeToBytes(&header); err != nil {
		return a, err
	}
	a.AccountProof, a.StorageProof = account, storage
	if _, err := a.Read(root, who); err != nil {
		return a, fmt.Errorf("the state proof as on Ethereum does not hold: %w", err)
	}
	return a, nil
}

// storageOf returns the proof of a batch and of the two slots of its issuer, which has
// said nothing yet, in the storage of a registry of many batches.
func storageOf(batch, status, times verifier.Hash) (nodes []verifier.Bytes, root common.Hash, err error) {
	t := trie.NewEmpty(triedb.NewDatabase(rawdb.NewMemoryDatabase(), nil))
	record, _ := rlp.EncodeToBytes(make([]byte, 32)) // of the length of one
	record[1] = 1
	put := func(slot verifier.Hash) error { return t.Update(crypto.Keccak256(slot[:]), record) }
	for i := range registryBatches - 1 {
		if err := put(verifier.AnchorSlot(merkle.Keccak256(binary.BigEndian.AppendUint64(nil, uint64(i))))); err != nil {
			return nil, root, err
		}
	}
	if err := put(batch); err != nil {
		return nil, root, err
	}
	root = t.Hash()
	set := trienode.NewProofSet()
	for _, slot := range []verifier.Hash{batch, status, times} {
		if err := t.Prove(crypto.Keccak256(slot[:]), set); err != nil {
			return nil, root, err
		}
	}
	for _, node := range set.List() {
		nodes = append(nodes, verifier.Bytes(node))
	}
	return nodes, root, nil
}

// accountOf returns the proof of a registry's account, from the root on.
func accountOf(registry verifier.Address, storage common.Hash) (nodes []verifier.Bytes, root common.Hash, err error) {
	code := common.Hash(verifier.RegistryCodeHash)
	account, err := rlp.EncodeToBytes(&types.StateAccount{Nonce: 1, Balance: new(uint256.Int), Root: storage, CodeHash: code[:]})
	if err != nil {
		return nil, root, err
	}
	key := crypto.Keccak256(registry[:])
	path := append([]byte{0x20}, key[accountDepth/2:]...) // of a leaf, of even length
	node, err := rlp.EncodeToBytes([][]byte{path, account})
	if err != nil {
		return nil, root, err
	}
	nodes = []verifier.Bytes{node}
	for depth := accountDepth - 1; depth >= 0; depth-- {
		at := key[depth/2] >> (4 * (1 - depth%2)) & 15
		branch := make([][]byte, 17)
		for i := range byte(16) {
			if depth < accountDepth-1 || i == at^1 {
				branch[i] = crypto.Keccak256([]byte{byte(depth), i}) // of others
			}
		}
		branch[at] = crypto.Keccak256(node)
		if node, err = rlp.EncodeToBytes(branch); err != nil {
			return nil, root, err
		}
		nodes = append([]verifier.Bytes{node}, nodes...)
	}
	return nodes, common.Hash(crypto.Keccak256(node)), nil
}
