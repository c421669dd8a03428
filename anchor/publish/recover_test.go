package publish

import (
	"bytes"
	"crypto/ecdsa"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func testKey(tb testing.TB, n byte) (*ecdsa.PrivateKey, verifier.Address) {
	tb.Helper()
	key, err := crypto.ToECDSA(bytes.Repeat([]byte{n}, 32))
	if err != nil {
		tb.Fatal(err)
	}
	return key, verifier.Address(crypto.PubkeyToAddress(key.PublicKey))
}

func testSign(tb testing.TB, key *ecdsa.PrivateKey, digest merkle.Hash) verifier.Signature {
	tb.Helper()
	made, err := crypto.Sign(digest[:], key)
	if err != nil {
		tb.Fatal(err)
	}
	made[64] += 27
	return verifier.Signature(made)
}

// Both ways of recovering a signer give the same address and refuse the same
// signatures.
func FuzzRecover(f *testing.F) {
	key, _ := testKey(f, 9)
	digest := merkle.Keccak256([]byte("signed"))
	good := testSign(f, key, digest)
	order := crypto.S256().Params().N
	half := new(big.Int).Rsh(order, 1)
	number := func(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }
	one := big.NewInt(1)
	field := crypto.S256().Params().P
	r, s := good[:32], good[32:64]
	for _, r := range [][]byte{
		r, number(new(big.Int)), number(one), number(new(big.Int).Sub(order, one)), number(order),
		number(new(big.Int).Sub(field, order)), number(field), bytes.Repeat([]byte{0xff}, 32),
	} {
		for _, s := range [][]byte{
			s, number(new(big.Int)), number(one), number(half), number(new(big.Int).Add(half, one)),
			number(new(big.Int).Sub(order, new(big.Int).SetBytes(s))), number(order),
		} {
			for _, v := range []byte{0, 1, 26, 27, 28, 29, 30, 255} {
				f.Add(digest[:], r, s, v)
			}
		}
	}
	f.Add(make([]byte, 32), r, s, byte(27))
	f.Add(bytes.Repeat([]byte{0xff}, 32), r, s, byte(28))
	f.Fuzz(func(t *testing.T, d, r, s []byte, v byte) {
		var digest merkle.Hash
		var sig verifier.Signature
		copy(digest[:], d)
		copy(sig[:32], r)
		copy(sig[32:64], s)
		sig[64] = v
		want, wantErr := verifier.Recover(digest, sig)
		got, err := Recover(digest, sig)
		if got != want || (err == nil) != (wantErr == nil) {
			t.Errorf("digest %s, signature %s: got %s, %v; the verifier says %s, %v", digest, sig, got, err, want, wantErr)
		}
	})
}

func BenchmarkRecover(b *testing.B) {
	key, _ := testKey(b, 9)
	digest := merkle.Keccak256([]byte("signed"))
	sig := testSign(b, key, digest)
	for name, signerOf := range map[string]func(merkle.Hash, verifier.Signature) (verifier.Address, error){
		"verifier": verifier.Recover, "node": Recover,
	} {
		b.Run(name, func(b *testing.B) {
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if _, err := signerOf(digest, sig); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
