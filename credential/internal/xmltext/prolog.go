package xmltext

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxName bounds the name of an entity, in bytes.
const maxName = 64

// prolog reads what stands in front of the root element, and takes entities from the
// document type. at is where that ends, or where the XML declaration does if there is none.
type prolog struct {
	b   []byte
	at  int
	doc *Document
}

var patterns = sync.OnceValue(func() (p struct{ target, doctype, entity, harmless, attribute, reference, declaration *regexp.Regexp }) {
	const (
		name    = `[A-Za-z_:][\w.:-]*`
		literal = `(?:"[^"]*"|'[^']*')`
	)
	p.target = regexp.MustCompile(`^<\?` + name + `(?:\s|\?>)`)
	p.declaration = regexp.MustCompile(`^(?i:<\?xml)(?:\s|\?>)`) // a second one
	p.doctype = regexp.MustCompile(`^<!DOCTYPE\s+` + name + `(?:\s+(?:SYSTEM|PUBLIC\s+` + literal + `)\s+` + literal + `)?\s*([\[>])`)
	p.entity = regexp.MustCompile(`^<!ENTITY\s+(` + name + `)\s+(?:(` + literal + `)|(?:SYSTEM|PUBLIC\s+` + literal + `)\s+` + literal +
		`(?:\s+NDATA\s+` + name + `)?)\s*>`)
	// Neither says anything of the document but whether it is valid.
	p.harmless = regexp.MustCompile(`^<!(?:ELEMENT|NOTATION)\s(?:` + literal + `|[^"'<>%])*>`)
	// Attributes of type CDATA without a default: as if nothing were declared.
	p.attribute = regexp.MustCompile(`^<!ATTLIST\s+` + name + `(?:\s+` + name + `\s+CDATA\s+#(?:IMPLIED|REQUIRED))*\s*>`)
	p.reference = regexp.MustCompile(`&#(?:(\d{1,7})|x([0-9A-Fa-f]{1,6}));`)
	return p
})

func (p *prolog) read() error {
	for at := p.at; ; {
		at += len(p.b[at:]) - len(bytes.TrimLeft(p.b[at:], space))
		rest := p.b[at:]
		if bytes.HasPrefix(rest, []byte("<!DOCTYPE")) {
			p.at = at
			return p.documentType()
		}
		end := passed(rest)
		if end == 0 {
			return nil // what stands here is for the decoder
		}
		at += end
	}
}

// passed returns the length of the comment or processing instruction with which a text begins;
// 0 if it begins with none, or not with one that all processors see end there.
func passed(text []byte) int {
	if body, ok := bytes.CutPrefix(text, []byte("<!--")); ok {
		// Two hyphens must be its end. Those of its beginning are no part of that.
		i := bytes.Index(body, []byte("--"))
		if i < 0 || !bytes.HasPrefix(body[i:], []byte("-->")) {
			return 0
		}
		return len("<!--") + i + len("-->")
	}
	if !bytes.HasPrefix(text, []byte("<?")) || !patterns().target.Match(text) || patterns().declaration.Match(text) {
		return 0
	}
	i := bytes.Index(text, []byte("?>"))
	if i < 0 {
		return 0
	}
	return i + len("?>")
}

var errDocumentType = errors.New("its document type cannot be read")

// documentType reads the document type that begins at p.at.
func (p *prolog) documentType() error {
	m := patterns().doctype.FindSubmatchIndex(p.b[p.at:])
	if m == nil {
		return errDocumentType
	}
	subset := p.b[p.at+m[2]] == '['
	p.at += m[3]
	if !subset {
		return nil
	}
	for count := 0; ; count++ {
		p.at += len(p.b[p.at:]) - len(bytes.TrimLeft(p.b[p.at:], space))
		rest := p.b[p.at:]
		var end int
		switch {
		case count > 4*maxEntities:
			return fmt.Errorf("its document type has more than %d declarations", 4*maxEntities)
		case p.starts("]"):
			rest = bytes.TrimLeft(rest[1:], space)
			if !bytes.HasPrefix(rest, []byte(">")) {
				return errDocumentType
			}
			p.at = len(p.b) - len(rest) + 1
			return nil
		case p.starts("<!--"), p.starts("<?"):
			end = passed(rest)
		case p.starts("%"), p.starts("<!ENTITY") && bytes.HasPrefix(bytes.TrimLeft(rest[len("<!ENTITY"):], space), []byte("%")):
			return errors.New("its document type uses parameter entities, which not all readers expand")
		case p.starts("<!ENTITY"):
			m := patterns().entity.FindSubmatch(rest)
			if m == nil {
				return errDocumentType
			}
			if err := p.entity(string(m[1]), m[2]); err != nil {
				return err
			}
			end = len(m[0])
		case p.starts("<!ATTLIST"):
			if end = len(patterns().attribute.Find(rest)); end == 0 {
				return errors.New("its document type gives elements attributes, which not all readers add")
			}
		default:
			end = len(patterns().harmless.Find(rest))
		}
		if end <= 0 {
			return errDocumentType
		}
		p.at += end
	}
}

func (p *prolog) starts(with string) bool { return bytes.HasPrefix(p.b[p.at:], []byte(with)) }

// entity records what an entity stands for, literal being its value with quotes or nothing
// for what stands outside. What is no plain text is refused where it is used.
func (p *prolog) entity(name string, literal []byte) error {
	_, known := p.doc.entities[name]
	switch {
	case known || p.doc.others[name]:
		return fmt.Errorf("its document type declares the entity %q twice", clip(name))
	case len(p.doc.entities)+len(p.doc.others) == maxEntities:
		return fmt.Errorf("its document type declares more than %d entities", maxEntities)
	}
	switch name {
	case "lt", "gt", "amp", "quot", "apos":
		return fmt.Errorf("its document type declares the entity %q anew", name)
	}
	if value, ok := plainValue(literal); ok && len(name) <= maxName {
		p.doc.entities[name] = value
	} else {
		p.doc.others[name] = true
	}
	return nil
}

// plainValue returns the text that an entity stands for. It is no plain text if it holds
// markup or a reference to another one, however they are written.
func plainValue(literal []byte) (value string, ok bool) {
	if len(literal) < 2 || len(literal) > maxValue {
		return "", false
	}
	value = string(literal[1 : len(literal)-1])
	if strings.Contains(value, "&") {
		value = patterns().reference.ReplaceAllStringFunc(value, func(reference string) string {
			if r := characterOf(reference); r != 0 {
				return string(r)
			}
			return reference
		})
	}
	plain := strings.IndexFunc(value, func(r rune) bool { return !isCharacter(r) || strings.ContainsRune("<>&%", r) }) < 0
	return value, plain && utf8.ValidString(value)
}

// characterOf returns what a reference to a character stands for; 0 if that is no plain
// character.
func characterOf(reference string) rune {
	digits, base := strings.Trim(reference, "&#;"), 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseInt(digits, base, 32)
	if err != nil || !isCharacter(rune(n)) {
		return 0
	}
	return rune(n)
}

// isCharacter reports whether XML 1.0 has a character (2.2). Carriage returns and what is
// no XML are none here.
func isCharacter(r rune) bool {
	return r == '\t' || r == '\n' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= 0x10ffff
}

// clip shortens a name for an error.
func clip(name string) string { return name[:min(len(name), maxName)] }
