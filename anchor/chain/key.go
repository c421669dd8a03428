package chain

import (
	"crypto/ecdsa"
	"log/slog"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"

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
