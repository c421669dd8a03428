package online

import "testing"

// The first three are the examples of the did:web specification, section 2.5.2.
func TestDIDWebURL(t *testing.T) {
	for did, want := range map[string]string{
		"did:web:w3c-ccg.github.io":             "https://w3c-ccg.github.io/.well-known/did.json",
		"did:web:w3c-ccg.github.io:user:alice":  "https://w3c-ccg.github.io/user/alice/did.json",
		"did:web:example.com%3A3000:user:alice": "https://example.com:3000/user/alice/did.json",
		"did:web:example.com%3a3000":            "https://example.com:3000/.well-known/did.json",
		"did:web:example.com:a%20b":             "https://example.com/a%20b/did.json",
		"did:web:":                              "",
		"did:web::a":                            "",
		"did:web:example.com:":                  "",
		"did:web:example.com::a":                "",
		"did:web:example.com:..:a":              "",
		"did:web:example.com:%2e%2e:a":          "",
		"did:web:example.com:a%2Fb":             "",
		"did:web:example.com/a":                 "",
		"did:web:example.com?a":                 "",
		"did:web:example.com%2Fa":               "",
		"did:web:user@example.com":              "",
		"did:web:user%40example.com":            "",
		"did:web:example.com%3A0":               "",
		"did:web:example.com%3A65536":           "",
		"did:web:example.com%3A1%3A2":           "",
		"did:web:example.com%3A80@x":            "",
		"did:web:127.0.0.1":                     "",
		"did:web:[::1]":                         "",
		"did:web:%5B::1%5D":                     "",
		"did:web:exämple.com":                   "",
		"did:web:example.com\x00":               "",
		"did:key:z6Mk":                          "",
		"":                                      "",
	} {
		got, err := didWebURL(did)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", did, got, err, want)
		}
	}
}

func TestServedBy(t *testing.T) {
	for _, tt := range []struct {
		address, issuer string
		want            bool
	}{
		{"https://college.example/x", "did:web:college.example", true},
		{"https://status.college.example:8443/x", "did:web:college.example%3A1:a", true},
		{"https://COLLEGE.example/x", "https://college.example/issuer", true},
		{"https://xn--caf-dma.example/x", "https://café.example/", true},
		{"https://college.example./x", "https://college.example", true},
		{"https://college.example/x", "did:web:status.college.example", false},
		{"https://evilcollege.example/x", "did:web:college.example", false},
		{"https://college.example.evil/x", "did:web:college.example", false},
		{"https://college.example@evil.example/x", "did:web:college.example", false},
		{"http://college.example/x", "did:web:college.example", false},
		{"https://college.example/x", "http://college.example", false},
		{"https://college.example/x", "urn:uuid:1", false},
		{"https:///x", "https:///y", false},
		{"", "", false},
	} {
		if got := servedBy(tt.address, tt.issuer); got != tt.want {
			t.Errorf("%s of %s: %v", tt.address, tt.issuer, got)
		}
	}
}
