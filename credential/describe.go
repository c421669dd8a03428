package credential

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential/internal/pdf"
)

// Description is what a document says of itself, and its JSON form for display. Nothing of it is proven, and its
// texts may hold anything: print them through [Printable]. Lists that are only shown hold
// at most 16 texts, and Alignments and Tags at most 1,000 entries.
type Description struct {
	Kind    Kind   `json:"kind"`              // of the document, or of the credential that it carries
	Carrier string `json:"carrier,omitempty"` // what the credential stands in: "PNG", "SVG", "JWT", "JWT in PNG"; empty if it stands alone

	// Problem says why it cannot be told whom the document names as its issuer: it
	// cannot be relied on to be read alike by all readers, states an issuer where this
	// package knows of none, states none or one without an identifier though it is of a
	// sort that has one, or is of no sort that is known. While it is set the other fields
	// are what could be read. Where it touches the dates and recipients, they have it as
	// Err and as RecipientProblem.
	Problem string `json:"problem,omitempty"`

	// Opaque says that the file is none that states an issuer in any known way: a PDF,
	// a picture that carries nothing, plain text or bytes. It names no issuer.
	Opaque bool `json:"-"`

	Name  string   `json:"name,omitempty"`         // the title of the document itself
	Names []string `json:"achievements,omitempty"` // the titles of what was achieved; that of the document where it names none

	// IssuerIDs are the distinct identifiers of the issuer, exactly as written: a
	// DID, a URL, a URN. More than one is a Problem. Without a problem it holds one,
	// unless the file is Opaque or IssuerByURL.
	IssuerIDs  []string `json:"issuerIds,omitempty"`
	IssuerName string   `json:"issuerName,omitempty"`

	// IssuerByURL says that who issued is found only behind IssuerURL, as in Open
	// Badges 2.0 whose "badge" or "issuer" is a link. The document then does not say
	// it, whatever identifiers it states besides.
	IssuerByURL bool   `json:"-"`
	IssuerURL   string `json:"issuerUrl,omitempty"`

	Author string `json:"author,omitempty"` // of a PDF

	// Recipients are the ways in which the document says who received it, as written
	// and at most 10,000 (then RecipientProblem says so), and RecipientName is a name
	// that it gives. See IsFor.
	RecipientName string     `json:"recipientName,omitempty"`
	Recipients    []Identity `json:"recipients,omitempty"`

	// RecipientProblem says why it cannot be told from Recipients for whom the document
	// is; it is empty if it can.
	RecipientProblem string `json:"-"`

	// ValidFrom and ValidUntil are the bounds within which the document says that it
	// holds. Where several are stated these are the latest start and the earliest end.
	ValidFrom  Date `json:"validFrom,omitzero"`
	ValidUntil Date `json:"validUntil,omitzero"`

	// ClaimUntil is the earliest end of validity that stands among the claims about the
	// subject of a Verifiable Credential, such as that of a licence, and ClaimEnd the name of its
	// member in quotation marks, to print. No standard says whether it ends the credential, too. Its Err is that of an
	// end there that cannot be told.
	ClaimUntil Date   `json:"claimUntil,omitzero"`
	ClaimEnd   string `json:"-"`

	// Revoked says in words that and how the document says that it was revoked: an assertion
	// of Open Badges 2.0 with "revoked", or a frozen badge. It is empty if nothing says so.
	Revoked string `json:"revoked,omitempty"`

	Frozen *Frozen `json:"frozen,omitempty"` // of a frozen badge, else nil

	// Wrapped is the credential, an object or a token, in a document that is JSON of no sort of
	// its own around one; else nil.
	Wrapped []byte `json:"-"`

	Criteria   []string    `json:"criteria,omitempty"` // what it took to achieve it: texts or links
	Image      string      `json:"image,omitempty"`    // the link to the picture of what was achieved; of a data URL only the type
	Alignments []Alignment `json:"alignments,omitempty"`
	Evidence   []string    `json:"evidence,omitempty"` // texts or links

	Tags []string `json:"tags,omitempty"` // words for what was achieved
}

// Kind names a sort of documents in words for people.
type Kind string

