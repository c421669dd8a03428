package trustlist

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Federation is a trust anchor of OpenID Federation 1.0: its own statement names where it
// lists its subordinates (section 8.2) and where it makes statements about each (section 8.1).
// So the registry of the Digital Credentials Consortium and the Issuer Identity Registry of
// Credential Engine are published.
type Federation struct {
	Issuer   string // its entity identifier
	ListURL  string // the listing: an array of entity identifiers
	FetchURL string // a statement, with ?sub= and an entity identifier

	keys []key
}

// statement is an entity statement: of a federation about itself or about a subordinate.
type statement struct {
	Issuer   string                    `json:"iss"`
	Subject  string                    `json:"sub"`
	Issued   float64                   `json:"iat"`
	Expires  float64                   `json:"exp"`
	Keys     jsontext.Value            `json:"jwks"` // of the subject
	Metadata map[string]jsontext.Value `json:"metadata"`
}

// organization is what metadata says of who an entity is.
type organization struct {
	Name     jsontext.Value `json:"organization_name"`
	Display  jsontext.Value `json:"display_name"`
	HomePage jsontext.Value `json:"homepage_uri"`
	Old      jsontext.Value `json:"organization_uri"` // homepage_uri until draft 41
	List     jsontext.Value `json:"federation_list_endpoint"`
	Fetch    jsontext.Value `json:"federation_fetch_endpoint"`
}

// skew is how far clocks may be apart.
const skew = 15 * time.Minute

func (s *statement) check(now time.Time) error {
	const last = 1 << 40 // seconds
	switch {
	case s.Issuer == "" || s.Subject == "":
		return errors.New("it does not say who speaks of whom")
	case !(s.Issued > 0 && s.Issued < last && s.Expires > 0 && s.Expires < last):
		return errors.New("it does not say for what time it is")
	case time.Unix(int64(s.Issued), 0).After(now.Add(skew)):
		return errors.New("it is of the future")
	case time.Unix(int64(s.Expires), 0).Before(now.Add(-skew)):
		return fmt.Errorf("it ran out on %s: get a newer one", time.Unix(int64(s.Expires), 0).UTC().Format(time.RFC3339))
	}
	return nil
}

// organization returns what the statement says of its subject. Besides the metadata of
// federations the consortium's registry has a part with the legal name.
func (s *statement) organization() (about organization, name string) {
	if v := s.Metadata["federation_entity"]; v != nil {
		_ = json.Unmarshal(v, &about) // what is no object says nothing
	}
	if name = text(about.Name); name == "" {
		name = text(about.Display)
	}
	if name == "" {
		var more struct {
			Name jsontext.Value `json:"legal_name"`
		}
		if v := s.Metadata["institution_additional_information"]; v != nil && json.Unmarshal(v, &more) == nil {
			name = text(more.Name)
		}
	}
	return about, name
}

func (o *organization) homePage() string {
	if s := text(o.HomePage); s != "" {
		return s
	}
	return text(o.Old)
}

func parseStatement(t *token, now time.Time) (*statement, error) {
	var s statement
	if err := json.Unmarshal(t.payload, &s); err != nil {
		return nil, plain(err)
	}
	return &s, s.check(now)
}

