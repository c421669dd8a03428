package verifier

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/credential"
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

// Codes of the two entries by which an issuer says what replaces a revoked credential: together
// their ids hold a sha2-256 digest, and the code says whose. They are read only where the
// credential's own leaf is revoked, and say nothing of any other id.
const (
	StatusReplacedJCS uint8 = 3 // by a CID of json-jcs
	StatusReplacedRaw uint8 = 4 // by a CID of raw
)

// ErrNoPointer says that a status list cannot name a CID as what replaces a credential.
var ErrNoPointer = errors.New("a status list can only name a replacement by sha2-256")

// half is a half of an id: the first names the leaf that is replaced, the second hides half of
// the digest of what replaces it.
const half = merkle.Size / 2

// pointerPrefix is how the ids begin that say what replaces a leaf: whoever knows the leaf
// finds them, but cannot read them.
func pointerPrefix(i byte, leaf Hash) (p [half]byte) {
	h := merkle.Keccak256([]byte("hallmark replaced"), []byte{i}, leaf[:])
	copy(p[:], h[:])
	return p
}

// hidden is half i of a digest, hidden from whoever does not know the salt, or shown again.
func hidden(i byte, leaf, salt Hash, part []byte) (out [half]byte) {
	pad := merkle.Keccak256([]byte("hallmark replacement"), []byte{i}, leaf[:], salt[:])
	for j := range out {
		out[j] = pad[j] ^ part[j]
	}
	return out
}

// Pointer returns the two items, ascending by id, by which a status list says that next replaces
// the credential with a leaf and a salt. The leaf itself has to be listed as revoked beside them.
// The error is [ErrNoPointer] if the CID is not of sha2-256.
func Pointer(leaf, salt Hash, next cid.Cid) ([]StatusItem, error) {
	digest, err := multihash.Decode(next.Hash())
	if err != nil || digest.Code != multihash.SHA2_256 || len(digest.Digest) != merkle.Size {
		return nil, fmt.Errorf("%w, and %s is not", ErrNoPointer, next)
	}
	code := StatusReplacedRaw
	if next.Type() == credential.CodecJCS {
		code = StatusReplacedJCS
	}
	items := make([]StatusItem, 2)
	for i := range items {
		prefix, rest := pointerPrefix(byte(i), leaf), hidden(byte(i), leaf, salt, digest.Digest[i*half:])
		items[i] = StatusItem{ID: Hash(slices.Concat(prefix[:], rest[:])), Code: code}
	}
	if merkle.Compare(items[0].ID, items[1].ID) > 0 {
		items[0], items[1] = items[1], items[0]
	}
	return items, nil
}

// WithoutPointers returns the items of a list, in its order and as a copy, without those that say
// what replaces one of some leaves.
func WithoutPointers(items []StatusItem, leaves ...Hash) []StatusItem {
	prefixes := make(map[[half]byte]bool, 2*len(leaves))
	for _, leaf := range leaves {
		prefixes[pointerPrefix(0, leaf)], prefixes[pointerPrefix(1, leaf)] = true, true
	}
	return slices.DeleteFunc(slices.Clone(items), func(item StatusItem) bool { return prefixes[[half]byte(item.ID[:half])] })
}

// ReplacedBy returns the CID that replaces the credential with a leaf and a salt by items, which
// may be a whole list or the entries of a proof, in any order. It is there only if the leaf is
// revoked, and exactly two items point from it, the halves of one CID: anything else says nothing.
func ReplacedBy(items []StatusItem, leaf, salt Hash) (next cid.Cid, ok bool) {
	if !slices.Contains(items, StatusItem{leaf, StatusRevoked}) {
		return cid.Undef, false
	}
	var digest []byte
	var code uint8
	for i := range byte(2) {
		prefix, found := pointerPrefix(i, leaf), 0
		for _, item := range items {
			if [half]byte(item.ID[:half]) != prefix {
				continue
			}
			if found++; found > 1 || i > 0 && item.Code != code {
				return cid.Undef, false
			}
			code = item.Code
			part := hidden(i, leaf, salt, item.ID[half:])
			digest = append(digest, part[:]...)
		}
	}
	codec := uint64(cid.Raw)
	switch {
	case len(digest) != merkle.Size:
		return cid.Undef, false
	case code == StatusReplacedJCS:
		codec = credential.CodecJCS
	case code != StatusReplacedRaw:
		return cid.Undef, false
	}
	name, err := multihash.Encode(digest, multihash.SHA2_256)
	return cid.NewCidV1(codec, name), err == nil
}

// Entries returns what a proof shows of the list for a credential, each entry once: those that
// decide about its leaf and about the root of its submission, and where the leaf is revoked and
// replaced those that say by what. They are at most [MaxStatusEntries].
func (l *StatusList) Entries(leaf, submissionRoot Hash) ([]StatusEntry, error) {
	ids := append([]Hash{leaf, submissionRoot}, l.pointer(leaf)...)
	entries := make([]StatusEntry, 0, len(ids))
	for _, id := range ids {
		e, err := l.Entry(id)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(entries, func(other StatusEntry) bool { return other.ID == e.ID }) {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// pointer returns the ids of the two items that say what replaces a leaf, if it is revoked and
// they are there.
func (l *StatusList) pointer(leaf Hash) []Hash {
	// from returns the first two items from an id on.
	from := func(id Hash) []StatusItem {
		at := sort.Search(len(l.items), func(i int) bool { return merkle.Compare(l.items[i].ID, id) >= 0 })
		return l.items[at:min(at+2, len(l.items))]
	}
	own := from(leaf)
	if len(own) == 0 || own[0] != (StatusItem{leaf, StatusRevoked}) {
		return nil
	}
	items := []StatusItem{own[0]}
	var ids []Hash
	for i := range byte(2) {
		var first Hash
		prefix := pointerPrefix(i, leaf)
		copy(first[:], prefix[:])
		for _, item := range from(first) {
			if [half]byte(item.ID[:half]) == prefix {
				items, ids = append(items, item), append(ids, item.ID)
			}
		}
	}
	// Without the salt it cannot be told by what, but that it is said.
	if _, ok := ReplacedBy(items, leaf, Hash{}); !ok {
		return nil
	}
	return ids
}
