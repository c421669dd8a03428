// Package hosted reads and writes frozen badges: what the platform of an Open Badge 1.1 or 2.0
// answered, part by part, in one JSON document that outlives the platform.
//
// Such a badge is a line of links: the assertion says whose it is and leads to a badge class,
// which says what for and leads to a profile, which says who issued it. A [Bundle] has the exact
// bytes of each, with its address and time. [Parse] reads its form (spec.md, section 8.9), and
// [Bundle.Join] checks that the parts belong together and makes one assertion of them, which
// reads as one that had them inside.
//
// A bundle proves nothing by itself: whoever makes one may write into it what he likes. Nothing
// here fetches, and all input may be hostile.
package hosted

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of a bundle.
const (
	MaxSize    = 16 << 20 // bytes of all of it, as of any JSON document that has a CID
	MaxParts   = 16
	MaxJSON    = 1 << 20 // bytes of a part that is JSON or a token
	MaxPicture = 8 << 20
	MaxURL     = 2048
)

// Role says what a part is to the badge.
type Role string

// The roles of parts. There is one assertion, which is the first part, and at most one of each
// other but pictures.
const (
	RoleAssertion      Role = "assertion"
	RoleBadge          Role = "badge"          // the badge class: what was achieved
	RoleIssuer         Role = "issuer"         // the profile of who issued it
	RoleKey            Role = "key"            // with which a signed badge says to be signed
	RoleRevocationList Role = "revocationList" // of the issuer of a signed badge
	RoleImage          Role = "image"
)

// Bundle is a frozen badge.
type Bundle struct {
	Frozen time.Time // UTC, whole seconds; no part is newer
	Badge  string    // the address of the assertion by its own words; of a signed badge its identifier
	Parts  []Part
}

// Part is what one address answered.
type Part struct {
	Role Role

	// URL is the address as the badge links to it, or as it was asked for. It is empty for
	// the token of a signed badge, which its holder has and nobody serves.
	URL string

	// FinalURL is where the answer came from if that is elsewhere: behind redirects, or at
	// the address by which the answer called itself.
	FinalURL string

	Fetched   time.Time // UTC, whole seconds
	Status    int       // of HTTP: 200, or 400 to 499 for what is not there; 0 without URL
	MediaType string    // as the server said, without parameters; may be empty

	// Body is the exact answer, decompressed. It is empty unless Status is 200, or 410 of
	// an assertion, which is how a hosted badge is revoked.
	Body []byte
}

// New begins a bundle with its assertion, and names it by the words of that.
func New(assertion Part) *Bundle {
	text := assertion.Body
	if assertion.URL == "" {
		text = payload(text)
	}
	b := &Bundle{Frozen: assertion.Fetched, Badge: assertion.URL, Parts: []Part{assertion}}
	if o, err := read(text); err == nil {
		if id, _ := nameOf(o); id != "" {
			b.Badge = id
		}
	}
	return b
}

// Add adds a part.
func (b *Bundle) Add(p Part) {
	if p.Fetched.After(b.Frozen) {
		b.Frozen = p.Fetched
	}
	b.Parts = append(b.Parts, p)
}

// Encode writes the bundle. It is an error if [Parse] would not take it.
func (b *Bundle) Encode() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	// Written piece by piece, as it is read: what reads and writes by reflection makes the
	// verifier for browsers a tenth larger.
	var buf bytes.Buffer
	e := &encoder{jsontext.NewEncoder(&buf, jsontext.WithIndent("  ")), nil}
	e.token(jsontext.BeginObject)
	e.member("hallmarkHosted", jsontext.Uint(1))
	e.member("frozen", jsontext.String(b.Frozen.UTC().Format(timeForm)))
	e.member("badge", jsontext.String(b.Badge))
	e.member("parts", jsontext.BeginArray)
	for _, p := range b.Parts {
		e.token(jsontext.BeginObject)
		e.text("role", string(p.Role))
		e.text("url", p.URL)
		e.text("finalUrl", p.FinalURL)
		e.text("fetched", p.Fetched.UTC().Format(timeForm))
		if p.Status != 0 {
			e.member("status", jsontext.Int(int64(p.Status)))
		}
		e.text("mediaType", p.MediaType)
		e.text("body", base64.StdEncoding.EncodeToString(p.Body))
		e.token(jsontext.EndObject)
	}
	e.token(jsontext.EndArray)
	e.token(jsontext.EndObject)
	if e.err == nil && buf.Len() > MaxSize {
		e.err = fmt.Errorf("it would be longer than %d MiB", MaxSize>>20)
	}
	return buf.Bytes(), e.err
}

