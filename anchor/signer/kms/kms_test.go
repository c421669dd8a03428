package kms

import (
	"encoding/asn1"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func FuzzRecoverable(f *testing.F) {
	key, err := crypto.GenerateKey()
	if err != nil {
		f.Fatal(err)
	}
	digest := merkle.Hash{1}
	sig, err := crypto.Sign(digest[:], key)
	if err != nil {
		f.Fatal(err)
	}
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:64])
	for _, s := range []*big.Int{s, new(big.Int).Sub(crypto.S256().Params().N, s)} { // KMS returns either
		der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
	}
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := recoverable(raw, digest, verifier.Address(crypto.PubkeyToAddress(key.PublicKey)))
		if err != nil {
			return
		}
		public, err := crypto.SigToPub(digest[:], got)
		if err != nil || verifier.Address(crypto.PubkeyToAddress(*public)) != verifier.Address(crypto.PubkeyToAddress(key.PublicKey)) {
			t.Errorf("%x was taken and is not of the key: %v", raw, err)
		}
	})
}

func FuzzPublicKey(f *testing.F) {
	key, err := crypto.GenerateKey()
	if err != nil {
		f.Fatal(err)
	}
	public := crypto.FromECDSAPub(&key.PublicKey)
	var spki struct {
		Algorithm struct{ Algorithm, Curve asn1.ObjectIdentifier }
		Key       asn1.BitString
	}
	spki.Algorithm.Algorithm, spki.Algorithm.Curve = oidECPublicKey, oidSecp256k1
	spki.Key = asn1.BitString{Bytes: public, BitLength: 8 * len(public)}
	der, err := asn1.Marshal(spki)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, err := addressOfSPKI(raw); err == nil && a.IsZero() {
			t.Error("a key of nobody")
		}
	})
}
