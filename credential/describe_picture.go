package credential

import (
	"bytes"
	"errors"
	"strings"

	"github.com/hallmark-node/hallmark/credential/internal/search"
)

// readPicture describes what a picture carries.
func (d *reader) readPicture(format Kind, baked *Baked, err error) {
	switch {
	case baked == nil:
		d.Kind, d.Opaque = format, true
	case baked.link():
		d.Kind = KindOBLink
		d.setIssuerURL(string(baked.Text))
		d.within(string(format))
	default:
		d.readText(baked.Text)
		d.within(string(format))
	}
	if err != nil && !errors.Is(err, ErrNotBaked) {
		d.problem("%v", reason(err))
	}
}

// readSVG describes an SVG.
func (d *reader) readSVG(doc []byte) {
	s, err := readSVG(doc)
	if err != nil {
		d.readPicture(KindSVG, nil, err)
		return
	}
	baked, err := s.baked()
	d.readPicture(KindSVG, baked, err)
	d.readRestOfSVG(s, baked)
}

// readRestOfPNG looks at what readPNG does not: chunks that other readers may take for a
// credential, and what follows the picture.
func (d *reader) readRestOfPNG(image []byte) {
	for c := range pngChunks(image) {
		switch strings.ToLower(c.name) {
		case "iend":
			if c.name == "IEND" && len(bytes.Trim(image[c.to:], "\x00"+jsonSpace)) > 0 {
				d.problem("something follows the end of the picture")
			}
		case "itxt", "text", "ztxt":
			keyword, value, _ := bytes.Cut(c.data, []byte{0})
			switch {
			case c.isBadge():
			case badgeWord().Match(keyword[:min(len(keyword), 1<<10)]):
				d.problem("the picture holds a text under %s, which is none of the two names for a credential", excerpt(string(keyword)))
			case c.name == "zTXt":
			case string(keyword) == "XML:com.adobe.xmp" && !search.Statement(search.Fold(value)) && !holdsJSON(value): // is XML, about the picture
			case shapeOfText(value, 0) != "":
				d.problem("the picture holds a document under %s", excerpt(string(keyword)))
			}
		}
	}
}

// badgeWord is found in keywords that are meant as those of a credential.
var badgeWord = lazyRegexp(`(?i)open\W*badge|credential|assertion|verifiable`)

// readRestOfSVG looks at what svgReader does not: declarations that change how others read
// the picture, elements that they may take for a credential, and what stands elsewhere.
func (d *reader) readRestOfSVG(s *svgReader, baked *Baked) {
	rest := s.doc
	if s.badge != nil {
		rest = spliceBytes(s.doc, s.element[0], s.element[1], nil)
		for _, a := range s.badge.Attr {
			value, named := strings.Trim(a.Value, jsonSpace), lower(a.Name.Local) == "verify"
			switch {
			case named && (a.Name.Space != "" || a.Name.Local != "verify"), !named && holdsJSON([]byte(value)):
				d.problem("the credential in the picture has an attribute that some readers take for another")
			case named && isURL(value) && baked != nil && !baked.link() && value != assertionURL(baked.Text):
				d.problem("beside the credential in the picture stands a link to another, %s", excerpt(value))
			}
		}
		inner := s.doc[s.element[0]:s.element[1]]
		if baked != nil {
			inner = bytes.ReplaceAll(inner, baked.Text, nil)
		}
		if bytes.Contains(inner, []byte("<!--")) || bytes.Contains(inner, []byte("<?")) {
			d.problem("beside the credential in the picture stands a comment, which not all readers leave out")
		}
	}
	if d.Opaque { // in another encoding, or with entities, they do not stand in the file as words
		d.mentionWords(s.file.Expand(s.doc))
	}
	texts := [][]byte{rest}
	if s.file.Uses(rest) { // some readers expand entities, some do not
		texts = append(texts, s.file.Expand(rest))
	}
	for _, text := range texts {
		folded := search.Fold(text)
		switch {
		case search.BadgeElement(folded):
			d.problem("the picture has an element that some readers take for a credential")
		case search.Statement(folded) || holdsJSON(text):
			d.problem("the picture holds a document elsewhere")
		}
	}
}
