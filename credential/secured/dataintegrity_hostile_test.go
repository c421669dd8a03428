package secured

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/multiformats/go-multibase"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/secured/internal/rdf"
)

// anIssuer is an issuer with a did:key of its own.
type anIssuer struct {
	private     any // ed25519.PrivateKey or *ecdsa.PrivateKey
	did, method string
}

func newIssuer(t testing.TB, kind string) anIssuer {
	t.Helper()
	var private any
	var public []byte
	switch kind {
	case "Ed25519":
		key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
		private, public = key, append(codecEd25519[:], key.Public().(ed25519.PublicKey)...)
	case "P-256", "P-384":
		curve, codec := elliptic.P256(), codecP256
		if kind == "P-384" {
			curve, codec = elliptic.P384(), codecP384
		}
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		private, public = key, append(codec[:], elliptic.MarshalCompressed(curve, key.X, key.Y)...)
	}
	text := base58(t, public)
	return anIssuer{private, "did:key:" + text, "did:key:" + text + "#" + text}
}

func base58(t testing.TB, data []byte) string {
	t.Helper()
	text, err := multibase.Encode(multibase.Base58BTC, data)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sign adds a proof of a suite. more replaces members of the proof before it is signed.
func (s anIssuer) sign(t testing.TB, suite string, doc map[string]any, more map[string]any) map[string]any {
	t.Helper()
	proof := map[string]any{
		"type": "DataIntegrityProof", "cryptosuite": suite, "created": "2026-01-02T03:04:05Z",
		"verificationMethod": s.method, "proofPurpose": "assertionMethod",
	}
	if suite == suiteEd2020 {
		proof["type"] = suite
		delete(proof, "cryptosuite")
	}
	if strings.Contains(suite, "jcs") {
		proof["@context"] = doc["@context"]
	}
	for name, value := range more {
		proof[name] = value
	}
	signedDoc := map[string]any{}
	for name, value := range doc {
		signedDoc[name] = value
	}
	delete(signedDoc, "proof")
	members, err := membersOf(marshal(t, proof))
	if err != nil {
		t.Fatal(err)
	}
	top, err := membersOf(marshal(t, signedDoc))
	if err != nil {
		t.Fatal(err)
	}
	unsecured, err := credential.Canonicalize(marshal(t, signedDoc))
	if err != nil {
		t.Fatal(err)
	}
	hash := rdf.SHA256
	if key, ok := s.private.(*ecdsa.PrivateKey); ok && key.Curve == elliptic.P384() {
		hash = rdf.SHA384
	}
	var signature []byte
	d := &dataIntegrity{unsecured: unsecured, context: top["@context"], reader: rdf.NewReader(), canonical: map[form]canonicalForm{}}
	ok, err := d.holds(suite, members, func(config, document []byte) bool {
		signature = s.signBytes(t, config, document)
		return true
	}, hash)
	if !ok || err != nil {
		t.Fatalf("to sign with %s: %v", suite, err)
	}
	proof["proofValue"] = base58(t, signature)
	signedDoc["proof"] = proof
	return signedDoc
}

func (s anIssuer) signBytes(t testing.TB, config, document []byte) []byte {
	t.Helper()
	c, d := sha256.Sum256(config), sha256.Sum256(document)
	both := append(c[:], d[:]...)
	switch key := s.private.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(key, both)
	case *ecdsa.PrivateKey:
		sum := sha256.Sum256(both)
		digest, size := sum[:], 32
		if key.Curve == elliptic.P384() {
			c, d := sha512.Sum384(config), sha512.Sum384(document)
			sum := sha512.Sum384(append(c[:], d[:]...))
			digest, size = sum[:], 48
		}
		r, v, err := ecdsa.Sign(rand.Reader, key, digest)
		if err != nil {
			t.Fatal(err)
		}
		return append(r.FillBytes(make([]byte, size)), v.FillBytes(make([]byte, size))...)
	}
	return nil
}

