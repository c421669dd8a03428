package secured

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/multiformats/go-multibase"
)

// The examples of the did:key method (W3C CCG did:key 0.7, sections 5.1 and 7) and of did:jwk.
const (
	exampleEd25519   = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	exampleP256      = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
	exampleP384      = "z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9"
	exampleSecp256k1 = "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"
	exampleX25519    = "z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"
	// of the did:jwk specification
	exampleJWK = "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91" +
		"c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
	// of RFC 8037, appendix A.2, and its thumbprint in A.3
	exampleOKP = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	// of RFC 7517, appendix A.1
	exampleRSA = `{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP` +
		`ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9` +
		`c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-` +
		`kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`
)

func TestStatedKeys(t *testing.T) {
	rsaJWK := "did:jwk:" + base64.RawURLEncoding.EncodeToString([]byte(exampleRSA))
	for _, c := range []struct{ method, controller, kind string }{
		{"did:key:" + exampleEd25519, "did:key:" + exampleEd25519, "Ed25519"},
		{"did:key:" + exampleEd25519 + "#" + exampleEd25519, "did:key:" + exampleEd25519, "Ed25519"},
		{"did:key:" + exampleP256 + "#" + exampleP256, "did:key:" + exampleP256, "P-256"},
		{"did:key:" + exampleP384, "did:key:" + exampleP384, "P-384"},
		{exampleJWK + "#0", exampleJWK, "P-256"},
		{rsaJWK, rsaJWK, "RSA"},
	} {
		key, ok, err := statedKey(c.method)
		if err != nil || !ok || key.Controller != c.controller || kindOf(key.Public) != c.kind {
			t.Errorf("%s: %+v, %v, %v", c.method, key, ok, err)
		}
	}
	if key, _, _ := statedKey("did:key:" + exampleEd25519); hex.EncodeToString(key.Public.(ed25519.PublicKey)) !=
		"2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6" {
		t.Errorf("the key of the example is %x", key.Public)
	}
	for _, method := range []string{
		"did:web:college.example", "https://college.example/key", "", "did:example:1", "DID:key:" + exampleEd25519,
	} {
		if key, ok, err := statedKey(method); ok || key != nil || err != nil {
			t.Errorf("%q: %v %v %v", method, key, ok, err)
		}
	}
}

func kindOf(public any) string {
	switch k := public.(type) {
	case ed25519.PublicKey:
		return "Ed25519"
	case *ecdsa.PublicKey:
		return k.Params().Name
	case *rsa.PublicKey:
		return "RSA"
	}
	return ""
}

