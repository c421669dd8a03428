package verifier

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethdb/memorydb"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/ethereum/go-ethereum/triedb"
)

// oracle is a trie of go-ethereum with keys hashed as in the state trie.
type oracle struct {
	trie *trie.Trie
	keys [][]byte
}

// newOracle makes a trie of n entries. Short values give nodes of fewer than 32
// bytes, which stand in their parents.
func newOracle(seed uint64, n int) *oracle {
	rng := rand.New(rand.NewPCG(seed, 1))
	o := &oracle{trie: trie.NewEmpty(triedb.NewDatabase(rawdb.NewMemoryDatabase(), nil))}
	for i := range n {
		key := binary.BigEndian.AppendUint64(nil, seed<<32|uint64(i))
		value := make([]byte, 1+rng.IntN(40))
		for j := range value {
			value[j] = byte(1 + rng.IntN(255))
		}
		o.keys = append(o.keys, key)
		o.trie.MustUpdate(crypto.Keccak256(key), value)
	}
	return o
}

func (o *oracle) prove(key []byte) []Bytes {
	db := memorydb.New()
	if err := o.trie.Prove(crypto.Keccak256(key), db); err != nil {
		panic(err)
	}
	var nodes []Bytes
	it := db.NewIterator(nil, nil)
	defer it.Release()
	for it.Next() {
		nodes = append(nodes, bytes.Clone(it.Value()))
	}
	return nodes
}

func TestLookupAgainstGethTrie(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 17, 300, 5000} {
		o := newOracle(uint64(n), n)
		root := Hash(o.trie.Hash())
		check := func(key []byte) {
			t.Helper()
			nodes := newTrieNodes(o.prove(key))
			got, err := nodes.lookup(root, key)
			if err != nil {
				t.Fatalf("n=%d: %v", n, err)
			}
			want := o.trie.MustGet(crypto.Keccak256(key))
			if !bytes.Equal(got, want) {
				t.Fatalf("n=%d key %x: got %x, want %x", n, key, got, want)
			}
			if err := nodes.checkUsed(); n > 0 && err != nil {
				t.Fatalf("n=%d: %v", n, err)
			}
		}
		for _, key := range o.keys[:min(n, 50)] {
			check(key)
		}
		for i := range 20 {
			check([]byte{0xee, byte(i)})
		}
	}
}

// TestLookupMissingNode takes each node away in turn: then nothing is proven,
// neither presence nor absence.
func TestLookupMissingNode(t *testing.T) {
	o := newOracle(7, 1000)
	root := Hash(o.trie.Hash())
	for _, key := range [][]byte{o.keys[3], []byte("absent")} {
		nodes := o.prove(key)
		if len(nodes) < 3 {
			t.Fatalf("a proof of %d nodes is too short for this test", len(nodes))
		}
		for i := range nodes {
			rest := append(append([]Bytes{}, nodes[:i]...), nodes[i+1:]...)
			if v, err := newTrieNodes(rest).lookup(root, key); !errors.Is(err, errMissingNode) {
				t.Errorf("without node %d: got %x, %v", i, v, err)
			}
		}
	}
}

// FuzzTrie changes a real proof and compares with go-ethereum's own check: ours
// may never find what go-ethereum does not.
func FuzzTrie(f *testing.F) {
	f.Add(uint64(1), uint16(10), uint16(3), uint32(40), byte(1), true)
	f.Add(uint64(2), uint16(300), uint16(0), uint32(0), byte(0), false)
	f.Fuzz(func(t *testing.T, seed uint64, size, pick uint16, at uint32, flip byte, present bool) {
		o := newOracle(seed, int(size%600)+1)
		root := Hash(o.trie.Hash())
		key := o.keys[int(pick)%len(o.keys)]
		if !present {
			key = append(key, 0)
		}
		nodes := o.prove(key)
		if len(nodes) > 0 {
			n := nodes[int(at>>16)%len(nodes)]
			n[int(at&0xffff)%len(n)] ^= flip
			if int(pick)%len(nodes) == 0 && flip == 0xff {
				nodes = nodes[1:]
			}
		}
		compareWithGeth(t, root, key, nodes)
	})
}

// FuzzTrieBytes gives both walks the same arbitrary node as root.
func FuzzTrieBytes(f *testing.F) {
	o := newOracle(3, 40)
	for _, n := range o.prove(o.keys[0]) {
		f.Add([]byte(n), o.keys[0])
	}
	f.Add([]byte{0xc2, 0x20, 0x01}, []byte("k"))
	f.Fuzz(func(t *testing.T, node, key []byte) {
		compareWithGeth(t, Hash(crypto.Keccak256Hash(node)), key, []Bytes{node})
	})
}

func compareWithGeth(t *testing.T, root Hash, key []byte, nodes []Bytes) {
	t.Helper()
	db := memorydb.New()
	for _, n := range nodes {
		if err := db.Put(crypto.Keccak256(n), n); err != nil {
			t.Fatal(err)
		}
	}
	want, wantErr := trie.VerifyProof(common.Hash(root), crypto.Keccak256(key), db)
	got, err := newTrieNodes(nodes).lookup(root, key)
	if err == nil && wantErr != nil && root != emptyTrie {
		t.Fatalf("found %x where go-ethereum says: %v", got, wantErr)
	}
	if err == nil && wantErr == nil && !bytes.Equal(got, want) {
		t.Fatalf("found %x, go-ethereum %x", got, want)
	}
	// The other way round ours may be stricter, but not about real nodes.
}