func marshal(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const (
	contextV2   = "https://www.w3.org/ns/credentials/v2"
	contextOB   = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
	contextEd   = "https://w3id.org/security/suites/ed25519-2020/v1"
	contextDCC  = "https://w3id.org/dcc/v1"
	contextFree = "https://www.w3.org/ns/credentials/undefined-terms/v2"
)

// aBadge is a badge without a proof.
func aBadge(t testing.TB, issuer string) map[string]any {
	t.Helper()
	var badge map[string]any
	if err := json.Unmarshal(fmt.Appendf(nil, `{
		"@context": [%q, %q, %q],
		"id": "urn:uuid:1", "type": ["VerifiableCredential", "OpenBadgeCredential"], "name": "Welding",
		"issuer": {"id": %q, "type": ["Profile"], "name": "College"},
		"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2030-01-01T00:00:00Z",
		"credentialStatus": {"id": "https://c.example/l#5", "type": "BitstringStatusListEntry", "statusPurpose": "revocation",
			"statusListIndex": "5", "statusListCredential": "https://c.example/l"},
		"credentialSubject": {"id": "did:ex:ann", "type": ["AchievementSubject"], "achievement": {"id": "urn:uuid:2",
			"type": ["Achievement"], "name": "Welder", "description": "d", "criteria": {"narrative": "n"}}}
	}`, contextV2, contextOB, contextEd, issuer), &badge); err != nil {
		t.Fatal(err)
	}
	return badge
}

var kinds = []struct{ suite, key string }{
	{suiteEdDSAJCS, "Ed25519"},
	{suiteEdDSARDFC, "Ed25519"},
	{suiteEd2020, "Ed25519"},
	{suiteECDSAJCS, "P-256"},
	{suiteECDSAJCS, "P-384"},
	{suiteECDSARDFC, "P-256"},
	{suiteECDSARDFC, "P-384"},
}

// TestChanged changes every member of a signed badge, at every depth, and every character of
// the signature: nothing of it passes.
func TestChanged(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.suite+"/"+k.key, func(t *testing.T) {
			s := newIssuer(t, k.key)
			signed := s.sign(t, k.suite, aBadge(t, s.did), nil)
			check := func(doc any) Finding {
				return Check(context.Background(), marshal(t, doc), []string{s.did}, nil, time.Now())
			}
			if f := check(signed); f.Outcome != Pass {
				t.Fatalf("as it was signed: %+v", f)
			}
			tried := 0
			changes(signed, func(what string) {
				tried++
				if f := check(signed); f.Outcome == Pass {
					t.Errorf("%s: %+v", what, f)
				}
			})
			if tried < 40 {
				t.Errorf("only %d changes were tried", tried)
			}
			proof := signed["proof"].(map[string]any)
			value := proof["proofValue"].(string)
			for i := range value {
				other := []byte(value)
				other[i] ^= 3
				proof["proofValue"] = string(other)
				if f := check(signed); f.Outcome == Pass {
					t.Errorf("character %d of the signature was changed: %+v", i, f)
				}
			}
		})
	}
}

// changes makes one change after the other to a JSON value, and undoes each.
func changes(value any, tell func(what string)) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(func(yield func(string) bool) {
			for name := range value {
				if !yield(name) {
					return
				}
			}
		}) {
			before := value[name]
			delete(value, name)
			if name != "@context" || len(value) > 7 { // without a context in a proof, it may be an older one
				tell("without " + name)
			}
			value[name+"x"] = before
			tell(name + " renamed")
			delete(value, name+"x")
			if text, ok := before.(string); ok {
				value[name] = text + "x"
				tell(name + " changed")
			}
			value[name] = before
			changes(before, func(what string) { tell(name + ": " + what) })
		}
		value["evil"] = "x"
		tell("with another member")
		delete(value, "evil")
	case []any:
		for i, before := range value {
			if text, ok := before.(string); ok {
				value[i] = text + "x"
				tell(fmt.Sprintf("entry %d changed", i))
				value[i] = before
			} else {
				changes(before, func(what string) { tell(fmt.Sprintf("entry %d: %s", i, what)) })
			}
		}
	}
}

