// Package signed checks what a signing service returns. The signers of package signer and
// of the packages below it share it.
package signed

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Timeout bounds one signature. A signer that asks a person takes longer; it will have the
// answer when it is asked again.
const Timeout = 30 * time.Second

// What a caller decides on. Any other error says that the service refuses.
var (
	// ErrUnavailable says that the service cannot be reached or is busy: try again.
	ErrUnavailable = errors.New("the signer is unavailable")

	// ErrMismatch says that the service answered with something else than what it
	// was asked for, or signs with another key.
	ErrMismatch = errors.New("the signer's answer does not hold")
)

// Mismatch returns an [ErrMismatch] that says what does not hold.
func Mismatch(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMismatch, fmt.Sprintf(format, args...))
}

// maxTransaction bounds a signed transaction beyond its calldata, in bytes.
const maxTransaction = 1024

// Check decodes a signed transaction, and returns its canonical form and hash
// if it is the wanted one, signed by an account.
func Check(raw []byte, want chain.Transaction, by verifier.Address) ([]byte, merkle.Hash, error) {
	var none merkle.Hash
	if len(raw) > maxTransaction+len(want.Calldata) {
		return nil, none, Mismatch("%d bytes are more than such a transaction has", len(raw))
	}
	var got types.Transaction
	if err := got.UnmarshalBinary(raw); err != nil {
		return nil, none, Mismatch("what came back is no transaction")
	}
	if got.Type() != types.DynamicFeeTxType {
		return nil, none, Mismatch("a transaction of type %d, want %d (EIP-1559)", got.Type(), types.DynamicFeeTxType)
	}
	inner, signer := want.Unsigned()
	// The hash that is signed covers every field.
	if signer.Hash(&got) != signer.Hash(types.NewTx(inner)) {
		return nil, none, Mismatch("it signed %s", difference(&got, inner))
	}
	v, r, s := got.RawSignatureValues()
	if !v.IsUint64() || v.Uint64() > 1 || !crypto.ValidateSignatureValues(byte(v.Uint64()), r, s, true) {
		return nil, none, Mismatch("the signature is malformed, or not in low-s form")
	}
	sender, err := types.Sender(signer, &got)
	if err != nil || verifier.Address(sender) != by {
		return nil, none, Mismatch("the signature is not of %s", by)
	}
	canonical, err := got.MarshalBinary()
	if err != nil || !bytes.Equal(canonical, raw) {
		return nil, none, Mismatch("the transaction is not encoded as it should be")
	}
	return canonical, merkle.Hash(got.Hash()), nil
}

// difference says which field of a transaction is not as wanted.
func difference(got *types.Transaction, want *types.DynamicFeeTx) string {
	switch {
	case got.ChainId().Cmp(want.ChainID) != 0:
		return fmt.Sprintf("for chain %s instead of %s", got.ChainId(), want.ChainID)
	case got.Nonce() != want.Nonce:
		return fmt.Sprintf("nonce %d instead of %d", got.Nonce(), want.Nonce)
	case got.GasFeeCap().Cmp(want.GasFeeCap) != 0 || got.GasTipCap().Cmp(want.GasTipCap) != 0:
		return "other fees"
	case got.Gas() != want.Gas:
		return fmt.Sprintf("a gas limit of %d instead of %d", got.Gas(), want.Gas)
	case got.To() == nil || *got.To() != *want.To:
		return "another recipient"
	case got.Value().Sign() != 0:
		return fmt.Sprintf("a transfer of %s wei", got.Value())
	case !bytes.Equal(got.Data(), want.Data):
		return "other calldata"
	}
	return "another access list"
}
