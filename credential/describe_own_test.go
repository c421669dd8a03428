package credential

import (
	"strings"
	"testing"
)

// TestDescribeTrustList reads a trust list as a file that names nobody, and only a trust list.
func TestDescribeTrustList(t *testing.T) {
	const list = `{"hallmarkList":1,"name":"Registry","origin":"x","sha256":"00","read":"2026-11-02T00:00:00Z",` +
		`"dated":"2026-11-01T00:00:00Z","format":"dcc","key":"k",` +
		`"entries":[{"name":"College","ids":["did:web:college.example"],"domains":["college.example"]}]}`
	known := func(id string) bool { return id == "did:web:college.example" }
	d := DescribeAmong([]byte(list), known)
	if d.Kind != KindTrustList || !d.Opaque || d.Problem != "" || d.Title() != "trust list" || len(d.Names) != 1 || d.Names[0] != "Registry" {
		t.Errorf("%+v", d)
	}
	for name, change := range map[string][2]string{
		"an issuer":                {`"format"`, `"issuer":"did:web:college.example","format"`},
		"an issuer of an entry":    {`"ids"`, `"issuer":"did:web:college.example","ids"`},
		"a badge":                  {`"format"`, `"badge":{},"format"`},
		"a type":                   {`"format"`, `"type":"VerifiableCredential","format"`},
		"an object as the name":    {`"Registry"`, `{"issuer":"did:web:college.example"}`},
		"an object as an id":       {`"did:web:college.example"`, `{"issuer":"did:web:college.example"}`},
		"an object as the domains": {`["college.example"]`, `{"issuer":"did:web:college.example"}`},
		"a text as an entry":       {`"entries":[`, `"entries":["did:web:college.example",`},
		"an object as the entries": {`"entries":[`, `"entries":{"a":[`},
		"another version":          {`"hallmarkList":1`, `"hallmarkList":2`},
		"a member twice":           {`"format"`, `"name":"x","format"`},
		"something after it":       {`]}]}`, `]}]} {"issuer":"did:web:college.example"}`},
		"no entries":               {`"entries"`, `"Entries"`},
	} {
		changed := strings.Replace(list, change[0], change[1], 1)
		if changed == list {
			t.Fatalf("%s: nothing changed", name)
		}
		if d := DescribeAmong([]byte(changed), known); d.Opaque || d.Problem == "" {
			t.Errorf("%s: %+v", name, d)
		}
	}
	// Within another document it is none.
	if d := Describe([]byte(`{"hallmarkList":1,"entries":[],"payload":"e30","signature":"x"}`)); d.Opaque {
		t.Errorf("%+v", d)
	}
}
