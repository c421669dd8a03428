package trustlist

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/multiformats/go-multibase"
)

var today = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

func TestRead(t *testing.T) {
	college := Entry{"Exemplar Community College", []string{"did:web:college.example"}, []string{"college.example"}}
	for name, c := range map[string]struct {
		in      string
		list    string
		dated   string
		entries []Entry
		skipped int
	}{
		"an issuer registry": {
			in: `{"meta":{"created":"2020-12-02T02:32:16+0000","updated":"2025-03-12T16:20:00+00:00"},"registry":{
				"did:web:college.example":{"name":"Exemplar Community College","location":"Utopia","url":"https://www.college.example/"},
				"did:web:platform.example:issuers:7":{"name":"Hosted","url":"https://platform.example/hosted"},
				"did:key:z6MkpLDL3RoAoMRTwTgo3rs39ZwssfaPKtGdZw7AGRN7CK4W":{"url":"https://somewhere.example"},
				"nobody":{"name":"Nobody","url":"x"}}}`,
			dated: "2025-03-12T16:20:00Z",
			entries: []Entry{
				college,
				{"Hosted", []string{"did:web:platform.example:issuers:7"}, nil},
				{
					"did:key:z6MkpLDL3RoAoMRTwTgo3rs39ZwssfaPKtGdZw7AGRN7CK4W",
					[]string{"did:key:z6MkpLDL3RoAoMRTwTgo3rs39ZwssfaPKtGdZw7AGRN7CK4W"},
					[]string{"somewhere.example"},
				},
			},
			skipped: 1,
		},
		"the older spelling of times": {
			in: `{"meta":{"created":"2020-12-02T02:32:16+0000"},
				"registry":{"did:web:college.example":{"name":"Exemplar Community College"}}}`,
			dated:   "2020-12-02T02:32:16Z",
			entries: []Entry{college},
		},
		"recognized entities": {
			in: `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential","RecognizedEntityCredential"],
				"issuer":{"id":"did:web:learning-commission.example","type":"RecognizedIssuer"},
				"validFrom":"2025-01-01T00:00:00Z","validUntil":"2030-01-01T00:00:00Z",
				"credentialSubject":[
				 {"id":"did:web:college.example","type":"RecognizedEntity","name":"Exemplar Community College","url":"https://college.example/",
				  "recognizedTo":{"type":"RecognizedAction","action":"issue"}},
				 {"id":"did:web:checks.example","type":"RecognizedEntity","name":"Checks","recognizedTo":{"action":"verify"}},
				 {"id":"did:web:old.example","type":"RecognizedEntity","name":"Old",
				  "recognizedTo":[{"action":"issue","validUntil":"2026-01-01T00:00:00Z"}]},
				 {"id":"did:web:university.example","legalName":[{"@value":"Example Polytechnic","@language":"en"}],
				  "sameAs":"https://u.example/about"}]}`,
			list: "did:web:learning-commission.example", dated: "2025-01-01T00:00:00Z",
			entries: []Entry{college, {
				"Example Polytechnic", []string{"did:web:university.example", "https://u.example/about"}, []string{"university.example"},
			}},
			skipped: 2,
		},
		"a single entity, in the words of the drafts": {
			in: `{"type":["VerifiableCredential","VerifiableRecognitionCredential"],"issuer":"did:web:c.example","name":"Commission's list",
				"credentialSubject":{"id":"did:web:college.example","name":"Exemplar Community College"}}`,
			list:    "Commission's list",
			entries: []Entry{college},
		},
		"profiles": {
			in: `[{"id":"https://college.example/issuer","type":["Profile"],"name":"Exemplar Community College","url":"https://college.example"},
				{"id":7}]`,
			entries: []Entry{{"Exemplar Community College", []string{"https://college.example/issuer"}, []string{"college.example"}}},
			skipped: 1,
		},
		"a listing of subordinates": {
			in: `["did:web:college.example", "https://idp.example/a"]`,
			entries: []Entry{
				{"did:web:college.example", []string{"did:web:college.example"}, []string{"college.example"}},
				{"https://idp.example/a", []string{"https://idp.example/a"}, nil},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Read(t.Context(), []byte(c.in), today)
			if err != nil {
				t.Fatal(err)
			}
			dated := ""
			if !r.List.Dated.IsZero() {
				dated = r.List.Dated.Format(time.RFC3339)
			}
			if diff := cmp.Diff(c.entries, r.List.Entries); diff != "" {
				t.Error(diff)
			}
			if r.List.Name != c.list || dated != c.dated || r.Skipped != c.skipped {
				t.Errorf("name %q, dated %q, %d skipped", r.List.Name, dated, r.Skipped)
			}
		})
	}
}

