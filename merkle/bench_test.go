package merkle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/merkle/internal/keccakf1600"
)

const million = 1_000_000

func sortedLeaves(n int) []Hash {
	leaves := randomLeaves(n, 9, false)
	slices.SortFunc(leaves, Compare)
	return leaves
}

// permutations does n permutations of states that stay where they are, on all
// cores: the limit for whatever needs as many.
func permutations(n int) {
	parallel(n/keccakf1600.Width, 256, func(lo, hi int) {
		var s keccakf1600.State
		for range hi - lo {
			keccakf1600.Best.Permute(&s, keccakf1600.Width)
		}
	})
}

// A million sorted leaves to their tree, beside go-ethereum's Keccak on one core
// and beside the permutations alone.
func BenchmarkTree(b *testing.B) {
	leaves := sortedLeaves(million)
	b.Run("FromSorted", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := FromSorted(leaves); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("permutations", func(b *testing.B) {
		for b.Loop() {
			permutations(million - 1)
		}
	})
	b.Run("go-ethereum", func(b *testing.B) {
		for b.Loop() {
			gethTree(leaves)
		}
	})
	shuffled := randomLeaves(million, 9, false)
	b.Run("New", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := New(shuffled); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// gethTree computes the nodes of the tree one after the other.
func gethTree(sorted []Hash) Hash {
	n := len(sorted)
	nodes := make([]Hash, 2*n-1)
	for i, leaf := range sorted {
		nodes[2*n-2-i] = leaf
	}
	state := crypto.NewKeccakState()
	for i := n - 2; i >= 0; i-- {
		a, b := &nodes[2*i+1], &nodes[2*i+2]
		if bytes.Compare(a[:], b[:]) > 0 {
			a, b = b, a
		}
		state.Reset()
		_, _ = state.Write(a[:])
		_, _ = state.Write(b[:])
		_, _ = state.Read(nodes[i][:])
	}
	return nodes[0]
}

// A million paths to their roots: in the order of the leaves, where paths join, and
// out of order, where they do not, beside as many permutations as all have steps.
func BenchmarkRoots(b *testing.B) {
	tree, err := FromSorted(sortedLeaves(million))
	if err != nil {
		b.Fatal(err)
	}
	paths := pathsOf(tree)
	steps := 0
	for _, path := range paths {
		steps += len(path)
	}
	leaves := slices.Clone(tree.leaves())
	slices.Reverse(leaves)
	roots := make([]Hash, len(leaves))
	check := func(b *testing.B) {
		for b.Loop() {
			Roots(roots, leaves, paths)
			for i := range roots {
				if roots[i] != tree.Root() {
					b.Fatal("a path misses the root")
				}
			}
		}
	}
	b.Run("ascending", check)
	for i := range leaves {
		j := i * 7919 % len(leaves) // far from where it was
		leaves[i], leaves[j], paths[i], paths[j] = leaves[j], leaves[i], paths[j], paths[i]
	}
	b.Run("shuffled", check)
	b.Run("permutations", func(b *testing.B) {
		for b.Loop() {
			permutations(steps)
		}
	})
}

// The encodings of a credential with a CID of 36 bytes are 160 bytes long.
func BenchmarkLeafHashes(b *testing.B) {
	leaves := make([]Hash, 100_000)
	encoded := make([]byte, 160)
	b.Run("together", func(b *testing.B) {
		for b.Loop() {
			LeafHashes(leaves, func(dst []byte, i int) []byte {
				return binary.BigEndian.AppendUint64(append(dst, encoded[8:]...), uint64(i))
			})
		}
	})
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			for i := range leaves {
				binary.BigEndian.PutUint64(encoded[152:], uint64(i))
				leaves[i] = LeafHash(encoded)
			}
		}
	})
}

func BenchmarkRoot(b *testing.B) {
	tree, err := New(randomLeaves(1<<16, 9, false))
	if err != nil {
		b.Fatal(err)
	}
	path := tree.Path(7)
	b.ReportAllocs()
	for b.Loop() {
		Root(tree.Leaf(7), path)
	}
}

// A tree whose nodes would take 6.4 GB, if HALLMARK_LEAVES asks for its 100000000
// leaves, and what memory the stream takes from the system.
func BenchmarkStream(b *testing.B) {
	n := uint64(million)
	if s := os.Getenv("HALLMARK_LEAVES"); s != "" {
		if _, err := fmt.Sscan(s, &n); err != nil {
			b.Fatal(err)
		}
	}
	chunk := make([]Hash, 1<<14)
	for b.Loop() {
		s, err := NewStream(n, nil)
		if err != nil {
			b.Fatal(err)
		}
		for added := uint64(0); added < n; {
			some := chunk[:min(uint64(len(chunk)), n-added)]
			for i := range some {
				x := added + uint64(i)
				binary.BigEndian.PutUint64(some[i][:], x<<36)
				binary.BigEndian.PutUint64(some[i][8:], x*0x9e3779b97f4a7c15)
			}
			if err := s.Append(some); err != nil {
				b.Fatal(err)
			}
			added += uint64(len(some))
		}
		if _, err := s.Root(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "leaves/s")
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.Sys)/(1<<20), "MiB")
}
