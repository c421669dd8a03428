package verifier

import (
	"fmt"
	"sort"

	"github.com/hallmark-node/hallmark/merkle"
)

// MaxStatusItems is the most items that a status list may have. A run of
// credentials takes one item when its whole submission is listed.
const MaxStatusItems = 1 << 20

// StatusItem says that a leaf, or every leaf of a submission, is not good, or is half of what
// replaces a leaf, see [Pointer].
type StatusItem struct {
	ID   Hash  `json:"id"`   // a leaf, or the root of a submission
	Code uint8 `json:"code"` // StatusSuspended and so on, or one that a later version defines; never StatusNone
}

// lastID is the "next" of the last entry of a status list; no id has it.
var lastID = func() (h Hash) {
	for i := range h {
		h[i] = 0xff
	}
	return h
}()

// ReservedID reports whether id is one of the two sentinels of status lists,
// which can be neither an id nor a leaf.
func ReservedID(id Hash) bool { return id.IsZero() || id == lastID }

// StatusList is an issuer's whole status list and the Merkle tree whose root is
// its statusRoot: one leaf for each item and one for the zero id before them, each
// with the id that follows. It does not change after [NewStatusList].
type StatusList struct {
	items []StatusItem // the zero id first
	tree  *merkle.Tree
}

// NewStatusList builds the list of items, which must be strictly ascending by id.
// No items make a list too: that of an issuer that has reinstated everybody. It
// keeps a copy.
func NewStatusList(items []StatusItem) (*StatusList, error) {
	if len(items) > MaxStatusItems {
		return nil, fmt.Errorf("the status list has %d items, at most %d are allowed: list whole submissions", len(items), MaxStatusItems)
	}
	l := &StatusList{items: append(make([]StatusItem, 1, len(items)+1), items...)}
	leaves := make([]Hash, len(l.items))
	for i, item := range l.items {
		next := l.next(i)
		if merkle.Compare(item.ID, next) >= 0 {
			return nil, fmt.Errorf("status list: id %s may not stand before %s: ids ascend and lie between the zero hash and the largest one",
				item.ID, next)
		}
		if i > 0 && item.Code == StatusNone {
			return nil, fmt.Errorf("status list: id %s has code 0; leave out what is good", item.ID)
		}
		leaves[i] = StatusLeaf(item.ID, item.Code, next)
	}
	var err error
	l.tree, err = merkle.New(leaves)
	return l, err
}

func (l *StatusList) next(i int) Hash {
	if i+1 < len(l.items) {
		return l.items[i+1].ID
	}
	return lastID
}

// MergeStatusItems returns the items of two ascending lists as one, each id with the
// higher of its codes: revoked rather than suspended.
func MergeStatusItems(a, b []StatusItem) []StatusItem {
	merged := make([]StatusItem, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch order := merkle.Compare(a[0].ID, b[0].ID); {
		case order < 0:
			merged, a = append(merged, a[0]), a[1:]
		case order > 0:
			merged, b = append(merged, b[0]), b[1:]
		default:
			merged = append(merged, StatusItem{a[0].ID, max(a[0].Code, b[0].Code)})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(merged, a...), b...)
}

// Root returns what the registry stores as the issuer's statusRoot.
func (l *StatusList) Root() Hash { return l.tree.Root() }

// Items returns the items ascending by id. The slice must not be changed.
func (l *StatusList) Items() []StatusItem { return l.items[1:] }

// Entry returns the entry that decides about id, with its path: the one that lists
// it, or else the one whose gap it lies in. A reserved id has no status.
func (l *StatusList) Entry(id Hash) (StatusEntry, error) {
	if ReservedID(id) {
		return StatusEntry{}, fmt.Errorf("%s cannot have a status", id)
	}
	// The last item that is not beyond id; the first is the zero id.
	i := sort.Search(len(l.items), func(i int) bool { return merkle.Compare(l.items[i].ID, id) > 0 }) - 1
	e := StatusEntry{ID: l.items[i].ID, Code: l.items[i].Code, Next: l.next(i)}
	at, ok := l.tree.Index(StatusLeaf(e.ID, e.Code, e.Next))
	if !ok {
		return StatusEntry{}, fmt.Errorf("the status list has lost the entry %s", e.ID) // a broken invariant
	}
	e.Path = l.tree.Path(at)
	return e, nil
}
