package merkle

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// stream returns the nodes that a stream hands out for sorted leaves, given to it in
// pieces: piece is asked for the length of each, given how many leaves are left.
func stream(t *testing.T, sorted []Hash, piece func(left int) int) []Hash {
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
		n := min(len(rest), piece(len(rest)))
		if err := s.Append(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
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
		nodes := stream(t, leaves, func(int) int { return rng.IntN(1 + rng.IntN(2*n)) })
		tree, err := FromSorted(leaves)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(nodes, tree.nodes) {
			t.Fatalf("nodes of a stream of %d differ from the tree's", n)
		}
	}
}

// A stream hands out the nodes of the tree, whatever the number of leaves and the
// pieces in which they come, and refuses the leaves that a tree refuses.
func FuzzStream(f *testing.F) {
	f.Add(uint16(0), uint8(0), uint64(1), uint16(0), []byte{})
	f.Add(uint16(999), uint8(0), uint64(2), uint16(0), []byte{1, 0, 200, 3})
	f.Add(uint16(2*streamBuffer), uint8(0), uint64(3), uint16(0), []byte{255, 7})
	f.Add(uint16(4*streamBuffer-1), uint8(0), uint64(4), uint16(0), []byte{150})
	f.Add(uint16(300), uint8(1), uint64(5), uint16(31), []byte{9})
	f.Add(uint16(300), uint8(1), uint64(6), uint16(30), []byte{9, 7})
	f.Fuzz(func(t *testing.T, size uint16, smaller uint8, seed uint64, fault uint16, pieces []byte) {
		n := 1 + int(size)>>(smaller%16)
		leaves := randomLeaves(n, seed, seed%2 == 1)
		slices.SortFunc(leaves, Compare)
		next := 0
		piece := func(left int) int { // short ones, or some sixtieths of all
			if next == len(pieces) {
				return left
			}
			next++
			if b := int(pieces[next-1]); b >= 128 {
				return (b - 127) * n / 60
			}
			return int(pieces[next-1])
		}
		if at := int(fault) / 2; fault > 0 && at+1 < n {
			if fault%2 == 0 {
				leaves[at+1] = leaves[at]
			} else {
				leaves[at], leaves[at+1] = leaves[at+1], leaves[at]
			}
			_, want := FromSorted(leaves)
			s, err := NewStream(uint64(n), nil)
			if err != nil || want == nil {
				t.Fatalf("%v; a tree of leaves with a fault: %v", err, want)
			}
			for rest := leaves; len(rest) > 0 && err == nil; {
				n := min(len(rest), piece(len(rest)))
				err, rest = s.Append(rest[:n]), rest[n:]
			}
			if err == nil || err.Error() != want.Error() {
				t.Fatalf("a stream of %d says %v, a tree %v", n, err, want)
			}
			return
		}
		tree, err := FromSorted(leaves)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(stream(t, leaves, piece), tree.nodes) {
			t.Fatalf("nodes of a stream of %d differ from the tree's", n)
		}
	})
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
