package credential

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// maxXMLDepth is how deep elements may nest in a picture that is read.
const maxXMLDepth = 1000

// isSVG reports whether the root element of an XML text is svg, or seems to be
// where the text cannot be read up to there.
func isSVG(doc []byte) bool {
	doc = bytes.TrimLeft(bytes.TrimPrefix(doc, bom), jsonSpace)
	if !bytes.HasPrefix(doc, []byte("<")) {
		return false
	}
	doc = doc[:min(len(doc), MaxJSON+1)]
	x := xml.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := x.RawToken()
		if err != nil {
			return len(doc) > MaxJSON || bytes.Contains(doc, []byte("<svg"))
		}
		if start, ok := token.(xml.StartElement); ok {
			return start.Name.Local == "svg"
		}
	}
}

// readSVG describes an SVG by the credential baked into it: an element
// openbadges:assertion (Open Badges 2.0) or openbadges:credential (3.0), whose text is
// JSON or whose attribute verify is a JWT or a link.
func (d *Description) readSVG(doc []byte) {
	d.Kind = "SVG"
	if len(doc) > MaxJSON {
		d.problem("it is longer than %d MiB", MaxJSON>>20)
		return
	}
	var (
		x       = xml.NewDecoder(bytes.NewReader(bytes.TrimLeft(bytes.TrimPrefix(doc, bom), jsonSpace)))
		depth   int               // of the element that is open
		badge   *xml.StartElement // the element that carries the credential
		within  int               // its depth
		carried []byte            // its text, without that of elements in it
	)
	for {
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			d.problem("the picture cannot be read to its end: %s", Printable(err.Error()))
			return
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxXMLDepth {
				d.problem("the elements of the picture nest deeper than %d", maxXMLDepth)
				return
			}
			if !isBadgeElement(token.Name) {
				continue
			}
			if badge != nil {
				d.problem("the picture holds two credentials")
				return
			}
			element := token.Copy()
			badge, within = &element, depth
		case xml.EndElement:
			if depth--; depth < within {
				within = -1 // closed; no depth is this again
			}
		case xml.CharData:
			if badge != nil && depth == within {
				carried = append(carried, token...)
			}
		}
	}
	if badge != nil {
		d.readBadgeElement(*badge, carried)
	}
}

// readBadgeElement describes what the element that carries a credential holds.
func (d *Description) readBadgeElement(element xml.StartElement, carried []byte) {
	stated := len(bytes.Trim(carried, jsonSpace)) > 0
	if stated {
		d.readBaked("SVG", carried)
	}
	for _, a := range element.Attr {
		// Beside a text, the attribute may be the token that signs it, or a link to
		// the same.
		if a.Name.Local != "verify" || stated && isURL(strings.TrimSpace(a.Value)) {
			continue
		}
		d.readBaked("SVG", []byte(a.Value))
		stated = true
	}
	if !stated {
		d.problem("the credential in the picture is empty")
	}
}

// isBadgeElement reports whether an element is one of the two that carry a
// credential. Prefixes may be bound to any spelling of the namespace.
func isBadgeElement(name xml.Name) bool {
	if name.Local != "assertion" && name.Local != "credential" {
		return false
	}
	return strings.Contains(name.Space, "openbadges") || strings.Contains(name.Space, "purl.imsglobal.org/")
}
