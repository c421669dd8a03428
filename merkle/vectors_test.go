package merkle_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
)

// vectors is the part of commitment.json that is purely tree. Its values were
// computed with @openzeppelin/merkle-tree.
type vectors struct {
	Batches []struct {
		Root        merkle.Hash
		Submissions []struct {
			ID, Root    merkle.Hash
			Count       int
			Path        []merkle.Hash
			Credentials []struct {
				Leaf merkle.Hash
				Path []merkle.Hash
			}
		}
	}
	StatusLists []struct {
		Root    merkle.Hash
		Entries []struct{}
		Proofs  []struct {
			Of    merkle.Hash
			Good  bool
			Entry struct {
				ID, Next merkle.Hash
				Code     uint8
			}
			Path []merkle.Hash
		}
	}
}

func readVectors(t *testing.T) (v vectors) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", "vectors", "commitment.json"))
	if err != nil {
		t.Skipf("the shared vectors are not beside this tree: %v", err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVectors(t *testing.T) {
	v := readVectors(t)
	if len(v.Batches) == 0 || len(v.StatusLists) == 0 {
		t.Fatal("no batches or no status lists in the vectors")
	}
	check := func(what string, root merkle.Hash, leaves []merkle.Hash, paths [][]merkle.Hash) {
		t.Helper()
		tree, err := merkle.New(leaves)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if tree.Root() != root {
			t.Errorf("%s: root %s, want %s", what, tree.Root(), root)
		}
		for i, leaf := range leaves {
			at, ok := tree.Index(leaf)
			if !ok || !slices.Equal(tree.Path(at), paths[i]) {
				t.Errorf("%s: path of %s differs", what, leaf)
			}
			if merkle.Root(leaf, paths[i]) != root {
				t.Errorf("%s: path of %s misses the root", what, leaf)
			}
		}
	}
	for _, batch := range v.Batches {
		var ids []merkle.Hash
		var idPaths [][]merkle.Hash
		for _, sub := range batch.Submissions {
			ids, idPaths = append(ids, sub.ID), append(idPaths, sub.Path)
			var leaves []merkle.Hash
			var paths [][]merkle.Hash
			for _, c := range sub.Credentials {
				leaves, paths = append(leaves, c.Leaf), append(paths, c.Path)
				if !merkle.ValidPathLen(uint64(sub.Count), len(c.Path)) {
					t.Errorf("path of %d steps among %d leaves", len(c.Path), sub.Count)
				}
			}
			check("submission "+sub.ID.String(), sub.Root, leaves, paths)
		}
		check("batch "+batch.Root.String(), batch.Root, ids, idPaths)
	}
	for _, list := range v.StatusLists {
		for _, p := range list.Proofs {
			// abi.encode(bytes32 id, uint8 code, bytes32 next): three words.
			encoded := slices.Concat(p.Entry.ID[:], make([]byte, 31), []byte{p.Entry.Code}, p.Entry.Next[:])
			if got := merkle.Root(merkle.LeafHash(encoded), p.Path); got != list.Root {
				t.Errorf("status entry for %s leads to %s, want %s", p.Of, got, list.Root)
			}
		}
	}
}