// The kinds of documents. Of others only the outer format is told.
const (
	KindOB3          Kind = "Open Badge 3.0"
	KindOB2          Kind = "Open Badge 2.0 assertion"
	KindOB1          Kind = "Open Badge 1.0 assertion"
	KindOB1Class     Kind = "Open Badge 1.0 badge class"
	KindOB2Class     Kind = "Open Badge 2.0 badge class"
	KindOB2Other     Kind = "Open Badge 2.0 document" // an endorsement, a revocation list
	KindOBIssuer     Kind = "Open Badge issuer profile"
	KindOBLink       Kind = "link to an Open Badge"
	KindFrozen       Kind = "frozen badge" // of which no more can be told
	KindBlockcerts1  Kind = "Blockcerts 1"
	KindBlockcerts2  Kind = "Blockcerts 2"
	KindBlockcerts3  Kind = "Blockcerts 3"
	KindEuropass     Kind = "European Digital Credential" // of Europass, in the European Learning Model
	KindCLR1         Kind = "Comprehensive Learner Record 1.0"
	KindCLR          Kind = "Comprehensive Learner Record 2.0"
	KindAttestation2 Kind = "OpenAttestation 2"
	KindAttestation  Kind = "OpenAttestation" // 3 and 4, which are Verifiable Credentials
	KindEndorsement  Kind = "endorsement credential"
	KindVC2          Kind = "Verifiable Credential 2.0"
	KindVC1          Kind = "Verifiable Credential 1.1"
	KindVC           Kind = "Verifiable Credential"
	KindEnvelopedVC  Kind = "enveloped Verifiable Credential"
	KindPresentation Kind = "Verifiable Presentation"
	KindEuropassCV   Kind = "Europass curriculum vitae" // in XML
	KindELMO         Kind = "EMREX transcript"          // in XML
	KindPESC         Kind = "PESC transcript"           // in XML
	KindCTDL         Kind = "CTDL description"
	KindMDoc         Kind = "mdoc"   // of ISO/IEC 18013-5
	KindToken        Kind = "claims" // in a token
	KindEncrypted    Kind = "encrypted token"
	KindTrustList    Kind = "trust list"
	KindJSON         Kind = "JSON"
	KindPDF          Kind = "PDF"
	KindPNG          Kind = "PNG" // a picture that carries nothing, or nothing that can be read
	KindSVG          Kind = "SVG"
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

// Alignment is an entry of a skill framework, such as ESCO or O*NET, that the achievement
// is said to match. Its code and URL are as written, or left out if they are longer than 1 KiB:
// a part of one is another. What two of them have to do with each other says package skills.
type Alignment struct {
	Name      string `json:"name,omitempty"`
	Framework string `json:"framework,omitempty"`
	Code      string `json:"code,omitempty"`
	URL       string `json:"url,omitempty"`
}

// Date is a point in time that a document may state. As JSON it is its Text, and zero
// without one.
type Date struct {
	Present bool      // something is stated
	Text    string    // as written
	Time    time.Time // in UTC, if Err is empty: the earliest that Text may mean
	Err     string    // why it cannot be told: Text is not a time that all readers take alike, or see Problem

	// Slack is how much later than Time it may be. It is zero for a time with its
	// zone, and more than a day for one without, or for a day alone.
	Slack time.Duration
}

// MarshalText returns Text.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.Text), nil }

// IsZero reports whether there is no Text.
func (d Date) IsZero() bool { return d.Text == "" }

// Latest returns the latest point in time that the date may mean.
func (d Date) Latest() time.Time { return d.Time.Add(d.Slack) }

const (
	maxNames  = 16   // titles that are kept
	maxSkills = 1000 // alignments, and tags
	maxText   = 1024 // bytes of a text that is kept for display
	maxID     = 4096 // bytes of an issuer's identifier
)

// Describe reads what doc says of itself. It reads JSON (Open Badges 1.x, 2.0 and 3.0,
// CLR 2.0, Verifiable Credentials 1.1 and 2.0, Europass, Blockcerts 2 and 3), a JWT or
// JWS in compact or JSON form, an SD-JWT, and the credential that is baked into a PNG or
// SVG. It never fails: of what it does not know it tells the kind at most. Signatures
// are not checked.
//
// Whom a document names is read completely or not at all. It is a problem if anything
// that may name an issuer stands where the sort of document has no place for one, and
// if two names differ. Other structured documents (JSON, tokens, XML, HTML, CBOR) are a
// problem as such, and so is what looks like one and cannot be read.
//
// Of a document longer than [MaxJSON] the first MaxJSON+1 bytes are enough: what
// would have to be read whole is then a problem.
//
// A JSON text with a member twice in one object is not read at all, which Problem says.
func Describe(doc []byte) Description { return DescribeAmong(doc, nil) }

// OnlyLinks reports whether a document is, or carries, an Open Badge that says only behind links
// what it is for or who issued it.
func (d *Description) OnlyLinks() bool {
	switch d.Kind {
	case KindOB1, KindOB2, KindOBLink:
		return d.IssuerByURL && d.Frozen == nil
	}
	return false
}

// Unread says what cannot be read without doubt in a document, so that verifiers will not be able
// to tell; it is empty if all can.
func (d *Description) Unread() string { return cmp.Or(d.Problem, d.ValidUntil.Err, d.ValidFrom.Err) }

// DescribeAmong is [Describe] for a caller that knows the owners of identifiers: others
// reports whether one belongs to another issuer than the expected one. Where
// such a text stands in the document, not as the identifier of its issuer and not in a
// part that is about others than the issuer, it is a problem. In an Opaque file it is
// looked for as a word of its own.
func DescribeAmong(doc []byte, others func(id string) bool) Description {
	d := reader{others: others}
	d.read(doc)
	d.finish(doc)
	return d.Description
}

// reader reads a document.
type reader struct {
	Description
	others    func(id string) bool
	mentioned []string // texts for which others holds, in places that are not known
	depth     int      // of documents within documents
	sub       string   // the claim of that name
	exp       stated   // likewise
	end       stated   // the first that is stated elsewhere
	hides     bool     // an SD-JWT does not disclose all that may bound it
	subjects  map[Identity]bool
	results   results      // of the subject that is being read
	skills    map[any]bool // the alignments and tags so far
}

// maxDepth is how deep documents may stand within documents.
const maxDepth = 8

// finish draws the conclusions that take the whole document.
func (d *reader) finish(doc []byte) {
	switch {
	case d.Kind == KindTrustList: // whom it mentions it is about
	case d.Opaque:
		d.mentionWords(doc)
	case len(d.IssuerIDs) == 0 && !d.IssuerByURL:
		d.issuerProblem("it states no issuer where such a document has one")
	}
	for _, id := range d.mentioned {
		if !slices.Contains(d.IssuerIDs, id) {
			d.issuerProblem("it holds %s, which belongs to another issuer, in a place where this reader cannot tell what it means", excerpt(id))
		}
	}
}

// mentionWords looks for identifiers in a file whose structure is not known.
func (d *reader) mentionWords(doc []byte) {
	if d.others == nil {
		return
	}
	const brackets = "\"'`()<>[]{},;|\\"
	for word := range bytes.FieldsFuncSeq(doc, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(brackets, r)
	}) {
		if len(word) <= maxID {
			d.mention(string(word))
			d.mention(strings.TrimRight(string(word), ".:!?"))
		}
	}
}

