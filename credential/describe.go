package credential

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Description is what a document says of itself. Nothing of it is proven, and its
// texts may hold anything: print them through [Printable].
type Description struct {
	// Kind says what the document is, or the credential that it carries.
	Kind Kind

	// Carrier says what the credential stands in: "PNG", "SVG", "JWT", "JWT in PNG";
	// empty for a document that is the credential itself.
	Carrier string

	// Problem says why the document, or the part that names its issuer, cannot be
	// relied on to be read alike by everybody; it is empty if it can. While it is set
	// the other fields are what could be read, and an empty IssuerIDs does not mean
	// that nobody is named. An issuer without an identifier is a problem too. The
	// dates stand on their own: where the problem touches them, they have it as Err.
	Problem string

	// IssuerIDs are the distinct identifiers of the issuer, exactly as written: a
	// DID, a URL, a URN. More than one means that parts of the document disagree
	// (Problem then says so). Empty means that no identifier is stated.
	IssuerIDs []string

	// IssuerName is the issuer's name as stated.
	IssuerName string

	// IssuerByURL says that who issued is found only behind IssuerURL, as in Open
	// Badges 2.0 whose "badge" or "issuer" is a link. The document then does not say
	// it, whatever identifiers it states besides.
	IssuerByURL bool
	IssuerURL   string

	// Name is the title of the document itself, as stated.
	Name string

	// Names are the titles of what was achieved, at most 16; that of the document
	// where it names none.
	Names []string

	// Criteria are what it took to achieve it: texts or links, at most 16.
	Criteria []string

	// Image is the link to the picture of what was achieved. Of a data URL only the
	// type is kept.
	Image string

	// Alignments are the entries of skill frameworks that the achievement is said to
	// match, at most 16.
	Alignments []Alignment

	// Evidence is what is shown for it: texts or links, at most 16.
	Evidence []string

	// Recipients are the ways in which the document says who received it, at most
	// 16, and RecipientName is a name that it gives. See IsFor.
	Recipients    []Identity
	RecipientName string

	// Author is whom a PDF names as its author.
	Author string

	// ValidFrom and ValidUntil are the bounds within which the document says that it
	// holds. Where several are stated these are the latest start and the earliest end.
	ValidFrom, ValidUntil Date
}

// Kind names a sort of documents in words for people.
type Kind string

// The kinds of documents. Of others only the outer format is told.
const (
	KindOB3          Kind = "Open Badge 3.0"
	KindOB2          Kind = "Open Badge 2.0 assertion"
	KindOB1          Kind = "Open Badge 1.0 assertion"
	KindOB2Class     Kind = "Open Badge 2.0 badge class"
	KindOB2Other     Kind = "Open Badge 2.0 document" // an endorsement, a revocation list
	KindOBIssuer     Kind = "Open Badge issuer profile"
	KindOBLink       Kind = "link to an Open Badge"
	KindBlockcerts2  Kind = "Blockcerts 2"
	KindBlockcerts3  Kind = "Blockcerts 3"
	KindEuropass     Kind = "European Digital Credential" // of Europass, in the European Learning Model
	KindCLR          Kind = "Comprehensive Learner Record 2.0"
	KindEndorsement  Kind = "endorsement credential"
	KindVC2          Kind = "Verifiable Credential 2.0"
	KindVC1          Kind = "Verifiable Credential 1.1"
	KindVC           Kind = "Verifiable Credential"
	KindEnvelopedVC  Kind = "enveloped Verifiable Credential"
	KindPresentation Kind = "Verifiable Presentation"
	KindToken        Kind = "claims" // in a token
	KindEncrypted    Kind = "encrypted token"
	KindJSON         Kind = "JSON"
	KindPDF          Kind = "PDF"
	KindPNG          Kind = Kind(PNG) // a picture that carries nothing, or nothing that can be read
	KindSVG          Kind = Kind(SVG)
	KindFile         Kind = "file"
)

// Title says in short words what the document is, such as "Open Badge 3.0 in PNG".
func (d *Description) Title() string {
	if d.Carrier == "" {
		return string(d.Kind)
	}
	return string(d.Kind) + " in " + d.Carrier
}

// within records that what was read stands in a token or a picture.
func (d *Description) within(carrier string) {
	if d.Carrier != "" {
		carrier = d.Carrier + " in " + carrier
	}
	d.Carrier = carrier
}

// Alignment is an entry of a skill framework, such as ESCO or O*NET.
type Alignment struct{ Name, Framework, Code, URL string }

// Date is a point in time that a document may state.
type Date struct {
	Present bool      // something is stated
	Text    string    // as written
	Time    time.Time // in UTC, if Err is empty: the earliest that Text may mean
	Err     string    // why it cannot be told: Text is not a time that everybody reads alike, or see Problem

	// Slack is how much later than Time it may be. It is zero for a time with its
	// zone, and more than a day for one without, or for a day alone.
	Slack time.Duration
}

// Latest returns the latest point in time that the date may mean.
func (d Date) Latest() time.Time { return d.Time.Add(d.Slack) }

const (
	maxNames = 16   // titles that are kept
	maxText  = 1024 // bytes of a text that is kept for display
	maxID    = 4096 // bytes of an issuer's identifier
)

// Describe reads what doc says of itself. It reads JSON (Open Badges 1.x, 2.0 and 3.0,
// CLR 2.0, Verifiable Credentials 1.1 and 2.0), the payload of a JWT or JWS in compact
// form, an SD-JWT, and the credential that is baked into a PNG or SVG. It never fails:
// of what it does not know it tells the kind at most. Signatures are not checked.
//
// Of a document longer than [MaxJSON] the first MaxJSON+1 bytes are enough: what
// would have to be read whole is then a problem.
//
// Only members with exactly the name that the standard gives count; a JSON text with
// a member twice in one object is not read at all, which Problem says.
func Describe(doc []byte) Description {
	var d Description
	d.read(doc)
	return d
}

