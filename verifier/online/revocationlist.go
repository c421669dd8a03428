package online

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// revocations is a list of revoked credentials by their ids: the 1EdTech Revocation List
// Status Method 1.0 (revokedCredential) and the RevocationList of Open Badges 2.0
// (revokedAssertions).
type revocations struct {
	issuer string            // empty if it does not say
	why    map[string]string // reason by id or uid; the reason may be empty
}

// maxRevoked bounds the entries of a list; eight MiB hold no more that mean anything.
const maxRevoked = 500_000

// readRevocations reads such a list.
func readRevocations(body []byte) (*revocations, error) {
	var m struct {
		Issuer jsontext.Value   `json:"issuer"`
		One    []jsontext.Value `json:"revokedCredential"`
		More   []jsontext.Value `json:"revokedCredentials"` // as some write it
		OB2    []jsontext.Value `json:"revokedAssertions"`
	}
	if json.Unmarshal(body, &m) != nil {
		return nil, errors.New("it cannot be read")
	}
	if m.One == nil && m.More == nil && m.OB2 == nil {
		return nil, errors.New("it is not a revocation list")
	}
	r := &revocations{issuer: idOf(m.Issuer), why: make(map[string]string)}
	for _, list := range [][]jsontext.Value{m.One, m.More, m.OB2} {
		for _, entry := range list {
			if len(r.why) >= maxRevoked {
				return nil, errors.New("it is too long")
			}
			if err := r.add(entry); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// add reads one entry: an id, or an object. One that says nothing is an error, since it
// might be meant for any credential.
func (r *revocations) add(entry jsontext.Value) error {
	if entry.Kind() == jsontext.KindString {
		id := idOf(entry)
		if id == "" {
			return errors.New("one of its entries has no id")
		}
		r.why[id] = ""
		return nil
	}
	var m struct {
		ID      string `json:"id"`
		UID     string `json:"uid"`
		Revoked *bool  `json:"revoked"`
		Reason  string `json:"revocationReason"`
	}
	if json.Unmarshal(entry, &m) != nil {
		return errors.New("one of its entries cannot be read")
	}
	if m.ID == "" && m.UID == "" {
		return errors.New("one of its entries has no id")
	}
	if m.Revoked != nil && !*m.Revoked {
		return nil
	}
	for _, id := range []string{m.ID, m.UID} {
		if id != "" {
			r.why[id] = m.Reason
		}
	}
	return nil
}

// idOf returns a text, or the id of an object; empty if it is neither.
func idOf(v jsontext.Value) string {
	var s string
	switch v.Kind() {
	case jsontext.KindString:
		_ = json.Unmarshal(v, &s) // then it stays empty
	case jsontext.KindBeginObject:
		var m struct {
			ID jsontext.Value `json:"id"`
		}
		if json.Unmarshal(v, &m) == nil && m.ID.Kind() == jsontext.KindString {
			return idOf(m.ID)
		}
	}
	return s
}