// encoder writes JSON until the first error.
type encoder struct {
	*jsontext.Encoder
	err error
}

func (e *encoder) token(t jsontext.Token) {
	if e.err == nil {
		e.err = e.WriteToken(t)
	}
}

func (e *encoder) member(name string, value jsontext.Token) {
	e.token(jsontext.String(name))
	e.token(value)
}

// text writes a member, unless it is empty.
func (e *encoder) text(name, value string) {
	if value != "" {
		e.member(name, jsontext.String(value))
	}
}

const timeForm = "2006-01-02T15:04:05Z"

// Parse reads the form of a bundle, strictly. Whether its parts belong together says
// [Bundle.Join]. The error says in words what is wrong.
func Parse(data []byte) (*Bundle, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("it is longer than %d MiB", MaxSize>>20)
	}
	o, err := read(data)
	if err != nil {
		return nil, err
	}
	switch version := string(o["hallmarkHosted"].value); {
	case version == "":
		return nil, errors.New("it states no version of the format")
	case version != "1":
		return nil, fmt.Errorf("version %.20s of the format: this needs a newer verifier", version)
	}
	f := form{o, o.only("hallmarkHosted", "frozen", "badge", "parts", "proof")}
	b := &Bundle{Badge: f.text("badge"), Frozen: f.time("frozen")}
	parts := f.value("parts", jsontext.KindBeginArray)
	if f.err != nil {
		return nil, f.err
	}
	for value := range elements(parts) {
		if len(b.Parts) == MaxParts {
			return nil, fmt.Errorf("more than %d parts", MaxParts)
		}
		part, err := parsePart(value)
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", len(b.Parts)+1, err)
		}
		b.Parts = append(b.Parts, part)
	}
	return b, b.check()
}

func parsePart(value jsontext.Value) (Part, error) {
	o, err := read(value)
	if err != nil {
		return Part{}, err
	}
	f := form{o, o.only("role", "url", "finalUrl", "fetched", "status", "mediaType", "body")}
	p := Part{
		Role: Role(f.text("role")), URL: f.text("url"), FinalURL: f.text("finalUrl"), Fetched: f.time("fetched"),
		MediaType: f.text("mediaType"),
	}
	if status := f.value("status", jsontext.KindNumber); status != nil {
		if p.Status, err = strconv.Atoi(string(status)); err != nil || p.Status == 0 {
			return Part{}, fmt.Errorf("its status %.20s is not one of HTTP", status)
		}
	}
	if body := f.text("body"); body != "" {
		if p.Body, err = base64.StdEncoding.Strict().DecodeString(body); err != nil || strings.ContainsAny(body, "\r\n") {
			return Part{}, errors.New("its body is not base64 in one line")
		}
	}
	return p, f.err
}

// form reads the members of an object until the first error. Those that may be left out are
// zero then.
type form struct {
	object
	err error
}

// only is an error if the object has members of other names.
func (o object) only(names ...string) error {
	for name := range o {
		if !slices.Contains(names, name) {
			return fmt.Errorf("its member %s is not one of this format", quote(name))
		}
	}
	return nil
}

