package credential

import (
	"encoding/base64"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hallmark-node/hallmark/internal/sharedtest"
)

// at is a date as the description has it, read with the time package alone.
func at(text string) Date {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return Date{Present: true, Text: text, Time: t.UTC()}
}

// span is a date without its zone, or a day alone.
func span(text, earliest string, slack time.Duration) Date {
	d := at(earliest)
	d.Text, d.Slack = text, slack
	return d
}

func recipient(value string) []Identity { return []Identity{{Value: value}} }

// The golden table has the rest of what a document says, and who received it may be
// stated in further ways.
var mainFields = cmp.Options{
	cmpopts.IgnoreFields(Description{}, "Name", "RecipientName", "Criteria", "Image", "Alignments", "Tags", "Evidence"),
	cmp.Comparer(func(a, b []Identity) bool {
		return fmt.Sprint(append(a, Identity{})[0]) == fmt.Sprint(append(b, Identity{})[0])
	}),
}

// The published samples, as a person reads them.
func TestDescribeSamples(t *testing.T) {
	const hashed = "sha256$ecf5409f3f4b91ab60cc5ef4c02aef7032354375e70cf4d8e43f6a1d29891942"
	teamwork := Description{
		Kind: "Open Badge 3.0", IssuerIDs: []string{"https://example.com/issuers/876543"}, IssuerName: "Example Corp",
		Names: []string{"Teamwork"}, Recipients: recipient("did:example:ebfeb1f712ebc6f1c276e12ec21"), ValidFrom: at("2010-01-01T00:00:00Z"),
	}
	degree := Description{
		Kind: "Open Badge 3.0", Carrier: "JWT", IssuerIDs: []string{"https://example.edu/issuers/565049"}, IssuerName: "Example University",
		Names: []string{"Example University Degree"}, Recipients: recipient("did:example:ebfeb1f712ebc6f1c276e12ec21"),
		ValidFrom: Date{Present: true, Text: "1262304000", Time: at("2010-01-01T00:00:00Z").Time},
	}
	token := degree // the one that the pictures carry
	token.IssuerIDs, token.IssuerName, token.Names = []string{"https://1edtech.edu/issuers/565049"}, "Example Corp", teamwork.Names
	assertion := Description{
		Kind: "Open Badge 2.0 assertion", IssuerByURL: true, IssuerURL: "https://example.org/robotics-badge.json",
		Recipients: recipient(hashed), ValidFrom: at("2016-12-31T23:59:59Z"),
	}
	with := func(d Description, change func(*Description)) Description { change(&d); return d }
	for file, want := range map[string]Description{
		inspectorVC + "/ob30/simple.json":     teamwork,
		inspectorVC + "/ob30/simple.1ob":      teamwork,
		inspectorVC + "/ob30/simple_v1.json":  teamwork,
		inspectorVC + "/ob30/simple-json.png": with(teamwork, func(d *Description) { d.Carrier = "PNG" }),
		inspectorVC + "/ob30/simple-json.svg": with(teamwork, func(d *Description) { d.Carrier = "SVG" }),
		inspectorVC + "/ob30/simple-err-expired.json": with(teamwork, func(d *Description) {
			d.ValidUntil = at("2010-01-01T00:00:00Z")
		}),
		inspectorVC + "/ob30/simple-err-issuer.json": with(teamwork, func(d *Description) {
			d.Problem = "it states no issuer where such a document has one"
			d.IssuerIDs, d.IssuerName, d.Names = nil, "", []string{"Example University Degree"}
		}),
		inspectorVC + "/ob30/simple-context-alias.json": with(teamwork, func(d *Description) {
			d.ValidFrom = at("2024-03-21T14:56:35Z")
		}),
		inspectorVC + "/ob30/simple.jwt":     degree,
		inspectorVC + "/ob30/simple-jwt.png": with(token, func(d *Description) { d.Carrier += " in PNG" }),
		inspectorVC + "/ob30/simple-jwt.svg": with(token, func(d *Description) { d.Carrier += " in SVG" }),
		inspectorVC + "/ob30/velocity.jwt": {
			Kind: "Open Badge 3.0", Carrier: "JWT", IssuerIDs: []string{"did:web:registrar%3A3000:d:www.acmecorp-zrnkgupzazhhustuwbufc.com"},
			Names: []string{"Velocity Network Board Member 2022"},
			Recipients: recipient("did:jwk:eyJjcnYiOiJzZWNwMjU2azEiLCJrdHkiOiJFQyIsIngiOiJrdDFNYWtYRTQ2dVlTNUVDOUhuUi1fVTdORnI2OXNM" +
				"TV81MkRwVnRwV0NNIiwieSI6Ik5Sa3JMOWh6Qm9IWVJvZGhEWDZFdmZGRTJFZmp1Qk9lNGZWdEl5RnFPblUifQ"),
			ValidFrom: at("2025-10-15T00:44:21.142Z"),
		},
		inspectorVC + "/ob30/complete.json": {
			Kind: "Open Badge 3.0", IssuerIDs: []string{"https://1edtech.edu/issuers/565049"}, IssuerName: "1EdTech University",
			Names: []string{"1EdTech University Degree"}, Recipients: recipient("did:example:ebfeb1f712ebc6f1c276e12ec21"),
			ValidFrom: at("2010-01-01T00:00:00Z"), ValidUntil: at("2030-01-01T00:00:00Z"),
		},
		inspectorVC + "/ob30/complete_v1.json": {
			Kind: "Open Badge 3.0", IssuerIDs: []string{"https://1edtech.edu/issuers/565049"}, IssuerName: "1EdTech University",
			Names: []string{"1EdTech University Degree"}, Recipients: recipient("did:example:ebfeb1f712ebc6f1c276e12ec21"),
			ValidFrom: at("2010-01-01T00:00:00Z"), ValidUntil: at("2020-01-01T00:00:00Z"),
		},
		inspectorVC + "/ob30/simple-did-key-method.json": {
			Kind: "Open Badge 3.0", IssuerIDs: []string{"urn:uuid:6f2e33e5-7a29-4155-840a-59483ba10164"}, IssuerName: "Andy F. Miller",
			Names: []string{"test 1"}, Recipients: recipient("urn:uuid:6f2e33e5-7a29-4155-840a-59483ba10164"),
			ValidFrom: at("2022-11-10T07:38:00-08:00"),
		},
		inspectorVC + "/ob20/basic-assertion.json": assertion,
		inspectorVC + "/ob20/simple.jwt":           with(assertion, func(d *Description) { d.Carrier = "JWT" }),
		inspectorVC + "/ob20/simple-badge.png":     with(assertion, func(d *Description) { d.Carrier = "PNG" }),
		inspectorVC + "/ob20/basic-assertion-expired.json": with(assertion, func(d *Description) {
			d.ValidUntil = at("2022-11-15T23:59:59Z")
		}),
		inspectorVC + "/ob20/basic-assertion-in-future.json": with(assertion, func(d *Description) {
			d.ValidFrom = at("2100-12-31T23:59:59Z")
		}),
		inspectorVC + "/ob20/assertion-with-endorsements.json": with(assertion, func(d *Description) {
			d.IssuerURL, d.Names = "https://example.org/organization.json", []string{"Awesome Robotics Badge"}
		}),
		inspectorVC + "/ob20/assets/organization.json": {
			Kind: "Open Badge issuer profile", IssuerIDs: []string{"https://example.org/organization.json"}, IssuerName: "An Example Badge Issuer",
		},
		inspectorVC + "/ob20/assets/endorsement-1.json": {
			Kind: "Open Badge 2.0 document", IssuerByURL: true, IssuerURL: "http://example.org/issuer1.json",
			ValidFrom: Date{Present: true, Text: "2017-10-01T00:00Z", Time: at("2017-10-01T00:00:00Z").Time},
		},
		inspectorVC + "/ob20/assets/robotics-badge.png":    {Kind: "PNG", Opaque: true},
		inspectorVC + "/ob20/assets/beths-robot-work.html": {Kind: "file", Opaque: true}, // it is empty
		inspectorVC + "/ob20/redirected-validation-subject.json": func() Description { // it has comments
			const unknown = "it looks like a document that states an issuer, and cannot be read as such"
			return Description{Kind: "file", Problem: unknown, RecipientProblem: unknown}
		}(),
		inspectorCLR + "/clr20/simple.json": {
			Kind: "Comprehensive Learner Record 2.0", IssuerIDs: []string{"https://example.edu/issuers/565049"}, IssuerName: "Example University",
			Names: []string{"Achievement 1", "Achievement 2"}, Recipients: recipient("did:example:ebfeb1f712ebc6f1c276e12ec21"),
			ValidFrom: at("2010-01-01T00:00:00Z"),
		},
		"material/vc-jose-cose/tests/input/credential-jose-minimal.txt": {
			Kind: "Verifiable Credential 2.0", Carrier: "JWT", IssuerIDs: []string{"https://example.issuer/vc-jose-cose"},
			Names: []string{"Bachelor of Science and Arts"}, Recipients: recipient("did:example:123"),
			ValidFrom: at("2010-01-01T19:23:24Z"),
		},
		"material/europass-elm/rdf/samples/credential-sample.jsonld": {
			Kind: "European Digital Credential", IssuerIDs: []string{"http://example.org/issuer565049"}, IssuerName: "some legal name",
			Names: []string{"some kind of learning achievement"}, Recipients: recipient("http://example.org/pid1"),
			ValidFrom:  span("2010-10-01T00:00:00", "2010-09-30T10:00:00Z", 26*time.Hour),
			ValidUntil: span("2024-09-25T00:00:00", "2024-09-24T10:00:00Z", 26*time.Hour),
		},
	} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := Describe(readFile(t, sharedtest.Path(t, filepath.FromSlash(file))))
			if diff := cmp.Diff(want, got, mainFields); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDescribeEverySample(t *testing.T) {
	described := 0
	for _, file := range samples(t) {
		d := Describe(readFile(t, file))
		checkDescription(t, d)
		if len(d.IssuerIDs) > 0 || d.IssuerByURL {
			described++
		}
	}
	if described < 100 {
		t.Errorf("an issuer was found in %d samples only", described)
	}
}

// checkDescription checks what holds for every description.
func checkDescription(t *testing.T, d Description) {
	t.Helper()
	fail := func(what string) { t.Errorf("%s: %.2000q", what, fmt.Sprint(d)) }
	if d.Kind == "" {
		fail("no kind")
	}
	if len(d.IssuerIDs) > 1 && d.Problem == "" {
		fail("two issuers and no problem")
	}
	if d.IssuerURL != "" && !d.IssuerByURL {
		fail("issuer behind a URL and not said so")
	}
	if len(d.Names) > maxNames || len(d.IssuerIDs) > maxNames {
		fail("too much of it")
	}
	for _, text := range append(slices.Clone(d.Names), d.Title(), d.IssuerName, d.IssuerURL, d.RecipientName, d.Name, d.Image,
		d.Author, d.Problem, d.ValidFrom.Text, d.ValidUntil.Text) {
		if len(text) > maxText+len("…") {
			fail("a text is too long")
		}
	}
	if d.Problem != Printable(d.Problem) || d.Title() != Printable(d.Title()) {
		fail("problem or kind is not printable")
	}
	for _, date := range []Date{d.ValidFrom, d.ValidUntil} {
		if !date.Present && date != (Date{Err: date.Err}) || date.Err != "" && !date.Time.IsZero() {
			fail("a date contradicts itself")
		}
	}
}

func jwt(header, payload string) string {
	e := base64.RawURLEncoding.EncodeToString
	return e([]byte(header)) + "." + e([]byte(payload)) + ".c2ln"
}

const es256 = `{"alg":"ES256"}`

func TestDescribeIssuer(t *testing.T) {
	for _, test := range []struct {
		name, doc string
		ids       []string
		issuer    string // name
		url       string
		problem   string // part of it
	}{
		{"VC, issuer a text", `{"type":["VerifiableCredential"],"issuer":"did:web:a"}`, []string{"did:web:a"}, "", "", ""},
		{
			"OB3, issuer a URL", `{"type":["VerifiableCredential","OpenBadgeCredential"],"issuer":"https://a/"}`,
			[]string{"https://a/"},
			"", "", "",
		},
		{
			"VC by its context alone", `{"@context":["https://www.w3.org/ns/credentials/v2"],"issuer":{"id":"did:web:a","name":"A"}}`,
			[]string{"did:web:a"},
			"A", "", "",
		},
		{"any JSON with an issuer", `{"issuer":{"id":"did:web:a"}}`, []string{"did:web:a"}, "", "", "does not know where such"},
		{"escaped name", `{"type":"VerifiableCredential","\u0069ssuer":"did:web:a"}`, []string{"did:web:a"}, "", "", ""},
		{"byte order mark", "\xef\xbb\xbf{\"type\":\"VerifiableCredential\",\"issuer\":\"did:web:a\"}", []string{"did:web:a"}, "", "", ""},
		{"looks like a PDF too", `{"x":"%PDF-1.7","issuer":"did:web:a"}`, []string{"did:web:a"}, "", "", "does not know where such"},
		{"looks like an SVG too", `{"x":"<svg/>","issuer":"did:web:a"}`, []string{"did:web:a"}, "", "", "does not know where such"},
		{
			"issuer in another case", `{"type":"VerifiableCredential","Issuer":"did:web:b","issuer":"did:web:a"}`,
			[]string{"did:web:a"},
			"", "", `"Issuer" may name`,
		},
		{"other case of id", `{"type":"VerifiableCredential","issuer":{"id":"did:web:a","ID":"did:web:b"}}`, []string{"did:web:a"}, "", "", ""},
		{"issuer twice", `{"issuer":"did:web:a","issuer":"did:web:b"}`, nil, "", "", `"/issuer" occurs twice`},
		{"issuer twice, escaped", `{"issuer":"did:web:a","\u0069ssuer":"did:web:b"}`, nil, "", "", "occurs twice"},
		{"id twice", `{"issuer":{"id":"did:web:a","id":"did:web:b"}}`, nil, "", "", "occurs twice"},
		{"something twice elsewhere", `{"issuer":"did:web:a","x":{"y":1,"y":2}}`, nil, "", "", `"/x/y" occurs twice`},
		{"cut off", `{"issuer":"did:web:a"`, nil, "", "", "ends within"},
		{"text after it", `{"issuer":"did:web:a"}{"issuer":"did:web:b"}`, nil, "", "", "follows"},
		{"invalid UTF-8", "{\"issuer\":\"did:web:a\",\"x\":\"\xff\"}", nil, "", "", "UTF-8"},
		{"issuer an array", `{"issuer":["did:web:a"]}`, nil, "", "", "neither an identifier nor an object"},
		{"issuer a number", `{"issuer":1}`, nil, "", "", "neither an identifier nor an object"},
		{"issuer empty", `{"issuer":""}`, nil, "", "", "empty"},
		{"issuer without id", `{"issuer":{"name":"A"}}`, nil, "A", "", "no identifier"},
		{"issuer with a number for id", `{"issuer":{"id":1,"name":"A"}}`, nil, "A", "", "not a text"},
		{"issuer with two ids", `{"issuer":{"id":"did:web:a","@id":"did:web:b"}}`, []string{"did:web:a", "did:web:b"}, "", "", "two issuers"},
		{"issuer with an endless id", `{"issuer":"did:web:` + strings.Repeat("a", maxID) + `"}`, nil, "", "", "longer than 4096"},
		{"issuer null", `{"type":"VerifiableCredential","issuer":null}`, nil, "", "", "neither an identifier nor"},
		{"no issuer", `{"type":"VerifiableCredential"}`, nil, "", "", "states no issuer"},
		{"JSON array", `[{"issuer":"did:web:a"}]`, nil, "", "", "not an object"},
		{"JSON text that is no token", `"eyJhbGciOiJFUzI1NiJ9"`, nil, "", "", "not an object"},
		{"token as JSON text", `"` + jwt(es256, `{"iss":"did:web:a"}`) + `"`, []string{"did:web:a"}, "", "", ""},
		{"graph", `{"type":"VerifiableCredential","@graph":[{"issuer":"did:web:a"}]}`, nil, "", "", "@graph"},
		{"presentation", `{"type":"VerifiablePresentation","verifiableCredential":[{"issuer":"did:web:a"}]}`, nil, "", "", "presentation"},
		{"presentation without type", `{"verifiableCredential":[{"issuer":"did:web:a"}]}`, nil, "", "", "presentation"},
		{"too long by white space", `{"issuer":"did:web:a"}` + strings.Repeat(" ", MaxJSON), nil, "", "", "longer than 16 MiB"},
		{"too long, array", "[" + strings.Repeat(" ", MaxJSON) + "]", nil, "", "", "longer than 16 MiB"},
		{"too long, token", jwt(es256, `{"iss":"did:web:a","x":"`+strings.Repeat("x", MaxJSON)+`"}`), nil, "", "", "longer than 16 MiB"},
		{"too long, anything", strings.Repeat("x", MaxJSON+1), nil, "", "", "longer than 16 MiB"},
		{"too long, bytes", strings.Repeat("\x00\xff\x01", MaxJSON/2), nil, "", "", ""},
		{"UTF-16", "\xff\xfe{\x00\"\x00", nil, "", "", "UTF-16"},
		{"too long", `{"issuer":"did:web:a","x":"` + strings.Repeat("x", MaxJSON) + `"}`, nil, "", "", "longer than 16 MiB"},

		{"OB2, badge a link", `{"type":"Assertion","badge":"https://a/badge"}`, nil, "", "https://a/badge", ""},
		{"OB2, issuer a link", `{"type":"Assertion","badge":{"name":"B","issuer":"HTTPS://a/"}}`, nil, "", "HTTPS://a/", ""},
		{"OB2, badge only referred to", `{"type":"Assertion","badge":{"id":"https://a/badge"}}`, nil, "", "https://a/badge", ""},
		{"OB2, issuer within", `{"type":"Assertion","badge":{"issuer":{"id":"https://a/","name":"A"}}}`, []string{"https://a/"}, "A", "", ""},
		{"OB2, issuer a DID", `{"type":"Assertion","badge":{"issuer":"did:web:a"}}`, []string{"did:web:a"}, "", "", ""},
		{"OB2, issuer within without id", `{"type":"Assertion","badge":{"issuer":{"name":"A"}}}`, nil, "A", "", "no identifier"},
		{"OB2, badge a number", `{"type":"Assertion","badge":7}`, nil, "", "", "neither a link nor an object"},
		{
			"OB2, two issuers", `{"type":"Assertion","issuer":"did:web:a","badge":{"issuer":"did:web:b"}}`,
			[]string{"did:web:a", "did:web:b"},
			"", "", "two issuers",
		},
		{"OB1", `{"uid":"1","badge":"https://a/badge","verify":{"type":"hosted"}}`, nil, "", "https://a/badge", ""},
		{"OB2 badge class", `{"type":"BadgeClass","issuer":"https://a/"}`, nil, "", "https://a/", ""},

		{
			"JWT, vc", jwt(es256, `{"iss":"did:web:a","vc":{"type":"VerifiableCredential","issuer":{"id":"did:web:a","name":"A"}}}`),
			[]string{"did:web:a"},
			"A", "", "",
		},
		{"JWT, iss alone", jwt(es256, `{"iss":"did:web:a","vc":{"type":"VerifiableCredential"}}`), []string{"did:web:a"}, "", "", ""},
		{"JWT, claims alone", jwt(es256, `{"iss":"did:web:a"}`), []string{"did:web:a"}, "", "", ""},
		{"JWT, payload the credential", jwt(es256, `{"type":"VerifiableCredential","issuer":"did:web:a"}`), []string{"did:web:a"}, "", "", ""},
		{
			"JWT, iss differs from vc", jwt(es256, `{"iss":"did:web:a","vc":{"issuer":"did:web:b"}}`),
			[]string{"did:web:a", "did:web:b"},
			"", "", "two issuers",
		},
		{
			"JWT, iss differs from payload", jwt(es256, `{"iss":"did:web:a","issuer":"did:web:b"}`),
			[]string{"did:web:a", "did:web:b"},
			"", "", "two issuers",
		},
		{
			"JWT, vc differs from payload", jwt(es256, `{"issuer":"did:web:a","vc":{"issuer":"did:web:b"}}`),
			[]string{"did:web:b", "did:web:a"},
			"", "", "two issuers",
		},
		{"JWT, iss no text", jwt(es256, `{"iss":{"id":"did:web:a"}}`), nil, "", "", `claim "iss"`},
		{"JWT, vc no object", jwt(es256, `{"iss":"did:web:a","vc":"did:web:b"}`), []string{"did:web:a"}, "", "", `claim "vc"`},
		{"JWT, vp", jwt(es256, `{"iss":"did:web:a","vp":{}}`), []string{"did:web:a"}, "", "", "presentation"},
		{"JWT, claim twice", jwt(es256, `{"iss":"did:web:a","iss":"did:web:b"}`), nil, "", "", "occurs twice"},
		{"JWT, payload no JSON", jwt(es256, `did:web:a`), nil, "", "", "payload"},
		{"JWT, payload no base64url", strings.Replace(jwt(es256, `{}`), ".", ".+", 1), nil, "", "", "base64url"},
		{"JWT, white space around", "\n " + jwt(es256, `{"iss":"did:web:a"}`) + "\r\n", []string{"did:web:a"}, "", "", ""},
		{"SD-JWT", jwt(es256, `{"iss":"did:web:a"}`) + "~", []string{"did:web:a"}, "", "", ""},
		{
			"SD-JWT, unbound", jwt(es256, `{"iss":"did:web:a"}`) + "~WyJzIiwibmFtZSIsIkFkYSJd~",
			[]string{"did:web:a"},
			"", "", "not signed",
		},
		{"encrypted JWT", jwt(`{"alg":"dir","enc":"A128GCM"}`, `x`) + ".a.b", nil, "", "", "encrypted"},
		{
			"JWS in JSON", `{"payload":"` + strings.Split(jwt("", `{"issuer":"did:web:a"}`), ".")[1] + `","signatures":[]}`,
			[]string{"did:web:a"},
			"", "", "",
		},
		{
			"enveloped", `{"type":"EnvelopedVerifiableCredential","id":"data:application/vc+jwt,` + jwt(es256, `{"issuer":"did:web:a"}`) + `"}`,
			[]string{"did:web:a"},
			"", "", "",
		},
		{
			"enveloped, not readable", `{"type":"EnvelopedVerifiableCredential","id":"data:application/vc+cose;base64,AAAA"}`, nil, "", "",
			"envelops",
		},

		{"PDF", "%PDF-1.7\n{\"issuer\":\"did:web:b\"}", nil, "", "", ""},
		{"text", "a certificate of did:web:b", nil, "", "", ""},
		{"YAML", "issuer: did:web:b", nil, "", "", "states an issuer"},
		{"empty", "", nil, "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := Describe([]byte(test.doc))
			checkDescription(t, d)
			if !slices.Equal(d.IssuerIDs, test.ids) || d.IssuerName != test.issuer || d.IssuerURL != test.url || d.IssuerByURL != (test.url != "") {
				t.Errorf("ids %q, name %q, URL %q (%v)", d.IssuerIDs, d.IssuerName, d.IssuerURL, d.IssuerByURL)
			}
			if (d.Problem == "") != (test.problem == "") || !strings.Contains(d.Problem, test.problem) {
				t.Errorf("problem %q, want one with %q", d.Problem, test.problem)
			}
		})
	}
}

