package search

import (
	"iter"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What is looked for, as regular expressions: short to read, and slow.
var oracles = []struct {
	name    string
	pattern *regexp.Regexp
	found   func(text string) bool // both of a text that is folded, but for names in binary
}{
	{
		"statement", regexp.MustCompile(`(?i)(?:["'](?:@?context|@?graph|@type|iss|issuer|issued_?by|credentialsubject|verifiablecredential` +
			`|badge|publisher|payload|protected)\\*["']\s*:)` +
			`|(?:\b(?:@?context|@?graph|iss|issuer|issued_?by|credentialsubject|verifiablecredential)\b["'*_)\]]{0,4}[ \t]*[:=])` +
			`|(?:[:(]"?issuer\b)|(?:(?:^|[\n,;\t])"?issuer(?:_?(?:id|did|name))?"?(?:[,;\t\r\n]|$))`),
		func(s string) bool { return Statement([]byte(s)) },
	},
	{
		"vocabulary", regexp.MustCompile(`(?i)(?:credentials|openbadges|vocab\.html|elm/)[#/]?issuer\b`),
		func(s string) bool { return Vocabulary([]byte(s)) },
	},
	{
		"name in binary", regexp.MustCompile(`(?:^|[^A-Za-z])(?:S|V)?(?:issuer|credentialSubject|@context|verifiableCredential)(?:[^a-z]|$)`),
		func(s string) bool { return BinaryName([]byte(s)) },
	},
	{
		"markup", regexp.MustCompile(`(?i)<(?:\?xml|!doctype|html|svg|script|rdf:rdf|saml\w*:` +
			`|\w*:?(?:europass|credential|assertion|issuer))[\s>/?]`),
		func(s string) bool { return Markup([]byte(s)) },
	},
	{
		"badge", regexp.MustCompile(`(?i)openbadge[^<>]*(?:assertion|credential)` +
			`|<(?:[\w.-]*:)?(?:assertion|credential|verifiablecredential|openbadgecredential)[\s>/]|\bverify\s*=`),
		func(s string) bool { return BadgeElement([]byte(s)) },
	},
}

// pieces are of what texts for the tests are made.
var pieces = strings.Split(`"|'|\|:|=|(|)|*|_|]|@|#|/|,|;|<|>|?|!|.| |S|V|Sx|1|a|x_|`+
	"\t|\n|\r|\f|é|ſ|\u212a|"+
	`context|Context|graph|type|iss|issuer|ISSUER|iſſuer|issued|by|_by|id|_did|name|credentialSubject|verifiableCredential|badge|publisher|`+
	`payload|protected|openbadge|verify|verifiablecredential|openbadgecredential|credentials|openbadges|vocab.html|elm/|`+
	`xml|doctype|html|svg|script|rdf:RDF|saml|saml2p|europass|Credential|assertion|`+
	`0a|ff|Zm9v|YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh|00112233445566778899aabbccddee|-`, "|")

func TestAsRegexp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	found := make(map[string]int)
	for range 100_000 {
		var b strings.Builder
		for range 1 + random.IntN(7) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		s := b.String()
		for name := range compare(t, s) {
			found[name]++
		}
	}
	for _, o := range oracles {
		if found[o.name] < 30 {
			t.Errorf("only %d texts hold a %s", found[o.name], o.name)
		}
	}
}

// compare holds what is found in a text against the regular expressions, and returns the names
// of those that match.
func compare(t *testing.T, s string) map[string]bool {
	t.Helper()
	matched := make(map[string]bool)
	for _, text := range []string{s, string(Fold([]byte(s)))} {
		for _, o := range oracles {
			if text == s && string(Fold([]byte(s))) != s && o.name != "name in binary" {
				continue
			}
			want := o.pattern.MatchString(text)
			if o.found(text) != want {
				t.Fatalf("%s of %q: %v, want %v", o.name, text, !want, want)
			}
			if want {
				matched[o.name] = true
			}
		}
		same(t, text)
	}
	return matched
}

var (
	base64Run = regexp.MustCompile(`[A-Za-z0-9+/_-][A-Za-z0-9+/_\s-]{30,}`)
	hexRun    = regexp.MustCompile(`(?i)(?:[0-9a-f]{2}[\s:]?){16,}`)
)

// same holds the runs in a text against those of the regular expressions.
func same(t *testing.T, s string) {
	t.Helper()
	texts := func(seq iter.Seq[[]byte]) (all []string) {
		for run := range seq {
			all = append(all, string(run))
		}
		return all
	}
	if got, want := texts(Base64([]byte(s))), base64Run.FindAllString(s, -1); !slices.Equal(got, want) {
		t.Fatalf("base64 in %q: %q, want %q", s, got, want)
	}
	want := hexRun.FindAllString(s, -1)
	for i := range want {
		want[i] = strings.Map(func(r rune) rune {
			if r == ':' || r <= ' ' {
				return -1
			}
			return r
		}, want[i])
	}
	if got := texts(Hex([]byte(s))); !slices.Equal(got, want) {
		t.Fatalf("hexadecimal in %q: %q, want %q", s, got, want)
	}
}

func FuzzAsRegexp(f *testing.F) {
	for _, p := range pieces {
		f.Add(p + p)
	}
	f.Add(`"issuer" : `)
	f.Add("<a:credential>")
	f.Fuzz(func(t *testing.T, s string) {
		compare(t, s)
	})
}
