package merkle

import (
	"math"
	"slices"
	"testing"
)

// No path or leaf changed in any one bit, and none lengthened, shortened or
// reordered, leads to the root.
func TestMutatedPathsMissTheRoot(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 8, 13} {
		tree, err := New(randomLeaves(n, 8, false))
		if err != nil {
			t.Fatal(err)
		}
		root := tree.Root()
		for i := range n {
			leaf, path := tree.Leaf(i), tree.Path(i)
			probe := func(what string, leaf Hash, path []Hash) {
				t.Helper()
				if Root(leaf, path) == root {
					t.Errorf("leaf %d of %d: %s still leads to the root", i, n, what)
				}
			}
			for bit := range Size * 8 {
				flip := func(h Hash) Hash { h[bit/8] ^= 1 << (bit % 8); return h }
				probe("a bit of the leaf flipped", flip(leaf), path)
				for step := range path {
					mutated := slices.Clone(path)
					mutated[step] = flip(mutated[step])
					probe("a bit of the path flipped", leaf, mutated)
				}
			}
			for step := range path {
				probe("a step left out", leaf, slices.Delete(slices.Clone(path), step, step+1))
				probe("a step repeated", leaf, slices.Insert(slices.Clone(path), step, path[step]))
				probe("the leaf itself as a step", leaf, slices.Replace(slices.Clone(path), step, step+1, leaf))
				if step > 0 {
					swapped := slices.Clone(path)
					swapped[step], swapped[step-1] = swapped[step-1], swapped[step]
					probe("two steps swapped", leaf, swapped)
				}
			}
			probe("a zero step added", leaf, append(slices.Clone(path), Hash{}))
			probe("the root added", leaf, append(slices.Clone(path), root))
			if n > 1 {
				probe("the path of another leaf", leaf, tree.Path((i+1)%n))
				probe("no path", leaf, nil)
			}
		}
	}
}

func TestValidPathLen(t *testing.T) {
	for _, test := range []struct {
		count uint64
		steps []int
	}{
		{0, nil},
		{1, []int{0}},
		{2, []int{1}},
		{3, []int{1, 2}},
		{4, []int{2}},
		{5, []int{2, 3}},
		{1 << 20, []int{20}},
		{1<<20 + 1, []int{20, 21}},
		{1<<63 + 1, []int{63, 64}},
		{math.MaxUint64, []int{63, 64}},
	} {
		for steps := -1; steps <= 66; steps++ {
			if got, want := ValidPathLen(test.count, steps), slices.Contains(test.steps, steps); got != want {
				t.Errorf("ValidPathLen(%d, %d) = %v", test.count, steps, got)
			}
		}
	}
}
