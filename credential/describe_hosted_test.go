package credential_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/hosted"
)

// frozen makes a frozen badge of what three addresses of one host answered.
func frozen(t testing.TB, assertion, class, profile string) []byte {
	t.Helper()
	part := func(role hosted.Role, path, body string) hosted.Part {
		return hosted.Part{
			Role: role, URL: "https://badges.example/" + path, Status: 200, Body: []byte(body),
			Fetched: time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC),
		}
	}
	b := hosted.New(part(hosted.RoleAssertion, "a", assertion))
	if class != "" {
		b.Add(part(hosted.RoleBadge, "b", class))
	}
	if profile != "" {
		b.Add(part(hosted.RoleIssuer, "i", profile))
	}
	data, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const (
	frozenAssertion = `{"@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": "https://badges.example/a",
  "badge": "https://badges.example/b", "recipient": {"type": "email", "hashed": false, "identity": "mia.okoro@mail.example"},
  "issuedOn": "2024-05-02T10:00:00Z", "expires": "2027-05-02T10:00:00Z", "verification": {"type": "HostedBadge"}}`
	frozenClass = `{"@context": "https://w3id.org/openbadges/v2", "type": "BadgeClass", "id": "https://badges.example/b",
  "name": "Net Mending",
  "criteria": {"narrative": "mends nets"}, "issuer": "https://badges.example/i",
  "alignment": [{"targetName": "Repair nets", "targetUrl": "https://skills.example/42"}]}`
	frozenProfile = `{"@context": "https://w3id.org/openbadges/v2", "type": "Profile", "id": "https://badges.example/i",
  "name": "Harbour School",
  "url": "https://harbour.example", "email": "office@harbour.example"}`
)

// A frozen badge is read as the assertion that has all that it links to inside.
func TestDescribeFrozen(t *testing.T) {
	d := credential.Describe(frozen(t, frozenAssertion, frozenClass, frozenProfile))
	if d.Title() != "Open Badge 2.0 assertion in frozen bundle" || d.Problem != "" || d.IssuerByURL || d.Opaque ||
		!slices.Equal(d.IssuerIDs, []string{"https://badges.example/i"}) || d.IssuerName != "Harbour School" ||
		!slices.Equal(d.Names, []string{"Net Mending"}) || !slices.Equal(d.Criteria, []string{"mends nets"}) || len(d.Alignments) != 1 ||
		d.ValidUntil.Text != "2027-05-02T10:00:00Z" || len(d.Recipients) != 1 || d.RecipientProblem != "" || d.Revoked != "" {
		t.Errorf("got %+v", d)
	}
	if d.Frozen == nil || d.Frozen.At != "2026-11-02T12:00:00Z" || d.Frozen.Badge != "https://badges.example/a" {
		t.Errorf("frozen: %+v", d.Frozen)
	}

	d = credential.Describe(frozen(t, frozenAssertion, "", ""))
	if !d.IssuerByURL || d.Problem != "" || len(d.IssuerIDs) != 0 {
		t.Errorf("of an assertion alone: %+v", d)
	}

	gone := hosted.New(
		hosted.Part{Role: hosted.RoleAssertion, URL: "https://badges.example/a", Status: 410, Fetched: time.Unix(1793000000, 0).UTC()},
	)
	data, err := gone.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if d = credential.Describe(data); !strings.HasPrefix(d.Revoked, "its address answered HTTP 410 on") || d.Problem == "" ||
		d.RecipientProblem == "" {
		t.Errorf("of one that was revoked: %+v", d)
	}
}

