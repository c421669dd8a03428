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

// recoverKey returns the public key, 65 bytes, of which [verifier.Recover] returns the
// address. It is by the curve of go-ethereum, which is libsecp256k1 where the program is
// built with cgo and takes a third of the time. Both refuse the same signatures.
func recoverKey(digest merkle.Hash, sig verifier.Signature) ([]byte, error) {
	if v := sig[64]; v != 27 && v != 28 || bytes.Compare(sig[32:64], halfOrder) > 0 {
		return nil, verifier.ErrSignature
	}
	sig[64] -= 27
	public, err := crypto.Ecrecover(digest[:], sig[:])
	if err != nil {
		return nil, verifier.ErrSignature
	}
	return public, nil
}
