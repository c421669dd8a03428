package credential

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// isSVG reports whether the root element of an XML text is svg.
func isSVG(doc []byte) bool {
	doc = bytes.TrimLeft(bytes.TrimPrefix(doc, bom), jsonSpace)
	if !bytes.HasPrefix(doc, []byte("<")) {
		return false
	}
	x := xml.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := x.RawToken()
		if err != nil {
			return false
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
	x := xml.NewDecoder(bytes.NewReader(bytes.TrimLeft(bytes.TrimPrefix(doc, bom), jsonSpace)))
	found := 0
	for {
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			d.problem("the picture cannot be read to its end: %s", excerpt(err.Error()))
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok || !isBadgeElement(start.Name) {
			continue
		}
		if found++; found > 1 {
			d.problem("the picture holds two credentials")
			return
		}
		carried, err := innerText(x)
		if err != nil {
			d.problem("the picture cannot be read to its end: %s", excerpt(err.Error()))
			return
		}
		if len(bytes.Trim(carried, jsonSpace)) > 0 {
			d.readBaked("SVG", carried)
		}
		for _, a := range start.Attr {
			if a.Name.Local == "verify" && a.Value != "" {
				d.readVerify(a.Value)
			}
		}
	}
}

// readVerify reads the attribute verify of a baked SVG. Beside a JSON text it may
// be the token that signs it, or the link to what it says.
func (d *Description) readVerify(value string) {
	if isURL(strings.TrimSpace(value)) && d.Kind != "SVG" {
		return
	}
	d.readBaked("SVG", []byte(value))
}

// isBadgeElement reports whether an element is one of the two that carry a
// credential. Prefixes may be bound to any spelling of the namespace.
func isBadgeElement(name xml.Name) bool {
	if name.Local != "assertion" && name.Local != "credential" {
		return false
	}
	return strings.Contains(name.Space, "openbadges") || strings.Contains(name.Space, "purl.imsglobal.org/")
}

// innerText returns the text of the element that was just opened, without that of
// elements in it, and reads to its end.
func innerText(x *xml.Decoder) ([]byte, error) {
	var text []byte
	for depth := 1; depth > 0; {
		token, err := x.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 1 {
				text = append(text, token...)
			}
		}
	}
	return text, nil
}
