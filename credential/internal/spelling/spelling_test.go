package spelling

import (
	"slices"
	"strings"
	"testing"
)

func TestSpellings(t *testing.T) {
	for _, test := range []struct {
		of    func(string) []string
		given string
		among []string // spellings that are tried
		never []string // of somebody else
	}{
		{
			OfAddress, "pat.miller@mail.example",
			[]string{
				"pat.miller@mail.example", "Pat.Miller@Mail.Example", "Pat.Miller@mail.example", "PAT.MILLER@MAIL.EXAMPLE", "Pat.miller@Mail.example",
				"mailto:pat.miller@mail.example", "mailto:Pat.Miller@Mail.Example",
			},
			[]string{"patmiller@mail.example", "pat.miller@example", "pat@mail.example", ""},
		},
		{OfAddress, "PAT@Mail.Example", []string{"PAT@Mail.Example", "pat@mail.example", "Pat@mail.example", "PAT@mail.example"}, nil},
		{OfAddress, "mary-ann_o'neil+x@a.b", []string{"Mary-Ann_O'Neil+X@a.b"}, []string{"mary-ann_o'neil@a.b"}},
		{OfAddress, "\u017fam\u212a@x", []string{"\u017fam\u212a@X"}, []string{"samk@x", "SAMK@X"}},
		{OfAddress, "no address", []string{"no address"}, []string{"No Address", "mailto:no address"}},
		{OfAddress, "@", []string{"@", "mailto:@"}, nil},
		{
			OfURL,
			"https://a.example/u",
			[]string{"https://a.example/u", "https://a.example/u/", "http://a.example/u", "http://a.example/u/"},
			[]string{"https://a.example"},
		},
		{OfURL, "HTTP://a.example/", []string{"HTTP://a.example/", "http://a.example", "https://a.example/"}, nil},
		{OfURL, "https://a.example/?u=1", []string{"http://a.example/?u=1"}, []string{"https://a.example/?u=1/", "https://a.example/"}},
		{OfURL, "did:web:a", []string{"did:web:a"}, []string{"did:web:a/"}},
		{OfNumber, "+49 (30) 12-34", []string{"+49 (30) 12-34", "+49301234", "tel:+49301234"}, []string{"49301234", "+4930123"}},
		{OfNumber, "TEL:+49301234", []string{"TEL:+49301234", "+49301234", "tel:+49301234"}, nil},
	} {
		got := test.of(test.given)
		if len(got) == 0 || got[0] != test.given {
			t.Errorf("%q is not first of %q", test.given, got)
		}
		for _, s := range test.among {
			if !slices.Contains(got, s) {
				t.Errorf("%q has no %q: %q", test.given, s, got)
			}
		}
		for _, s := range test.never {
			if slices.Contains(got, s) {
				t.Errorf("%q has %q", test.given, s)
			}
		}
	}
}

// However long or odd an identity, the work is bounded, and all spellings of it are the same
// but for case.
func FuzzOfAddress(f *testing.F) {
	for _, s := range []string{"pat.miller@mail.example", "@", "", "a@b@c", "\xff@\xff", strings.Repeat("a.", 500) + "@x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		all := OfAddress(s)
		if len(all) > 72 || all[0] != s {
			t.Fatalf("%q: %d spellings", s, len(all))
		}
		for _, other := range all {
			if lower(strings.TrimPrefix(other, "mailto:")) != lower(s) && lower(other) != lower(s) {
				t.Errorf("%q is no spelling of %q", other, s)
			}
		}
	})
}
