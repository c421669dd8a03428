package publish

import (
	"fmt"
	"sort"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// MaxStatusItems is the largest number of entries in a status list. A run of
// credentials takes one entry when its whole submission is listed.
const MaxStatusItems = 1 << 20

// StatusItem says that a leaf, or every leaf of a submission, is not good.
type StatusItem struct {
	ID   merkle.Hash // a leaf, or the root of a submission
	Code uint8       // [verifier.StatusSuspended], [verifier.StatusRevoked], or one that a later version defines; never 0
}

// StatusTree is the Merkle tree whose root is an issuer's statusRoot: one leaf for
// each entry and one for the zero id before them, each with the id that follows. It
// is immutable once made.
type StatusTree struct {
	entries []StatusItem // the zero id first
	tree    *merkle.Tree
}

// NewStatusTree builds the tree over entries, which must be strictly ascending by
// id. No entries make a tree too: the list of an issuer that has reinstated
// everybody. It keeps a copy.
func NewStatusTree(entries []StatusItem) (*StatusTree, error) {
	if len(entries) > MaxStatusItems {
		return nil, fmt.Errorf("the status list has %d entries, at most %d are allowed: list whole submissions", len(entries), MaxStatusItems)
	}
	t := &StatusTree{entries: append(make([]StatusItem, 1, len(entries)+1), entries...)}
	leaves := make([]merkle.Hash, len(t.entries))
	for i, e := range t.entries {
		next := t.next(i)
		if merkle.Compare(e.ID, next) >= 0 {
			return nil, fmt.Errorf("status list: id %s may not stand before %s: ids ascend and lie between the zero hash and the largest one", e.ID, next)
		}
		if i > 0 && e.Code == verifier.StatusNone {
			return nil, fmt.Errorf("status list: id %s has code 0; leave out what is good", e.ID)
		}
		leaves[i] = verifier.StatusLeaf(e.ID, e.Code, next)
	}
	var err error
	t.tree, err = merkle.New(leaves)
	return t, err
}

func (t *StatusTree) next(i int) merkle.Hash {
	if i+1 < len(t.entries) {
		return t.entries[i+1].ID
	}
	return sentinel
}

// Root returns the statusRoot.
func (t *StatusTree) Root() merkle.Hash { return t.tree.Root() }

// Prove returns the entry that decides about id, with its path: the one that lists
// it, or else the one whose gap it lies in. id may not be the zero hash or the
// largest one, which no list decides about.
func (t *StatusTree) Prove(id merkle.Hash) (verifier.StatusEntry, error) {
	if id.IsZero() || id == sentinel {
		return verifier.StatusEntry{}, fmt.Errorf("%s cannot have a status", id)
	}
	// The last entry that is not beyond id; the first is the zero id.
	i := sort.Search(len(t.entries), func(i int) bool { return merkle.Compare(t.entries[i].ID, id) > 0 }) - 1
	e := verifier.StatusEntry{ID: t.entries[i].ID, Code: t.entries[i].Code, Next: t.next(i)}
	at, ok := t.tree.Index(verifier.StatusLeaf(e.ID, e.Code, e.Next))
	if !ok {
		return verifier.StatusEntry{}, fmt.Errorf("status tree has lost the entry %s", e.ID) // a broken invariant
	}
	e.Path = t.tree.Path(at)
	return e, nil
}
