package search

import "bytes"

// BadgeElement reports whether a folded text of XML may hold an element or attribute that some
// reader takes for that of a credential in a picture.
func BadgeElement(folded []byte) bool {
	return inOneTag(folded) || element(folded) || at(folded, "verify", func(before, after []byte) bool {
		return !endsWord(before) && first(skip(after, space, -1), "=")
	})
}

// inOneTag reports whether "openbadge" and the name of a credential stand within one tag, or
// within one text.
func inOneTag(folded []byte) bool {
	for {
		_, rest, ok := bytes.Cut(folded, []byte("openbadge"))
		if !ok {
			return false
		}
		end := bytes.IndexAny(rest, "<>")
		if end < 0 {
			end = len(rest)
		}
		if segment := rest[:end]; bytes.Contains(segment, []byte("assertion")) || bytes.Contains(segment, []byte("credential")) {
			return true
		}
		folded = rest[end:]
	}
}

// element reports whether there is a tag with the name of a credential, under any prefix.
func element(folded []byte) bool {
	return at(folded, "<", func(_, after []byte) bool {
		name := after[:nameLen(after)]
		if rest := after[len(name):]; first(rest, ":") {
			after = rest[1:]
			name = after[:nameLen(after)]
		}
		switch string(name) {
		case "assertion", "credential", "verifiablecredential", "openbadgecredential":
			return first(after[len(name):], space+">/")
		}
		return false
	})
}

// nameLen returns how much of the beginning of text may be a name or a prefix.
func nameLen(text []byte) (n int) {
	for n < len(text) && (isWord(text[n]) || text[n] == '.' || text[n] == '-') {
		n++
	}
	return n
}
