// Package spelling lists the ways in which people and software write one identity.
//
// A hash of an identity can only be compared with one that is written letter by letter as the
// issuer had it. So the usual spellings are tried, a few dozen at most. All of one list
// stand for one and the same: capitals in an e-mail address, the spaces in a telephone number.
package spelling

import (
	"slices"
	"strings"
)

// maxLength bounds what is spelled in other ways, in bytes. An e-mail address has at most 254.
const maxLength = 1024

// OfAddress returns spellings of an e-mail address, itself first: in the capitals that names
// and domains are written in, with mailto: and without.
func OfAddress(address string) []string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || len(address) > maxLength {
		return []string{address}
	}
	var all []string
	for _, local := range capitals(address[:at], "._-+'") {
		for _, domain := range capitals(address[at+1:], ".-") {
			all = append(all, local+"@"+domain)
		}
	}
	for _, a := range slices.Clone(all) {
		all = append(all, "mailto:"+a)
	}
	return all
}

// OfURL returns spellings of a URL, itself first: with http and https, with a slash at the
// end and without.
func OfURL(url string) []string {
	all := []string{url}
	scheme, rest, ok := strings.Cut(url, "://")
	if scheme = lower(scheme); !ok || scheme != "http" && scheme != "https" || len(url) > maxLength {
		return all
	}
	rest = strings.TrimSuffix(rest, "/")
	for _, scheme := range []string{scheme, "https", "http"} {
		all = add(all, scheme+"://"+rest)
		if !strings.ContainsAny(rest, "?#") {
			all = add(all, scheme+"://"+rest+"/")
		}
	}
	return all
}

// OfNumber returns spellings of a telephone number, itself first: without what only makes it
// easier to read, with tel: and without.
func OfNumber(number string) []string {
	all := []string{number}
	if len(number) > maxLength {
		return all
	}
	if len(number) > 4 && lower(number[:4]) == "tel:" {
		number = number[4:]
	}
	number = strings.TrimSpace(number)
	bare := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \u00a0-./()", r) {
			return -1
		}
		return r
	}, number)
	for _, n := range []string{number, bare} {
		all = add(add(all, n), "tel:"+n)
	}
	return all
}

// capitals returns s as it is, in small letters, in capitals, and with capitals where words
// begin: all of them, the first, all but the last. Words are separated by one of the
// separators. Letters beyond ASCII stay, since some become ASCII ones.
func capitals(s, separators string) []string {
	small := lower(s)
	var starts []int
	for i := range len(small) {
		if i == 0 || strings.IndexByte(separators, small[i-1]) >= 0 {
			starts = append(starts, i)
		}
	}
	all := add(add([]string{s}, small), upper(s))
	for _, n := range []int{len(starts), 1, len(starts) - 1} {
		word := []byte(small)
		for _, i := range starts[:max(0, min(n, len(starts)))] {
			word[i] = upper(small[i : i+1])[0]
		}
		all = add(all, string(word))
	}
	return all
}

func add(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func lower(s string) string { return shift(s, 'A', 'a') }
func upper(s string) string { return shift(s, 'a', 'A') }

// shift moves the letters of ASCII that begin at from to those that begin at to.
func shift(s string, from, to byte) string {
	b := []byte(s)
	for i, c := range b {
		if c >= from && c < from+26 {
			b[i] = c - from + to
		}
	}
	return string(b)
}
