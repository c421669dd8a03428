package secured

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// hostile are documents that nothing may be believed of, or whose signature is broken.
func hostile(t testing.TB) map[string]struct {
	doc    string
	want   Outcome
	reason string
} {
	did, jwk := didKey("EdDSA"), didJWK("ES256")
	ok := token(t, "EdDSA", headerOf("EdDSA", ""), badge(did))
	parts := strings.Split(ok, ".")
	protected, payload, signature := parts[0], parts[1], parts[2]
	with := func(more string) string { return token(t, "EdDSA", headerOf("EdDSA", more), badge(did)) }
	es256 := strings.Split(token(t, "ES256", headerOf("ES256", ""), badge(jwk)), ".")
	rawEC, _ := base64.RawURLEncoding.DecodeString(es256[2])
	der, _ := signers()["ES256"].Sign(rand.Reader, bytes.Repeat([]byte{1}, 32), crypto.SHA256)
	hs := func(secret string) string { // HS256 with the public key for a secret
		return b64([]byte(headerOf("HS256", ""))) + "." + b64([]byte(badge(didJWK("RS256")))) + "." + b64([]byte(secret))
	}
	x5c, _ := certificate(t, "ES256")
	_, otherThumb := certificate(t, "ES384")
	web := badge("https://college.example/issuer")
	obKey := func(owner string) string {
		return `{"type":"CryptographicKey","id":"https://college.example/key","owner":"` + owner + `","publicKeyPem":` + pemOf(t, "RS256") + `}`
	}
	sd := func(payload string, disclosures ...string) string {
		return token(t, "EdDSA", headerOf("EdDSA", `,"typ":"vc+sd-jwt"`), payload) + "~" + strings.Join(append(disclosures, ""), "~")
	}
	disclosure := b64([]byte(`["salt","grade","A"]`))
	digest := sha256.Sum256([]byte(disclosure))
	selective := func(member string) string { return strings.TrimSuffix(badge(did), "}") + "," + member + "}" }
	type row = struct {
		doc    string
		want   Outcome
		reason string
	}
	return map[string]row{
		// Broken: the issuer's key is at hand, and the signature is not its.
		"another payload": {
			protected + "." + b64([]byte(strings.Replace(badge(did), "Welding", "Surgery", 1))) + "." + signature,
			Fail,
			Broken,
		},
		"another header":              {b64([]byte(headerOf("EdDSA", `,"x":1`))) + "." + payload + "." + signature, Fail, Broken},
		"signature of another key":    {token(t, "other", headerOf("EdDSA", ""), badge(did)), Fail, Broken},
		"no signature":                {protected + "." + payload + ".", Fail, Broken},
		"signature with padding":      {ok + "==", Fail, Broken},
		"signature with bits behind":  {ok[:len(ok)-1] + string(ok[len(ok)-1]+1), Fail, Broken},
		"signature cut":               {ok[:len(ok)-4], Fail, Broken},
		"signature in standard b64":   {ok[:len(ok)-4] + "+/+/", Fail, Broken},
		"a zero signature":            {protected + "." + payload + "." + strings.Repeat("A", 86), Fail, Broken},
		"ES256: zeros":                {es256[0] + "." + es256[1] + "." + b64(make([]byte, 64)), Fail, Broken},
		"ES256: in DER":               {es256[0] + "." + es256[1] + "." + b64(der), Fail, Broken},
		"ES256: with a zero in front": {es256[0] + "." + es256[1] + "." + b64(append([]byte{0}, rawEC...)), Fail, Broken},
		"ES256: r + n": {
			es256[0] + "." + es256[1] + "." + b64(append(bytes.Repeat([]byte{0xff}, 32), rawEC[32:]...)),
			Fail,
			Broken,
		},
		"ES384 with a P-256 key": {token(t, "ES256", headerOf("ES384", ""), badge(jwk)), Fail, Broken},
		"ES256 with a P-384 key": {token(t, "ES384", headerOf("ES256", ""), badge(didJWK("ES384"))), Fail, Broken},
		"EdDSA with an EC key":   {token(t, "ES256", headerOf("EdDSA", ""), badge(jwk)), Fail, Broken},
		"RS256 signed as PS256":  {token(t, "PS256", headerOf("RS256", ""), badge(didJWK("RS256"))), Fail, Broken},
		"PS256 signed as RS256":  {token(t, "RS256", headerOf("PS256", ""), badge(didJWK("RS256"))), Fail, Broken},
		"the key is for PS256": {
			token(
				t,
				"RS256",
				headerOf("RS256", ""),
				badge("did:jwk:"+b64([]byte(strings.Replace(jwkOf("RS256"), "{", `{"alg":"PS256",`, 1)))),
			), Fail, Broken,
		},
		"forger's key in the header, by the issuer's kid": {
			token(t, "other", headerOf("EdDSA", `,"kid":"`+did+`","jwk":`+jwkOf("other")), badge(did)), Fail, Broken,
		},
		"OB2: signed by another key": {
			token(t, "other", headerOf("RS256", ""), signedBadge(`,"publicKey":`+obKey("https://college.example/issuer"), "")),
			Fail,
			Broken,
		},
		"SD-JWT: a part of nobody":       {sd(badge(did), disclosure), Fail, Broken},
		"SD-JWT: a part twice":           {sd(selective(`"_sd":["`+b64(digest[:])+`"]`), disclosure, disclosure), Fail, Broken},
		"SD-JWT: a digest twice":         {sd(selective(`"_sd":["`+b64(digest[:])+`","`+b64(digest[:])+`"]`), disclosure), Fail, Broken},
		"SD-JWT: a member in an array":   {sd(selective(`"list":[{"...":"`+b64(digest[:])+`"}]`), disclosure), Fail, Broken},
		"SD-JWT: a part that is nothing": {sd(badge(did), "", disclosure), Fail, Broken},
		"enveloped and broken": {
			`{"id":"data:application/vc+jwt,` + ok[:len(ok)-4] + `AAAA","type":"EnvelopedVerifiableCredential"}`,
			Fail,
			Broken,
		},

		// Refused before any key.
		"alg none":                     {b64([]byte(`{"alg":"none"}`)) + "." + payload + ".", Unknown, Unsupported},
		"alg nOnE":                     {b64([]byte(`{"alg":"nOnE"}`)) + "." + payload + "." + signature, Unknown, Unsupported},
		"HS256 with the public key":    {hs(jwkOf("RS256")), Unknown, Unsupported},
		"ES256K":                       {b64([]byte(headerOf("ES256K", ""))) + "." + payload + "." + signature, Unknown, Unsupported},
		"alg in another case":          {b64([]byte(headerOf("eddsa", ""))) + "." + payload + "." + signature, Unknown, Unsupported},
		"crit unknown":                 {with(`,"crit":["exp"],"exp":1`), Unknown, Unsupported},
		"crit empty":                   {with(`,"crit":[]`), Unknown, Unreadable},
		"crit no list":                 {with(`,"crit":"b64"`), Unknown, Unreadable},
		"crit names what is not":       {with(`,"crit":["b64"]`), Unknown, Unreadable},
		"crit names alg":               {with(`,"crit":["alg"]`), Unknown, Unreadable},
		"crit twice":                   {with(`,"b64":true,"crit":["b64","b64"]`), Unknown, Unreadable},
		"b64 not critical":             {with(`,"b64":false`), Unknown, Unreadable},
		"b64 is a text":                {with(`,"b64":"false","crit":["b64"]`), Unknown, Unreadable},
		"b64 true is as if it was not": {with(`,"b64":true,"crit":["b64"]`), Pass, ""},
		"zip":                          {with(`,"zip":"DEF"`), Unknown, Unsupported},
		"typ of an access token":       {with(`,"typ":"at+jwt"`), Unknown, Unsupported},
		"typ of a presentation":        {with(`,"typ":"vp+jwt"`), Unknown, Unsupported},
		"a token in it":                {with(`,"cty":"JWT"`), Unknown, Unsupported},
		"a presentation":               {token(t, "EdDSA", headerOf("EdDSA", ""), `{"iss":"`+did+`","vp":{}}`), Unknown, Unsupported},
		"kid is a number":              {with(`,"kid":1`), Unknown, Unreadable},
		"encrypted":                    {with(`,"enc":"A256GCM"`) + ".AAAA.AAAA", Unknown, Unsupported},
		"payload is an array":          {token(t, "EdDSA", headerOf("EdDSA", ""), `[]`), Unknown, Unreadable},
		"payload has a member twice":   {token(t, "EdDSA", headerOf("EdDSA", ""), `{"iss":"`+did+`","iss":"`+did+`"}`), Unknown, Unreadable},
		"payload with padding":         {protected + "." + payload + "=." + signature, Unknown, Unreadable},
		"payload elsewhere":            {protected + ".." + signature, Unknown, Unsupported},
		"JWS: both forms": {
			`{"payload":"` + payload + `","protected":"` + protected + `","signature":"` + signature + `","signatures":[]}`,
			Unknown,
			Unreadable,
		},
		"JWS: alg not signed": {
			`{"payload":"` + payload + `","protected":"` + b64(
				[]byte(`{}`),
			) + `","header":{"alg":"EdDSA"},"signature":"` + signature + `"}`, Unknown, Unreadable,
		},
		"JWS: kid twice": {
			`{"payload":"` + payload + `","protected":"` + b64(
				[]byte(headerOf("EdDSA", `,"kid":"a"`)),
			) + `","header":{"kid":"a"},"signature":"A"}`, Unknown, Unreadable,
		},
		"JWS: typ not signed": {
			`{"payload":"` + payload + `","protected":"` + protected + `","header":{"typ":"vc+jwt"},"signature":"` + signature + `"}`,
			Unknown, Unreadable,
		},
		"JWS: a credential beside it": {
			strings.TrimSuffix(
				badge(did),
				"}",
			) + `,"payload":"` + payload + `","protected":"` + protected + `","signature":"` + signature + `"}`, Unknown, Unreadable,
		},
		"JWS: no protected header": {
			`{"payload":"` + payload + `","header":{"alg":"EdDSA"},"signature":"` + signature + `"}`,
			Unknown,
			Unreadable,
		},
		"JWS: a thousand signatures": {
			`{"payload":"` + payload + `","signatures":[` + strings.Repeat(
				`{"protected":"`+protected+`","signature":"`+signature+`"},`,
				999,
			) + `{}]}`,
			Unknown, Unreadable,
		},
		"enveloped, a claim beside it": {
			`{"id":"data:application/vc+jwt,` + ok + `","type":"EnvelopedVerifiableCredential","name":"x"}`,
			Unknown,
			Unreadable,
		},
		"enveloped, no token":         {`{"id":"data:text/plain,hi","type":"EnvelopedVerifiableCredential"}`, Unknown, Unsupported},
		"SD-JWT: a hash that is weak": {sd(selective(`"_sd_alg":"md5"`), disclosure), Unknown, Unsupported},
		"SD-JWT: cut off":             {sd(badge(did), disclosure) + "A", Unknown, Unreadable},
		"JAdES: what it signs elsewhere": {
			token(t, "EdDSA", headerOf("EdDSA", `,"sigD":{"mId":"x"},"crit":["sigD"]`), badge(did)), Unknown, Unsupported,
		},

		// Intact, and nobody's.
		"key in the header":          {token(t, "other", headerOf("EdDSA", `,"jwk":`+jwkOf("other")), web), Unknown, KeyUnknown},
		"certificate in the header":  {token(t, "ES256", headerOf("ES256", `,"x5c":["`+x5c+`"]`), web), Unknown, KeyUnknown},
		"certificate of another key": {token(t, "other", headerOf("EdDSA", `,"x5c":["`+x5c+`"]`), web), Unknown, KeyUnknown},
		"certificate with other thumb": {
			token(t, "ES256", headerOf("ES256", `,"x5c":["`+x5c+`"],"x5t#S256":"`+otherThumb+`"`), web),
			Unknown,
			KeyUnknown,
		},
		"no certificate":             {token(t, "ES256", headerOf("ES256", `,"x5c":["AAAA"]`), web), Unknown, KeyUnknown},
		"forger's key in the header": {token(t, "other", headerOf("EdDSA", `,"jwk":`+jwkOf("other")), badge(did)), Unknown, KeyUnknown},
		"sealed by another than the issuer's did:key": {
			token(t, "ES256", headerOf("ES256", `,"x5c":["`+x5c+`"]`), badge(did)), Unknown, KeyUnknown,
		},
		"foreign did:key":               {token(t, "other", headerOf("EdDSA", `,"kid":"`+didKey("other")+`"`), web), Unknown, KeyUnknown},
		"foreign did:key of a did:key":  {token(t, "other", headerOf("EdDSA", `,"kid":"`+didKey("other")+`"`), badge(did)), Unknown, KeyUnknown},
		"foreign did:key and broken":    {token(t, "EdDSA", headerOf("EdDSA", `,"kid":"`+didKey("other")+`"`), web), Unknown, KeyUnknown},
		"kid of no key":                 {with(`,"kid":"key-1"`), Unknown, KeyUnknown},
		"kid of another DID's fragment": {with(`,"kid":"#` + didKey("other")[8:] + `"`), Unknown, KeyUnknown},
		"kid with control characters":   {with(`,"kid":"\u001b[2Jdid"`), Unknown, KeyUnknown},
		"two issuers": {
			token(t, "EdDSA", headerOf("EdDSA", ""), `{"iss":"`+didKey("other")+`","vc":`+badge(did)+`}`),
			Unknown,
			KeyUnknown,
		},
		"no issuer":                   {token(t, "EdDSA", headerOf("EdDSA", ""), `{"a":1}`), Unknown, KeyUnknown},
		"issuer's did:key unreadable": {token(t, "EdDSA", headerOf("EdDSA", ""), badge("did:key:z0")), Unknown, Unreadable},
		"issuer's key is secp256k1":   {token(t, "EdDSA", headerOf("EdDSA", ""), badge("did:key:"+exampleSecp256k1)), Unknown, Unsupported},
		"OB2: key of another owner": {
			token(t, "RS256", headerOf("RS256", ""), signedBadge(`,"publicKey":`+obKey("https://evil.example/"), "")), Unknown, KeyUnknown,
		},
		"OB2: key of no owner": {
			token(
				t,
				"RS256",
				headerOf("RS256", ""),
				signedBadge(`,"publicKey":`+strings.Replace(obKey("x"), `"owner"`, `"own"`, 1), ""),
			), Unknown, KeyUnknown,
		},
		"OB2: creator is another key": {
			token(
				t,
				"RS256",
				headerOf("RS256", ""),
				signedBadge(`,"publicKey":`+obKey("https://college.example/issuer"), `,"creator":"https://college.example/k2"`),
			),
			Unknown, KeyUnknown,
		},
		"OB2: two keys": {
			token(
				t,
				"RS256",
				headerOf("RS256", ""),
				signedBadge(`,"publicKey":[`+obKey("https://college.example/issuer")+`,`+obKey("https://college.example/issuer")+`]`, ""),
			),
			Unknown, Unreadable,
		},
		"OB2: a key and a status list": {
			token(
				t,
				"RS256",
				headerOf("RS256", ""),
				strings.Replace(
					signedBadge(`,"publicKey":`+obKey("https://college.example/issuer"), ""),
					"{",
					`{"credentialSubject":{"type":"BitstringStatusList"},`,
					1,
				),
			),
			Unknown, KeyUnknown,
		},
		"JAdES, not encoded":          {jades(t, "ES256", "", web), Unknown, KeyUnknown},
		"JAdES, not encoded, changed": {strings.Replace(jades(t, "ES256", "", web), "Welding", "Surgery", 1), Unknown, KeyUnknown},

		// Nothing there.
		"plain JSON":                  {badge(did), Unknown, Absent},
		"a PDF":                       {"%PDF-1.7\n", Unknown, Absent},
		"text":                        {"hello", Unknown, Absent},
		"nothing":                     {"", Unknown, Absent},
		"a JSON object cut":           {badge(did)[:80], Unknown, Unreadable},
		"a JSON object, member twice": {`{"a":1,"a":2}`, Unknown, Unreadable},
		"only Hallmark's proof": {
			strings.TrimSuffix(badge(did), "}") + `,"proof":[{"type":"DataIntegrityProof","cryptosuite":"hallmark-2026","proofValue":"u"}]}`,
			Unknown,
			Absent,
		},
	}
}

