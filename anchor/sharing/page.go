package sharing

import (
	"bytes"
	"cmp"
	_ "embed" // the template and the style sheet
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	go_qr "github.com/piglig/go-qr"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/issuer/paper"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

// Policy is the Content-Security-Policy of the pages: they load what this site serves, run no
// script that stands in them, and their form asks this site.
const Policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; " +
	"connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// PicturePolicy is that of pictures that somebody wrote: opened by itself, one runs and loads nothing.
const PicturePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

// Style is the style sheet of the pages.
//
//go:embed page.css
var Style []byte

//go:embed page.html
var pageHTML string

var pages = template.Must(template.New("page").Parse(pageHTML))

// Site is where the pages are, and what is put into each.
type Site struct {
	URL  string        // of the node, without a slash at its end
	Head template.HTML // what loads the script of the pages; may be empty
}

// Page is the address of the page of a leaf.
func (s Site) Page(leaf merkle.Hash) string { return s.URL + "/b/" + leaf.String() }

// Host is the name under which people know the site.
func (s Site) Host() string {
	if u, err := url.Parse(s.URL); err == nil && u.Host != "" {
		return u.Host
	}
	return s.URL
}

// common is what each page is made from.
type common struct {
	Site
	Language
	Heading string // the title in the browser's window
	Robots  bool   // search engines may list it
	Links   []link // the same page in the other languages
}

type link struct{ Code, Name, URL string }

// languageNames are the names of languages in themselves.
var languageNames = map[string]string{
	"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français", "zh": "中文", "ar": "العربية",
}

func commonOf(s Site, l Language, heading, path string) common {
	c := common{Site: s, Language: l, Heading: heading}
	for _, tag := range languages {
		if code := tag.String(); tag != l.tag {
			c.Links = append(c.Links, link{code, languageNames[code], path + "?lang=" + code})
		}
	}
	return c
}

// sharePage is the page of a share.
type sharePage struct {
	common
	Base  string // the path of the page
	State State
	Test  bool

	Title, Issuer, By, Recipient, Criteria string
	Issued, Recorded, Until, Status, Short string
	Credential, Address, Looked            string

	Picture, Loose bool
	Skills         []string
	More           int // skills that are left out

	Checks   []checkLine
	LinkedIn string
	Fields   []field

	CardVersion, Preview string
}

// row is a line of what is told of a credential.
type row struct{ Label, Value string }

// Rows are the lines below its title, those without a value left out.
func (p *sharePage) Rows() (rows []row) {
	for _, r := range []row{
		{"issued", p.Issued},
		{"recorded", p.Recorded},
		{"until", p.Until},
		{"status", p.Status},
		{"criteria", p.Criteria},
		{"code", p.Short},
	} {
		if r.Value != "" {
			rows = append(rows, row{p.Word(r.Label), r.Value})
		}
	}
	return rows
}

// Welcome reports whether the page offers to put the credential into a profile: not what its issuer took back, nor what is
// proven to be wrong.
func (p *sharePage) Welcome() bool {
	switch p.State {
	case StateRevoked, StateSuspended, StateInvalid:
		return false
	case StateValid, StateTest, StateExpired, StateEarly, StateIssuer, StateUnknown:
	}
	return true
}

type checkLine struct{ Name, Result, Word, Detail string }

// field is an entry of LinkedIn's form, to be copied.
type field struct{ Key, Label, Value string }

// What is shown of texts and lists of a badge.
const (
	maxText   = 1000 // characters
	maxSkills = 60
)

// said is a text of a badge, safe to print and not too long.
func said(text string) string {
	if len(text) > 8*maxText {
		text = text[:8*maxText]
	}
	text = paper.Line(text)
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText]) + "…"
	}
	return text
}