// readToken reads a token: an entity statement, or a credential of recognized entities.
//
// Sources: OpenID Federation 1.0, section 3, and what
// github.com/digitalcredentials/issuer-registry-client reads (src/index.ts, and
// test/node/fixtures/httpResponses/oidfResponses; 2025), which checks no signature.
func readToken(ctx context.Context, data []byte, now time.Time) (*Reading, error) {
	t, err := parseToken(data)
	if err != nil {
		return nil, fmt.Errorf("the list: %w", err)
	}
	if !strings.EqualFold(t.typ, "entity-statement+jwt") {
		if vc := credentialIn(t.payload); vc != nil {
			return readRecognized(ctx, vc, data, now)
		}
		return nil, fmt.Errorf("the token (of type %.50q) is neither an entity statement nor a credential of recognized entities", t.typ)
	}
	s, err := parseStatement(t, now)
	if err != nil {
		return nil, fmt.Errorf("the entity statement: %w", err)
	}
	about, name := s.organization()
	l := &List{Format: FormatFederation, Dated: time.Unix(int64(s.Issued), 0).UTC()}
	r := &Reading{List: l}
	if s.Issuer != s.Subject {
		l.Name = s.Issuer
		if !isID(s.Subject) || !l.add(name, about.homePage(), s.Subject) {
			r.Skipped++
		}
		r.Remarks = append(r.Remarks, fmt.Sprintf("that it is %q's own is not checked, since its key is not in it", s.Issuer))
		return r, nil
	}
	keys := parseKeys(s.Keys)
	k, err := t.check(keys)
	if err != nil {
		return nil, fmt.Errorf("the entity statement of %.200q: %w", s.Issuer, err)
	}
	if l.Name, l.Key = name, k.print; name == "" {
		l.Name = s.Issuer
	}
	r.Remarks = append(r.Remarks, "it is signed with the key that it brings along, which says that it is whole, not whose it is")
	list, fetch := text(about.List), text(about.Fetch)
	if list == "" || fetch == "" {
		return nil, fmt.Errorf("%.200q does not say where it lists others: it is an entity of a federation, not a list", s.Issuer)
	}
	r.Federation = &Federation{Issuer: s.Issuer, ListURL: list, FetchURL: fetch, keys: keys}
	return r, nil
}

// credentialIn returns the credential that a token secures: the payload itself or, as in the
// first version of the data model, its member vc. Nil if that is none of recognized entities.
func credentialIn(payload []byte) []byte {
	var body struct {
		Type jsontext.Value `json:"type"`
		VC   jsontext.Value `json:"vc"`
	}
	switch err := json.Unmarshal(payload, &body); {
	case err != nil:
		return nil
	case recognizes(body.Type):
		return payload
	case body.VC != nil && json.Unmarshal(body.VC, &body) == nil && recognizes(body.Type):
		return body.VC
	}
	return nil
}

// Subordinates reads the answer of [Federation.ListURL].
func (f *Federation) Subordinates(data []byte) ([]string, error) {
	var elements []jsontext.Value
	if err := json.Unmarshal(data, &elements); err != nil {
		return nil, fmt.Errorf("the listing of %.200q cannot be read: %w", f.Issuer, plain(err))
	}
	return subordinates(elements)
}

func subordinates(elements []jsontext.Value) (ids []string, err error) {
	if len(elements) > MaxEntries {
		return nil, fmt.Errorf("the listing has more than %d entries", MaxEntries)
	}
	for i, v := range elements {
		if v.Kind() != '"' {
			return nil, fmt.Errorf("entry %d of the listing is no entity identifier", i)
		}
		ids = append(ids, text(v))
	}
	return ids, nil
}

// Add adds a subordinate to a list of the federation: by the statement about it, the answer
// of [Federation.FetchURL], or with its identifier only if that is nil. It reports whether
// the entity can be an issuer.
func (f *Federation) Add(l *List, subject string, answer []byte, now time.Time) (bool, error) {
	if answer == nil {
		return isID(subject) && l.add("", "", subject), nil
	}
	t, err := parseToken([]byte(strings.TrimSpace(string(answer))))
	if err != nil {
		return false, fmt.Errorf("what %.200q says of %.200q: %w", f.Issuer, subject, err)
	}
	s, err := parseStatement(t, now)
	if err == nil {
		_, err = t.check(f.keys)
	}
	if err == nil && (s.Issuer != f.Issuer || s.Subject != subject) {
		err = fmt.Errorf("it is what %.100q says of %.100q", s.Issuer, s.Subject)
	}
	if err != nil {
		return false, fmt.Errorf("what %.200q says of %.200q: %w", f.Issuer, subject, err)
	}
	about, name := s.organization()
	return isID(subject) && l.add(name, about.homePage(), subject), nil
}

// readListing reads a file with the answer of a listing endpoint.
func readListing(elements []jsontext.Value) (*Reading, error) {
	ids, err := subordinates(elements)
	if err != nil {
		return nil, err
	}
	r := &Reading{List: &List{Format: FormatFederation}, Remarks: []string{"a listing has no names and no signature"}}
	for _, id := range ids {
		if !isID(id) || !r.List.add("", "", id) {
			r.Skipped++
		}
	}
	return r, nil
}
