package merkle

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// reference computes the root and the paths of the tree straight from its
// definition: an array filled from the back, one node after the other.
type reference struct{ nodes []Hash }

func newReference(leaves []Hash) reference {
	sorted := slices.SortedFunc(slices.Values(leaves), Compare)
	n := len(sorted)
	nodes := make([]Hash, 2*n-1)
	for i, leaf := range sorted {
		nodes[2*n-2-i] = leaf
	}
	for i := n - 2; i >= 0; i-- {
		a, b := nodes[2*i+1], nodes[2*i+2]
		if Compare(a, b) > 0 {
			a, b = b, a
		}
		nodes[i] = Keccak256(a[:], b[:])
	}
	return reference{nodes}
}

func (r reference) path(i int) []Hash {
	path := []Hash{}
	for at := len(r.nodes) - 1 - i; at != 0; at = (at - 1) / 2 {
		if at%2 == 0 {
			path = append(path, r.nodes[at-1])
		} else {
			path = append(path, r.nodes[at+1])
		}
	}
	return path
}

// randomLeaves returns n distinct leaves in random order. With a narrow lead
// many share their first byte.
func randomLeaves(n int, seed uint64, narrow bool) []Hash {
	rng := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(n), byte(n >> 8), byte(n >> 16)})
	leaves := make([]Hash, n)
	for i := range leaves {
		_, _ = rng.Read(leaves[i][:])
		if narrow {
			leaves[i][0] &= 1
		}
	}
	return leaves
}

func checkAgainstReference(t *testing.T, leaves []Hash) {
	t.Helper()
	given := slices.Clone(leaves)
	tree, err := New(leaves)
	if err != nil {
		t.Fatalf("New of %d leaves: %v", len(leaves), err)
	}
	if !slices.Equal(given, leaves) {
		t.Fatal("New changed the leaves that it was given")
	}
	ref := newReference(leaves)
	if !slices.Equal(tree.nodes, ref.nodes) {
		t.Fatalf("nodes of a tree of %d differ from the reference", len(leaves))
	}
	if tree.Root() != ref.nodes[0] || tree.Len() != len(leaves) {
		t.Fatalf("root or length of a tree of %d differ", len(leaves))
	}
	sorted := slices.SortedFunc(slices.Values(leaves), Compare)
	same, err := FromSorted(sorted)
	if err != nil || !slices.Equal(same.nodes, tree.nodes) {
		t.Fatalf("FromSorted of %d leaves: %v, or another tree than New", len(leaves), err)
	}
	step := 1 + len(leaves)/500
	for i := 0; i < len(leaves); i += step {
		path := tree.Path(i)
		if !slices.Equal(path, ref.path(i)) {
			t.Fatalf("path of leaf %d of %d differs", i, len(leaves))
		}
		if got := Root(tree.Leaf(i), path); got != tree.Root() {
			t.Fatalf("path of leaf %d of %d leads to %s", i, len(leaves), got)
		}
		if !ValidPathLen(uint64(len(leaves)), len(path)) {
			t.Fatalf("path of %d steps is not valid for %d leaves", len(path), len(leaves))
		}
		if at, ok := tree.Index(sorted[i]); !ok || at != i || tree.Leaf(i) != sorted[i] {
			t.Fatalf("leaf %d of %d is found at %d, %v", i, len(leaves), at, ok)
		}
	}
}

func TestTreeEqualsReference(t *testing.T) {
	for n := 1; n <= 130; n++ {
		checkAgainstReference(t, randomLeaves(n, 1, false))
	}
	// Around the sizes where work is split among goroutines, and with leaves
	// that all fall into two of the runs that sorting makes.
	for _, n := range []int{1023, 1024, 1025, 2*minPairs + 1, minSort - 1, minSort, minSort + 1, 100_003} {
		checkAgainstReference(t, randomLeaves(n, 2, false))
		checkAgainstReference(t, randomLeaves(n, 3, true))
	}
}

