package docs_test

import (
	"slices"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// TestThroughAnotherNode shows what scale.md says of nodes that anchor through nodes: with the root of
// a node's batch as a leaf of another's, a path through both trees is a path of format 1 to the upper root.
func TestThroughAnotherNode(t *testing.T) {
	batch := func(node byte, submissions int) *merkle.Tree {
		ids := make([]merkle.Hash, submissions)
		for i := range ids {
			ids[i] = verifier.BatchLeaf(verifier.Address{node, 1}, merkle.Hash{node, byte(i)})
		}
		tree, err := merkle.New(ids)
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}
	lower := []*merkle.Tree{batch(1, 5), batch(2, 1), batch(3, 8)}
	var roots []merkle.Hash
	for _, tree := range lower {
		roots = append(roots, tree.Root())
	}
	upper, err := merkle.New(slices.Clone(roots))
	if err != nil {
		t.Fatal(err)
	}
	id := verifier.BatchLeaf(verifier.Address{3, 1}, merkle.Hash{3, 6})
	at, ok := lower[2].Index(id)
	above, found := upper.Index(roots[2])
	if !ok || !found {
		t.Fatal("the submission is in no tree")
	}
	path := append(lower[2].Path(at), upper.Path(above)...)
	if got := merkle.Root(id, path); got != upper.Root() {
		t.Errorf("the path leads to %s, want %s", got, upper.Root())
	}
}
