package credential

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// formatsPage is docs/formats.md. What it says of a format is what was read of its samples.
type formatsPage struct {
	formats map[Kind]*formatRow
}

type formatRow struct {
	standsIn, hashed, problems []string
	samples                    int
	named, linked              bool                // an issuer
	places                     map[string][]string // by the name of the field
}

func (p *formatsPage) add(file string, d *Description, hashed string, places map[string][]string) {
	if p.formats == nil {
		p.formats = make(map[Kind]*formatRow)
	}
	row := p.formats[d.Kind]
	if row == nil {
		row = &formatRow{places: make(map[string][]string)}
		p.formats[d.Kind] = row
	}
	row.samples++
	row.standsIn = with(row.standsIn, standsIn(file, d))
	row.hashed = with(row.hashed, hashed)
	if d.Problem != "" {
		row.problems = with(row.problems, d.Problem)
	} else {
		row.linked = row.linked || d.IssuerByURL
		row.named = row.named || len(d.IssuerIDs) > 0 && !d.IssuerByURL
	}
	for name, list := range places {
		if name == "issuer" && d.IssuerByURL {
			name = "link to the issuer"
		}
		for _, at := range list {
			row.places[name] = with(row.places[name], member(at, d))
		}
	}
}

func with(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func standsIn(file string, d *Description) string {
	switch ext := strings.ToUpper(strings.TrimPrefix(filepath.Ext(file), ".")); {
	case d.Carrier == "JSON":
		return "JSON in a wrapper"
	case d.Carrier != "":
		return d.Carrier
	case ext == "TXT":
		return "text"
	default:
		return ext
	}
}

var indexes = regexp.MustCompile(`/\d+`)

// within are members that may stand around a document of a kind, which the page says once.
var within = map[Kind]string{KindBlockcerts1: "document.", KindAttestation2: "data."}

// member writes a place as a person would: `a.b[].c`, of what holds it.
func member(at string, d *Description) string {
	holder, at, nested := strings.Cut(at, "/")
	if !nested && strings.Contains(holder, " ") {
		return holder // in words
	} else if !nested {
		return "`" + holder + "`"
	}
	if strings.HasSuffix(d.Carrier, "JSON") { // of a wrapper
		for range wrappers {
			for _, wrapper := range wrappers {
				at = strings.TrimPrefix(strings.TrimPrefix(at, wrapper+"/"), wrapper+" (token)/")
			}
		}
	}
	if token, rest, ok := strings.Cut(at, " (token)/"); ok {
		at, holder = rest, "the token in `"+token+"`"
	}
	disclosed := strings.Contains(at, " (disclosed)")
	at = strings.ReplaceAll(at, " (disclosed)", "")
	at = strings.ReplaceAll(indexes.ReplaceAllString("/"+at, "[]")[1:], "/", ".")
	at = "`" + strings.TrimPrefix(strings.ReplaceAll(at, "~1", "/"), within[d.Kind]) + "`"
	switch {
	case disclosed:
		at += ", disclosed"
	case d.Carrier == "XML":
		at += " in XML"
	case holder != "":
		at += " of " + holder
	}
	return at
}

// formatsHead is the beginning of the page, with apostrophes for the marks of code.
const formatsHead = `# Formats: what is read, and from where

What 'verify' says of a document (whom it names, what it is about, until when it holds) it reads from the places below.
This page is made by a test: each place is one at which a change in a small sample of the format shows in what is read of it
(of PDF, mdoc and links, where the value stands), so it is neither more nor less than the samples in 'credential/testdata/formats'
and 'testdata/badges' show. 'credential/testdata/formats.golden' has it sample by sample. Further names of members, dates, and why
a document cannot be relied on are in the [specification](spec.md#85-whom-a-credential-names).

**Of no format** are read: what stands behind links ([freeze](freeze.md) fetches that, once and on request), contexts of JSON-LD,
the text and the picture of a page. What is shown is what the document says of itself; that its issuer says so is what the proof
shows.

**Hashed** is: 'json-jcs' a JSON object in canonical form without its 'proof', so the same object written anew has the same CID;
*the token* its exact characters, whatever stands around them; *the file* its exact bytes. A PNG or SVG has the CID of the
credential that it carries. A proof that was [embedded](verify.md) is not hashed.

**Issuer** below: *named* by an identifier that decides; *by a link*, so the document itself does not say it; *not told*: UNKNOWN,
unless the user trusts the address for any issuer or allows it; *nobody*: such a file states none, and the address that signed
decides.
`

// notes say what of a format is not read, beyond what its samples show.
var notes = map[Kind]string{
	KindOB1: "what stands behind the links in `badge` and `issuer`.",
	KindOB2: "what stands behind the links in `badge` and `badge.issuer`; a badge that is only links says more once it is frozen.",
	KindOB3: "which skill a result of the learner shows, where it failed. In badges of Credly `name` is the learner's name.",
	KindBlockcerts1: "the receipt, and the chain on which Blockcerts anchored it. The certificate may stand in `document`, " +
		"beside its receipt.",
	KindBlockcerts2: "the Merkle proof of its own, and the chain on which Blockcerts anchored it.",
	KindBlockcerts3: "the Merkle proof of its own, and the chain on which Blockcerts anchored it.",
	KindAttestation2: "the contract and the DNS record that OpenAttestation would ask; the template of the picture of it. As issued, " +
		"all of these stand in `data`, each behind its salt.",
	KindAttestation: "the contract and the DNS record that OpenAttestation would ask; the template of the picture of it.",
	KindCLR1:        "the dates of the assertions in it; they have issuers of their own.",
	KindCLR:         "the credentials in it as a part of it: each is verified by itself.",
	KindEuropass: "of XML, issuer and dates: it is named and shown, and no more. Of JSON, dates of single claims but their ends " +
		"(`--allow-unknown validity`).",
	KindMDoc:         "the certificate of its issuer, and so who that is; ends of single driving privileges.",
	KindPDF:          "the text on its pages, and signatures in it.",
	KindPresentation: "the credentials in it as a part of it: each is verified by itself.",
	KindEncrypted:    "anything: decrypt it first.",
	KindOBLink:       "what stands behind the link.",
	KindToken:        "what its holder does not disclose. These are tokens whose payload is no credential, such as an SD-JWT VC.",
}

var rows = []struct{ title, field string }{
	{"issuer", "issuer"},
	{"issuer, by a link", "link to the issuer"},
	{"name of the issuer", "by name"},
	{"title", "title"},
	{"what was achieved", "about"},
	{"name of the recipient", "for"},
	{"identifiers of the recipient", "recipient"},
	{"start and issue", "from"},
	{"end", "until"},
	{"ends of claims", "claim"},
	{"criteria", "criteria"},
	{"skills", "skills"},
	{"tags", "tags"},
	{"evidence", "evidence"},
	{"picture", "image"},
	{"author", "author"},
	{"revoked", "revoked"},
}

func (r *formatRow) issuer() string {
	var says []string
	if r.named {
		says = append(says, "named")
	}
	if r.linked {
		says = append(says, "by a link")
	}
	switch {
	case len(says) > 0:
		return strings.Join(says, ", ")
	case len(r.problems) > 0:
		return "not told"
	}
	return "nobody"
}

func (p *formatsPage) text() string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(formatsHead, "'", "`"))
	b.WriteString("\n| format | in | hashed | issuer |\n|---|---|---|---|\n")
	kinds := slices.SortedFunc(maps.Keys(p.formats), func(a, b Kind) int {
		return strings.Compare(strings.ToLower(string(a)), strings.ToLower(string(b)))
	})
	for _, kind := range kinds {
		r := p.formats[kind]
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", kind, anchorOf(kind), strings.Join(r.standsIn, ", "), hashWords(r.hashed), r.issuer())
	}
	for _, kind := range kinds {
		r := p.formats[kind]
		fmt.Fprintf(&b, "\n## %s\n", kind)
		first := true
		for _, row := range rows {
			if places := r.places[row.field]; len(places) > 0 {
				if first {
					b.WriteString("\n| | read from |\n|---|---|\n")
					first = false
				}
				fmt.Fprintf(&b, "| %s | %s |\n", row.title, strings.Join(places, "; "))
			}
		}
		if note := notes[kind]; note != "" {
			fmt.Fprintf(&b, "\nNot read: %s\n", note)
		} else if first && len(r.problems) == 0 {
			b.WriteString("\nNothing is read of it.\n")
		}
		if len(r.problems) > 0 {
			b.WriteString("\nOf one of its samples it cannot be told who issued it, because\n\n")
			for _, problem := range r.problems {
				fmt.Fprintf(&b, "- %s\n", Printable(problem))
			}
		}
	}
	return b.String()
}

func hashWords(list []string) string {
	var texts []string
	for _, h := range list {
		switch h = strings.TrimPrefix(h, "raw, "); {
		case h == string(FormJCS):
			h = "`json-jcs`"
		case strings.HasPrefix(h, "refused"):
			h = "refused where it cannot be relied on"
		}
		texts = with(texts, h)
	}
	return strings.Join(texts, ", ")
}

func anchorOf(kind Kind) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-", r):
			return r
		}
		return -1
	}, strings.ToLower(string(kind)))
}
