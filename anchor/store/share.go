package store

import (
	"bytes"
	"context"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Share is what a node keeps of a credential that somebody chose to show on a page, beside the
// badge itself. Of its proof only what the node does not know is kept: the CID and the salt.
type Share struct {
	CID      []byte      `cbor:"1,keyasint"` // of the credential, in binary form
	Salt     merkle.Hash `cbor:"2,keyasint"`
	Token    merkle.Hash `cbor:"3,keyasint"`           // SHA-256 of the token that takes it down
	SharedAt int64       `cbor:"4,keyasint"`           // Unix milliseconds
	Until    int64       `cbor:"5,keyasint,omitempty"` // Unix milliseconds from which on it is not shown; 0: no end
	Size     uint64      `cbor:"6,keyasint"`           // of the badge, in bytes
	ShowName bool        `cbor:"7,keyasint,omitempty"` // the picture for previews names whom it is for
	Index    bool        `cbor:"8,keyasint,omitempty"` // search engines may list the page
}

// Leaf returns the leaf of the credential, the key of its share.
func (s *Share) Leaf() merkle.Hash { return verifier.Leaf(s.CID, s.Salt) }

func shareKey(leaf merkle.Hash) []byte { return key('j', leaf[:]) }
func badgeKey(leaf merkle.Hash) []byte { return key('J', leaf[:]) }

// Share returns what is shared of a leaf, or [ErrNotFound].
func (r reader) Share(leaf merkle.Hash) (s Share, err error) {
	err = r.get(shareKey(leaf), &s)
	return s, err
}

// Badge returns the file that was shared of a leaf, or [ErrNotFound].
func (r reader) Badge(leaf merkle.Hash) ([]byte, error) { return r.bytes(badgeKey(leaf)) }

// EachShare calls do with the shares whose leaves begin with prefix, in the order of the leaves,
// until it returns false.
func (r reader) EachShare(prefix []byte, do func(leaf merkle.Hash, s *Share) bool) error {
	lower := key('j', prefix)
	return r.each(lower, after(lower), func(k, value []byte) (bool, error) {
		if len(k) != 1+merkle.Size {
			return false, fmt.Errorf("the data is damaged: a key of kind j has %d bytes", len(k))
		}
		var s Share
		if err := cbor.Unmarshal(value, &s); err != nil {
			return false, fmt.Errorf("record under %q: %w", k[:1], err)
		}
		return do(merkle.Hash(k[1:]), &s), nil
	})
}

// PutShare writes a share and its badge in the place of what was shared of that leaf.
func (tx *Tx) PutShare(s *Share, badge []byte) error {
	leaf := s.Leaf()
	if err := tx.kv.Set(badgeKey(leaf), badge); err != nil {
		return err
	}
	return tx.put(shareKey(leaf), s)
}

// RemoveShare removes a share and its badge.
func (tx *Tx) RemoveShare(leaf merkle.Hash) error {
	if err := tx.kv.Delete(badgeKey(leaf)); err != nil {
		return err
	}
	return tx.kv.Delete(shareKey(leaf))
}

// DropBadge is called for a share that was removed. In a folder it rewrites the tables that still
// hold the badge, so that its bytes do not stay in them until something else is written there.
func (s *Store) DropBadge(ctx context.Context, leaf merkle.Hash) error {
	if s.folder == nil {
		return nil
	}
	k := badgeKey(leaf)
	return s.folder.Rewrite(ctx, k, after(k))
}

// shares checks each share against its badge, and that neither is without the other.
func (c *checker) shares() error {
	wrong := func(where, what string, args ...any) {
		c.found(Damage{where, fmt.Sprintf(what, args...), "restore a backup, or share the credential again"})
	}
	err := c.each('j', func(k, v []byte) {
		c.Shares++
		leaf := merkle.Hash(k[1:])
		where := "share of " + leaf.String()
		var s Share
		if err := cbor.Unmarshal(v, &s); err != nil {
			wrong(where, "the record cannot be decoded: %s", oneLine(err))
			return
		}
		if s.Leaf() != leaf {
			wrong(where, "it is of the leaf %s", s.Leaf())
			return
		}
		switch badge, err := c.s.Badge(leaf); {
		case err != nil:
			wrong(where, "its badge is missing: %s", oneLine(err))
		case uint64(len(badge)) != s.Size:
			wrong(where, "its badge has %d bytes, not %d", len(badge), s.Size)
		}
	})
	if err != nil {
		return err
	}
	return c.each('J', func(k, _ []byte) {
		if !c.has("shared badge", key('j', bytes.Clone(k[1:]))) {
			c.surplus("badge of "+merkle.Hash(k[1:]).String(), "it is not shared")
		}
	})
}
