package merkle

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// stream returns the nodes that a stream hands out for sorted leaves, given to it
// in pieces of random size.
func stream(t *testing.T, sorted []Hash, rng *rand.Rand) []Hash {
	t.Helper()
	n := len(sorted)
	nodes := make([]Hash, 2*n-1)
	seen := make([]bool, len(nodes))
	s, err := NewStream(uint64(n), func(first uint64, run []Hash) error {
		for i := range run {
			if seen[first+uint64(i)] {
				t.Fatalf("node %d of a tree of %d comes twice", first+uint64(i), n)
			}
			seen[first+uint64(i)] = true
		}
		copy(nodes[first:], run)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for rest := sorted; len(rest) > 0; {
		piece := min(len(rest), rng.IntN(1+rng.IntN(2*n)))
		if err := s.Append(rest[:piece]); err != nil {
			t.Fatal(err)
		}
		rest = rest[piece:]
	}
	root, err := s.Root()
	if err != nil {
		t.Fatal(err)
	}
	if root != nodes[0] {
		t.Fatalf("root of a stream of %d is not its node 0", n)
	}
	if i := slices.Index(seen, false); i >= 0 {
		t.Fatalf("node %d of a tree of %d never comes", i, n)
	}
	return nodes
}

func TestStreamEqualsTree(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	sizes := make([]int, 0, 1100)
	for n := 1; n <= 1030; n++ {
		sizes = append(sizes, n)
	}
	for range 6 {
		sizes = append(sizes, 1+rng.IntN(10*streamBuffer))
	}
	sizes = append(sizes, 4*streamBuffer-1, 4*streamBuffer, 4*streamBuffer+1, 3*streamBuffer)
	for _, n := range sizes {
		leaves := randomLeaves(n, 11, false)
		slices.SortFunc(leaves, Compare)
		nodes := stream(t, leaves, rng)
		tree, err := FromSorted(leaves)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(nodes, tree.nodes) {
			t.Fatalf("nodes of a stream of %d differ from the tree's", n)
		}
		for range 3 {
			i := rng.IntN(n)
			var path []Hash
			for _, at := range PathNodes(nil, uint64(n), uint64(i)) {
				path = append(path, nodes[at])
			}
			if !slices.Equal(path, tree.Path(i)) || len(path) != PathLen(uint64(n), uint64(i)) {
				t.Fatalf("path of leaf %d of %d read from stored nodes differs", i, n)
			}
		}
	}
}

func TestStreamRefuses(t *testing.T) {
	a, b, c := Hash{1}, Hash{2}, Hash{3}
	for _, test := range []struct {
		name  string
		count uint64
		parts [][]Hash
		want  error
	}{
		{"none", 0, nil, ErrEmpty},
		{"fewer", 3, [][]Hash{{a, b}}, ErrCount},
		{"more", 2, [][]Hash{{a, b, c}}, ErrCount},
		{"more, later", 2, [][]Hash{{a, b}, {c}}, ErrCount},
		{"twice", 3, [][]Hash{{a, b, b}}, ErrDuplicate},
		{"twice, apart", 3, [][]Hash{{a, b}, {b}}, ErrDuplicate},
		{"unsorted", 3, [][]Hash{{a, c, b}}, ErrUnsorted},
		{"unsorted, apart", 3, [][]Hash{{b}, {a, c}}, ErrUnsorted},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := NewStream(test.count, nil)
			for _, part := range test.parts {
				if err == nil {
					err = s.Append(part)
				}
			}
			if err == nil {
				_, err = s.Root()
			}
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
		})
	}
}

// What keeps the nodes may fail at any of them.
func TestStreamStopsWithItsNodes(t *testing.T) {
	full := errors.New("disk full")
	leaves := randomLeaves(1000, 12, false)
	slices.SortFunc(leaves, Compare)
	for allowed := 0; ; allowed++ {
		calls := 0
		s, err := NewStream(uint64(len(leaves)), func(uint64, []Hash) error {
			if calls++; calls > allowed {
				return full
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err = s.Append(leaves); err == nil {
			_, err = s.Root()
		}
		if calls <= allowed {
			if err != nil || allowed < 10 {
				t.Fatalf("after %d calls: %v", calls, err)
			}
			return
		}
		if !errors.Is(err, full) || calls != allowed+1 {
			t.Fatalf("after %d of %d calls: %v", calls, allowed, err)
		}
	}
}
