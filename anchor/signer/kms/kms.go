// Package kms signs with keys of AWS KMS. It is apart from package signer so that only who
// uses KMS links its SDK. Give [Open] to signer.Open.
package kms

import (
	"context"
	"encoding/asn1"
	"errors"
	"fmt"
	"log/slog"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
	"github.com/hallmark-node/hallmark/anchor/signer/internal/signed"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Key signs with a key of AWS KMS, of key spec ECC_SECG_P256K1 and usage
// SIGN_VERIFY. It needs the permissions kms:GetPublicKey and kms:Sign.
type Key struct {
	client  *kms.Client
	key     string // id, ARN or alias
	address verifier.Address
}

// New asks for the key's public half and makes a signer of it.
func New(ctx context.Context, client *kms.Client, key string) (*Key, error) {
	ctx, cancel := context.WithTimeout(ctx, signed.Timeout)
	defer cancel()
	out, err := client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &key})
	if err != nil {
		return nil, fmt.Errorf("AWS KMS: read the public key: %w", awsError(err))
	}
	if out.KeySpec != kmstypes.KeySpecEccSecgP256k1 || out.KeyUsage != kmstypes.KeyUsageTypeSignVerify {
		return nil, fmt.Errorf("AWS KMS: the key is %s for %s: want ECC_SECG_P256K1 for SIGN_VERIFY", out.KeySpec, out.KeyUsage)
	}
	address, err := addressOfSPKI(out.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("AWS KMS: %w", err)
	}
	return &Key{client, key, address}, nil
}

// Address returns the account of the key.
func (k *Key) Address() verifier.Address { return k.address }

// String names the account.
func (k *Key) String() string { return "AWS KMS key of " + k.address.String() }

// GoString is String.
func (k *Key) GoString() string { return k.String() }

// LogValue is String.
func (k *Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// SignTransaction implements [chain.Signer]. KMS signs the same transaction in
// another way each time. Errors: [signer.ErrUnavailable], [signer.ErrMismatch], or the service's
// own refusal.
func (k *Key) SignTransaction(ctx context.Context, t chain.Transaction) (raw []byte, hash merkle.Hash, err error) {
	inner, signer := t.Unsigned()
	tx := types.NewTx(inner)
	signature, err := k.signDigest(ctx, merkle.Hash(signer.Hash(tx)))
	if err != nil {
		return nil, hash, fmt.Errorf("AWS KMS: %w", err)
	}
	complete, err := tx.WithSignature(signer, signature)
	if err != nil {
		return nil, hash, fmt.Errorf("AWS KMS: %w", err)
	}
	if raw, err = complete.MarshalBinary(); err != nil {
		return nil, hash, err
	}
	return signed.Check(raw, t, k.address)
}

// signDigest returns r || s || v with v 0 or 1 and s in the lower half.
func (k *Key) signDigest(ctx context.Context, digest merkle.Hash) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, signed.Timeout)
	defer cancel()
	out, err := k.client.Sign(ctx, &kms.SignInput{
		KeyId: &k.key, Message: digest[:], MessageType: kmstypes.MessageTypeDigest, SigningAlgorithm: kmstypes.SigningAlgorithmSpecEcdsaSha256,
	})
	if err != nil {
		return nil, fmt.Errorf("sign: %w", awsError(err))
	}
	return recoverable(out.Signature, digest, k.address)
}

// recoverable turns an ASN.1 signature (RFC 3279, section 2.2.3) into the form of
// Ethereum: KMS returns s of either half, and not which of the two public keys that
// fit is meant.
func recoverable(der []byte, digest merkle.Hash, by verifier.Address) ([]byte, error) {
	var values struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &values); err != nil || len(rest) > 0 {
		return nil, signed.Mismatch("the signature is not in ASN.1 form")
	}
	n := crypto.S256().Params().N
	r, s := values.R, values.S
	if r.Sign() <= 0 || s.Sign() <= 0 || r.Cmp(n) >= 0 || s.Cmp(n) >= 0 {
		return nil, signed.Mismatch("the signature's numbers are out of range")
	}
	if s.Cmp(new(big.Int).Rsh(n, 1)) > 0 {
		s = new(big.Int).Sub(n, s)
	}
	signature := make([]byte, crypto.SignatureLength)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:64])
	for v := range byte(2) {
		signature[64] = v
		public, err := crypto.SigToPub(digest[:], signature)
		if err == nil && verifier.Address(crypto.PubkeyToAddress(*public)) == by {
			return signature, nil
		}
	}
	return nil, signed.Mismatch("the signature is not of %s", by)
}

// The algorithm of a secp256k1 key (RFC 5480, SEC 2).
var (
	oidECPublicKey = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidSecp256k1   = asn1.ObjectIdentifier{1, 3, 132, 0, 10}
)

// addressOfSPKI reads a SubjectPublicKeyInfo in DER, which the standard library
// cannot for this curve.
func addressOfSPKI(der []byte) (verifier.Address, error) {
	var spki struct {
		Algorithm struct {
			Algorithm, Curve asn1.ObjectIdentifier
		}
		Key asn1.BitString
	}
	if rest, err := asn1.Unmarshal(der, &spki); err != nil || len(rest) > 0 {
		return verifier.Address{}, signed.Mismatch("the public key is not in DER form")
	}
	if !spki.Algorithm.Algorithm.Equal(oidECPublicKey) || !spki.Algorithm.Curve.Equal(oidSecp256k1) {
		return verifier.Address{}, signed.Mismatch("the public key is not on the curve secp256k1")
	}
	if spki.Key.BitLength%8 != 0 {
		return verifier.Address{}, signed.Mismatch("the public key is malformed")
	}
	public, err := crypto.UnmarshalPubkey(spki.Key.Bytes)
	if err != nil {
		return verifier.Address{}, signed.Mismatch("the public key is not a point of the curve")
	}
	return verifier.Address(crypto.PubkeyToAddress(*public)), nil
}

// awsError says what went wrong in few words: the SDK's own errors repeat URLs.
func awsError(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		text := fmt.Errorf("%s: %s", api.ErrorCode(), endpoint.OneLine(api.ErrorMessage()))
		switch api.ErrorCode() {
		case "ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException", "LimitExceededException",
			"DependencyTimeoutException", "KMSInternalException", "KeyUnavailableException", "ServiceUnavailable", "ServiceUnavailableException",
			"InternalFailure":
			return fmt.Errorf("%w: %w", signed.ErrUnavailable, text)
		}
		if api.ErrorFault() == smithy.FaultServer {
			return fmt.Errorf("%w: %w", signed.ErrUnavailable, text)
		}
		return text
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: no answer in time", signed.ErrUnavailable)
	case errors.Is(err, context.Canceled):
		return context.Canceled
	}
	return fmt.Errorf("%w: no sensible answer, or no credentials", signed.ErrUnavailable)
}
