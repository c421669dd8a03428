package secured

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/internal/date"
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

// suite is the suite that a proof is of. It is known if it is checked here; what a document
// calls it is returned else.
func (p proofObject) suite() (name string, known bool) {
	name = p.text("type")
	switch name {
	case suiteEd2020:
		return name, true
	case "DataIntegrityProof":
		name = p.text("cryptosuite")
	default:
		return name, false
	}
	switch name {
	case suiteEdDSAJCS, suiteEdDSARDFC, suiteECDSAJCS, suiteECDSARDFC:
		return name, true
	}
	return name, false
}

// refuse says why a proof is not looked at, nil if it is. What is for somebody (the members
// domain and challenge) is signed like the rest, and of no concern here.
func (p proofObject) refuse(now time.Time) *Finding {
	result := func(f Finding) *Finding { return &f }
	for _, name := range []string{"verificationMethod", "proofPurpose", "proofValue", "created", "expires", "cryptosuite"} {
		if value := p[name]; value != nil && value.Kind() != jsontext.KindString {
			return result(unreadable("", "in its proof, the member "+credential.Quoted(name)+" is not a text"))
		}
	}
	times := map[string]time.Time{}
	for _, name := range []string{"created", "expires"} {
		if p[name] == nil {
			continue
		}
		at, slack, err := date.Parse(p.text(name))
		if err != nil || slack > 0 {
			return result(unreadable("", "in its proof, the member "+credential.Quoted(name)+" is not a date with a time and a zone"))
		}
		times[name] = at
	}
	switch expires := times["expires"]; {
	case p["proofValue"] == nil:
		return result(unreadable("", "its proof has no proofValue"))
	case p["previousProof"] != nil:
		return result(unsupported("", "its proof stands on another one"))
	case p.text("proofPurpose") != "assertionMethod":
		return result(unsupported("", "its proof is for "+short(p.text("proofPurpose"))+", not for assertions"))
	case !expires.IsZero() && now.After(expires):
		return result(unsupported("", "its proof was good until "+expires.UTC().Format(time.RFC3339)+" only"))
	}
	return nil
}

// options are the members that are signed.
func (p proofObject) options() proofObject {
	options := maps.Clone(p)
	delete(options, "proofValue")
	return options
}

// sameJSON tells whether two texts are the same JSON.
func sameJSON(a, b jsontext.Value) bool {
	a, b = a.Clone(), b.Clone()
	return a.Canonicalize() == nil && b.Canonicalize() == nil && bytes.Equal(a, b)
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
