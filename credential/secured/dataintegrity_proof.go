package secured

import (
	"bytes"
	"errors"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// The suites of Data Integrity that are checked.
const (
	suiteEdDSAJCS  = "eddsa-jcs-2022"
	suiteEdDSARDFC = "eddsa-rdfc-2022"
	suiteECDSAJCS  = "ecdsa-jcs-2019"
	suiteECDSARDFC = "ecdsa-rdfc-2019"
	suiteEd2020    = "Ed25519Signature2020"
)

// proofObject is the members of a proof.
type proofObject map[string]jsontext.Value

// canonical is its form by RFC 8785.
func (p proofObject) canonical() ([]byte, error) {
	text := jsontext.Value("{")
	for i, name := range slices.Sorted(maps.Keys(p)) {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(append(text, quoted(name)...), ':'), p[name]...)
	}
	text = append(text, '}')
	if err := text.Canonicalize(); err != nil {
		return nil, err
	}
	return text, nil
}

// text is a member that is a string, "" if it is none.
func (p proofObject) text(name string) string {
	return textOf(p[name])
}

// textOf is a JSON string as text, "" if it is none.
func textOf(value jsontext.Value) string {
	if value.Kind() != jsontext.KindString {
		return ""
	}
	text, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return ""
	}
	return string(text)
}

// membersOf is the members of a JSON object.
func membersOf(object []byte) (proofObject, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(object))
	if d.PeekKind() != jsontext.KindBeginObject {
		return nil, errors.New("not a JSON object")
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	found := proofObject{}
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		text := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		found[text] = value.Clone()
	}
	_, err := d.ReadToken()
	return found, err
}
