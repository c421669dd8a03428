package signer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/signer/kms"
	"github.com/hallmark-node/hallmark/verifier"
)

var services = Services{kms.Scheme: kms.Open}

func noKeystore(string) (*chain.Key, error) { return nil, errors.New("the keystore was asked") }

func openRemote(t *testing.T, url string, account verifier.Address) chain.Signer {
	t.Helper()
	s, err := Open(t.Context(), "remote+"+url+"#"+account.String(), noKeystore, services)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRemote(t *testing.T) {
	key := newKey(t)
	for name, set := range map[string]func(*web3signer){
		"web3signer":  func(*web3signer) {},
		"go-ethereum": func(w *web3signer) { w.answer = rawAndTx },
		"clef": func(w *web3signer) {
			w.method, w.answer = "account_signTransaction", rawAndTx
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := startWeb3Signer(t, key)
			set(w)
			s := openRemote(t, w.url, addressOf(key))
			raw, hash, err := s.SignTransaction(t.Context(), transaction())
			if err != nil {
				t.Fatal(err)
			}
			expectSigned(t, raw, hash, transaction(), addressOf(key))
		})
	}
}

func rawAndTx(tx *types.Transaction) string {
	text, err := tx.MarshalJSON()
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"raw":%s,"tx":%s}`, bytesOf(tx), text)
}

// Each change of a signer that lies is found.
func TestRemoteHostile(t *testing.T) {
	key, other := newKey(t), newKey(t)
	for name, set := range map[string]func(*web3signer){
		"another key":       func(w *web3signer) { w.key = other; w.change = func(*types.DynamicFeeTx) {} },
		"another nonce":     func(w *web3signer) { w.change = func(tx *types.DynamicFeeTx) { tx.Nonce++ } },
		"another chain":     func(w *web3signer) { w.change = func(tx *types.DynamicFeeTx) { tx.ChainID = big.NewInt(1) } },
		"a higher tip":      func(w *web3signer) { w.change = func(tx *types.DynamicFeeTx) { tx.GasTipCap = big.NewInt(9e9) } },
		"a higher cap":      func(w *web3signer) { w.change = func(tx *types.DynamicFeeTx) { tx.GasFeeCap = big.NewInt(9e18) } },
		"more gas":          func(w *web3signer) { w.change = func(tx *types.DynamicFeeTx) { tx.Gas++ } },
		"another recipient": func(w *web3signer) { w.change = func(tx *types.DynamicFeeTx) { tx.To = &common.Address{1} } },
		"no recipient":      func(w *web3signer) { w.change = func(tx *types.DynamicFeeTx) { tx.To = nil } },
		"a transfer":        func(w *web3signer) { w.change = func(tx *types.DynamicFeeTx) { tx.Value = big.NewInt(1) } },
		"other calldata":    func(w *web3signer) { w.change = func(tx *types.DynamicFeeTx) { tx.Data[0]++ } },
		"an access list": func(w *web3signer) {
			w.change = func(tx *types.DynamicFeeTx) { tx.AccessList = types.AccessList{{Address: common.Address{1}}} }
		},
		"a legacy transaction": func(w *web3signer) {
			w.answer = func(tx *types.Transaction) string {
				legacy, err := types.SignNewTx(key, types.LatestSignerForChainID(tx.ChainId()), &types.LegacyTx{
					Nonce: tx.Nonce(), GasPrice: tx.GasFeeCap(), Gas: tx.Gas(), To: tx.To(), Data: tx.Data(),
				})
				if err != nil {
					panic(err)
				}
				return bytesOf(legacy)
			}
		},
		"high s": func(w *web3signer) {
			w.answer = func(tx *types.Transaction) string {
				v, r, s := tx.RawSignatureValues()
				sig := make([]byte, 65)
				r.FillBytes(sig[:32])
				new(big.Int).Sub(crypto.S256().Params().N, s).FillBytes(sig[32:64])
				sig[64] = byte(1 - v.Uint64())
				high, err := tx.WithSignature(types.LatestSignerForChainID(tx.ChainId()), sig)
				if err != nil {
					panic(err)
				}
				return bytesOf(high)
			}
		},
		"bytes behind it": func(w *web3signer) {
			w.answer = func(tx *types.Transaction) string { return strings.TrimSuffix(bytesOf(tx), `"`) + `00"` }
		},
		"cut short": func(w *web3signer) {
			w.answer = func(tx *types.Transaction) string { return bytesOf(tx)[:60] + `"` }
		},
		"huge":        func(w *web3signer) { w.answer = answer(`"0x` + strings.Repeat("00", 1<<20) + `"`) },
		"no bytes":    func(w *web3signer) { w.answer = answer(`"0x"`) },
		"not hex":     func(w *web3signer) { w.answer = answer(`"later"`) },
		"a number":    func(w *web3signer) { w.answer = answer(`7`) },
		"no raw":      func(w *web3signer) { w.answer = answer(`{"tx":{}}`) },
		"a mere hash": func(w *web3signer) { w.answer = answer(`"0x` + strings.Repeat("ab", 32) + `"`) },
	} {
		t.Run(name, func(t *testing.T) {
			w := startWeb3Signer(t, key)
			set(w)
			raw, hash, err := openRemote(t, w.url, addressOf(key)).SignTransaction(t.Context(), transaction())
			if !errors.Is(err, ErrMismatch) || raw != nil || !hash.IsZero() {
				t.Errorf("got %d bytes, %s, %v", len(raw), hash, err)
			}
		})
	}
}

