package hosted

import (
	"bytes"
	"errors"
	"fmt"
	"iter"

	"github.com/go-json-experiment/json/jsontext"
)

// object is a JSON object by the names of its members.
type object map[string]member

// member is a value and where it stands in the text of its object.
type member struct {
	value    jsontext.Value
	from, to int
}

// read reads a JSON object. A member that is there twice, at any depth, is an error, and so is
// what follows the object.
func read(text []byte) (object, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(text))
	if d.PeekKind() != jsontext.KindBeginObject {
		return nil, errors.New("it is not a JSON object")
	}
	_, err := d.ReadToken()
	o := make(object)
	for err == nil && d.PeekKind() == jsontext.KindString {
		var name jsontext.Token
		var value jsontext.Value
		if name, err = d.ReadToken(); err != nil {
			break
		}
		key := name.String()
		if value, err = d.ReadValue(); err != nil {
			break
		}
		to := int(d.InputOffset())
		o[key] = member{text[to-len(value) : to], to - len(value), to}
	}
	if err == nil {
		_, err = d.ReadToken()
	}
	if err != nil {
		return nil, plain(err)
	}
	if len(bytes.Trim(text[d.InputOffset():], " \t\r\n")) > 0 {
		return nil, errors.New("something follows the JSON object")
	}
	return o, nil
}

// text returns the text that the member is, or nothing.
func (m member) text() string {
	if m.value.Kind() != jsontext.KindString {
		return ""
	}
	s, err := jsontext.AppendUnquote(nil, []byte(m.value))
	if err != nil {
		return ""
	}
	return string(s)
}

// texts returns the texts of a member that is one, or an array of them.
func (m member) texts() (list []string) {
	if m.value.Kind() != jsontext.KindBeginArray {
		if s := m.text(); s != "" {
			list = append(list, s)
		}
		return list
	}
	for value := range elements(m.value) {
		list = append(list, member{value: value}.text())
	}
	return list
}

// elements yields the elements of an array that is known to be well formed. Each is valid until
// the next one is yielded.
func elements(array jsontext.Value) iter.Seq[jsontext.Value] {
	return func(yield func(jsontext.Value) bool) {
		d := jsontext.NewDecoder(bytes.NewBuffer(array))
		_, err := d.ReadToken()
		for err == nil && d.PeekKind() != jsontext.KindEndArray {
			var value jsontext.Value
			if value, err = d.ReadValue(); err == nil && !yield(value) {
				return
			}
		}
	}
}

// plain words an error of the JSON library.
func plain(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax) {
		return fmt.Errorf("%.80q is there twice", syntax.JSONPointer)
	}
	return errors.New("its JSON cannot be read")
}