func FuzzTree(f *testing.F) {
	f.Add([]byte("a"), uint8(32))
	f.Add(make([]byte, 700), uint8(3))
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09"), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, width uint8) {
		w := 1 + int(width)%Size
		var leaves []Hash
		seen := map[Hash]bool{}
		duplicate := false
		for chunk := range slices.Chunk(data, w) {
			var leaf Hash
			copy(leaf[:], chunk)
			duplicate = duplicate || seen[leaf]
			seen[leaf] = true
			leaves = append(leaves, leaf)
		}
		_, err := New(leaves)
		switch {
		case len(leaves) == 0:
			if !errors.Is(err, ErrEmpty) {
				t.Fatalf("no leaves: %v", err)
			}
		case duplicate:
			if !errors.Is(err, ErrDuplicate) {
				t.Fatalf("leaf twice: %v", err)
			}
		default:
			checkAgainstReference(t, leaves)
		}
	})
}

func TestRefusedLeaves(t *testing.T) {
	a, b, c := Hash{1}, Hash{2}, Hash{3}
	for _, test := range []struct {
		name   string
		leaves []Hash
		sorted bool
		want   error
	}{
		{"none", nil, false, ErrEmpty},
		{"none, sorted", nil, true, ErrEmpty},
		{"twice", []Hash{a, b, a}, false, ErrDuplicate},
		{"twice, sorted", []Hash{a, b, b, c}, true, ErrDuplicate},
		{"not sorted", []Hash{a, c, b}, true, ErrUnsorted},
		{"descending", []Hash{c, b, a}, true, ErrUnsorted},
		{"zero twice", []Hash{{}, {}}, false, ErrDuplicate},
	} {
		t.Run(test.name, func(t *testing.T) {
			build := New
			if test.sorted {
				build = FromSorted
			}
			if tree, err := build(test.leaves); tree != nil || !errors.Is(err, test.want) {
				t.Fatalf("got %v, %v; want %v", tree, err, test.want)
			}
		})
	}
	// A duplicate that lies far apart among many leaves is found too.
	many := randomLeaves(minSort+7, 4, false)
	many[len(many)-1] = many[0]
	if _, err := New(many); !errors.Is(err, ErrDuplicate) {
		t.Fatalf("duplicate among many: %v", err)
	}
}

func TestIndexOfUnknownLeaf(t *testing.T) {
	leaves := randomLeaves(9, 5, false)
	tree, err := New(leaves)
	if err != nil {
		t.Fatal(err)
	}
	lowest, highest := Hash{}, Hash{}
	for i := range highest {
		highest[i] = 0xff
	}
	near := tree.Leaf(4)
	near[Size-1] ^= 1
	for _, leaf := range []Hash{lowest, highest, near, tree.Root()} {
		if i, ok := tree.Index(leaf); ok {
			t.Errorf("%s found at %d", leaf, i)
		}
	}
	for _, i := range []int{-1, 9} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Leaf(%d) of a tree of 9 did not panic", i)
				}
			}()
			tree.Leaf(i)
		}()
	}
}

func TestAppendPathKeepsWhatIsThere(t *testing.T) {
	tree, err := New(randomLeaves(5, 6, false))
	if err != nil {
		t.Fatal(err)
	}
	got := tree.AppendPath([]Hash{{7}}, 2)
	if got[0] != (Hash{7}) || !slices.Equal(got[1:], tree.Path(2)) {
		t.Fatalf("got %v", got)
	}
}

// The point of the flat layout: what a tree allocates does not grow with its
// number of nodes (only with its levels), and paths and hashes allocate nothing.
func TestAllocations(t *testing.T) {
	leaves := randomLeaves(400, 7, false) // small enough for a single goroutine
	tree, err := New(leaves)
	if err != nil {
		t.Fatal(err)
	}
	path := make([]Hash, 0, 64)
	encoded := make([]byte, 160)
	for _, test := range []struct {
		name string
		most float64
		do   func()
	}{
		{"New", 16, func() { _, _ = New(leaves) }},
		{"AppendPath", 0, func() { path = tree.AppendPath(path[:0], 3) }},
		{"Root", 0, func() { Root(leaves[0], path) }},
		{"LeafHash", 0, func() { LeafHash(encoded) }},
		{"Pair", 0, func() { Pair(leaves[0], leaves[1]) }},
		{"Keccak256", 0, func() { Keccak256(encoded, leaves[0][:]) }},
	} {
		if got := testing.AllocsPerRun(50, test.do); got > test.most {
			t.Errorf("%s allocates %v times, want at most %v", test.name, got, test.most)
		}
	}
}