// TestStatedKeysRefused has did:key and did:jwk that no key is taken from.
func TestStatedKeysRefused(t *testing.T) {
	encode := func(code, key []byte) string {
		text, err := multibase.Encode(multibase.Base58BTC, append(code, key...))
		if err != nil {
			t.Fatal(err)
		}
		return "did:key:" + text
	}
	jwk := func(object string) string { return "did:jwk:" + base64.RawURLEncoding.EncodeToString([]byte(object)) }
	short := base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, 128))
	zeros := strings.Repeat("A", 43)
	long := base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, 1025))
	for name, c := range map[string]struct {
		method string
		kind   bool // that it is of a kind that is not read
	}{
		"secp256k1":                  {"did:key:" + exampleSecp256k1, true},
		"X25519":                     {"did:key:" + exampleX25519, true},
		"P-521 point":                {encode([]byte{0x82, 0x24}, make([]byte, 67)), true},
		"Ed25519 of 31 bytes":        {encode([]byte{0xed, 0x01}, make([]byte, 31)), false},
		"Ed25519 of 33 bytes":        {encode([]byte{0xed, 0x01}, make([]byte, 33)), false},
		"P-256 off the curve":        {encode([]byte{0x80, 0x24}, append([]byte{2}, bytes.Repeat([]byte{0xff}, 32)...)), false},
		"P-256 not compressed":       {encode([]byte{0x80, 0x24}, append([]byte{4}, make([]byte, 64)...)), false},
		"P-384 key as P-256":         {encode([]byte{0x80, 0x24}, append([]byte{2}, make([]byte, 48)...)), false},
		"base16":                     {"did:key:f" + hex.EncodeToString(append([]byte{0xed, 0x01}, make([]byte, 32)...)), false},
		"empty":                      {"did:key:", false},
		"no base58":                  {"did:key:z0OIl", false},
		"code alone":                 {encode([]byte{0xed, 0x01}, nil), false},
		"with a path":                {"did:key:" + exampleEd25519 + "/a", false},
		"with a query":               {"did:key:" + exampleEd25519 + "?a=b", false},
		"with a version":             {"did:key:1.1:" + exampleEd25519, false},
		"white space":                {"did:key:" + exampleEd25519 + "\n", false},
		"fragment of another key":    {"did:key:" + exampleEd25519 + "#" + exampleX25519, false},
		"empty fragment":             {"did:key:" + exampleEd25519 + "#", false},
		"megabytes":                  {"did:key:z" + strings.Repeat("1", 1<<20), false},
		"jwk: no base64":             {"did:jwk:e30=", false},
		"jwk: no object":             {jwk(`[]`), false},
		"jwk: a member twice":        {jwk(`{"kty":"OKP","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`), false},
		"jwk: more behind":           {jwk(exampleOKP + "{}"), false},
		"jwk: fragment 1":            {jwk(exampleOKP) + "#1", false},
		"jwk: the secret key":        {jwk(strings.Replace(exampleOKP, `{`, `{"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",`, 1)), false},
		"jwk: for encryption":        {jwk(strings.Replace(exampleOKP, `{`, `{"use":"enc",`, 1)), false},
		"jwk: for signing only":      {jwk(strings.Replace(exampleOKP, `{`, `{"key_ops":["sign"],`, 1)), false},
		"jwk: symmetric":             {jwk(`{"kty":"oct","k":"AAAA"}`), false},
		"jwk: X25519":                {jwk(strings.Replace(exampleOKP, "Ed25519", "X25519", 1)), true},
		"jwk: Ed448":                 {jwk(strings.Replace(exampleOKP, "Ed25519", "Ed448", 1)), true},
		"jwk: padded":                {jwk(strings.Replace(exampleOKP, "URo", "URo=", 1)), false},
		"jwk: bits behind":           {jwk(strings.Replace(exampleOKP, "URo", "URp", 1)), false},
		"jwk: a point at (0,0)":      {jwk(`{"kty":"EC","crv":"P-256","x":"` + zeros + `","y":"` + zeros + `"}`), false},
		"jwk: RSA of 1024 bits":      {jwk(`{"kty":"RSA","e":"AQAB","n":"` + short + `"}`), false},
		"jwk: RSA of 8200 bits":      {jwk(`{"kty":"RSA","e":"AQAB","n":"` + long + `"}`), true},
		"jwk: RSA with exponent 1":   {jwk(strings.Replace(exampleRSA, "AQAB", "AQ", 1)), false},
		"jwk: RSA with even n":       {jwk(strings.Replace(exampleRSA, "qDKgw", "qDKgA", 1)), false},
		"jwk: RSA with long e":       {jwk(strings.Replace(exampleRSA, "AQAB", "AQABAQAB", 1)), false},
		"jwk: RSA with leading zero": {jwk(strings.Replace(exampleRSA, `"n":"0vx7`, `"n":"ANL8`, 1)), false},
	} {
		key, ok, err := statedKey(c.method)
		if key != nil || !ok || err == nil || errors.Is(err, errKeyKind) != c.kind {
			t.Errorf("%s: %v, %v, %v", name, key, ok, err)
		}
	}
}

func TestTied(t *testing.T) {
	for _, c := range []struct {
		method  string
		issuers []string
		want    bool
	}{
		{"did:web:a.example", []string{"did:web:a.example"}, true},
		{"did:web:a.example#key-1", []string{"did:web:a.example"}, true},
		{"did:web:a.example:b#key-1", []string{"did:web:a.example"}, false},
		{"did:web:a.example.evil.example#key-1", []string{"did:web:a.example"}, false},
		{"did:web:a.example?x#key-1", []string{"did:web:a.example"}, false},
		{"did:web:A.example#key-1", []string{"did:web:a.example"}, false},
		{"did:web:a.example#", []string{"did:web:a.example"}, false},
		{"did:web:a.example#a#b", []string{"did:web:a.example"}, false},
		{"https://a.example/i#k", []string{"https://a.example/i"}, true},
		{"https://a.example/i#k#l", []string{"https://a.example/i#k"}, false},
		{"https://a.example/keys/1", []string{"https://a.example/i"}, false},
		{"did:web:a.example", []string{"did:web:a.example", "did:web:b.example"}, false},
		{"did:web:a.example", nil, false},
		{"#k", []string{""}, false},
		{"", []string{""}, false},
	} {
		if got := tied(c.method, c.issuers); got != c.want {
			t.Errorf("tied(%q, %q) = %v", c.method, c.issuers, got)
		}
	}
}

