package secured

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/multiformats/go-multibase"
)

// The multicodec codes of public keys, as varints.
var (
	codecEd25519   = [2]byte{0xed, 0x01}
	codecP256      = [2]byte{0x80, 0x24}
	codecP384      = [2]byte{0x81, 0x24}
	codecSecp256k1 = [2]byte{0xe7, 0x01}
)

// ParseMultikey reads a public key in the form of did:key and of publicKeyMultibase in a
// Multikey (W3C Controlled Identifiers 1.0, 2.2.2): base58btc with its prefix "z" over the
// multicodec code and the key. It reads Ed25519, P-256 and P-384 and accepts one spelling
// of each key.
func ParseMultikey(text string) (any, error) {
	const longest = 128 // characters; a P-384 key takes 71
	if text == "" || text[0] != 'z' || len(text) > longest {
		return nil, errors.New("it is not base58btc in multibase")
	}
	_, data, err := multibase.Decode(text)
	if err != nil || len(data) < 2 {
		return nil, errors.New("it is not base58btc in multibase")
	}
	if again, err := multibase.Encode(multibase.Base58BTC, data); err != nil || again != text {
		return nil, errors.New("it is not base58btc in multibase")
	}
	switch code, key := [2]byte(data[:2]), data[2:]; code {
	case codecEd25519:
		if len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("an Ed25519 key has %d bytes, not %d", ed25519.PublicKeySize, len(key))
		}
		return ed25519.PublicKey(key), nil
	case codecP256:
		return decompress(elliptic.P256(), key)
	case codecP384:
		return decompress(elliptic.P384(), key)
	case codecSecp256k1:
		return nil, fmt.Errorf("%w: secp256k1", errKeyKind)
	}
	return nil, errKeyKind
}

// decompress reads a point of a curve in compressed form (SEC 1, 2.3.4).
func decompress(curve elliptic.Curve, point []byte) (any, error) {
	x, y := elliptic.UnmarshalCompressed(curve, point)
	if x == nil {
		return nil, fmt.Errorf("it is not a point of %s", curve.Params().Name)
	}
	size := (curve.Params().BitSize + 7) / 8
	return pointAt(curve, x.FillBytes(make([]byte, size)), y.FillBytes(make([]byte, size)))
}

// ParseJWK reads a public key as a JSON Web Key (RFC 7517, 7518 and 8037): OKP with
// Ed25519, EC with P-256 or P-384, RSA of 2048 to 8192 bits. A key for another use than
// signatures, and one that tells its private part, is refused.
func ParseJWK(object []byte) (any, error) {
	public, _, err := parseJWK(object)
	return public, err
}

// parseJWK returns the algorithm, too, to which the key is bound; empty if to none.
func parseJWK(object []byte) (public any, alg string, err error) {
	if len(object) > maxHeader || !jsontext.Value(object).IsValid() {
		return nil, "", errors.New("it is no JSON Web Key")
	}
	m, err := membersOf(object)
	if err != nil {
		return nil, "", errors.New("it is no JSON Web Key")
	}
	for _, name := range []string{"kty", "crv", "x", "y", "n", "e", "use", "alg"} {
		if value, ok := m[name]; ok && value.Kind() != jsontext.KindString {
			return nil, "", fmt.Errorf("its member %q is not a text", name)
		}
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if m[private] != nil {
			return nil, "", errors.New("it tells the secret part of the key, which proves nothing any more")
		}
	}
	if use := m["use"]; use != nil && textOf(use) != "sig" {
		return nil, "", errors.New("it is not a key for signatures")
	}
	if ops := m["key_ops"]; ops != nil {
		list, ok := listOf(ops)
		if !ok || !slices.Contains(list, "verify") {
			return nil, "", errors.New("it is not a key for signatures")
		}
	}
	switch kty, crv := m.text("kty"), m.text("crv"); {
	case kty == "OKP" && crv == "Ed25519":
		public, err = octets(m, "x", ed25519.PublicKeySize)
		if err == nil {
			public = ed25519.PublicKey(public.([]byte))
		}
	case kty == "EC" && crv == "P-256":
		public, err = pointOf(m, elliptic.P256())
	case kty == "EC" && crv == "P-384":
		public, err = pointOf(m, elliptic.P384())
	case kty == "RSA":
		public, err = rsaOf(m)
	default:
		err = errKeyKind
	}
	if err != nil {
		return nil, "", err
	}
	return public, m.text("alg"), usable(public)
}

// octets reads a member of a known length.
func octets(m proofObject, name string, length int) ([]byte, error) {
	data, err := decodeBase64URL(m.text(name))
	if err != nil || len(data) != length {
		return nil, fmt.Errorf("its member %q is not %d bytes in base64url", name, length)
	}
	return data, nil
}

func pointOf(m proofObject, curve elliptic.Curve) (any, error) {
	size := (curve.Params().BitSize + 7) / 8
	x, err := octets(m, "x", size)
	if err != nil {
		return nil, err
	}
	y, err := octets(m, "y", size)
	if err != nil {
		return nil, err
	}
	return pointAt(curve, x, y)
}

// pointAt is the key at coordinates, each of the length of the curve's field.
func pointAt(curve elliptic.Curve, x, y []byte) (any, error) {
	key, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil, fmt.Errorf("it is not a point of %s", curve.Params().Name)
	}
	return key, nil
}

func rsaOf(m proofObject) (any, error) {
	n, err := decodeBase64URL(m.text("n"))
	if err != nil || len(n) == 0 || n[0] == 0 {
		return nil, errors.New(`its member "n" is not a number in base64url`)
	}
	e, err := decodeBase64URL(m.text("e"))
	if err != nil || len(e) == 0 || len(e) > 4 || e[0] == 0 {
		return nil, errors.New(`its member "e" is not a small number in base64url`)
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Uint64())}
	return key, usable(key)
}

// listOf reads an array of texts.
func listOf(value jsontext.Value) (list []string, ok bool) {
	elements, ok := elementsOf(value)
	for _, element := range elements {
		if element.Kind() != jsontext.KindString {
			return nil, false
		}
		list = append(list, textOf(element))
	}
	return list, ok
}
