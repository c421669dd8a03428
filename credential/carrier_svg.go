package credential

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/hallmark-node/hallmark/credential/internal/xmltext"
)

// maxXMLDepth is how deep elements may nest in a picture that is read.
const maxXMLDepth = 1000

const (
	cdataOpen  = "<![CDATA["
	cdataClose = "]]>"
	cdataSplit = "]]" + cdataClose + cdataOpen + ">" // how cdataClose is written within
)

// isSVG reports whether the root element of an XML text is svg, or seems to be, in UTF-8 or
// UTF-16, where the text cannot be read up to there.
func isSVG(doc []byte) bool {
	doc = doc[:min(len(doc), MaxJSON+1)]
	if is, known := rootIsSVG(doc[:min(len(doc), 64<<10)]); known {
		return is
	}
	if is, known := rootIsSVG(doc); known {
		return is
	}
	return len(doc) > MaxJSON || bytes.Contains(doc, []byte("<svg")) || bytes.Contains(doc, []byte("<\x00s\x00v\x00g"))
}

// rootIsSVG reports whether the root element of an XML text is svg, and whether it can be
// read up to there.
func rootIsSVG(doc []byte) (is, known bool) {
	opened, err := xmltext.Open(doc)
	if err != nil {
		return false, false
	}
	for x := opened.Decoder(); ; {
		token, err := x.RawToken()
		if err != nil {
			return false, false
		}
		switch token := token.(type) {
		case xml.StartElement:
			return token.Name.Local == "svg", true
		case xml.Directive: // not well-formed here
			return false, false
		}
	}
}

// svgReader walks through an SVG. Nothing in it is executed or followed. All offsets are
// those of its text.
type svgReader struct {
	file    *xmltext.Document
	doc     []byte // its text, in UTF-8
	root    [2]int
	badge   *xml.StartElement // the element that carries the credential
	element [2]int            // from its first byte to its last
	carried []byte            // its text
	spans   [][2]int          // where in doc that text stands, without white space between elements
	cdata   bool              // all of it stands in CDATA sections
	proofs  [][2]int          // elements that may be a proof; the end is set for the first one only
	end     int               // where the end tag of the root element begins
}

// readSVG walks to the end of a picture.
func readSVG(file []byte) (*svgReader, error) {
	if len(file) > MaxJSON {
		return nil, refuse("it is longer than %d MiB", MaxJSON>>20)
	}
	opened, err := xmltext.Open(file)
	if err != nil {
		return nil, refuse(unreadablePicture, err)
	}
	s := &svgReader{file: opened, doc: opened.Text, cdata: true}
	return s, s.read()
}

const unreadablePicture = "the picture cannot be read to its end: %v"

func (s *svgReader) read() error {
	var (
		x      = s.file.Reader()
		depth  int // of the element that is open
		within int // the depth of the badge; -1 once it is closed
		proof  int // the depth of the first proof; likewise
	)
	for {
		token, from, to, err := x.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return refuse(unreadablePicture, Printable(err.Error()))
		}
		switch token := token.(type) {
		case xml.Directive:
			return refuse(unreadablePicture, "it has a document type in a place where none may be")
		case xml.StartElement:
			if depth++; depth > maxXMLDepth {
				return refuse("the elements of the picture nest deeper than %d", maxXMLDepth)
			}
			if s.root[1] == 0 {
				s.root = [2]int{from, to}
			}
			if token.Name.Local == keyword && token.Name.Space == proofNamespace {
				if s.proofs = append(s.proofs, [2]int{from, 0}); len(s.proofs) == 1 {
					proof = depth
				}
			}
			// Many readers look for the prefix alone, whatever it is bound to.
			badge := isBadgeElement(token.Name) || badgePrefix().Match(s.doc[from:to])
			switch {
			case badge && s.badge != nil:
				return refuse("the picture holds two credentials")
			case s.badge != nil && within > 0:
				// Readers that take all text below the element would read another.
				return refuse("the credential in the picture has elements in it, which readers treat differently")
			case !badge:
				continue
			}
			element := token.Copy()
			s.badge, s.element[0], within = &element, from, depth
		case xml.EndElement:
			if depth == within {
				s.element[1], within = to, -1
			}
			if depth == proof {
				s.proofs[0][1], proof = to, -1
			}
			if depth--; depth == 0 {
				s.end = from
			}
		case xml.CharData:
			if s.badge != nil && depth == within {
				s.text(token, from, to)
			}
		}
	}
}