// TestReadRegistries reads the consortium's list of registries, whose entries are of three kinds.
func TestReadRegistries(t *testing.T) {
	r, err := Read(t.Context(), []byte(`[
		{"type":"oidf","trustAnchorEC":"https://registry.example/.well-known/openid-federation",
		 "fetchEndpoint":"https://registry.example/fetch?sub=","name":"Member Registry"},
		{"type":"oidf","fetchEndpoint":"https://old.example/fetch?sub=","name":"Old Registry"},
		{"type":"dcc-legacy","name":"Community Registry","url":"https://registry.example/registry.json"}]`), today)
	if err != nil {
		t.Fatal(err)
	}
	want := []Registry{
		{"Member Registry", "https://registry.example/.well-known/openid-federation"},
		{"Community Registry", "https://registry.example/registry.json"},
	}
	if diff := cmp.Diff(want, r.Others); diff != "" || r.List != nil || r.Skipped != 1 || len(r.Remarks) != 1 {
		t.Errorf("%s\n%+v", diff, r)
	}
}

// TestConsortiumToken checks a real signature of others' making.
func TestConsortiumToken(t *testing.T) {
	then := time.Unix(1745947681, 0)
	r, err := Read(t.Context(), []byte(dccToken+"\n"), then)
	if err != nil {
		t.Fatal(err)
	}
	f, host := r.Federation, "https://test.registry.dcconsortium.org"
	if f == nil || f.Issuer != host || f.ListURL != host+"/subordinate_listing" || f.FetchURL != host+"/fetch" ||
		r.List.Name != "Digital Credentials Consortium (TEST)" {
		t.Errorf("%+v %+v", r.List, f)
	}
	if len(r.List.Key) != 43 {
		t.Errorf("key %q", r.List.Key)
	}
	if _, err := Read(t.Context(), []byte(dccToken), today); err == nil || !strings.Contains(err.Error(), "ran out on 2025-04-30") {
		t.Errorf("after it has run out: %v", err)
	}
	broken := []byte(dccToken)
	broken[len(broken)-20] ^= 1
	if _, err := Read(t.Context(), broken, then); err == nil || !strings.Contains(err.Error(), "does not hold") {
		t.Errorf("with another signature: %v", err)
	}
}

// signer makes tokens with a key of its own.
type signer struct {
	alg  string
	jwk  map[string]any
	sign func(data []byte) []byte
}

