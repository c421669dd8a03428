package main

import (
	"fmt"

	"github.com/hallmark-node/hallmark/merkle"
)

// sizes are those for which the growth of costs is shown.
var sizes = []struct {
	n    int
	name string
}{{1_000, "1k"}, {10_000, "10k"}, {100_000, "100k"}, {million, "1m"}, {10 * million, "10m"}}

// growthRow measures the same work on 1,000 to 10 million leaves.
func growthRow(b *bench) error {
	all := makeCredentials(sizes[len(sizes)-1].n)
	for _, size := range sizes {
		some := all.first(size.n)
		leaves := some.leaves()
		tree := must(merkle.New(leaves))
		sorted := make([]merkle.Hash, size.n)
		for i := range sorted {
			sorted[i] = tree.Leaf(i)
		}
		times := max(1, 100_000/size.n) // what is short is repeated
		runs := min(b.runs, 3)
		s, err := inTurn(runs, micros(times, func() { some.leaves() }), micros(times, func() { must(merkle.New(leaves)) }),
			micros(times, func() { must(merkle.FromSorted(sorted)) }), micros(times, func() { tracePaths(tree) }))
		if err != nil {
			return err
		}
		for i, what := range growing[:4] {
			b.add(newResult("grow-"+what.id+"-"+size.name, fmt.Sprintf("%s, %d", what.work, size.n), "ms",
				s[i].each(func(us float64) float64 { return us / 1000 }), nil))
		}
		check, err := b.growthOfChecks(tree, runs)
		if err != nil {
			return err
		}
		b.add(newResult("grow-check-"+size.name, fmt.Sprintf("%s, %d", growing[4].work, size.n), "ms", check, nil))
	}
	return nil
}

// growth is one kind of work whose growth is shown.
type growth struct{ id, work string }

// growing is what growthRow measures, in the order of the table in
// docs/performance.md.
var growing = []growth{
	{"hash", "leaves hashed from CID and salt"},
	{"new", "sorted, and the tree"},
	{"tree", "the tree of sorted leaves"},
	{"paths", "all paths"},
	{"check", "all paths checked"},
}

// tracePaths makes all paths, one after the other.
func tracePaths(tree *merkle.Tree) {
	var path [maxSteps]merkle.Hash
	for i := range tree.Len() {
		tree.AppendPath(path[:0], i)
	}
}

// maxSteps is those of a path in the largest tree.
const maxSteps = 24

// growthOfChecks checks all paths, in the order of the tree, a million at a time.
func (b *bench) growthOfChecks(tree *merkle.Tree, runs int) (series, error) {
	var out series
	for range runs {
		sum := 0.0
		for from := 0; from < tree.Len(); from += million {
			took, err := millis(somePaths(tree, from, min(from+million, tree.Len())).check)()
			if err != nil {
				return nil, err
			}
			sum += took
		}
		out = append(out, sum)
	}
	return out, b.ctx.Err()
}

// first returns the first n of them.
func (c *credentials) first(n int) *credentials { return &credentials{c.cids[:n], c.salts[:n]} }

// growingAck is measured by ackBulkRow, and stands behind the others.
var growingAck = growth{"ack", "acknowledged durably over HTTP"}
