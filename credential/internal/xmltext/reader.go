package xmltext

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Reader reads the tokens of a document, as [xml.Decoder] does, and refuses what that takes
// and XML 1.0 does not: text or elements beside the root, an attribute twice or right behind
// another, a second declaration, a reference to half a character. Another processor stops there
// or repairs it, and then may see another document.
type Reader struct {
	doc    *Document
	x      *xml.Decoder
	depth  int
	rooted bool
}

// Reader returns a reader of the document from its beginning. Its offsets are those of Text.
// What [Document.Decoder] says of entities and the document type holds for it, too.
func (d *Document) Reader() *Reader { return &Reader{doc: d, x: d.Decoder()} }

// Read returns the next token, and where in Text it begins and ends: both ends of an empty element
// are at one place. At the end of the document the error is [io.EOF]; all others are worded for people.
func (r *Reader) Read() (token xml.Token, from, to int, err error) {
	from = int(r.x.InputOffset())
	token, err = r.x.Token()
	to = int(r.x.InputOffset())
	switch {
	case err == nil:
	case errors.Is(err, io.EOF) && !r.rooted:
		return nil, from, to, errors.New("it has no element")
	case errors.Is(err, io.EOF):
		return nil, from, to, io.EOF
	default:
		return nil, from, to, errors.New(r.doc.reason(err))
	}
	raw := r.doc.Text[max(from, min(to, r.doc.content)):to] // in front of that the decoder sees white space
	switch token := token.(type) {
	case xml.StartElement:
		err = r.start(token, raw)
	case xml.EndElement:
		r.depth--
	case xml.CharData:
		if r.depth == 0 && len(bytes.Trim(raw, space)) > 0 {
			err = errors.New("there is text beside its root element")
		} else {
			err = references(raw)
		}
	case xml.ProcInst:
		if strings.EqualFold(token.Target, "xml") && from > 0 {
			err = errors.New("it has an XML declaration that is not at its beginning")
		}
	}
	return token, from, to, err
}

// start checks the tag that an element begins with.
func (r *Reader) start(element xml.StartElement, raw []byte) error {
	if r.depth == 0 && r.rooted {
		return errors.New("there is an element behind its root element")
	}
	r.depth++
	r.rooted = true
	if len(element.Attr) == 0 {
		return nil
	}
	if hasTwice(element.Attr) {
		return errors.New("an element has an attribute twice")
	}
	quote := byte(0) // that the value at hand began with
	for i, c := range raw[:len(raw)-1] {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote && quote != 0:
			quote = 0
			if strings.IndexByte(space+"/>", raw[i+1]) < 0 {
				return errors.New("an attribute stands right behind another")
			}
		}
	}
	return references(raw)
}

// hasTwice reports whether two of these have one name.
func hasTwice(attributes []xml.Attr) bool {
	const few = 16 // of which to compare each with all costs less than a map
	if len(attributes) <= few {
		for i, a := range attributes {
			if slices.ContainsFunc(attributes[:i], func(b xml.Attr) bool { return a.Name == b.Name }) {
				return true
			}
		}
		return false
	}
	seen := make(map[xml.Name]bool, len(attributes))
	for _, a := range attributes {
		seen[a.Name] = true
	}
	return len(seen) < len(attributes)
}

// references checks the references to characters in a part of the text. The decoder puts another
// character in the place of half a one.
func references(raw []byte) error {
	if bytes.HasPrefix(raw, []byte("<![CDATA[")) {
		return nil
	}
	for {
		i := bytes.Index(raw, []byte("&#"))
		if i < 0 {
			return nil
		}
		raw = raw[i+2:]
		digits, base := raw, 10
		if bytes.HasPrefix(raw, []byte("x")) {
			digits, base = raw[1:], 16
		}
		digits = digits[:max(bytes.IndexByte(digits, ';'), 0)] // the decoder has seen to its end
		if n, err := strconv.ParseUint(string(digits), base, 32); err == nil && n >= 0xd800 && n <= 0xdfff {
			return errors.New("it refers to half a character")
		}
	}
}
