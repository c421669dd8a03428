package online

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/multiformats/go-multibase"

	"github.com/hallmark-node/hallmark/credential/secured"
)

// verificationMethod is a key as documents have it: Multikey, JsonWebKey, the Ed25519 types of
// 2018 and 2020, and the CryptographicKey of Open Badges 2.0.
type verificationMethod struct {
	ID         string    `json:"id"`
	Controller oneOrMore `json:"controller"`
	Owner      string    `json:"owner"` // of Open Badges 2.0
	Multibase  string    `json:"publicKeyMultibase"`
	Base58     string    `json:"publicKeyBase58"`
	JWK        *jwk      `json:"publicKeyJwk"`
	PEM        string    `json:"publicKeyPem"`
	Revoked    string    `json:"revoked"`
	Expires    string    `json:"expires"`
}

func (m *verificationMethod) hasKey() bool {
	return m.Multibase != "" || m.Base58 != "" || m.JWK != nil || m.PEM != ""
}

// controller returns whose the key is; empty if it is not said, or if several are named.
func (m *verificationMethod) controller() string {
	switch {
	case len(m.Controller) == 1 && (m.Owner == "" || m.Owner == m.Controller[0]):
		return m.Controller[0]
	case len(m.Controller) == 0:
		return m.Owner
	}
	return ""
}

func (m *verificationMethod) key(controller string, now time.Time) (*secured.Key, error) {
	for _, end := range []string{m.Revoked, m.Expires} {
		if end == "" {
			continue
		}
		if at, err := time.Parse(time.RFC3339, end); err != nil || !now.Before(at) {
			return nil, keyErrorf(m.ID, "is not in use any more")
		}
	}
	public, err := m.public()
	if err != nil {
		return nil, keyErrorf(m.ID, "cannot be used: %v", err)
	}
	return &secured.Key{Public: public, Controller: controller}, nil
}

var errKeyKind = errors.New("it is of a kind that is not known here")

func (m *verificationMethod) public() (any, error) {
	n := 0
	for _, stated := range []bool{m.Multibase != "", m.Base58 != "", m.JWK != nil, m.PEM != ""} {
		if stated {
			n++
		}
	}
	if n != 1 {
		return nil, errors.New("it is not stated once")
	}
	switch {
	case m.JWK != nil:
		return m.JWK.public()
	case m.PEM != "":
		return readPEM(m.PEM)
	case m.Base58 != "":
		_, data, err := multibase.Decode("z" + m.Base58)
		if err != nil || len(data) != ed25519.PublicKeySize {
			return nil, errKeyKind
		}
		return ed25519.PublicKey(data), nil
	}
	return readMultikey(m.Multibase)
}

// readMultikey reads a public key by its multicodec.
func readMultikey(text string) (any, error) {
	if len(text) > 2048 || text == "" || text[0] != 'z' && text[0] != 'u' {
		return nil, errKeyKind
	}
	_, data, err := multibase.Decode(text)
	if err != nil || len(data) < 2 {
		return nil, errKeyKind
	}
	body := data[2:]
	switch [2]byte(data[:2]) {
	case [2]byte{0xed, 0x01}:
		if len(body) == ed25519.PublicKeySize {
			return ed25519.PublicKey(body), nil
		}
	case [2]byte{0x80, 0x24}:
		return compressed(elliptic.P256(), body)
	case [2]byte{0x81, 0x24}:
		return compressed(elliptic.P384(), body)
	}
	return nil, errKeyKind
}

func compressed(curve elliptic.Curve, point []byte) (any, error) {
	x, y := elliptic.UnmarshalCompressed(curve, point)
	if x == nil {
		return nil, errors.New("it is not a point of its curve")
	}
	return &ecdsa.PublicKey{Curve: curve, X: x, Y: y}, nil
}

func readPEM(text string) (any, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("it is not in PEM")
	}
	var key any
	var err error
	if block.Type == "RSA PUBLIC KEY" {
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	} else {
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return nil, errors.New("it is not in PEM")
	}
	return usable(key)
}

// usable refuses keys of other kinds and sizes than signatures are checked with.
func usable(key any) (any, error) {
	switch k := key.(type) {
	case ed25519.PublicKey:
		return k, nil
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() || k.Curve == elliptic.P384() {
			return k, nil
		}
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n >= 2048 && n <= 8192 && k.E > 1 {
			return k, nil
		}
	}
	return nil, errKeyKind
}

// jwk is a public key as RFC 7517 and 8037 have it.
type jwk struct {
	KTY string `json:"kty"`
	CRV string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
	N   string `json:"n"`
	E   string `json:"e"`
	KID string `json:"kid"`
}

func (j *jwk) public() (any, error) {
	part := func(s string) *big.Int {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil || len(b) > 1024 {
			return new(big.Int)
		}
		return new(big.Int).SetBytes(b)
	}
	switch {
	case j.KTY == "OKP" && j.CRV == "Ed25519":
		if b, err := base64.RawURLEncoding.DecodeString(j.X); err == nil && len(b) == ed25519.PublicKeySize {
			return ed25519.PublicKey(b), nil
		}
	case j.KTY == "EC" && (j.CRV == "P-256" || j.CRV == "P-384"):
		k := &ecdsa.PublicKey{Curve: elliptic.P256(), X: part(j.X), Y: part(j.Y)}
		if j.CRV == "P-384" {
			k.Curve = elliptic.P384()
		}
		if _, err := k.ECDH(); err != nil {
			return nil, errors.New("it is not a point of its curve")
		}
		return k, nil
	case j.KTY == "RSA":
		e := part(j.E)
		if !e.IsInt64() || e.Int64() > 1<<31-1 {
			return nil, errKeyKind
		}
		return usable(&rsa.PublicKey{N: part(j.N), E: int(e.Int64())})
	}
	return nil, errKeyKind
}

// readJWKOf reads a JWK, or of a JWK set the one that a method names by its fragment; nil if
// the object is neither. Nothing in it says whose it is.
func readJWKOf(body []byte, method string) (*secured.Key, error) {
	var m struct {
		jwk
		Keys []jwk `json:"keys"`
	}
	if json.Unmarshal(body, &m) != nil || m.KTY == "" && m.Keys == nil {
		return nil, nil
	}
	key := &m.jwk
	if m.Keys != nil {
		key = nil
		for i := range m.Keys {
			if m.Keys[i].KID != "" && (m.Keys[i].KID == method || "#"+m.Keys[i].KID == fragment(method)) {
				if key != nil {
					return nil, keyErrorf(method, "is there twice")
				}
				key = &m.Keys[i]
			}
		}
	}
	if key == nil {
		return nil, keyErrorf(method, "is not in the set of keys there")
	}
	public, err := key.public()
	if err != nil {
		return nil, keyErrorf(method, "cannot be used: %v", err)
	}
	return &secured.Key{Public: public}, nil
}
