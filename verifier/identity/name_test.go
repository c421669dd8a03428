package identity_test

import (
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"

	"github.com/hallmark-node/hallmark/verifier/identity"
)

func TestHost(t *testing.T) {
	for id, want := range map[string]string{
		"https://college.example":                              "college.example",
		"https://college.example/issuers/1?a#b":                "college.example",
		"https://www.college.example:8443/":                    "www.college.example",
		"HTTPS://College.EXAMPLE/":                             "college.example",
		"https://college.example./":                            "college.example",
		"https://bücher.example/":                              "xn--bcher-kva.example",
		"https://BÜCHER.example/":                              "xn--bcher-kva.example",
		"https://XN--BCHER-KVA.example/":                       "xn--bcher-kva.example",
		"https://faß.example/":                                 "xn--fa-hia.example", // nontransitional
		"https://college。example/":                             "college.example",    // an ideographic full stop
		"https://ｃｏｌｌｅｇｅ.example/":                             "college.example",
		"https://сollege.example/":                             "xn--ollege-hrf.example", // a Cyrillic first letter
		"https://localhost/":                                   "localhost",
		"https://college.example/@evil.example":                "college.example",
		"https://college.example?@evil.example":                "college.example",
		"https://college.example#@evil.example":                "college.example",
		"did:web:college.example":                              "college.example",
		"did:web:college.example:issuers:1":                    "college.example",
		"did:web:college.example%3A8443":                       "college.example",
		"did:web:college.example%3a8443:issuers":               "college.example",
		"did:web:college.example#key-1":                        "college.example",
		"did:web:college.example?versionId=1":                  "college.example",
		"did:web:evil.example#.college.example":                "evil.example",
		"did:web:College.example":                              "college.example",
		"did:web:xn--bcher-kva.example":                        "xn--bcher-kva.example",
		"did:web:bücher.example":                               "xn--bcher-kva.example",
		"":                                                     "",
		"college.example":                                      "",
		"http://college.example/":                              "",
		"ftp://college.example/":                               "",
		"https:college.example":                                "", // browsers take it for a URL, others do not
		"https:/college.example":                               "",
		"https:///college.example":                             "",
		"//college.example":                                    "",
		" https://college.example":                             "",
		"https://college.example ":                             "",
		"https://college.example\n":                            "",
		"ht\ttps://college.example":                            "",
		"https://college.example@evil.example/":                "",
		"https://user:pass@college.example/":                   "",
		"https://@college.example/":                            "",
		`https://evil.example\@college.example/`:               "",
		`https://college.example\evil`:                         "",
		`https://college.example/a\b`:                          "",
		"https://college%2eexample/":                           "",
		"https://college.example%00.evil.example/":             "",
		"https://b%C3%BCcher.example/":                         "",
		"https://192.0.2.1/":                                   "",
		"https://0x7f.1/":                                      "",
		"https://2130706433/":                                  "",
		"https://college.192/":                                 "",
		"https://[2001:db8::1]/":                               "",
		"https://[::ffff:192.0.2.1]:443/":                      "",
		"https://college..example/":                            "",
		"https://.college.example/":                            "",
		"https://college.example../":                           "",
		"https://-college.example/":                            "",
		"https://a_b.college.example/":                         "",
		"https://college\u200b.example\u202e/":                 "",
		"https://xn--a.example/":                               "",
		"https://xn--college-.example/":                        "",
		"https://" + strings.Repeat("a", 64) + ".example":      "",
		"https://" + strings.Repeat("a.", 124) + "example":     "",
		"https://college.example/" + strings.Repeat("a", 2048): "",
		"did:web:":                                  "",
		"did:web::issuers":                          "",
		"did:web:%3A8443":                           "",
		"did:web:college.example%3Aport":            "",
		"did:web:college.example%2Fissuers":         "",
		"did:web:user@college.example":              "",
		"did:web:college.example%40evil.example":    "",
		`did:web:evil.example\college.example`:      "",
		"did:web:192.0.2.1":                         "",
		"did:web:[2001":                             "",
		"DID:WEB:college.example":                   "",
		"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2Q":  "",
		"did:pkh:eip155:1:0xabcd":                   "",
		"urn:uuid:b4f8a9c2-0000-0000-0000-00000000": "",
		"mailto:someone@college.example":            "",
	} {
		if got, ok := identity.Host(id); got != want && ok || ok != (want != "") {
			t.Errorf("%q: %q, %t; want %q", id, got, ok, want)
		}
	}
}