// Page writes the page of a view in a language.
func (sh *Sharing) Page(v *View, s Site, l Language, picture bool) ([]byte, error) {
	r, d := v.Report, &v.Report.Document
	p := &sharePage{
		common: commonOf(s, l, "", "/b/"+v.Leaf.String()),
		Base:   "/b/" + v.Leaf.String(),
		State:  v.State(), Test: r.Test,
		Issuer: issuerOf(r), By: byOf(r, l), Recipient: said(recipientOf(d)), Criteria: said(strings.Join(d.Criteria, "; ")),
		Issued: dateOf(d.ValidFrom), Until: dateOf(d.ValidUntil), Recorded: day(r.AnchoredAt), Status: minute(r.StatusAsOf),
		Short: v.Short.String(), Credential: r.Credential, Address: s.Page(v.Leaf), Looked: minute(v.At),
		Picture: picture, Loose: r.Covers == credential.CoversCarried,
	}
	card := v.Card(s, l)
	p.Title, p.CardVersion = card.Title, cardVersion(&card)
	p.Heading = p.Title
	p.Robots = v.Share.Index
	p.Preview = l.Word("preview", p.Issuer)
	if card.Recipient != "" {
		p.Preview = card.Recipient + ". " + p.Preview
	}
	for _, name := range skillsOf(d) {
		if len(p.Skills) == maxSkills {
			p.More++
			continue
		}
		p.Skills = append(p.Skills, name)
	}
	for _, c := range r.Checks {
		word := map[verifier.Result]string{verifier.Pass: "pass", verifier.Fail: "fail", verifier.Unknown: "cannot"}[c.Result]
		p.Checks = append(p.Checks, checkLine{string(c.Check), string(c.Result), l.Word(word), c.Detail})
	}
	p.forLinkedIn(v)
	return write("share", p)
}

func (p *sharePage) forLinkedIn(v *View) {
	d := &v.Report.Document
	a := award{name: p.Title, organization: cmp.Or(claimedIssuer(d), p.Issuer), id: p.Short, url: p.Address, issued: v.Report.AnchoredAt}
	if told(d.ValidFrom) {
		a.issued = d.ValidFrom.Time
	}
	if told(d.ValidUntil) {
		a.ends = d.ValidUntil.Time
	}
	p.LinkedIn = a.linkedIn()
	for _, f := range []field{
		{"name", "field.name", a.name},
		{"organization", "field.organization", a.organization},
		{"date", "field.date", month(a.issued)},
		{"end", "field.end", month(a.ends)},
		{"id", "field.id", a.id},
		{"url", "field.url", a.url},
	} {
		if f.Value != "" {
			f.Label = p.Word(f.Label)
			p.Fields = append(p.Fields, f)
		}
	}
}

// Card returns what networks show of a page.
func (v *View) Card(s Site, l Language) paper.Card {
	r, d := v.Report, &v.Report.Document
	c := paper.Card{
		Title:  cmp.Or(said(strings.Join(d.Names, "; ")), said(d.Name), l.Word("title.none")),
		Issuer: issuerOf(r), Dates: cmp.Or(dateOf(d.ValidFrom), day(r.AnchoredAt)),
		Foot: s.Host() + "  ·  " + v.Short.String(),
	}
	if v.Share.ShowName {
		c.Recipient = said(d.RecipientName)
	}
	if r.Test {
		c.Test = l.Word("band")
	}
	switch state := v.State(); state {
	case StateRevoked, StateSuspended, StateExpired, StateEarly, StateInvalid:
		c.Stamp = l.Word(string(state))
	case StateValid, StateTest, StateIssuer, StateUnknown:
	}
	return c
}

// claimedIssuer is whom a badge calls its issuer, in its own words; empty if it names nobody.
func claimedIssuer(d *credential.Description) string {
	return said(cmp.Or(d.IssuerName, strings.Join(d.IssuerIDs, ", "), d.IssuerURL, d.Author))
}

// issuerOf is the issuer as it is proven: a domain, a name that the operator knows, or a key. A name
// that only the badge says stands there if nothing is proven, and the verdict says so.
func issuerOf(r *verifier.Report) string {
	key := r.Issuer.String()
	switch r.IssuerBy {
	case verifier.ByX509, verifier.ByDNSSEC:
		return said(identity.Display(r.IssuerDomain))
	case verifier.ByStore:
		return cmp.Or(said(r.IssuerName), key)
	case verifier.ByPKH:
		return key
	}
	return cmp.Or(claimedIssuer(&r.Document), key)
}

