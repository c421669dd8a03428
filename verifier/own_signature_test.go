package verifier_test

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/credential/secured"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// A broken signature of the credential's own speaks against it only where the key is that of
// an issuer who is known. All else of it is told, and decides nothing.
func TestOwnSignature(t *testing.T) {
	const issuer, method = "did:web:uni.example", "did:web:uni.example#key-1"
	ours, forgers := ed25519.NewKeyFromSeed(make([]byte, 32)), ed25519.NewKeyFromSeed([]byte(strings.Repeat("f", 32)))
	_, foreign := secured.DIDKey(forgers.Public().(ed25519.PublicKey))
	sign := func(key ed25519.PrivateKey, method string, more ...string) string {
		document := strings.Replace(badge, "{", "{"+strings.Join(more, ""), 1)
		signed, err := secured.SignJCS([]byte(document), key, method, time.Unix(issuedAt, 0))
		if err != nil {
			t.Fatal(err)
		}
		return string(signed)
	}
	token := func(key ed25519.PrivateKey, header string) string {
		encode := base64.RawURLEncoding.EncodeToString
		signed := encode([]byte(header)) + "." + encode([]byte(badge))
		return signed + "." + encode(ed25519.Sign(key, []byte(signed)))
	}
	byOurs := `{"alg":"EdDSA","kid":"` + method + `"}`
	// the key that the document of a controller has
	keys := func(controller string) secured.Keys {
		return func(_ context.Context, asked string) (*secured.Key, error) {
			if asked != method {
				t.Errorf("%s was looked for", asked)
			}
			return &secured.Key{Public: ours.Public(), Controller: controller}, nil
		}
	}
	stale := func(context.Context, string) (*secured.Key, error) {
		return &secured.Key{Public: ours.Public(), Controller: issuer, Stale: true}, nil
	}
	strangers := func(g *good) { g.trust.Issuers = nil }
	// Open Badges 2.0 state the key of their issuer themselves.
	spki, err := x509.MarshalPKIXPublicKey(forgers.Public())
	if err != nil {
		t.Fatal(err)
	}
	block := strings.ReplaceAll(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})), "\n", `\n`)
	stated := `{"@context":"https://w3id.org/openbadges/v2","type":"Assertion","id":"urn:uuid:1","verification":{"type":"signed",` +
		`"creator":"did:web:uni.example#key-1"},"badge":{"type":"BadgeClass","issuer":{"type":"Issuer","id":"` + issuer + `","publicKey":{` +
		`"type":"CryptographicKey","id":"did:web:uni.example#key-1","owner":"` + issuer + `","publicKeyPem":"` + block + `"}}}}`
	statesKey := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(stated))
	statesKey += "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(forgers, []byte(statesKey)))
	for name, c := range map[string]struct {
		document string
		keys     secured.Keys
		do       func(*good)
		own      verifier.Result
		verdict  verifier.Verdict
		reason   verifier.Reason
	}{
		"intact": {sign(ours, method), keys(issuer), nil, verifier.Pass, verifier.Valid, ""},
		"broken": {
			sign(forgers, method), keys(issuer), nil, verifier.Fail, verifier.Invalid, verifier.ReasonSignatureBroken,
		},
		"wrapped, intact": {`{"credential":` + sign(ours, method) + `}`, keys(issuer), nil, verifier.Pass, verifier.Valid, ""},
		"wrapped, broken": {
			`{"credential":` + sign(forgers, method) + `}`, keys(issuer), nil, verifier.Fail, verifier.Invalid, verifier.ReasonSignatureBroken,
		},
		"wrapped token, broken": {
			`{"data":"` + token(forgers, byOurs) + `"}`, keys(issuer), nil, verifier.Fail, verifier.Invalid, verifier.ReasonSignatureBroken,
		},
		"broken, offline":              {sign(forgers, method), nil, nil, verifier.Unknown, verifier.Valid, ""},
		"intact, of a stale key":       {sign(ours, method), stale, nil, verifier.Pass, verifier.Valid, ""},
		"not of a stale key":           {sign(forgers, method), stale, nil, verifier.Unknown, verifier.Valid, ""},
		"token, not of a stale key":    {token(forgers, byOurs), stale, nil, verifier.Unknown, verifier.Valid, ""},
		"broken, the key is another's": {sign(forgers, method), keys("did:web:b.example"), nil, verifier.Unknown, verifier.Valid, ""},
		"broken, of a stranger": {
			sign(forgers, method), keys(issuer), strangers, verifier.Fail, verifier.VerdictUnknown, verifier.ReasonIssuerUnknown,
		},
		"intact, of a stranger": {
			sign(ours, method), keys(issuer), strangers, verifier.Pass, verifier.VerdictUnknown, verifier.ReasonIssuerUnknown,
		},
		"a forger's own key": {sign(forgers, foreign), nil, strangers, verifier.Unknown, verifier.VerdictUnknown, verifier.ReasonIssuerUnknown},
		"token, intact":      {token(ours, byOurs), keys(issuer), nil, verifier.Pass, verifier.Valid, ""},
		"token, broken":      {token(forgers, byOurs), keys(issuer), nil, verifier.Fail, verifier.Invalid, verifier.ReasonSignatureBroken},
		"badge with its key": {statesKey, nil, nil, verifier.Pass, verifier.Valid, ""},
		"badge with a forger's key": {
			statesKey, nil, strangers, verifier.Unknown, verifier.VerdictUnknown, verifier.ReasonIssuerUnknown,
		},
		"intact, whose is not told": {
			sign(ours, method, `"Issuer":"did:web:b.example",`), keys(issuer), nil, verifier.Unknown, verifier.VerdictUnknown,
			verifier.ReasonIssuerUnreadable,
		},
		"token without algorithm": {token(forgers, `{"alg":"none"}`), keys(issuer), nil, verifier.Unknown, verifier.Valid, ""},
	} {
		g := buildGood(t, verifiertest.NewWorld(t), c.document)
		if c.do != nil {
			c.do(g)
		}
		opts := g.options()
		opts.Keys = c.keys
		r := g.verifyWith(opts)
		if own := r.Result(verifier.CheckIssuerSignature); own.Result != c.own || r.Verdict != c.verdict || r.Reason != c.reason {
			t.Errorf("%s: %s\n%s", name, r.Reason, describe(r))
		}
	}
}
