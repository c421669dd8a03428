package credential

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/internal/sharedtest"
)

// Each credential inside a learner record is one of its own.
func TestInner(t *testing.T) {
	token := jwt(es256, badgeB)
	clr := `{"type":["VerifiableCredential","ClrCredential"],"credentialSubject":{"verifiableCredential":[` + badgeA + `,"` + token + `",
		{"type":"EnvelopedVerifiableCredential","id":"data:application/vc+jwt,` + token + `"}]}}`
	all := []string{badgeA, token, token}
	for _, test := range []struct {
		name, doc string
		want      []string
		why       string
	}{
		{"CLR", clr, all, ""},
		{"CLR in a token", jwt(es256, `{"vc":`+clr+`}`), all, ""},
		{"CLR as the payload", jwt(es256, clr), all, ""},
		{"CLR in a picture", string(png(itxt("openbadgecredential", clr))), all, ""},
		{"presentation", `{"type":"VerifiablePresentation","verifiableCredential":` + badgeA + `}`, []string{badgeA}, ""},
		{
			"several subjects", `{"credentialSubject":[{"verifiableCredential":[` + badgeA + `]},{"verifiableCredential":[` + badgeB + `]}]}`,
			[]string{badgeA, badgeB},
			"",
		},
		{"no inner ones", badgeA, nil, ""},
		{"a PDF", "%PDF-1.7", nil, ""},
		{"a picture", string(png()), nil, ""},
		{"a number among them", `{"verifiableCredential":[1,` + badgeA + `]}`, []string{badgeA}, "neither an object nor a token"},
		{"a member twice", `{"verifiableCredential":[` + badgeA + `],"a":{"b":1,"b":2}}`, nil, "occurs twice"},
		{"more than anybody has", `{"verifiableCredential":[` + strings.Repeat("0,", 100_000) + `0]}`, nil, "more than 10000"},
		{"two in a picture", string(png(itxt("openbadges", clr), itxt("openbadges", clr))), nil, "two credentials"},
	} {
		var got, why []string
		for text, err := range Inner([]byte(test.doc)) {
			if err != nil {
				why = append(why, err.Error())
				continue
			}
			got = append(got, string(text))
			sumOf(t, text)
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if len(why) > maxInner+1 {
			t.Errorf("%s: %d errors", test.name, len(why))
		}
		if (len(why) > 0) != (test.why != "") || !strings.Contains(strings.Join(why, ""), test.why) {
			t.Errorf("%s: errors %q, want one with %q", test.name, why, test.why)
		}
	}
	for file, n := range map[string]int{"simple.json": 1, "simple.jwt": 1, "complex.json": 6} {
		count := 0
		for text, err := range Inner(readFile(t, sharedtest.Path(t, inspectorCLR, "clr20", file))) {
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			sumOf(t, text)
			count++
		}
		if count != n {
			t.Errorf("%s holds %d, want %d", file, count, n)
		}
	}
}

func FuzzInner(f *testing.F) {
	f.Add([]byte(`{"credentialSubject":{"verifiableCredential":[` + badgeA + `,"` + jwt(es256, badgeB) + `"]}}`))
	f.Add([]byte(jwt(es256, `{"vp":{"verifiableCredential":[`+badgeA+`]}}`)))
	f.Fuzz(func(t *testing.T, doc []byte) {
		for text, err := range Inner(doc) {
			if err == nil && (len(text) == 0 || len(text) > len(doc)) {
				t.Fatalf("%d bytes inside %d", len(text), len(doc))
			}
			if err == nil && sniff(text) != kindObject && !isJWT(text) {
				t.Fatalf("%q", bytes.Clone(text))
			}
		}
	})
}

func TestIsFor(t *testing.T) {
	// printf alice@example.orgdeadsea | sha256sum, and so on.
	const (
		sha   = "sha256$95f6e6e5dc4ea4ff9ee7bb0b0c3e9e5a"
		email = "alice@example.org"
	)
	ob2 := func(recipient string) string {
		return `{"type":"Assertion","badge":"https://a","recipient":` + recipient + `}`
	}
	subject := func(members string) string {
		return `{"type":"VerifiableCredential","credentialSubject":{` + members + `}}`
	}
	long := strings.Repeat("A", 4*maxText)
	var many string
	for i := range 5000 {
		many += fmt.Sprintf(`{"id":"did:key:z%d"},`, i)
	}
	sum := func(s string) string { return "sha256$" + identityHashes["sha256"](s) }
	for _, test := range []struct {
		name, doc, who string
		same, known    bool
	}{
		{
			"hashed with salt", ob2(`{"type":"email","hashed":true,"salt":"deadsea","identity":"` + sum("alice@example.orgdeadsea") + `"}`),
			email, true, true,
		},
		{"asked in other case", ob2(`{"type":"email","hashed":true,"identity":"` + sum(email) + `"}`), "Alice@Example.org", true, true},
		{
			"hashed as written", ob2(`{"type":"email","hashed":true,"identity":"` + sum("Alice@example.org") + `"}`), "Alice@example.org", true,
			true,
		},
		{"hash in upper case", ob2(`{"type":"email","hashed":true,"identity":"` + strings.ToUpper(sum(email)) + `"}`), email, true, true},
		{"not said to be hashed", ob2(`{"type":"email","identity":"` + sum(email) + `"}`), email, true, true},
		{"md5", ob2(`{"type":"email","hashed":true,"identity":"md5$fbf7c6aec1d4280b7c2704c1c0478bd6"}`), email, true, true},
		{"another's hash", ob2(`{"type":"email","hashed":true,"salt":"x","identity":"` + sum(email) + `"}`), email, false, false},
		{
			"hashed with capitals, asked without",
			ob2(`{"type":"email","hashed":true,"salt":"s","identity":"` + sum("Pat.Miller@Mail.Examples") + `"}`),
			"pat.miller@mail.example", true, true,
		},
		{"hashed with mailto", ob2(`{"type":"email","hashed":true,"identity":"` + sum("mailto:Alice@example.org") + `"}`), email, true, true},
		{
			"hashed in a spelling of one's own", ob2(`{"type":"email","hashed":true,"identity":"` + sum("aLice@example.org") + `"}`),
			email, false, false,
		},
		{"hashed with another's name", ob2(`{"type":"email","hashed":true,"identity":"` + sum("bob@example.org") + `"}`), email, false, false},
		{
			"hashed, and another's address in the open",
			subject(`"email":"bob@example.org","identifier":{"hashed":true,"identityType":"emailAddress","identityHash":"` +
				sum("carol@example.org") + `"}`),
			email, false, true,
		},
		{"hash of a number", ob2(`{"type":"telephone","hashed":true,"identity":"` + sum("+49301234") + `"}`), "+49 (30) 1234", true, true},
		{
			"hash of a number with tel",
			ob2(`{"type":"telephone","hashed":true,"identity":"` + sum("tel:+49301234") + `"}`), "+49301234", true, true,
		},
		{
			"hash of a URL with a slash",
			ob2(`{"type":"url","hashed":true,"identity":"` + sum("http://a.example/u/") + `"}`), "https://a.example/u", true, true,
		},
		{"letters composed in another way", subject(`"email":"zoe\u0308@example.org"`), "zo\u00eb@example.org", false, false},
		{"domain in A-labels", subject(`"email":"pat@xn--mnchen-3ya.example"`), "pat@m\u00fcnchen.example", false, false},
		{"another, domain in A-labels", subject(`"email":"bob@xn--mnchen-3ya.example"`), "pat@m\u00fcnchen.example", false, true},
		{"spaces around", subject(`"email":"alice@example.org"`), " alice@example.org\n", true, true},
		{
			"number of a member, other hyphens", subject(`"identifier":{"identityType":"studentId","identityHash":"123"}`), "12-3", false, false,
		},
		{
			"hashed number of a member, other hyphens",
			subject(`"identifier":{"hashed":true,"identityType":"studentId","identityHash":"` + sum("123") + `"}`), "12-3", false, false,
		},
		{"telephone in other hyphens", ob2(`{"type":"telephone","identity":"+49-30-1234"}`), "tel:+49 30/1234", false, false},
		{"telephone without hyphens", ob2(`{"type":"telephone","identity":"+49301234"}`), "+49-30-1234", true, true},
		{"number in other digits", subject(`"identifier":{"identityType":"telephone","identityHash":"0301234"}`), "+49301234", false, false},
		{"hash of another kind", ob2(`{"type":"email","hashed":true,"identity":"sha512$00"}`), email, false, false},
		{"damaged hash", ob2(`{"type":"email","hashed":true,"identity":"` + sha + `"}`), email, false, false},
		{"hash of a URL", ob2(`{"type":"url","hashed":true,"identity":"` + sum("https://a.example/u") + `"}`), "https://a.example/u", true, true},
		{
			"hash of a URL, asked for an address", ob2(`{"type":"url","hashed":true,"identity":"` + sum("https://a.example/u") + `"}`), email,
			false, false,
		},
		{"OB1", `{"badge":"https://a","recipient":"` + sum(email+"s") + `","salt":"s"}`, email, true, true},
		{"plain", ob2(`{"type":"email","hashed":false,"identity":"ALICE@example.org"}`), email, true, true},
		{"plain, another", ob2(`{"type":"email","hashed":false,"identity":"bob@example.org"}`), email, false, true},
		{"OB3, DID", `{"type":"VerifiableCredential","credentialSubject":{"id":"did:key:a"}}`, "did:key:a", true, true},
		{"OB3, DID in other case", `{"type":"VerifiableCredential","credentialSubject":{"id":"did:key:a"}}`, "did:key:A", false, true},
		{"OB3, DID, asked for an address", `{"type":"VerifiableCredential","credentialSubject":{"id":"did:key:a"}}`, email, false, false},
		{"OB3, mailto", `{"type":"VerifiableCredential","credentialSubject":{"id":"mailto:alice@example.org"}}`, email, true, true},
		{
			"OB3, identifier",
			`{"type":"VerifiableCredential","credentialSubject":{"id":"did:key:a","identifier":[{"type":"IdentityObject","hashed":true,` +
				`"identityHash":"` + sum(email+"x") + `","identityType":"emailAddress","salt":"x"}]}}`,
			email, true, true,
		},
		{"OB3, mailto in upper case", subject(`"id":"MAILTO:alice@example.org"`), email, true, true},
		{"asked with mailto in upper case", subject(`"email":"alice@example.org"`), "Mailto:Alice@example.org", true, true},
		{"account of the same name", subject(`"id":"acct:alice@example.org"`), email, false, false},
		{"URL, asked for a DID", subject(`"id":"https://a.example/u"`), "did:key:a", false, false},
		{"DID, asked for a URL", subject(`"id":"did:key:a"`), "https://a.example/u", false, false},
		{"DID, asked for a number", subject(`"id":"did:key:a"`), "+49 30 1", false, false},
		{"DID, asked for its key", subject(`"id":"did:key:a"`), "did:key:a#1", false, false},
		{"URL in another spelling", subject(`"id":"https://A.example/u"`), "https://a.example/u/", false, false},
		{"another URL", subject(`"id":"https://a.example/u"`), "https://a.example/v", false, true},
		{
			"number at a school, asked for a name",
			subject(`"identifier":{"type":"IdentityObject","identityType":"studentId","identityHash":"1","hashed":false}`), "Ada", false, false,
		},
		{
			"number at a school", subject(`"identifier":{"type":"IdentityObject","identityType":"studentId","identityHash":"1","hashed":false}`),
			"1", true, true,
		},
		{"number in other digits, typed as an address", subject(`"identifier":{"identityType":"email","identityHash":"1"}`), email, false, false},
		{"Kelvin sign", subject(`"email":"mar\u212a@boo\u212as.example"`), "mark@books.example", false, false},
		{"long s", subject(`"email":"\u017fam@example.org"`), "sam@example.org", false, false},
		{"unknown hash, not said to be one", ob2(`{"type":"email","hashed":false,"identity":"sha512$00aa"}`), email, false, false},
		{"unknown hash of an unknown sort", ob2(`{"identity":"blake3$00aa"}`), "did:key:a", false, false},
		{"beyond what is displayed", subject(`"id":"did:jwk:` + long + `b"`), "did:jwk:" + long + "b", true, true},
		{"beyond what is displayed, another", subject(`"id":"did:jwk:` + long + `b"`), "did:jwk:" + long + "c", false, true},
		{"the last of many", `{"type":"VerifiableCredential","credentialSubject":[` + many + `{"id":"did:key:a"}]}`, "did:key:a", true, true},
		{"nobody", `{"type":"VerifiableCredential","credentialSubject":{}}`, email, false, false},
		{"a PDF", "%PDF-1.7", email, false, false},
	} {
		d := Describe([]byte(test.doc))
		if same, known := d.IsFor(test.who); same != test.same || known != test.known {
			t.Errorf("%s: %v, %v; want %v, %v (%+v)", test.name, same, known, test.same, test.known, d.Recipients)
		}
	}
	for name, doc := range map[string]string{
		"two places": jwt(es256, `{"sub":"did:key:a","vc":{"credentialSubject":{"id":"did:key:b"}}}`),
		"two places, in turn": jwt(es256, `{"sub":"did:key:b","type":"VerifiableCredential","credentialSubject":[{"id":"did:key:a"},`+
			`{"id":"did:key:b"}]}`),
		"header":                  jwt(`{"alg":"x","sub":"did:key:a"}`, `{"type":"VerifiableCredential","credentialSubject":{"id":"did:key:b"}}`),
		"sub no text":             jwt(es256, `{"sub":{"id":"did:key:a"}}`),
		"claim beside vc":         jwt(es256, `{"credentialSubject":{"id":"did:key:a"},"vc":{"credentialSubject":{"id":"did:key:b"}}}`),
		"sub of what is no JWT":   `{"type":"VerifiableCredential","sub":"did:key:a","credentialSubject":{"id":"did:key:b"}}`,
		"recipient of another":    `{"type":"VerifiableCredential","recipient":{"identity":"a@b.c"},"credentialSubject":{"id":"did:key:b"}}`,
		"JSON of an unknown sort": `{"credentialSubject":{"id":"did:key:a"}}`,
		"too many": `{"type":"VerifiableCredential","credentialSubject":[` + many + strings.ReplaceAll(many, "z", "y") +
			many[:len(many)-1] + `,"x"]}`,
	} {
		if d := Describe([]byte(doc)); d.RecipientProblem == "" {
			t.Errorf("%s: no problem, %+v", name, d.Recipients[:min(len(d.Recipients), 9)])
		}
	}
}