// read describes a whole file.
func (d *Description) read(doc []byte) {
	switch k := sniff(doc); {
	case k == kindPNG:
		baked, err := readPNG(bytes.NewReader(doc), doc)
		d.readPicture(PNG, baked, err)
	case k == kindMarkup && isSVG(doc):
		baked, err := readSVG(doc)
		d.readPicture(SVG, baked, err)
	case bytes.HasPrefix(doc, []byte("%PDF-")):
		d.readPDF(doc)
	case bytes.HasPrefix(doc, []byte("\xff\xfe")), bytes.HasPrefix(doc, []byte("\xfe\xff")):
		d.Kind = KindFile
		d.problem("it is text in UTF-16, which is not read")
	default:
		d.readText(doc)
	}
}

// readPicture describes what a picture carries.
func (d *Description) readPicture(p Picture, baked *Baked, err error) {
	switch {
	case baked == nil:
		d.Kind = Kind(p)
	case baked.Link():
		d.Kind = KindOBLink
		d.setIssuerURL(string(baked.Text))
		d.within(string(p))
	default:
		d.readText(baked.Text)
		d.within(string(p))
	}
	if err != nil && !errors.Is(err, ErrNotBaked) {
		d.problem("%v", reason(err))
	}
}

// readText describes JSON or a JWT: what stands alone in a file, or inside a picture.
func (d *Description) readText(text []byte) {
	long := len(text) > MaxJSON // before white space goes: more may follow it
	text = bytes.TrimPrefix(text, bom)
	text = bytes.Trim(text, jsonSpace)
	d.Kind = KindFile
	switch {
	case sniff(text) == kindObject:
		d.Kind = KindJSON
		if long {
			d.problem("it is longer than %d MiB", MaxJSON>>20)
			return
		}
		d.readObject(text)
	case long && len(text) > 0 && (text[0] == '[' || text[0] == '"' || hasJWTHeader(text)):
		d.problem("it seems to be JSON or a token, longer than %d MiB", MaxJSON>>20)
	case long:
	case isJWT(text):
		d.readJWT(string(text))
	case len(text) > 0 && (text[0] == '[' || text[0] == '"') && jsontext.Value(text).IsValid():
		d.Kind = KindJSON
		d.problem("it is JSON but not an object, so it cannot be told whom it names")
	}
}

// problem records the first reason why the document cannot be relied on, its dates
// included.
func (d *Description) problem(format string, args ...any) {
	d.issuerProblem(format, args...)
	unknown := Date{Err: d.Problem}
	d.from(unknown)
	d.until(unknown)
}

// issuerProblem records the first reason why it cannot be told who issued, while the
// rest of the document can be relied on.
func (d *Description) issuerProblem(format string, args ...any) {
	if d.Problem == "" {
		d.Problem = fmt.Sprintf(format, args...)
	}
}

// addIssuerID records that the document names an issuer.
func (d *Description) addIssuerID(id string) {
	switch {
	case id == "":
		d.issuerProblem("the identifier of its issuer is empty")
		return
	case slices.Contains(d.IssuerIDs, id):
		return
	case len(id) > maxID:
		d.issuerProblem("the identifier of its issuer is longer than %d bytes", maxID)
		return
	case len(d.IssuerIDs) >= maxNames:
		return
	}
	d.IssuerIDs = append(d.IssuerIDs, id)
	if len(d.IssuerIDs) == 2 {
		d.issuerProblem("it names two issuers, %s and %s", excerpt(d.IssuerIDs[0]), excerpt(id))
	}
}

// setIssuerURL records that the issuer stands behind a link.
func (d *Description) setIssuerURL(url string) {
	d.IssuerByURL = true
	if d.IssuerURL == "" {
		d.IssuerURL = clip(url)
	}
}

func (d *Description) addName(name string) { d.Names = addText(d.Names, name) }

// addText records a text or link, each once and at most maxNames of them.
func addText(list []string, s string) []string {
	if s = clip(strings.TrimSpace(s)); s == "" || len(list) >= maxNames || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func (d *Description) addAlignment(a Alignment) {
	a = Alignment{clip(a.Name), clip(a.Framework), clip(a.Code), clip(a.URL)}
	if a != (Alignment{}) && len(d.Alignments) < maxNames && !slices.Contains(d.Alignments, a) {
		d.Alignments = append(d.Alignments, a)
	}
}

// clip shortens a text that is only displayed.
func clip(s string) string {
	if len(s) > maxText {
		return strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return s
}

// from and until narrow the time within which the document holds. A date that
// cannot be read stays, as nobody can tell whether it is met.
func (d *Description) from(date Date)  { d.ValidFrom = narrow(d.ValidFrom, date, time.Time.After) }
func (d *Description) until(date Date) { d.ValidUntil = narrow(d.ValidUntil, date, time.Time.Before) }

// narrow returns the bound that holds where both do.
func narrow(have, date Date, narrower func(a, b time.Time) bool) Date {
	switch {
	case !date.Present && date.Err == "", have.Err != "":
		return have
	case !have.Present, date.Err != "":
		return date
	}
	latest := have.Latest()
	if narrower(date.Latest(), latest) {
		latest = date.Latest()
	}
	if narrower(date.Time, have.Time) {
		have = date
	}
	have.Slack = latest.Sub(have.Time)
	return have
}
