// Package search looks for what states an issuer or a date anywhere in a text, as other
// readers may find it there. It takes time in proportion to the text: regular expressions that
// are tried at every byte take seconds for what a file may hold.
//
// Texts are given to it folded, see [Fold].
package search

import "bytes"

// Fold returns a copy of a text in lower case, as far as letters of ASCII go. Two letters of
// other scripts are among those in which Unicode sees the same: the long s and the sign of
// Kelvin.
func Fold(text []byte) []byte {
	folded := bytes.Clone(text)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	for _, r := range []struct{ letter, plain string }{{"ſ", "s"}, {"\u212a", "k"}} {
		if bytes.Contains(folded, []byte(r.letter)) {
			folded = bytes.ReplaceAll(folded, []byte(r.letter), []byte(r.plain))
		}
	}
	return folded
}

// at calls try for each place at which word stands in text, with what is before and after it,
// until it returns true.
func at(text []byte, word string, try func(before, after []byte) bool) bool {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(word))
		if i < 0 {
			return false
		}
		i += from
		if from = i + len(word); try(text[:i], text[from:]) {
			return true
		}
	}
}

// skip returns text without the bytes of set at its beginning, at most n of them; n < 0 is any
// number.
func skip(text []byte, set string, n int) []byte {
	for len(text) > 0 && n != 0 && bytes.IndexByte([]byte(set), text[0]) >= 0 {
		text, n = text[1:], n-1
	}
	return text
}

// first reports whether text begins with a byte of set.
func first(text []byte, set string) bool {
	return len(text) > 0 && bytes.IndexByte([]byte(set), text[0]) >= 0
}

// last reports whether text ends with a byte of set.
func last(text []byte, set string) bool {
	return len(text) > 0 && bytes.IndexByte([]byte(set), text[len(text)-1]) >= 0
}

// isWord reports whether c is an ASCII letter, a digit or a low line.
func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// startsWord and endsWord report whether what follows, or what is before, goes on with a word.
func startsWord(after []byte) bool { return len(after) > 0 && isWord(after[0]) }
func endsWord(before []byte) bool  { return len(before) > 0 && isWord(before[len(before)-1]) }
