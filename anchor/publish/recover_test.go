package publish

import (
	"bytes"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/secp256k1"
	"github.com/consensys/gnark-crypto/ecc/secp256k1/fr"
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

// knows returns signers who have the multiples of a key.
func knows(tb testing.TB, key *ecdsa.PrivateKey, by verifier.Address) *Signers {
	tb.Helper()
	s := NewSigners()
	for i := range signsOften {
		digest := merkle.Keccak256(fmt.Append(nil, i))
		if got, err := s.Recover(digest, testSign(tb, key, digest), by); err != nil || got != by {
			tb.Fatalf("%s, %v", got, err)
		}
	}
	if !s.frequent.Contains(by) || s.counted.Contains(by) {
		tb.Fatalf("after %d signatures: multiples %t, still counted %t", signsOften, s.frequent.Contains(by), s.counted.Contains(by))
	}
	return s
}

// All ways of finding a signer give the same address and refuse the same signatures:
// the verifier's, recovery, and the multiples of a key that is the signer's or not.
func FuzzRecover(f *testing.F) {
	key, by := testKey(f, 9)
	frequent := knows(f, key, by)
	digest := merkle.Keccak256([]byte("signed"))
	good := testSign(f, key, digest)
	order := crypto.S256().Params().N
	half := new(big.Int).Rsh(order, 1)
	number := func(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }
	one := big.NewInt(1)
	field := crypto.S256().Params().P
	r, s := good[:32], good[32:64]
	for _, r := range [][]byte{r, number(new(big.Int)), number(one), number(new(big.Int).Sub(order, one)), number(order), number(new(big.Int).Sub(field, order)), number(field), bytes.Repeat([]byte{0xff}, 32)} {
		for _, s := range [][]byte{s, number(new(big.Int)), number(one), number(half), number(new(big.Int).Add(half, one)), number(new(big.Int).Sub(order, new(big.Int).SetBytes(s))), number(order)} {
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
		for name, signers := range map[string]*Signers{"recovery": nil, "multiples": frequent} {
			got, err := signers.Recover(digest, sig, by)
			if got != want || (err == nil) != (wantErr == nil) {
				t.Errorf("digest %s, signature %s, %s: got %s, %v; the verifier says %s, %v", digest, sig, name, got, err, want, wantErr)
			}
		}
		m, _ := frequent.frequent.Get(by)
		if made := m.made(digest, &sig); made != (wantErr == nil && want == by) {
			t.Errorf("digest %s, signature %s: made by %s: %t; the verifier says %s, %v", digest, sig, by, made, want, wantErr)
		}
		if v != 27 {
			return // what follows depends on the digest alone
		}
		// What it has signed, and what it has not.
		sig = testSign(t, key, digest)
		if !m.made(digest, &sig) {
			t.Errorf("digest %s: its own signature %s", digest, sig)
		}
		for i, bits := range map[int]byte{0: 1, 31: 1, 32: 1, 63: 1, 64: 27 ^ 28} {
			changed := sig
			changed[i] ^= bits
			if who, err := verifier.Recover(digest, changed); m.made(digest, &changed) != (err == nil && who == by) {
				t.Errorf("digest %s: signature %s is by %s, %v", digest, changed, who, err)
			}
		}
	})
}

// Sums of multiples are what go-ethereum's curve makes of them.
func FuzzMultiples(f *testing.F) {
	curve := crypto.S256()
	order := curve.Params().N
	one := big.NewInt(1)
	minus := func(n int64) []byte { return new(big.Int).Sub(order, big.NewInt(n)).Bytes() }
	scalars := [][]byte{nil, {1}, {2}, {0x7f}, {0x80}, {0x81}, {0xff}, {1, 0}, minus(1), minus(2), minus(0x80), bytes.Repeat([]byte{0x80}, 32), bytes.Repeat([]byte{0x7f}, 32), bytes.Repeat([]byte{0x81}, 31), bytes.Repeat([]byte{0xff}, 31)}
	for i, a := range scalars {
		f.Add([]byte{1}, a, scalars[len(scalars)-1-i])
		f.Add(bytes.Repeat([]byte{9}, 32), a, scalars[(i+1)%len(scalars)])
	}
	f.Add([]byte{1}, []byte{5}, minus(5)) // of the same point, with sum zero
	f.Add(minus(1), []byte{5}, []byte{5})
	f.Add([]byte{1}, []byte{5}, []byte{5}) // a doubling
	f.Fuzz(func(t *testing.T, key, a, b []byte) {
		scalar := func(b []byte) *big.Int { return new(big.Int).Mod(new(big.Int).SetBytes(b[:min(len(b), 32)]), order) }
		k, u, w := scalar(key), scalar(a), scalar(b)
		if k.Sign() == 0 {
			k = one
		}
		m, err := multiplesOf(crypto.FromECDSAPub(&mustKey(t, k).PublicKey))
		if err != nil {
			t.Fatal(err)
		}
		var sum secp256k1.G1Jac
		var x, y fr.Element
		ofGenerator().addTo(&sum, x.SetBigInt(u))
		m.addTo(&sum, y.SetBigInt(w))
		var got secp256k1.G1Affine
		got.FromJacobian(&sum)
		// uG + w(kG)
		total := new(big.Int).Mul(w, k)
		total.Add(total, u).Mod(total, order)
		if total.Sign() == 0 {
			if !got.IsInfinity() {
				t.Errorf("%x, %x, %x: not zero", k, u, w)
			}
			return
		}
		raw := got.RawBytes()
		if want := crypto.FromECDSAPub(&mustKey(t, total).PublicKey); !bytes.Equal(raw[:], want[1:]) {
			t.Errorf("%x, %x, %x: got %x, want %x", k, u, w, raw, want)
		}
	})
}

func mustKey(tb testing.TB, n *big.Int) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := crypto.ToECDSA(n.FillBytes(make([]byte, 32)))
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func TestNotAKey(t *testing.T) {
	key, _ := testKey(t, 9)
	good := crypto.FromECDSAPub(&key.PublicKey)
	field := crypto.S256().Params().P.Bytes()
	for name, public := range map[string][]byte{
		"empty":             nil,
		"compressed":        crypto.CompressPubkey(&key.PublicKey),
		"of another form":   append([]byte{3}, good[1:]...),
		"zero":              append([]byte{4}, make([]byte, 64)...),
		"not on the curve":  append(bytes.Clone(good[:64]), good[64]^1),
		"beyond the field":  append(append([]byte{4}, field...), good[33:]...),
		"one byte too many": append(bytes.Clone(good), 0),
	} {
		if _, err := multiplesOf(public); !errors.Is(err, errPublicKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whoever signs for others, or for nobody, is not remembered, and neither are more
// signers than there is room for.
func TestSigners(t *testing.T) {
	key, by := testKey(t, 1)
	other, otherBy := testKey(t, 2)
	s := knows(t, key, by)
	digest := merkle.Keccak256([]byte("signed"))
	forged := testSign(t, other, digest)
	for range 2 * signsOften {
		if got, err := s.Recover(digest, forged, by); err != nil || got != otherBy {
			t.Fatalf("signed by another key than expected: %s, %v", got, err)
		}
	}
	if s.frequent.Contains(otherBy) || s.counted.Contains(otherBy) {
		t.Error("a signature was counted for somebody of whom none was expected")
	}
	if _, err := s.Recover(digest, verifier.Signature{}, by); !errors.Is(err, verifier.ErrSignature) {
		t.Errorf("no signature: %v", err)
	}
	m, _ := s.frequent.Get(by)
	for i := range maxFrequent {
		s.frequent.Add(verifier.Address{byte(i + 1)}, m)
	}
	if got, err := s.Recover(digest, testSign(t, key, digest), by); err != nil || got != by || s.frequent.Contains(by) || s.frequent.Len() != maxFrequent {
		t.Errorf("forgotten: %s, %v, %d kept", got, err, s.frequent.Len())
	}
}

// One that many goroutines use at once.
func TestSignersAtOnce(t *testing.T) {
	key, by := testKey(t, 1)
	s := NewSigners()
	digest := merkle.Keccak256([]byte("signed"))
	sig := testSign(t, key, digest)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range signsOften {
				if got, err := s.Recover(digest, sig, by); err != nil || got != by {
					t.Errorf("%s, %v", got, err)
				}
			}
		})
	}
	all.Wait()
	if !s.frequent.Contains(by) {
		t.Error("no multiples")
	}
}

func BenchmarkRecover(b *testing.B) {
	key, by := testKey(b, 9)
	digest := merkle.Keccak256([]byte("signed"))
	sig := testSign(b, key, digest)
	frequent := knows(b, key, by)
	for name, signer := range map[string]func() (verifier.Address, error){
		"verifier":  func() (verifier.Address, error) { return verifier.Recover(digest, sig) },
		"recovery":  func() (verifier.Address, error) { return (*Signers)(nil).Recover(digest, sig, by) },
		"multiples": func() (verifier.Address, error) { return frequent.Recover(digest, sig, by) },
	} {
		b.Run(name, func(b *testing.B) {
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if _, err := signer(); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func BenchmarkNewMultiples(b *testing.B) {
	key, _ := testKey(b, 9)
	public := crypto.FromECDSAPub(&key.PublicKey)
	for b.Loop() {
		if _, err := multiplesOf(public); err != nil {
			b.Fatal(err)
		}
	}
}
