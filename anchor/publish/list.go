package publish

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/verifier"
)

// List is a JSON array of at most [MaxLeaves] elements, however short each is on the wire,
// none of which is null or lacks a required member. So many a status list may have, too.
type List[T any] []T

// UnmarshalJSONFrom reads the array one element at a time.
func (l *List[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if kind := dec.PeekKind(); kind != '[' {
		return fmt.Errorf("want a list, not %s", kind)
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	*l = List[T]{}
	for dec.PeekKind() != ']' {
		if len(*l) == MaxLeaves {
			return ErrTooMany
		}
		if dec.PeekKind() == 'n' {
			return errors.New("a list may not contain null")
		}
		var v T
		if err := json.UnmarshalDecode(dec, &v); err != nil {
			return err
		}
		if item, ok := any(v).(verifier.StatusItem); ok && item.ID.IsZero() {
			return errors.New("an element has no id")
		}
		*l = append(*l, v)
	}
	_, err := dec.ReadToken()
	return err
}
