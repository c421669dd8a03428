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
	slices.SortFunc(items, func(a, b StatusItem) int { return merkle.Compare(a.ID, b.ID) })
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
