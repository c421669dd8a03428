package signer

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/signer/internal/signed"
)

func (k *fakeKMS) ref() string {
	return "awskms:///" + keyID + "?region=eu-west-1&endpoint=" + url.QueryEscape(k.url)
}

func (k *fakeKMS) open(t *testing.T) chain.Signer {
	t.Helper()
	s, err := Open(t.Context(), k.ref(), noKeystore, services)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// upper is what KMS returns half of the time: s in the upper half.
func upper(r, s *big.Int) []byte { return der(r, new(big.Int).Sub(crypto.S256().Params().N, s)) }

func TestKMS(t *testing.T) {
	// Enough keys to have met public keys and signatures of either parity.
	for i := range 8 {
		key := newKey(t)
		k := startKMS(t, key)
		if i%2 == 1 {
			k.sign = upper
		}
		s := k.open(t)
		if s.Address() != addressOf(key) {
			t.Fatalf("the key is of %s, not of %s", s.Address(), addressOf(key))
		}
		for nonce := range uint64(4) {
			tx := transaction()
			tx.Nonce = nonce
			raw, hash, err := s.SignTransaction(t.Context(), tx)
			if err != nil {
				t.Fatal(err)
			}
			expectSigned(t, raw, hash, tx, addressOf(key))
		}
		if k.count("GetPublicKey") != 1 || k.count("Sign") != 4 {
			t.Errorf("asked %v", k.asked)
		}
	}
}

func TestKMSAccount(t *testing.T) {
	k := startKMS(t, newKey(t))
	if _, err := Open(t.Context(), k.ref()+"#"+addressOf(k.key).String(), noKeystore, services); err != nil {
		t.Error(err)
	}
	if _, err := Open(t.Context(), k.ref()+"#"+addressOf(newKey(t)).String(), noKeystore, services); !errors.Is(err, ErrMismatch) {
		t.Errorf("another account: %v", err)
	}
	_, err := Open(t.Context(), strings.Replace(k.ref(), keyID, "alias/none", 1), noKeystore, services)
	if err == nil || !strings.Contains(err.Error(), "NotFoundException: Key 'alias/none'") {
		t.Errorf("another key: %v", err)
	}
	t.Setenv("AWS_REGION", "")
	if _, err := Open(t.Context(), "awskms:///"+keyID, noKeystore, services); err == nil || !strings.Contains(err.Error(), "no region") {
		t.Errorf("no region: %v", err)
	}
}

func TestKMSHostileKey(t *testing.T) {
	for name, set := range map[string]func(*fakeKMS){
		"of another curve":   func(k *fakeKMS) { k.spec = "ECC_NIST_P256" },
		"another OID":        func(k *fakeKMS) { k.spki = func(d []byte) []byte { d[21]++; return d } },
		"no key":             func(k *fakeKMS) { k.spki = func([]byte) []byte { return nil } },
		"cut short":          func(k *fakeKMS) { k.spki = func(d []byte) []byte { return d[:40] } },
		"bytes behind it":    func(k *fakeKMS) { k.spki = func(d []byte) []byte { return append(d, 0) } },
		"not on the curve":   func(k *fakeKMS) { k.spki = func(d []byte) []byte { d[len(d)-1]++; return d } },
		"a compressed point": func(k *fakeKMS) { k.spki = func(d []byte) []byte { d[23] = 2; return d } },
	} {
		k := startKMS(t, newKey(t))
		set(k)
		if s, err := Open(t.Context(), k.ref(), noKeystore, services); err == nil {
			t.Errorf("%s: took it for %v", name, s)
		}
	}
}

func TestKMSHostileSignature(t *testing.T) {
	n := crypto.S256().Params().N
	for name, sign := range map[string]func(r, s *big.Int) []byte{
		"none":    func(_, _ *big.Int) []byte { return []byte{} },
		"garbage": func(_, _ *big.Int) []byte { return []byte("signature") },
		"64 bytes": func(r, s *big.Int) []byte {
			return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		},
		"bytes behind it": func(r, s *big.Int) []byte { return append(der(r, s), 0) },
		"cut short":       func(r, s *big.Int) []byte { return der(r, s)[:60] },
		"zero r":          func(_, s *big.Int) []byte { return der(new(big.Int), s) },
		"zero s":          func(r, _ *big.Int) []byte { return der(r, new(big.Int)) },
		"negative":        func(r, s *big.Int) []byte { return der(new(big.Int).Neg(r), s) },
		"r too large":     func(_, s *big.Int) []byte { return der(n, s) },
		"s too large":     func(r, s *big.Int) []byte { return der(r, new(big.Int).Add(s, n)) },
		"huge":            func(r, s *big.Int) []byte { return der(new(big.Int).Lsh(r, 9999), s) },
		"of nothing":      func(r, s *big.Int) []byte { return der(r, new(big.Int).Add(s, big.NewInt(1))) },
		"swapped":         func(r, s *big.Int) []byte { return der(s, r) },
	} {
		k := startKMS(t, newKey(t))
		s := k.open(t)
		k.sign = sign
		if raw, _, err := s.SignTransaction(t.Context(), transaction()); !errors.Is(err, ErrMismatch) || raw != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Signs with another key than it said.
	k := startKMS(t, newKey(t))
	s := k.open(t)
	k.key = newKey(t)
	if _, _, err := s.SignTransaction(t.Context(), transaction()); !errors.Is(err, ErrMismatch) {
		t.Errorf("another key: %v", err)
	}
}

func TestKMSOutages(t *testing.T) {
	k := startKMS(t, newKey(t))
	s := k.open(t)
	fault := func(code int, name string) func(http.ResponseWriter) bool {
		return func(w http.ResponseWriter) bool { awsFault(w, code, name, "not now"); return true }
	}
	// What passes by itself is tried again at once.
	for name, fail := range map[string]func(http.ResponseWriter) bool{
		"throttled": fault(400, "ThrottlingException"), "internal": fault(500, "KMSInternalException"),
	} {
		k.set(once(fail))
		if _, _, err := s.SignTransaction(t.Context(), transaction()); err != nil {
			t.Errorf("%s once: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		fail  func(http.ResponseWriter) bool
		again bool // unavailable, rather than refused
	}{
		"throttled": {fault(400, "ThrottlingException"), true},
		"internal":  {fault(500, "KMSInternalException"), true},
		"cut off":   {func(http.ResponseWriter) bool { panic(http.ErrAbortHandler) }, true},
		"garbage":   {write("<html>"), true},
		"denied":    {fault(400, "AccessDeniedException"), false},
		"disabled":  {fault(400, "DisabledException"), false},
	} {
		k.set(c.fail)
		_, _, err := s.SignTransaction(t.Context(), transaction())
		if err == nil || errors.Is(err, ErrUnavailable) != c.again || errors.Is(err, ErrMismatch) {
			t.Errorf("%s: %v", name, err)
		}
		for _, secret := range []string{awsSecret, k.url, keyID} {
			if err != nil && strings.Contains(fmt.Sprintf("%v %+v %v %#v", err, err, s, s), secret) {
				t.Errorf("%s: %q in %v", name, secret, err)
			}
		}
	}
	hang := make(chan struct{})
	k.set(func(http.ResponseWriter) bool { <-hang; return true })
	defer close(hang)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := s.SignTransaction(ctx, transaction()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("no answer: %v", err)
	}
}

func FuzzCheckSigned(f *testing.F) {
	key, err := crypto.GenerateKey()
	if err != nil {
		f.Fatal(err)
	}
	k := chain.NewKey(key)
	raw, _, err := k.SignTransaction(context.Background(), transaction())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, _, err := signed.Check(b, transaction(), k.Address()); err == nil && string(got) != string(raw) {
			t.Errorf("%x was taken for the transaction", b)
		}
	})
}