// read describes a whole file.
func (d *reader) read(doc []byte) {
	switch k := sniff(doc); {
	case k == kindPNG:
		baked, err := readPicture(doc)
		d.readPicture(KindPNG, baked, err)
		d.readRestOfPNG(doc)
	case k == kindSVG:
		d.readSVG(doc)
	case k == kindPDF:
		if before := pdf.Before(doc); len(bytes.Trim(bytes.TrimPrefix(before, bom), "\x00"+jsonSpace)) > 0 {
			for _, text := range [][]byte{doc, before} { // that is what other readers may take it for
				d.Opaque = false
				if d.readText(text); !d.Opaque {
					return
				}
			}
		}
		d.readPDF(doc)
	case isSealed(doc):
		d.Kind, d.Opaque = KindFile, true
	default:
		d.readText(doc)
	}
}

// readPDF describes a PDF. It never has a problem: a PDF names no issuer that is
// checked, however broken it is.
func (d *reader) readPDF(doc []byte) {
	d.Kind, d.Opaque = KindPDF, true
	says := pdf.Describe(doc)
	d.Name, d.Author, d.IssuerName = clip(says.Title), clip(says.Author), clip(says.Issuer)
	d.addName(d.Name)
}

// readText describes JSON or a JWT: what stands alone in a file, or inside a picture.
func (d *reader) readText(text []byte) {
	long := len(text) > MaxJSON // before white space goes: more may follow it
	whole := text
	text = bytes.TrimPrefix(text, bom)
	text = bytes.Trim(text, jsonSpace)
	d.Kind = KindFile
	token := tokenText(text)
	switch {
	case sniff(text) == kindObject:
		d.Kind = KindJSON
		if long {
			d.problem("it is longer than %d MiB", MaxJSON>>20)
			return
		}
		d.readObject(text, nil)
	case long && (len(text) == 0 || isProse(whole)):
		d.problem("it is text longer than %d MiB", MaxJSON>>20)
	case token != nil:
		d.readJWT(string(token))
	case len(text) > 0 && (text[0] == '[' || text[0] == '"') && jsontext.Value(text).IsValid():
		d.Kind = KindJSON
		d.problem("it is JSON but not an object")
	case len(text) > 0 && text[0] == '<':
		if d.readXML(text); d.Kind == KindFile {
			d.unknownSort("XML or HTML", text)
		} else {
			d.unknownSort("XML ("+string(d.Kind)+")", text)
			d.within("XML")
		}
	case !long && (d.readMDoc(whole) || d.readMDocText(text)):
	case isCBOR(text) || isCBOR(whole):
		d.unknownSort("CBOR", text)
	default:
		if shape := shapeOf(whole); shape != "" {
			d.lookAlike(shape, whole)
			return
		}
		d.Opaque = true
	}
}

