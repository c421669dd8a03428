package pdf

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"strings"
	"unicode/utf16"
)

const (
	maxXMP      = 256 << 10 // bytes of the XMP packet
	maxXMPDepth = 1000      // of elements within elements there
)

// Texts are what a PDF says of itself. They are for display only.
type Texts struct{ Title, Author, Issuer string }

// Describe returns the texts of a PDF as its information dictionary or its XMP metadata
// state them. However broken the file is, it returns what it finds.
func Describe(doc []byte) Texts {
	var info, xmp map[string]string
	for _, opening := range openings(doc) {
		f, err := opening()
		if err != nil {
			continue
		}
		texts, found := f.texts()
		if found {
			info, xmp = texts, f.metadata()
			break
		}
	}
	if xmp == nil {
		if at := bytes.LastIndex(doc, []byte("<x:xmpmeta")); at >= 0 {
			xmp = readXMP(doc[at:])
		}
	}
	return Texts{
		Title:  cmp.Or(info["Title"], xmp["title"]),
		Author: cmp.Or(info["Author"], xmp["creator"]),
		Issuer: cmp.Or(info["Issuer"], info["Publisher"], xmp["publisher"]),
	}
}

// texts returns the texts of the information dictionary: none if they are encrypted. It
// reports whether the dictionary is where the file says, or none is named.
func (f *file) texts() (found map[string]string, ok bool) {
	value, err := member(f.trailer, "Info")
	if err != nil || value == nil || f.encrypted {
		return nil, err == nil
	}
	if _, object, err := f.follow(value); err == nil {
		return texts(object), true
	}
	if number, _, _ := parseInt(value, 0); f.scanned { // what broke off may be enough
		if e, known := f.entries[number]; known && e.within == 0 {
			_, object, _ := bytes.Cut(f.doc[e.offset:min(len(f.doc), e.offset+maxTrailer)], []byte("obj"))
			return texts(object), true
		}
	}
	return nil, false
}

// metadata returns the XMP metadata of the document; nil if its catalog cannot be read,
// and nothing if that names none.
func (f *file) metadata() map[string]string {
	root, err := member(f.trailer, "Root")
	if err != nil {
		return nil
	}
	number, catalog, err := f.follow(root)
	if err != nil || number == 0 {
		return nil
	}
	none := map[string]string{}
	value, err := member(catalog, "Metadata")
	if err != nil {
		return none
	}
	number, _, err = f.follow(value)
	if err != nil || number == 0 {
		return none
	}
	_, dict, end, err := f.object(f.entries[number].offset)
	if err != nil {
		return none
	}
	if filter, err := member(dict, "Filter"); err == nil && filter == nil { // whatever its length is said to be
		return readXMP(f.doc[end:])
	}
	data, _ := f.unpack(dict, end) // what came before an error may be enough
	return readXMP(data)
}

// texts returns the text entries of the dictionary that begins object, by name. The
// dictionary may break off, in a string in parentheses too.
func texts(object []byte) map[string]string {
	found := make(map[string]string)
	s := scanner{b: object}
	for s.word("<<"); s.more('>') && len(found) < 64; {
		name := s.name()
		rest := object[skipSpace(object, s.at):]
		value := s.value()
		if s.bad && bytes.HasPrefix(rest, []byte("(")) {
			value = rest
		}
		if text, err := stringValue(value); err == nil {
			found[name] = decodeText(text)
		}
	}
	return found
}

// docEncoding holds the characters of PDFDocEncoding that are not those of Latin-1, from
// 18 to 1f and from 80 to a0 (ISO 32000-2, D.2).
const docEncoding = "˘ˇˆ˙˝˛˚˜" + "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\ufffd€"

// decodeText decodes a text string: UTF-16 or UTF-8 with a byte order mark, else
// PDFDocEncoding.
func decodeText(b []byte) string {
	var text string
	switch {
	case bytes.HasPrefix(b, []byte("\xfe\xff")), bytes.HasPrefix(b, []byte("\xff\xfe")):
		low := int(b[1] & 1) // which byte of a unit is the greater one
		units := make([]uint16, len(b)/2-1)
		for i := range units {
			unit := b[2*i+2 : 2*i+4]
			units[i] = uint16(unit[1-low])<<8 | uint16(unit[low])
		}
		text = string(utf16.Decode(units))
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		text = strings.ToValidUTF8(string(b[3:]), "\ufffd")
	default:
		special := []rune(docEncoding)
		runes := make([]rune, len(b))
		for i, c := range b {
			switch {
			case c >= 0x18 && c < 0x20:
				runes[i] = special[c-0x18]
			case c >= 0x80 && c <= 0xa0:
				runes[i] = special[c-0x80+8]
			default:
				runes[i] = rune(c)
			}
		}
		text = string(runes)
	}
	return strings.TrimSpace(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ", "\b", " ", "\f", " ", "\x00", "").Replace(text))
}

// readXMP returns the Dublin Core elements title, creator and publisher of the first XMP
// packet in data.
func readXMP(data []byte) map[string]string {
	texts := make(map[string]string)
	data = data[:min(len(data), maxXMP)]
	at := bytes.Index(data, []byte("<x:xmpmeta"))
	if at < 0 {
		return texts
	}
	x := xml.NewDecoder(bytes.NewReader(data[at:]))
	name := ""
	for depth := 0; depth < maxXMPDepth; {
		token, err := x.Token()
		if err != nil {
			return texts
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			if token.Name.Space == "http://purl.org/dc/elements/1.1/" {
				name = token.Name.Local
			}
		case xml.EndElement:
			if depth--; depth == 0 {
				return texts
			}
			if token.Name.Local == name {
				name = ""
			}
		case xml.CharData:
			if s := strings.TrimSpace(string(token)); name != "" && texts[name] == "" {
				texts[name] = s
			}
		}
	}
	return texts
}
