package testnet

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
)

// Mnemonic is the BIP-39 phrase that accounts derive from: the one that hardhat, anvil and
// their users know.
const Mnemonic = "test test test test test test test test test test test junk"

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

// deriveAccounts derives the first n accounts of [Mnemonic] by BIP-32, on the path of BIP-44
// for Ethereum, m/44'/60'/0'/0/i.
func deriveAccounts(n int) ([]Account, error) {
	seed, err := pbkdf2.Key(sha512.New, Mnemonic, []byte("mnemonic"), 2048, 64)
	if err != nil {
		return nil, fmt.Errorf("testnet: derive accounts: %w", err)
	}
	const hardened = 1 << 31
	parent := hmacSHA512([]byte("Bitcoin seed"), seed)
	for _, i := range []uint32{44 + hardened, 60 + hardened, 0 + hardened, 0} {
		parent = parent.child(i)
	}
	accounts := make([]Account, n)
	for i := range accounts {
		key := parent.child(uint32(i)).private()
		accounts[i] = Account{Address: crypto.PubkeyToAddress(key.PublicKey), PrivateKey: key}
	}
	return accounts, nil
}

// extendedKey is a BIP-32 extended private key: the key, big-endian, and the chain code.
type extendedKey [64]byte

// child derives child number i, hardened from 2^31 up. One number in 2^127 has no child; of
// a fixed phrase it is known that the first ones do.
func (k extendedKey) child(i uint32) extendedKey {
	data := crypto.CompressPubkey(&k.private().PublicKey)
	if i >= 1<<31 {
		data = append([]byte{0}, k[:32]...)
	}
	next := hmacSHA512(k[32:], binary.BigEndian.AppendUint32(data, i))
	sum := new(big.Int).SetBytes(next[:32])
	sum.Add(sum, new(big.Int).SetBytes(k[:32])).Mod(sum, crypto.S256().Params().N).FillBytes(next[:32])
	return next
}

func (k extendedKey) private() *ecdsa.PrivateKey { return crypto.ToECDSAUnsafe(k[:32]) }

func hmacSHA512(key, data []byte) extendedKey {
	mac := hmac.New(sha512.New, key)
	mac.Write(data)
	return extendedKey(mac.Sum(nil))
}
