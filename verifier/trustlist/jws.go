package trustlist

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// token is a JSON Web Signature in compact form (RFC 7515), not checked yet.
type token struct {
	typ, alg, kid string
	payload       []byte
	signed        []byte
	signature     []byte
}

// isToken reports whether data has the form of a token.
func isToken(data []byte) bool {
	return bytes.Count(data, []byte(".")) == 2 && bytes.HasPrefix(data, []byte("eyJ")) &&
		bytes.IndexFunc(data, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
		}) < 0
}

func parseToken(data []byte) (*token, error) {
	parts := bytes.Split(data, []byte("."))
	if len(parts) != 3 {
		return nil, errors.New("it is no token")
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.Strict().AppendDecode(nil, part); err != nil {
			return nil, errors.New("it is no token: a part is not base64url")
		}
	}
	var header struct {
		Type jsontext.Value `json:"typ"`
		Alg  jsontext.Value `json:"alg"`
		Kid  jsontext.Value `json:"kid"`
		Crit jsontext.Value `json:"crit"`
		B64  jsontext.Value `json:"b64"`
	}
	if err := json.Unmarshal(decoded[0], &header); err != nil {
		return nil, fmt.Errorf("its header: %w", plain(err))
	}
	if header.Crit != nil || header.B64 != nil {
		return nil, errors.New("its header asks for extensions that are not known here")
	}
	return &token{
		typ: text(header.Type), alg: text(header.Alg), kid: text(header.Kid), payload: decoded[1],
		signed: data[:len(parts[0])+1+len(parts[1])], signature: decoded[2],
	}, nil
}

// key is a public key of a key set (RFC 7517).
type key struct {
	kid   string
	value crypto.PublicKey // *ecdsa.PublicKey, ed25519.PublicKey or *rsa.PublicKey
	print string           // thumbprint (RFC 7638)
}

// parseKeys reads a key set. Keys that are of no use here are passed over.
func parseKeys(set jsontext.Value) (keys []key) {
	var file struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if set == nil || json.Unmarshal(set, &file) != nil || len(file.Keys) > 64 {
		return nil
	}
	for _, v := range file.Keys {
		var k struct {
			Kty string `json:"kty"`
			Crv string `json:"crv"`
			Kid string `json:"kid"`
			Use string `json:"use"`
			X   string `json:"x"`
			Y   string `json:"y"`
			N   string `json:"n"`
			E   string `json:"e"`
		}
		if json.Unmarshal(v, &k) != nil || k.Use != "" && k.Use != "sig" {
			continue
		}
		one := key{kid: k.Kid}
		var members string // those of the thumbprint, in its order
		switch k.Kty {
		case "EC":
			one.value = ecKey(k.Crv, b64(k.X), b64(k.Y))
			members = fmt.Sprintf(`{"crv":%q,"kty":"EC","x":%q,"y":%q}`, k.Crv, k.X, k.Y)
		case "OKP":
			if x := b64(k.X); k.Crv == "Ed25519" && len(x) == ed25519.PublicKeySize {
				one.value = ed25519.PublicKey(x)
			}
			members = fmt.Sprintf(`{"crv":%q,"kty":"OKP","x":%q}`, k.Crv, k.X)
		case "RSA":
			one.value = rsaKey(b64(k.N), b64(k.E))
			members = fmt.Sprintf(`{"e":%q,"kty":"RSA","n":%q}`, k.E, k.N)
		}
		if one.value != nil {
			sum := sha256.Sum256([]byte(members))
			one.print = base64.RawURLEncoding.EncodeToString(sum[:])
			keys = append(keys, one)
		}
	}
	return keys
}

func b64(s string) []byte {
	data, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil
	}
	return data
}

// ecKey returns nil if the coordinates are no point of a known curve.
func ecKey(name string, x, y []byte) crypto.PublicKey {
	curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384()}[name]
	if curve == nil || len(x) != curve.Params().BitSize/8 || len(y) != len(x) {
		return nil
	}
	k, err := ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil
	}
	return k
}

// rsaKey returns nil if the numbers make no key that is used today: one of 2048 to 8192 bits.
func rsaKey(n, e []byte) crypto.PublicKey {
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	if modulus.BitLen() < 2048 || modulus.BitLen() > 8192 || exponent.BitLen() > 31 || exponent.Int64() < 3 || exponent.Bit(0) == 0 {
		return nil
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}
}

// errOtherKey says that no key at hand is the one that a token names.
var errOtherKey = errors.New("none of the keys at hand is the one that it names")

// check returns the key with which a token is signed. A token that names no key may be of the
// only one.
func (t *token) check(keys []key) (*key, error) {
	for i := range keys {
		if k := &keys[i]; t.kid != "" && k.kid == t.kid || t.kid == "" && len(keys) == 1 {
			if !t.signedBy(k.value) {
				return nil, fmt.Errorf("the signature (%.20q) does not hold, or is of a kind that is not known here", t.alg)
			}
			return k, nil
		}
	}
	return nil, errOtherKey
}

// signedBy reports whether a key made the signature. The key says which algorithm is meant:
// one that does not go with it is no signature.
func (t *token) signedBy(public crypto.PublicKey) bool {
	switch k := public.(type) {
	case ed25519.PublicKey:
		return (t.alg == "EdDSA" || t.alg == "Ed25519") && ed25519.Verify(k, t.signed, t.signature)
	case *ecdsa.PublicKey:
		digest := t.digest("ES256", "ES384")
		size := k.Curve.Params().BitSize
		if len(digest)*8 != size || len(t.signature)*4 != size {
			return false
		}
		r, s := new(big.Int).SetBytes(t.signature[:size/8]), new(big.Int).SetBytes(t.signature[size/8:])
		return ecdsa.Verify(k, digest, r, s)
	case *rsa.PublicKey:
		digest := t.digest("RS256", "")
		if digest != nil {
			return rsa.VerifyPKCS1v15(k, crypto.SHA256, digest, t.signature) == nil
		}
		digest = t.digest("PS256", "")
		salt := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
		return digest != nil && rsa.VerifyPSS(k, crypto.SHA256, digest, t.signature, salt) == nil
	}
	return false
}

// digest returns what of a token was signed if its algorithm is the one that takes SHA-256 or
// the one that takes SHA-384.
func (t *token) digest(of256, of384 string) []byte {
	switch {
	case t.alg == of256:
		sum := sha256.Sum256(t.signed)
		return sum[:]
	case of384 != "" && t.alg == of384:
		sum := sha512.Sum384(t.signed)
		return sum[:]
	}
	return nil
}