// unknownSort records that the document is of a sort that states issuer and dates in
// ways that are not known.
func (d *reader) unknownSort(sort string, doc []byte) {
	d.issuerProblem("it is %s, and "+notKnown, sort)
	if statesBound().Match(doc) {
		d.dateProblem("it is %s, and this reader does not know where such a document states its dates", sort)
	}
	d.recipientProblem("this reader does not know where such a document states whom it is about")
}

// lookAlike records that a file cannot be read as what it looks like. Its dates are
// without a problem only if all of it is plain to see and states none.
func (d *reader) lookAlike(shape string, file []byte) {
	const format = "it looks like %s, and cannot be read as such"
	if !isProse(file) || holdsToken(file) || datedBound().Match(file) || shape != shapeStatement {
		d.problem(format, shape)
		return
	}
	d.issuerProblem(format, shape)
	d.recipientProblem(format, shape)
}

var datedBound = lazyRegexp(`(?i)(?:valid[ _-]?\w+|exp\w*|nbf|not[ _-]?(?:before|after))[^\w\n]{1,40}\d`)

const notKnown = "this reader does not know where such a document states its issuer"

var statesBound = lazyRegexp(`(?i)valid[ _-]?(from|until|to|through)|expir|issuance|not[ _-]?(before|after)`)

// problem records the first reason why the document cannot be relied on, its dates and
// recipients included.
func (d *reader) problem(format string, args ...any) {
	d.issuerProblem(format, args...)
	d.dateProblem(format, args...)
	d.recipientProblem(format, args...)
}

// dateProblem records why the dates of the document cannot be told.
func (d *reader) dateProblem(format string, args ...any) {
	unknown := Date{Err: fmt.Sprintf(format, args...)}
	d.from(unknown)
	d.until(unknown)
}

// recipientProblem records the first reason why it cannot be told for whom the document
// is.
func (d *reader) recipientProblem(format string, args ...any) {
	if d.RecipientProblem == "" {
		d.RecipientProblem = fmt.Sprintf(format, args...)
	}
}

// issuerProblem records the first reason why it cannot be told who issued, while the
// rest of the document can be relied on.
func (d *reader) issuerProblem(format string, args ...any) {
	if d.Problem == "" {
		d.Problem = fmt.Sprintf(format, args...)
	}
}

// addIssuerID records that the document names an issuer.
func (d *reader) addIssuerID(id string) {
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
func (d *reader) setIssuerURL(url string) {
	d.IssuerByURL = true
	if d.IssuerURL == "" {
		d.IssuerURL = clip(url)
	}
}

func (d *reader) addName(name string) { d.Names = addText(d.Names, name) }

// addText records a text or link, each once and at most maxNames of them.
func addText(list []string, s string) []string {
	if s = clip(strings.TrimSpace(s)); s == "" || len(list) >= maxNames || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func (d *reader) addAlignment(a Alignment) {
	if len(a.Framework) > maxText || len(a.Code) > maxText {
		a.Framework, a.Code = "", ""
	}
	if len(a.URL) > maxText {
		a.URL = ""
	}
	a.Name = clip(a.Name)
	if a != (Alignment{}) && len(d.Alignments) < maxSkills && d.firstSkill(a) {
		d.Alignments = append(d.Alignments, a)
	}
}

func (d *reader) addTag(tag string) {
	tag = clip(strings.TrimSpace(tag))
	if tag != "" && len(d.Tags) < maxSkills && d.firstSkill(tag) {
		d.Tags = append(d.Tags, tag)
	}
}

// firstSkill reports whether an alignment or a tag is stated for the first time.
func (d *reader) firstSkill(skill any) bool {
	if d.skills == nil {
		d.skills = make(map[any]bool)
	}
	first := !d.skills[skill]
	d.skills[skill] = true
	return first
}

// clip shortens a text that is only displayed.
func clip(s string) string {
	if len(s) > maxText {
		return strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return s
}
