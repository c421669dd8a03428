package credential

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// testdata/formats holds a small document of each format, with invented people and the
// structure of real ones. testdata/formats.golden has what is read of each.
func TestFormats(t *testing.T) {
	var table strings.Builder
	for _, file := range formats(t) {
		d := Describe(readFile(t, file))
		checkDescription(t, d)
		fmt.Fprintf(&table, "%s\n", filepath.Base(file))
		line := func(name, value string) {
			if value != "" {
				fmt.Fprintf(&table, "  %-10s %s\n", name, value)
			}
		}
		date := func(name string, date Date) {
			switch {
			case date.Err != "":
				line(name, strings.TrimSpace(date.Text+" cannot be told: "+date.Err))
			case date.Slack > 0:
				line(name, fmt.Sprintf("%s, which may mean %s", date.Text, date.Slack))
			default:
				line(name, date.Text)
			}
		}
		line("kind", string(d.Kind))
		line("carrier", d.Carrier)
		line("issuer", strings.Join(d.IssuerIDs, " "))
		if d.IssuerByURL {
			line("issuer", "behind "+d.IssuerURL)
		}
		line("by name", d.IssuerName)
		line("title", d.Name)
		line("about", strings.Join(d.Names, "; "))
		line("for", d.RecipientName)
		for _, r := range d.Recipients {
			line("recipient", strings.TrimSpace(r.Type+" "+r.String()))
		}
		date("from", d.ValidFrom)
		date("until", d.ValidUntil)
		line("problem", d.Problem)
	}
	compare(t, filepath.Join("testdata", "formats.golden"), table.String())
}

// formats returns the files of testdata/formats.
func formats(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "formats", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	return files
}