func answer(text string) func(*types.Transaction) string {
	return func(*types.Transaction) string { return text }
}

func TestRemoteOutages(t *testing.T) {
	key := newKey(t)
	w := startWeb3Signer(t, key)
	s := openRemote(t, w.url, addressOf(key))
	for name, fail := range map[string]func(http.ResponseWriter) bool{
		"429": status(429), "500": status(500), "502": status(502), "redirect": status(302),
		"garbage":   write("<html>"),
		"empty":     write(""),
		"null":      write(`{"jsonrpc":"2.0","id":1,"result":null}`),
		"limit":     write(`{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"limit exceeded"}}`),
		"cut short": write(`{"jsonrpc":"2.0","id":1,"result":"0x02f8`),
		"cut off": func(http.ResponseWriter) bool {
			panic(http.ErrAbortHandler)
		},
	} {
		w.set(fail)
		if _, _, err := s.SignTransaction(t.Context(), transaction()); !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrMismatch) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.set(nil)
	if raw, hash, err := s.SignTransaction(t.Context(), transaction()); err != nil {
		t.Error(err)
	} else {
		expectSigned(t, raw, hash, transaction(), addressOf(key))
	}
	// A caller without patience.
	ctx, cancel := context.WithCancel(t.Context())
	w.set(func(http.ResponseWriter) bool { cancel(); return false })
	if _, _, err := s.SignTransaction(ctx, transaction()); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func write(text string) func(http.ResponseWriter) bool {
	return func(w http.ResponseWriter) bool {
		_, _ = io.WriteString(w, text)
		return true
	}
}

// A refusal is neither an outage nor a lie, and is told in the service's words.
func TestRemoteRefusal(t *testing.T) {
	w := startWeb3Signer(t, newKey(t))
	s := openRemote(t, w.url, addressOf(newKey(t)))
	_, _, err := s.SignTransaction(t.Context(), transaction())
	if err == nil || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrMismatch) || !strings.Contains(err.Error(), "Signing key not found") {
		t.Errorf("got %v", err)
	}
	w.method = "none"
	if _, _, err := s.SignTransaction(t.Context(), transaction()); err == nil || w.count("account_signTransaction") == 0 {
		t.Errorf("got %v", err)
	}
}

