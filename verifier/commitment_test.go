package verifier_test

import (
	"crypto/sha256"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// TestDigestsAgainstGeth hashes every signed statement with go-ethereum's EIP-712
// code, which is what wallets use.
func TestDigestsAgainstGeth(t *testing.T) {
	home := verifier.Home{Chain: 10, Registry: addr(0xaa)}
	a, b, c := addr(1), addr(2), addr(3)
	root, list := merkle.Keccak256([]byte("root")), merkle.Keccak256([]byte("list"))
	big := func(n int64) *math.HexOrDecimal256 { return (*math.HexOrDecimal256)(bigInt(n)) }
	for _, tt := range []struct {
		primary string
		fields  string
		message apitypes.TypedDataMessage
		got     verifier.Hash
	}{
		{
			"Submission", "bytes32 root,uint64 count,uint64 issuedAt",
			apitypes.TypedDataMessage{"root": root[:], "count": big(5), "issuedAt": big(1767225600)},
			verifier.SubmissionDigest(home, root, 5, 1767225600),
		},
		{
			"SetStatus", "address issuer,uint64 version,bytes32 statusRoot,bytes32 list,uint256 deadline",
			apitypes.TypedDataMessage{"issuer": a.String(), "version": big(7), "statusRoot": root[:], "list": list[:], "deadline": big(1 << 40)},
			verifier.SetStatusDigest(home, a, 7, root, list, 1<<40),
		},
		{
			"Retire", "address issuer,uint64 from,uint256 deadline",
			apitypes.TypedDataMessage{"issuer": a.String(), "from": big(9), "deadline": big(10)},
			verifier.RetireDigest(home, a, 9, 10),
		},
		{
			"SetController", "address issuer,address current,address next,uint256 deadline",
			apitypes.TypedDataMessage{"issuer": a.String(), "current": b.String(), "next": c.String(), "deadline": big(10)},
			verifier.SetControllerDigest(home, a, b, c, 10),
		},
	} {
		types := apitypes.Types{
			"EIP712Domain": typesOf("string name,string version,uint256 chainId,address verifyingContract"),
			tt.primary:     typesOf(tt.fields),
		}
		data := apitypes.TypedData{
			Types: types, PrimaryType: tt.primary, Message: tt.message,
			Domain: apitypes.TypedDataDomain{Name: "Hallmark", Version: "1", ChainId: big(10), VerifyingContract: home.Registry.String()},
		}
		want, _, err := apitypes.TypedDataAndHash(data)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != string(tt.got[:]) {
			t.Errorf("%s: got %s, want %x", tt.primary, tt.got, want)
		}
	}
}

func bigInt(n int64) *big.Int { return big.NewInt(n) }

func typesOf(fields string) (out []apitypes.Type) {
	for f := range strings.SplitSeq(fields, ",") {
		typ, name, _ := strings.Cut(f, " ")
		out = append(out, apitypes.Type{Name: name, Type: typ})
	}
	return out
}

// FuzzRecover compares with go-ethereum's libsecp256k1: what we recover it
// recovers too, and what we refuse it refuses or has a high s.
func FuzzRecover(f *testing.F) {
	digest := sha256.Sum256([]byte("statement"))
	key := sha256.Sum256([]byte("key"))
	_, sig := signDigest(f, key[:], digest)
	f.Add(digest[:], sig[:])
	f.Add(digest[:], make([]byte, 65))
	f.Fuzz(func(t *testing.T, d, s []byte) {
		if len(d) != 32 || len(s) != 65 {
			return
		}
		got, err := verifier.Recover(verifier.Hash(d), verifier.Signature(s))
		if v := s[64]; v != 27 && v != 28 {
			if err == nil {
				t.Fatalf("v %d was taken", v)
			}
			return
		}
		their := append([]byte{}, s...)
		their[64] -= 27
		highS := new(big.Int).SetBytes(s[32:64]).Cmp(new(big.Int).Rsh(crypto.S256().Params().N, 1)) > 0
		public, theirErr := crypto.SigToPub(d, their)
		switch {
		case highS && err == nil:
			t.Fatal("a high s was taken")
		case !highS && (err == nil) != (theirErr == nil):
			t.Fatalf("ours: %v, theirs: %v", err, theirErr)
		case err == nil && crypto.PubkeyToAddress(*public) != [20]byte(got):
			t.Fatalf("recovered %s, want %s", got, crypto.PubkeyToAddress(*public))
		}
	})
}

func TestAddressText(t *testing.T) {
	// EIP-55's own examples.
	for _, s := range []string{
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
		"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
		"0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77",
	} {
		a, err := verifier.ParseAddress(s)
		if err != nil || a.String() != s {
			t.Errorf("%s: read as %s, %v", s, a, err)
		}
	}
	for _, s := range []string{
		"", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
	} {
		if a, err := verifier.ParseAddress(s); err == nil {
			t.Errorf("%q was read as %s", s, a)
		}
	}
}
