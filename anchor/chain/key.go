package chain

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"log/slog"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Key is an account's key, unlocked in memory. It prints and logs as its address.
type Key struct {
	private *ecdsa.PrivateKey
	address verifier.Address
}

// NewKey wraps a secp256k1 key.
func NewKey(private *ecdsa.PrivateKey) *Key {
	return &Key{private, verifier.Address(crypto.PubkeyToAddress(private.PublicKey))}
}

// DecryptKey opens a keystore v3 file.
func DecryptKey(file []byte, password string) (*Key, error) {
	k, err := keystore.DecryptKey(file, password)
	if err != nil {
		return nil, err
	}
	return NewKey(k.PrivateKey), nil
}

// Address returns the account's address.
func (k *Key) Address() verifier.Address { return k.address }

// String returns the address.
func (k *Key) String() string { return k.address.String() }

// GoString returns the address, so that %#v shows no secret either.
func (k *Key) GoString() string { return k.address.String() }

// LogValue returns the address.
func (k *Key) LogValue() slog.Value { return slog.StringValue(k.address.String()) }

// SignTransaction implements [Signer]. The same transaction always gets the same
// signature (RFC 6979).
func (k *Key) SignTransaction(_ context.Context, t Transaction) (raw []byte, hash merkle.Hash, err error) {
	unsigned, signer := t.Unsigned()
	tx, err := types.SignNewTx(k.private, signer, unsigned)
	if err != nil {
		return nil, hash, fmt.Errorf("sign a transaction: %w", err)
	}
	raw, err = tx.MarshalBinary()
	return raw, merkle.Hash(tx.Hash()), err
}

// SignDigest signs 32 bytes: r || s || v with v 27 or 28.
func (k *Key) SignDigest(digest merkle.Hash) (verifier.Signature, error) {
	sig, err := crypto.Sign(digest[:], k.private)
	if err != nil {
		return verifier.Signature{}, err
	}
	sig[64] += 27
	return verifier.Signature(sig), nil
}