func TestOpen(t *testing.T) {
	key := newKey(t)
	var asked []string
	keystore := func(account string) (*chain.Key, error) {
		asked = append(asked, account)
		return chain.NewKey(key), nil
	}
	for _, ref := range []string{"", addressOf(key).String()} {
		if s, err := Open(t.Context(), ref, keystore, services); err != nil || s.Address() != addressOf(key) || asked[len(asked)-1] != ref {
			t.Errorf("%q: %v, %v", ref, s, err)
		}
	}
	if _, err := Open(t.Context(), "x", noKeystore, services); err == nil {
		t.Error("the keystore's error is gone")
	}
	account := "#" + addressOf(key).String()
	for _, ref := range []string{
		"https://user:s3cret-word@host/" + account, "remote+https://user:s3cret-word@host/", "remote+https:///s3cret-word" + account,
		"remote+ftp://host/s3cret-word" + account,
		"remote+https://host/s3cret-word#0x12", "remote+https://host/s3cret-word#" + strings.ToLower(addressOf(key).String()) + "00",
		"remote+https://ho st:s3cret-word/" + account, "remote+https://host/%zz/s3cret-word" + account,
		"awskms://s3cret-word/key", "awskms:///", "awskms:///k?regoin=s3cret-word", "awskms:///k?region=a&region=s3cret-word",
		"awskms:///k?region=",
		"awskms:///k?region=a&endpoint=ftp://s3cret-word", "awskms:///k?region=a&endpoint=https://u:s3cret-word@host",
		"awskms://s3cret-word@/k?region=a",
		"gcpkms://s3cret-word/", "://s3cret-word",
	} {
		s, err := Open(t.Context(), ref, noKeystore, services)
		if err == nil || strings.Contains(err.Error(), "s3cret-word") || strings.Contains(err.Error(), "keystore") {
			t.Errorf("%s: %v, %v", ref, s, err)
		}
	}
}

// What is secret in a URL is in nothing that is printed, whatever the server does.
func TestRemoteHidesSecrets(t *testing.T) {
	key := newKey(t)
	w := startWeb3Signer(t, key)
	secrets := []string{"us3r-name", "pa55-word", "t0ken-in-path", "k3y-in-query"}
	address := strings.Replace(w.url, "http://", "http://us3r-name:pa55-word@", 1) + "/t0ken-in-path?key=k3y-in-query"
	s := openRemote(t, address, addressOf(key))
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, nil))
	show := func(err error) {
		log.Warn("x", "signer", s, "err", err)
		_, _ = fmt.Fprintf(&out, "%v %+v %#v %s\n", s, s, s, err)
		for e := err; e != nil; e = errors.Unwrap(e) {
			_, _ = fmt.Fprintf(&out, "%+v %#v\n", e, e)
		}
	}
	echo := fmt.Sprintf("no account for %s", address)
	for _, fail := range []func(http.ResponseWriter) bool{
		nil, status(401), func(w http.ResponseWriter) bool { http.Error(w, echo, http.StatusForbidden); return true },
		write(echo), write(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":%q}}`, echo)),
		write(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"result":%q}`, echo)),
	} {
		w.set(fail)
		_, _, err := s.SignTransaction(t.Context(), transaction())
		show(err)
	}
	if user, _, ok := (&http.Request{Header: w.header}).BasicAuth(); !ok || user != "us3r-name" {
		t.Error("the password was not sent")
	}
	dead, err := Open(t.Context(), "remote+http://us3r-name:pa55-word@127.0.0.1:1/t0ken-in-path?key=k3y-in-query#"+addressOf(key).String(),
		noKeystore, services)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = dead.SignTransaction(t.Context(), transaction())
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("nobody there: %v", err)
	}
	show(err)
	for _, secret := range append(secrets, hexutil.Encode(crypto.FromECDSA(key))[2:]) {
		if strings.Contains(out.String(), secret) {
			t.Errorf("shows %q in\n%s", secret, out.String())
		}
	}
	if !strings.Contains(out.String(), addressOf(key).String()) {
		t.Error("does not show the account")
	}
}