// TestFindKey holds whom Keys is asked for, and what its answers are taken for.
func TestFindKey(t *testing.T) {
	key, _, err := statedKey("did:key:" + exampleEd25519)
	if err != nil {
		t.Fatal(err)
	}
	const issuer, profile = "did:web:a.example", "https://a.example/i"
	var none *rsa.PublicKey
	for name, c := range map[string]struct {
		method, issuer string
		answer         *Key
		err            error
		asked, tied    bool
		reason         string
	}{
		"of the issuer":             {issuer + "#k", issuer, &Key{Public: key.Public, Controller: issuer}, nil, true, true, ""},
		"in another's document":     {issuer + "#k", issuer, &Key{Public: key.Public, Controller: "did:web:b.example"}, nil, true, false, ""},
		"in nobody's document":      {issuer + "#k", issuer, &Key{Public: key.Public}, nil, true, false, ""},
		"another's":                 {"did:web:b.example#k", issuer, &Key{Public: key.Public, Controller: issuer}, nil, false, false, KeyUnknown},
		"beside the profile":        {"https://a.example/key", profile, &Key{Public: key.Public, Controller: profile}, nil, true, true, ""},
		"on another host":           {"https://b.example/key", "https://a.example/i", nil, nil, false, false, KeyUnknown},
		"with a user":               {"https://a.example@b.example/key", "https://a.example/i", nil, nil, false, false, KeyUnknown},
		"plain http":                {"http://a.example/key", "https://a.example/i", nil, nil, false, false, KeyUnknown},
		"not found":                 {issuer + "#k", issuer, nil, errors.New("gone"), true, false, KeyUnknown},
		"nothing":                   {issuer + "#k", issuer, nil, nil, true, false, KeyUnknown},
		"of a kind that is unknown": {issuer + "#k", issuer, &Key{Public: "abc", Controller: issuer}, nil, true, false, Unsupported},
		"a nil pointer":             {issuer + "#k", issuer, &Key{Public: none, Controller: issuer}, nil, true, false, Unsupported},
		"foreign did:key":           {"did:key:" + exampleEd25519, issuer, nil, nil, false, false, ""},
		"unreadable did:key":        {"did:key:z1", issuer, nil, nil, false, false, Unreadable},
		"secp256k1":                 {"did:key:" + exampleSecp256k1, "did:key:" + exampleSecp256k1, nil, nil, false, false, Unsupported},
		"none":                      {"", issuer, nil, nil, false, false, KeyUnknown},
	} {
		asked := false
		f := findKey(t.Context(), c.method, []string{c.issuer}, func(context.Context, string) (*Key, error) {
			asked = true
			return c.answer, c.err
		})
		if asked != c.asked || f.tied != c.tied || f.reason != c.reason || (f.key == nil) != (c.reason != "") ||
			(f.detail == "") != (c.reason == "") {
			t.Errorf("%s: asked %v, %+v", name, asked, f)
		}
	}
}

func FuzzKeys(f *testing.F) {
	for _, seed := range []string{"did:key:" + exampleEd25519, "did:key:" + exampleP256, exampleJWK, exampleOKP, exampleRSA} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, public := range []any{first(ParseMultikey(text)), first(ParseJWK([]byte(text)))} {
			if public != nil && usable(public) != nil {
				t.Errorf("%q gave a key that is not used", text)
			}
		}
		key, ok, err := statedKey(text)
		if (key != nil) != (ok && err == nil) || key != nil && !strings.HasPrefix(text, key.Controller) {
			t.Errorf("%q: %v %v %v", text, key, ok, err)
		}
	})
}

func first(public any, err error) any {
	if err != nil {
		return nil
	}
	return public
}
