package trustlist

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// readDCC reads an issuer registry of the Digital Credentials Consortium, its form
// "dcc-legacy", which LearnCard's registry has, too:
//
//	{"meta": {"created": …, "updated": …}, "registry": {"did:…": {"name": …, "location": …, "url": …}}}
//
// Source: github.com/digitalcredentials/issuer-registry-client, src/index.ts and
// test/node/fixtures/httpResponses/legacyResponses (2025).
func readDCC(data []byte) (*Reading, error) {
	var file struct {
		Meta struct {
			Name    jsontext.Value `json:"name"`
			Updated jsontext.Value `json:"updated"`
			Created jsontext.Value `json:"created"`
		} `json:"meta"`
		Registry jsontext.Value `json:"registry"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("the registry cannot be read: %w", plain(err))
	}
	l := &List{Format: FormatDCC, Name: text(file.Meta.Name), Dated: moment(text(file.Meta.Updated))}
	if l.Dated.IsZero() {
		l.Dated = moment(text(file.Meta.Created))
	}
	r := &Reading{List: l}
	err := members(file.Registry, func(id string, v jsontext.Value) error {
		var about struct {
			Name jsontext.Value `json:"name"`
			URL  jsontext.Value `json:"url"`
		}
		if err := json.Unmarshal(v, &about); err != nil {
			return fmt.Errorf("%.100q: not an object", id)
		}
		if !isID(id) || !l.add(text(about.Name), text(about.URL), id) {
			r.Skipped++
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("the registry cannot be read: %w", err)
	}
	return r, nil
}

// members walks through an object in its own order.
func members(v jsontext.Value, each func(name string, v jsontext.Value) error) error {
	if v.Kind() != '{' {
		return errors.New("it is not an object")
	}
	d := jsontext.NewDecoder(bytes.NewReader(v))
	if _, err := d.ReadToken(); err != nil {
		return plain(err)
	}
	for n := 0; d.PeekKind() == '"'; n++ {
		if n == MaxEntries {
			return fmt.Errorf("it has more than %d entries", MaxEntries)
		}
		name, err := d.ReadToken()
		if err != nil {
			return plain(err)
		}
		id := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return plain(err)
		}
		if err := each(id, value); err != nil {
			return err
		}
	}
	return nil
}

// readRegistries reads a list of registries, the consortium's known-did-registries.json:
//
//	[{"type": "dcc-legacy", "name": …, "url": …},
//	 {"type": "oidf", "name": …, "trustAnchorEC": … or "fetchEndpoint": "https://…/fetch?sub="}]
//
// Sources: README.md of github.com/digitalcredentials/issuer-registry-client, and the types of
// github.com/digitalcredentials/verifier-core, which add "vc-recognition" with "url".
func readRegistries(elements []jsontext.Value) (*Reading, error) {
	const most = 256
	if len(elements) > most {
		return nil, fmt.Errorf("the list names %d registries, more than %d", len(elements), most)
	}
	r := &Reading{}
	for i, v := range elements {
		var about struct {
			Type   jsontext.Value `json:"type"`
			Name   jsontext.Value `json:"name"`
			URL    jsontext.Value `json:"url"`
			Anchor jsontext.Value `json:"trustAnchorEC"`
		}
		if err := json.Unmarshal(v, &about); err != nil {
			return nil, fmt.Errorf("registry %d is not an object", i)
		}
		one := Registry{text(about.Name), text(about.URL)}
		if anchor := text(about.Anchor); anchor != "" {
			one.URL = anchor
		}
		if one.URL == "" || len(one.URL) > maxText || len(one.Name) > maxText {
			// One with a fetchEndpoint only can be asked for an issuer, not for all.
			r.Skipped++
			r.Remarks = append(r.Remarks, fmt.Sprintf("%q does not say where its list is", text(about.Name)))
			continue
		}
		r.Others = append(r.Others, one)
	}
	if len(r.Others) == 0 {
		return nil, errors.New("none of the registries that it names says where its list is")
	}
	return r, nil
}

// readProfiles reads an array of profiles as Open Badges has them: objects with id, type,
// name and url (Open Badges 3.0, section B.1.20, Profile; 2.0, section Profile). 1EdTech
// publishes no other form of a list of issuers, and its public validator reads none
// (github.com/1EdTech/digital-credentials-public-validator, 2025).
func readProfiles(elements []jsontext.Value) (*Reading, error) {
	r := &Reading{List: &List{Format: FormatProfiles}}
	for i, v := range elements {
		if i == MaxEntries {
			return nil, fmt.Errorf("the list has more than %d entries", MaxEntries)
		}
		var p struct {
			ID   jsontext.Value `json:"id"`
			Name jsontext.Value `json:"name"`
			URL  jsontext.Value `json:"url"`
		}
		if err := json.Unmarshal(v, &p); err != nil {
			return nil, fmt.Errorf("profile %d is not an object", i)
		}
		if !r.List.add(text(p.Name), text(p.URL), texts(p.ID)...) {
			r.Skipped++
		}
	}
	return r, nil
}
