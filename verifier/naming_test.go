package verifier_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// Two issuers: A may speak for itself alone, and so may B, whose key signs everything
// here.
const (
	didA, urlA = "did:web:a.example", "https://a.example/issuer"
	didB, urlB = "did:web:b.example", "https://b.example/issuer"
)

// signedByB verifies documents that B submitted, whatever they name.
type signedByB struct{ *good }

func newSignedByB(t testing.TB) *signedByB {
	g := newGood(t)
	g.setStatus()
	g.trust.Issuers = map[verifier.Address]*verifier.TrustedIssuer{
		g.proof.Submission.Issuer: {Name: "B", IDs: []string{didB, urlB}},
		addr(0xa1):                {Name: "A", IDs: []string{didA, urlA, "a.example"}},
	}
	return &signedByB{g}
}

// check verifies documents, all in one block: each is a batch of its own.
func (s *signedByB) check(documents ...[]byte) []*verifier.Report {
	s.world.TB.Helper()
	proofs := make([]*verifier.Proof, len(documents))
	for i, document := range documents {
		c, err := credential.Sum(bytes.NewReader(document), credential.FormAuto, "")
		if err != nil { // it has no canonical form, so it was submitted as it is
			if c, err = credential.Sum(bytes.NewReader(document), credential.FormRaw, ""); err != nil {
				s.world.TB.Fatal(err)
			}
		}
		p := *s.proof
		batch := verifier.Batch{}
		p.Batch = &batch
		p.Credential = c
		p.Submission.Count, p.Submission.Path = 1, nil
		s.good.proof = &p
		s.sign()
		s.world.Anchor(s.batchRoot(), 900, issuedAt+300)
		proofs[i] = &p
	}
	for _, p := range proofs {
		s.good.proof = p
		p.Anchors = []verifier.Anchor{s.world.Evidence(s.batchRoot(), p.Submission.Issuer)}
		s.pin()
	}
	v, err := verifier.New(s.options())
	if err != nil {
		s.world.TB.Fatal(err)
	}
	reports := make([]*verifier.Report, len(documents))
	for i, p := range proofs {
		reports[i] = verify(v, p, documents[i])
	}
	return reports
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func token(header, payload string) string { return b64(header) + "." + b64(payload) + ".c2ln" }

const es256 = `{"alg":"ES256"}`

// pngOf returns a PNG that holds the chunks, and what follows its end.
func pngOf(rest string, chunks ...[]byte) []byte {
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunkOf("IHDR", strings.Repeat("\x00", 13)), slices.Concat(chunks...),
		chunkOf("IEND", ""), []byte(rest))
}

