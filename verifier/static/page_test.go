package static

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
)

// sorted returns n hashes, ascending.
func sorted(n int) []merkle.Hash {
	list := make([]merkle.Hash, n)
	for i := range list {
		list[i] = merkle.Keccak256(binary.BigEndian.AppendUint32(nil, uint32(i)))
	}
	slices.SortFunc(list, merkle.Compare)
	return list
}

// The pages of a tree have each of its leaves once, and their paths are those of the tree.
func TestPagesAreTheTree(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 255, 256, 257, 511, 512, 513, 700, 1023, 1024, 1025, 3000, 5000} {
		leaves := sorted(n)
		tree, err := merkle.FromSorted(leaves)
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[merkle.Hash]int)
		for number := range Pages(n) {
			page := PageIn(tree, number)
			if len(page.Leaves) == 0 || len(page.Leaves) > 1<<pageLevels {
				t.Fatalf("%d leaves: page %d has %d", n, number, len(page.Leaves))
			}
			again, rest, err := readPage("page", AppendPage(nil, page))
			if err != nil || len(rest) != 0 {
				t.Fatal(err)
			}
			for _, leaf := range again.Leaves {
				seen[leaf] = number
			}
			for _, leaf := range []merkle.Hash{again.Leaves[0], again.Leaves[len(again.Leaves)-1]} {
				at, _ := slices.BinarySearchFunc(leaves, leaf, merkle.Compare)
				path, root, ok := again.Path(leaf)
				if !ok || root != tree.Root() || !slices.Equal(path, tree.Path(at)) {
					t.Fatalf("%d leaves: leaf %d in page %d: path %v, want %v", n, at, number, path, tree.Path(at))
				}
			}
			if _, _, ok := again.Path(merkle.Keccak256([]byte("another"))); ok {
				t.Error("a leaf of no page has a path")
			}
		}
		if len(seen) != n {
			t.Fatalf("%d leaves: %d are in pages", n, len(seen))
		}
		for i, leaf := range leaves {
			if got := PageOf(n, i); got != seen[leaf] {
				t.Fatalf("%d leaves: leaf %d is in page %d, not in %d", n, i, seen[leaf], got)
			}
		}
	}
}

// Segments are the digits of a binary counter, and their shards split them by how leaves begin.
func TestIndex(t *testing.T) {
	for batches, want := range map[uint64][][2]uint64{
		0: nil, 1: {{1, 1}}, 6: {{1, 4}, {5, 6}}, 7: {{1, 4}, {5, 6}, {7, 7}}, 8: {{1, 8}},
	} {
		if got := Segments(batches); !slices.Equal(got, want) {
			t.Errorf("%d batches: %v, want %v", batches, got, want)
		}
	}
	for _, c := range []struct {
		leaves uint64
		prefix [8]byte
		path   string
	}{
		{1, [8]byte{0xab}, "index/1-2/00"},
		{512, [8]byte{0xab}, "index/1-2/00"},
		{513, [8]byte{0xab}, "index/1-2/80"},
		{1 << 17, [8]byte{0xab, 0xcd}, "index/1-2/ab"},
		{1 << 20, [8]byte{0xab, 0xcd, 0xef}, "index/1-2/ab/c0"},
		{1 << 40, [8]byte{0xab, 0xcd, 0xef}, "index/1-2/ab/cd/ef"},
	} {
		s := SegmentOf(1, 2, c.leaves)
		if got := s.Path(s.Shard(c.prefix)); got != c.path {
			t.Errorf("%d leaves: %s, want %s", c.leaves, got, c.path)
		}
		if c.leaves>>s.Bits > shardEntries && s.Bits < maxBits {
			t.Errorf("%d leaves in %d shards", c.leaves, s.Shards())
		}
	}
	entries := []Entry{
		{[8]byte{1}, 1, 1},
		{[8]byte{2}, 1, 3},
		{[8]byte{2}, 2, 0},
		{[8]byte{3}, 1, 0},
	}
	read, err := ReadEntries("shard", AppendEntries(nil, entries...))
	if err != nil || !slices.Equal(read, entries) || !slices.IsSortedFunc(read, Entry.Compare) {
		t.Fatalf("%v, %v", read, err)
	}
	if got := with(read, merkle.Hash{2}); !slices.Equal(got, entries[1:3]) {
		t.Errorf("found %v", got)
	}
	if got := with(read, merkle.Hash{4}); len(got) != 0 {
		t.Errorf("found %v", got)
	}
}
