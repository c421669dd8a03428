package credential

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s safe to show on a terminal or in a log line: control
// characters, line and paragraph separators, characters that reorder or hide text
// (bidirectional controls, zero-width and other format characters), unassigned and
// private ones and invalid UTF-8 are written as \u202e, \U000e0001 or \xff. So are
// letters of other scripts that look Latin, in a word that has Latin ones, too: it
// may be taken for another word. All else, the space included, stays as it is.
func Printable(s string) string {
	if plainASCII(s) {
		return s
	}
	var (
		out   strings.Builder
		mixed bool // the word at i mixes scripts
		word  int  // where that word ends
	)
	out.Grow(len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if i >= word {
			mixed, word = mixesScripts(s[i:])
			word += i
		}
		switch {
		case mixed && lookalike(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&out, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			out.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			fmt.Fprintf(&out, `\U%08x`, r)
		}
		i += n
	}
	return out.String()
}

// plainASCII reports whether s holds nothing that Printable would write otherwise,
// and nothing beyond ASCII.
func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// mixesScripts reports whether the word at the beginning of s has both Latin letters
// and such that look like them, and how many bytes long it is.
func mixesScripts(s string) (mixed bool, length int) {
	latin, other := false, false
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) {
			return latin && other, max(i, 1)
		}
		latin, other = latin || unicode.Is(unicode.Latin, r), other || lookalike(r)
	}
	return latin && other, len(s)
}

// lookalike reports whether a letter may be taken for a Latin one.
func lookalike(r rune) bool {
	return unicode.IsLetter(r) && unicode.In(r, unicode.Cyrillic, unicode.Armenian, unicode.Cherokee, unicode.Coptic, unicode.Lisu) ||
		strings.ContainsRune("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγικνορυχϲϳ", r)
}
