package verifier_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// notTheIssuer are the places of docs/spec.md, section 8.5, in which a document may
// state anything of others: by the object around them.
var notTheIssuer = map[string]string{
	"credential": " credentialSubject evidence proof credentialStatus credentialSchema refreshService termsOfUse " +
		"endorsement endorsementJwt image recipient recipientProfile extensions:recipientProfile alignment claim revokedAssertions " +
		"cnf status sub learner assertions achievements signedAssertions endorsements signedEndorsements receipt ",
	"issuer":  " endorsement endorsementJwt image proof ",
	"badge":   " endorsement alignment image ",
	"profile": " endorsement endorsementJwt image proof cnf status sub ",
	"jws":     " cnf status sub ",
	"header":  " sub x5c jwk ",
}

// recipe makes a document from bytes, each of which is one choice: of sorts and places,
// from all formats at once.
type recipe struct {
	choices []byte
	depth   int
	named   bool // A is named in a place that is not one of others
}

func (r *recipe) choose(n int) int {
	if len(r.choices) == 0 {
		return 0
	}
	c := r.choices[0]
	r.choices = r.choices[1:]
	return int(c) % n
}

func (r *recipe) of(list string) string {
	words := strings.Fields(list)
	return words[r.choose(len(words))]
}

const anyName = "" +
	"issuer issuer issuer type type @type id @id iss sub badge vc vp @context @graph @included @reverse verification verify creator " +
	"publisher issuedBy Issuer https://www.w3.org/2018/credentials#issuer obi:issuer her name url payload signature signatures " +
	"protected header credential data jwt document _sd ... vct cnf status credentialSubject evidence proof credentialStatus " +
	"termsOfUse endorsement endorsementJwt image recipient recipientProfile alignment claim parentOrg verifiableCredential validFrom " +
	"validUntil exp nbf expires issuedOn displayParameter extensions:x identityProof disclosures kb_jwt x5c jwk kid alg " +
	"issuers documentStore location identifier key origin certificate assertion receipt learner assertions privacy expiresOn signer"

