package credential

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s safe to show on a terminal or in a log line: control
// characters, line and paragraph separators, characters that reorder or hide text or
// show nothing (bidirectional controls, zero-width, default-ignorable and other format
// characters, blanks other than the space), unassigned and private ones and invalid
// UTF-8 are written as \u202e, \U000e0001 or \xff. So are letters of other scripts
// that look Latin, in a word that has Latin ones, too: it may be taken for another
// word. All else, the space included, stays as it is.
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
		if i >= word {
			mixed, word = mixesScripts(s[i:])
			word += i
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if mixed && lookalike(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			writeVisible(&out, r, s[i:i+n])
		}
		i += n
	}
	return out.String()
}

// Visible is what of Printable can be done to a text that is put together already: it
// keeps line feeds and tabs, which are the text's own, and all letters. To do it twice
// is to do it once.
func Visible(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == '\n' || r == '\t' {
			out.WriteRune(r)
		} else {
			writeVisible(&out, r, s[i:i+n])
		}
		i += n
	}
	return out.String()
}

// Quoted returns s as [Printable] shows it, between quotation marks that nothing in it
// can close.
func Quoted(s string) string { return `"` + likeQuote.Replace(Printable(escapeQuote.Replace(s))) + `"` }

var (
	escapeQuote = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	likeQuote   = strings.NewReplacer("\u02ba", `\u02ba`, "\u02dd", `\u02dd`, "\u02ee", `\u02ee`,
		"\u2033", `\u2033`, "\u2036", `\u2036`, "\uff02", `\uff02`) // they look like a quotation mark
)

// writeVisible writes a character, which is text in the source, so that it is seen.
func writeVisible(out *strings.Builder, r rune, text string) {
	switch {
	case r == utf8.RuneError && len(text) == 1:
		fmt.Fprintf(out, `\x%02x`, text[0])
	case Seen(r):
		out.WriteString(text)
	case r < 0x10000:
		fmt.Fprintf(out, `\u%04x`, r)
	default:
		fmt.Fprintf(out, `\U%08x`, r)
	}
}

// Seen reports whether a character is shown as something, or is the space, and changes
// nothing of what stands around it.
func Seen(r rune) bool {
	if r < 0x7f {
		return r >= ' '
	}
	// With the format characters, which are not printable, these are the property
	// Default_Ignorable_Code_Point. The others are symbols without ink.
	return unicode.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
		r != 0x2800 && r != 0x1d159
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
