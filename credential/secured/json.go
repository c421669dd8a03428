package secured

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

var errNotObject = errors.New("it is not a JSON object")

// strictMembers is the members of a text that is one JSON object, without a member twice
// at any depth or invalid UTF-8.
func strictMembers(object []byte) (proofObject, error) {
	if value := jsontext.Value(object); value.Kind() != jsontext.KindBeginObject || !value.IsValid() {
		return nil, errNotObject
	}
	return membersOf(object)
}

// elementsOf is the elements of a JSON array; false if it is none.
func elementsOf(array jsontext.Value) (elements []jsontext.Value, ok bool) {
	if array.Kind() != jsontext.KindBeginArray {
		return nil, false
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(array))
	if _, err := d.ReadToken(); err != nil {
		return nil, false
	}
	for d.PeekKind() != jsontext.KindEndArray {
		element, err := d.ReadValue()
		if err != nil {
			return nil, false
		}
		elements = append(elements, element.Clone())
	}
	return elements, true
}
