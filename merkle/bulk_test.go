package merkle

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// pathsOf returns the paths of all leaves, in ascending order.
func pathsOf(t *Tree) [][]Hash {
	paths := make([][]Hash, t.Len())
	for i := range paths {
		paths[i] = t.Path(i)
	}
	return paths
}

func checkRoots(t *testing.T, leaves []Hash, paths [][]Hash) {
	t.Helper()
	given, roots := slices.Clone(leaves), make([]Hash, len(leaves))
	Roots(roots, leaves, paths)
	if !slices.Equal(given, leaves) {
		t.Fatal("Roots changed the leaves that it was given")
	}
	for i := range roots {
		if want := fold(leaves[i], paths[i]); roots[i] != want {
			t.Fatalf("root %d of %d is %s, want %s", i, len(roots), roots[i], want)
		}
	}
	Roots(given, given, paths)
	if !slices.Equal(given, roots) {
		t.Fatal("Roots differ if they replace the leaves")
	}
}

// fold is Root straight from its definition.
func fold(node Hash, path []Hash) Hash {
	for _, sibling := range path {
		if Compare(node, sibling) < 0 {
			node = Keccak256(node[:], sibling[:])
		} else {
			node = Keccak256(sibling[:], node[:])
		}
	}
	return node
}

func TestRootsEqualsRoot(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	checkRoots(t, nil, nil)
	for _, n := range []int{1, 2, 3, 8, 9, 100, rootsAtOnce + 1, 3*rootsAtOnce + 5} {
		tree, err := New(randomLeaves(n, 22, false))
		if err != nil {
			t.Fatal(err)
		}
		paths := pathsOf(tree)
		leaves := make([]Hash, n)
		for i := range leaves {
			leaves[i] = tree.Leaf(i)
		}
		checkRoots(t, leaves, paths)
		// Each wrong in its own way, among others that stay right: none may lend
		// its root to another.
		for i := range paths {
			switch rng.IntN(6) {
			case 0:
				leaves[i][rng.IntN(Size)] ^= 1 << rng.IntN(8)
			case 1:
				if paths[i] = slices.Clone(paths[i]); len(paths[i]) > 0 {
					paths[i][rng.IntN(len(paths[i]))][rng.IntN(Size)] ^= 1 << rng.IntN(8)
				}
			case 2:
				paths[i] = append(slices.Clone(paths[i]), Hash{byte(i)})
			case 3:
				paths[i] = paths[i][:rng.IntN(len(paths[i])+1)]
			}
		}
		checkRoots(t, leaves, paths)
		rng.Shuffle(n, func(i, j int) {
			leaves[i], leaves[j] = leaves[j], leaves[i]
			paths[i], paths[j] = paths[j], paths[i]
		})
		checkRoots(t, leaves, paths)
	}
}

// Few distinct nodes, so that paths join, cross and repeat in every way.
func FuzzRoots(f *testing.F) {
	f.Add([]byte{3, 1, 2, 0, 3, 2, 1, 0, 1, 1, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var leaves []Hash
		var paths [][]Hash
		for len(data) > 0 && len(leaves) < 600 {
			steps := min(int(data[0]%8), len(data)-1)
			leaf := Hash{data[0] >> 4}
			var path []Hash
			for _, b := range data[1 : 1+steps] {
				sibling := Hash{b & 3, 31: b >> 7}
				if b&4 != 0 { // the node that another path has here by then
					sibling = fold(Hash{b >> 4 & 3}, path)
				}
				path = append(path, sibling)
			}
			data = data[1+steps:]
			leaves, paths = append(leaves, leaf), append(paths, path)
		}
		checkRoots(t, leaves, paths)
	})
}

func checkLeafHashes(t *testing.T, encoded [][]byte) {
	t.Helper()
	leaves, hashes := make([]Hash, len(encoded)), make([]Hash, len(encoded))
	LeafHashes(leaves, func(dst []byte, i int) []byte { return append(dst, encoded[i]...) })
	Hashes(hashes, func(dst []byte, i int) []byte { return append(dst, encoded[i]...) })
	for i := range leaves {
		inner := Keccak256(encoded[i])
		if hashes[i] != inner {
			t.Fatalf("hash %d of %d, of %d bytes, is %s, want %s", i, len(hashes), len(encoded[i]), hashes[i], inner)
		}
		if want := Keccak256(inner[:]); leaves[i] != want {
			t.Fatalf("leaf %d of %d, of %d bytes, is %s, want %s", i, len(leaves), len(encoded[i]), leaves[i], want)
		}
	}
}

func TestLeafHashesEqualsLeafHash(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return b
	}
	checkLeafHashes(t, nil)
	var all [][]byte
	for n := range 3*rate + 2 { // every length, around each end of a block
		checkLeafHashes(t, [][]byte{random(n)})
		all = append(all, random(n))
	}
	checkLeafHashes(t, all)
	for range 4 * minLeaves {
		all = append(all, random(rng.IntN(4*rate)))
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	checkLeafHashes(t, all)

	// Each may be made of what stood in its place.
	hashes := randomLeaves(5*minLeaves+3, 24, false)
	before := slices.Clone(hashes)
	Hashes(hashes, func(dst []byte, i int) []byte { return append(dst, hashes[i][:]...) })
	for i := range hashes {
		if want := Keccak256(before[i][:]); hashes[i] != want {
			t.Fatalf("hash %d of what stood in its place is %s, want %s", i, hashes[i], want)
		}
	}
}

func FuzzLeafHashes(f *testing.F) {
	f.Add([]byte("abc"), uint8(0), uint8(136))
	f.Add(make([]byte, 1000), uint8(135), uint8(200))
	f.Fuzz(func(t *testing.T, data []byte, first, step uint8) {
		var encoded [][]byte
		for n := int(first); len(data) > 0 && len(encoded) < 100; n = (n + int(step)) % 512 {
			piece := min(n, len(data)-1)
			encoded = append(encoded, data[:piece])
			data = data[piece+1:]
		}
		checkLeafHashes(t, encoded)
	})
}

func TestSortDescending(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	shapes := map[string]func(h *Hash, i int){
		"random":           func(*Hash, int) {},
		"two first bytes":  func(h *Hash, _ int) { h[0] &= 1 },
		"equal first word": func(h *Hash, _ int) { binary.BigEndian.PutUint64(h[:], 7) },
		"few first words":  func(h *Hash, _ int) { binary.BigEndian.PutUint64(h[:], rng.Uint64N(5)<<40) },
		"last byte only":   func(h *Hash, i int) { *h = Hash{30: byte(i >> 8), 31: byte(i)} },
		"all equal":        func(h *Hash, _ int) { *h = Hash{9} },
		"ascending":        func(h *Hash, i int) { binary.BigEndian.PutUint64(h[:], uint64(i)<<44) },
	}
	for name, shape := range shapes {
		for _, n := range []int{0, 1, 2, fewLeaves, fewLeaves + 1, 1000, minSort - 1, minSort, minSort + 1, 20_000} {
			src := randomLeaves(n, 23, false)
			for i := range src {
				shape(&src[i], i)
			}
			given := slices.Clone(src)
			dst, tmp := make([]Hash, n), make([]Hash, n)
			sortDescending(dst, tmp, src)
			want := slices.SortedFunc(slices.Values(src), func(a, b Hash) int { return Compare(b, a) })
			if !slices.Equal(dst, want) || !slices.Equal(src, given) {
				t.Errorf("%s: %d leaves are not sorted, or the input changed", name, n)
			}
		}
	}
}
