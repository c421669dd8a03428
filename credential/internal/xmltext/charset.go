package xmltext

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// charset is the encoding of a document.
type charset struct {
	name  string
	codec encoding.Encoding // nil for UTF-8 and US-ASCII
}

var (
	utf8Text = charset{"UTF-8", nil}
	ascii    = charset{"US-ASCII", nil}
	// Browsers read these two and US-ASCII as Windows-1252, the libraries of other programs
	// do not. So none may have a byte that would be two characters: see ambiguous.
	latin1      = charset{"ISO-8859-1", charmap.ISO8859_1}
	windows1252 = charset{"Windows-1252", charmap.Windows1252}
	utf16BE     = charset{"UTF-16", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)}
	utf16LE     = charset{"UTF-16", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)}
)

var (
	markUTF8    = []byte("\xef\xbb\xbf")
	markUTF16BE = []byte("\xfe\xff")
	markUTF16LE = []byte("\xff\xfe")
)

// IsWide reports whether a document begins like XML in UTF-16 with a byte order mark.
func IsWide(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\xfe\xff\x00<")) || bytes.HasPrefix(head, []byte("\xff\xfe<\x00"))
}

// Wide returns ASCII as it stands in documents in UTF-16, in both byte orders.
func Wide(ascii string) (bigEndian, littleEndian []byte) {
	for i := range len(ascii) {
		bigEndian = append(bigEndian, 0, ascii[i])
		littleEndian = append(littleEndian, ascii[i], 0)
	}
	return bigEndian, littleEndian
}

// markOf returns the byte order mark of a document, and the encoding that it means. That is
// nil for UTF-8, which documents without a mark are in, too.
func markOf(doc []byte) (mark []byte, means *charset) {
	switch {
	case bytes.HasPrefix(doc, markUTF8):
		return markUTF8, nil
	case bytes.HasPrefix(doc, markUTF16BE):
		return markUTF16BE, &utf16BE
	case bytes.HasPrefix(doc, markUTF16LE):
		return markUTF16LE, &utf16LE
	}
	return nil, nil
}

var declaration = sync.OnceValue(func() *regexp.Regexp {
	const quoted = `\s*=\s*(?:"([\w.:-]*)"|'([\w.:-]*)')`
	return regexp.MustCompile(`^<\?xml\s+version` + quoted + `(?:\s+encoding` + quoted + `)?(?:\s+standalone` + quoted + `)?\s*\?>`)
})

// maxDeclaration bounds the XML declaration, in bytes.
const maxDeclaration = 1 << 10

// decode makes Text of the bytes behind the mark, which means an encoding.
func (d *Document) decode(body []byte, marked *charset) error {
	head := body[:min(len(body), maxDeclaration)]
	if marked != nil {
		decoded, err := marked.codec.NewDecoder().Bytes(head)
		if err != nil {
			return fmt.Errorf("it is no text in %s", marked.name)
		}
		head = decoded
	}
	stated, length, err := declared(head)
	if err != nil {
		return err
	}
	d.content = length
	isMarkedUTF8 := bytes.HasPrefix(d.before, markUTF8)
	switch name := strings.ToLower(stated); {
	case marked != nil && (name == "" || name == "utf-16"):
		d.encoding = *marked
	case marked != nil, isMarkedUTF8 && name != "" && name != "utf-8":
		return fmt.Errorf("it declares the encoding %q, and its byte order mark says another", stated)
	case name == "", name == "utf-8":
		d.encoding = utf8Text
	case name == "us-ascii", name == "ascii":
		d.encoding = ascii
	case name == "iso-8859-1", name == "latin1", name == "iso_8859-1":
		d.encoding = latin1
	case name == "windows-1252", name == "cp1252":
		d.encoding = windows1252
	case name == "utf-16":
		return errors.New("it declares the encoding UTF-16, and is not in it")
	default:
		return fmt.Errorf("it is in the encoding %q; UTF-8, UTF-16, ISO-8859-1 and Windows-1252 are read", stated)
	}
	return d.setText(body)
}

// declared returns the encoding that an XML declaration names, and the length of the
// declaration; 0 if there is none.
func declared(head []byte) (encoding string, length int, err error) {
	if !bytes.HasPrefix(head, []byte("<?xml")) || len(head) > 5 && strings.IndexByte(space+"?", head[5]) < 0 {
		return "", 0, nil
	}
	found := declaration().FindSubmatch(head)
	if found == nil {
		return "", 0, errors.New("its XML declaration cannot be read")
	}
	if version := string(found[1]) + string(found[2]); version != "1.0" {
		return "", 0, fmt.Errorf("it is XML %s; XML 1.0 is read", version)
	}
	return string(found[3]) + string(found[4]), len(found[0]), nil
}

func (d *Document) setText(body []byte) error {
	if i := d.encoding.ambiguous(body); i >= 0 {
		return fmt.Errorf("its byte %#x at %d is read in two ways in the encoding %s", body[i], len(d.before)+i, d.encoding.name)
	}
	if d.encoding.codec == nil {
		d.Text = body // that it is valid is for the decoder to say, with the line
		return nil
	}
	text, _, err := transform.Append(d.encoding.codec.NewDecoder(), make([]byte, 0, min(3*len(body), maxText)), body)
	switch {
	case err != nil:
		return fmt.Errorf("it is no text in %s", d.encoding.name)
	case len(text) > maxText:
		return fmt.Errorf("it is longer than %d MiB in UTF-8", maxText>>20)
	}
	if d.encoding.name == utf16BE.name { // of the others each byte is a character of its own
		again, err := d.encoding.encode(text)
		if err != nil || !bytes.Equal(again, body) {
			return fmt.Errorf("it is no text in %s", d.encoding.name)
		}
	}
	d.Text = text
	return nil
}

// ambiguous returns where a byte stands that readers of the encoding take for different
// characters, or have none for; -1 if there is none.
func (c charset) ambiguous(body []byte) int {
	is := func(byte) bool { return false }
	switch c.name {
	case ascii.name:
		is = func(b byte) bool { return b >= 0x80 }
	case latin1.name:
		is = func(b byte) bool { return b >= 0x80 && b < 0xa0 }
	case windows1252.name:
		is = func(b byte) bool { return strings.IndexByte("\x81\x8d\x8f\x90\x9d", b) >= 0 }
	}
	return slices.IndexFunc(body, is)
}

// encode writes a text. What the encoding has no character for is an error.
func (c charset) encode(text []byte) ([]byte, error) {
	const beyond = "the file is in the encoding %s, which cannot hold %q; save it as UTF-8 first"
	if c.codec == nil {
		if i := c.ambiguous(text); i >= 0 {
			r, _ := utf8.DecodeRune(text[i:])
			return nil, fmt.Errorf(beyond, c.name, string(r))
		}
		return text, nil
	}
	out, err := c.codec.NewEncoder().Bytes(text)
	if err != nil {
		return nil, fmt.Errorf(beyond, c.name, firstBeyond(c, text))
	}
	return out, nil
}

// firstBeyond returns the first character of a text that the encoding does not have.
func firstBeyond(c charset, text []byte) string {
	for len(text) > 0 {
		_, n := utf8.DecodeRune(text)
		if _, err := c.codec.NewEncoder().Bytes(text[:n]); err != nil {
			return string(text[:n])
		}
		text = text[n:]
	}
	return ""
}
