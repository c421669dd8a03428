package store

import (
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// fuzzLeaves returns at most count distinct leaves, ascending. Those that alike picks
// begin with 8 bytes of few kinds, as no hashes do, some of which differ little.
func fuzzLeaves(random *rand.ChaCha8, count int, alike []byte) []merkle.Hash {
	leaves := make([]merkle.Hash, count)
	for i := range leaves {
		_, _ = random.Read(leaves[i][:])
		if len(alike) == 0 {
			continue
		}
		if b := uint64(alike[i%len(alike)]); b < 128 {
			binary.BigEndian.PutUint64(leaves[i][:], b/4<<59|b%4)
		}
	}
	slices.SortFunc(leaves, merkle.Compare)
	return slices.Compact(leaves)
}

func seeded(seed uint64) *rand.ChaCha8 {
	var b [32]byte
	binary.BigEndian.PutUint64(b[:], seed)
	return rand.NewChaCha8(b)
}

// A stored tree finds leaves and gives paths as the tree in memory does.
func FuzzStoredTree(f *testing.F) {
	f.Add(uint16(1), uint8(0), uint64(1), []byte{})
	f.Add(uint16(130), uint8(0), uint64(2), []byte{1, 255, 255})
	f.Add(uint16(5000), uint8(0), uint64(3), []byte{0})
	f.Add(uint16(20_000), uint8(0), uint64(4), []byte{})
	f.Add(uint16(3000), uint8(0), uint64(5), []byte{127, 3, 200})
	s := open(f, "data", Options{FS: vfs.NewMem()})
	f.Cleanup(func() { closeStore(f, s) })
	f.Fuzz(func(t *testing.T, size uint16, smaller uint8, seed uint64, alike []byte) {
		n := 1 + int(size)%20_000>>(smaller%15)
		leaves := fuzzLeaves(seeded(seed), n, alike)
		n = len(leaves)
		tree, err := merkle.FromSorted(leaves)
		if err != nil {
			t.Fatal(err)
		}
		number := seed
		err = s.Update(func(tx *Tx) error {
			return putTree('l', number, smallPage, tree, leaves, tx.kv.Set)
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.removeTree(number); err != nil {
				t.Fatal(err)
			}
		}()
		stored := &storedTree{s, 'l', number, smallPage, n, tree.Root()}
		got, err := stored.appendLeaves(nil, 0, n)
		if err != nil || !slices.Equal(got, leaves) {
			t.Fatalf("other leaves of %d: %v", n, err)
		}
		random := rand.New(rand.NewPCG(seed, 1))
		for i := range min(n, 40) {
			at := i
			if n > 40 {
				at = random.IntN(n)
			}
			if i%2 == 1 { // where a page ends or begins
				at = min(n-1, max(0, (at+smallPage/2)/smallPage*smallPage-i/2%2))
			}
			path, err := stored.path(at)
			if err != nil || !slices.Equal(path, tree.Path(at)) {
				t.Fatalf("another path of leaf %d of %d: %v", at, n, err)
			}
			near := leaves[at]
			near[random.IntN(merkle.Size)] ^= 1 << random.IntN(8)
			for _, leaf := range []merkle.Hash{leaves[at], near, {}} {
				want, has := tree.Index(leaf)
				for _, lo := range []int{0, random.IntN(at + 1), at} {
					got, found, err := stored.find(leaf, lo)
					if lo > want && has {
						continue // it stands before
					}
					if err != nil || found != has || found && got != want {
						t.Fatalf("%s is found at %d, %v from %d of %d on, want %d, %v: %v", leaf, got, found, lo, n, want, has, err)
					}
				}
			}
		}
	})
}

// The index finds in which submissions a leaf is, and where, as a plain map does. Each
// submission has leaves of its own and some of an earlier one; every third one arrives in
// pieces.
func FuzzIndex(f *testing.F) {
	f.Add(uint64(1), []byte{1}, []byte{})
	f.Add(uint64(2), []byte{200, 90, 255, 14, 60}, []byte{1, 1, 255, 2})
	f.Add(uint64(3), []byte{255, 255, 255, 255, 255, 255, 255, 255}, []byte{5})
	f.Add(uint64(5), []byte{255, 255, 255, 255, 254, 253}, []byte{})
	f.Add(uint64(6), []byte{120, 254, 90, 200}, []byte{4, 5, 6, 7, 8, 9, 10, 200, 201})
	f.Add(uint64(4), []byte{40, 255, 3, 255, 100, 30, 7}, []byte{})
	s := open(f, "data", Options{FS: vfs.NewMem()})
	f.Cleanup(func() { closeStore(f, s) })
	f.Fuzz(func(t *testing.T, seed uint64, sizes, alike []byte) {
		type place struct {
			sequence uint64
			at       int
		}
		plain := make(map[merkle.Hash][]place)
		random := seeded(seed)
		first := accepted(t, s)
		var before []merkle.Hash
		for i, size := range sizes[:min(len(sizes), 12)] {
			count := 1 + int(size)
			if size >= 250 {
				count = 200 * (int(size) - 248)
			}
			leaves := fuzzLeaves(random, count, alike)
			for j := 0; j < len(before); j += 1 + i%5 {
				leaves = append(leaves, before[j])
			}
			leaves = leaves[:min(len(leaves), 2000)]
			slices.SortFunc(leaves, merkle.Compare)
			leaves = slices.Compact(leaves)
			before = leaves
			sub := &publish.Submission{Home: verifier.Home{Chain: 1}, IssuedAt: first + uint64(i), Count: uint64(len(leaves)), Leaves: leaves}
			sub.Root = treeOf(sub).Root()
			if i%3 < 2 || len(leaves) == 1 {
				add(t, s, sub)
			} else if r, added, err := receiveInPieces(s, sub); err != nil || !added || r.Tree < firstArrived {
				t.Fatalf("%+v, added %v, %v", r, added, err)
			}
			for at, leaf := range leaves {
				plain[leaf] = append(plain[leaf], place{first + uint64(i+1), at})
			}
		}
		check := func(leaf merkle.Hash) {
			t.Helper()
			found, err := s.WithLeaf(leaf)
			if err != nil {
				t.Fatal(err)
			}
			var got []place
			for i := range found {
				if found[i].Sequence <= first {
					continue // of the input before
				}
				got = append(got, place{found[i].Sequence, found[i].At})
			}
			if want := plain[leaf]; !slices.Equal(got, want) {
				t.Fatalf("%s is found in %v, want %v", leaf, got, want)
			}
		}
		all := slices.SortedFunc(maps.Keys(plain), merkle.Compare)
		for i := 0; i < len(all); i += 1 + len(all)/60 {
			near := all[i]
			near[seed%merkle.Size] ^= 4
			check(all[i])
			check(near)
		}
		for sequence := first + 1; sequence <= accepted(t, s); sequence++ { // so that later inputs do not find them
			r, err := s.SubmissionAt(sequence)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.removeTree(r.tree()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
