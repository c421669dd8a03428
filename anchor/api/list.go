package api

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxList is the most elements of a list in a request: [anchor.MaxLeaves] and
// [verifier.MaxStatusItems].
const maxList = 1 << 20

// errListLength ends the reading of a list that is too long. It becomes a 413.
var errListLength = errors.New("too many elements")

// list is a JSON array of which no more is kept than maxList elements, however
// short each is on the wire, and none of which is null or lacks what it must have.
type list[T any] []T

// UnmarshalJSONFrom reads the array one element at a time.
func (l *list[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if kind := dec.PeekKind(); kind != '[' {
		return fmt.Errorf("want a list, not %s", kind)
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	*l = list[T]{}
	for dec.PeekKind() != ']' {
		if len(*l) == maxList {
			return fmt.Errorf("%w: a list may have %d", errListLength, maxList)
		}
		if dec.PeekKind() == 'n' {
			return errors.New("a list may not contain null")
		}
		var v T
		if err := json.UnmarshalDecode(dec, &v); err != nil {
			return err
		}
		if m, ok := any(&v).(interface{ missing() string }); ok && m.missing() != "" {
			return fmt.Errorf("an element has no %s", m.missing())
		}
		*l = append(*l, v)
	}
	_, err := dec.ReadToken()
	return err
}
