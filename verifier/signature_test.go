package verifier_test

import (
	"crypto/sha256"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/verifier"
)

// TestRecoverMany compares keys with those that libsecp256k1 recovers.
func TestRecoverMany(t *testing.T) {
	n := crypto.S256().Params().N
	infinite := infinite()
	for i := range 3 * 64 {
		secret := sha256.Sum256([]byte{byte(i)})
		digest := verifier.Hash(sha256.Sum256(secret[:]))
		switch i % 4 {
		case 1:
			digest = verifier.Hash{} // no multiple of the generator at all
		case 2:
			n.FillBytes(digest[:]) // the same, reduced
		case 3:
			digest = verifier.Hash{0: 0xff, 1: 0xff, 2: 0xff, 3: 0xff, 4: 0xff, 31: byte(i)}
		}
		want, sig := signDigest(t, secret[:], digest)
		if got, err := verifier.Recover(digest, sig); err != nil || got != want {
			t.Fatalf("%d: recovered %s, %v, want %s", i, got, err, want)
		}
		// The other parity is another key, and what libsecp256k1 says it is.
		sig[64] ^= 27 ^ 28
		public, err := crypto.SigToPub(digest[:], append(append([]byte{}, sig[:64]...), sig[64]-27))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := verifier.Recover(digest, sig); err != nil || got != verifier.Address(crypto.PubkeyToAddress(*public)) {
			t.Fatalf("%d: recovered %s, %v", i, got, err)
		}
		if got, err := verifier.Recover(infinite.digest, infinite.sig); err == nil {
			t.Fatalf("%d: recovered %s from the point at infinity", i, got)
		}
		for name, bad := range malformed(sig) {
			if got, err := verifier.Recover(digest, bad); err == nil {
				t.Fatalf("%d: recovered %s from a signature with %s", i, got, name)
			}
		}
	}
}

// TestRecoverNearGenerator recovers from points that are small multiples of the generator,
// where sums of multiples of both meet each other, or infinity.
func TestRecoverNearGenerator(t *testing.T) {
	curve := crypto.S256()
	for k := int64(1); k <= 16; k++ {
		px, _ := curve.ScalarBaseMult(big.NewInt(k).Bytes())
		var sig verifier.Signature
		px.FillBytes(sig[:32])
		for e := range byte(8) {
			for s := byte(1); s < 8; s++ {
				for v := byte(27); v <= 28; v++ {
					digest := verifier.Hash{31: e}
					sig[63], sig[64] = s, v
					got, err := verifier.Recover(digest, sig)
					public, theirErr := crypto.SigToPub(digest[:], append(append([]byte{}, sig[:64]...), v-27))
					switch {
					case (err == nil) != (theirErr == nil):
						t.Errorf("%d, %d, %d, %d: ours: %v, theirs: %v", k, e, s, v, err, theirErr)
					case err == nil && got != verifier.Address(crypto.PubkeyToAddress(*public)):
						t.Errorf("%d, %d, %d, %d: recovered %s, want %s", k, e, s, v, got, crypto.PubkeyToAddress(*public))
					}
				}
			}
		}
	}
}

type signed struct {
	digest verifier.Hash
	sig    verifier.Signature
}

// infinite returns a signature whose key would be the point at infinity: with
// X = kG and s = e/k, sX and eG cancel out.
func infinite() (x signed) {
	curve := crypto.S256()
	n := curve.Params().N
	half := new(big.Int).Rsh(n, 1)
	k := big.NewInt(0x1234567)
	px, py := curve.ScalarBaseMult(k.Bytes())
	for e := big.NewInt(1); ; e.Add(e, big.NewInt(1)) {
		s := new(big.Int).Mul(e, new(big.Int).ModInverse(k, n))
		if s.Mod(s, n); s.Cmp(half) > 0 {
			continue
		}
		e.FillBytes(x.digest[:])
		px.FillBytes(x.sig[:32])
		s.FillBytes(x.sig[32:64])
		x.sig[64] = 27 + byte(py.Bit(0))
		return x
	}
}

// malformed returns signatures that differ from sig in what no key can have made.
func malformed(sig verifier.Signature) map[string]verifier.Signature {
	n := crypto.S256().Params().N
	bad := make(map[string]verifier.Signature)
	with := func(name string, change func(s *verifier.Signature)) {
		s := sig
		change(&s)
		bad[name] = s
	}
	with("r zero", func(s *verifier.Signature) { clear(s[:32]) })
	with("r the group order", func(s *verifier.Signature) { n.FillBytes(s[:32]) })
	with("s zero", func(s *verifier.Signature) { clear(s[32:64]) })
	with("s the group order", func(s *verifier.Signature) { n.FillBytes(s[32:64]) })
	with("s high", func(s *verifier.Signature) {
		new(big.Int).Sub(n, new(big.Int).SetBytes(s[32:64])).FillBytes(s[32:64])
	})
	with("r on no point", func(s *verifier.Signature) { clear(s[:32]); s[31] = 5 }) // 5^3+7 has no root
	with("v 0", func(s *verifier.Signature) { s[64] = 0 })
	with("v 29", func(s *verifier.Signature) { s[64] = 29 })
	return bad
}
