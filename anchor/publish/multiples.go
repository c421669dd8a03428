package publish

import (
	"errors"
	"sync"

	"github.com/consensys/gnark-crypto/ecc/secp256k1"
	"github.com/consensys/gnark-crypto/ecc/secp256k1/fp"
	"github.com/consensys/gnark-crypto/ecc/secp256k1/fr"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// A scalar of 256 bits is cut into windows, the last of which takes the carry.
const (
	windowBits = 8
	windows    = 256/windowBits + 1
	halfWindow = 1 << (windowBits - 1)
)

// multiples holds the multiples of a point of secp256k1 from which any other one is
// put together by additions alone, one a window (Handbook of Applied Cryptography,
// algorithm 14.109, with signed digits): multiples[i][j] is (j+1)·2^(8i) times the
// point. 270 KB. It does not change.
type multiples [windows][halfWindow]secp256k1.G1Affine

func newMultiples(point *secp256k1.G1Affine) *multiples {
	all := make([]secp256k1.G1Jac, 0, windows*halfWindow)
	var first secp256k1.G1Jac
	first.FromAffine(point)
	for range windows {
		var step secp256k1.G1Affine
		step.FromJacobian(&first)
		next := first
		for range halfWindow {
			all = append(all, next)
			next.AddMixed(&step)
		}
		for range windowBits {
			first.DoubleAssign()
		}
	}
	m := new(multiples)
	for i, p := range secp256k1.BatchJacobianToAffineG1(all) {
		m[i/halfWindow][i%halfWindow] = p
	}
	return m
}

// addTo adds k times the point to sum.
func (m *multiples) addTo(sum *secp256k1.G1Jac, k *fr.Element) {
	scalar := k.Bytes() // big-endian
	carry := 0
	var minus secp256k1.G1Affine
	for i := range m {
		digit := carry
		if i < len(scalar) {
			digit += int(scalar[len(scalar)-1-i])
		}
		if carry = 0; digit > halfWindow {
			digit, carry = digit-2*halfWindow, 1
		}
		switch {
		case digit > 0:
			sum.AddMixed(&m[i][digit-1])
		case digit < 0:
			minus.Neg(&m[i][-digit-1])
			sum.AddMixed(&minus)
		}
	}
}

// ofGenerator are the multiples of the group's generator.
var ofGenerator = sync.OnceValue(func() *multiples {
	_, g := secp256k1.Generators()
	return newMultiples(&g)
})

var errPublicKey = errors.New("not a public key of secp256k1, 65 bytes, uncompressed")

// multiplesOf returns the multiples of a public key: 0x04, then its coordinates.
func multiplesOf(public []byte) (*multiples, error) {
	var p secp256k1.G1Affine
	if len(public) != 65 || public[0] != 4 {
		return nil, errPublicKey
	}
	if p.X.SetBytesCanonical(public[1:33]) != nil || p.Y.SetBytesCanonical(public[33:]) != nil || p.IsInfinity() || !p.IsOnCurve() {
		return nil, errPublicKey
	}
	return newMultiples(&p), nil
}

// made reports whether the public key of these multiples, and no other one, is what
// [verifier.Recover] finds in a signature over digest: with u = digest/s and w = r/s,
// the point uG + wQ has the abscissa r and an ordinate of v's parity (SEC 1, section
// 4.1.4, of which recovery is the inverse).
func (m *multiples) made(digest merkle.Hash, sig *verifier.Signature) bool {
	var u, w, s fr.Element
	var r fp.Element
	v := sig[64]
	if v != 27 && v != 28 || w.SetBytesCanonical(sig[:32]) != nil || w.IsZero() || s.SetBytesCanonical(sig[32:64]) != nil || s.IsZero() || s.LexicographicallyLargest() {
		return false
	}
	r.SetBytes(sig[:32]) // below the group order, so below the field's prime
	s.Inverse(&s)
	u.SetBytes(digest[:]).Mul(&u, &s) // reduced by the group order
	w.Mul(&w, &s)
	var sum secp256k1.G1Jac
	ofGenerator().addTo(&sum, &u)
	m.addTo(&sum, &w)
	var point secp256k1.G1Affine
	point.FromJacobian(&sum)
	return !point.IsInfinity() && point.X.Equal(&r) && point.Y.Bytes()[fp.Bytes-1]&1 == v-27
}
