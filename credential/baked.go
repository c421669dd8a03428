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

	format   Kind   // KindPNG or KindSVG
	image    []byte // the whole picture; nil where it was streamed
	from, to int    // where the text stands in image
	verbatim bool   // image[from:to] is the text as splice writes it
	splice   func(image []byte, from, to int, text []byte) ([]byte, error)
}

// link reports whether the picture carries no more than the link to a credential.
func (b *Baked) link() bool { return len(b.Text) <= maxID && isURL(string(b.Text)) }

// Unbake returns what a PNG or SVG carries.
//
// The error is [ErrNotBaked] for a picture that carries nothing. Any other says that
// it is no whole picture, carries two credentials (also of two standards, or one
// twice), a compressed, cut off or damaged one, or a text that is none.
func Unbake(image []byte) (*Baked, error) {
	var b *Baked
	err := refuse("it is neither a PNG nor an SVG")
	switch k := sniff(image); {
	case k == kindPNG:
		b, err = readPNG(bytes.NewReader(image), image)
	case k == kindMarkup && isSVG(image):
		b, err = readSVG(image)
	}
	if err != nil {
		return nil, reason(err)
	}
	return b, nil
}

// replace returns the picture with another text in the place of the one that it
// carries; all other bytes stay. It is the way back, too: replacing that text by
// the first one again gives the first picture. An error says why there is no such
// place: the text is a token in an attribute, or was written in another way than
// that of Bake.
func (b *Baked) replace(text []byte) ([]byte, error) {
	if b.image == nil || !b.verbatim {
		return nil, fmt.Errorf("the %s does not carry its credential in the way of hallmark bake; unbake it and bake it again", b.format)
	}
	return b.splice(b.image, b.from, b.to, text)
}

// check refuses a text that is no credential.
func (b *Baked) check() error {
	switch {
	case len(b.Text) == 0:
		return refuse("the credential in the picture is empty")
	case b.link(), sniff(b.Text) == kindObject, isJWT(b.Text):
		return nil
	}
	return refuse("the credential in the picture cannot be read")
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
