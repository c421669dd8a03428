package verifier_test

import (
	"math/rand/v2"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/verifier"
)

// TestLeavesAgainstGeth encodes with go-ethereum's ABI code, for CIDs of every
// length around the ends of words and of Keccak blocks.
func TestLeavesAgainstGeth(t *testing.T) {
	typeOf := func(name string) abi.Type {
		typ, err := abi.NewType(name, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		return typ
	}
	arguments := abi.Arguments{{Type: typeOf("bytes")}, {Type: typeOf("bytes32")}}
	rng := rand.New(rand.NewPCG(1, 2))
	var cids [][]byte
	var salts []verifier.Hash
	for n := range 400 {
		cid, salt := make([]byte, n), verifier.Hash{}
		for i := range cid {
			cid[i] = byte(rng.Uint32())
		}
		for i := range salt {
			salt[i] = byte(rng.Uint32())
		}
		cids, salts = append(cids, cid), append(salts, salt)
	}
	leaves := make([]verifier.Hash, len(cids))
	verifier.Leaves(leaves, func(i int) ([]byte, verifier.Hash) { return cids[i], salts[i] })
	for i := range leaves {
		encoded, err := arguments.Pack(cids[i], salts[i])
		if err != nil {
			t.Fatal(err)
		}
		want := verifier.Hash(crypto.Keccak256(crypto.Keccak256(encoded)))
		if leaves[i] != want || verifier.Leaf(cids[i], salts[i]) != want {
			t.Fatalf("leaf of a CID of %d bytes: %s in bulk, %s alone, want %s", len(cids[i]), leaves[i], verifier.Leaf(cids[i], salts[i]), want)
		}
	}
}
