package skills

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/hallmark-node/hallmark/credential"
)

// ID is the identity of a skill in the form of this package: a URI without white space, or the
// folded name or the URL of a framework, ": " and a code in it.
type ID string

// IDs returns every identity under which a skill is stated, the most telling first; none if it
// has mere words, or if its URL and its code are those of two skills.
func IDs(a credential.Alignment) []ID {
	s := read(a)
	if s.contradicts() {
		return nil
	}
	ids := s.wanted()
	if s.code != "" && s.link != "" && !s.whole {
		// The code may be unique only within the URL, which may also be that of a whole framework.
		if known, _ := fromCode(s.link, s.code); known == "" {
			ids = append(ids, compose(s.link, s.code))
		}
		if s.link != frameworkOf(a.Framework) {
			ids = append(ids, ID(s.link))
		}
	}
	return distinct(ids)
}

// Wanted returns the identities of which any shows the skill that is wanted. They are fewer than
// those of [IDs]: where a code is wanted, a URL that may be that of a whole framework is not enough.
func Wanted(a credential.Alignment) []ID {
	s := read(a)
	if s.contradicts() {
		return nil
	}
	ids := s.wanted()
	if s.code != "" && s.link != "" && !s.whole && s.known == "" && frameworkOf(a.Framework) == "" {
		ids = append(ids, compose(s.link, s.code))
	}
	return distinct(ids)
}

func (s statement) wanted() (ids []ID) {
	if s.known != "" {
		ids = append(ids, s.known)
	}
	if s.coded != "" {
		ids = append(ids, s.coded)
	}
	if s.link != "" && (s.whole || s.code == "") {
		ids = append(ids, ID(s.link))
	}
	return ids
}

// statement is an alignment taken apart.
type statement struct {
	known ID     // what the code is by its own shape, or in a known framework
	sure  bool   // that is a skill's own identifier
	coded ID     // "framework: code" of another framework
	code  string // as written
	link  string // the URL in normal form; empty if it is none, or only names a host
	whole bool   // the link is a skill's own identifier, not perhaps that of a framework
}

func read(a credential.Alignment) (s statement) {
	s.code = strings.TrimSpace(a.Code)
	s.link, s.whole = fromURL(a.URL)
	framework := frameworkOf(a.Framework)
	s.known, s.sure = fromCode(cmp.Or(framework, s.link), s.code) // the URL may be that of a framework
	if s.known == "" && s.code != "" && framework != "" {
		s.coded = compose(framework, s.code)
	}
	return s
}

// contradicts reports whether URL and code are known to be those of different skills.
func (s statement) contradicts() bool {
	return s.sure && s.whole && s.link != string(s.known)
}

// compose puts a framework and a code together so that they can be told apart again.
func compose(framework, code string) ID {
	if _, ok := parseURL(framework); !ok {
		framework = strings.NewReplacer("%", "%25", ":", "%3A").Replace(framework)
	}
	return ID(framework + ": " + guids(code))
}

// frameworkOf returns the name of a framework, folded, or its URL in normal form.
func frameworkOf(framework string) string {
	if link, _ := fromURL(framework); link != "" {
		return link
	}
	if host, ok := normalURL(framework); ok {
		return host
	}
	name := fold(norm.NFC, framework)
	if _, ok := parseURL(name); ok { // only without its invisible characters, for example
		return ""
	}
	return name
}

// fold removes from a text how it is written: capitals, the encoding of accents, invisible
// characters, and how much white space there is.
func fold(form norm.Form, s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !credential.Seen(r) && r != unicode.ReplacementChar:
			return -1
		}
		return r
	}, form.String(s))
	s = form.String(strings.ToLower(strings.ToUpper(s)))
	return strings.Join(strings.Fields(s), " ")
}

func distinct(ids []ID) (out []ID) {
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