// TestHostile takes badges that are signed well and then treated ill.
func TestHostile(t *testing.T) {
	s, other := newIssuer(t, "Ed25519"), newIssuer(t, "P-256")
	p384 := newIssuer(t, "P-384")
	rdfc := func(change func(m map[string]any)) []byte {
		m := s.sign(t, suiteEdDSARDFC, aBadge(t, s.did), nil)
		change(m)
		return marshal(t, m)
	}
	jcs := func(change func(m map[string]any)) []byte {
		m := s.sign(t, suiteEdDSAJCS, aBadge(t, s.did), nil)
		change(m)
		return marshal(t, m)
	}
	proof := func(m map[string]any) map[string]any { return m["proof"].(map[string]any) }
	with := func(suite string, more map[string]any) []byte {
		return marshal(t, s.sign(t, suite, aBadge(t, s.did), more))
	}
	subject := func(m map[string]any) map[string]any { return m["credentialSubject"].(map[string]any) }
	addContext := func(context any) func(m map[string]any) {
		return func(m map[string]any) { m["@context"] = append(m["@context"].([]any), context) }
	}
	signature := func(m map[string]any) []byte {
		_, data, err := multibase.Decode(proof(m)["proofValue"].(string))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for _, row := range []struct {
		name string
		doc  []byte
		want Finding // the suite is not compared; the detail is a part of it
	}{
		{"order of members and white space", indent(t, rdfc(func(map[string]any) {})), Finding{Outcome: Pass}},
		{"order of types", rdfc(func(m map[string]any) { slices.Reverse(m["type"].([]any)) }), Finding{Outcome: Pass}},
		{"in an array of proofs", rdfc(func(m map[string]any) { m["proof"] = []any{m["proof"]} }), Finding{Outcome: Pass}},
		{"with Hallmark's own", rdfc(func(m map[string]any) {
			m["proof"] = []any{m["proof"], map[string]any{"type": "DataIntegrityProof", "cryptosuite": "hallmark-2026", "proofValue": "ux"}}
		}), Finding{Outcome: Pass}},
		{"with a broken one beside", rdfc(func(m map[string]any) {
			broken := map[string]any{}
			for name, value := range proof(m) {
				broken[name] = value
			}
			broken["created"] = "2026-01-02T03:04:06Z"
			m["proof"] = []any{broken, m["proof"]}
		}), Finding{Outcome: Pass}},
		{"another issuer's proof beside", rdfc(func(m map[string]any) {
			theirs := other.sign(t, suiteECDSARDFC, aBadge(t, s.did), nil)
			m["proof"] = []any{theirs["proof"], m["proof"]}
		}), Finding{Outcome: Pass}},
		{
			"only another issuer's proof", marshal(t, other.sign(t, suiteECDSARDFC, aBadge(t, s.did), nil)),
			Finding{Outcome: Unknown, Reason: KeyUnknown, Detail: "intact under the key"},
		},
		{
			"another issuer's broken proof", rdfc(func(m map[string]any) { proof(m)["verificationMethod"] = other.method }),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: "not of the kind"},
		},
		{"proof moved from another badge", rdfc(func(m map[string]any) {
			b := aBadge(t, s.did)
			b["name"] = "Cooking"
			m["proof"] = s.sign(t, suiteEdDSARDFC, b, nil)["proof"]
		}), Finding{Outcome: Fail, Reason: Broken}},
		{
			"proof moved into the subject", rdfc(func(m map[string]any) { subject(m)["proof"] = m["proof"]; delete(m, "proof") }),
			Finding{Outcome: Unknown, Reason: Absent},
		},
		{
			"the suite changed to that of JCS", rdfc(func(m map[string]any) { proof(m)["cryptosuite"] = suiteEdDSAJCS }),
			Finding{Outcome: Fail, Reason: Broken},
		},
		{
			"the suite changed to ECDSA", rdfc(func(m map[string]any) { proof(m)["cryptosuite"] = suiteECDSARDFC }),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: "not of the kind"},
		},
		{"the type changed", rdfc(func(m map[string]any) { proof(m)["type"] = suiteEd2020 }), Finding{Outcome: Unknown, Reason: Unsupported}},
		{"no suite", rdfc(func(m map[string]any) { delete(proof(m), "cryptosuite") }), Finding{Outcome: Unknown, Reason: Unsupported}},
		{"an unknown suite", rdfc(func(m map[string]any) { proof(m)["cryptosuite"] = "none" }), Finding{Outcome: Unknown, Reason: Unsupported}},
		{"no value", rdfc(func(m map[string]any) { delete(proof(m), "proofValue") }), Finding{Outcome: Unknown, Reason: Unreadable}},
		{"a value that is no text", rdfc(func(m map[string]any) { proof(m)["proofValue"] = 5 }), Finding{Outcome: Unknown, Reason: Unreadable}},
		{"the value in base64url", rdfc(func(m map[string]any) {
			text, err := multibase.Encode(multibase.Base64url, signature(m))
			if err != nil {
				t.Fatal(err)
			}
			proof(m)["proofValue"] = text
		}), Finding{Outcome: Fail, Reason: Broken}},
		{
			"the value without its base", rdfc(func(m map[string]any) { proof(m)["proofValue"] = proof(m)["proofValue"].(string)[1:] }),
			Finding{Outcome: Fail, Reason: Broken},
		},
		{
			"a long value", rdfc(func(m map[string]any) { proof(m)["proofValue"] = "z" + strings.Repeat("2", 100_000) }),
			Finding{Outcome: Fail, Reason: Broken},
		},
		{
			"a byte more of signature", rdfc(func(m map[string]any) { proof(m)["proofValue"] = base58(t, append(signature(m), 0)) }),
			Finding{Outcome: Fail, Reason: Broken},
		},
		{
			"S beyond the order of the group", rdfc(func(m map[string]any) { proof(m)["proofValue"] = base58(t, addOrder(signature(m))) }),
			Finding{Outcome: Fail, Reason: Broken},
		},
		{"the other S of ECDSA", func() []byte {
			m := other.sign(t, suiteECDSARDFC, aBadge(t, other.did), nil)
			proof(m)["proofValue"] = base58(t, otherS(signature(m)))
			return marshal(t, m)
		}(), Finding{Outcome: Pass}},
		{"ECDSA in DER", func() []byte {
			m := other.sign(t, suiteECDSARDFC, aBadge(t, other.did), nil)
			proof(m)["proofValue"] = base58(t, append([]byte{0x30, 0x44, 2, 32}, signature(m)...))
			return marshal(t, m)
		}(), Finding{Outcome: Fail, Reason: Broken}},
		{"ECDSA of zeros", func() []byte {
			m := other.sign(t, suiteECDSARDFC, aBadge(t, other.did), nil)
			proof(m)["proofValue"] = base58(t, make([]byte, 64))
			return marshal(t, m)
		}(), Finding{Outcome: Fail, Reason: Broken}},
		{"P-384 signed as P-256", func() []byte {
			m := p384.sign(t, suiteECDSARDFC, aBadge(t, p384.did), nil)
			proof(m)["verificationMethod"] = other.method
			return marshal(t, m)
		}(), Finding{Outcome: Unknown, Reason: KeyUnknown}},
		{
			"for authentication", with(suiteEdDSARDFC, map[string]any{"proofPurpose": "authentication"}),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: "not for assertions"},
		},
		{
			"expired", with(suiteEdDSARDFC, map[string]any{"expires": "2026-01-03T00:00:00Z"}),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: "good until 2026-01-03"},
		},
		{"expires later", with(suiteEdDSARDFC, map[string]any{"expires": "9026-01-03T00:00:00Z"}), Finding{Outcome: Pass}},
		{"expires never", with(suiteEdDSARDFC, map[string]any{"expires": "never"}), Finding{Outcome: Unknown, Reason: Unreadable}},
		{"made at no time", with(suiteEdDSAJCS, map[string]any{"created": "yesterday"}), Finding{Outcome: Unknown, Reason: Unreadable}},
		{"made without a time", with(suiteEdDSAJCS, map[string]any{"created": nil}), Finding{Outcome: Unknown, Reason: Unreadable}},
		{"for a domain", with(suiteEdDSARDFC, map[string]any{"domain": "x.example", "challenge": "c"}), Finding{Outcome: Pass}},
		{"its domain taken out", func() []byte {
			m := s.sign(t, suiteEdDSARDFC, aBadge(t, s.did), map[string]any{"domain": "x.example"})
			delete(proof(m), "domain")
			return marshal(t, m)
		}(), Finding{Outcome: Fail, Reason: Broken}},
		{"a chain", with(suiteEdDSARDFC, map[string]any{"previousProof": "urn:uuid:9"}), Finding{Outcome: Unknown, Reason: Unsupported}},
		{
			"a method that is an object", with(suiteEdDSAJCS, map[string]any{"verificationMethod": map[string]any{"id": "x"}}),
			Finding{Outcome: Unknown, Reason: Unreadable},
		},
		{
			"an unsigned member", rdfc(func(m map[string]any) { m["grade"] = "A" }),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: `not define, so they are not signed: "grade"`},
		},
		{
			"an unsigned member within", rdfc(func(m map[string]any) { subject(m)["grade"] = "A" }),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: `"grade"`},
		},
		{
			"an unsigned member in the proof", rdfc(func(m map[string]any) { proof(m)["grade"] = "A" }),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: `"grade"`},
		},
		{
			"an unsigned member, once it is defined", rdfc(func(m map[string]any) { addContext(contextFree)(m); m["grade"] = "A" }),
			Finding{Outcome: Fail, Reason: Broken},
		},
		{
			"an unsigned type", rdfc(func(m map[string]any) { m["type"] = append(m["type"].([]any), "Degree") }),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: `"Degree" as a type`},
		},
		{
			"a relative reference", rdfc(func(m map[string]any) { subject(m)["id"] = "ann" }),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: `no full reference`},
		},
		{
			"an unknown context", rdfc(addContext("https://evil.example/v1")),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: `"https://evil.example/v1"`},
		},
		{"an unknown context, signed with JCS", jcs(addContext("https://evil.example/v1")), Finding{Outcome: Unknown, Reason: Unsupported}},
		{
			"a context as data", rdfc(addContext("data:application/ld+json,{}")),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: `"data:`},
		},
		{
			"a context of its own", rdfc(addContext(map[string]any{"expiry": "https://www.w3.org/2018/credentials#validUntil"})),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: "definitions of its own"},
		},
		{
			"a vocabulary of its own", rdfc(addContext(map[string]any{"@vocab": "https://x.example/"})),
			Finding{Outcome: Unknown, Reason: Unsupported},
		},
		{"a base of its own", rdfc(addContext(map[string]any{"@base": "https://x.example/"})), Finding{Outcome: Unknown, Reason: Unsupported}},
		{"contexts set aside", rdfc(addContext(nil)), Finding{Outcome: Unknown, Reason: Unsupported}},
		{"a context that is a number", rdfc(addContext(7)), Finding{Outcome: Unknown, Reason: Unsupported}},
		{
			"contexts in another order, of the same meaning", rdfc(func(m map[string]any) { slices.Reverse(m["@context"].([]any)) }),
			Finding{Outcome: Pass},
		},
		{
			"contexts in another order, with JCS", jcs(func(m map[string]any) { slices.Reverse(m["@context"].([]any)) }),
			Finding{Outcome: Fail, Reason: Broken},
		},
		{"a context that redefines terms", rdfc(addContext(contextDCC)), Finding{Outcome: Unknown, Reason: Unsupported, Detail: "protected"}},
		{
			"a context within", rdfc(func(m map[string]any) { subject(m)["@context"] = map[string]any{"id": nil} }),
			Finding{Outcome: Unknown, Reason: Unsupported},
		},
		{"no context", rdfc(func(m map[string]any) { delete(m, "@context") }), Finding{Outcome: Unknown, Reason: Unsupported}},
		{
			"ten thousand contexts", rdfc(func(m map[string]any) { m["@context"] = slices.Repeat([]any{contextV2, contextOB}, 5_000) }),
			Finding{Outcome: Unknown, Reason: Unsupported},
		},
		{
			"other contexts in the proof", rdfc(func(m map[string]any) { proof(m)["@context"] = contextV2 }),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: "contexts are not those"},
		},
		{"a member by its full reference", rdfc(func(m map[string]any) {
			m["https://www.w3.org/2018/credentials#validUntil"] = m["validUntil"]
			delete(m, "validUntil")
		}), Finding{Outcome: Unknown, Reason: Unsupported, Detail: "in place of a name"}},
		{"a member moved to another object of its identifier", rdfc(func(m map[string]any) {
			subject(m)["achievement"] = []any{subject(m)["achievement"], map[string]any{
				"id": m["id"], "type": []any{"VerifiableCredential"}, "validUntil": m["validUntil"],
			}}
			delete(m, "validUntil")
		}), Finding{Outcome: Unknown, Reason: Unsupported, Detail: "two places"}},
		{"a member with the name of a type", rdfc(func(m map[string]any) {
			subject(m)["Achievement"] = subject(m)["achievement"]
			delete(subject(m), "achievement")
		}), Finding{Outcome: Unknown, Reason: Unsupported, Detail: "name of a type"}},
		{
			"a date as a value object", rdfc(func(m map[string]any) { m["validUntil"] = map[string]any{"@value": m["validUntil"]} }),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: "value object"},
		},
		{
			"the keyword @id", rdfc(func(m map[string]any) { m["@id"] = m["id"]; delete(m, "id") }),
			Finding{Outcome: Unknown, Reason: Unsupported},
		},
		{"the keyword @graph", rdfc(func(m map[string]any) { m["@graph"] = []any{} }), Finding{Outcome: Unknown, Reason: Unsupported}},
		{"the keyword @included", rdfc(func(m map[string]any) { m["@included"] = []any{} }), Finding{Outcome: Unknown, Reason: Unsupported}},
		{
			"the keyword @reverse", rdfc(func(m map[string]any) { m["@reverse"] = map[string]any{} }),
			Finding{Outcome: Unknown, Reason: Unsupported},
		},
		{"the keyword @nest", rdfc(func(m map[string]any) { m["@nest"] = map[string]any{} }), Finding{Outcome: Unknown, Reason: Unsupported}},
		{
			"the keyword @type of a value", rdfc(func(m map[string]any) { m["name"] = map[string]any{"@value": "x", "@type": "y:z"} }),
			Finding{Outcome: Unknown, Reason: Unsupported},
		},
		{
			"an array in an array", rdfc(func(m map[string]any) { m["credentialSubject"] = []any{[]any{m["credentialSubject"]}} }),
			Finding{Outcome: Unknown, Reason: Unsupported},
		},
		{
			"a member twice",
			bytes.Replace(rdfc(func(map[string]any) {}), []byte(`"name":"Welding"`), []byte(`"name":"Cooking","name":"Welding"`), 1),
			Finding{Outcome: Unknown, Reason: Unreadable},
		},
		{
			"a member twice, escaped",
			bytes.Replace(jcs(func(map[string]any) {}), []byte(`"name":"Welding"`), []byte(`"n\u0061me":"X","name":"Welding"`), 1),
			Finding{Outcome: Unknown, Reason: Unreadable},
		},
		{
			"proof twice", bytes.Replace(rdfc(func(map[string]any) {}), []byte(`"proof":`), []byte(`"proof":[],"proof":`), 1),
			Finding{Outcome: Unknown, Reason: Unreadable},
		},
		{
			"many values", rdfc(func(m map[string]any) { m["name"] = slices.Repeat([]any{"x"}, 300_000) }),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: "more work"},
		},
		{
			"a clique of blank nodes", rdfc(func(m map[string]any) { addContext(contextFree)(m); subject(m)["clique"] = clique(12) }),
			Finding{Outcome: Unknown, Reason: Unsupported, Detail: "more work"},
		},
		{
			"many proofs", rdfc(func(m map[string]any) { m["proof"] = slices.Repeat([]any{m["proof"]}, 10_000) }),
			Finding{Outcome: Unknown, Reason: Unreadable, Detail: "more than"},
		},
		{"a key of small order", func() []byte {
			weak := append(codecEd25519[:], 1)
			weak = append(weak, make([]byte, 31)...)
			text := base58(t, weak)
			m := aBadge(t, s.did)
			m["proof"] = map[string]any{
				"type": "DataIntegrityProof", "cryptosuite": suiteEdDSAJCS, "proofPurpose": "assertionMethod",
				"verificationMethod": "did:key:" + text, "proofValue": base58(t, append([]byte{1}, make([]byte, 63)...)),
			}
			return marshal(t, m)
		}(), Finding{Outcome: Unknown, Reason: Unsupported, Detail: "anybody can sign"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			began := time.Now()
			issuers := []string{issuerOf(t, row.doc)}
			f := Check(context.Background(), row.doc, issuers, nil, time.Now())
			if f.Outcome != row.want.Outcome || row.want.Reason != "" && f.Reason != row.want.Reason ||
				!strings.Contains(f.Detail, row.want.Detail) {
				t.Errorf("%+v, want %+v", f, row.want)
			}
			if took := time.Since(began); took > 2*time.Minute { // a second at most, without the race detector
				t.Errorf("it took %v", took)
			}
			if len(f.Detail) > 400 || f.Detail != credential.Printable(f.Detail) {
				t.Errorf("not for people: %q", f.Detail)
			}
		})
	}
}

