package hosted_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/credential/hosted"
)

const at = "https://badges.example"

// The badge of these tests: three documents that lead to each other, and a picture.
const (
	assertion = `{"@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": "https://badges.example/a/1",
  "badge": "https://badges.example/b/1", "recipient": {"type": "email", "hashed": false, "identity": "mia.okoro@mail.example"},
  "issuedOn": "2024-05-02T10:00:00Z", "verification": {"type": "HostedBadge"}}`
	class = `{"type": "BadgeClass", "id": "https://badges.example/b/1", "name": "Net Mending", "criteria": {"narrative": "mends nets"},
  "image": "https://pictures.example/b.png", "issuer": "https://badges.example/i/1"}`
	profile = `{"type": "Profile", "id": "https://badges.example/i/1", "name": "Harbour School"}`
	picture = "\x89PNG\r\n\x1a\n"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func part(role hosted.Role, url, body string) hosted.Part {
	return hosted.Part{Role: role, URL: url, Fetched: day("2026-11-02"), Status: 200, MediaType: "application/json", Body: []byte(body)}
}

// badge returns the bundle of these tests.
func badge() *hosted.Bundle {
	b := hosted.New(part(hosted.RoleAssertion, at+"/a/1", assertion))
	b.Add(part(hosted.RoleBadge, at+"/b/1", class))
	b.Add(part(hosted.RoleIssuer, at+"/i/1", profile))
	b.Add(part(hosted.RoleImage, "https://pictures.example/b.png", picture))
	return b
}

func token(payload string) []byte {
	return []byte(
		base64.RawURLEncoding.EncodeToString(
			[]byte(`{"alg":"RS256"}`),
		) + "." + base64.RawURLEncoding.EncodeToString(
			[]byte(payload),
		) + ".c2ln",
	)
}

func TestRoundTrip(t *testing.T) {
	data, err := badge().Encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := hosted.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.Encode()
	if err != nil || !bytes.Equal(again, data) {
		t.Errorf("read and written again it is another: %v\n%s", err, again)
	}
	if string(b.Parts[1].Body) != class {
		t.Errorf("the badge class is %q", b.Parts[1].Body)
	}
	carried := bytes.Replace(data, []byte("{"), []byte(`{"proof": [{"type": "Something", "x": null}],`), 1)
	if _, err := hosted.Parse(carried); err != nil {
		t.Errorf("with a proof in it: %v", err)
	}
}

func TestJoin(t *testing.T) {
	j, err := badge().Join()
	if err != nil {
		t.Fatal(err)
	}
	var joined struct {
		Badge struct {
			Name   string `json:"name"`
			Issuer struct {
				Name string `json:"name"`
			} `json:"issuer"`
		} `json:"badge"`
	}
	if err := json.Unmarshal(j.Assertion, &joined); err != nil {
		t.Fatal(err)
	}
	if joined.Badge.Name != "Net Mending" || joined.Badge.Issuer.Name != "Harbour School" || j.Revoked != "" || j.Missing != nil ||
		j.Links != nil {
		t.Errorf("got %s, revoked %q, missing %q, links %v", j.Assertion, j.Revoked, j.Missing, j.Links)
	}
}

// What Join says of badges that differ from the one above in one thing. Where want is empty
// they belong together.
func TestBelongTogether(t *testing.T) {
	edit := func(i int, old, by string) func(*hosted.Bundle) {
		return func(b *hosted.Bundle) {
			if !bytes.Contains(b.Parts[i].Body, []byte(old)) {
				panic(old)
			}
			b.Parts[i].Body = bytes.Replace(b.Parts[i].Body, []byte(old), []byte(by), 1)
		}
	}
	url := func(i int, u string) func(*hosted.Bundle) { return func(b *hosted.Bundle) { b.Parts[i].URL = u } }
	without := func(i int) func(*hosted.Bundle) {
		return func(b *hosted.Bundle) { b.Parts = append(b.Parts[:i:i], b.Parts[i+1:]...) }
	}
	move := func(to string) func(*hosted.Bundle) { // the assertion
		return func(b *hosted.Bundle) {
			edit(0, at+"/a/1", to)(b)
			b.Parts[0].URL, b.Badge = to, to
		}
	}
	for _, c := range []struct {
		name   string
		change func(*hosted.Bundle)
		want   string
	}{
		{"redirected", func(b *hosted.Bundle) { b.Parts[1].FinalURL = at + "/b/one" }, ""},
		{"redirected to where it says that it is", func(b *hosted.Bundle) { b.Parts[1].FinalURL = at + "/b/2"; edit(1, "/b/1", "/b/2")(b) }, ""},
		{"the class is at another address", url(1, at+"/b/2"), `nothing in the badge links to its part "https://badges.example/b/2"`},
		{"the class calls itself otherwise", edit(1, "/b/1", "/b/2"), `the badge class calls itself "https://badges.example/b/2"`},
		{"the class does not name itself", edit(1, `"id": "https://badges.example/b/1", `, ""), `the badge class calls itself ""`},
		{"the assertion calls itself otherwise", edit(0, "/a/1", "/a/2"), `the assertion calls itself "https://badges.example/a/2"`},
		{"the bundle is of another badge", func(b *hosted.Bundle) { b.Badge = at + "/a/2" }, `not "https://badges.example/a/2"`},
		{"the profile calls itself otherwise", edit(2, "/i/1", "/i/2"), `the issuer's profile calls itself`},
		{"a class that is a profile", edit(1, "BadgeClass", "Profile"), `the badge class is of the type "Profile"`},
		{"a profile that is an assertion", edit(2, "Profile", "Assertion"), `is of the type "Assertion"`},
		{"the class is its own issuer", edit(1, "/i/1", "/b/1"), `nothing in the badge links to its part "https://badges.example/i/1"`},
		{"the assertion is its own class", edit(0, "/b/1", "/a/1"), `nothing in the badge links to its part "https://badges.example/b/1"`},
		{"a picture that nothing links to", url(3, at+"/b.png"), `nothing in the badge links to`},
		{
			"the class is there, and in the assertion, too", edit(0, `"https://badges.example/b/1"`,
				`{"name": "Sailing", "issuer": {"name": "X", "id": "https://badges.example/x"}}`),
			"nothing in the badge links to",
		},
		{"the class by an object", edit(0, `"https://badges.example/b/1"`, `{"type": "BadgeClass", "id": "https://badges.example/b/1"}`), ""},
		{
			"a member twice", edit(1, `"name": "Net Mending"`, `"name": "Net Mending", "name": "Sailing"`),
			`the badge class cannot be read: "/name" is there twice`,
		},
		{"a member twice, deeper", edit(1, `"narrative": "mends nets"`, `"a": 1, "\u0061": 2`), "is there twice"},
		{"something behind the profile", edit(2, "School\"}", "School\"} {}"), "something follows"},
		{"no JSON", func(b *hosted.Bundle) { b.Parts[0].Body = []byte("<html>") }, "it is not a JSON object"},
		{"no class", edit(0, `"badge": "https://badges.example/b/1", `, ""), "names no badge class"},
		{"signed, and no token", edit(0, "HostedBadge", "SignedBadge"), "is not a token"},
		{"revoked, perhaps", edit(0, `"type": "Assertion"`, `"type": "Assertion", "revoked": "yes"`), `neither true nor false`},

		// Whose badge it is, is for its host to say.
		{
			"on the host of somebody else", move("https://forger.example/a/1"),
			`is at "https://forger.example/a/1", which is not where its issuer "https://badges.example/i/1" says`,
		},
		{"on a port of its own", move("https://badges.example:8443/a/1"), "is not where its issuer"},
		{"on a host below", move("https://x.badges.example/a/1"), "is not where its issuer"},
		{"on a host that begins alike", func(b *hosted.Bundle) {
			move("https://badges.example.forger.example/a/1")(b)
			edit(2, `"name"`, `"verification": {"startsWith": "https://badges.example"}, "name"`)(b)
		}, "is not where its issuer"},
		{"on a host that the issuer allows", func(b *hosted.Bundle) {
			move("https://platform.example/a/1")(b)
			edit(2, `"name"`, `"verification": {"allowedOrigins": ["platform.example"]}, "name"`)(b)
		}, ""},
		{"below an address that the issuer allows", func(b *hosted.Bundle) {
			move("https://platform.example/school/1")(b)
			edit(2, `"name"`, `"verification": {"startsWith": ["https://platform.example/school/"]}, "name"`)(b)
		}, ""},
		{"beside an address that the issuer allows", func(b *hosted.Bundle) {
			move("https://platform.example/else/1")(b)
			edit(2, `"name"`, `"verification": {"startsWith": ["https://platform.example/school/"]}, "name"`)(b)
		}, "is not where its issuer"},
		{"a class of somebody else", func(b *hosted.Bundle) {
			edit(0, "https://badges.example/b/1", "https://forger.example/b/1")(b)
			edit(1, "https://badges.example/b/1", "https://forger.example/b/1")(b)
			b.Parts[1].URL = "https://forger.example/b/1"
		}, `the badge class is at "https://forger.example/b/1"`},
		{"an issuer that is no address", func(b *hosted.Bundle) {
			without(2)(b)
			edit(1, `"https://badges.example/i/1"`, `{"id": "did:web:badges.example", "name": "Harbour School"}`)(b)
		}, "says nothing of where its badges are"},
	} {
		b := badge()
		c.change(b)
		_, err := b.Join()
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// What is not there is told, and stays a link.
func TestMissing(t *testing.T) {
	b := badge()
	b.Parts[2] = hosted.Part{Role: hosted.RoleIssuer, URL: at + "/i/1", Fetched: day("2026-11-02"), Status: 404}
	j, err := b.Join()
	if err != nil {
		t.Fatal(err)
	}
	if len(j.Missing) != 1 || j.Missing[0] != "the issuer's profile (HTTP 404)" ||
		!bytes.Contains(j.Assertion, []byte(`"issuer": "https://badges.example/i/1"`)) {
		t.Errorf("missing %q in %s", j.Missing, j.Assertion)
	}
	b.Parts = b.Parts[:1]
	if j, err = b.Join(); err != nil || len(j.Links) != 1 || j.Links[0] != (hosted.Link{Role: hosted.RoleBadge, URL: at + "/b/1"}) {
		t.Errorf("of an assertion alone: links %v, %v", j.Links, err)
	}
}

// A badge that its platform calls revoked says so, in each of the ways of Open Badges.
func TestRevoked(t *testing.T) {
	gone := func(body string) *hosted.Bundle {
		p := part(hosted.RoleAssertion, at+"/a/1", body)
		p.Status = 410
		return hosted.New(p)
	}
	listed := signed(
		`{"type": "RevocationList", "issuer": "https://badges.example/i/1",
  "revokedAssertions": [{"id": "urn:uuid:1", "revocationReason": "nets fell apart"}]}`,
	)
	says := badge()
	says.Parts[0].Body = []byte(
		strings.Replace(assertion, `"type": "Assertion"`, `"type": "Assertion", "revoked": true, "revocationReason": "in error"`, 1),
	)
	for _, c := range []struct {
		name   string
		bundle *hosted.Bundle
		want   string
		whole  bool
	}{
		{"gone", gone(""), "its address answered HTTP 410 on 2026-11-02T00:00:00Z", false},
		{"gone, with a page", gone("<html>"), "its address answered HTTP 410 on 2026-11-02T00:00:00Z", false},
		{
			"gone, with a reason", gone(`{"revoked": true, "revocationReason": "in error"}`),
			`its address answered HTTP 410 on 2026-11-02T00:00:00Z: "in error"`, false,
		},
		{
			"gone, and all there", func() *hosted.Bundle { b := badge(); b.Parts[0].Status = 410; return b }(),
			"its address answered HTTP 410 on 2026-11-02T00:00:00Z", true,
		},
		{"says so", says, `its address said so on 2026-11-02T00:00:00Z: "in error"`, true},
		{"listed", listed, `the revocation list of its issuer named it on 2026-11-02T00:00:00Z: "nets fell apart"`, true},
	} {
		j, err := c.bundle.Join()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if j.Revoked != c.want || (j.Assertion != nil) != c.whole {
			t.Errorf("%s: revoked %q, assertion %q", c.name, j.Revoked, j.Assertion)
		}
	}
	if _, err := gone(`{"id": "https://badges.example/a/2", "revoked": true}`).Join(); err == nil {
		t.Error("what is gone is another badge, and that is taken")
	}
}

// signed is a signed badge with its issuer's revocation list.
func signed(list string) *hosted.Bundle {
	b := hosted.New(
		hosted.Part{Role: hosted.RoleAssertion, Fetched: day("2026-11-02"), Body: token(`{"type": "Assertion", "id": "urn:uuid:1",
  "badge": "https://badges.example/b/1", "verification": {"type": "SignedBadge", "creator": "https://badges.example/k/1"}}`)},
	)
	b.Add(part(hosted.RoleBadge, at+"/b/1", class))
	b.Add(
		part(
			hosted.RoleIssuer,
			at+"/i/1",
			strings.Replace(profile, `"name"`, `"revocationList": "https://badges.example/r/1", "name"`, 1),
		),
	)
	b.Add(
		part(
			hosted.RoleKey,
			at+"/k/1",
			`{"type": "CryptographicKey", "id": "https://badges.example/k/1", "owner": "https://badges.example/i/1", "publicKeyPem": "…"}`,
		),
	)
	b.Add(part(hosted.RoleRevocationList, at+"/r/1", list))
	return b
}

func TestSigned(t *testing.T) {
	b := signed(`{"revokedAssertions": ["urn:uuid:2"]}`)
	j, err := b.Join()
	if err != nil || j.Revoked != "" || len(j.Links) != 1 { // the picture
		t.Errorf("revoked %q, links %v, %v", j.Revoked, j.Links, err)
	}
	if data, err := b.Encode(); err != nil {
		t.Error(err)
	} else if _, err := hosted.Parse(data); err != nil {
		t.Error(err)
	}
	b.Parts[3].Body = bytes.Replace(b.Parts[3].Body, []byte("/i/1"), []byte("/i/2"), 1)
	if _, err := b.Join(); err == nil || !strings.Contains(err.Error(), "the key says that it is of") {
		t.Errorf("a key of another: %v", err)
	}
	if _, err := signed(`{"issuer": "https://other.example", "revokedAssertions": []}`).Join(); err == nil {
		t.Error("the revocation list of another is taken")
	}
	for _, c := range []struct{ list, want string }{
		{`{"id": "https://badges.example/r/1"}`, `its issuer named it`},
		{`["https://badges.example/r/1"]`, "cannot be told"},
		{`{"revokedAssertions": ["urn:uuid:1"]}`, "cannot be told"},
	} {
		b := signed(`{"revokedAssertions": ["urn:uuid:1"]}`)
		b.Parts[2].Body = bytes.Replace(b.Parts[2].Body, []byte(`"https://badges.example/r/1"`), []byte(c.list), 1)
		var said string
		if j, err := b.Join(); err != nil {
			said = err.Error()
		} else {
			said = j.Revoked
		}
		if !strings.Contains(said, c.want) {
			t.Errorf("the list is at %s: %q", c.list, said)
		}
	}
	if _, err := signed(`{"revokedAssertions": [{}]}`).Join(); err == nil {
		t.Error("a revocation list of which an entry cannot be told is taken")
	}
}

// No bundle: the form is strict. Two readings of one file would be two badges.
func TestRefused(t *testing.T) {
	good, err := badge().Encode()
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, by string) string {
		if !bytes.Contains(good, []byte(old)) {
			t.Fatalf("no %q in %s", old, good)
		}
		return strings.Replace(string(good), old, by, 1)
	}
	for _, c := range []struct{ name, data, want string }{
		{"another version", edit(`"hallmarkHosted": 1`, `"hallmarkHosted": 2`), "needs a newer verifier"},
		{"no version", edit(`"hallmarkHosted": 1,`, ``), "no version"},
		{"an unknown member", edit(`"badge":`, `"issuer": "x", "badge":`), `"issuer" is not one of this format`},
		{"an unknown member of a part", edit(`"role":`, `"id": "x", "role":`), "is not one of this format"},
		{"a member twice", edit(`"badge":`, `"badge": "x", "badge":`), "is there twice"},
		{"a member in other letters", edit(`"badge":`, `"Badge":`), "not one of this format"},
		{"null", edit(`"mediaType": "application/json"`, `"mediaType": null`), "wrong kind"},
		{"no parts", `{"hallmarkHosted": 1, "frozen": "2026-11-02T00:00:00Z", "badge": "x", "parts": []}`, "not an assertion"},
		{"parts is an object", `{"hallmarkHosted": 1, "frozen": "2026-11-02T00:00:00Z", "badge": "x", "parts": {}}`, "wrong kind"},
		{"parts are texts", `{"hallmarkHosted": 1, "frozen": "2026-11-02T00:00:00Z", "badge": "x", "parts": ["a"]}`, "not a JSON object"},
		{"something behind", string(good) + "{}", "something follows"},
		{"a mark in front", "\ufeff" + string(good), "not a JSON object"},
		{"a time of another zone", edit(`"frozen": "2026-11-02T00:00:00Z"`, `"frozen": "2026-11-02T00:00:00+00:00"`), "not a time"},
		{"parts that are newer", edit(`"frozen": "2026-11-02T00:00:00Z"`, `"frozen": "2026-11-01T00:00:00Z"`), "newer than the bundle"},
		{"another role", edit(`"role": "badge"`, `"role": "endorsement"`), `its role "endorsement" is not known`},
		{"two assertions", edit(`"role": "badge"`, `"role": "assertion"`), "two of the role assertion"},
		{"two classes", edit(`"role": "issuer"`, `"role": "badge"`), "two of the role badge"},
		{"the class first", edit(`"role": "assertion"`, `"role": "image"`), "not an assertion"},
		{"an address twice", edit(`/i/1`, `/b/1`), "is there twice"},
		{"http", edit(`https://badges.example/b/1`, `http://badges.example/b/1`), "https://"},
		{"a user", edit(`https://badges.example/b/1`, `https://a:b@badges.example/b/1`), "https://"},
		{"a space in the address", edit(`https://badges.example/b/1`, `https://badges.example/b /1`), "https://"},
		{"a class without an address", edit(`"url": "https://badges.example/b/1",`, ``), "https://"},
		{"a redirect status", edit(`"status": 200`, `"status": 302`), "status 302"},
		{"an assertion that was not found", edit(`"status": 200`, `"status": 404`), "none"},
		{"a body that is no base64", edit(`"body": "`, `"body": "*`), "base64"},
		{"a body in lines", edit(`"body": "`, `"body": "\n`), "base64"},
		{"a body with loose bits", edit(`"body": "`+base64.StdEncoding.EncodeToString([]byte(picture))+`"`, `"body": "iVBORw0KGgp="`), "base64"},
		{"a body that is empty", edit(`"body": "`+base64.StdEncoding.EncodeToString([]byte(picture))+`"`, `"body": ""`), "is empty"},
		{"a media type with parameters", edit(`"application/json"`, `"application/json; charset=utf-8"`), "media type"},
		{"no JSON", "frozen", "not a JSON object"},
	} {
		_, err := hosted.Parse([]byte(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	many := badge()
	for i := range hosted.MaxParts {
		many.Add(part(hosted.RoleImage, at+"/"+strings.Repeat("p", i+1), picture))
	}
	if _, err := many.Encode(); err == nil {
		t.Error("too many parts are taken")
	}
	long := badge()
	long.Parts[1].Body = append(long.Parts[1].Body, bytes.Repeat([]byte(" "), hosted.MaxJSON)...)
	if _, err := long.Encode(); err == nil {
		t.Error("too long a part is taken")
	}
}

func FuzzBundle(f *testing.F) {
	for _, b := range []*hosted.Bundle{badge(), signed(`{"revokedAssertions": ["urn:uuid:1"]}`)} {
		data, err := b.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, []byte(class))
	}
	f.Add([]byte(`{"hallmarkHosted":1,"frozen":"2026-11-02T00:00:00Z","badge":"https://a.example/1","parts":[{"role":"assertion",`+
		`"url":"https://a.example/1","fetched":"2026-11-02T00:00:00Z","status":410}]}`), []byte(`{"issuer": {"id": "x"}}`))
	f.Fuzz(func(t *testing.T, data, body []byte) {
		b, err := hosted.Parse(data)
		if err != nil {
			return
		}
		encoded, err := b.Encode()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := hosted.Parse(encoded); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		for i := range b.Parts {
			was := b.Parts[i].Body
			for _, with := range [][]byte{was, body} {
				b.Parts[i].Body = with
				j, err := b.Join()
				if err == nil && j.Assertion != nil && !json.Valid(j.Assertion) {
					t.Fatalf("the parts together are no JSON: %s", j.Assertion)
				}
			}
			b.Parts[i].Body = was
		}
	})
}