func TestHostileTokens(t *testing.T) {
	rows := hostile(t)
	if len(rows) < 80 {
		t.Errorf("only %d rows", len(rows))
	}
	never := func(_ context.Context, method string) (*Key, error) {
		if strings.HasPrefix(method, "https://college.example/") {
			return nil, nil
		}
		t.Errorf("%q was looked for", method)
		return nil, nil
	}
	for name, row := range rows {
		for _, keys := range []Keys{nil, never} {
			f := check(t, row.doc, keys)
			if f.Outcome != row.want || f.Reason != row.reason {
				t.Errorf("%s: %+v", name, f)
			}
			if strings.ContainsAny(f.Detail, "\x1b\n") {
				t.Errorf("%s: %q is not safe to print", name, f.Detail)
			}
		}
	}
}

// TestJAdES tells intact and changed apart under a certificate that nothing ties to the
// issuer.
func TestJAdES(t *testing.T) {
	rows := hostile(t)
	for name, says := range map[string]string{
		"JAdES, not encoded":           "(JAdES ES256) is intact under the certificate of",
		"JAdES, not encoded, changed":  "does not hold under the certificate of",
		"certificate in the header":    "(JWT ES256) is intact under the certificate of",
		"certificate of another key":   "does not hold under the certificate of",
		"certificate with other thumb": "another than the one that its header names",
	} {
		if f := check(t, rows[name].doc, nil); !strings.Contains(f.Detail, says) {
			t.Errorf("%s: %s", name, f.Detail)
		}
	}
}

