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

// Many at once are as one at a time, whatever lies side by side.
func TestBatchLeavesEqualsBatchLeaf(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	homes := []verifier.Home{{}, {Chain: 1, Registry: addr(1)}, {Chain: 1, Registry: addr(2)}, {Chain: 1<<53 - 1, Registry: addr(1)}}
	type submission struct {
		issuer          verifier.Address
		home            verifier.Home
		root            verifier.Hash
		count, issuedAt uint64
	}
	for _, n := range []int{0, 1, 7, 8, 9, 3000} {
		all := make([]submission, n)
		for i := range all {
			s := &all[i]
			s.home, s.count, s.issuedAt = homes[rng.IntN(len(homes))], rng.Uint64(), rng.Uint64()
			for j := range s.issuer {
				s.issuer[j] = byte(rng.Uint32())
			}
			for j := range s.root {
				s.root[j] = byte(rng.Uint32())
			}
		}
		ids := make([]verifier.Hash, n)
		verifier.BatchLeaves(ids, func(i int) (verifier.Address, verifier.Home, verifier.Hash, uint64, uint64) {
			s := &all[i]
			return s.issuer, s.home, s.root, s.count, s.issuedAt
		})
		for i, s := range all {
			if want := verifier.BatchLeaf(s.issuer, verifier.SubmissionDigest(s.home, s.root, s.count, s.issuedAt)); ids[i] != want {
				t.Fatalf("id %d of %d is %s, want %s", i, n, ids[i], want)
			}
		}
	}
}
