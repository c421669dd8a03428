package secured

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/hallmark-node/hallmark/credential"
)

var b64 = base64.RawURLEncoding.EncodeToString

// signers are one key a kind. Those of RSA take a while to make.
var signers = sync.OnceValue(func() map[string]crypto.Signer {
	must := func(key crypto.Signer, err error) crypto.Signer {
		if err != nil {
			panic(err)
		}
		return key
	}
	ec := func(curve elliptic.Curve) crypto.Signer {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		return must(key, err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	must(rsaKey, err)
	return map[string]crypto.Signer{
		"EdDSA": ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)), "other": ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32)),
		"Ed25519": ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)),
		"ES256":   ec(elliptic.P256()), "ES384": ec(elliptic.P384()), "RS256": rsaKey, "PS256": rsaKey,
	}
})

// sign returns the signature of an algorithm over a text, in base64url.
func sign(t testing.TB, alg, signed string) string {
	t.Helper()
	var hash crypto.Hash
	digest := []byte(signed)
	switch alg {
	case "ES256", "RS256", "PS256":
		sum := sha256.Sum256(digest)
		digest, hash = sum[:], crypto.SHA256
	case "ES384":
		sum := sha512.Sum384(digest)
		digest, hash = sum[:], crypto.SHA384
	}
	var opts crypto.SignerOpts = hash
	if alg == "PS256" {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
	}
	if key, ok := signers()[alg].(*ecdsa.PrivateKey); ok {
		r, s, err := ecdsa.Sign(rand.Reader, key, digest)
		if err != nil {
			t.Fatal(err)
		}
		size := (key.Params().BitSize + 7) / 8
		return b64(append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...))
	}
	signature, err := signers()[alg].Sign(rand.Reader, digest, opts)
	if err != nil {
		t.Fatal(err)
	}
	return b64(signature)
}

// token is a JWS in compact form with the header as it is, signed by the key of alg.
func token(t testing.TB, alg, header, payload string) string {
	t.Helper()
	signed := b64([]byte(header)) + "." + b64([]byte(payload))
	return signed + "." + sign(t, alg, signed)
}

// jwkOf is a public key as JWK.
func jwkOf(alg string) string {
	switch k := signers()[alg].Public().(type) {
	case ed25519.PublicKey:
		return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","x":"%s"}`, b64(k))
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			panic(err)
		}
		n := len(point) / 2
		return fmt.Sprintf(`{"kty":"EC","crv":"%s","x":"%s","y":"%s"}`, k.Params().Name, b64(point[1:1+n]), b64(point[1+n:]))
	case *rsa.PublicKey:
		return fmt.Sprintf(`{"kty":"RSA","n":"%s","e":"AQAB"}`, b64(k.N.Bytes()))
	}
	panic(alg)
}

func didJWK(alg string) string { return "did:jwk:" + b64([]byte(jwkOf(alg))) }

func didKey(alg string) string {
	switch k := signers()[alg].Public().(type) {
	case ed25519.PublicKey:
		did, _ := DIDKey(k)
		return did
	case *ecdsa.PublicKey:
		code := map[string][]byte{"P-256": {0x80, 0x24}, "P-384": {0x81, 0x24}}[k.Params().Name]
		point, _ := k.Bytes()
		n := len(point) / 2
		text, _ := multibase.Encode(multibase.Base58BTC, append(append(code, 2+point[2*n]&1), point[1:1+n]...))
		return "did:key:" + text
	}
	panic(alg)
}

// badge is an Open Badge 3.0 of an issuer.
func badge(issuer string) string {
	return `{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],` +
		`"id":"urn:uuid:1","type":["VerifiableCredential","OpenBadgeCredential"],"issuer":{"id":"` + issuer + `","type":["Profile"]},` +
		`"validFrom":"2026-01-01T00:00:00Z","credentialSubject":{"type":["AchievementSubject"],"achievement":{"type":["Achievement"],` +
		`"id":"urn:uuid:2","name":"Welding","criteria":{"narrative":"Weld."},"description":"."}}}`
}

// headerOf is one with an algorithm and more.
func headerOf(alg, more string) string { return `{"alg":"` + alg + `"` + more + `}` }

func pemOf(t testing.TB, alg string) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(signers()[alg].Public())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// certificate is one of a key, for "x5c".
func certificate(t testing.TB, alg string) (x5c, thumb string) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "College \x1b[31mExample"},
		NotBefore: time.Unix(1, 0), NotAfter: time.Unix(2, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signers()[alg].Public(), signers()[alg])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return base64.StdEncoding.EncodeToString(der), b64(sum[:])
}

// jades is a JWS in JSON with the headers of JAdES, whose payload is the text itself.
func jades(t testing.TB, alg, more, text string) string {
	t.Helper()
	x5c, thumb := certificate(t, alg)
	h := b64([]byte(headerOf(alg, `,"b64":false,"crit":["b64","sigT"],"sigT":"2026-01-01T00:00:00Z","x5c":["`+x5c+
		`"],"x5t#S256":"`+thumb+`","cty":"application/vc+ld+json"`+more)))
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return `{"payload":` + string(quoted) + `,"signatures":[{"protected":"` + h + `","signature":"` + sign(t, alg, h+"."+text) +
		`","header":{"etsiU":["AAAA"]}}]}`
}