// TestRotatedKey says that the only key of an issuer's document may be a later one.
func TestRotatedKey(t *testing.T) {
	const issuer = "did:web:college.example"
	keys := keysOf(t, issuer, map[string]string{"": jwkOf("other"), "#now": jwkOf("other"), "#then": jwkOf("EdDSA")})
	for kid, want := range map[string]struct {
		Outcome
		reason string
	}{
		"":                             {Unknown, KeyUnknown},
		`,"kid":"gone"`:                {Unknown, KeyUnknown},
		`,"kid":"#now"`:                {Fail, Broken},
		`,"kid":"#then"`:               {Pass, ""},
		`,"kid":"then"`:                {Pass, ""},
		`,"kid":"` + issuer + `#then"`: {Pass, ""},
	} {
		if f := check(t, token(t, "EdDSA", headerOf("EdDSA", kid), badge(issuer)), keys); f.Outcome != want.Outcome || f.Reason != want.reason {
			t.Errorf("%s: %+v", kid, f)
		}
	}
}

// TestLargeTokens has documents of the greatest length: they take memory and time in
// proportion.
func TestLargeTokens(t *testing.T) {
	did := didKey("EdDSA")
	long := strings.TrimSuffix(badge(did), "}") + `,"x":"` + strings.Repeat("a", 11<<20) + `"}`
	many := strings.TrimSuffix(badge(did), "}") + `,"x":[` + strings.TrimSuffix(strings.Repeat(`{"...":"a"},`, 800_000), ",") + `]}`
	parts := strings.Split(token(t, "EdDSA", headerOf("EdDSA", ""), long), ".")
	one := `{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`
	for name, c := range map[string]struct {
		doc  string
		want Outcome
	}{
		"one long member":           {strings.Join(parts, "."), Pass},
		"sixteen signatures":        {`{"payload":"` + parts[1] + `","signatures":[` + strings.Repeat(one+",", 15) + one + `]}`, Pass},
		"digests by the million":    {token(t, "EdDSA", headerOf("EdDSA", ""), many) + "~", Fail},
		"parts by the million":      {token(t, "EdDSA", headerOf("EdDSA", ""), badge(did)) + strings.Repeat("~", 15<<20), Unknown},
		"signatures by the million": {`{"payload":"e30","signatures":[` + strings.TrimSuffix(strings.Repeat("{},", 5<<20), ",") + `]}`, Unknown},
		"too long":                  {strings.Join(parts, ".") + strings.Repeat("A", 4<<20), Unknown},
		"brackets":                  {token(t, "EdDSA", headerOf("EdDSA", ""), strings.Repeat(`{"a":`, 2<<20)), Unknown},
	} {
		start := time.Now()
		f := Check(t.Context(), []byte(c.doc), []string{did}, nil, time.Now())
		if f.Outcome != c.want {
			t.Errorf("%s: %+v", name, f)
		}
		took := time.Since(start)
		t.Logf("%s: %d MiB in %v: %s", name, len(c.doc)>>20, took.Round(time.Millisecond), f.Detail)
		if took > 2*time.Minute { // seconds, also with the race detector; hours if something were quadratic
			t.Errorf("%s took %v", name, took)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, row := range hostile(f) {
		if len(row.doc) < 1<<14 {
			f.Add([]byte(row.doc), didKey("EdDSA"))
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte, issuer string) {
		asked := 0
		got := Check(t.Context(), doc, []string{issuer}, func(context.Context, string) (*Key, error) {
			asked++
			return nil, nil
		}, time.Now())
		if got.Detail == "" || (got.Outcome == Pass) != (got.Reason == "") || got.Outcome == Fail && got.Reason != Broken {
			t.Errorf("%q: %+v", doc, got)
		}
		if !utf8.ValidString(got.Detail) || strings.ContainsFunc(got.Detail, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q: %q is not safe to print", doc, got.Detail)
		}
		if asked > 2*2*maxSignatures {
			t.Errorf("%q: %d keys were looked for", doc, asked)
		}
	})
}
