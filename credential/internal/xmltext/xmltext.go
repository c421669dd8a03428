// Package xmltext opens XML documents as drawing programs write them: in four encodings,
// and with internal entities of plain text, which encoding/xml by itself refuses.
//
// What it gives is what every XML processor sees, or an error. An encoding that is
// declared and a byte order mark must agree, and the text must encode to the same bytes
// again. A document type may declare nothing that changes the document but entities, each
// a plain text. Nothing outside of the document is read. Memory and time are linear in it.
package xmltext

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of what is read.
const (
	maxText       = 16 << 20 // bytes of Text, if the document is not in UTF-8
	maxEntities   = 256      // that one document declares
	maxValue      = 4 << 10  // bytes of what one of them stands for
	maxExpanded   = 4 << 20  // bytes that all references to them add up to
	maxAttributes = 1000     // of an element: the decoder gives all at once
)

// Document is an XML document as text. It must not be changed.
type Document struct {
	// Text is the document in UTF-8, without a byte order mark and the white space around
	// that. Its XML declaration says what it said.
	Text []byte

	before   []byte // what stands in front of Text, in the document's bytes
	encoding charset
	content  int               // where in Text the declaration and the document type end
	entities map[string]string // by name
	others   map[string]bool   // entities that are declared and no plain text
}

// Open reads an XML document as far as its document type. It keeps doc.
func Open(doc []byte) (*Document, error) {
	d := &Document{entities: make(map[string]string), others: make(map[string]bool)}
	mark, means := markOf(doc)
	body := doc[len(mark):]
	if means == nil {
		body = bytes.TrimLeft(body, space)
	}
	d.before = doc[:len(doc)-len(body)]
	if err := d.decode(body, means); err != nil {
		return nil, err
	}
	p := prolog{b: d.Text, at: d.content, doc: d}
	if err := p.read(); err != nil {
		return nil, err
	}
	d.content = p.at
	return d, d.bound()
}

const space = " \t\r\n"

// Decoder returns a decoder of the document, with entities expanded. In the place of all
// that stands up to the end of the document type it has white space. Its offsets are those of Text. A document type
// further down comes as an [xml.Directive]; it is not well-formed.
func (d *Document) Decoder() *xml.Decoder {
	// The decoder sees white space where entities are declared: it would find the end of
	// that in another way than other processors do.
	blank := bytes.Clone(d.Text[:d.content])
	for i, c := range blank {
		if c != '\n' { // errors name the line
			blank[i] = ' '
		}
	}
	x := xml.NewDecoder(io.MultiReader(bytes.NewReader(blank), bytes.NewReader(d.Text[d.content:])))
	x.Entity = d.entities
	return x
}

// reason words an error of the decoder for people.
func (d *Document) reason(err error) string {
	syntax := new(xml.SyntaxError)
	if !errors.As(err, &syntax) {
		return "it is no XML"
	}
	if name, ok := strings.CutPrefix(syntax.Msg, "invalid character entity &"); ok {
		name = strings.TrimSuffix(name, ";")
		if d.others[name] {
			return fmt.Sprintf("line %d uses the entity %q, which does not stand for plain text", syntax.Line, name)
		}
		return fmt.Sprintf("line %d has %q, which is no entity of this document", syntax.Line, "&"+name)
	}
	if strings.Contains(syntax.Msg, "unexpected EOF") {
		return fmt.Sprintf("it breaks off at line %d", syntax.Line)
	}
	return fmt.Sprintf("line %d is no XML", syntax.Line)
}

// Encode writes a text in the encoding of the document, with what stood in front of Text.
// That of Text is the document, to the byte.
func (d *Document) Encode(text []byte) ([]byte, error) {
	body, err := d.encoding.encode(text)
	if err != nil {
		return nil, err
	}
	return append(bytes.Clone(d.before), body...), nil
}

// Expand replaces the references to declared entities in a part of Text.
func (d *Document) Expand(part []byte) []byte {
	if len(d.entities) == 0 {
		return part
	}
	var out []byte
	done := 0
	d.references(part, func(from, to int, value string) {
		out = append(append(out, part[done:from]...), value...)
		done = to
	})
	return append(out, part[done:]...)
}

// Uses reports whether a part of Text refers to a declared entity.
func (d *Document) Uses(part []byte) (used bool) {
	d.references(part, func(int, int, string) { used = true })
	return used
}

// references calls found for each reference to a declared entity, in order.
func (d *Document) references(part []byte, found func(from, to int, value string)) {
	if len(d.entities) == 0 {
		return
	}
	for at := 0; ; {
		i := bytes.IndexByte(part[at:], '&')
		if i < 0 {
			return
		}
		at += i + 1
		name, _, ended := bytes.Cut(part[at:min(len(part), at+maxName+1)], []byte(";"))
		if value, ok := d.entities[string(name)]; ok && ended {
			found(at-1, at+len(name)+1, value)
		}
	}
}

// bound refuses a document that grows when it is read.
func (d *Document) bound() error {
	total := 0
	d.references(d.Text, func(_, _ int, value string) { total += len(value) })
	if total > maxExpanded {
		return fmt.Errorf("its entities stand for more than %d MiB", maxExpanded>>20)
	}
	content := d.Text[d.content:]
	if bytes.Count(content, []byte("=")) > maxAttributes && most(content) > maxAttributes {
		return fmt.Errorf("an element has more than %d attributes", maxAttributes)
	}
	return nil
}

// most returns the number of attributes of the element that has most, up to where the text is
// no XML.
func most(text []byte) (n int) {
	for {
		i := bytes.IndexByte(text, '<')
		if i < 0 {
			return n
		}
		text = text[i:]
		end := passed(text)
		if bytes.HasPrefix(text, []byte("<![CDATA[")) {
			end = bytes.Index(text, []byte("]]>")) + 1
		}
		switch {
		case end > 0:
			text = text[end:]
		case bytes.HasPrefix(text, []byte("<!")), bytes.HasPrefix(text, []byte("<?")):
			return n
		default:
			var own int
			own, text = attributes(text)
			n = max(n, own)
		}
	}
}

// attributes counts the quoted values up to the end of a tag, and returns what follows.
func attributes(text []byte) (n int, rest []byte) {
	for {
		i := bytes.IndexAny(text, `"'>`)
		if i < 0 {
			return n, nil
		}
		delimiter := text[i]
		text = text[i+1:]
		if delimiter == '>' {
			return n, text
		}
		if i = bytes.IndexByte(text, delimiter); i < 0 {
			return n, nil
		}
		n, text = n+1, text[i+1:]
	}
}