// byOf says who confirms that the issuer is who it is, and what else the badge calls it.
func byOf(r *verifier.Report, l Language) string {
	var by string
	switch r.IssuerBy {
	case verifier.ByX509, verifier.ByDNSSEC:
		by = l.Word("by.domain", said(identity.Display(r.IssuerDomain)))
	case verifier.ByStore:
		by = l.Word("by.store", said(r.IssuerName))
	case verifier.ByPKH:
		by = l.Word("by.key", r.Issuer.String())
	default:
		return l.Word("by.none", r.Issuer.String())
	}
	if name := claimedIssuer(&r.Document); name != "" && name != issuerOf(r) {
		by += " " + l.Word("by.claims", name)
	}
	return by
}

// recipientOf is to whom a badge says that it was awarded: a name, or an identifier that is not hashed.
func recipientOf(d *credential.Description) string {
	if d.RecipientName != "" || len(d.Recipients) == 0 || d.Recipients[0].Hashed {
		return d.RecipientName
	}
	return d.Recipients[0].String()
}

// skillsOf are the skills that a badge states, each once.
func skillsOf(d *credential.Description) (names []string) {
	seen := make(map[string]bool)
	add := func(name, framework string) {
		name = said(name)
		if key := strings.ToLower(name); name == "" || seen[key] {
			return
		}
		seen[strings.ToLower(name)] = true
		if framework != "" {
			name += " (" + said(framework) + ")"
		}
		names = append(names, name)
	}
	for _, a := range d.Alignments {
		add(cmp.Or(a.Name, a.Code), a.Framework)
	}
	for _, tag := range d.Tags {
		add(tag, "")
	}
	return names
}

// told reports whether a badge states a date that can be told.
func told(d credential.Date) bool { return d.Present && d.Err == "" }

// dateOf is a date of a badge, empty if it states none. What is no instant stays as it is written.
func dateOf(d credential.Date) string {
	switch {
	case !d.Present:
		return ""
	case d.Err != "" || d.Slack != 0:
		return said(d.Text)
	}
	return day(d.Time)
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// findPage is the page of the look-up by short code, and that of what is not there.
type findPage struct {
	common
	Message, More string
	Typed         string // the code
	Found         []link
}

// Find writes the page that looks up a short code. message is a key of words, empty for none, code
// what was typed, and found the leaves that have it.
func Find(s Site, l Language, message, code string, found []merkle.Hash) ([]byte, error) {
	p := &findPage{common: commonOf(s, l, l.Word("find"), "/b/"), Typed: code}
	if message != "" {
		p.More = l.Word(message)
	}
	if len(code) > 100 {
		p.Typed = ""
	}
	for _, leaf := range found {
		p.Found = append(p.Found, link{Name: leaf.String(), URL: "/b/" + leaf.String()})
	}
	return write("find", p)
}

// Message writes a page with a message, by its key in words, and the form for a look-up.
func Message(s Site, l Language, key string) ([]byte, error) {
	return write("find", &findPage{
		common: commonOf(s, l, l.Word(key), "/b/"), Message: l.Word(key), More: l.Word(key + ".more"),
	})
}

func write(name string, data any) ([]byte, error) {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, name, data); err != nil {
		return nil, fmt.Errorf("page of a share: %w", err)
	}
	return out.Bytes(), nil
}

// Code returns the QR code of the address of a page, as an SVG.
func Code(s Site, leaf merkle.Hash) ([]byte, error) {
	code, err := go_qr.EncodeText(s.Page(leaf), go_qr.Medium)
	if err != nil {
		return nil, err
	}
	return code.ToSVGBytes(go_qr.NewQrCodeImgConfig(8, 4))
}

// badgeTypes are the media types of badges that are downloaded, by how they begin.
var badgeTypes = []struct{ begin, media, ending string }{
	{"\x89PNG", "image/png", ".png"},
	{"%PDF", "application/pdf", ".pdf"},
	{"{", "application/json", ".json"},
	{"<", "image/svg+xml", ".svg"},
	{"ey", "text/plain", ".jwt"},
}

// BadgeType returns the media type of a badge, and the ending of a file with it.
func BadgeType(badge []byte) (media, ending string) {
	start := bytes.TrimLeft(bytes.TrimPrefix(badge, []byte("\ufeff")), " \t\r\n")
	i := slices.IndexFunc(badgeTypes, func(t struct{ begin, media, ending string }) bool {
		return bytes.HasPrefix(start, []byte(t.begin))
	})
	if i < 0 {
		return "application/octet-stream", ".bin"
	}
	return badgeTypes[i].media, badgeTypes[i].ending
}
