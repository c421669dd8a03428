package trustlist

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential/secured"
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
	value any    // as [secured.ParseJWK] returns it
	print string // thumbprint (RFC 7638)
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
			Kid string `json:"kid"`
		}
		value, err := secured.ParseJWK(v)
		if err != nil || json.Unmarshal(v, &k) != nil {
			continue
		}
		keys = append(keys, key{k.Kid, value, secured.Thumbprint(value)})
	}
	return keys
}

// errOtherKey says that no key at hand is the one that a token names.
var errOtherKey = errors.New("none of the keys at hand is the one that it names")

// check returns the key with which a token is signed. A token that names no key may be of the
// only one.
func (t *token) check(keys []key) (*key, error) {
	for i := range keys {
		if k := &keys[i]; t.kid != "" && k.kid == t.kid || t.kid == "" && len(keys) == 1 {
			if secured.VerifyJOSE(t.alg, k.value, string(t.signed), t.signature) != nil {
				return nil, fmt.Errorf("the signature (%.20q) does not hold, or is of a kind that is not known here", t.alg)
			}
			return k, nil
		}
	}
	return nil, errOtherKey
}
