package verifier

import (
	"errors"
	"math/big"

	"github.com/consensys/gnark-crypto/ecc/secp256k1"
	"github.com/consensys/gnark-crypto/ecc/secp256k1/fr"

	"github.com/hallmark-node/hallmark/merkle"
)

// ErrSignature says that a signature is not one that any key could have made
// for the registry: v is not 27 or 28, s is high, or nothing can be recovered.
var ErrSignature = errors.New("malformed signature")

// Recover returns the address whose key made sig over digest. Only low s (at
// most half the group order, EIP-2) is accepted, so that a signature has one
// form.
//
// The key is Q = (s/r)X - (e/r)G, where X is the point with abscissa r whose
// ordinate has the parity of v (SEC 1, section 4.1.6).
func Recover(digest Hash, sig Signature) (Address, error) {
	var r, s, e fr.Element
	overR, overS := r.SetBytesCanonical(sig[:32]) != nil, s.SetBytesCanonical(sig[32:64]) != nil
	e.SetBytes(digest[:]) // modulo the group order
	v := sig[64]
	if v != 27 && v != 28 || overR || r.IsZero() || overS || s.IsZero() || s.LexicographicallyLargest() {
		return Address{}, ErrSignature
	}
	var point secp256k1.G1Affine
	point.X.SetBytes(sig[:32]) // below the group order, so below the field's prime
	_, seven := secp256k1.CurveCoefficients()
	point.Y.Square(&point.X).Mul(&point.Y, &point.X).Add(&point.Y, &seven)
	if point.Y.Sqrt(&point.Y) == nil {
		return Address{}, ErrSignature
	}
	if odd := point.Y.Bits()[0]&1 == 1; odd != (v == 28) {
		point.Y.Neg(&point.Y)
	}
	r.Inverse(&r)
	s.Mul(&s, &r)
	e.Mul(&e, &r).Neg(&e)
	var key secp256k1.G1Jac
	key.JointScalarMultiplicationBase(&point, e.BigInt(new(big.Int)), s.BigInt(new(big.Int)))
	if key.Z.IsZero() {
		return Address{}, ErrSignature // the point at infinity
	}
	var affine secp256k1.G1Affine
	public := affine.FromJacobian(&key).RawBytes()
	sum := merkle.Keccak256(public[:])
	a := Address(sum[12:])
	if a.IsZero() {
		return Address{}, ErrSignature
	}
	return a, nil
}

// Signature is an ECDSA signature over secp256k1 as r || s || v, 65 bytes,
// r and s big-endian, v 27 or 28.
type Signature [65]byte

// MarshalText returns the "0x" form.
func (s Signature) MarshalText() ([]byte, error) { return appendHex(nil, s[:]), nil }

// UnmarshalText accepts the "0x" lower-case form of exactly 65 bytes.
func (s *Signature) UnmarshalText(text []byte) error { return decodeHex(s[:], text) }

// String returns the "0x" form.
func (s Signature) String() string { return string(appendHex(nil, s[:])) }
