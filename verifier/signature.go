package verifier

import (
	"errors"
	"sync/atomic"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

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
	var r, s, e secp256k1.ModNScalar
	overR, overS := r.SetByteSlice(sig[:32]), s.SetByteSlice(sig[32:64])
	e.SetBytes((*[32]byte)(&digest))
	v := sig[64]
	if v != 27 && v != 28 || overR || r.IsZero() || overS || s.IsZero() || s.IsOverHalfOrder() {
		return Address{}, ErrSignature
	}
	var point, key, fromBase secp256k1.JacobianPoint
	point.X.SetByteSlice(sig[:32]) // below the group order, so below the field's prime
	point.Z.SetInt(1)
	if !secp256k1.DecompressY(&point.X, v == 28, &point.Y) {
		return Address{}, ErrSignature
	}
	r.InverseNonConst()
	s.Mul(&r)
	e.Mul(&r).Negate()
	baseMult(&e, &fromBase)
	secp256k1.ScalarMultNonConst(&s, &point, &key)
	secp256k1.AddNonConst(&fromBase, &key, &key)
	if key.X.IsZero() && key.Y.IsZero() || key.Z.IsZero() {
		return Address{}, ErrSignature // the point at infinity
	}
	key.ToAffine()
	var public [64]byte
	key.X.PutBytesUnchecked(public[:32])
	key.Y.PutBytesUnchecked(public[32:])
	sum := merkle.Keccak256(public[:])
	a := Address(sum[12:])
	if a.IsZero() {
		return Address{}, ErrSignature
	}
	return a, nil
}

// tablePays is how many signatures repay the table of multiples of G that the
// library unpacks at first use: 7 to 9 ms once, about 0.1 ms saved each time.
const tablePays = 64

var recovered atomic.Int32 // calls of baseMult, counted up to tablePays

// baseMult sets result to kG: without the library's table for the first
// signatures of a process, with it once there are many.
func baseMult(k *secp256k1.ModNScalar, result *secp256k1.JacobianPoint) {
	if recovered.Load() < tablePays {
		recovered.Add(1)
		secp256k1.ScalarMultNonConst(k, &generator, result)
		return
	}
	secp256k1.ScalarBaseMultNonConst(k, result)
}

// generator is G of secp256k1 (SEC 2, section 2.4.1).
var generator = func() (g secp256k1.JacobianPoint) {
	params := secp256k1.Params()
	g.X.SetByteSlice(params.Gx.Bytes())
	g.Y.SetByteSlice(params.Gy.Bytes())
	g.Z.SetInt(1)
	return g
}()

// Signature is an ECDSA signature over secp256k1 as r || s || v, 65 bytes,
// r and s big-endian, v 27 or 28.
type Signature [65]byte

// MarshalText returns the "0x" form.
func (s Signature) MarshalText() ([]byte, error) { return appendHex(nil, s[:]), nil }

// UnmarshalText accepts the "0x" lower-case form of exactly 65 bytes.
func (s *Signature) UnmarshalText(text []byte) error { return decodeHex(s[:], text) }

// String returns the "0x" form.
func (s Signature) String() string { return string(appendHex(nil, s[:])) }
