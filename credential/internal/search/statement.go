package search

import "bytes"

// The names of members that state an issuer, or that stand where one is stated. Those that are
// quoted count in front of a colon, the others in front of a colon or an equals sign too.
var (
	quoted = []string{
		"context", "graph", "@type", "iss", "issuer", "issuedby", "issued_by", "credentialsubject", "verifiablecredential",
		"badge", "publisher", "payload", "protected",
	}
	plain = []string{"context", "graph", "iss", "issuer", "issuedby", "issued_by", "credentialsubject", "verifiablecredential"}
)

const space = " \t\r\n\f"

// Statement reports whether a folded text holds the statement of an issuer as in JSON, JSON5,
// YAML, a table with a column for it, and the like.
func Statement(folded []byte) bool {
	for _, word := range quoted {
		if at(folded, word, func(before, after []byte) bool {
			if word == "context" || word == "graph" {
				before = bytes.TrimSuffix(before, []byte("@"))
			}
			if !last(before, `"'`) {
				return false
			}
			after = skip(after, `\`, -1)
			return first(after, `"'`) && first(skip(after[1:], space, -1), ":")
		}) {
			return true
		}
	}
	for _, word := range plain {
		if at(folded, word, func(before, after []byte) bool {
			if startsWord(after) || endsWord(before) {
				return false
			}
			after = skip(after, `"'*_)]`, 4)
			return first(skip(after, " \t", -1), ":=")
		}) {
			return true
		}
	}
	return at(folded, "issuer", inColumn)
}

// inColumn reports whether a word is the head of a column, or what a colon or a bracket leads to.
func inColumn(before, after []byte) bool {
	before = bytes.TrimSuffix(before, []byte(`"`))
	if last(before, ":(") && !startsWord(after) {
		return true
	}
	if len(before) > 0 && !last(before, "\n,;\t") {
		return false
	}
	for _, tail := range []string{"", "id", "did", "name", "_id", "_did", "_name"} {
		if rest, ok := bytes.CutPrefix(after, []byte(tail)); ok {
			if rest = bytes.TrimPrefix(rest, []byte(`"`)); len(rest) == 0 || first(rest, ",;\t\r\n") {
				return true
			}
		}
	}
	return false
}

// Vocabulary reports whether a folded text holds the IRI of an issuer in one of the
// vocabularies of the standards.
func Vocabulary(folded []byte) bool {
	return at(folded, "issuer", func(before, after []byte) bool {
		if startsWord(after) {
			return false
		}
		for _, end := range []string{"credentials", "openbadges", "vocab.html", "elm/"} {
			if bytes.HasSuffix(before, []byte(end)) || last(before, "#/") && bytes.HasSuffix(before[:len(before)-1], []byte(end)) {
				return true
			}
		}
		return false
	})
}

// BinaryName reports whether a file holds the name of a member that states an issuer as in
// binary formats such as MessagePack or BSON, where letter case counts.
func BinaryName(file []byte) bool {
	for _, word := range []string{"issuer", "credentialSubject", "@context", "verifiableCredential"} {
		if at(file, word, func(before, after []byte) bool {
			if len(after) > 0 && 'a' <= after[0] && after[0] <= 'z' {
				return false
			}
			if last(before, "SV") && !endsLetter(before[:len(before)-1]) {
				return true // the type of a text
			}
			return !endsLetter(before)
		}) {
			return true
		}
	}
	return false
}

func endsLetter(before []byte) bool {
	return endsWord(before) && !last(before, "0123456789_")
}

// maxTags bounds the tags that are looked at. What has more is markup, whatever it is.
const maxTags = 200_000

// Markup reports whether a folded text holds a tag of XML or HTML that may state an issuer, or
// that begins a document of one of the two.
func Markup(folded []byte) bool {
	tags := 0
	return at(folded, "<", func(_, after []byte) bool {
		if !startsWord(after) && !first(after, "?!:") {
			return false
		}
		if tags++; tags > maxTags {
			return true
		}
		if first(after, "?!") {
			return tag(after, "?xml") || tag(after, "!doctype")
		}
		name := after
		for len(name) > 0 && isWord(name[0]) {
			name = name[1:]
		}
		word := after[:len(after)-len(name)]
		if bytes.HasPrefix(word, []byte("saml")) && first(name, ":") && first(name[1:], space+">/?") {
			return true
		}
		if end := []byte("rdf:rdf"); bytes.HasPrefix(after, end) && first(after[len(end):], space+">/?") {
			return true
		}
		for _, root := range []string{"html", "svg", "script"} {
			if string(word) == root && first(name, space+">/?") {
				return true
			}
		}
		if first(name, ":") { // a prefix
			name = name[1:]
			local := name
			for len(name) > 0 && isWord(name[0]) {
				name = name[1:]
			}
			word = local[:len(local)-len(name)]
			return isStatement(word) && first(name, space+">/?")
		}
		for _, end := range statements {
			if bytes.HasSuffix(word, []byte(end)) && first(name, space+">/?") {
				return true
			}
		}
		return false
	})
}

// tag reports whether text begins with a word that ends there.
func tag(text []byte, word string) bool {
	return bytes.HasPrefix(text, []byte(word)) && first(text[len(word):], space+">/?")
}

// statements are the names of elements that state an issuer.
var statements = []string{"europass", "credential", "assertion", "issuer"}

func isStatement(word []byte) bool {
	for _, s := range statements {
		if string(word) == s {
			return true
		}
	}
	return false
}
