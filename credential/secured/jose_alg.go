package secured

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"math/big"
)

var (
	errAlgorithm = errors.New("the key is not one for its algorithm")
	errMismatch  = errors.New("the signature is not that of these bytes")
)

// isAlgorithm reports whether signatures of a JOSE algorithm are checked: those with a
// public key that credentials are made with. There is none without a key and none with a
// secret shared by both sides.
func isAlgorithm(alg string) bool {
	switch alg {
	case "EdDSA", "Ed25519", "ES256", "ES384", "RS256", "PS256":
		return true
	}
	return false
}

// bothEdDSA reports whether two names are those of Ed25519: RFC 9864 has given it one of
// its own.
func bothEdDSA(a, b string) bool {
	return (a == "EdDSA" || a == "Ed25519") && (b == "EdDSA" || b == "Ed25519")
}

// VerifyJOSE checks a signature of EdDSA, ES256, ES384, RS256 or PS256 (RFC 7518, RFC 8037,
// RFC 9864) by a key that [ParseJWK] returns. The algorithm fixes the kind of key, so that
// none is used with another's; any other algorithm is an error.
func VerifyJOSE(alg string, public any, signed string, signature []byte) error {
	if err := usable(public); err != nil {
		return err
	}
	switch alg {
	case "EdDSA", "Ed25519":
		key, ok := public.(ed25519.PublicKey)
		switch {
		case !ok:
			return errAlgorithm
		case !ed25519.Verify(key, []byte(signed), signature):
			return errMismatch
		}
		return nil
	case "ES256", "ES384":
		key, ok := public.(*ecdsa.PublicKey)
		if !ok || (alg == "ES256") != (key.Curve == elliptic.P256()) {
			return errAlgorithm
		}
		return verifyECDSA(key, []byte(signed), signature)
	case "RS256", "PS256":
		key, ok := public.(*rsa.PublicKey)
		if !ok {
			return errAlgorithm
		}
		digest := sha256.Sum256([]byte(signed))
		var err error
		if alg == "RS256" {
			err = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
		} else {
			err = rsa.VerifyPSS(key, crypto.SHA256, digest[:], signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
		if err != nil {
			return errMismatch
		}
		return nil
	}
	return errAlgorithm
}

// verifyECDSA checks a signature in the form r || s, each of the size of the curve (IEEE
// P1363), over the hash that belongs to the curve: SHA-256 for P-256, SHA-384 for P-384.
func verifyECDSA(key *ecdsa.PublicKey, signed, signature []byte) error {
	size := (key.Curve.Params().BitSize + 7) / 8
	if len(signature) != 2*size {
		return errMismatch
	}
	var digest []byte
	switch key.Curve {
	case elliptic.P256():
		sum := sha256.Sum256(signed)
		digest = sum[:]
	case elliptic.P384():
		sum := sha512.Sum384(signed)
		digest = sum[:]
	default:
		return errAlgorithm
	}
	r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
	if !ecdsa.Verify(key, digest, r, s) {
		return errMismatch
	}
	return nil
}