// object writes a JSON object around which stands what place says.
func (r *recipe) object(place string, aside bool, given ...string) string {
	if r.depth++; r.depth > 6 {
		r.depth--
		return "{}"
	}
	members := slices.Clone(given)
	names := make(map[string]bool)
	for range r.choose(6) {
		name := r.of(anyName)
		if names[name] || slices.ContainsFunc(given, func(m string) bool { return strings.HasPrefix(m, `"`+name+`"`) }) {
			continue
		}
		names[name] = true
		inner, apart := name, aside || strings.Contains(notTheIssuer[place], " "+name+" ")
		switch {
		case (name == "vc" || len(given) == 0 && (name == "credential" || name == "data")) && place == "credential":
			inner = "credential"
		case name != "issuer" && name != "badge" || place != "credential" && (place != "badge" || name != "issuer"):
			inner = "elsewhere"
		}
		members = append(members, fmt.Sprintf("%q:%s", name, r.value(name, inner, apart)))
	}
	r.depth--
	return "{" + strings.Join(members, ",") + "}"
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// value writes the value of a member.
func (r *recipe) value(name, place string, aside bool) string {
	switch r.choose(16) {
	case 0, 1:
		return quote(didB)
	case 2, 3, 4:
		r.named = r.named || !aside
		return quote([]string{didA, urlA}[r.choose(2)])
	case 5, 6:
		return r.object(place, aside)
	case 7:
		return `{"id":` + quote(didB) + `}`
	case 8:
		return "[" + r.value(name, place, aside) + "]"
	case 9:
		return quote(r.token(aside))
	case 10:
		return quote("data:application/vc+jwt," + r.token(aside))
	case 11:
		return quote(r.object("elsewhere", aside))
	case 12:
		return quote(r.of("VerifiableCredential OpenBadgeCredential Assertion BadgeClass Profile EnvelopedVerifiableCredential " +
			"VerifiablePresentation Foo"))
	case 13:
		return `{"her":"https://www.w3.org/2018/credentials#issuer","id":"@id"}`
	case 14:
		return quote(b64(r.object("elsewhere", aside)))
	}
	return r.of("null 1 true \"\" [] {}")
}

// known writes the beginnings of a document that names B.
func (r *recipe) known(place string, aside bool) string {
	if r.depth++; r.depth > 6 { // documents within documents grow by a third each
		r.depth--
		return r.object(place, aside)
	}
	defer func() { r.depth-- }()
	switch r.choose(12) {
	case 0:
		return r.object(place, aside)
	case 8:
		return r.object(place, aside, `"type":"Clr"`, `"publisher":`+r.object("issuer", aside, `"id":`+quote(didB)))
	case 9:
		return r.object(place, aside, `"assertion":{}`, `"certificate":`+r.object("badge", aside, `"issuer":{"id":`+quote(urlB)+`}`))
	case 10:
		return r.object(place, aside, `"name":"N"`,
			`"issuers":[`+r.object("elsewhere", aside, `"id":`+quote(didB), `"documentStore":"0x00"`)+`]`)
	case 11:
		return r.object("elsewhere", aside, `"credential":`+r.known("credential", aside))
	case 1:
		return r.object(place, aside, `"@context":["https://www.w3.org/2018/credentials/v1"]`, `"issuer":`+quote(didB))
	case 2:
		return r.object(place, aside, `"type":"Assertion"`, `"badge":`+r.object("badge", aside, `"issuer":{"id":`+quote(urlB)+`}`))
	case 3:
		return r.object(place, aside, `"iss":`+quote(didB), `"vct":"v"`)
	case 4:
		return r.object(place, aside, `"iss":`+quote(didB), `"vc":`+r.object("credential", aside, `"type":"VerifiableCredential"`))
	case 5:
		return r.object("profile", aside, `"type":"Profile"`, `"id":`+quote(didB))
	case 6:
		return r.object("jws", aside, `"payload":`+quote(b64(r.known("credential", aside))), `"signature":"x"`)
	}
	return r.object(place, aside, `"type":["VerifiableCredential"]`, `"issuer":`+r.object("issuer", aside, `"id":`+quote(didB)))
}

func (r *recipe) token(aside bool) string {
	if r.depth++; r.depth > 5 {
		r.depth--
		return "x"
	}
	header := es256
	if r.choose(3) == 0 {
		header = r.object("header", aside, `"alg":"ES256"`)
	}
	s := token(header, r.known("credential", aside))
	if r.choose(4) == 0 {
		r.named = r.named || !aside
		s += "~" + b64(`["salt",`+quote(r.of(anyName))+`,`+quote(didA)+`]`) + "~"
	}
	r.depth--
	return s
}

// document writes a whole file.
func (r *recipe) document() []byte {
	var text string
	switch r.choose(3) {
	case 0:
		text = r.token(false)
	default:
		text = r.known("credential", false)
	}
	switch r.choose(24) {
	case 0, 1:
		return pngOf("", baked("openbadgecredential", text))
	case 2:
		return pngOf("", baked(r.of("openbadges Openbadges comment openbadges_"), text))
	case 3:
		return pngOf(text)
	case 4:
		return []byte(svgOpen + `<openbadges:credential><![CDATA[` + text + `]]></openbadges:credential></svg>`)
	case 5:
		return []byte(svgOpen + `<` + r.of("script desc openbadges:Credential x:credential") + `><![CDATA[` + text + `]]></` + "script" +
			`></svg>`)
	case 6:
		return []byte(utf16Of(text, binary.LittleEndian))
	case 7:
		return []byte(base64.StdEncoding.EncodeToString([]byte(text)))
	case 8:
		return []byte(r.of(")]}' // Bearer [ ( 1 data:application/json,") + text)
	case 9:
		return []byte(text + r.of(", ] // ~ . x"))
	case 10:
		return []byte(`<html><script type="application/ld+json">` + text + `</script></html>`)
	case 11:
		return []byte(cborOf(map[string]any{"x": text, "y": []byte(text)}))
	case 12:
		return []byte("%PDF-1.7\n(" + text + ")")
	}
	return []byte(text)
}

// mixer verifies what recipes make.
type mixer struct {
	*signedByB
	verifier *verifier.Verifier
}

func newMixer(t testing.TB) *mixer {
	s := newSignedByB(t)
	o := s.options()
	// What the chain says is not the subject.
	o.AllowUnknown = []verifier.Check{verifier.CheckInclusion, verifier.CheckAnchor, verifier.CheckFinality, verifier.CheckStatus}
	v, err := verifier.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &mixer{s, v}
}

// check makes a document, signs it as B and verifies it. Wherever it names A outside of
// the places that are about others, it must not be VALID.
func (m *mixer) check(t testing.TB, choices []byte) *verifier.Report {
	t.Helper()
	r := &recipe{choices: choices}
	document := r.document()
	c, err := credential.Sum(bytes.NewReader(document), credential.FormAuto, "")
	if err != nil {
		if c, err = credential.Sum(bytes.NewReader(document), credential.FormRaw, ""); err != nil {
			t.Fatal(err)
		}
	}
	p := *m.proof
	p.Credential, p.Batch, p.Anchors = c, nil, nil
	p.Submission.Count, p.Submission.Path = 1, nil
	g := good{world: m.world, key: m.key, proof: &p}
	g.sign()
	report := verify(m.verifier, &p, document)
	sealed := report.Document.Kind == credential.KindPDF // of which only words count
	if report.Verdict == verifier.Valid && r.named && !sealed {
		t.Fatalf("VALID: %s\n%s", document, describe(report))
	}
	return report
}

// FuzzNaming mixes formats.
func FuzzNaming(f *testing.F) {
	m := newMixer(f)
	for i := range 64 {
		f.Add(bytes.Repeat([]byte{byte(i), byte(3 * i), byte(7 * i)}, 20))
	}
	f.Fuzz(func(t *testing.T, choices []byte) { m.check(t, choices) })
}

// The same with recipes that are drawn, of which enough are VALID to tell something.
func TestNamingMixed(t *testing.T) {
	m := newMixer(t)
	n := 5_000
	if testing.Short() {
		n = 1_000
	}
	random := rand.New(rand.NewPCG(1, 2))
	valid := 0
	choices := make([]byte, 200)
	for range n {
		for i := range choices {
			choices[i] = byte(random.Uint32())
		}
		if m.check(t, choices).Verdict == verifier.Valid {
			valid++
		}
	}
	t.Logf("%d of %d are VALID", valid, n)
	if valid < n/50 {
		t.Errorf("only %d of %d documents are VALID", valid, n)
	}
}
