package xmltext

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// charset is the encoding of a document. These few are written out, since the tables of
// golang.org/x/text, which are linked for all or none, make the verifier for browsers larger
// by a fiftieth. Tests hold them against it.
type charset struct {
	name string
	wide byteOrder // of UTF-16, else nil
	high []rune    // in encodings of a byte a character: those of 80 to 9f, 0 for none; nil in UTF-8 and US-ASCII
}

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

var (
	utf8Text = charset{name: "UTF-8"}
	ascii    = charset{name: "US-ASCII"}
	// Browsers read these two and US-ASCII as Windows-1252, the libraries of other programs
	// do not. So none may have a byte that would be two characters: see ambiguous.
	latin1      = charset{name: "ISO-8859-1", high: make([]rune, 32)}
	windows1252 = charset{name: "Windows-1252", high: []rune("€\x00‚ƒ„…†‡ˆ‰Š‹Œ\x00Ž\x00\x00‘’“”•–—˜™š›œ\x00žŸ")}
	utf16BE     = charset{name: "UTF-16", wide: binary.BigEndian}
	utf16LE     = charset{name: "UTF-16", wide: binary.LittleEndian}
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
	const quoted = `\s*=\s*(?:"([\w.:-]+)"|'([\w.:-]+)')`
	return regexp.MustCompile(`^<\?xml\s+version` + quoted + `(?:\s+encoding` + quoted +
		`)?(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>`)
})

// maxDeclaration bounds the XML declaration, in bytes.
const maxDeclaration = 1 << 10

// decode makes Text of the bytes behind the mark, which means an encoding.
func (d *Document) decode(body []byte, marked *charset) error {
	head := body[:min(len(body), maxDeclaration)]
	if marked != nil {
		head, _ = marked.decode(head) // up to where it was cut, or is no text: what follows sees that
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
	if length > 0 && marked == nil && len(d.before) > 0 && d.encoding.high != nil {
		// By XML it is no declaration then, and readers that go on take the text for UTF-8.
		return errors.New("white space stands in front of its XML declaration, so not all readers take the encoding that it states")
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
	if d.encoding.wide == nil && d.encoding.high == nil {
		d.Text = body // that it is valid is for the decoder to say, with the line
		return nil
	}
	text, ok := d.encoding.decode(body)
	switch {
	case len(text) > maxText:
		return fmt.Errorf("it is longer than %d MiB in UTF-8", maxText>>20)
	case !ok:
		return fmt.Errorf("it is no text in %s", d.encoding.name)
	}
	d.Text = text
	return nil
}

// decode returns a text in UTF-8 up to where it is none in the encoding, or beyond maxText;
// then ok is false. Each text comes from no other bytes.
func (c charset) decode(body []byte) (text []byte, ok bool) {
	text = make([]byte, 0, min(3*len(body), maxText)+utf8.UTFMax)
	for len(body) > 0 && len(text) <= maxText {
		r, n := c.first(body)
		if n == 0 {
			return text, false
		}
		text, body = utf8.AppendRune(text, r), body[n:]
	}
	return text, len(body) == 0
}

// first returns the first character of a text and the number of its bytes; 0 if it is none.
func (c charset) first(body []byte) (r rune, n int) {
	if c.wide == nil {
		r = rune(body[0])
		if 0x80 <= r && r < 0xa0 {
			if r = c.high[r-0x80]; r == 0 {
				return 0, 0
			}
		}
		return r, 1
	}
	if len(body) < 2 {
		return 0, 0
	}
	r = rune(c.wide.Uint16(body))
	if !utf16.IsSurrogate(r) {
		return r, 2
	}
	if len(body) < 4 {
		return 0, 0
	}
	if r = utf16.DecodeRune(r, rune(c.wide.Uint16(body[2:]))); r == utf8.RuneError {
		return 0, 0
	}
	return r, 4
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
	if c.wide == nil && c.high == nil {
		if i := c.ambiguous(text); i >= 0 {
			r, _ := utf8.DecodeRune(text[i:])
			return nil, fmt.Errorf(beyond, c.name, string(r))
		}
		return text, nil
	}
	out := make([]byte, 0, 2*len(text))
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		high := slices.Index(c.high, r)
		switch {
		case r == utf8.RuneError && n == 1:
			return nil, fmt.Errorf(beyond, c.name, text[:1])
		case c.wide != nil:
			for _, unit := range utf16.AppendRune(make([]uint16, 0, 2), r) {
				out = c.wide.AppendUint16(out, unit)
			}
		case r < 0x80, 0xa0 <= r && r <= 0xff:
			out = append(out, byte(r))
		case high >= 0:
			out = append(out, byte(0x80+high))
		default:
			return nil, fmt.Errorf(beyond, c.name, string(r))
		}
		text = text[n:]
	}
	return out, nil
}