// signedBadge is the payload of a signed Open Badge 2.0 that holds its issuer's key.
func signedBadge(issuerKey, creator string) string {
	return `{"@context":"https://w3id.org/openbadges/v2","type":"Assertion","id":"urn:uuid:3",` +
		`"recipient":{"type":"email","hashed":false,"identity":"a@b.example"},"issuedOn":"2026-01-01T00:00:00Z",` +
		`"badge":{"type":"BadgeClass","id":"https://college.example/class","name":"Welding","description":".","criteria":{"narrative":"."},` +
		`"issuer":{"type":"Profile","id":"https://college.example/issuer","name":"College"` + issuerKey + `}},` +
		`"verification":{"type":"SignedBadge"` + creator + `}}`
}

// TestGoodTokens has a signature of the issuer's of each sort, in each thing that carries it.
func TestGoodTokens(t *testing.T) {
	good := make(map[string]string)
	for _, alg := range []string{"EdDSA", "Ed25519", "ES256", "ES384", "RS256", "PS256"} {
		good["did:jwk "+alg] = token(t, alg, headerOf(alg, ""), badge(didJWK(alg)))
	}
	for _, alg := range []string{"EdDSA", "ES256", "ES384"} {
		did := didKey(alg)
		_, fragment, _ := strings.Cut(did, "did:key:")
		good["did:key "+alg] = token(t, alg, headerOf(alg, `,"kid":"`+did+"#"+fragment+`"`), badge(did))
	}
	did := didKey("EdDSA")
	compact := token(t, "EdDSA", headerOf("EdDSA", `,"typ":"vc+jwt","cty":"vc"`), badge(did))
	good["kid is the fragment"] = token(t, "EdDSA", headerOf("EdDSA", `,"kid":"#`+did[len("did:key:"):]+`"`), badge(did))
	good["kid is the thumbprint"] = token(t, "EdDSA", headerOf("EdDSA", `,"kid":"`+Thumbprint(signers()["EdDSA"].Public())+`"`), badge(did))
	good["VC-JWT 1.1"] = token(t, "EdDSA", headerOf("EdDSA", `,"typ":"JWT"`), `{"iss":"`+did+`","nbf":1,"vc":`+badge(did)+`}`)
	good["links to keys, not followed"] = token(
		t,
		"EdDSA",
		headerOf("EdDSA", `,"jku":"https://evil.example","x5u":"https://evil.example"`),
		badge(did),
	)
	good["white space and a mark"] = "\xef\xbb\xbf\r\n " + compact + "\n"
	parts := strings.Split(compact, ".")
	jws := `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`
	good["flattened"] = jws
	good["general, another's first"] = `{"payload":"` + parts[1] + `","signatures":[` +
		`{"protected":"` + b64([]byte(`{"alg":"none"}`)) + `","signature":""},` +
		`{"protected":"` + b64([]byte(headerOf("EdDSA", `,"kid":"`+didKey("other")+`"`))) + `","signature":"` + parts[2] + `"},` +
		`{"protected":"` + parts[0] + `","signature":"` + strings.Repeat("A", 86) + `"},` + // a fail beside it
		`{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`
	good["enveloped"] = `{"@context":"https://www.w3.org/ns/credentials/v2","id":"data:application/vc+jwt,` + compact +
		`","type":"EnvelopedVerifiableCredential"}`
	for name, plain := range map[string]string{"PNG": "welding-badge.png", "SVG": "welding-badge.svg"} {
		baked, err := credential.Bake(readFile(t, filepath.Join("..", "..", "testdata", "badges", plain)), []byte(compact))
		if err != nil {
			t.Fatal(err)
		}
		good[name] = string(baked)
	}
	key := `{"type":"CryptographicKey","id":"https://college.example/key","owner":"https://college.example/issuer","publicKeyPem":` +
		pemOf(t, "RS256") + `}`
	good["OB2, key in the profile"] = token(t, "RS256", headerOf("RS256", ""),
		signedBadge(`,"publicKey":`+key, `,"creator":"https://college.example/key"`))
	good["OB2, key in the profile, no creator"] = token(t, "RS256", headerOf("RS256", ""), signedBadge(`,"publicKey":[`+key+`]`, ""))
	good["OB2, key in the assertion"] = token(t, "RS256", headerOf("RS256", ""), signedBadge("", `,"creator":`+key))
	good["JAdES, not encoded"] = jades(t, "ES256", "", badge(didJWK("ES256")))
	good["the issuer's key in the header, too"] = token(t, "EdDSA", headerOf("EdDSA", `,"jwk":`+jwkOf("EdDSA")), badge(did))
	x5c, _ := certificate(t, "ES384")
	good["a certificate of the issuer's key"] = token(t, "ES384", headerOf("ES384", `,"x5c":["`+x5c+`"]`), badge(didJWK("ES384")))
	stranger, _ := DIDKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32)).Public().(ed25519.PublicKey))
	for name, doc := range good {
		if f := check(t, doc, nil); f.Outcome != Pass || f.Suite == "" || f.Key == "" {
			t.Errorf("%s: %+v", name, f)
		}
		if d := credential.Describe([]byte(doc)); d.Problem != "" {
			t.Errorf("%s: %s", name, d.Problem)
		}
		if f := Check(t.Context(), []byte(doc), []string{stranger}, nil, time.Now()); f.Outcome == Pass {
			t.Errorf("%s of another issuer: %+v", name, f)
		}
	}
}
