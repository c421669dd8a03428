package credential

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "",
		"Žofie Ångström, 学士 🎓 'a\\b'":    "Žofie Ångström, 学士 🎓 'a\\b'",
		"a\x1b[31mred\x1b[0m":            `a\u001b[31mred\u001b[0m`,
		"line\nline\r\tx\x00\x7f":        `line\u000aline\u000d\u0009x\u0000\u007f`,
		"\u202etfel\u202c \u2066x\u2069": `\u202etfel\u202c \u2066x\u2069`,
		"zero\u200bwidth\ufeff\u00ad":    `zero\u200bwidth\ufeff\u00ad`,
		"\u2028\u2029\u00a0":             `\u2028\u2029\u00a0`,
		"tag \U000e0041":                 `tag \U000e0041`,
		"\xff\xc0\xaf":                   `\xff\xc0\xaf`,
		"\ufffd":                         "\ufffd",
		"\ue000":                         `\ue000`,
		"P\u0430yPal \u0391BC Inc":       `P\u0430yPal \u0391BC Inc`,
		"Εθνικό Μετσόβιο, Москва, Δt kΩ": "Εθνικό Μετσόβιο, Москва, Δt kΩ",
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("a\x1b\u202e\xff\U000e0001")
	f.Fuzz(func(t *testing.T, s string) {
		got := Printable(s)
		// An escape is in Latin letters, so the word around it may be escaped later.
		if !utf8.ValidString(got) || Printable(got) != got && !strings.Contains(got, `\`) {
			t.Fatalf("%q gives %q", s, got)
		}
		for _, r := range got {
			if unicode.Is(unicode.C, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
				t.Fatalf("%q keeps %U", s, r)
			}
		}
	})
}
