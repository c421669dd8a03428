package online

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/multiformats/go-multibase"

	"github.com/hallmark-node/hallmark/credential/secured"
)

// verificationMethod is a key as documents have it: Multikey, JsonWebKey, the Ed25519 types of
// 2018 and 2020, and the CryptographicKey of Open Badges 2.0.
type verificationMethod struct {
	ID         string         `json:"id"`
	Controller oneOrMore      `json:"controller"`
	Owner      string         `json:"owner"` // of Open Badges 2.0
	Multibase  string         `json:"publicKeyMultibase"`
	Base58     string         `json:"publicKeyBase58"`
	JWK        jsontext.Value `json:"publicKeyJwk"`
	PEM        string         `json:"publicKeyPem"`
	Revoked    string         `json:"revoked"`
	Expires    string         `json:"expires"`
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
		return secured.ParseJWK(m.JWK)
	case m.PEM != "":
		return readPEM(m.PEM)
	case m.Base58 != "":
		_, data, err := multibase.Decode("z" + m.Base58)
		if err != nil || len(data) != ed25519.PublicKeySize {
			return nil, errors.New("it is not an Ed25519 key")
		}
		return ed25519.PublicKey(data), nil
	}
	return secured.ParseMultikey(m.Multibase)
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
	return key, nil
}

// keySet is a JWK set, or a JWK.
type keySet struct {
	KTY  string           `json:"kty"` // of a JWK
	Keys []jsontext.Value `json:"keys"`
}

// key returns the JWK that body is, or of a JWK set the one that a method names by its
// fragment. Nothing in it says whose it is.
func (s *keySet) key(body []byte, method string) (*secured.Key, error) {
	found := body
	if s.Keys != nil {
		found = nil
		for _, key := range s.Keys {
			var named struct {
				KID string `json:"kid"`
			}
			if json.Unmarshal(key, &named) != nil || named.KID == "" || named.KID != method && "#"+named.KID != fragment(method) {
				continue
			}
			if found != nil {
				return nil, keyErrorf(method, "is there twice")
			}
			found = key
		}
	}
	if found == nil {
		return nil, keyErrorf(method, "is not in the set of keys there")
	}
	public, err := secured.ParseJWK(found)
	if err != nil {
		return nil, keyErrorf(method, "cannot be used: %v", err)
	}
	return &secured.Key{Public: public}, nil
}
