package online_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/hallmark-node/hallmark/verifier/online"
	"github.com/hallmark-node/hallmark/verifier/online/onlinetest"
)

// keys are of each sort that documents have.
type keys struct {
	ed   ed25519.PublicKey
	p256 *ecdsa.PublicKey
	rsa  *rsa.PublicKey
}

func newKeys(t testing.TB) *keys {
	t.Helper()
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &keys{ed, &p256.PublicKey, &r.PublicKey}
}

func base58(t testing.TB, data []byte) string {
	t.Helper()
	s, err := multibase.Encode(multibase.Base58BTC, data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (k *keys) multikey(t testing.TB) string { return base58(t, append([]byte{0xed, 0x01}, k.ed...)) }

// point returns the uncompressed point of the key on P-256: 4, x, y.
func (k *keys) point(t testing.TB) []byte {
	t.Helper()
	point, err := k.p256.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return point
}

func (k *keys) multikeyP256(t testing.TB) string {
	p := k.point(t)
	return base58(t, append([]byte{0x80, 0x24, 2 + p[64]&1}, p[1:33]...))
}

func (k *keys) jwk() object {
	return object{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(k.ed)}
}

func (k *keys) jwkRSA() object {
	return object{"kty": "RSA", "n": base64.RawURLEncoding.EncodeToString(k.rsa.N.Bytes()), "e": "AQAB"}
}

func (k *keys) jwkP256(t testing.TB) object {
	p := k.point(t)
	b := base64.RawURLEncoding
	return object{
		"kty": "EC", "crv": "P-256",
		"x": b.EncodeToString(p[1:33]), "y": b.EncodeToString(p[33:]),
	}
}

func (k *keys) pem(t testing.TB) string {
	der, err := x509.MarshalPKIXPublicKey(k.rsa)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// TestDIDWeb: which keys of a did:web count.
func TestDIDWeb(t *testing.T) {
	web, k := onlinetest.New(t), newKeys(t)
	for name, tt := range map[string]struct {
		change func(c *college, doc, method object)
		want   any
		says   string
	}{
		"Multikey":     {func(*college, object, object) {}, k.ed, ""},
		"relative ids": {func(_ *college, doc, m object) { m["id"], doc["assertionMethod"] = "#key-1", []any{"#key-1"} }, k.ed, ""},
		"embedded": {func(_ *college, doc, m object) {
			doc["verificationMethod"], doc["assertionMethod"] = nil, []any{m}
		}, k.ed, ""},
		"P-256":     {func(_ *college, _, m object) { m["publicKeyMultibase"] = k.multikeyP256(t) }, k.p256, ""},
		"a JWK":     {func(_ *college, _, m object) { delete(m, "publicKeyMultibase"); m["publicKeyJwk"] = k.jwk() }, k.ed, ""},
		"RSA JWK":   {func(_ *college, _, m object) { delete(m, "publicKeyMultibase"); m["publicKeyJwk"] = k.jwkRSA() }, k.rsa, ""},
		"P-256 JWK": {func(_ *college, _, m object) { delete(m, "publicKeyMultibase"); m["publicKeyJwk"] = k.jwkP256(t) }, k.p256, ""},
		"base58": {func(_ *college, _, m object) {
			delete(m, "publicKeyMultibase")
			m["publicKeyBase58"] = base58(t, k.ed)[1:]
		}, k.ed, ""},
		"not for assertions": {func(_ *college, doc, m object) {
			doc["assertionMethod"], doc["authentication"] = []any{}, []any{m["id"]}
		}, nil, "(assertionMethod)"},
		"no assertions":         {func(_ *college, doc, _ object) { delete(doc, "assertionMethod") }, nil, "(assertionMethod)"},
		"of another controller": {func(_ *college, _, m object) { m["controller"] = "did:web:other.example" }, nil, "is another's"},
		"of several controllers": {
			func(c *college, _, m object) { m["controller"] = []string{c.issuer, "did:web:other.example"} },
			nil,
			"is another's",
		},
		"of no controller": {func(_ *college, _, m object) { delete(m, "controller") }, nil, "is another's"},
		"document of another": {
			func(_ *college, doc, _ object) { doc["id"] = "did:web:other.example" },
			nil,
			"the document of another identifier",
		},
		"document of nobody":  {func(_ *college, doc, _ object) { delete(doc, "id") }, nil, "not the document of an identifier"},
		"named and not there": {func(_ *college, doc, _ object) { doc["verificationMethod"] = []any{} }, nil, "and not in it"},
		"two of one id":       {func(_ *college, doc, m object) { doc["verificationMethod"] = []any{m, m} }, nil, "two keys of one id"},
		"two keys in one":     {func(_ *college, _, m object) { m["publicKeyJwk"] = k.jwk() }, nil, "not stated once"},
		"no key in it":        {func(_ *college, _, m object) { delete(m, "publicKeyMultibase") }, nil, "not stated once"},
		"a private key": {func(_ *college, _, m object) {
			m["publicKeyMultibase"] = base58(t, append([]byte{0x80, 0x26}, k.ed...))
		}, nil, "keys of this kind are not read"},
		"a key cut short": {func(_ *college, _, m object) {
			m["publicKeyMultibase"] = base58(t, append([]byte{0xed, 0x01}, k.ed[:31]...))
		}, nil, "has 32 bytes, not 31"},
		"a point off its curve": {func(_ *college, _, m object) {
			delete(m, "publicKeyMultibase")
			m["publicKeyJwk"] = k.jwkP256(t).with(object{"y": base64.RawURLEncoding.EncodeToString(make([]byte, 32))})
		}, nil, "not a point of P-256"},
		"a small RSA key": {func(_ *college, _, m object) {
			delete(m, "publicKeyMultibase")
			m["publicKeyJwk"] = k.jwkRSA().with(object{"n": base64.RawURLEncoding.EncodeToString(k.rsa.N.Bytes()[:64])})
		}, nil, "too short to trust"},
		"a symmetric key": {func(_ *college, _, m object) {
			delete(m, "publicKeyMultibase")
			m["publicKeyJwk"] = object{"kty": "oct", "k": "AAAA"}
		}, nil, "the secret part of the key"},
		"revoked":        {func(_ *college, _, m object) { m["revoked"] = "2020-01-01T00:00:00Z" }, nil, "not in use any more"},
		"expired":        {func(_ *college, _, m object) { m["expires"] = "2020-01-01T00:00:00Z" }, nil, "not in use any more"},
		"expires later":  {func(_ *college, _, m object) { m["expires"] = "2199-01-01T00:00:00Z" }, k.ed, ""},
		"expires at odd": {func(_ *college, _, m object) { m["expires"] = "soon" }, nil, "not in use any more"},
		"many keys": {func(_ *college, doc, m object) {
			many := make([]any, 300)
			for i := range many {
				many[i] = m["id"]
			}
			doc["assertionMethod"] = many
		}, nil, "more than 256 keys"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCollege(t, web)
			method := object{"id": c.issuer + "#key-1", "type": "Multikey", "controller": c.issuer, "publicKeyMultibase": k.multikey(t)}
			doc := object{"id": c.issuer, "verificationMethod": []any{method}, "assertionMethod": []any{method["id"]}}
			tt.change(c, doc, method)
			c.answers["/.well-known/did.json"] = doc
			got, err := within(t, web, nil).Key(t.Context(), c.issuer+"#key-1")
			if tt.want == nil {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%+v, %v", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Public, tt.want) || got.Controller != c.issuer {
				t.Errorf("%+v", got)
			}
			if got, err := within(t, web, nil).Key(t.Context(), c.issuer+"#key-2"); err == nil {
				t.Errorf("another key: %+v", got)
			}
			if got, err := within(t, web, nil).Key(t.Context(), c.issuer); err != nil || !reflect.DeepEqual(got.Public, tt.want) {
				t.Errorf("the only key: %+v, %v", got, err)
			}
		})
	}
}

// TestWebKeys: keys at https addresses.
func TestWebKeys(t *testing.T) {
	web, k := onlinetest.New(t), newKeys(t)
	c := newCollege(t, web)
	issuer, key := c.url("/issuer"), c.url("/key")
	c.answers["/key"] = object{"id": key, "type": "CryptographicKey", "owner": issuer, "publicKeyPem": k.pem(t)}
	for name, tt := range map[string]struct {
		profile    any
		method     string
		controller string
		want       any
		says       string
	}{
		"named by the profile":     {object{"id": issuer, "publicKey": key}, key, issuer, k.rsa, ""},
		"named among others":       {object{"id": issuer, "publicKey": []any{"https://x.example/k", key}}, key, issuer, k.rsa, ""},
		"not named":                {object{"id": issuer, "publicKey": "https://x.example/k"}, key, "", nil, "is not among the keys of"},
		"no keys":                  {object{"id": issuer}, key, "", nil, "is not among the keys of"},
		"the profile is another's": {object{"id": issuer + "2", "publicKey": key}, key, "", nil, "the document of another identifier"},
		"the profile is HTML":      {"<html>", key, "", nil, "not the document of an identifier"},
		"within the profile": {
			object{"id": issuer, "publicKey": object{"id": issuer + "#k", "owner": issuer, "publicKeyPem": k.pem(t)}},
			issuer + "#k",
			issuer,
			k.rsa,
			"",
		},
		"within, of another": {
			object{"id": issuer, "publicKey": object{"id": issuer + "#k", "owner": "https://x.example", "publicKeyPem": k.pem(t)}},
			issuer + "#k",
			"",
			nil,
			"is another's",
		},
		"a controller document": {object{
			"id": issuer, "verificationMethod": []any{object{"id": issuer + "#k", "controller": issuer, "publicKeyMultibase": k.multikey(t)}},
			"assertionMethod": []string{issuer + "#k"},
		}, issuer + "#k", issuer, k.ed, ""},
		"a bare JWK has no controller": {k.jwk(), issuer, "", k.ed, ""},
		"a JWK of a set": {
			object{"keys": []any{k.jwkP256(t).with(object{"kid": "a"}), k.jwk().with(object{"kid": "b"})}},
			issuer + "#b",
			"",
			k.ed,
			"",
		},
		"a JWK that the set has not": {
			object{"keys": []any{k.jwk().with(object{"kid": "b"})}},
			issuer + "#c",
			"",
			nil,
			"not in the set of keys",
		},
		"twice in a set": {
			object{"keys": []any{k.jwk().with(object{"kid": "b"}), k.jwkP256(t).with(object{"kid": "b"})}},
			issuer + "#b",
			"",
			nil,
			"is there twice",
		},
		"gone": {
			respond(http.StatusGone, ""),
			issuer + "#k",
			"",
			nil,
			"answers HTTP 410",
		},
		"a method of no network": {nil, "did:key:z6Mk#z6Mk", "", nil, "not one that is looked for online"},
		"http":                   {nil, "http://college.example/key", "", nil, "not one that is looked for online"},
		"nothing":                {nil, "", "", nil, "not one that is looked for online"},
	} {
		c.answers["/issuer"] = tt.profile
		got, err := within(t, web, nil).Key(t.Context(), tt.method)
		switch {
		case tt.want == nil && (err == nil || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%s: %+v, %v", name, got, err)
		case tt.want != nil && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.want != nil && (!reflect.DeepEqual(got.Public, tt.want) || got.Controller != tt.controller):
			t.Errorf("%s: %+v", name, got)
		}
	}
	// Who owns a key its own document says, wherever the key is.
	c.answers["/key"] = object{"id": key, "owner": "did:web:169.254.169.254", "publicKeyPem": k.pem(t)}
	if got, err := within(t, web, nil).Key(t.Context(), key); err == nil {
		t.Errorf("%+v", got)
	}
}

// TestStaleKey: a key of the cache is marked where its document could not be asked for again.
func TestStaleKey(t *testing.T) {
	web, k := onlinetest.New(t), newKeys(t)
	var down atomic.Bool
	var document string
	host := web.Serve(t, "college.example", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, document)
	}))
	did := "did:web:" + strings.Replace(host, ":", "%3A", 1)
	document = fmt.Sprintf(`{"id":%q,"assertionMethod":[{"id":%q,"type":"Multikey","controller":%q,"publicKeyMultibase":%q}]}`,
		did, did+"#key-1", did, k.multikey(t))
	folder, now := t.TempDir(), time.Now()
	for _, stale := range []bool{false, true} {
		down.Store(stale)
		f := within(t, web, func(o *online.Options) { o.Cache, o.Now = folder, func() time.Time { return now } })
		key, err := f.Key(t.Context(), did+"#key-1")
		if err != nil || key.Stale != stale {
			t.Errorf("%+v, %v; want stale %v", key, err, stale)
		}
		now = now.Add(2 * time.Hour)
	}
}
