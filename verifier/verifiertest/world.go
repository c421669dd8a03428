// Package verifiertest makes proofs for tests and benchmarks. Their chain exists in memory
// only; its tries are those of go-ethereum. No program links it.
package verifiertest

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/ethereum/go-ethereum/trie/trienode"
	"github.com/ethereum/go-ethereum/triedb"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// IssuedAt is when submissions are issued in a [World], in Unix seconds.
const IssuedAt = 1767225600

// Address returns the address whose last byte is b and whose other bytes are zero.
func Address(b byte) verifier.Address { return verifier.Address{19: b} }

// World is the state of a chain with one registry and some other accounts. A test sets
// the registry's anchors and issuers.
type World struct {
	TB        testing.TB // fails where an error cannot be the subject of the test
	Chain     verifier.ChainID
	Registry  verifier.Address
	CodeHash  verifier.Hash
	Genesis   verifier.Hash
	Number    uint64                   // of its block
	Time      uint64                   // of its block, Unix seconds
	Strangers int                      // number of the other accounts
	slots     map[verifier.Hash][]byte // storage of the registry, without leading zeros
}

// NewWorld returns a world in which 50 other roots are anchored.
func NewWorld(t testing.TB) *World {
	w := &World{
		TB: t, Chain: 31337, Registry: Address(0xaa), CodeHash: verifier.RegistryCodeHash,
		Genesis: merkle.Keccak256([]byte("genesis")), Number: 1000, Time: IssuedAt + 600, Strangers: 40,
		slots: make(map[verifier.Hash][]byte),
	}
	for i := range 50 { // so that the storage trie has branches
		w.Anchor(merkle.Keccak256([]byte{byte(i)}), 1, IssuedAt-100)
	}
	return w
}

// Set stores a word in the registry; a zero one is removed.
func (w *World) Set(slot verifier.Hash, value []byte) {
	value = bytes.TrimLeft(value, "\x00")
	if len(value) == 0 {
		delete(w.slots, slot)
		return
	}
	w.slots[slot] = value
}

// Anchor records a root at a block number and a time in Unix seconds.
func (w *World) Anchor(root verifier.Hash, number, timestamp uint64) {
	word := new(big.Int).Lsh(new(big.Int).SetUint64(number), 208)
	word.Or(word, new(big.Int).Lsh(new(big.Int).SetUint64(timestamp), 160))
	publisher := Address(0x77)
	word.Or(word, new(big.Int).SetBytes(publisher[:]))
	w.Set(verifier.AnchorSlot(root), word.Bytes())
}

// Issuer sets what the registry says of an issuer.
func (w *World) Issuer(a verifier.Address, statusRoot verifier.Hash, retiredFrom, version, updatedAt uint64) {
	one, two := verifier.IssuerSlots(a)
	w.Set(one, statusRoot[:])
	word := new(big.Int).Lsh(new(big.Int).SetUint64(updatedAt), 128)
	word.Or(word, new(big.Int).Lsh(new(big.Int).SetUint64(version), 64))
	word.Or(word, new(big.Int).SetUint64(retiredFrom))
	w.Set(two, word.Bytes())
}

func emptyTrie() *trie.Trie {
	return trie.NewEmpty(triedb.NewDatabase(rawdb.NewMemoryDatabase(), nil))
}

// prove returns the nodes of the proofs of keys in their order, each once.
func prove(t testing.TB, tr *trie.Trie, keys ...[]byte) (nodes []verifier.Bytes) {
	t.Helper()
	set := trienode.NewProofSet()
	for _, key := range keys {
		if err := tr.Prove(crypto.Keccak256(key), set); err != nil {
			t.Fatal(err)
		}
	}
	for _, node := range set.List() {
		nodes = append(nodes, verifier.Bytes(node))
	}
	return nodes
}

// Evidence returns what a node would serve for root and issuer.
func (w *World) Evidence(root verifier.Hash, issuer verifier.Address) verifier.Anchor {
	w.TB.Helper()
	one, two := verifier.IssuerSlots(issuer)
	slot := verifier.AnchorSlot(root)
	return w.EvidenceFor(slot[:], one[:], two[:])
}

// EvidenceOfAccount returns evidence about an account that is not the registry.
func (w *World) EvidenceOfAccount(a verifier.Address) verifier.Anchor {
	w.TB.Helper()
	state, _, header := w.Block()
	return verifier.Anchor{Chain: w.Chain, Registry: a, Header: header, AccountProof: prove(w.TB, state, a[:])}
}

// EvidenceFor returns evidence that shows slots of the registry.
func (w *World) EvidenceFor(slots ...[]byte) verifier.Anchor {
	w.TB.Helper()
	state, storage, header := w.Block()
	return verifier.Anchor{
		Chain: w.Chain, Registry: w.Registry, Header: header,
		AccountProof: prove(w.TB, state, w.Registry[:]), StorageProof: prove(w.TB, storage, slots...),
	}
}

// Block makes a block of the world as it stands.
func (w *World) Block() (state, storage *trie.Trie, rawHeader verifier.Bytes) {
	w.TB.Helper()
	storage = emptyTrie()
	for slot, value := range w.slots {
		enc, _ := rlp.EncodeToBytes(value)
		storage.MustUpdate(crypto.Keccak256(slot[:]), enc)
	}
	state = emptyTrie()
	for i := range w.Strangers {
		enc, _ := rlp.EncodeToBytes(types.NewEmptyStateAccount())
		stranger := verifier.Address{17: byte(i >> 16), 18: byte(i >> 8), 19: byte(i)}
		state.MustUpdate(crypto.Keccak256(stranger[:]), enc)
	}
	account := types.NewEmptyStateAccount()
	account.Root, account.CodeHash = storage.Hash(), w.CodeHash[:]
	enc, err := rlp.EncodeToBytes(account)
	if err != nil {
		w.TB.Fatal(err)
	}
	state.MustUpdate(crypto.Keccak256(w.Registry[:]), enc)
	header := &types.Header{
		Root: state.Hash(), Number: new(big.Int).SetUint64(w.Number), Time: w.Time,
		Difficulty: new(big.Int), BaseFee: big.NewInt(7), WithdrawalsHash: &types.EmptyWithdrawalsHash,
	}
	raw, err := rlp.EncodeToBytes(header)
	if err != nil {
		w.TB.Fatal(err)
	}
	return state, storage, raw
}
