package verifier

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/merkle"
)

// StatusItem is one suspension or revocation in an issuer's status list: of a
// leaf, or of a whole submission by its root.
type StatusItem struct {
	ID   Hash
	Code uint8 // StatusSuspended or StatusRevoked
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

// StatusList is an issuer's whole status list and its Merkle tree. It does not
// change after [NewStatusList].
type StatusList struct {
	items []StatusItem // ascending by id
	tree  *merkle.Tree // over the entries, the zero one included
}

// NewStatusList builds the list of items, in any order. A reserved id, an id
// given twice or a code other than suspended and revoked is an error.
func NewStatusList(items []StatusItem) (*StatusList, error) {
	l := &StatusList{items: slices.Clone(items)}
	slices.SortFunc(l.items, func(a, b StatusItem) int { return merkle.Compare(a.ID, b.ID) })
	for i, item := range l.items {
		switch {
		case ReservedID(item.ID):
			return nil, fmt.Errorf("status list: %s cannot be an id", item.ID)
		case item.Code != StatusSuspended && item.Code != StatusRevoked:
			return nil, fmt.Errorf("status list: %s has code %d, want 1 (suspended) or 2 (revoked)", item.ID, item.Code)
		case i > 0 && l.items[i-1].ID == item.ID:
			return nil, fmt.Errorf("status list: %s is listed twice", item.ID)
		}
	}
	leaves := make([]Hash, len(l.items)+1)
	for i := range leaves {
		e := l.entry(i)
		leaves[i] = StatusLeaf(e.ID, e.Code, e.Next)
	}
	var err error
	l.tree, err = merkle.New(leaves)
	return l, err
}

// Root returns what the registry stores as the issuer's statusRoot.
func (l *StatusList) Root() Hash { return l.tree.Root() }

// Items returns the list's items ascending by id. The slice must not be changed.
func (l *StatusList) Items() []StatusItem { return l.items }

// Code returns the code of id, [StatusNone] if it is not listed.
func (l *StatusList) Code(id Hash) uint8 {
	if i, found := l.find(id); found {
		return l.items[i].Code
	}
	return StatusNone
}

// Entry returns the entry that decides about id, with its path: the one of id
// itself, or the one whose gap id lies in.
func (l *StatusList) Entry(id Hash) (StatusEntry, error) {
	if ReservedID(id) {
		return StatusEntry{}, errors.New("status list: a reserved id has no status")
	}
	i, found := l.find(id)
	if found {
		i++ // the entries start with the zero one
	}
	e := l.entry(i)
	at, ok := l.tree.Index(StatusLeaf(e.ID, e.Code, e.Next))
	if !ok {
		return StatusEntry{}, errors.New("status list: entry is not in its own tree")
	}
	e.Path = l.tree.Path(at)
	return e, nil
}

func (l *StatusList) find(id Hash) (int, bool) {
	return slices.BinarySearchFunc(l.items, id, func(item StatusItem, id Hash) int { return merkle.Compare(item.ID, id) })
}

// entry returns entry i without a path; entry 0 is the zero one, entry i that of
// item i-1.
func (l *StatusList) entry(i int) StatusEntry {
	e := StatusEntry{Next: lastID}
	if i > 0 {
		e.ID, e.Code = l.items[i-1].ID, l.items[i-1].Code
	}
	if i < len(l.items) {
		e.Next = l.items[i].ID
	}
	return e
}
