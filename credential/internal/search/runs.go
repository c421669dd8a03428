package search

import "iter"

// Base64 yields the runs of at least 31 characters of base64 in either alphabet, with white space
// among them.
func Base64(text []byte) iter.Seq[[]byte] {
	return runs(text, &base64Letters, &base64Space, 31)
}

// set is a set of bytes.
type set [256]bool

func setOf(chars string) (s set) {
	for _, c := range []byte(chars) {
		s[c] = true
	}
	return s
}

var (
	base64Letters = setOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-")
	base64Space   = setOf(" \t\r\n\f")
	hexDigits     = setOf("0123456789abcdefABCDEF")
	hexBetween    = setOf(" \t\r\n\f:")
)

// runs yields the longest runs that begin with a letter and go on with letters and spaces, of
// at least n bytes.
func runs(text []byte, letters, spaces *set, n int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := 0; i < len(text); {
			if !letters[text[i]] {
				i++
				continue
			}
			from := i
			for i++; i < len(text) && (letters[text[i]] || spaces[text[i]]); i++ {
			}
			if i-from >= n && !yield(text[from:i]) {
				return
			}
		}
	}
}

// Hex yields the digits of the runs of at least 16 pairs of hexadecimal digits, each pair with at
// most one white space or colon behind it.
func Hex(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := 0; i+1 < len(text); {
			if !hexDigits[text[i]] || !hexDigits[text[i+1]] {
				i++
				continue
			}
			from, pairs := i, 0 // another one may begin a digit later
			for i+1 < len(text) && hexDigits[text[i]] && hexDigits[text[i+1]] {
				if i, pairs = i+2, pairs+1; i < len(text) && hexBetween[text[i]] {
					i++
				}
			}
			if pairs < 16 {
				i = from + 1
				continue
			}
			digits := make([]byte, 0, 2*pairs)
			for _, c := range text[from:i] {
				if hexDigits[c] {
					digits = append(digits, c)
				}
			}
			if !yield(digits) {
				return
			}
		}
	}
}
