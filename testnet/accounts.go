package testnet

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
)

// DefaultMnemonic is the phrase that hardhat, anvil and their users know.
const DefaultMnemonic = "test test test test test test test test test test test junk"

// Account is a funded account of a test chain.
type Account struct {
	Address    common.Address
	PrivateKey *ecdsa.PrivateKey // on secp256k1
}

// MarshalJSON gives {"address": EIP-55, "privateKey": 0x and 64 hex digits}.
func (a Account) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Address    string        `json:"address"`
		PrivateKey hexutil.Bytes `json:"privateKey"`
	}{a.Address.Hex(), crypto.FromECDSA(a.PrivateKey)})
}

// accountBalance is what each account holds at the start, in wei. It is anvil's
// default, so that both backends agree.
func accountBalance() *big.Int {
	return new(big.Int).Mul(big.NewInt(10_000), big.NewInt(params.Ether))
}

// deriveAccounts derives the first n accounts of a BIP-39 phrase by BIP-32, on
// the path of BIP-44 for Ethereum, m/44'/60'/0'/0/i. It does not check the
// phrase against a word list: any text gives accounts (anvil is stricter).
func deriveAccounts(mnemonic string, n int) ([]Account, error) {
	seed, err := pbkdf2.Key(sha512.New, mnemonic, []byte("mnemonic"), 2048, 64)
	if err != nil {
		return nil, fmt.Errorf("testnet: derive accounts: %w", err)
	}
	const hardened = 1 << 31
	parent := masterKey(seed)
	for _, i := range []uint32{44 + hardened, 60 + hardened, 0 + hardened, 0} {
		if parent, err = parent.child(i); err != nil {
			return nil, err
		}
	}
	accounts := make([]Account, n)
	for i := range accounts {
		leaf, err := parent.child(uint32(i))
		if err != nil {
			return nil, err
		}
		key, err := leaf.private()
		if err != nil {
			return nil, err
		}
		accounts[i] = Account{Address: crypto.PubkeyToAddress(key.PublicKey), PrivateKey: key}
	}
	return accounts, nil
}

// extendedKey is a BIP-32 extended private key.
type extendedKey struct {
	key   [32]byte // the private key, big-endian
	chain [32]byte // the chain code
}

func masterKey(seed []byte) extendedKey {
	return split(hmacSHA512([]byte("Bitcoin seed"), seed))
}

// child derives child number i, hardened from 2^31 up.
func (k extendedKey) child(i uint32) (extendedKey, error) {
	private, err := k.private()
	if err != nil {
		return extendedKey{}, err
	}
	data := crypto.CompressPubkey(&private.PublicKey)
	if i >= 1<<31 {
		data = append([]byte{0}, k.key[:]...)
	}
	data = binary.BigEndian.AppendUint32(data, i)
	next := split(hmacSHA512(k.chain[:], data))

	order := crypto.S256().Params().N
	sum := new(big.Int).SetBytes(next.key[:])
	if sum.Cmp(order) >= 0 {
		return extendedKey{}, errBadChild
	}
	sum.Add(sum, new(big.Int).SetBytes(k.key[:])).Mod(sum, order)
	if sum.Sign() == 0 {
		return extendedKey{}, errBadChild
	}
	sum.FillBytes(next.key[:])
	return next, nil
}

// errBadChild has a chance of 2^-127 at each derivation.
var errBadChild = errors.New("testnet: this phrase derives an invalid key: use another")

func (k extendedKey) private() (*ecdsa.PrivateKey, error) {
	key, err := crypto.ToECDSA(k.key[:])
	if err != nil {
		return nil, errors.Join(errBadChild, err)
	}
	return key, nil
}

func hmacSHA512(key, data []byte) []byte {
	mac := hmac.New(sha512.New, key)
	mac.Write(data)
	return mac.Sum(nil)
}

func split(sum []byte) extendedKey {
	return extendedKey{key: [32]byte(sum[:32]), chain: [32]byte(sum[32:])}
}
