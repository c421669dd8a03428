package credential

import (
	"bytes"
	"errors"
	"iter"

	"github.com/go-json-experiment/json/jsontext"
)

var (
	errNotObject = errors.New("not a JSON object")
	errTrailing  = errors.New("something follows the JSON object")
)

// members returns the values of the members of a JSON object that have exactly
// one of the names, after unescaping. It reads the whole object: duplicate names and
// invalid UTF-8 at any depth, and anything but one object, are errors.
func members(object []byte, names ...string) (map[string]jsontext.Value, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(object))
	if d.PeekKind() != jsontext.KindBeginObject {
		return nil, errNotObject
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	found := make(map[string]jsontext.Value, len(names))
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		key := ""
		for _, wanted := range names {
			if name.String() == wanted {
				key = wanted
			}
		}
		value, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		if key != "" {
			found[key] = bytes.Clone(value) // the decoder reuses its own
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	if len(bytes.TrimLeft(object[d.InputOffset():], jsonSpace)) > 0 {
		return nil, errTrailing
	}
	return found, nil
}

// elements yields the elements of a JSON array. Each is valid until the next one
// is yielded; an error is the last thing that is.
func elements(array []byte) iter.Seq2[jsontext.Value, error] {
	return func(yield func(jsontext.Value, error) bool) {
		d := jsontext.NewDecoder(bytes.NewBuffer(array))
		if _, err := d.ReadToken(); err != nil {
			yield(nil, err)
			return
		}
		for {
			if d.PeekKind() == jsontext.KindEndArray {
				return
			}
			value, err := d.ReadValue()
			if !yield(value, err) || err != nil {
				return
			}
		}
	}
}
