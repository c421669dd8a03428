package credential

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// ErrNotBaked is returned for a picture that carries no credential.
var ErrNotBaked = errors.New("the picture carries no credential")

// Baked is what a picture carries: a credential, or in old badges the link to one.
type Baked struct {
	// Text is JSON, a JWS in compact form or a link, exactly as it stands in the
	// picture but for white space around it.
	Text []byte

	// splice returns the picture with another text in the place of Text; nil if it was
	// streamed, or carries Text in another way than that of Bake.
	splice func(text []byte) ([]byte, error)
}

// standard is one of the two ways in which badges are baked.
type standard struct {
	keyword   string // of the PNG chunk
	namespace string // of the SVG element
	element   string // its local name
}

var (
	bakedOB2 = standard{"openbadges", "http://openbadges.org", "assertion"}
	bakedOB3 = standard{"openbadgecredential", "https://purl.imsglobal.org/ob/v3p0", "credential"}
)

// isBadgeKeyword reports whether the keyword of a text chunk is that of a credential.
func isBadgeKeyword(keyword []byte) bool {
	return string(keyword) == bakedOB2.keyword || string(keyword) == bakedOB3.keyword
}

// Bake returns the picture with the badge in it, by the rules of 1EdTech for Open
// Badges 2.0 ("Open Badges Baking Specification") and 3.0 (section 5.3). A badge
// that the picture carried is replaced. The badge is JSON, and goes in as it is but for a
// byte order mark and white space around it, or a JWS in compact form, which goes in bare.
func Bake(image, badge []byte) ([]byte, error) {
	if text := textOf(badge); text != nil {
		badge = text
	}
	if _, err := Sum(bytes.NewReader(badge), FormAuto, ""); err != nil {
		return nil, fmt.Errorf("the badge cannot be hashed: %w", reason(err))
	}
	how, err := standardOf(badge)
	if err != nil {
		return nil, err
	}
	var out []byte
	switch _, readErr := Unbake(image); {
	case readErr != nil && !errors.Is(readErr, ErrNotBaked):
		return nil, fmt.Errorf("it cannot be put there: %w", readErr)
	case sniff(image) == kindPNG:
		out = bakePNG(image, badge, how)
	default:
		if out, err = bakeSVG(image, badge, how); err != nil {
			return nil, reason(err)
		}
	}
	// What other readers would not find, or find otherwise, is no baked badge.
	b, err := Unbake(out)
	if err != nil {
		return nil, fmt.Errorf("the badge cannot be read back from the picture: %w", err)
	}
	if !bytes.Equal(b.Text, badge) {
		return nil, errors.New("the badge cannot be read back from the picture as it is")
	}
	return out, nil
}

// standardOf tells how a badge is baked.
func standardOf(badge []byte) (standard, error) {
	d := Describe(badge)
	if d.Carrier == "" || compactJWS().Match(badge) {
		switch d.Kind {
		case KindOB3:
			return bakedOB3, nil
		case KindOB2, KindOB1:
			return bakedOB2, nil
		}
	}
	return standard{}, fmt.Errorf("only an Open Badge is baked: an assertion (1.x, 2.0) or a credential (3.0), "+
		"as JSON or as a signed token; this is: %s", d.Title())
}

// SignedBadge reports whether a file is a signed token that [Bake] takes.
func SignedBadge(file []byte) bool {
	file = bytes.Trim(file, jsonSpace)
	_, err := standardOf(file)
	return err == nil && isJWT(file)
}

var compactJWS = lazyRegexp(`^[\w-]+\.[\w-]+\.[\w-]*$`)

// Unbake returns what a PNG or SVG carries.
//
// The error is [ErrNotBaked] for a picture that carries nothing. Any other says that
// it is no whole picture, carries two credentials (also of two standards, or one
// twice), a compressed, cut off or damaged one, or a text that is none.
func Unbake(image []byte) (*Baked, error) {
	b, err := readPicture(image)
	if err != nil {
		return nil, reason(err)
	}
	return b, nil
}

// readPicture returns what a picture carries. With an error, which wraps [ErrForm] or is
// [ErrNotBaked], it returns what was found before it.
func readPicture(image []byte) (*Baked, error) {
	switch sniff(image) {
	case kindPNG:
		return readPNG(bytes.NewReader(image), image)
	case kindSVG:
		s, err := readSVG(image)
		if err != nil {
			return nil, err
		}
		return s.baked()
	}
	return nil, refuse("it is neither a PNG nor an SVG, but %s", formatOf(image))
}

// formatOf names for people what a file is that carries nothing.
func formatOf(file []byte) string {
	for _, sort := range []struct{ magic, name string }{
		{"\xff\xd8\xff", "a JPEG picture"},
		{"GIF8", "a GIF picture"},
		{"II*\x00", "a TIFF picture"},
		{"MM\x00*", "a TIFF picture"},
		{"PK\x03\x04", "a ZIP or office document"},
		{"\x1f\x8b", "a compressed file, such as an SVGZ, which must be unpacked first"},
	} {
		if bytes.HasPrefix(file, []byte(sort.magic)) {
			return sort.name
		}
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(file, bom), jsonSpace)
	switch k := sniff(file); {
	case len(file) >= 12 && string(file[:4]) == "RIFF" && string(file[8:12]) == "WEBP":
		return "a WebP picture"
	case bytes.HasPrefix(file, []byte("\xff\xfe")), bytes.HasPrefix(file, []byte("\xfe\xff")):
		return "text in UTF-16, which must be saved as UTF-8 first"
	case len(text) == 0:
		return "an empty file"
	case k == kindObject:
		return "JSON"
	case k == kindPDF:
		return "a PDF"
	case k == kindToken && tokenText(text) != nil:
		return "a signed token"
	case k == kindMarkup:
		return "XML or HTML"
	case text[0] == '[':
		return "a JSON array"
	}
	return "this kind of file"
}

// replace returns the picture with another text in the place of the one that it
// carries; all other bytes stay. To replace that text by the first one again gives the
// first picture.
func (b *Baked) replace(text []byte) ([]byte, error) {
	if b.splice == nil {
		return nil, errSplice
	}
	return b.splice(text)
}

var errSplice = errors.New("the picture carries its credential in another way than a badge is baked here; unbake it and bake it again")

// link reports whether the picture carries no more than the link to a credential.
func (b *Baked) link() bool { return len(b.Text) <= maxID && isURL(string(b.Text)) }

// check refuses a text that is no credential.
func (b *Baked) check() error {
	switch {
	case len(b.Text) == 0:
		return refuse("the credential in the picture is empty")
	case b.link(), textOf(b.Text) != nil:
		return nil
	}
	return refuse("the credential in the picture cannot be read")
}

// spliceBytes returns b with b[from:to] replaced.
func spliceBytes(b []byte, from, to int, by []byte) []byte {
	return slices.Concat(b[:from], by, b[to:])
}

// assertionURL returns where an assertion of Open Badges is hosted, or nothing.
func assertionURL(badge []byte) string {
	m, err := members(badge, "id", "verify", "verification")
	if err != nil {
		return ""
	}
	for _, name := range []string{"verify", "verification"} {
		if v, err := members(m[name], "url"); err == nil && isURL(text(v["url"])) {
			return text(v["url"])
		}
	}
	if id := text(m["id"]); isURL(id) {
		return id
	}
	return ""
}