func BenchmarkRDFC(b *testing.B) {
	s := newIssuer(b, "Ed25519")
	doc := marshal(b, s.sign(b, suiteEdDSARDFC, aBadge(b, s.did), nil))
	for b.Loop() {
		if f := Check(context.Background(), doc, []string{s.did}, nil, time.Now()); f.Outcome != Pass {
			b.Fatal(f)
		}
	}
}

func indent(t testing.TB, doc []byte) []byte {
	t.Helper()
	value := jsontext.Value(doc)
	if err := value.Indent(); err != nil {
		t.Fatal(err)
	}
	return value
}

// addOrder adds the order of the group to S: the same number to a careless verifier.
func addOrder(signature []byte) []byte {
	order, _ := new(big.Int).SetString("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed", 16)
	s := slices.Clone(signature[32:])
	slices.Reverse(s)
	out := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
	slices.Reverse(out)
	return append(slices.Clone(signature[:32]), out...)
}

func otherS(signature []byte) []byte {
	s := new(big.Int).Sub(elliptic.P256().Params().N, new(big.Int).SetBytes(signature[32:]))
	return append(slices.Clone(signature[:32]), s.FillBytes(make([]byte, 32))...)
}

// clique is n blank nodes each of which names all the others.
func clique(n int) []any {
	nodes := make([]any, n)
	for i := range nodes {
		var others []any
		for j := range n {
			if j != i {
				others = append(others, map[string]any{"id": fmt.Sprintf("_:n%d", j)})
			}
		}
		nodes[i] = map[string]any{"id": fmt.Sprintf("_:n%d", i), "knows": others}
	}
	return nodes
}

func TestWeakEd25519(t *testing.T) {
	for _, text := range []string{
		"\x00", "\x01", "\x01" + strings.Repeat("\x00", 30) + "\x80",
		"\xec" + strings.Repeat("\xff", 30) + "\x7f", "\xed" + strings.Repeat("\xff", 30) + "\x7f", "\xee" + strings.Repeat("\xff", 30) + "\xff",
		"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
		"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\xfa",
	} {
		key := make(ed25519.PublicKey, 32)
		copy(key, text)
		if !weakEd25519(key) {
			t.Errorf("%x was taken", key)
		}
	}
	for i := range byte(50) {
		key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{i}, 32)).Public().(ed25519.PublicKey)
		if weakEd25519(key) {
			t.Errorf("%x was refused", key)
		}
	}
}
