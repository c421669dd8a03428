package pdf

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
)

const (
	maxXMP      = 256 << 10 // bytes of the XMP packet
	maxXMPDepth = 1000      // of elements within elements there
	maxObject   = 64 << 10  // bytes of a dictionary that is searched for
	maxPlaces   = 1000      // references to it, or streams, that are looked at
)

var patterns = sync.OnceValue(func() (p struct{ info, encrypt, objectStream, escape *regexp.Regexp }) {
	p.info = regexp.MustCompile(`/Info\s+(\d{1,10})\s+(\d{1,5})\s+R`)
	p.encrypt = regexp.MustCompile(`/Encrypt\s+\d+\s+\d+\s+R`)
	p.objectStream = regexp.MustCompile(`/Type\s*/ObjStm`)
	p.escape = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)
	return p
})

// Texts are what a PDF says of itself. They are for display only.
type Texts struct{ Title, Author, Issuer string }

// Describe returns the texts of a PDF as its information dictionary or its XMP metadata
// state them. However broken the file is, it returns what it finds: nothing here follows
// the cross-reference table.
func Describe(doc []byte) Texts {
	info := map[string]string{}
	if !patterns().encrypt.Match(doc) { // else the texts are encrypted, too
		info = texts(infoObject(doc))
	}
	xmp := readXMP(doc)
	return Texts{
		Title:  cmp.Or(info["Title"], xmp["title"]),
		Author: cmp.Or(info["Author"], xmp["creator"]),
		Issuer: cmp.Or(info["Issuer"], info["Publisher"], xmp["publisher"]),
	}
}

// infoObject returns the last information dictionary that the file refers to, and what
// follows it; nil if it is not found.
func infoObject(doc []byte) []byte {
	refs := patterns().info.FindAllSubmatch(doc, maxPlaces)
	if len(refs) == 0 {
		return nil
	}
	ref := refs[len(refs)-1]
	head := bytes.Join([][]byte{ref[1], ref[2], []byte("obj")}, []byte(" "))
	for end := len(doc); ; {
		at := bytes.LastIndex(doc[:end], head)
		if at < 0 {
			number, _ := strconv.Atoi(string(ref[1])) // of at most ten digits
			return packedObject(doc, number)
		}
		if at == 0 || doc[at-1] < '0' || doc[at-1] > '9' {
			return doc[at+len(head) : min(len(doc), at+len(head)+maxObject)]
		}
		end = at
	}
}

// packedObject finds an object in the object streams of a file: the last one of that
// number.
func packedObject(doc []byte, number int) (object []byte) {
	f := &file{doc: doc}
	last := 0
	for _, at := range patterns().objectStream.FindAllIndex(doc, maxPlaces) {
		// The dictionary is around the match, the stream behind it.
		from := bytes.LastIndex(doc[max(0, at[0]-maxObject):at[0]], []byte("obj"))
		if from < 0 {
			continue
		}
		from = skipSpace(doc[:at[1]], max(0, at[0]-maxObject)+from+len("obj"))
		if from == last {
			continue // a dictionary that says so again
		}
		last = from
		size := valueEnd(doc[from:min(len(doc), at[1]+maxObject)], 0, 0)
		if size < 0 {
			continue
		}
		dict := doc[from : from+size]
		data, _ := f.unpack(dict, from+size) // what came before an error may be enough
		if found := objectOf(dict, data, number); found != nil {
			object = found[:min(len(found), maxObject)]
		}
	}
	return object
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

// decodeText decodes a text string: UTF-16 or UTF-8 with a byte order mark, else
// PDFDocEncoding, which is Latin-1 for what it is likely to hold.
func decodeText(b []byte) string {
	if rest, ok := bytes.CutPrefix(b, []byte("\xfe\xff")); ok {
		units := make([]uint16, len(rest)/2)
		for i := range units {
			units[i] = uint16(rest[2*i])<<8 | uint16(rest[2*i+1])
		}
		return strings.TrimSpace(string(utf16.Decode(units)))
	}
	if rest, ok := bytes.CutPrefix(b, []byte("\xef\xbb\xbf")); ok {
		return strings.TrimSpace(strings.ToValidUTF8(string(rest), "\ufffd"))
	}
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return strings.TrimSpace(string(runes))
}

// readXMP returns the Dublin Core elements title, creator and publisher of the last
// XMP packet that stands in the file as it is.
func readXMP(doc []byte) map[string]string {
	texts := make(map[string]string)
	at := bytes.LastIndex(doc, []byte("<x:xmpmeta"))
	if at < 0 {
		return texts
	}
	x := xml.NewDecoder(bytes.NewReader(doc[at:min(len(doc), at+maxXMP)]))
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
