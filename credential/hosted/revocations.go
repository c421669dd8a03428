package hosted

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// Revocations is a list of revoked credentials by their ids: the 1EdTech Revocation List
// Status Method 1.0 (revokedCredential) and the RevocationList of Open Badges 2.0
// (revokedAssertions).
type Revocations struct {
	Issuer string            // empty if it does not say
	Why    map[string]string // reason by id or uid; the reason may be empty
}

// maxRevoked bounds the entries of a list; eight MiB hold no more that mean anything.
const maxRevoked = 500_000

// ReadRevocations reads such a list.
func ReadRevocations(body []byte) (*Revocations, error) {
	o, err := read(body)
	if err != nil {
		return nil, errors.New("it cannot be read")
	}
	r := &Revocations{Issuer: idOf(o["issuer"].value), Why: make(map[string]string)}
	lists := 0
	for _, name := range []string{"revokedCredential", "revokedCredentials", "revokedAssertions"} { // the second as some write it
		switch list := o[name].value; list.Kind() {
		case jsontext.KindInvalid, jsontext.KindNull:
		case jsontext.KindBeginArray:
			lists++
			for entry := range elements(list) {
				if len(r.Why) >= maxRevoked {
					return nil, errors.New("it is too long")
				}
				if err := r.add(entry); err != nil {
					return nil, err
				}
			}
		default:
			return nil, errors.New("it cannot be read")
		}
	}
	if lists == 0 {
		return nil, errors.New("it is not a revocation list")
	}
	return r, nil
}

// add reads one entry: an id, or an object. One that says nothing is an error, since it
// might be meant for any credential.
func (r *Revocations) add(entry jsontext.Value) error {
	if entry.Kind() == jsontext.KindString {
		id := idOf(entry)
		if id == "" {
			return errors.New("one of its entries has no id")
		}
		r.Why[id] = ""
		return nil
	}
	o, err := read(entry)
	if err != nil {
		return errors.New("one of its entries cannot be read")
	}
	for _, name := range []string{"id", "uid", "revocationReason"} {
		if kind := o[name].value.Kind(); kind != jsontext.KindInvalid && kind != jsontext.KindNull && kind != jsontext.KindString {
			return errors.New("one of its entries cannot be read")
		}
	}
	id, uid := o["id"].text(), o["uid"].text()
	switch revoked := string(o["revoked"].value); {
	case id == "" && uid == "":
		return errors.New("one of its entries has no id")
	case revoked == "false":
		return nil
	case revoked != "" && revoked != "true" && revoked != "null":
		return errors.New("one of its entries cannot be read")
	}
	for _, id := range []string{id, uid} {
		if id != "" {
			r.Why[id] = o["revocationReason"].text()
		}
	}
	return nil
}

// idOf returns a text, or the id of an object; empty if it is neither.
func idOf(v jsontext.Value) string {
	if v.Kind() == jsontext.KindBeginObject {
		o, _ := read(v) // else it has none
		return o["id"].text()
	}
	return member{value: v}.text()
}
