package docs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier/trustlist"
)

func TestListSchema(t *testing.T) {
	l := &trustlist.List{
		Name: "Community Registry", Format: trustlist.FormatDCC, Dated: time.Unix(1767225600, 0),
		Key: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
		Entries: []trustlist.Entry{
			{Name: "College", IDs: []string{"did:web:college.example"}, Domains: []string{"college.example"}},
			{Name: "School", Domains: []string{"school.example"}},
		},
	}
	l.Got("https://registry.example", time.Unix(1767312000, 0), []byte("x"))
	good, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	testSchema(t, "list.schema.json", good, func(data []byte) error {
		_, err := trustlist.Parse(data)
		return err
	}, []schemaCase{
		{"no date of its own", change{"dated", nil}},
		{"no key", change{"key", nil}},
		{"no domains", change{"entries.0.domains", nil}},
		{"no identifiers", change{"entries.0.ids", nil}},
		{"another form", change{"format", "etsi"}},
		{"another kind of identifier", change{"entries.0.ids.0", "urn:uuid:7e1d9c5f"}},
		{"a domain of another script", change{"entries.1.domains.0", "xn--bcher-kva.xn--p1ai"}},
	}, []schemaCase{
		{"no version", change{"hallmarkList", nil}},
		{"another version", change{"hallmarkList", 2}},
		{"no name", change{"name", nil}},
		{"an empty name", change{"name", ""}},
		{"no origin", change{"origin", nil}},
		{"no sum", change{"sha256", nil}},
		{"a sum in upper case", change{"sha256", strings.Repeat("AB", 32)}},
		{"a short sum", change{"sha256", "ab"}},
		{"no time", change{"read", nil}},
		{"a time with an offset", change{"read", "2026-01-02T00:00:00+00:00"}},
		{"a day", change{"dated", "2026-01-01"}},
		{"no form", change{"format", nil}},
		{"no entries", change{"entries", nil}},
		{"nobody", change{"entries", []any{}}},
		{"an unknown member", change{"more", 1}},
		{"an entry without a name", change{"entries.0.name", nil}},
		{"an entry of a name alone", change{"entries.1.domains", nil}},
		{"an entry with empty lists", change{"entries.1.domains", []any{}}},
		{"an unknown member of an entry", change{"entries.0.url", "x"}},
		{"an identifier of another kind", change{"entries.0.ids.0", "college.example"}},
		{"an identifier with a space", change{"entries.0.ids.0", "did:web:college example"}},
		{"a domain in upper case", change{"entries.0.domains.0", "College.example"}},
		{"a label alone", change{"entries.0.domains.0", "example"}},
		{"an address", change{"entries.0.domains.0", "10.0.0.1"}},
		{"a domain with a port", change{"entries.0.domains.0", "college.example:8443"}},
		{"too many domains", change{"entries.0.domains", repeat(65, "a.example")}},
	})
}
