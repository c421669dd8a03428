package secured

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// signer is the key by which a token says, or must be, signed.
type signer struct {
	found
	method string
	stated bool // by the badge, see [Finding]
	sole   bool // no other key could be meant, so that a signature that does not hold is broken
}

// findKey finds the key of a token. It is, in this order: that of an Open Badge 2.0; the
// one that "kid" names, also within the issuer's document; the only one that the issuer
// has.
func (j *jws) findKey(ctx context.Context, issuers []string, keys Keys) signer {
	if creator, ok := j.badgeCreator(); ok {
		return j.badgeKey(ctx, creator, issuers, keys)
	}
	find := func(method string, sole bool) signer {
		return signer{found: findKey(ctx, method, issuers, keys), method: method, sole: sole}
	}
	kid := j.header.kid
	if strings.HasPrefix(kid, "did:") || strings.HasPrefix(kid, "https://") || strings.HasPrefix(kid, "http://") {
		return find(kid, true)
	}
	if len(issuers) != 1 {
		return signer{found: found{reason: KeyUnknown, detail: "it names no issuer to whom a key could belong, or several"}, method: kid}
	}
	issuer := issuers[0]
	key, stated, err := statedKey(issuer)
	switch {
	case stated && err == nil && kid != "" && !names(kid, issuer, key):
		return signer{method: kid, found: found{
			reason: KeyUnknown, detail: fmt.Sprintf("its key %s is not the one of its issuer %s", short(kid), short(issuer)),
		}}
	case stated && err == nil && kid == "" && j.header.bringsOtherThan(key):
		return signer{found: found{
			reason: KeyUnknown, detail: fmt.Sprintf("it is another than that of its issuer %s", short(issuer)),
		}}
	case stated, kid == "":
		return find(issuer, stated)
	case kid[0] == '#':
		return find(issuer+kid, true)
	}
	within := find(issuer+"#"+kid, true)
	if within.reason == KeyUnknown && keys != nil {
		if only := find(issuer, false); only.key != nil {
			return only
		}
	}
	return within
}

// names reports whether a key identifier that is no address stands for the one key of a
// did:key or did:jwk: its fragment, or the thumbprint of the key (RFC 7638).
func names(kid, issuer string, key *Key) bool {
	kid = strings.TrimPrefix(kid, "#")
	if _, ok, err := statedKey(issuer + "#" + kid); ok && err == nil {
		return true
	}
	return kid == Thumbprint(key.Public)
}

// Thumbprint returns the thumbprint of a key (RFC 7638) with SHA-256, in base64url; empty for
// keys of kinds that [ParseJWK] does not return.
func Thumbprint(public any) string {
	encode := base64.RawURLEncoding.EncodeToString
	var text string
	switch k := public.(type) {
	case ed25519.PublicKey:
		text = fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":"%s"}`, encode(k))
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			return ""
		}
		x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
		text = fmt.Sprintf(`{"crv":"%s","kty":"EC","x":"%s","y":"%s"}`, k.Params().Name, encode(x), encode(y))
	case *rsa.PublicKey:
		text = fmt.Sprintf(`{"e":"%s","kty":"RSA","n":"%s"}`, encode(big.NewInt(int64(k.E)).Bytes()), encode(k.N.Bytes()))
	default:
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return encode(sum[:])
}

// badgeCreator returns what an assertion of Open Badges 2.0 says of the key that signed it;
// false if the payload is no such assertion.
func (j *jws) badgeCreator() (creator jsontext.Value, ok bool) {
	types, _ := listOf(j.claims["type"])
	if j.claims.text("type") != "Assertion" && !slices.Contains(types, "Assertion") {
		return nil, false
	}
	for _, name := range []string{"credentialSubject", "vc", "issuer"} {
		if j.claims[name] != nil { // it claims to be something else, too
			return nil, false
		}
	}
	for _, name := range []string{"verification", "verify"} {
		if v, err := strictMembers(j.claims[name]); err == nil && v["creator"] != nil {
			return v["creator"], true
		}
	}
	return nil, true
}

// badgeKey finds the key of a signed badge: an object in the assertion itself
// ("verification.creator") or in the issuer's profile that it holds ("publicKey"), else the
// address of one.
//
// A key in the assertion is the issuer's because the assertion says so, which is signed
// under that key: that alone proves nothing. But the anchor covers the whole token, and
// the issuer check is about who anchored it. So whoever anchored it has said that the key is
// the issuer's, and where that is the issuer, it has.
func (j *jws) badgeKey(ctx context.Context, creator jsontext.Value, issuers []string, keys Keys) signer {
	badge, _ := strictMembers(j.claims["badge"])
	profile, _ := strictMembers(badge["issuer"])
	issuer := profile.text("id")
	objects := []jsontext.Value{profile["publicKey"]}
	if list, ok := elementsOf(profile["publicKey"]); ok {
		objects = list
	}
	method := textOf(creator)
	if creator.Kind() == jsontext.KindBeginObject {
		objects, method = []jsontext.Value{creator}, ""
		if m, err := strictMembers(creator); err == nil {
			method = m.text("id")
		}
	}
	var match proofObject
	for _, object := range objects {
		m, err := strictMembers(object)
		if err != nil || m.text("publicKeyPem") == "" || method != "" && m.text("id") != method {
			continue
		}
		if match != nil {
			return signer{method: method, found: found{reason: Unreadable, detail: "it states several keys for the one that signed"}}
		}
		match = m
	}
	switch {
	case match == nil && method == "":
		return signer{found: found{reason: KeyUnknown, detail: "it does not say by which key"}}
	case match == nil:
		return signer{found: findKey(ctx, method, issuers, keys), method: method, sole: true}
	}
	method = match.text("id")
	public, err := parsePEM(match.text("publicKeyPem"))
	switch {
	case errors.Is(err, errKeyKind):
		return signer{method: method, found: found{reason: Unsupported, detail: "its key is of a kind that is not checked"}}
	case err != nil:
		return signer{method: method, found: found{reason: Unreadable, detail: "its key cannot be read: " + err.Error()}}
	}
	ours := issuer != "" && len(issuers) == 1 && issuers[0] == issuer && match.text("owner") == issuer
	return signer{method: method, stated: true, sole: true, found: found{key: &Key{Public: public, Controller: issuer}, tied: ours}}
}

// parsePEM reads a public key in PEM, as Open Badges 2.0 have it: SubjectPublicKeyInfo, or
// PKCS #1 for RSA.
func parsePEM(text string) (any, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(strings.TrimSpace(string(rest))) > 0 || len(block.Bytes) > maxHeader {
		return nil, errors.New("it is not one key in PEM")
	}
	var public any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		public, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		return nil, fmt.Errorf("%w: PEM of the type %s", errKeyKind, short(block.Type))
	}
	if err != nil {
		return nil, errors.New("it is not a public key in PEM")
	}
	return public, usable(public)
}