// text takes a piece of the badge's text, which stands in doc[from:to].
func (s *svgReader) text(piece []byte, from, to int) {
	s.carried = append(s.carried, piece...)
	inner := s.doc[from:to]
	if bytes.HasPrefix(inner, []byte(cdataOpen)) {
		s.spans = append(s.spans, [2]int{from + len(cdataOpen), to - len(cdataClose)})
	} else if len(bytes.Trim(inner, jsonSpace)) > 0 {
		s.cdata = false
	}
}

// baked returns the credential in the picture: the text of an element
// openbadges:assertion (Open Badges 2.0) or openbadges:credential (3.0), which is JSON, or
// its attribute verify, which is a JWS or a link. Errors are as for readPNG.
func (s *svgReader) baked() (*Baked, error) {
	if s.badge == nil {
		return nil, ErrNotBaked
	}
	if s.file.Uses(s.doc[s.element[0]:s.element[1]]) {
		return nil, refuse("the credential in the picture is written with entities of its document type, which not all readers expand")
	}
	b := &Baked{Text: bytes.Trim(s.carried, jsonSpace)}
	attribute := "" // verify
	for _, a := range s.badge.Attr {
		if a.Name.Local == "verify" && a.Name.Space == "" {
			attribute = strings.Trim(a.Value, jsonSpace)
		}
	}
	switch stated := len(b.Text) > 0; {
	case stated && attribute != "" && !isURL(attribute): // a link may be one to the same
		return b, refuse("the picture holds two credentials, in the attribute verify and beside it")
	case !stated:
		b.Text = []byte(attribute)
	case s.cdata:
		s.keep(b)
	}
	return b, b.check()
}

// keep makes the text of the badge replaceable, if it stands in CDATA sections as
// bakeSVG writes them. Then the text is that of the file, line ends included, which XML
// readers change and which have no meaning in JSON.
func (s *svgReader) keep(b *Baked) {
	first, last := s.spans[0], s.spans[len(s.spans)-1]
	inner := s.doc[first[0]:last[1]]
	from := last[1] - len(bytes.TrimLeft(inner, jsonSpace))
	to := first[0] + len(bytes.TrimRight(inner, jsonSpace))
	if from >= to {
		return
	}
	written := bytes.ReplaceAll(s.doc[from:to], []byte(cdataSplit), []byte(cdataClose))
	if bytes.Equal(cdata(written), s.doc[from:to]) && bytes.Equal(lineEnds(written), b.Text) {
		b.Text = written
		b.splice = func(text []byte) ([]byte, error) { return s.file.Encode(spliceBytes(s.doc, from, to, cdata(text))) }
	}
}

// isBadgeElement reports whether an element is one of the two that carry a
// credential. Prefixes may be bound to any spelling of the namespace.
func isBadgeElement(name xml.Name) bool {
	if name.Local != bakedOB2.element && name.Local != bakedOB3.element {
		return false
	}
	return strings.Contains(name.Space, "openbadges") || strings.Contains(name.Space, "purl.imsglobal.org/")
}

var badgePrefix = lazyRegexp(`^<openbadges:(?:assertion|credential)[\s/>]`)

// cdata writes a text so that it can stand in a CDATA section: where the text has
// the end of one, the section ends in the middle of it and another begins.
func cdata(text []byte) []byte {
	return bytes.ReplaceAll(text, []byte(cdataClose), []byte(cdataSplit))
}

// lineEnds returns a text with the line ends that XML readers make of those in it.
func lineEnds(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
}
