package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"
)

// Limits that the decoder needs beforehand: a block has no room for more links, and
// nothing in it is deeper than page > submission > leaves > link.
const (
	maxElements = MaxBlock/linkSize + 1
	maxNesting  = 5
)

var (
	encMode = must(cbor.EncOptions{
		Sort:          cbor.SortLengthFirst,
		IndefLength:   cbor.IndefLengthForbidden,
		TextMarshaler: cbor.TextMarshalerNone,   // addresses and hashes are byte strings here
		NilContainers: cbor.NilContainerAsEmpty, // null is never written, so it is refused where read
	}.EncMode())
	decMode = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		MaxNestedLevels:   maxNesting,
		MaxArrayElements:  maxElements,
		MaxMapPairs:       16,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		UTF8:              cbor.UTF8RejectInvalid,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// encodeBlock makes a dag-cbor block of v.
func encodeBlock(v any) (Block, error) {
	data, err := encMode.Marshal(v)
	if err != nil {
		return Block{}, err
	}
	return newBlock(cid.DagCBOR, data), nil
}

// fetchCBOR gets a dag-cbor block into v, a pointer to a zero value.
func fetchCBOR(ctx context.Context, get Getter, c cid.Cid, v any) error {
	data, err := fetch(ctx, get, c)
	if err != nil {
		return err
	}
	if err := decode(data, v); err != nil {
		return fmt.Errorf("%w: block %s: %w", ErrInvalid, c, err)
	}
	return nil
}

// decode decodes dag-cbor. Only the one encoding that this package would write is accepted, so a
// missing member, a long integer or an unsorted map is refused by comparing what v encodes to.
func decode(data []byte, v any) error {
	if err := decMode.Unmarshal(data, v); err != nil {
		return err
	}
	again, err := encMode.Marshal(v)
	if err == nil && !bytes.Equal(data, again) {
		err = errors.New("not the deterministic dag-cbor of its content")
	}
	return err
}

const (
	linkTag  = 42
	linkSize = 2 + 2 + 1 + 36 // tag, head of the byte string, zero byte, CID
)

// link is a CID as dag-cbor writes it: tag 42 over 0x00 and the binary CID.
type link struct{ cid.Cid }

// MarshalCBOR writes the link.
func (l link) MarshalCBOR() ([]byte, error) {
	return encMode.Marshal(cbor.Tag{Number: linkTag, Content: append([]byte{0}, l.Bytes()...)})
}

// UnmarshalCBOR reads the link. Whether it leads to a block of the right kind is
// for [checkCID].
func (l *link) UnmarshalCBOR(data []byte) error {
	var tag cbor.RawTag
	if err := decMode.Unmarshal(data, &tag); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	var b []byte
	if err := decMode.Unmarshal(tag.Content, &b); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	if tag.Number != linkTag || len(b) == 0 || b[0] != 0 {
		return fmt.Errorf("link: want tag %d over a zero byte and a CID", linkTag)
	}
	c, err := cid.Cast(b[1:])
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	l.Cid = c
	return nil
}
