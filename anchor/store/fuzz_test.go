package store

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/merkle"
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
		number := s.numbers.Add(1)
		prefix := key('l', be(number))
		err = s.Update(func(tx *Tx) error {
			return putTree('l', number, tree, leaves, func(k, v []byte) error { return tx.b.Set(k, v, nil) })
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.db.DeleteRange(prefix, after(prefix), pebble.NoSync); err != nil {
				t.Fatal(err)
			}
		}()
		stored := s.pagedTree('l', number, n, tree.Root())
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
				at = min(n-1, max(0, (at+pageLeaves/2)/pageLeaves*pageLeaves-i/2%2))
			}
			path, err := stored.path(at)
			if err != nil || !slices.Equal(path, tree.Path(at)) {
				t.Fatalf("another path of leaf %d of %d: %v", at, n, err)
			}
			near := leaves[at]
			near[random.IntN(merkle.Size)] ^= 1 << random.IntN(8)
			lo := random.IntN(n)
			hi := lo + 1 + random.IntN(n-lo)
			for _, leaf := range []merkle.Hash{leaves[at], near, {}} {
				for _, part := range [][2]int{{0, n}, {lo, hi}, {at, n}} {
					want, has := tree.Index(leaf)
					has = has && part[0] <= want && want < part[1]
					got, found, err := stored.find(leaf, part[0], part[1])
					if err != nil || found != has || found && got != want {
						t.Fatalf("%s is found at %d, %v in %v of %d, want %d, %v: %v", leaf, got, found, part, n, want, has, err)
					}
				}
			}
		}
	})
}

// Runs find in which submissions a leaf is, and where, as a plain map does: before,
// between and after merges, and as they are read from the disk. Each submission has
// leaves of its own and some of an earlier one.
func FuzzRuns(f *testing.F) {
	f.Add(uint64(1), []byte{1}, []byte{}, []byte{})
	f.Add(uint64(2), []byte{200, 90, 255, 14, 60}, []byte{1, 1, 255, 2}, []byte{2, 3})
	f.Add(uint64(3), []byte{255, 255, 255, 255, 255, 255, 255, 255}, []byte{5}, []byte{4, 4})
	f.Add(uint64(5), []byte{255, 255, 255, 255, 254, 253}, []byte{}, []byte{3})
	f.Add(uint64(6), []byte{120, 254, 90, 200}, []byte{4, 5, 6, 7, 8, 9, 10, 200, 201}, []byte{2})
	f.Add(uint64(4), []byte{40, 255, 3, 255, 100, 30, 7}, []byte{}, []byte{3, 2, 2})
	s := open(f, "data", Options{FS: vfs.NewMem()})
	f.Cleanup(func() { closeStore(f, s) })
	f.Fuzz(func(t *testing.T, seed uint64, sizes, alike, merges []byte) {
		s.merging.Lock() // the store's own merger looks for something to do, too
		defer s.merging.Unlock()
		s.runs.Store(&[]*run{})
		defer func() {
			for _, kind := range []byte{'g', 'j', 'v'} {
				if err := s.db.DeleteRange([]byte{kind}, []byte{kind + 1}, pebble.NoSync); err != nil {
					t.Fatal(err)
				}
			}
		}()
		type place struct {
			sequence uint64
			at       int
		}
		plain := make(map[merkle.Hash][]place)
		random := seeded(seed)
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
			r := &run{number: s.numbers.Add(1)}
			r.add(part{sequence: uint64(i + 1), tree: s.numbers.Add(1), count: uint32(len(leaves))})
			err := s.Update(func(tx *Tx) error {
				set := func(k, v []byte) error { return tx.b.Set(k, v, nil) }
				record, err := encMode.Marshal(r.record())
				if err != nil {
					return err
				}
				if err := set(key('v', be(r.number)), record); err != nil {
					return err
				}
				return putLeaves('g', r.parts[0].tree, 0, leaves, set)
			})
			if err != nil {
				t.Fatal(err)
			}
			s.changeRuns(r, nil)
			for at, leaf := range leaves {
				plain[leaf] = append(plain[leaf], place{uint64(i + 1), at})
			}
		}
		all := slices.SortedFunc(maps.Keys(plain), merkle.Compare)
		checkLeaf := func(when string, leaf merkle.Hash) {
			t.Helper()
			hits, err := s.inRuns(leaf)
			if err != nil {
				t.Fatal(when, err)
			}
			var got []place
			for _, h := range hits {
				got = append(got, place{h.sequence, h.at})
			}
			slices.SortFunc(got, func(a, b place) int { return int(a.sequence) - int(b.sequence) })
			if want := plain[leaf]; !slices.Equal(got, want) {
				t.Fatalf("%s: %s is found in %v, want %v", when, leaf, got, want)
			}
		}
		checks := 0
		check := func(when string) {
			t.Helper()
			checks++
			for i := checks % max(1, len(all)); i < len(all); i += 1 + len(all)/30 { // others each time
				near := all[i]
				near[seed%merkle.Size] ^= 4
				checkLeaf(when, all[i])
				checkLeaf(when, near)
			}
			for _, r := range *s.runs.Load() { // where pages of an index end
				for _, fence := range r.fences {
					at := sort.Search(len(all), func(i int) bool { return binary.BigEndian.Uint64(all[i][:]) >= fence })
					for _, leaf := range all[max(0, at-1):min(len(all), at+2)] {
						checkLeaf(when, leaf)
					}
				}
			}
		}
		check("before a merge")
		for i, b := range append(slices.Clone(merges[:min(len(merges), 4)]), 255) { // all that are left, at last
			runs := *s.runs.Load()
			first := 0
			if b < 255 && len(runs) > 0 {
				first = int(b) / 16 % len(runs)
			}
			some := slices.Clone(runs[first:min(len(runs), first+max(2, int(b%16), int(b)/255*len(runs)))])
			if len(some) < 2 {
				continue
			}
			if err := s.mergeSome(some); err != nil {
				t.Fatal(err)
			}
			if left := len(*s.runs.Load()); left != len(runs)-len(some)+1 {
				t.Fatalf("%d runs are left of %d of which %d were merged", left, len(runs), len(some))
			}
			check(fmt.Sprint("after merge ", i+1))
		}
		if err := s.loadRuns(); err != nil {
			t.Fatal(err)
		}
		check("read again")
	})
}
