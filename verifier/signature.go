package verifier

import (
	"errors"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/hallmark-node/hallmark/merkle"
)

// ErrSignature says that a signature is not one that any key could have made
// for the registry: v is not 27 or 28, s is high, or nothing can be recovered.
var ErrSignature = errors.New("malformed signature")

// Recover returns the address whose key made sig over digest. Only low s (at
// most half the group order, EIP-2) is accepted, so that a signature has one
// form.
func Recover(digest Hash, sig Signature) (Address, error) {
	if v := sig[64]; v != 27 && v != 28 {
		return Address{}, ErrSignature
	}
	var s secp256k1.ModNScalar
	if overflow := s.SetByteSlice(sig[32:64]); overflow || s.IsOverHalfOrder() {
		return Address{}, ErrSignature
	}
	// The compact form of the library puts the recovery code first.
	var compact [65]byte
	compact[0] = sig[64]
	copy(compact[1:], sig[:64])
	key, _, err := ecdsa.RecoverCompact(compact[:], digest[:])
	if err != nil {
		return Address{}, ErrSignature
	}
	public := key.SerializeUncompressed()
	sum := merkle.Keccak256(public[1:])
	var a Address
	copy(a[:], sum[12:])
	if a.IsZero() {
		return Address{}, ErrSignature
	}
	return a, nil
}
