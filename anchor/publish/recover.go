package publish

import (
	"bytes"
	"encoding/hex"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// halfOrder is half the order of secp256k1, big-endian: the greatest s of a signature.
var halfOrder = func() []byte {
	b, err := hex.DecodeString("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0")
	if err != nil {
		panic(err)
	}
	return b
}()

// Recover is [verifier.Recover] by the curve of go-ethereum, which is libsecp256k1
// where the program is built with cgo and takes a third of the time. The address is
// the same, and both refuse the same signatures.
func Recover(digest merkle.Hash, sig verifier.Signature) (verifier.Address, error) {
	if v := sig[64]; v != 27 && v != 28 || bytes.Compare(sig[32:64], halfOrder) > 0 {
		return verifier.Address{}, verifier.ErrSignature
	}
	sig[64] -= 27
	public, err := crypto.Ecrecover(digest[:], sig[:])
	if err != nil {
		return verifier.Address{}, verifier.ErrSignature
	}
	sum := merkle.Keccak256(public[1:])
	signer := verifier.Address(sum[12:])
	if signer.IsZero() {
		return verifier.Address{}, verifier.ErrSignature
	}
	return signer, nil
}
