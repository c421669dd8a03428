package secured

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// errKeyKind is wrapped by the errors for keys of a kind that is not checked here, which
// may be good ones.
var errKeyKind = errors.New("keys of this kind are not read here")

// Sizes of RSA keys in bits: below the lower one they are too weak, beyond the upper one
// to check a signature takes too long.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// maxMethod is the longest verification method that is read, in bytes: did:jwk with an RSA
// key of 8192 bits takes about 2000.
const maxMethod = 4096

// usable refuses keys of other kinds and sizes than signatures are checked with. It is
// asked for every key, wherever it comes from.
func usable(public any) error {
	switch k := public.(type) {
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize {
			if weakEd25519(k) {
				return errors.New("it is a point of small order, under which anybody can sign")
			}
			return nil
		}
	case *ecdsa.PublicKey:
		if k != nil && (k.Curve == elliptic.P256() || k.Curve == elliptic.P384()) {
			return nil
		}
	case *rsa.PublicKey:
		if k == nil || k.N == nil {
			break
		}
		switch n := k.N.BitLen(); {
		case n < minRSABits:
			return fmt.Errorf("RSA keys of %d bits are too short to trust; %d is the least", n, minRSABits)
		case n > maxRSABits:
			return fmt.Errorf("%w: RSA of %d bits, more than %d", errKeyKind, n, maxRSABits)
		case k.N.Bit(0) == 0 || k.E < 3 || k.E%2 == 0 || int64(k.E) >= 1<<31:
			return errors.New("the numbers of the RSA key are not those of a key")
		}
		return nil
	}
	return errKeyKind
}

// statedKey returns the key that a verification method states itself: did:key and did:jwk,
// with or without the fragment by which their documents name that key. ok is false for all
// other methods, whose keys must be looked up.
func statedKey(method string) (key *Key, ok bool, err error) {
	did, fragment, has := strings.Cut(method, "#")
	var public any
	var alg, name string // name is the fragment of the key
	switch {
	case len(method) > maxMethod && (strings.HasPrefix(method, "did:key:") || strings.HasPrefix(method, "did:jwk:")):
		return nil, true, fmt.Errorf("it is longer than %d bytes", maxMethod)
	case strings.HasPrefix(did, "did:key:"):
		name = strings.TrimPrefix(did, "did:key:")
		public, err = ParseMultikey(name)
	case strings.HasPrefix(did, "did:jwk:"):
		name = "0"
		var object []byte
		if object, err = decodeBase64URL(strings.TrimPrefix(did, "did:jwk:")); err == nil {
			public, alg, err = parseJWK(object)
		}
	default:
		return nil, false, nil
	}
	switch {
	case err != nil:
		return nil, true, err
	case has && fragment != name:
		return nil, true, errors.New("it names another key than the only one that its DID has for signatures")
	}
	return &Key{Public: public, Controller: did, alg: alg}, true, nil
}

// tied reports whether a verification method is one of the issuer's by its name alone: its
// issuer's identifier, with or without a fragment. A document that names two issuers has
// none to which a key could be tied.
func tied(method string, issuers []string) bool {
	if len(issuers) != 1 || issuers[0] == "" || strings.Contains(issuers[0], "#") {
		return false
	}
	rest, ok := strings.CutPrefix(method, issuers[0])
	return ok && (rest == "" || len(rest) > 1 && rest[0] == '#' && !strings.Contains(rest[1:], "#"))
}

// decodeBase64URL reads base64url without padding, in its one spelling.
func decodeBase64URL(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") { // which the decoder passes over
		return nil, errors.New("it is not base64url")
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errors.New("it is not base64url")
	}
	return data, nil
}
