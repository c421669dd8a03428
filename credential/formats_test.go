package credential

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The samples are small documents of each format, with invented people and the structure of
// real ones. testdata/formats.golden has what is read of each and from where, and
// docs/formats.md is made of the same.
func TestFormats(t *testing.T) {
	var table strings.Builder
	var page formatsPage
	for _, file := range append(formats(t), sampleBadges(t)...) {
		doc := readFile(t, file)
		d := Describe(doc)
		checkDescription(t, d)
		hashed, places := hashedOf(t, doc), placesOf(t, doc)
		name := path.Base(filepath.ToSlash(file))
		fmt.Fprintf(&table, "%s\n", name)
		line := func(name, value string) {
			if value == "" {
				return
			}
			fmt.Fprintf(&table, "  %-10s %s", name, value)
			if at := places[name]; len(at) > 0 {
				fmt.Fprintf(&table, "  [%s]", strings.Join(at, ", "))
			}
			table.WriteByte('\n')
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
		line("hashed", hashed)
		for _, f := range fields {
			var texts []string
			for _, text := range f.of(&d) {
				if text != "" {
					texts = append(texts, text)
				}
			}
			switch f.name {
			case "from":
				date(f.name, d.ValidFrom)
			case "until":
				date(f.name, d.ValidUntil)
			case "recipient":
				texts = texts[:0]
				for _, r := range d.Recipients {
					texts = append(texts, strings.TrimSpace(r.Type+" "+r.String()))
				}
				line(f.name, Printable(strings.Join(texts, "; ")))
			case "claim":
				date(f.name, d.ClaimUntil)
			default:
				line(f.name, Printable(strings.Join(texts, "; ")))
			}
			if len(texts) > 0 && len(places[f.name]) == 0 && f.name != "revoked" {
				t.Errorf("%s: it is not known from where %s is read: %q", name, f.name, texts)
			}
		}
		line("problem", d.Problem)
		page.add(file, &d, hashed, places)
	}
	compare(t, filepath.Join("testdata", "formats.golden"), table.String())
	compare(t, filepath.Join("..", "docs", "formats.md"), page.text())
}

// hashedOf says what of a sample is hashed.
func hashedOf(t *testing.T, doc []byte) string {
	t.Helper()
	id, err := Sum(bytes.NewReader(doc), FormAuto, "")
	if err != nil {
		return "refused: " + err.Error()
	}
	form, err := FormOf(id)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Sum(bytes.NewReader(doc), FormRaw, "")
	switch {
	case err != nil:
		t.Fatal(err)
	case form == FormRaw && (whole != id || tokenText(doc) != nil):
		return "raw, the token"
	case form == FormRaw:
		return "raw, the file"
	}
	return string(form)
}

// formats returns the files of testdata/formats.
func formats(t testing.TB) []string {
	t.Helper()
	return matching(t, filepath.Join("testdata", "formats", "*"))
}

// sampleBadges returns those of testdata/badges.
func sampleBadges(t testing.TB) []string {
	t.Helper()
	root := filepath.Join("..", "testdata", "badges")
	files := append(matching(t, filepath.Join(root, "*.*")), matching(t, filepath.Join(root, "platforms", "*"))...)
	return slices.DeleteFunc(files, func(file string) bool {
		return slices.Contains([]string{"README.md", "badges.go", "did.json"}, filepath.Base(file))
	})
}

func matching(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files: %v", pattern, len(files), err)
	}
	return files
}
