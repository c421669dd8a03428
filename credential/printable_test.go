package credential

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"Žofie Ångström, 学士 🎓 'a\\b'":      "Žofie Ångström, 学士 🎓 'a\\b'",
		"a\x1b[31mred\x1b[0m":              `a\u001b[31mred\u001b[0m`,
		"line\nline\r\tx\x00\x7f":          `line\u000aline\u000d\u0009x\u0000\u007f`,
		"\u202etfel\u202c \u2066x\u2069":   `\u202etfel\u202c \u2066x\u2069`,
		"zero\u200bwidth\ufeff\u00ad":      `zero\u200bwidth\ufeff\u00ad`,
		"\u2028\u2029\u00a0":               `\u2028\u2029\u00a0`,
		"tag \U000e0041":                   `tag \U000e0041`,
		"\xff\xc0\xaf":                     `\xff\xc0\xaf`,
		"\ufffd":                           "\ufffd",
		"\ue000":                           `\ue000`,
		"a\u034f\u115f\u1160\u3164b":       `a\u034f\u115f\u1160\u3164b`,
		"a\uffa0\u17b4\u180b\ufe0f\u2065b": `a\uffa0\u17b4\u180b\ufe0f\u2065b`,
		"\U000e0100\U000e0fff\u2060":       `\U000e0100\U000e0fff\u2060`,
		"blank \u2800\u3000\U0001d159":     `blank \u2800\u3000\U0001d159`,
		"P\u0430yPal \u0391BC Inc":         `P\u0430yPal \u0391BC Inc`,
		"Εθνικό Μετσόβιο, Москва, Δt kΩ": "Εθνικό Μετσόβιο, Москва, Δt kΩ",
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// Nothing that a reader may ignore is left as it is, as Unicode defines it.
func TestPrintableIgnorable(t *testing.T) {
	for _, span := range [][2]rune{
		{0xad, 0xad},
		{0x34f, 0x34f},
		{0x61c, 0x61c},
		{0x115f, 0x1160},
		{0x17b4, 0x17b5},
		{0x180b, 0x180f},
		{0x200b, 0x200f},
		{0x202a, 0x202e},
		{0x2060, 0x206f},
		{0x3164, 0x3164},
		{0xfe00, 0xfe0f},
		{0xfeff, 0xfeff},
		{0xffa0, 0xffa0},
		{0xfff0, 0xfff8},
		{0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a},
		{0xe0000, 0xe0fff},
	} {
		for r := span[0]; r <= span[1]; r++ {
			for _, got := range []string{Printable("a" + string(r)), Visible("a" + string(r)), Quoted("a" + string(r))} {
				if strings.ContainsRune(got, r) {
					t.Errorf("%U is left as it is", r)
				}
			}
		}
	}
}

func TestQuoted(t *testing.T) {
	for in, want := range map[string]string{
		"":                         `""`,
		`a "b" \u202e`:             `"a \"b\" \\u202e"`,
		"\u202e":                   `"\u202e"`,
		`x", issued by "y`:         `"x\", issued by \"y"`,
		`\`:                        `"\\"`,
		"\uff02, about \u2033":     `"\uff02, about \u2033"`,
		"line\n\xff “quoted” 'so'": `"line\u000a\xff “quoted” 'so'"`,
	} {
		if got := Quoted(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"a\tb\nc":                      "a\tb\nc",
		"a\x1b]0;x\x07\r\n":            "a\\u001b]0;x\\u0007\\u000d\n",
		"P\u0430yPal \u202e \x9b \x00": "P\u0430yPal \\u202e \\x9b \\u0000",
	} {
		got := Visible(in)
		if got != want || Visible(got) != got {
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
			if unicode.In(r, unicode.C, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || unicode.Is(unicode.Zl, r) ||
				unicode.Is(unicode.Zp, r) {
				t.Fatalf("%q keeps %U", s, r)
			}
		}
	})
}