func TestSpeaksFor(t *testing.T) {
	for _, test := range []struct {
		domain, id string
		want       bool
	}{
		{"college.example", "https://college.example/1", true},
		{"college.example", "did:web:college.example:1", true},
		{"college.example", "https://exams.dept.College.example:8443/", true},
		{"college.example", "https://example/", false},                 // never upwards
		{"college.example", "https://notcollege.example/", false},      // not by letters
		{"college.example", "https://college.example.evil.org", false}, // not from the left
		{"dept.college.example", "https://college.example/", false},
		{"college.example", "http://college.example/", false},
		{"college.example", "did:key:z6Mk", false},
		{"xn--bcher-kva.example", "https://bücher.example/", true},
		{"college.example", "https://сollege.example/", false}, // a Cyrillic letter
		{"alice.github.io", "https://alice.github.io/", true},
		{"github.io", "https://github.io/", false},
		{"github.io", "https://alice.github.io/", false},
		{"co.uk", "https://college.co.uk/", false},
		{"uk", "https://college.co.uk/", false},
		{"com", "https://college.com/", false},
		{"amazonaws.com", "https://amazonaws.com/", true},
		{"amazonaws.com", "https://bucket.s3.amazonaws.com/", false}, // others own what is below the suffix s3.amazonaws.com
		{"www.ck", "https://www.ck/", true},                          // an exception
		{"any.ck", "https://any.ck/", false},                         // of this rule
		{"", "https://college.example/", false},
	} {
		if got := (identity.Named{Domain: test.domain}).SpeaksFor(test.id); got != test.want {
			t.Errorf("%q for %q: %t", test.domain, test.id, got)
		}
	}
}

func TestDisplay(t *testing.T) {
	for domain, want := range map[string]string{
		"college.example":        "college.example",
		"xn--bcher-kva.example":  "xn--bcher-kva.example (bücher.example)",
		"xn--ollege-hrf.example": "xn--ollege-hrf.example (сollege.example)",
		"xn--a.example":          "xn--a.example", // no valid label
		"":                       "",
	} {
		if got := identity.Display(domain); got != want {
			t.Errorf("%q: %q", domain, got)
		}
	}
}

func TestCertificateName(t *testing.T) {
	long := strings.Repeat("a.", 98)
	for _, test := range []struct {
		chain  uint64
		domain string
		want   string // a piece of the error, if it is none of the key's
	}{
		{0, "college.example", keyHex + ".hallmark.college.example"},
		{100, "college.example", keyHex + ".eip155-100.hallmark.college.example"},
		{1, "College.Example.", keyHex + ".eip155-1.hallmark.college.example"},
		{0, "bücher.example", keyHex + ".hallmark.xn--bcher-kva.example"},
		{0, long + "example", keyHex + ".hallmark." + long + "example"},
		{1, long + "example", "is too long"},
		{0, "co.uk", "is a public suffix"},
		{0, "github.io", "is a public suffix"},
		{0, "localhost", "is a public suffix"},
		{0, "", "is not a domain"},
		{0, "192.0.2.1", "is not a domain"},
		{0, "https://college.example", "is not a domain"},
		{0, "college.example:443", "is not a domain"},
		{0, "*.college.example", "is not a domain"},
		{0, "college..example", "is not a domain"},
	} {
		got, err := identity.CertificateName(key, test.chain, test.domain)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, test.want) || (err == nil) != strings.HasPrefix(test.want, keyHex) {
			t.Errorf("%q: %q, %v", test.domain, got, err)
		}
	}
}

func TestTXTValue(t *testing.T) {
	if got := identity.TXTValue(key, 0); got != "hallmark=0x"+keyHex {
		t.Error(got)
	}
	if got := identity.TXTValue(key, 100); got != "hallmark=eip155:100:0x"+keyHex {
		t.Error(got)
	}
}

// TestPublicSuffixes holds the list against the package whose rules it has.
func TestPublicSuffixes(t *testing.T) {
	more := []string{"www.ck", "city.kawasaki.jp", "a.kawasaki.jp", "kawasaki.jp", "example", "college.example", "s3.amazonaws.com"}
	for _, domain := range append(identity.Suffixes(), more...) {
		domain = strings.TrimPrefix(strings.Replace(domain, "*", "any", 1), "!")
		for _, name := range []string{domain, "a." + domain, "b.a." + domain} {
			suffix, _ := publicsuffix.PublicSuffix(name)
			if got := identity.IsPublicSuffix(name); got != (suffix == name) {
				t.Errorf("%q: %t", name, got)
			}
		}
	}
}
