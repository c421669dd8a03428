package secured

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/sharedtest"
)

// check is what a user sees: the issuers are those that the file names.
func check(t testing.TB, doc string, keys Keys) Finding {
	t.Helper()
	f := Check(t.Context(), []byte(doc), credential.Describe([]byte(doc)).IssuerIDs, keys, time.Now())
	switch {
	case f.Detail == "", (f.Outcome == Pass) != (f.Reason == ""), f.Outcome == Fail && f.Reason != Broken:
		t.Errorf("%+v does not fit together", f)
	}
	return f
}

// keysOf answers for one issuer's document.
func keysOf(t testing.TB, issuer string, jwks map[string]string) Keys {
	return func(_ context.Context, method string) (*Key, error) {
		object, ok := jwks[strings.TrimPrefix(method, issuer)]
		if !ok {
			return nil, nil
		}
		public, err := ParseJWK([]byte(object))
		if err != nil {
			t.Errorf("%s: %v", method, err)
		}
		return &Key{Public: public, Controller: issuer}, nil
	}
}

// RFC 7515, appendices A.2 and A.3: claims of the issuer "joe", by RS256 and by ES256; A.6 has
// both signatures in the general form.
const (
	joesPayload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	joesRSAKey  = `{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d` +
		`4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTB` +
		`EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h` +
		`4FRWyuXpoQ","e":"AQAB"}`
	joesRSASignature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t" +
		"1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-" +
		"eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
	joesECKey = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",` +
		`"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
	joesECSignature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)

func TestRFC7515(t *testing.T) {
	rsaToken := "eyJhbGciOiJSUzI1NiJ9." + joesPayload + "." + joesRSASignature
	ecToken := "eyJhbGciOiJFUzI1NiJ9." + joesPayload + "." + joesECSignature
	general := `{"payload":"` + joesPayload + `","signatures":[
		{"protected":"eyJhbGciOiJSUzI1NiJ9","header":{"kid":"2010-12-29"},"signature":"` + joesRSASignature + `"},
		{"protected":"eyJhbGciOiJFUzI1NiJ9","header":{"kid":"e9bc097a-ce51-4036-9562-d2ade882db0d"},"signature":"` + joesECSignature + `"}]}`
	flattened := `{"payload":"` + joesPayload + `","protected":"eyJhbGciOiJFUzI1NiJ9",
		"header":{"kid":"e9bc097a-ce51-4036-9562-d2ade882db0d"},"signature":"` + joesECSignature + `"}`
	both := map[string]string{"#2010-12-29": joesRSAKey, "#e9bc097a-ce51-4036-9562-d2ade882db0d": joesECKey}
	for name, c := range map[string]struct {
		doc   string
		keys  map[string]string
		want  Outcome
		suite string
	}{
		"A.2":                         {rsaToken, map[string]string{"": joesRSAKey}, Pass, "JWT RS256"},
		"A.3":                         {ecToken, map[string]string{"": joesECKey}, Pass, "JWT ES256"},
		"A.2 with the key of A.3":     {rsaToken, map[string]string{"": joesECKey}, Unknown, "JWT RS256"},
		"A.6":                         {general, both, Pass, "JWS RS256"},
		"A.6, the second key":         {general, map[string]string{"#e9bc097a-ce51-4036-9562-d2ade882db0d": joesECKey}, Pass, "JWS ES256"},
		"A.6, no key":                 {general, nil, Unknown, "JWS RS256"},
		"A.7":                         {flattened, both, Pass, "JWS ES256"},
		"A.7, another key of that id": {flattened, map[string]string{"#e9bc097a-ce51-4036-9562-d2ade882db0d": joesRSAKey}, Fail, "JWS ES256"},
	} {
		if f := check(t, c.doc, keysOf(t, "joe", c.keys)); f.Outcome != c.want || f.Suite != c.suite {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestRFC8037 has the signature of appendix A.4, whose payload is no JSON, and the thumbprint
// of A.3.
func TestRFC8037(t *testing.T) {
	public, err := ParseJWK([]byte(exampleOKP))
	if err != nil {
		t.Fatal(err)
	}
	signature, _ := base64.RawURLEncoding.DecodeString(
		"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
	)
	const signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
	if err := VerifyJOSE("EdDSA", public, signed, signature); err != nil {
		t.Error(err)
	}
	if err := VerifyJOSE("EdDSA", public, signed+"A", signature); err == nil {
		t.Error("another text has the same signature")
	}
	if got := Thumbprint(public); got != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" {
		t.Errorf("thumbprint %s", got)
	}
}

// TestRFC9901 has the presentation of appendix A.3, signed by the key of A.5: parts within
// a part, and a token that binds it to its holder's key.
func TestRFC9901(t *testing.T) {
	doc := strings.TrimSpace(string(readFile(t, filepath.Join("testdata", "rfc9901-a3.txt"))))
	keys := keysOf(t, "https://pid-issuer.bund.de.example", map[string]string{
		"": `{"kty":"EC","crv":"P-256","x":"b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ","y":"Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"}`,
	})
	parts := strings.Split(doc, "~")
	join := func(parts ...string) string { return strings.Join(parts, "~") }
	foreign := base64.RawURLEncoding.EncodeToString([]byte(`["salt","age_in_years",99]`))
	for name, c := range map[string]struct {
		doc  string
		want Outcome
	}{
		"as it is":                        {doc, Pass},
		"without the holder's token":      {join(parts[0], parts[1], parts[2], parts[3], ""), Pass},
		"nothing disclosed":               {parts[0] + "~", Pass},
		"a part within one that is not":   {join(parts[0], parts[2], ""), Unknown},
		"in another order":                {join(parts[0], parts[3], parts[2], parts[1], ""), Pass},
		"a part of nobody":                {join(parts[0], parts[1], foreign, ""), Unknown},
		"a part twice":                    {join(parts[0], parts[1], parts[1], ""), Unknown},
		"a part that is no JSON":          {join(parts[0], parts[1][1:], ""), Unknown},
		"an empty part":                   {join(parts[0], "", parts[1], ""), Unknown},
		"the end of the last part is cut": {join(parts[0], parts[1]), Unknown},
	} {
		f := check(t, c.doc, keys)
		if f.Outcome != c.want {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestVCJoseCose holds the inputs of the W3C's test suite against what it expects of a
// verifier, which has the issuer's keys: to accept or to reject. ES512 and presentations are
// not read here.
func TestVCJoseCose(t *testing.T) {
	input := func(name string) string {
		return string(readFile(t, sharedtest.Path(t, "material", "vc-jose-cose", "tests", "input", name)))
	}
	const issuer = "https://example.issuer/vc-jose-cose"
	jwks := make(map[string]string)
	for _, name := range []string{"vm-ed25519.json", "vm-p256.json", "vm-p384.json", "vm-p521.json"} {
		var vm struct {
			PublicKeyJwk struct{ Alg, Crv, Kid, Kty, X, Y string }
		}
		if err := json.Unmarshal([]byte(input(name)), &vm); err != nil {
			t.Fatal(err)
		}
		k := vm.PublicKeyJwk
		object, err := json.Marshal(map[string]string{"alg": k.Alg, "crv": k.Crv, "kty": k.Kty, "x": k.X, "y": k.Y})
		if err != nil {
			t.Fatal(err)
		}
		jwks["#"+k.Kid] = strings.ReplaceAll(string(object), `,"y":""`, "")
		if public, err := ParseJWK(object); err == nil && Thumbprint(public) != k.Kid {
			t.Errorf("%s: thumbprint %s, want %s", name, Thumbprint(public), k.Kid)
		}
	}
	keys := keysOf(t, issuer, jwks)
	for name, want := range map[string]struct {
		Outcome
		reason string
	}{
		"credential-jose-minimal.txt":            {Pass, ""},
		"credential-issuer-match-signed.txt":     {Pass, ""},
		"credential-sdjwt-selective.txt":         {Pass, ""},
		"credential-jose-bad-signature.txt":      {Fail, Broken},
		"credential-sdjwt-bad-signature.txt":     {Fail, Broken},
		"credential-jose-bad-media-type.txt":     {Unknown, Unsupported},
		"credential-sdjwt-bad-media-type.txt":    {Unknown, Unsupported},
		"credential-jose-vc-vp-claims.txt":       {Unknown, Unsupported},
		"credential-jose-unknown-extensions.txt": {Unknown, Unsupported}, // ES512
		"credential-sdjwt-nested.txt":            {Unknown, Unsupported}, // ES512
		"presentation-jose-bad-credential.txt":   {Unknown, Unsupported},
		"presentation-jose-multiple.txt":         {Unknown, Unsupported},
		"presentation-sdjwt-selective.txt":       {Unknown, Unsupported},
		"credential-minimal.json":                {Unknown, Absent},
	} {
		doc := input(name)
		if f := check(t, doc, keys); f.Outcome != want.Outcome || f.Reason != want.reason {
			t.Errorf("%s: %+v", name, f)
		}
		if want.Outcome != Pass {
			continue
		}
		if f := check(t, doc, nil); f.Outcome != Unknown || f.Reason != KeyUnknown {
			t.Errorf("%s without keys: %+v", name, f)
		}
		if f := Check(t.Context(), []byte(doc), []string{"https://another.example/"}, keys, time.Now()); f.Outcome != Unknown {
			t.Errorf("%s of another issuer: %+v", name, f)
		}
	}
}

// TestPublishedTokens has the signed samples of 1EdTech. None has a key that is the issuer's
// by anything at hand; that they are intact is told where they bring one.
func TestPublishedTokens(t *testing.T) {
	vc := []string{"material", "ob3-1edtech", "inspector-vc", "src", "test", "resources"}
	read := func(dir []string, name ...string) string {
		return string(readFile(t, sharedtest.Path(t, append(append([]string{}, dir...), name...)...)))
	}
	clr := []string{"material", "ob3-1edtech", "inspector-clr", "src", "test", "resources", "clr20"}
	for name, c := range map[string]struct{ doc, says string }{
		"clr20/simple.jwt":       {read(clr, "simple.jwt"), "is intact under the key that it brings"},
		"ob30/simple.jwt":        {read(vc, "ob30", "simple.jwt"), "not at hand offline"},
		"ob30/velocity.jwt":      {read(vc, "ob30", "velocity.jwt"), "nothing ties its key"},
		"ob30/simple-jwt.png":    {read(vc, "ob30", "simple-jwt.png"), "not at hand offline"},
		"ob30/simple-jwt.svg":    {read(vc, "ob30", "simple-jwt.svg"), "not at hand offline"},
		"ob30/simple-jwt_v1.png": {read(vc, "ob30", "simple-jwt_v1.png"), "not at hand offline"},
		"ob20/simple.jwt":        {read(vc, "ob20", "simple.jwt"), "nothing ties its key"},
	} {
		if f := check(t, c.doc, nil); f.Outcome != Unknown || f.Reason != KeyUnknown || !strings.Contains(f.Detail, c.says) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	// The signature of the badge holds under the key to which it links.
	for _, name := range []string{"simple.jwt", "simple-not-revoked.jwt", "simple-revoked.jwt"} {
		parts := strings.Split(strings.TrimSpace(read(vc, "ob20", name)), ".")
		var badge struct{ Verification struct{ Creator string } }
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		if err := json.Unmarshal(payload, &badge); err != nil {
			t.Fatal(err)
		}
		var key struct{ PublicKeyPem string }
		if err := json.Unmarshal([]byte(read(vc, "ob20", "assets", filepath.Base(badge.Verification.Creator))), &key); err != nil {
			t.Fatal(err)
		}
		public, err := parsePEM(key.PublicKeyPem)
		if err != nil {
			t.Fatal(err)
		}
		signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
		if err := VerifyJOSE("RS256", public, parts[0]+"."+parts[1], signature); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