// What is in no bundle, or does not fit, is not read as one; and what holds for assertions holds
// for frozen ones.
func TestDescribeFrozenHostile(t *testing.T) {
	good := string(frozen(t, frozenAssertion, frozenClass, frozenProfile))
	edit := func(old, by string) string {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(good, old, by, 1)
	}
	of := func(part, old, by string) string {
		t.Helper()
		parts := map[string]string{"a": frozenAssertion, "b": frozenClass, "i": frozenProfile}
		if !strings.Contains(parts[part], old) {
			t.Fatalf("no %q", old)
		}
		parts[part] = strings.Replace(parts[part], old, by, 1)
		return string(frozen(t, parts["a"], parts["b"], parts["i"]))
	}
	inside, err := json.Marshal(json.RawMessage(good))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, doc, want string }{
		{
			"with an issuer beside the parts", edit(`"badge":`, `"issuer": "https://college.example", "badge":`),
			`its member "issuer" is not one of this format`,
		},
		{"that is a credential, too", edit(`"badge":`, `"type": ["VerifiableCredential"], "badge":`), `not one of this format`},
		{"with a class of another address", edit("https://badges.example/b", "https://badges.example/c"), "do not belong together"},
		{
			"with another issuer in the assertion", of("a", `"badge"`, `"issuer": {"id": "https://college.example", "name": "College"}, "badge"`),
			"it names two issuers",
		},
		{"with another issuer in the class", of("b", `"issuer"`, `"issuedBy": "https://college.example", "issuer"`), `may name an issuer`},
		{"with another issuer in the profile", of("i", `"url"`, `"issuer": "https://college.example", "url"`), `may name an issuer`},
		{"with a context of its own", of("i", `"@context": "https://w3id.org/openbadges/v2"`, `"@context": {"url": "@id"}`), "@context"},
		{"with a date that cannot be told", of("b", `"name"`, `"expires": "2020-01-01", "name"`), ""},
		{"that is a presentation", of("a", `"type": "Assertion"`, `"type": ["Assertion", "VerifiablePresentation"]`), "it is a presentation"},
		{"in a bundle", string(frozen(t, string(inside), "", "")), "do not belong together"},
		{"as an issuer", of("i", `"url"`, `"hallmarkHosted": 1, "url"`), ""},
		{"in an array", "[" + good + "]", "not an object"},
	} {
		d := credential.Describe([]byte(c.doc))
		if !strings.Contains(d.Problem, c.want) || c.want != "" && d.Problem == "" {
			t.Errorf("%s: got the problem %q, want %q", c.name, d.Problem, c.want)
		}
		if c.want == "" && c.name == "with a date that cannot be told" && d.ValidUntil.Err == "" {
			t.Errorf("%s: valid until %+v", c.name, d.ValidUntil)
		}
	}
}

// A plain assertion, too, may say that it was revoked.
func TestDescribeRevoked(t *testing.T) {
	for _, c := range []struct{ revoked, want string }{
		{"true", "it says so itself"},
		{`true, "revocationReason": "in error"`, `it says so itself: "in error"`},
		{"false", ""},
		{"null", ""},
		{`"true"`, "?"},
		{"1", "?"},
		{"{}", "?"},
	} {
		doc := fmt.Sprintf(
			`{"type": "Assertion", "id": "https://badges.example/a", 
  "badge": {"name": "X", "issuer": {"id": "https://badges.example/i"}}, "revoked": %s}`,
			c.revoked,
		)
		d := credential.Describe([]byte(doc))
		if told := d.ValidUntil.Err == ""; told != (c.want != "?") || told && d.Revoked != c.want {
			t.Errorf("%s: got %q, %+v", c.revoked, d.Revoked, d.ValidUntil)
		}
	}
}

// A frozen badge has the CID of any JSON document.
func TestSumFrozen(t *testing.T) {
	doc := frozen(t, frozenAssertion, frozenClass, frozenProfile)
	id, err := credential.Sum(bytes.NewReader(doc), credential.FormAuto, "")
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, doc); err != nil {
		t.Fatal(err)
	}
	if again, err := credential.Sum(&compact, credential.FormAuto, ""); err != nil || !again.Equals(id) {
		t.Errorf("written in another way it is %s (%v), not %s", again, err, id)
	}
}