func chunkOf(name, data string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(out, name+data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

func baked(keyword, text string) []byte { return chunkOf("iTXt", keyword+"\x00\x00\x00\x00\x00"+text) }

const (
	svgOpen  = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0">`
	contexts = `"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]`
	subject  = `"credentialSubject":{"type":["AchievementSubject"],"achievement":{"type":["Achievement"],"name":"N"}}`
)

// credentialOf is an Open Badge 3.0 with the members.
func credentialOf(members string) string {
	return `{` + contexts + `,"type":["VerifiableCredential","OpenBadgeCredential"],` + members + `,` + subject + `}`
}

// assertionOf is an Open Badge 2.0 with the members, of the badge class and its own.
func assertionOf(badge, members string) string {
	return `{"@context":"https://w3id.org/openbadges/v2","type":"Assertion","id":"urn:uuid:1","badge":{"type":"BadgeClass",` +
		`"id":"urn:uuid:2",` + badge + `}` + members + `}`
}

func utf16Of(s string, order binary.AppendByteOrder) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

func utf32Of(s string) string {
	var out []byte
	for _, r := range s {
		out = binary.BigEndian.AppendUint32(out, uint32(r))
	}
	return string(out)
}

func cborOf(v any) string {
	b, err := cbor.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// naming is one line of the table: a document of a format that names issuers in a place.
type naming struct {
	format, place string
	document      string
	verdict       verifier.Verdict
}

// namings is the table. B signed all of them.
func namings() []naming {
	const valid, unknown = verifier.Valid, verifier.VerdictUnknown
	byA, byB := `"issuer":"`+didA+`"`, `"issuer":"`+didB+`"`
	ofA, ofB := credentialOf(byA), credentialOf(byB)
	tokenA, tokenB := token(es256, ofA), token(es256, ofB)
	classA, classB := `"issuer":{"type":"Profile","id":"`+urlA+`"}`, `"issuer":{"type":"Profile","id":"`+urlB+`"}`
	badgeA, badgeB := assertionOf(classA, ""), assertionOf(classB, "")
	jws := func(more string) string { return `{"payload":"` + b64(ofB) + `","signature":"x"` + more + `}` }
	sd := func(payload string, disclosures ...string) string { // x stands for their digests
		var digests, parts string
		for _, d := range disclosures {
			sum := sha256.Sum256([]byte(b64(d)))
			digests += `,"` + base64.RawURLEncoding.EncodeToString(sum[:]) + `"`
			parts += b64(d) + "~"
		}
		if disclosures != nil {
			payload = strings.NewReplacer(`"_sd":["x"]`, `"_sd":[`+digests[1:]+`]`, `{"...":"x"}`, `{"...":`+digests[1:]+`}`).Replace(payload)
		}
		return token(es256, payload) + "~" + parts
	}
	svg := func(inner string) string { return svgOpen + inner + `</svg>` }
	ob3 := func(text string) string {
		return `<openbadges:credential><![CDATA[` + text + `]]></openbadges:credential>`
	}
	table := []naming{
		// What names B, where its format has it.
		{"Open Badge 3", "issuer, a text", ofB, valid},
		{"Open Badge 3", "issuer, an object", credentialOf(`"issuer":{"id":"` + didB + `","type":["Profile"],"name":"B",` +
			`"url":"https://b.example"}`), valid},
		{"Open Badge 3", "issuer with an image that has an author", credentialOf(`"issuer":{"id":"` + didB +
			`","image":{"id":"https://b.example/i","author":"x"}}`), valid},
		{"Open Badge 3", "extension", credentialOf(byB + `,"https://ext.example/level":{"value":3}`), valid},
		{"Open Badge 3", "context of its own, other terms", strings.Replace(ofB, `3.0.3.json"]`,
			`3.0.3.json",{"id":"@id","type":"@type","level":"https://ext.example/level","ext":"https://ext.example/#"}]`, 1), valid},
		{"VC 1.1", "issuer", `{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential"],` + byB +
			`,"issuanceDate":"2020-01-01T00:00:00Z",` + subject + `}`, valid},
		{"Open Badge 2", "badge.issuer", badgeB, valid},
		{
			"Open Badge 2", "badge.issuer, signed", assertionOf(classB, `,"verification":{"type":"SignedBadge","creator":"https://b.example/key"}`),
			valid,
		},
		{"Open Badge 2", "badge.issuer, a DID and its key", assertionOf(`"issuer":{"id":"`+didB+`"}`,
			`,"verification":{"type":"SignedBadge","creator":"`+didB+`#key-1"}`), valid},
		{"Open Badge 1", "badge.issuer", `{"uid":"1","recipient":"a@example.org","badge":{"name":"N",` + classB +
			`},"verify":{"type":"hosted","url":"https://b.example/a"}}`, valid},
		{"Blockcerts 2", "badge.issuer", strings.Replace(assertionOf(classB,
			`,"signature":{"type":["MerkleProof2017","Extension"],"merkleRoot":"00","anchors":[{"sourceId":"0x00","type":"ETHData"}]},`+
				`"verification":{"type":["MerkleProofVerification2017","Extension"],"publicKey":"ecdsa-koblitz-pubkey:0x00"}`), `openbadges/v2"`,
			`blockcerts/v2"`, 1), valid},
		{"Blockcerts 3", "issuer", `{"@context":["https://www.w3.org/2018/credentials/v1","https://w3id.org/blockcerts/v3"],` +
			`"type":["VerifiableCredential","BlockcertsCredential"],` + byB + `,"metadata":"{\"classOf\":\"2026\"}",` +
			`"display":{"contentMediaType":"text/html"},` + subject + `}`, valid},
		{"Europass", "issuer", `{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential",` +
			`"EuropeanDigitalCredential"],"issuer":{"id":"` + didB + `","type":"Organisation","legalName":{"en":"B"},` +
			`"identifier":{"notation":"1"}},"credentialSubject":{"hasClaim":[{"awardedBy":{"awardingBody":[{"id":"` + didA +
			`"}]}}]},"displayParameter":{"title":{"en":"T"}}}`, valid},
		{"CLR 2", "issuer, a credential of another inside", `{` + contexts + `,"type":["VerifiableCredential","ClrCredential"],` + byB +
			`,"credentialSubject":{"verifiableCredential":[` + ofA + `]}}`, valid},
		{"Open Badge 3", "another, in evidence and endorsement", credentialOf(byB + `,"evidence":[{"id":"` + urlA + `"}],"endorsement":[` + ofA +
			`],"proof":{"type":"x","verificationMethod":"` + didA + `"}`), valid},
		{"profile", "its own id", `{"type":"Profile","id":"` + didB + `","name":"B"}`, valid},
		{"JWT", "payload a credential", tokenB, valid},
		{"JWT", "iss and vc.issuer", token(es256, `{"iss":"`+didB+`","sub":"did:x:1","exp":4102444800,`+
			`"vc":{"type":["VerifiableCredential"],`+byB+`,"credentialSubject":{"id":"did:x:1"}}}`), valid},
		{"JWT", "iss alone", token(es256, `{"iss":"`+didB+`","vc":{"type":["VerifiableCredential"]}}`), valid},
		{"JWT", "iss in header and payload", token(`{"alg":"ES256","iss":"`+didB+`","kid":"`+didB+`#1"}`, ofB), valid},
		{"SD-JWT VC", "iss, other claims hidden", sd(`{"iss":"`+didB+`","vct":"https://b.example/v","_sd_alg":"sha-256","_sd":["x"],`+
			`"cnf":{"jwk":{}}}`, `["salt","given_name","Ada"]`), valid},
		{"SD-JWT", "iss, subject hidden", sd(`{"iss":"`+didB+`","vc":{"type":["VerifiableCredential"],"credentialSubject":{"_sd":["x"]}}}`,
			`["salt","name","Ada"]`), valid},
		{"JWS in JSON", "payload", jws(`,"protected":"` + b64(es256) + `"`), valid},
		{"enveloped", "the token", `{"@context":"https://www.w3.org/ns/credentials/v2","type":"EnvelopedVerifiableCredential",` +
			`"id":"data:application/vc+jwt,` + tokenB + `"}`, valid},
		{"PNG", "credential", string(pngOf("", baked("openbadgecredential", ofB))), valid},
		{"SVG", "credential", svg(ob3(ofB) + `<style>.a{font-family:"Arial"}</style><rect/>`), valid},
		{"SVG", "assertion and the link to it", svg(`<openbadges:assertion verify="https://b.example/a"><![CDATA[` +
			strings.Replace(badgeB, "urn:uuid:1", "https://b.example/a", 1) + `]]></openbadges:assertion>`), valid},

		// Files that name nobody.
		{"PDF", "nowhere", "%PDF-1.7\n1 0 obj<<>>endobj", valid},
		{"picture", "nowhere", string(pngOf("", chunkOf("tEXt", "Software\x00GIMP"))), valid},
		{"SVG", "nowhere", svg(`<rect/>`), valid},
		{"text", "nowhere", "Certificate of Attendance\n\nThis is to say that Ada (1815) was here: on time, \"cum laude\".\n", valid},
		{"bytes", "nowhere", "\x00\x01\x02\x03\xfe\xdc", valid},
		{"PDF", "as a word", "%PDF-1.7\n1 0 obj<</Title(" + urlA + ")>>endobj", unknown},
		{"text", "as a word", "Issued on behalf of " + didA + ".", unknown},

		// Behind a link.
		{"Open Badge 2", "badge, a link", `{"@context":"https://w3id.org/openbadges/v2","type":"Assertion","badge":"` + urlB + `"}`, unknown},
	}

	// A known sort without its issuer, or with another one where it has no place.
	for place, members := range map[string]string{
		"no issuer": `"x":1`, "null": `"issuer":null`, "empty": `"issuer":""`, "array": `"issuer":["` + didB + `"]`, "number": `"issuer":1`,
		"without id":        `"issuer":{"name":"A"}`,
		"issuer of another": byA, "full IRI": `"https://www.w3.org/2018/credentials#issuer":{"@id":"` + didA + `"}`,
		"full IRI beside": byB + `,"https://www.w3.org/2018/credentials#issuer":{"@id":"did:x:1"}`, "prefixed": byB + `,"obi:issuer":"did:x:1"`,
		"two ids": `"issuer":{"id":"` + didB + `","@id":"` + didA + `"}`, "@graph": `"@graph":[` + ofA + `]`,
		"@graph beside": byB + `,"@graph":[{"x":1}]`,
		"@included":     byB + `,"@included":[` + ofA + `]`, "@reverse": byB + `,"@reverse":{"x":{"id":"did:x:1"}}`,
		"@reverse in an extension": byB + `,"ext":{"@reverse":{}}`,
		"iss":                      byB + `,"iss":"did:x:1"`, "Issuer": byB + `,"Issuer":"did:x:1"`, "issuedBy": byB + `,"issued_by":"did:x:1"`,
		"delegatedBy": byB + `,"delegatedBy":{"id":"did:x:1"}`, "issuingParty": byB + `,"issuing-party":"did:x:1"`,
		"publisher": byB + `,"publisher":{"id":"did:x:1"}`,
		"badge":     byB + `,"badge":{` + classA + `}`, "badge, a link": byB + `,"badge":"https://x.example/b"`,
		"vc": byB + `,"vc":{"issuer":"did:x:1"}`, "verifiableCredential": byB + `,"verifiableCredential":[` + ofA + `]`,
		"payload": byB + `,"payload":"` + b64(ofA) + `","signature":"x"`, "hidden": byB + `,"_sd":["x"]`,
		"hidden in issuer": `"issuer":{"id":"` + didB + `","_sd":["x"]}`,
		"issuer in issuer": `"issuer":{"id":"` + didB + `","issuer":"did:x:1"}`, "identityProof": `"issuer":{"id":"` + didB +
			`","identityProof":{"type":"DNS-DID","identifier":"x.example"}}`,
		"OpenAttestation 3": byB + `,"openAttestationMetadata":{"identityProof":{"identifier":"x.example"}}`,
		"extension":         byB + `,"https://ext.example/x":{"y":[{"z":"` + didA + `"}]}`, "name of a member": byB + `,"ext":{"` + didA + `":1}`,
		"token in a text": byB + `,"ext":"` + token(es256, `{"iss":"did:x:1"}`) + `"`,
		"JSON in a text":  byB + `,"ext":"{\"issuer\":\"did:x:1\"}"`, "data URL": byB + `,"ext":"data:application/json;base64,` +
			base64.StdEncoding.EncodeToString([]byte(ofA)) + `"`,
		"data id": byB + `,"id":"data:application/vc+jwt,` + tokenB + `"`, "own id": byB + `,"id":"` + didA + `"`,
		"issuer's page": `"issuer":{"id":"` + didB + `","url":"` + urlA + `"}`,
	} {
		table = append(table,
			naming{"Open Badge 3", place, credentialOf(members), unknown},
			naming{"Open Badge 3 in JWT", place, token(es256, credentialOf(members)), unknown},
			naming{"Open Badge 3 in a wrapper", place, `{"credential":` + credentialOf(members) + `}`, unknown})
		if place != "no issuer" {
			table = append(table, naming{
				"Open Badge 3 in claim vc", place, token(es256, `{"iss":"`+didB+`","vc":`+credentialOf(members)+`}`),
				unknown,
			})
		}
	}
	for place, term := range map[string]string{
		"aliased":              `"her":"https://www.w3.org/2018/credentials#issuer"`,
		"aliased by an object": `"her":{"@id":"https://www.w3.org/2018/credentials#issuer","@type":"@id"}`,
		"aliased in two steps": `"c":"https://www.w3.org/2018/credentials#iss"`,
		"aliased by prefix":    `"c":"https://www.w3.org/2018/credentials#","her":"c:issuer"`,
		"reversed":             `"her":{"@reverse":"https://ext.example/x"}`, "keyword": `"her":"@graph"`,
		"nested":    `"x":{"@id":"https://ext.example/x","@context":{"her":"https://w3id.org/openbadges#issuer"}}`,
		"redefined": `"issuer":"https://ext.example/x"`, "removed": `"issuer":null`, "id": `"id":"https://ext.example/x"`,
		"dates": `"until":"https://www.w3.org/2018/credentials#validUntil"`,
	} {
		table = append(table, naming{
			"Open Badge 3", "context: " + place, strings.Replace(ofB, `3.0.3.json"]`, `3.0.3.json",{`+term+`}]`, 1),
			unknown,
		})
	}
	for place, doc := range map[string]string{
		"badge null": `{"type":"Assertion","badge":null}`, "badge without issuer": assertionOf(`"name":"N"`, ""),
		"badge.issuer null": assertionOf(`"issuer":null`, ""), "badge.issuer": badgeA,
		"issuer beside badge": assertionOf(`"name":"N"`, `,`+byB), "issuer, no badge": `{"type":"Assertion",` + byB + `}`,
		"two issuers":            assertionOf(classB, `,`+byA),
		"creator":                assertionOf(classB, `,"verification":{"creator":"https://x.example/key"}`),
		"creator, a longer host": assertionOf(classB, `,"verification":{"creator":"https://b.example.x/key"}`),
		"creator, user":          assertionOf(classB, `,"verification":{"creator":"https://b.example@x.example/key"}`),
		"creator, a DID":         assertionOf(`"issuer":{"id":"`+didB+`"}`, `,"verification":{"creator":"`+didB+`.x#1"}`),
		"VC, too":                strings.Replace(badgeB, `"type":"Assertion"`, `"type":["Assertion","VerifiableCredential"],`+byB, 1),
		"VC context": strings.Replace(badgeA, `"https://w3id.org/openbadges/v2"`,
			`["https://w3id.org/openbadges/v2","https://www.w3.org/2018/credentials/v1"]`, 1),
		"badge class within": assertionOf(classB+`,"parent":{"issuer":"did:x:1"}`, ""),
	} {
		table = append(table, naming{"Open Badge 2", place, doc, unknown}, naming{"Open Badge 2 in JWT", place, token(es256, doc), unknown},
			naming{"Open Badge 2 in PNG", place, string(pngOf("", baked("openbadges", doc))), unknown})
	}
	vct := func(more string) string { return `{"iss":"` + didB + `","vct":"v"` + more + `}` }
	table = append(table, []naming{
		{"JWT", "iss in the header", token(`{"alg":"ES256","iss":"`+didA+`"}`, `{"sub":"x"}`), unknown},
		{"JWT", "iss in the header, another in the payload", token(`{"alg":"ES256","iss":"`+didA+`"}`, ofB), unknown},
		{"JWT", "iss in the header, of somebody unknown", token(`{"alg":"ES256","iss":"did:x:1"}`, ofB), unknown},
		{"JWT", "no iss", token(es256, `{"sub":"x"}`), unknown},
		{"JWT", "iss null", token(es256, `{"iss":null}`), unknown},
		{"JWT", "vc hidden", token(es256, `{"iss":"`+didB+`","vc":{"_sd":["x"]}}`), unknown},
		{"JWT", "vc of another", token(es256, `{"iss":"`+didB+`","vc":`+ofA+`}`), unknown},
		{"JWT", "payload not encoded", token(`{"alg":"ES256","b64":false}`, ofB), unknown},
		{"JWT", "credential in a claim", token(es256, `{"iss":"`+didB+`","credential":{"issuer":"did:x:1"}}`), unknown},
		{"JWT", "JWS members in the payload", token(es256, jws(`,"iss":"did:x:1"`)), unknown},
		{"JWT", "unknown type, no iss", token(es256, `{"@type":"x","@id":"`+didB+`"}`), unknown},
		{"SD-JWT", "iss disclosed", sd(`{"_sd":["x"],"vct":"v"}`, `["s","iss","`+didA+`"]`), unknown},
		{"SD-JWT", "issuer disclosed beside iss", sd(vct(`,"_sd":["x"]`), `["s","issuer",{"id":"did:x:1"}]`), unknown},
		{"SD-JWT", "status disclosed", sd(vct(`,"_sd":["x"]`), `["s","credentialStatus",{"id":"https://b.example/s"}]`), unknown},
		{"SD-JWT", "vc disclosed", sd(vct(`,"_sd":["x"]`), `["s","vc",{}]`), unknown},
		{"SD-JWT", "type disclosed", sd(vct(`,"_sd":["x"]`), `["s","type","VerifiableCredential"]`), unknown},
		{"SD-JWT", "sub disclosed", sd(vct(`,"_sd":["x"]`), `["s","sub","did:x:1"]`), unknown},
		{"SD-JWT", "disclosures in the header", token(`{"alg":"ES256","disclosures":["`+b64(`["s","a","b"]`)+`"]}`, vct(``)), unknown},
		{"SD-JWT", "unbound", sd(vct(``), `["s","given_name","Ada"]`), unknown},
		{"SD-JWT", "bound twice", sd(vct(`,"_sd":["x"],"y":{"_sd":["x"]}`), `["s","given_name","Ada"]`), unknown},
		{"SD-JWT", "beside one of the same name", sd(vct(`,"_sd":["x"],"given_name":"Bob"`), `["s","given_name","Ada"]`), unknown},
		{"SD-JWT", "authority in words", sd(vct(`,"_sd":["x"],"issuing_country":"X"`), `["s","issuing_authority","Harbour Office"]`), valid},
		{"SD-JWT", "another as the authority", sd(vct(`,"_sd":["x"]`), `["s","issuing_authority","`+didA+`"]`), unknown},
		{"SD-JWT", "an object as the authority", sd(vct(`,"_sd":["x"]`), `["s","issuing_authority",{"id":"`+didA+`"}]`), unknown},
		{"SD-JWT", "all disclosed, no vct", sd(`{"iss":"`+didB+`","_sd":["x"]}`, `["s","given_name","Ada"]`), valid},
		{"SD-JWT", "another, in an element in its place", sd(vct(`,"n":[{"...":"x"}]`), `["s","`+didA+`"]`), unknown},
		{"SD-JWT", "an element in its place", sd(vct(`,"n":[{"...":"x"}]`), `["s","NL"]`), valid},
		{"SD-JWT", "another, in a claim disclosed", sd(vct(`,"_sd":["x"]`), `["s","school","`+didA+`"]`), unknown},
		{"SD-JWT", "another, within a claim disclosed", sd(vct(`,"_sd":["x"]`), `["s","school",{"issuer":"did:x:1"}]`), unknown},
		{"SD-JWT", "another, in an element disclosed", sd(vct(``), `["s","`+didA+`"]`), unknown},
		{"SD-JWT", "hidden without vct", sd(`{"iss":"` + didB + `","_sd":["x"]}`), unknown},
		{"SD-JWT", "what cannot be read", token(es256, vct("")) + "~%%~", unknown},
		{"SD-JWT", "a disclosure of one element", sd(vct(""), `["a"]`), unknown},
		{"SD-JWT in JSON", "iss disclosed", `{"payload":"` + b64(`{"_sd":["x"]}`) + `","signature":"x","header":{"disclosures":["` +
			b64(`["s","iss","`+didA+`"]`) + `"]}}`, unknown},
		{"SD-JWT in JSON, draft", "iss disclosed beside iss", `{"payload":"` + b64(vct("")) + `","protected":"` + b64(`{"alg":"ES256"}`) +
			`","signature":"x","disclosures":["` + b64(`["s","iss","`+didA+`"]`) + `"]}`, unknown},
		{"SD-JWT in JSON, draft", "named in what binds it to a holder", `{"payload":"` + b64(vct("")) + `","protected":"` +
			b64(`{"alg":"ES256"}`) + `","signature":"x","kb_jwt":"` + b64(`{"alg":"ES256"}`) + `.` + b64(`{"iss":"`+didA+`"}`) + `.x"}`, unknown},
		{"SD-JWT in JSON", "iss disclosed beside iss", `{"payload":"` + b64(vct("")) + `","signature":"x","header":{"disclosures":["` +
			b64(`["s","iss","`+didA+`"]`) + `"]}}`, unknown},
		{"JWS in JSON", "issuer outside", jws(`,` + byA), unknown},
		{"JWS in JSON", "VC context outside", jws(`,` + contexts + `,` + byB), unknown},
		{"JWS in JSON", "Profile outside", jws(`,"type":"Profile","id":"` + didB + `"`), unknown},
		{"JWS in JSON", "iss in the protected header", jws(`,"protected":"` + b64(`{"alg":"x","iss":"did:x:1"}`) + `"`), unknown},
		{"JWS in JSON", "iss in the header", jws(`,"header":{"iss":"did:x:1"}`), unknown},
		{"JWS in JSON", "iss in a header of the second signature", `{"payload":"` + b64(ofB) + `","signatures":[{"protected":"` + b64(es256) +
			`"},{"header":{"iss":"did:x:1"}}]}`, unknown},
		{"JWS in JSON", "payload an array", `{"payload":["` + b64(ofB) + `","` + b64(ofA) + `"],"signature":"x"}`, unknown},
		{"JWS in JSON", "payload in languages", `{"payload":{"en":"` + b64(ofB) + `","de":"` + b64(ofA) + `"},"signature":"x"}`, unknown},
		{
			"enveloped", "issuer outside", `{"type":"EnvelopedVerifiableCredential","id":"data:application/vc+jwt,` + tokenB + `",` + byA + `}`,
			unknown,
		},
		{"enveloped", "issuer of somebody unknown outside", `{"type":"EnvelopedVerifiableCredential","id":"data:application/vc+jwt,` + tokenB +
			`","issuer":"did:x:1"}`, unknown},
		{"enveloped", "two types", `{"type":["EnvelopedVerifiableCredential","VerifiableCredential"],"id":"data:application/vc+jwt,` + tokenB +
			`",` + byB + `}`, unknown},
		{"profile", "issuer beside its id", `{"type":"Profile","id":"` + didB + `","issuer":"did:x:1"}`, unknown},
		{"presentation", "within", `{"type":"VerifiablePresentation","holder":"` + didB + `","verifiableCredential":[` + ofA + `]}`, unknown},
		{"Blockcerts 1", "document.certificate.issuer", `{"@context":"https://w3id.org/blockcerts/v1","type":"BlockchainCertificate",` +
			`"document":{"certificate":{"issuer":{"id":"` + urlA + `"}}}}`, unknown},
		{"OpenAttestation 2", "issuers", `{"issuers":[{"name":"A","identityProof":{"location":"a.example"}}],"recipient":{}}`, unknown},
		{
			"OpenAttestation 2", "wrapped", `{"version":"2.0","data":{"issuers":[{"name":"0000:string:A"}]},"signature":{"type":"SHA3MerkleProof"}}`,
			unknown,
		},
		{"JSON", "issuer", `{` + byB + `}`, unknown},
		{"JSON", "iss", `{"iss":"` + didA + `","sub":"x"}`, unknown},
		{"JSON", "anything", `{"hello":"world"}`, unknown},
		{"JSON", "jwt", `{"jwt":"` + tokenA + `"}`, unknown},
		{"JSON", "text", `"` + tokenA + `"`, unknown},
		{"JSON", "array", `[` + ofA + `]`, unknown},
		{"Europass XML", "issuer", `<?xml version="1.0"?><europassCredential><issuer idref="a"/></europassCredential>`, unknown},
		{"HTML", "JSON-LD", `<html><script type="application/ld+json">` + badgeA + `</script></html>`, unknown},
		{"HTML", "nowhere", `<!doctype html><p>hello`, unknown},
		{"HTML", "behind a word", "hello\n<html><p>hello", unknown},
		{"CBOR", "iss", cborOf(map[any]any{1: didA}), unknown},
		{"CBOR", "anything", cborOf(map[string]int{"a": 1}), unknown},
		{
			"CBOR", "COSE_Sign1", cborOf(cbor.Tag{Number: 18, Content: []any{[]byte{0xa1, 1, 0x26}, map[any]any{}, []byte(ofA), []byte{0}}}),
			unknown,
		},
		{"CBOR", "sequence", cborOf([]any{1, "x"}) + cborOf([]any{didA}), unknown},
		{
			"CBOR", "mdoc", cborOf(map[string]any{"version": "1.0", "documents": []any{map[string]any{"docType": "org.iso.18013.5.1.mDL"}}}),
			unknown,
		},
		{"YAML", "issuer", "\"@context\": https://www.w3.org/ns/credentials/v2\nissuer: " + didA + "\n", unknown},
		{"Turtle", "issuer", "<urn:1> <https://www.w3.org/2018/credentials#issuer> <did:x:1> .", unknown},
		{"PNG", "keyword in other case", string(pngOf("", baked("OpenBadges", badgeA))), unknown},
		{"PNG", "keyword and a space", string(pngOf("", baked("openbadges ", badgeA))), unknown},
		{"PNG", "long keyword", string(pngOf("", baked("openbadges"+strings.Repeat("x", 90), "eJw"))), unknown},
		{"PNG", "compressed under another case", string(pngOf("", chunkOf("zTXt", "OPENBADGECREDENTIAL\x00\x00x\x9c"))), unknown},
		{"PNG", "chunk name in other case", string(pngOf("", baked("openbadgecredential", ofB),
			chunkOf("itXt", "openbadges\x00\x00\x00\x00\x00"+badgeA))), unknown},
		{"PNG", "comment", string(pngOf("", chunkOf("tEXt", "Comment\x00"+ofA))), unknown},
		{"PNG", "comment beside", string(pngOf("", baked("openbadgecredential", ofB), chunkOf("tEXt", "Comment\x00"+tokenA))), unknown},
		{"PNG", "behind its end", string(pngOf(string(baked("openbadges", badgeA)), baked("openbadgecredential", ofB))), unknown},
		{"PNG", "behind the end of a picture without", string(pngOf(ofA)), unknown},
		{"SVG", "upper case", svg(`<openbadges:Assertion><![CDATA[` + badgeA + `]]></openbadges:Assertion>`), unknown},
		{"SVG", "script", svg(`<script type="application/ld+json"><![CDATA[` + badgeA + `]]></script>`), unknown},
		{"SVG", "script beside", svg(ob3(ofB) + `<script type="application/ld+json"><![CDATA[` + badgeA + `]]></script>`), unknown},
		{"SVG", "metadata", svg(`<metadata>` + ofA + `</metadata>`), unknown},
		{"SVG", "attribute", svg(`<g data-badge="` + strings.ReplaceAll(ofA, `"`, "&quot;") + `"/>`), unknown},
		{"SVG", "another namespace", svg(`<x:credential xmlns:x="urn:x">` + ofA + `</x:credential>`), unknown},
		{
			"SVG", "link beside the text", svg(`<openbadges:assertion verify="https://x.example/a"><![CDATA[` + ofB + `]]></openbadges:assertion>`),
			unknown,
		},
		{
			"SVG", "default of an attribute", `<!DOCTYPE svg [<!ATTLIST openbadges:credential verify CDATA "` + tokenA + `">]>` + svg(ob3(ofB)),
			unknown,
		},
		{"SVG", "entity that holds a document", `<!DOCTYPE svg [<!ENTITY x '` + ofA + `'>]>` + svg(ob3(ofB)), unknown},
		{"SVG", "entity of markup", `<!DOCTYPE svg [<!ENTITY x "<a/>">]>` + svg(ob3(ofB)+`&x;`), unknown},
		{"SVG", "entity that nothing uses", `<!DOCTYPE svg [<!ENTITY x "` + didA + `">]>` + svg(ob3(ofB)), valid},
		{"SVG", "attribute of a namespace", svg(`<openbadges:credential openbadges:verify="` + tokenA + `"><![CDATA[` + ofB +
			`]]></openbadges:credential>`), unknown},
		{"SVG", "another attribute", svg(`<openbadges:credential jwt="` + tokenA + `"><![CDATA[` + ofB + `]]></openbadges:credential>`), unknown},
		{
			"SVG", "comment beside the text", svg(`<openbadges:credential><!-- ` + ofA + ` --><![CDATA[` + ofB + `]]></openbadges:credential>`),
			unknown,
		},
		{"SVG", "UTF-16", utf16Of(svg(ob3(ofA)), binary.LittleEndian), unknown},
	}...)

	// Formats of the years before Verifiable Credentials, and beside them.
	clr := func(members string) string {
		return `{"@context":"https://purl.imsglobal.org/spec/clr/v1p0/context/clr_v1p0.jsonld","type":"Clr","learner":{"name":"Ada"},` +
			`"assertions":[{"achievement":{"name":"N","issuer":{"id":"` + urlA + `"}},"expires":"2020-01-01T00:00:00Z"}],` + members + `}`
	}
	cert := func(issuer, members string) string {
		return `{"type":"CertificateDocument","certificate":{"title":"T","issuer":` + issuer + `},"assertion":{"issuedOn":"2020-01-01T00:00Z"},` +
			`"recipient":{"type":"email","identity":"a@example.org","hashed":false,"familyName":"A"},"verify":{"signer":"https://b.example/keys"}` +
			members + `}`
	}
	chained := func(document, members string) string {
		return `{"@context":"https://w3id.org/blockcerts/v1","type":"BlockchainCertificate","document":` + document + `,"receipt":{}` +
			members + `}`
	}
	salt := func(value string) string { return `"0b7d2d5e-0000-4000-8000-000000000001:string:` + value + `"` }
	oa := func(issuers, members string) string {
		return `{"name":"N","recipient":{"name":"Ada"},"issuers":[` + issuers + `]` + members + `}`
	}
	salted := func(data, members string) string {
		return `{"version":"https://schema.openattestation.com/2.0/schema.json","data":` + data + `,"privacy":{"obfuscatedData":[]},` +
			`"signature":{"type":"SHA3MerkleProof","targetHash":"00","proof":[],"merkleRoot":"00"}` + members + `}`
	}
	byDID := `{"id":"` + didB + `","name":"B","documentStore":"0x00","identityProof":{"type":"DID","key":"` + didB + `#controller"}}`
	saltedB := `{"name":` + salt("N") + `,"issuers":[{"id":` + salt(didB) + `,"documentStore":` + salt("0x00") + `}]`
	oa3 := func(issuer, domain string) string {
		return `{"@context":["https://www.w3.org/2018/credentials/v1","https://schemata.openattestation.com/com/openattestation/1.0/` +
			`OpenAttestation.v3.json"],"type":["VerifiableCredential","OpenAttestationCredential"],"issuer":{"id":"` + issuer + `"},` + subject +
			`,"openAttestationMetadata":{"proof":{"type":"OpenAttestationProofMethod","method":"DID","value":"` + didB + `"},` +
			`"identityProof":{"type":"DNS-TXT","identifier":"` + domain + `"}}}`
	}
	table = append(table, []naming{
		{"CLR 1", "publisher, assertions of another", clr(`"publisher":{"type":"Profile","id":"` + didB + `"}`), valid},
		{"CLR 1", "a link", clr(`"publisher":"https://b.example/issuer"`), unknown},
		{"CLR 1", "another publisher", clr(`"publisher":{"id":"` + didA + `"}`), unknown},
		{"CLR 1", "no publisher", clr(`"x":1`), unknown},
		{"CLR 1", "issuer, too", clr(`"publisher":{"id":"` + didB + `"},"issuer":"did:x:1"`), unknown},
		{"CLR 1", "publisher with an issuer", clr(`"publisher":{"id":"` + didB + `","issuer":"did:x:1"}`), unknown},
		{"CLR 1", "a key of another", clr(`"publisher":{"id":"` + didB + `"},"verification":{"creator":"https://x.example/k"}`), unknown},
		{"CLR 1", "over", clr(`"publisher":{"id":"` + didB + `"},"expires":"2020-01-01T00:00:00Z"`), verifier.Invalid},
		{"CLR 1", "an end elsewhere", clr(`"publisher":{"id":"` + didB + `"},"x":{"expires":"2020-01-01T00:00:00Z"}`), unknown},
		{"CLR 1", "a VC, too", clr(`"publisher":{"id":"` + didB + `"},"credential":{},"payload":"e30","signature":"x"`), unknown},

		{"Blockcerts 1", "certificate.issuer", cert(`{"id":"`+urlB+`","name":"B"}`, ""), valid},
		{"Blockcerts 1", "beside its receipt", chained(cert(`{"id":"`+urlB+`"}`, ""), ""), valid},
		{"Blockcerts 1", "another", chained(cert(`{"id":"`+urlA+`"}`, ""), ""), unknown},
		{"Blockcerts 1", "another signer", strings.Replace(cert(`{"id":"`+urlB+`"}`, ""), "b.example/keys", "x.example/keys", 1), unknown},
		{"Blockcerts 1", "issuer beside", cert(`{"id":"`+urlB+`"}`, `,"issuer":{"id":"did:x:1"}`), unknown},
		{"Blockcerts 1", "issuer beside its receipt", chained(cert(`{"id":"`+urlB+`"}`, ""), `,"issuer":"did:x:1"`), unknown},
		{"Blockcerts 1", "another certificate beside its receipt", chained(cert(`{"id":"`+urlB+`"}`, ""),
			`,"certificate":{"issuer":{"id":"did:x:1"}},"assertion":{}`), unknown},
		{"Blockcerts 1", "a list of documents", chained(`[`+cert(`{"id":"`+urlB+`"}`, "")+`,`+cert(`{"id":"`+urlA+`"}`, "")+`]`, ""), unknown},
		{"Blockcerts 1", "over", strings.Replace(cert(`{"id":"`+urlB+`"}`, ""), `"issuedOn"`, `"expires"`, 1), verifier.Invalid},
		{"Blockcerts 1", "an end beside", cert(`{"id":"`+urlB+`"}`, `,"expires":"2020-01-01T00:00:00Z"`), unknown},

		{"Open Badge 0.5", "badge.issuer.origin", `{"recipient":"a@example.org","issued_on":"2012-01-01","badge":{"version":"0.5.0","name":"N",` +
			`"issuer":{"origin":"` + urlB + `","name":"B"}}}`, valid},
		{"Open Badge 0.5", "another", `{"recipient":"a@example.org","badge":{"name":"N","issuer":{"origin":"` + urlA + `"}}}`, unknown},
		{
			"Open Badge 0.5", "another origin",
			`{"recipient":"a@example.org","badge":{"name":"N","issuer":{"origin":"` + urlA + `","id":"` + urlB + `"}}}`, unknown,
		},
		{
			"Open Badge 0.5", "revoked", `{"recipient":"a@example.org","revoked":true,"badge":{"name":"N","issuer":{"origin":"` + urlB + `"}}}`,
			verifier.Invalid,
		},
		{"Open Badge 0.5", "no address", `{"recipient":"a@example.org","badge":{"name":"N","issuer":{"origin":"b.example"}}}`, unknown},
		{"Open Badge 2", "an origin", `{"type":"Assertion","badge":{"name":"N","issuer":{"origin":"` + urlB + `"}}}`, unknown},
		{"Open Badge 1", "class", `{"name":"N","criteria":"https://b.example/c","image":"https://b.example/i","issuer":"` + urlB + `"}`, unknown},

		{"OpenAttestation 2", "issuers", oa(byDID, ""), valid},
		{"OpenAttestation 2", "another in issuers", oa(byDID+`,{"id":"did:x:1","documentStore":"0x01"}`, ""), unknown},
		{"OpenAttestation 2", "without identifier in issuers", oa(byDID+`,{"name":"A"}`, ""), unknown},
		{"OpenAttestation 2", "a text in issuers", oa(byDID+`,"did:x:1"`, ""), unknown},
		{"OpenAttestation 2", "no issuers", oa("", `,"issuer":"did:x:1"`), unknown},
		{"OpenAttestation 2", "issuer beside", oa(byDID, `,"issuer":"did:x:1"`), unknown},
		{"OpenAttestation 2", "in other letters", oa(byDID, `,"Issuers":[{"id":"did:x:1"}]`), unknown},
		{"OpenAttestation 2", "issuer in issuers", oa(`{"id":"`+didB+`","documentStore":"0x00","issuedBy":"did:x:1"}`, ""), unknown},
		{"OpenAttestation 2", "domain of another", oa(`{"id":"`+didB+`","identityProof":{"location":"x.example"}}`, ""), unknown},
		{"OpenAttestation 2", "its own domain", oa(`{"id":"`+didB+`","identityProof":{"location":"b.example"}}`, ""), valid},
		{"OpenAttestation 2", "key of another", oa(`{"id":"`+didB+`","identityProof":{"type":"DID","key":"did:x:1#controller"}}`, ""), unknown},
		{"OpenAttestation 2", "contract of another", oa(`{"id":"`+didB+`","documentStore":"`+didA+`"}`, ""), unknown},
		{"OpenAttestation 2", "contract alone", oa(`{"name":"B","documentStore":"0x00"}`, ""), unknown},
		{"OpenAttestation 2", "over", oa(byDID, `,"expiresOn":"2020-01-01T00:00:00Z"`), verifier.Invalid},
		{"OpenAttestation 2", "an end elsewhere", oa(byDID, `,"x":{"expiresOn":"2020-01-01T00:00:00Z"}`), unknown},
		{"OpenAttestation 2, salted", "issuers", salted(saltedB+`}`, ""), valid},
		{"OpenAttestation 2, salted", "over", salted(saltedB+`,"expiresOn":`+salt("2020-01-01T00:00:00Z")+`}`, ""), verifier.Invalid},
		{"OpenAttestation 2, salted", "another", salted(strings.ReplaceAll(saltedB, didB, "did:x:1")+`}`, ""), unknown},
		{"OpenAttestation 2, salted", "another elsewhere", salted(saltedB+`,"x":`+salt(didA)+`}`, ""), unknown},
		{"OpenAttestation 2, salted", "issuer in the data", salted(saltedB+`,"issuer":`+salt("did:x:1")+`}`, ""), unknown},
		{"OpenAttestation 2, salted", "issuer beside", salted(saltedB+`}`, `,"issuer":"did:x:1"`), unknown},
		{"OpenAttestation 2, salted", "issuers beside", salted(saltedB+`}`, `,"issuers":[{"id":"did:x:1","documentStore":"0x01"}]`), unknown},
		{"OpenAttestation 2, salted", "no salt", salted(saltedB+`,"x":"y"}`, ""), unknown},
		{"OpenAttestation 2, salted", "a number without salt", salted(saltedB+`,"x":1}`, ""), unknown},
		{"OpenAttestation 2, salted", "no UUID", salted(saltedB+`,"x":"0b7d2d5e-0000-4000-8000:string:y"}`, ""), unknown},
		{"OpenAttestation 2, salted", "unknown type", salted(saltedB+`,"x":"0b7d2d5e-0000-4000-8000-000000000001:object:{}"}`, ""), unknown},
		{"OpenAttestation 2, salted", "no number", salted(saltedB+`,"x":"0b7d2d5e-0000-4000-8000-000000000001:number:0x1"}`, ""), unknown},
		{"OpenAttestation 2, salted", "two salts", salted(strings.ReplaceAll(saltedB, `:string:`+didB,
			`:string:0b7d2d5e-0000-4000-8000-000000000001:string:`+didB)+`}`, ""), unknown},
		{"OpenAttestation 2, salted", "a member twice", salted(saltedB+`,"a":{"b":`+salt("x")+`,"b":`+salt("y")+`}}`, ""), unknown},
		{
			"OpenAttestation 2, salted", "hidden members", strings.Replace(salted(saltedB+`}`, ""), `ta":[]`, `ta":["00"]`, 1),
			unknown,
		},
		{"OpenAttestation 2, salted", "data in data", salted(`{"data":`+saltedB+`}}`, ""), unknown},
		{"OpenAttestation 2, salted", "a VC, too", salted(saltedB+`}`, `,"type":["VerifiableCredential"],`+byA), unknown},
		{"OpenAttestation 3", "issuer, its domain", oa3(didB, "b.example"), valid},
		{"OpenAttestation 3", "domain of another", oa3(didB, "x.example"), unknown},
		{"OpenAttestation 3", "what is no domain", oa3(didB, "b.example/x"), unknown},
		{"OpenAttestation 3", "a longer domain", oa3(didB, "b.example.x"), unknown},
		{"OpenAttestation 4", "issuer, its domain", credentialOf(`"issuer":{"id":"` + didB + `","identityProof":{"identityProofType":"DNS-DID",` +
			`"identifier":"b.example"}}`), valid},
		{"OpenAttestation 4", "two domains", credentialOf(`"issuer":{"id":"` + didB + `","identityProof":[{"identifier":"b.example"},` +
			`{"identifier":"x.example"}]}`), unknown},

		{"wrapper", "credential", `{"credential":` + ofB + `,"format":"ldp_vc"}`, valid},
		{"wrapper", "a token", `{"credential":"` + tokenB + `"}`, valid},
		{"wrapper", "data", `{"data":` + ofB + `}`, valid},
		{"wrapper", "data of another", `{"data":` + ofA + `}`, unknown},
		{"wrapper", "issuer outside", `{"credential":` + ofB + `,"issuer":"did:x:1"}`, unknown},
		{"wrapper", "another outside", `{"credential":` + ofB + `,"x":"` + didA + `"}`, unknown},
		{"wrapper", "an end outside", `{"credential":` + ofB + `,"expires":"2020-01-01T00:00:00Z"}`, unknown},
		{"wrapper", "two", `{"credential":` + ofB + `,"data":` + ofA + `}`, unknown},
		{"wrapper", "a list", `{"credential":[` + ofB + `,` + ofA + `]}`, unknown},
		{"wrapper", "in a wrapper", `{"data":{"credential":` + ofB + `}}`, valid},
		{"wrapper", "in a wrapper, of another", `{"data":{"credential":` + ofA + `}}`, unknown},
		{"wrapper", "in a wrapper, two", `{"data":{"credential":` + ofB + `,"data":` + ofA + `}}`, unknown},
		{"wrapper", "in a wrapper, issuer between", `{"data":{"credential":` + ofB + `,"issuer":"did:x:1"}}`, unknown},
		{"wrapper", "in a wrapper, an end between", `{"data":{"credential":` + ofB + `,"expires":"2020-01-01T00:00:00Z"}}`, unknown},
		{"wrapper", "in a wrapper of a known sort", `{"data":{"type":"Foo","credential":` + ofB + `}}`, unknown},
		{"wrapper", "of a known sort", `{"type":"Foo","credential":` + ofB + `}`, unknown},
	}...)

	// What looks like JSON or a token, and is not.
	for place, doc := range map[string]string{
		"member twice": `{` + byB + `,` + byB + `}`, "bad UTF-8": `[{` + byA + `},"` + "\xff" + `"]`,
		"lone surrogate": `[{` + byA + `},"\ud800"]`, "trailing comma": `[{` + byA + `},]`, "object, trailing comma": `{` + byA + `,}`,
		"comment": `{/*x*/` + byA + `}`, "long comment": `{/*` + strings.Repeat("x", 2000) + `*/` + byA + `}`,
		"line comment": "// x\n{" + byA + "}", "single quotes": `{'issuer':'` + didA + `'}`, "no quotes": `{issuer:"` + didA + `"}`,
		"UTF-16LE": utf16Of(ofA, binary.LittleEndian), "UTF-16BE": utf16Of(ofA, binary.BigEndian),
		"UTF-16 with BOM": utf16Of("\ufeff"+ofA, binary.LittleEndian), "UTF-32": utf32Of(ofA),
		"form feed": "\f" + ofA, "no-break space": "\u00a0" + ofA, "two BOMs": "\ufeff\ufeff" + ofA, "guard": ")]}'\n" + ofA,
		"word": "json " + ofA, "NUL": "\x00" + ofA, "number": "1" + ofA, "RS": "\x1e" + ofA,
		"lines": "{\"a\":1}\n" + ofA, "two objects": ofB + ofA, "white space": strings.Repeat(" ", 17<<20) + ofA,
		"form feeds": strings.Repeat("\f", 17<<20) + ofA,
		"base64":     base64.StdEncoding.EncodeToString([]byte(ofA)), "base64url": b64(ofA), "base64 of an array": b64("[" + ofA + "]"),
		"base64 behind a space": b64(" " + ofA), "hexadecimal": hex.EncodeToString([]byte(ofA)),
		"percent": url.QueryEscape(ofA), "form": "vp_token=" + url.QueryEscape(ofA), "escaped": strings.ReplaceAll(ofA, `"`, `\"`),
		"entities": strings.ReplaceAll(ofA, `"`, "&quot;"),
		"gzip":     "\x1f\x8b\x08\x00\x00\x00\x00\x00", "zlib": "\x78\x9c\x01\x02\x03\xff",
		"token without alg": token(`{"typ":"JWT"}`, ofA), "token with alg twice": token(`{"alg":"x","alg":"y"}`, ofA),
		"token, header member twice":       token(`{"alg":"x","kid":"1","kid":"2"}`, ofA),
		"token and more behind its header": token(`{"alg":"x"}x`, ofA),
		"Bearer":                           "Bearer " + tokenA, "space in it": tokenA[:9] + " " + tokenA[9:],
		"lines in it": tokenA[:2] + "\n" + tokenA[2:],
		"data URL":    "data:application/vc+jwt," + tokenA, "quoted": "'" + tokenA + "'",
		"standard base64": base64.StdEncoding.EncodeToString([]byte(es256)) + "." +
			base64.StdEncoding.EncodeToString([]byte(ofA)) + ".+/==",
		"white space in the header": token("{\n \"alg\":\"x\"}", ofA) + ".", "two parts": b64(es256) + "." + b64(ofA),
		"link": "https://x.example/#" + tokenA, "wallet": "openid4vp://?vp_token=" + tokenA,
		"base64 of CBOR": base64.StdEncoding.EncodeToString([]byte(cborOf(map[string]any{
			"issuer": "did:x:1",
			"name":   "a long name of a long document",
		}))), "health certificate": "HC1:NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL",
		"picture in words": "GIF89a " + tokenA, "film in words": "    ftyp " + tokenA,
		"CSV": "id,issuer,name\n1,did:x:1,PhD\n", "properties": "vc.issuer=did:x:1", "markdown": "**Issuer**: somebody",
		"TriG": "<urn:1> cred:issuer <did:x:1> .", "MessagePack": "\x81\xa6issuer\xa7did:x:1",
		"BSON": "\x1d\x00\x00\x00\x02issuer\x00\x08\x00\x00\x00did:x:1\x00\x00", "escapes": `\u007b\u0022a\u0022:1}`,
		"six parts": tokenA + ".a.b.c",
	} {
		table = append(table, naming{"unreadable", place, doc, unknown})
	}

	// Bounds in places that nobody reads.
	table = append(table, []naming{
		{"JWT", "exp in the header", token(`{"alg":"x","exp":1577836800}`, ofB), unknown},
		{"JWT", "validUntil beside vc", token(es256, `{"iss":"`+didB+`","validUntil":"2020-01-01T00:00:00Z","vc":`+ofB+`}`), verifier.Invalid},
		{"JWT", "exp in vc", token(es256, `{"iss":"`+didB+`","vc":`+credentialOf(byB+`,"exp":1`)+`}`), unknown},
		{"SD-JWT", "exp disclosed", sd(vct(`,"_sd":["x"]`), `["s","exp",1577836800]`), unknown},
		{"SD-JWT", "validUntil hidden", sd(vct(`,"_sd":["x"]`)), unknown},
		{"SD-JWT", "an end hidden within a claim", sd(vct(`,"diploma":{"_sd":["x"]}`)), unknown},
		{"SD-JWT", "an element hidden within a claim", sd(vct(`,"diplomas":[{"...":"x"}]`)), unknown},
		{"SD-JWT", "nothing hidden", sd(vct(`,"_sd":[]`)), verifier.Valid},
		{"SD-JWT", "validUntil hidden beside exp", sd(vct(`,"exp":2100000000,"_sd":["x"]`)), verifier.Valid},
		{"SD-JWT", "validUntil disclosed", sd(vct(`,"_sd":["x"]`), `["s","validUntil","2020-01-01"]`), verifier.Invalid},
		{"Open Badge 2", "badge.expires", assertionOf(classB+`,"expires":"2020-01-01T00:00:00Z"`, ""), unknown},
		{"Open Badge 3", "exp", credentialOf(byB + `,"exp":1577836800`), unknown},
		{"Open Badge 3", "other case", credentialOf(byB + `,"ValidUntil":"2020-01-01T00:00:00Z"`), unknown},
		{"Open Badge 3", "full IRI", credentialOf(byB + `,"https://www.w3.org/2018/credentials#validUntil":"2020-01-01T00:00:00Z"`), unknown},
		{"Open Badge 3", "in an extension", credentialOf(byB + `,"ext":{"expires":"2020-01-01T00:00:00Z"}`), unknown},
		{"Open Badge 3", "what is no date", credentialOf(byB + `,"validUntil":"soon"`), unknown},
		{"Open Badge 3", "two readings", credentialOf(byB + `,"validUntil":"01/02/2034"`), unknown},
		{"Open Badge 3", "two ends", credentialOf(byB + `,"validUntil":"2034-01-02T00:00:00Z","expiryDate":"2035-01-01T00:00:00Z"`), unknown},
		{"Open Badge 3", "an end by another name", credentialOf(byB + `,"date_of_expiry":"2020-01-01"`), verifier.Invalid},
		{"Open Badge 3", "an end in a name of its own", credentialOf(byB + `,"badgeExpiration":"2020-01-01"`), unknown},
		{"Open Badge 3", "revoked", credentialOf(byB + `,"revoked":true`), unknown},
		{"Open Badge 3", "not revoked", credentialOf(byB + `,"revoked":false`), verifier.Valid},
		{"Open Badge 3", "revoked at", credentialOf(byB + `,"revokedAt":"2020-01-01T00:00:00Z"`), unknown},
		{"Open Badge 2", "class revoked", assertionOf(classB+`,"isRevoked":"yes"`, ""), unknown},
		{"wrapped", "a status outside", `{"credential":` + credentialOf(byB) + `,"status":"REVOKED"}`, unknown},
		{"wrapped", "another status outside", `{"credential":` + credentialOf(byB) + `,"status":"issued"}`, verifier.Valid},
		{"wrapped", "revoked outside", `{"credential":` + credentialOf(byB) + `,"revoked":true}`, unknown},
		{"Open Badge 3", "not on or after", credentialOf(byB + `,"notOnOrAfter":"2020-01-01T00:00:00Z"`), unknown},
		{"Open Badge 3", "no end", credentialOf(byB + `,"validUntil":null,"ext":{"expires":null}`), verifier.Valid},
		{
			"JWT",
			"exp and validUntil", token(es256, `{"exp":2100000000,"vc":`+credentialOf(byB+`,"validUntil":"2035-01-01T00:00:00Z"`)+`}`), unknown,
		},
		{"Open Badge 3", "in the issuer", credentialOf(`"issuer":{"id":"` + didB + `","validUntil":"2020-01-01T00:00:00Z"}`), unknown},
		{"Open Badge 3", "validUntil", credentialOf(byB + `,"validUntil":"2020-01-01T00:00:00Z"`), verifier.Invalid},
		{"enveloped", "validUntil outside", `{"type":"EnvelopedVerifiableCredential","id":"data:application/vc+jwt,` + tokenB +
			`","validUntil":"2020-01-01T00:00:00Z"}`, unknown},
		{"JWS in JSON", "exp outside", jws(`,"exp":1577836800`), unknown},
		{"JWS in JSON", "exp in the header", jws(`,"header":{"exp":1577836800}`), unknown},
	}...)
	return table
}

// TestNaming: who a document names is read completely or not at all, whatever its format
// and wherever the name stands.
func TestNaming(t *testing.T) {
	table := namings()
	documents := make([][]byte, len(table))
	for i, n := range table {
		documents[i] = []byte(n.document)
	}
	t.Logf("%d documents", len(table))
	for i, r := range newSignedByB(t).check(documents...) {
		if n := table[i]; r.Verdict != n.verdict {
			t.Errorf("%s, %s: %s, want %s: %.300q\n%s", n.format, n.place, r.Verdict, n.verdict, n.document, describe(r))
		}
	}
}

// Documents that were made to deceive, where they lie beside this tree: none that names
// another may be VALID.
func TestDeceivingDocuments(t *testing.T) {
	root := filepath.Join("..", "..", "shared", "cases", "soundness")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the documents are not beside this tree")
	}
	var names []string
	var documents [][]byte
	for _, folder := range []string{"issuer", "redteam/issuer-bypass"} {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if base := filepath.Base(file); !strings.HasSuffix(base, ".proof.json") && !strings.HasPrefix(base, "trust") {
				names, documents = append(names, folder+"/"+base), append(documents, data)
			}
		}
	}
	if len(documents) < 60 {
		t.Fatalf("only %d documents", len(documents))
	}
	s := newSignedByB(t)
	s.trust.Issuers[s.proof.Submission.Issuer].IDs = []string{didB, urlB, "did:web:bob.example", "https://bob.example/issuer"}
	for i, r := range s.check(documents...) {
		if r.Verdict == verifier.Valid {
			t.Errorf("%s is VALID\n%s", names[i], describe(r))
		}
	}
}
