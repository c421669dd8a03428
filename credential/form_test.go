package credential

import (
	"strings"
	"testing"
)

func TestAutoChoosesTheForm(t *testing.T) {
	for doc, want := range map[string]Form{
		`{"a":1}`:                           FormJCS,
		" \n\t{ \r\n}":                      FormJCS,
		`[{"a":1}]`:                         FormRaw,
		`"text"`:                            FormRaw,
		"{hello}":                           FormRaw,
		`{\rtf1 text}`:                      FormRaw,
		"":                                  FormRaw,
		"{":                                 FormRaw,
		" ":                                 FormRaw,
		"\xef\xbb":                          FormRaw,
		"\xef\xbb\xbf":                      FormRaw,
		"eyJhbGciOiJIUzI1.e.":               FormRaw,
		"%PDF-1.7":                          FormRaw,
		"\x89PNG\r\n\x1a\n":                 FormRaw,
		"<svg/>":                            FormRaw,
		strings.Repeat(" ", 100_000) + "{}": FormJCS,
		strings.Repeat(" ", 100_000) + "x":  FormRaw,
	} {
		got, err := Sum(strings.NewReader(doc), FormAuto, "")
		if err != nil {
			t.Errorf("%.20q: %v", doc, err)
			continue
		}
		if form, err := FormOf(got); err != nil || form != want {
			t.Errorf("%.20q: form %q, %v; want %q", doc, form, err, want)
		}
		direct, err := Sum(strings.NewReader(doc), want, "")
		if err != nil || !direct.Equals(got) {
			t.Errorf("%.20q: auto gives %s, %s gives %s (%v)", doc, got, want, direct, err)
		}
	}
}