func enc(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (s signer) token(t *testing.T, typ, kid string, claims map[string]any) []byte {
	t.Helper()
	header, err := json.Marshal(map[string]any{"alg": s.alg, "typ": typ, "kid": kid})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	data := enc(header) + "." + enc(payload)
	return []byte(data + "." + enc(s.sign([]byte(data))))
}

func signers(t *testing.T) map[string]signer {
	t.Helper()
	all := make(map[string]signer)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all["EdDSA"] = signer{"EdDSA", map[string]any{"kty": "OKP", "crv": "Ed25519", "x": enc(public), "kid": "k"}, func(data []byte) []byte {
		return ed25519.Sign(private, data)
	}}
	for alg, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384()} {
		k, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		size := curve.Params().BitSize / 8
		point, err := k.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		jwk := map[string]any{"kty": "EC", "crv": curve.Params().Name, "x": enc(point[1 : 1+size]), "y": enc(point[1+size:]), "kid": "k"}
		all[alg] = signer{alg, jwk, func(data []byte) []byte {
			var digest []byte
			if alg == "ES256" {
				sum := sha256.Sum256(data)
				digest = sum[:]
			} else {
				sum := sha512.Sum384(data)
				digest = sum[:]
			}
			r, s, err := ecdsa.Sign(rand.Reader, k, digest)
			if err != nil {
				t.Fatal(err)
			}
			return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
		}}
	}
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	jwk := map[string]any{"kty": "RSA", "n": enc(k.N.Bytes()), "e": enc(big.NewInt(int64(k.E)).Bytes()), "kid": "k"}
	all["RS256"] = signer{"RS256", jwk, func(data []byte) []byte {
		sum := sha256.Sum256(data)
		sig, err := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}}
	all["PS256"] = signer{"PS256", jwk, func(data []byte) []byte {
		sum := sha256.Sum256(data)
		sig, err := rsa.SignPSS(rand.Reader, k, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}}
	return all
}

const anchor = "https://registry.example"

// configuration is an entity configuration, changed by some members.
func configuration(jwk map[string]any, change map[string]any) map[string]any {
	claims := map[string]any{
		"iss": anchor, "sub": anchor, "iat": today.Unix() - 60, "exp": today.Unix() + 3600,
		"jwks": map[string]any{"keys": []any{jwk}},
		"metadata": map[string]any{"federation_entity": map[string]any{
			"organization_name": "Registry", "federation_list_endpoint": anchor + "/list", "federation_fetch_endpoint": anchor + "/fetch",
		}},
	}
	for k, v := range change {
		claims[k] = v
	}
	return claims
}

const statementType = "entity-statement+jwt"

func TestFederation(t *testing.T) {
	all := signers(t)
	for alg, s := range all {
		t.Run(alg, func(t *testing.T) {
			r, err := Read(t.Context(), s.token(t, statementType, "k", configuration(s.jwk, nil)), today)
			if err != nil {
				t.Fatal(err)
			}
			f := r.Federation
			ids, err := f.Subordinates([]byte(`["did:web:college.example"]`))
			if err != nil || len(ids) != 1 {
				t.Fatal(ids, err)
			}
			about := map[string]any{
				"iss": anchor, "sub": ids[0], "iat": today.Unix(), "exp": today.Unix() + 60, "metadata": map[string]any{
					"federation_entity": map[string]any{"organization_name": "College", "homepage_uri": "https://www.college.example"},
				},
			}
			answer := s.token(t, statementType, "k", about)
			if ok, err := f.Add(r.List, ids[0], answer, today); err != nil || !ok {
				t.Fatal(ok, err)
			}
			want := []Entry{{"College", []string{"did:web:college.example"}, []string{"college.example"}}}
			if diff := cmp.Diff(want, r.List.Entries); diff != "" {
				t.Error(diff)
			}
			if ok, err := f.Add(r.List, "did:web:other.example", answer, today); ok || err == nil {
				t.Error("a statement about another was taken")
			}
			other := all["EdDSA"]
			if alg == "EdDSA" {
				other = all["ES256"]
			}
			if ok, err := f.Add(r.List, ids[0], other.token(t, statementType, "k", about), today); ok || err == nil {
				t.Error("a statement under another's key was taken")
			}
			about["iss"] = "https://other.example"
			if ok, err := f.Add(r.List, ids[0], s.token(t, statementType, "k", about), today); ok || err == nil {
				t.Error("a statement of another was taken")
			}
		})
	}
}

// TestHostile reads lists that are not to be taken, and looks whether the error says why.
func TestHostile(t *testing.T) {
	s, other := signers(t)["ES256"], signers(t)["ES256"]
	hmac := s
	hmac.alg = "HS256"
	none := signer{"none", s.jwk, func([]byte) []byte { return nil }}
	config := func(k string, v any) []byte {
		return s.token(t, statementType, "k", configuration(s.jwk, map[string]any{k: v}))
	}
	many := `{"registry":{` + strings.Repeat(`"did:web:a.example":{},`, 3) + `"did:web:b.example":{}}}`
	recognized := func(more string) string {
		return `{"type":["RecognizedEntityCredential"],"issuer":"did:web:c.example","credentialSubject":[{"id":"did:web:a.example"}]` + more + `}`
	}
	for name, c := range map[string]struct{ in, want string }{
		"nothing":                           {"", "is empty"},
		"blanks":                            {" \n", "is empty"},
		"a page":                            {"<!doctype html><title>404</title>", "known are registries"},
		"some object":                       {`{"issuers":[]}`, "known are registries"},
		"some text":                         {`"did:web:a.example"`, "known are registries"},
		"another credential":                {`{"type":["VerifiableCredential"],"issuer":"did:web:a.example"}`, "known are registries"},
		"broken JSON":                       {`{"registry":{"did:web:a.example":{}`, "not JSON"},
		"trailing data":                     {`{"registry":{"did:web:a.example":{}}} x`, "not JSON"},
		"an entry twice":                    {many, "twice"},
		"a member twice":                    {`{"registry":{},"registry":{}}`, "twice"},
		"an array as the registry":          {`{"registry":["did:web:a.example"]}`, "not an object"},
		"null as the registry":              {`{"registry":null}`, "not an object"},
		"a text as an entry":                {`{"registry":{"did:web:a.example":"A"}}`, "not an object"},
		"nobody":                            {`{"registry":{}}`, "nobody on the list"},
		"nobody known":                      {`{"registry":{"a":{"name":"A"}}}`, "nobody on the list"},
		"ids that hide":                     {`{"registry":{"did:web:a\u202e.example":{"url":"javascript:1"}}}`, "nobody on the list"},
		"invalid UTF-8":                     {"{\"registry\":{\"did:web:\xff\":{}}}", "not JSON"},
		"an id of 3 KB":                     {`{"registry":{"did:web:` + strings.Repeat("a", 3000) + `":{}}}`, "nobody on the list"},
		"deep nesting":                      {strings.Repeat("[", 20_000), "not JSON"},
		"an empty array":                    {`[]`, "nobody on the list"},
		"an array of numbers":               {`[1,2]`, "known are registries"},
		"an array of nulls":                 {`[null]`, "known are registries"},
		"a listing with a number":           {`["did:web:a.example",1]`, "entry 1"},
		"registries without a place":        {`[{"type":"oidf","fetchEndpoint":"https://a.example/f?sub=","name":"A"}]`, "where its list is"},
		"300 registries":                    {strings.ReplaceAll(profilesOf(300), "id", "url"), "300 registries"},
		"a profile that is none":            {`[{"id":"did:web:a.example"},7]`, "profile 1"},
		"entities without an issuer":        {`{"type":"RecognizedEntityCredential","credentialSubject":[]}`, "whose it is"},
		"entities that ran out":             {recognized(`,"validUntil":"2026-01-01T00:00:00Z"`), "ran out on 2026-01-01"},
		"entities of the future":            {recognized(`,"validFrom":"2027-01-01T00:00:00Z"`), "valid only from 2027"},
		"entities with odd dates":           {recognized(`,"validUntil":"soon"`), "cannot be read"},
		"entities with null dates":          {recognized(`,"validUntil":null`), "cannot be read"},
		"entities that are none":            {`{"type":"RecognizedEntityCredential","issuer":"did:web:c","credentialSubject":[""]}`, "entity 0"},
		"no entity":                         {`{"type":"RecognizedEntityCredential","issuer":"did:web:c.example"}`, "nobody on the list"},
		"a token that is none":              {"eyJ.a.b", "is no token"},
		"a token with a bent header":        {enc([]byte(`{"alg":`)) + "." + enc([]byte(`{}`)) + ".AA", "header"},
		"a token of another type":           {string(s.token(t, "JWT", "k", configuration(s.jwk, nil))), "neither an entity statement"},
		"a token signed by nobody":          {string(none.token(t, statementType, "k", configuration(s.jwk, nil))), "does not hold"},
		"a token with a shared secret":      {string(hmac.token(t, statementType, "k", configuration(s.jwk, nil))), "does not hold"},
		"a token under another key":         {string(other.token(t, statementType, "k", configuration(s.jwk, nil))), "does not hold"},
		"a token that names no key of its":  {string(s.token(t, statementType, "x", configuration(s.jwk, nil))), "none of the keys"},
		"a token without keys":              {string(config("jwks", nil)), "none of the keys"},
		"a token that ran out":              {string(config("exp", today.Unix()-3600)), "ran out"},
		"a token of the future":             {string(config("iat", today.Unix()+7200)), "of the future"},
		"a token without a time":            {string(config("exp", 0)), "for what time"},
		"a token with a huge time":          {string(config("exp", 1e300)), "for what time"},
		"a token with a time before":        {string(config("iat", -1)), "for what time"},
		"a token without a subject":         {string(config("sub", "")), "who speaks of whom"},
		"an entity without subordinates":    {string(config("metadata", map[string]any{})), "not a list"},
		"a kept list of a newer version":    {`{"hallmarkList":2}`, "not a trust list"},
		"a list of 33 MiB":                  {strings.Repeat(" ", MaxSize+1), "more than"},
		"200,001 entries":                   {registryOf(MaxEntries + 1), "more than 200000"},
		"200,001 subordinates":              {listingOf(MaxEntries + 1), "more than 200000"},
		"200,001 profiles":                  {profilesOf(MaxEntries + 1), "more than 200000"},
		"a token with an extension":         {critical(s), "extensions"},
		"a token with a padded part":        {strings.Replace(string(config("x", 1)), ".", "=.", 1), "known are registries"},
		"a credential with a bad name type": {recognized(`,"issuer":1`), "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(t.Context(), []byte(c.in), today)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if err != nil && (len(err.Error()) > 1000 || strings.Contains(err.Error(), "json")) {
				t.Errorf("an error with the library's words, or too long: %v", err)
			}
		})
	}
}

