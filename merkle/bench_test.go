package merkle

import (
	"fmt"
	"slices"
	"testing"
)

func BenchmarkNew(b *testing.B) {
	for _, n := range []int{1 << 10, 1 << 16, 1 << 20} {
		leaves := randomLeaves(n, 9, false)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New(leaves); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "leaves/s")
		})
	}
}

func BenchmarkFromSorted(b *testing.B) {
	leaves := randomLeaves(1<<20, 9, false)
	slices.SortFunc(leaves, Compare)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FromSorted(leaves); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPaths(b *testing.B) {
	tree, err := New(randomLeaves(1<<16, 9, false))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		steps := 0
		for _, path := range tree.Paths() {
			steps += len(path)
		}
		if steps < 16<<16 {
			b.Fatal("paths too short")
		}
	}
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