func TestDescribeDates(t *testing.T) {
	stated := func(text, when string) Date {
		d := at(when)
		d.Text = text
		return d
	}
	// refused is one that cannot be read.
	refused := func(member, text, shown, why string) Date {
		return Date{Present: true, Text: text, Err: fmt.Sprintf("its member %q is %s, which %s", member, shown, why)}
	}
	const noDate, noForm = "is no date", "is not written in a way that all readers read alike"
	two := func(a, b, first, second string) Date {
		return Date{
			Present: true, Text: first + " or " + second,
			Err: fmt.Sprintf("its members %q and %q are %q and %q, which are two ends", a, b, first, second),
		}
	}
	elsewhere := Date{
		Err: `its member "ValidUntil", "2001-01-01T00:00:00Z", may bound its validity, in a place where this reader does not know of one`,
	}
	for _, test := range []struct {
		name, doc   string
		from, until Date
	}{
		{"none", `{}`, Date{}, Date{}},
		{
			"VC 2.0", `{"validFrom":"2020-01-01T00:00:00Z","validUntil":"2021-01-01T00:00:00+01:00"}`, at("2020-01-01T00:00:00Z"),
			at("2021-01-01T00:00:00+01:00"),
		},
		{
			"VC 1.1", `{"issuanceDate":"2020-01-01T00:00:00.5Z","expirationDate":"2021-01-01T00:00:00Z"}`, at("2020-01-01T00:00:00.5Z"),
			at("2021-01-01T00:00:00Z"),
		},
		{
			"OB2", `{"badge":"x","issuedOn":"2020-01-01T00:00:00Z","expires":"2021-01-01T00:00:00Z"}`, at("2020-01-01T00:00:00Z"),
			at("2021-01-01T00:00:00Z"),
		},
		{
			"OB1", `{"badge":"x","issuedOn":1577836800,"expires":1609459200}`, stated("1577836800", "2020-01-01T00:00:00Z"),
			stated("1609459200", "2021-01-01T00:00:00Z"),
		},
		{
			"no seconds", `{"issuedOn":"2020-01-01T00:00Z","expires":"2021-01-01T01:00+01:00"}`,
			stated("2020-01-01T00:00Z", "2020-01-01T00:00:00Z"), stated("2021-01-01T01:00+01:00", "2021-01-01T00:00:00Z"),
		},
		{
			"several starts: the latest", `{"validFrom":"2020-01-01T00:00:00Z","issuanceDate":"2020-06-01T00:00:00Z"}`,
			at("2020-06-01T00:00:00Z"),
			Date{},
		},
		{
			"several, one unreadable", `{"validFrom":"soon","issuanceDate":"2020-06-01T00:00:00Z"}`,
			refused("validFrom", "soon", `"soon"`, noDate),
			Date{},
		},
		{
			"issued twice", `{"issuedOn":"2020-01-01T00:00:00Z","issuanceDate":"2020-01-03T00:00:00Z"}`,
			span("2020-01-03T00:00:00Z or 2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", 48*time.Hour),
			Date{},
		},
		{
			"issued twice, once to the day", `{"issued":"2020-01-01Z","issuanceDate":"2020-01-01T12:00:00Z"}`,
			at("2020-01-01T12:00:00Z"),
			Date{},
		},
		{
			"issued twice, once unreadably", `{"issued":"soon","issuanceDate":"2020-01-01T12:00:00Z"}`,
			refused("issued", "soon", `"soon"`, noDate),
			Date{},
		},
		{
			"two ends", `{"validUntil":"2022-01-01T00:00:00Z","expirationDate":"2021-01-01T00:00:00Z"}`,
			Date{},
			two("validUntil", "expirationDate", "2022-01-01T00:00:00Z", "2021-01-01T00:00:00Z"),
		},
		{
			"two ends of an assertion", `{"badge":"x","expires":"2021-01-01","expiryDate":"2021-01-04"}`,
			Date{},
			two("expires", "expiryDate", "2021-01-01", "2021-01-04"),
		},
		{
			"one end in two zones", `{"validUntil":"2022-01-01T00:00:00Z","expires":"2022-01-01T01:00:00+01:00"}`,
			Date{},
			at("2022-01-01T00:00:00Z"),
		},
		{
			"one end, once to the second", `{"validUntil":"2022-01-01T00:00:00.5Z","expires":"2022-01-01T00:00:00Z"}`,
			Date{},
			at("2022-01-01T00:00:00Z"),
		},
		{
			"one end, once to the day", `{"validUntil":"2022-01-01Z","expires":"2022-01-01T12:00:00Z"}`,
			Date{},
			span("2022-01-01Z", "2022-01-01T00:00:00Z", 12*time.Hour),
		},
		{"null is none", `{"validFrom":null}`, Date{}, Date{}},
		{"other case", `{"ValidUntil":"2001-01-01T00:00:00Z"}`, elsewhere, elsewhere},
		{"day alone", `{"validUntil":"2020-01-01"}`, Date{}, span("2020-01-01", "2019-12-31T10:00:00Z", 50*time.Hour)},
		{"no zone", `{"validUntil":"2020-01-01T00:00:00"}`, Date{}, span("2020-01-01T00:00:00", "2019-12-31T10:00:00Z", 26*time.Hour)},
		{
			"no zone, narrower", `{"validUntil":"2020-01-01T00:00:00","expirationDate":"2019-12-31T20:00:00Z"}`,
			Date{},
			span("2020-01-01T00:00:00", "2019-12-31T10:00:00Z", 10*time.Hour),
		},
		{
			"no zone, narrower from", `{"validFrom":"2020-01-01T00:00:00","issuanceDate":"2019-12-31T20:00:00Z"}`,
			span("2019-12-31T20:00:00Z", "2019-12-31T20:00:00Z", 16*time.Hour),
			Date{},
		},
		{"Europass", `{"issued":"2020-01-01T00:00:00Z"}`, at("2020-01-01T00:00:00Z"), Date{}},
		{"space", `{"validUntil":"2020-01-01 00:00:00+0000"}`, Date{}, stated("2020-01-01 00:00:00+0000", "2020-01-01T00:00:00Z")},
		{"expiresOn", `{"expiresOn":"2020-01-01T00:00:00Z"}`, Date{}, at("2020-01-01T00:00:00Z")},
		{
			"expiry_date",
			`{"issue_date":"2019-01-01Z","expiry_date":"2020-01-01T00:00:00Z"}`,
			span("2019-01-01Z", "2019-01-01T00:00:00Z", 24*time.Hour), at("2020-01-01T00:00:00Z"),
		},
		{
			"one-digit hour",
			`{"validUntil":"2020-01-01T1:00:00Z"}`,
			Date{},
			refused("validUntil", "2020-01-01T1:00:00Z", `"2020-01-01T1:00:00Z"`, noForm),
		},
		{
			"no such day",
			`{"expires":"2020-02-30T00:00:00Z"}`,
			Date{},
			refused("expires", "2020-02-30T00:00:00Z", `"2020-02-30T00:00:00Z"`, noDate),
		},
		{"two readings", `{"expires":"01/02/2024"}`, Date{}, refused("expires", "01/02/2024", `"01/02/2024"`, noForm)},
		{"empty", `{"validUntil":""}`, Date{}, refused("validUntil", "", `""`, noDate)},
		{
			"array", `{"validUntil":["2020-01-01T00:00:00Z"]}`,
			Date{},
			refused("validUntil", `["2020-01-01T00:00:00Z"]`, `["2020-01-01T00:00:00Z"]`, "is not a text"),
		},
		{
			"milliseconds",
			`{"validUntil":1609459200000}`,
			Date{},
			refused("validUntil", "1609459200000", "1609459200000", "may count seconds or something else"),
		},
		{"a year as a number", `{"validUntil":2024}`, Date{}, refused("validUntil", "2024", "2024", "may count seconds or something else")},
		{
			"JWT", jwt(es256, `{"nbf":1577836800,"exp":1609459200}`), stated("1577836800", "2020-01-01T00:00:00Z"),
			stated("1609459200", "2021-01-01T00:00:00Z"),
		},
		{
			"JWT, claim and credential differ", jwt(es256, `{"exp":1577836800,"vc":{"expirationDate":"2021-01-01T00:00:00Z"}}`),
			Date{},
			two("exp", "expirationDate", "1577836800", "2021-01-01T00:00:00Z"),
		},
		{
			"JWT, claim and payload differ", jwt(es256, `{"exp":1609459200,"type":"VerifiableCredential","validUntil":"2020-01-01T00:00:00Z"}`),
			Date{},
			two("exp", "validUntil", "1609459200", "2020-01-01T00:00:00Z"),
		},
		{
			"JWT, payload and vc differ", jwt(es256, `{"validUntil":"2021-01-01T00:00:00Z","vc":{"validUntil":"2020-01-01T00:00:00Z"}}`),
			Date{},
			two("validUntil", "validUntil", "2021-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
		},
		{
			"JWT, claim and credential agree", jwt(es256, `{"exp":1577836800,"vc":{"expirationDate":"2020-01-01T00:00:00.25Z"}}`),
			Date{},
			stated("1577836800", "2020-01-01T00:00:00Z"),
		},
		{
			"JWT that starts when the credential does not", jwt(es256, `{"nbf":1609459200,"vc":{"issuanceDate":"2020-01-01T00:00:00Z"}}`),
			stated("1609459200", "2021-01-01T00:00:00Z"),
			Date{},
		},
		{
			"SD-JWT that ends before what it attests", jwt(es256, `{"vct":"x","exp":1577836800,"date_of_expiry":"2029-01-01"}`) + "~",
			Date{},
			stated("1577836800", "2020-01-01T00:00:00Z"),
		},
		{
			"SD-JWT that may hide its end", jwt(es256, `{"vct":"x","_sd":["a"]}`) + "~",
			Date{},
			Date{Err: "it hides parts of itself, which may say when it ends, and its claim exp, which must not be hidden, is not there"},
		},
		{
			"SD-JWT that hides something, with exp", jwt(es256, `{"vct":"x","exp":1577836800,"_sd":["a"]}`) + "~",
			Date{},
			stated("1577836800", "2020-01-01T00:00:00Z"),
		},
		{"JWT, exp a text", jwt(es256, `{"exp":"1609459200"}`), Date{}, stated("1609459200", "2021-01-01T00:00:00Z")},
		{"JWT, exp a date", jwt(es256, `{"exp":"2021-01-01T00:00:00Z"}`), Date{}, at("2021-01-01T00:00:00Z")},
		{
			"JWT, exp in milliseconds", jwt(es256, `{"exp":1609459200000}`),
			Date{},
			refused("exp", "1609459200000", "1609459200000", "may count seconds or something else"),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := Describe([]byte(test.doc))
			checkDescription(t, d)
			if diff := cmp.Diff([]Date{test.from, test.until}, []Date{d.ValidFrom, d.ValidUntil}); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// Dates are known where only the issuer is not, and unknown where the document as
// a whole is.
func TestDescribeDatesBesideAProblem(t *testing.T) {
	const until = `"validUntil":"2020-01-01T00:00:00Z"`
	for doc, known := range map[string]bool{
		`{"issuer":{"name":"A"},` + until + `}`:                               true,
		`{"issuer":7,` + until + `}`:                                          true,
		`{"issuer":{"id":"a","@id":"b"},` + until + `}`:                       true,
		jwt(es256, `{"iss":"a","vc":{"issuer":"b",`+until+`}}`):               true,
		jwt(es256, `{"iss":7,`+until+`,"issuer":"a"}`):                        true,
		`{"issuer":"a",` + until + `,` + until + `}`:                          false,
		`{"issuer":"a",` + until + `} x`:                                      false,
		`[{"issuer":"a",` + until + `}]`:                                      false,
		jwt(es256, `{"vc":7,`+until+`,"issuer":"a"}`):                         false,
		`{"type":"VerifiablePresentation",` + until + `}`:                     false,
		string(png(itxt("openbadges", `{"issuer":"a",`+until+`,`+until+`}`))): false,
	} {
		d := Describe([]byte(doc))
		checkDescription(t, d)
		if d.Problem == "" {
			t.Errorf("%.80q: no problem", doc)
		}
		if known && d.ValidUntil != at("2020-01-01T00:00:00Z") || !known && (d.ValidUntil.Err != d.Problem || d.ValidFrom.Err != d.Problem) {
			t.Errorf("%.80q: from %+v until %+v, problem %q", doc, d.ValidFrom, d.ValidUntil, d.Problem)
		}
	}
}

func TestDescribeNamesAndRecipient(t *testing.T) {
	d := Describe([]byte(`{"type":["VerifiableCredential"],"name":"not this","credentialSubject":[
		{"identifier":[{"identityHash":"sha256$aa"}],"achievement":{"name":"One"}},
		{"id":"did:x","achievement":[{"name":"Two"},{"name":{"@value":"Zwei","@language":"de"}},{"name":[{"@value":"Deux"}]},{"name":"One"}]},
		"did:y"]}`))
	if want := []string{"One", "Two", "Zwei", "Deux"}; !slices.Equal(d.Names, want) || d.Recipients[0].Value != "sha256$aa" {
		t.Errorf("names %q, recipient %q", d.Names, d.Recipients)
	}
	many := `{"type":"VerifiableCredential","credentialSubject":[` + strings.Repeat(`{"id":"a","achievement":{"name":"`, 1) +
		strings.Repeat("é", 4000) + `"}}]}`
	d = Describe([]byte(many))
	checkDescription(t, d)
	if len(d.Names) != 1 || !strings.HasSuffix(d.Names[0], "é…") {
		t.Errorf("long name: %.50q…", d.Names)
	}
}

// Describe takes its time from the length of a document alone.
func TestDescribeTakesNoTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	size, small := MaxJSON/16, MaxJSON/128 // what is quadratic takes minutes
	enveloped := `{"issuer":"did:web:a"}`
	for len(enveloped) < size {
		enveloped = `{"type":"EnvelopedVerifiableCredential","id":"data:application/vc+jwt,` + jwt(es256, enveloped) + `"}`
	}
	subjects := `{"type":"VerifiableCredential","credentialSubject":[` + strings.Repeat(`{"achievement":[{"name":""},{}]},`, size/32) + `0]}`
	for name, doc := range map[string]string{
		"enveloped many times": enveloped,
		"subjects":             subjects,
		"types":                `{"type":[` + strings.Repeat(`"",`, size/3) + `""]}`,
		"nesting":              `{"issuer":` + strings.Repeat("[", size) + strings.Repeat("]", size),
		"contexts": `{"type":"VerifiableCredential","@context":` + strings.Repeat(`[{"a":{"@context":`, 3000) + `""` +
			strings.Repeat(`}}]`, 3000) + strings.Repeat(" ", size) + `}`,
		"JSON in texts": `{"type":"VerifiableCredential","x":[` + strings.Repeat(`"{\"a\":\"{\"",`, size/20) + `0]}`,
		"members": `{"type":"VerifiableCredential","issuer":"a"` + strings.Repeat(`,"x`+strings.Repeat("y", 20)+`":1`, 1) +
			`,"z":[` + strings.Repeat(`{"n":"eyJ"},`, size/13) + `0]}`,
		"degrees":         `{"type":"VerifiableCredential","credentialSubject":{"degree":[` + strings.Repeat(`{"name":"b"},`, size/13) + `0]}}`,
		"given names":     `{"type":"VerifiableCredential","credentialSubject":{"givenName":[` + strings.Repeat(`"b",`, size/4) + `0]}}`,
		"identity proofs": `{"type":"VerifiableCredential","issuer":{"identityProof":[` + strings.Repeat(`{"key":"b"},`, size/12) + `0]}}`,
		"issuers":         `{"issuers":[{"documentStore":"x"}` + strings.Repeat(`,{"id":"x"}`, size/11) + `]}`,
		"salts": `{"data":{"x":[` + strings.Repeat(`"0b7d2d5e-0000-4000-8000-000000000001:string:x",`, size/48) +
			`{}]},"signature":{"merkleRoot":"0"}}`,
		"wrappers":             strings.Repeat(`{"data":{"type":"VerifiableCredential","x":`, size/43) + "0" + strings.Repeat("}}", size/43),
		"XML elements":         `<europassCredential>` + strings.Repeat("<a>x", size/4),
		"XML text":             `<europassCredential>` + strings.Repeat("x", size),
		"mdoc":                 "\xa2\x6aissuerAuth\x40\x6anameSpaces\xa1\x61a\x9a\x00\x01\x00\x00" + strings.Repeat("\xd8\x18\x41\xa0", 1<<16),
		"many disclosures":     jwt(es256, `{"iss":"a"}`) + strings.Repeat("~WyJhIiwiYiIsImMiXQ", size/19),
		"braces":               strings.Repeat("{", small),
		"braces in bytes":      strings.Repeat("\x00{\x01", small/3),
		"half a member":        strings.Repeat(`{/*"`, small/4),
		"half a token":         strings.Repeat("eyJ", small/3),
		"half a token, spaced": strings.Repeat("e y J ", small/6),
		"hexadecimal":          strings.Repeat("7b", small/2),
		"base64":               strings.Repeat("QUJD ", small/5),
		"base64 of base64": base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(
			strings.Repeat("ABC ", small/8))))),
		"percent signs": strings.Repeat("%22", small/3),
		"CBOR":          strings.Repeat("\x81", size),
		"recipients": `{"type":"VerifiableCredential","credentialSubject":[` + strings.Repeat(`{"id":"a"},{"id":"b"},`, size/22) +
			`"x"]}`,
		"SVG with braces": `<svg>` + strings.Repeat("{", small) + `</svg>`,
		"PNG with braces": string(png(chunk("tEXt", "x\x00"+strings.Repeat("{", small)))),
		"dots":            strings.Repeat(".", 2*size),
		"PNG chunks":      string(png(slices.Repeat(chunk("iTXt", "openbadge\x00\x00\x00\x00\x00"), size/26))),
		"SVG elements":    `<svg>` + strings.Repeat("<g/>", size/4) + `</svg>`,
		"SVG attributes":  `<svg>` + strings.Repeat(`<openbadges:credential `+strings.Repeat(`verify="x" `, size/11)+`/>`, 1) + `</svg>`,
		"SVG comments":    strings.Repeat("<!---->", size/7) + `<svg/>`,
	} {
		start := time.Now()
		checkDescription(t, Describe([]byte(doc)))
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s: %d bytes took %v", name, len(doc), took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}

func FuzzDescribe(f *testing.F) {
	for _, seed := range []string{
		`{"type":["VerifiableCredential","OpenBadgeCredential"],"issuer":{"id":"did:web:a","name":"A"},"validFrom":"2020-01-01T00:00:00Z",` +
			`"credentialSubject":{"id":"x","achievement":{"name":"n"}}}`,
		`{"type":"VerifiableCredential","issuer":"a","credentialSubject":{"expires":1,"x":[{"expiry":{"a":"","0":1}},{"validTo":"2020"}]}}`,
		`{"issuanceDate":{"x":"","0":""}}`,
		`{"type":"Assertion","badge":{"issuer":"https://a/","name":"B"},"recipient":{"identity":"x"},"issuedOn":1,"expires":"2020"}`,
		`{"type":"EnvelopedVerifiableCredential","id":"data:application/vc+jwt,` + jwt(es256, `{"issuer":"a"}`) + `"}`,
		jwt(es256, `{"iss":"a","nbf":1,"exp":2,"vc":{"issuer":{"id":"b"}}}`),
		string(png(chunk("iTXt", "openbadges\x00\x00\x00\x00\x00{}"))),
		`<svg xmlns:o="http://openbadges.org"><o:assertion verify="x.y.z"><![CDATA[{"issuer":"a"}]]></o:assertion></svg>`,
		"%PDF-1.7", "\xff\xfe", "", `{"0":[{"issuedOn":"","eXp":{}}]}`,
	} {
		f.Add([]byte(seed))
	}
	for _, file := range formats(f) {
		f.Add(readFile(f, file))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		d := Describe(doc)
		checkDescription(t, d)
		// What a document says does not depend on what json-jcs leaves out.
		canonical, err := Canonicalize(doc)
		if err != nil {
			return
		}
		same := Describe(canonical)
		for _, date := range []*Date{
			&d.ValidFrom, &d.ValidUntil, &d.ClaimUntil, &same.ValidFrom, &same.ValidUntil, &same.ClaimUntil,
		} {
			date.Text = "" // a number may be written otherwise
			date.Err = fmt.Sprint(date.Err != "")
		}
		for _, reason := range []*string{&d.Problem, &d.RecipientProblem, &same.Problem, &same.RecipientProblem} {
			*reason = fmt.Sprint(*reason != "") // it is the first of several, which stand in another order
		}
		d.Wrapped, same.Wrapped = nil, nil // as they stand in the file
		if diff := cmp.Diff(d, same); diff != "" {
			t.Fatalf("-as given +canonical\n%s", diff)
		}
	})
}