func critical(s signer) string {
	data := enc([]byte(`{"alg":"ES256","typ":"entity-statement+jwt","kid":"k","crit":["b64"],"b64":false}`)) + "." + enc([]byte(`{}`))
	return data + "." + enc(s.sign([]byte(data)))
}

func registryOf(n int) string {
	var b strings.Builder
	b.WriteString(`{"registry":{`)
	for i := range n {
		fmt.Fprintf(&b, `"did:web:c%d.example":{"name":"College %d"},`, i, i)
	}
	return strings.TrimSuffix(b.String(), ",") + "}}"
}

func listingOf(n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(`"did:web:a.example",`, n), ",") + "]"
}

func profilesOf(n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(`{"id":"did:web:a.example"},`, n), ",") + "]"
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(dccToken))
	f.Add([]byte(registryOf(2)))
	f.Add([]byte(`[{"type":"dcc-legacy","name":"R","url":"https://r.example"}]`))
	f.Add([]byte(`[{"id":["did:web:a.example"],"name":{"@value":"A"},"url":"https://www.a.example/"}]`))
	f.Add([]byte(`{"type":"RecognizedEntityCredential","issuer":{"id":"did:web:c.example"},
		"credentialSubject":{"id":"did:web:a.example","recognizedTo":[{"action":"issue"}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read(t.Context(), data, time.Unix(1745947681, 0))
		if err != nil {
			return
		}
		if (r.List == nil) == (r.Others == nil) {
			t.Fatal("neither a list nor lists, or both")
		}
		if r.List == nil || len(r.List.Entries) == 0 {
			return
		}
		// What was read can be kept, and is the same afterwards.
		l := r.List
		if l.Format != FormatHallmark {
			l.Got("https://registry.example", today, data)
		}
		if l.Name == "" {
			l.Name = "Registry"
		}
		kept, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(kept)
		if err != nil {
			t.Fatalf("%v\n%s", err, kept)
		}
		if diff := cmp.Diff(l, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestRecognizedSignature holds a list of recognized entities against the key that its issuer's
// identifier is.
func TestRecognizedSignature(t *testing.T) {
	s := signers(t)["EdDSA"]
	public, err := base64.RawURLEncoding.DecodeString(s.jwk["x"].(string))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := multibase.Encode(multibase.Base58BTC, append([]byte{0xed, 1}, public...))
	if err != nil {
		t.Fatal(err)
	}
	issuer := "did:key:" + encoded
	vc := map[string]any{
		"@context": []string{"https://www.w3.org/ns/credentials/v2"}, "type": []string{"VerifiableCredential", "RecognizedEntityCredential"},
		"issuer": issuer, "credentialSubject": map[string]any{"id": "did:web:college.example", "name": "College"},
	}
	token := s.token(t, "vc+jwt", issuer+"#"+encoded, vc)
	r, err := Read(t.Context(), token, today)
	if err != nil || len(r.List.Entries) != 1 || len(r.Remarks) != 1 || !strings.Contains(r.Remarks[0], "it is signed by") {
		t.Fatalf("%+v, %v", r, err)
	}
	vc["credentialSubject"] = map[string]any{"id": "did:web:forger.example", "name": "College"}
	payload, err := json.Marshal(vc)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(token), ".")
	forged := parts[0] + "." + enc(payload) + "." + parts[2]
	if _, err := Read(t.Context(), []byte(forged), today); err == nil || !strings.Contains(err.Error(), "does not hold") {
		t.Errorf("a forged list: %v", err)
	}
}

func TestDomainOf(t *testing.T) {
	for text, want := range map[string]string{
		"did:web:college.example": "college.example", "https://WWW.College.example/": "college.example",
		"http://college.example": "college.example", "https://xn--bcher-kva.example": "xn--bcher-kva.example",
		"https://bücher.example":    "xn--bcher-kva.example",
		"did:web:college.example:a": "", "did:web:college.example%3A8443": "", "https://college.example/a": "", "https://college.example?a": "",
		"https://u@college.example": "", "https://college.example:8443": "", "https://10.0.0.1": "", "https://[::1]": "", "https://localhost": "",
		"ftp://college.example": "", "did:key:z6Mk": "", "college.example": "", "": "", "https://": "", "https://a..example": "",
		"https://-a.example": "",
	} {
		if got, ok := domainOf(text); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %t, want %q", text, got, ok, want)
		}
	}
}