// value returns a member, which must be of a kind; nil if it is absent.
func (f *form) value(name string, kind jsontext.Kind) jsontext.Value {
	v := f.object[name].value
	if v != nil && v.Kind() != kind && f.err == nil {
		f.err = fmt.Errorf("its member %s is of the wrong kind", quote(name))
	}
	return v
}

// text returns a member, which must be a text and not empty; "" if it is absent.
func (f *form) text(name string) string {
	v := f.value(name, jsontext.KindString)
	s := member{value: v}.text()
	if v != nil && s == "" && f.err == nil {
		f.err = fmt.Errorf("its member %s is empty", quote(name))
	}
	return s
}

// time returns a member that must be there.
func (f *form) time(name string) time.Time {
	text := f.text(name)
	t, err := time.Parse(timeForm, text)
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("%s: %.40q is not a time such as 2026-01-31T12:00:00Z", name, text)
	}
	return t
}

var mediaType = regexp.MustCompile(`^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$`)

// check says what no bundle may have.
func (b *Bundle) check() error {
	switch {
	case b.Badge == "" || len(b.Badge) > MaxURL:
		return errors.New("it does not say which badge it is of")
	case len(b.Parts) == 0 || b.Parts[0].Role != RoleAssertion:
		return errors.New("its first part is not an assertion")
	case len(b.Parts) > MaxParts:
		return fmt.Errorf("more than %d parts", MaxParts)
	}
	roles, urls := make(map[Role]bool), make(map[string]bool)
	for i := range b.Parts {
		p := &b.Parts[i]
		err := p.check()
		switch {
		case err != nil:
		case p.Fetched.After(b.Frozen):
			err = errors.New("it is newer than the bundle")
		case roles[p.Role] && p.Role != RoleImage:
			err = fmt.Errorf("there are two of the role %s", p.Role)
		case urls[p.URL]:
			err = fmt.Errorf("%.80q is there twice", p.URL)
		}
		if err != nil {
			return fmt.Errorf("part %d: %w", i+1, err)
		}
		roles[p.Role], urls[p.URL] = true, true
	}
	return nil
}

func (p *Part) check() error {
	most := MaxJSON
	switch p.Role {
	case RoleAssertion, RoleBadge, RoleIssuer, RoleKey, RoleRevocationList:
	case RoleImage:
		most = MaxPicture
	default:
		return fmt.Errorf("its role %.40q is not known", string(p.Role))
	}
	signed := p.Role == RoleAssertion && p.URL == ""
	kept := p.Status == 200 || p.Status == 410 && p.Role == RoleAssertion
	switch {
	case !signed && !isURL(p.URL), p.FinalURL != "" && (signed || !isURL(p.FinalURL)):
		return errors.New("its address is not one of https://")
	case p.FinalURL == p.URL && p.URL != "":
		return errors.New("its two addresses are the same")
	case signed && (p.Status != 0 || len(p.Body) == 0):
		return errors.New("a token without an address has no status, and a body")
	case !signed && p.Status != 200 && (p.Status < 400 || p.Status > 499):
		return fmt.Errorf("its status %d is not one that is kept", p.Status)
	case p.Role == RoleAssertion && !signed && !kept:
		return fmt.Errorf("an assertion of status %d is none", p.Status)
	case !signed && !kept && len(p.Body) > 0:
		return fmt.Errorf("with the status %d it has a body", p.Status)
	case p.Status == 200 && len(p.Body) == 0:
		return errors.New("its body is empty")
	case len(p.Body) > most:
		return fmt.Errorf("its body is longer than %d MiB", most>>20)
	case p.MediaType != "" && !mediaType.MatchString(p.MediaType):
		return errors.New("its media type is none")
	}
	return nil
}

// isURL reports whether a text is an address that can be asked.
func isURL(s string) bool {
	if len(s) > MaxURL || !strings.HasPrefix(s, "https://") || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && u.User == nil
}
