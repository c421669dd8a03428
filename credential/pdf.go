package credential

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"encoding/hex"
	"encoding/xml"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// A PDF is read for three texts that are only displayed: title, author and issuer, as
// its information dictionary or its XMP metadata state them. That is far less than a
// PDF library does, and those inflate what a hostile file asks for (2 GiB for a file
// of 1 MiB). So nothing here follows the cross-reference table or a reference but one;
// the work is linear in the file, and what is inflated is bounded.
const (
	maxInflated  = 8 << 20   // bytes of all object streams together
	maxXMP       = 256 << 10 // bytes of the XMP packet
	maxPDFObject = 64 << 10  // bytes of the information dictionary
)

var (
	pdfInfo      = regexp.MustCompile(`/Info\s+(\d{1,10})\s+(\d{1,5})\s+R`)
	pdfObjStm    = regexp.MustCompile(`/Type\s*/ObjStm`)
	pdfFirst     = regexp.MustCompile(`/First\s+(\d{1,9})`)
	pdfEncrypted = regexp.MustCompile(`/Encrypt\s+\d+\s+\d+\s+R`)
)

// readPDF describes a PDF. It never has a problem: a PDF names no issuer that is
// checked, however broken it is.
func (d *reader) readPDF(doc []byte) {
	d.Kind, d.Opaque = KindPDF, true
	info := map[string]string{}
	if !pdfEncrypted.Match(doc) { // else the texts are encrypted, too
		info = pdfTexts(pdfInfoObject(doc))
	}
	xmp := readXMP(doc)
	d.Name = clip(cmp.Or(info["Title"], xmp["title"]))
	d.addName(d.Name)
	d.Author = clip(cmp.Or(info["Author"], xmp["creator"]))
	d.IssuerName = clip(cmp.Or(info["Issuer"], info["Publisher"], xmp["publisher"]))
}

// pdfInfoObject returns the last information dictionary that the file refers to,
// beginning with "<<"; nil if it is not found.
func pdfInfoObject(doc []byte) []byte {
	refs := pdfInfo.FindAllSubmatch(doc, 1000)
	if len(refs) == 0 {
		return nil
	}
	ref := refs[len(refs)-1]
	head := bytes.Join([][]byte{ref[1], ref[2], []byte("obj")}, []byte(" "))
	for end := len(doc); ; {
		at := bytes.LastIndex(doc[:end], head)
		if at < 0 {
			return pdfCompressedObject(doc, string(ref[1]))
		}
		if at == 0 || doc[at-1] < '0' || doc[at-1] > '9' {
			return doc[at+len(head) : min(len(doc), at+len(head)+maxPDFObject)]
		}
		end = at
	}
}

// pdfCompressedObject finds an object in the object streams of a file, the last one
// of that number.
func pdfCompressedObject(doc []byte, number string) (object []byte) {
	left := maxInflated
	for _, at := range pdfObjStm.FindAllIndex(doc, 1000) {
		// The dictionary is around the match, the stream behind it.
		before := doc[max(0, at[0]-maxPDFObject):at[0]]
		before = before[max(0, bytes.LastIndex(before, []byte("obj"))):]
		start := bytes.Index(doc[at[1]:min(len(doc), at[1]+maxPDFObject)], []byte("stream"))
		if start < 0 {
			continue
		}
		dict := slices.Concat(before, doc[at[1]:at[1]+start])
		first := pdfFirst.FindSubmatch(dict)
		if first == nil || !bytes.Contains(dict, []byte("/FlateDecode")) {
			continue
		}
		data := bytes.TrimLeft(doc[at[1]+start+len("stream"):], "\r\n")
		z, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			continue
		}
		inflated, _ := io.ReadAll(io.LimitReader(z, int64(left))) // what came before an error may be enough
		left -= len(inflated)
		offset, _ := strconv.Atoi(string(first[1]))
		if offset > len(inflated) {
			continue
		}
		header := strings.Fields(string(inflated[:min(offset, maxPDFObject)]))
		for i := 0; i+1 < len(header); i += 2 {
			from, err := strconv.Atoi(header[i+1])
			if header[i] == number && err == nil && from >= 0 && from <= len(inflated)-offset {
				object = inflated[offset+from : min(len(inflated), offset+from+maxPDFObject)]
			}
		}
	}
	return object
}

// pdfTexts returns the text entries of a dictionary that begins object, by name.
func pdfTexts(object []byte) map[string]string {
	texts := make(map[string]string)
	object = bytes.TrimLeft(object, " \t\r\n\x00\f")
	if !bytes.HasPrefix(object, []byte("<<")) {
		return texts
	}
	rest := object[2:]
	name := ""
	for len(rest) > 0 && len(texts) < 64 {
		switch c := rest[0]; {
		case c == '/':
			end := 1 + bytes.IndexFunc(rest[1:], func(r rune) bool { return strings.ContainsRune(" \t\r\n\f\x00/()<>[]", r) })
			if end < 1 {
				return texts
			}
			name, rest = string(rest[1:end]), rest[end:]
		case c == '(':
			var value []byte
			if value, rest = pdfLiteral(rest); name != "" {
				texts[name] = pdfText(value)
			}
			name = ""
		case bytes.HasPrefix(rest, []byte("<<")), bytes.HasPrefix(rest, []byte(">>")):
			return texts // its end, or a dictionary within
		case c == '<':
			end := bytes.IndexByte(rest, '>')
			if end < 0 {
				return texts
			}
			digits := bytes.Join(bytes.Fields(rest[1:end]), nil)
			if value, err := hex.DecodeString(string(digits)); err == nil && name != "" {
				texts[name] = pdfText(value)
			}
			name, rest = "", rest[end+1:]
		default:
			rest = rest[1:]
		}
	}
	return texts
}

// pdfLiteral returns the string in parentheses that begins b, and what follows it.
func pdfLiteral(b []byte) (value, rest []byte) {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case '(':
			if depth++; depth > 1 {
				value = append(value, c)
			}
		case ')':
			if depth--; depth == 0 {
				return value, b[i+1:]
			}
			value = append(value, c)
		case '\\':
			if i++; i == len(b) {
				return value, nil
			}
			switch c := b[i]; {
			case c >= '0' && c <= '7':
				n := 0
				for j := 0; j < 3 && i < len(b) && b[i] >= '0' && b[i] <= '7'; j, i = j+1, i+1 {
					n = n<<3 | int(b[i]-'0')
				}
				i--
				value = append(value, byte(n))
			case c == 'n', c == 'r', c == 't', c == 'b', c == 'f', c == '\n', c == '\r':
				value = append(value, ' ')
			default:
				value = append(value, c)
			}
		default:
			value = append(value, c)
		}
	}
	return value, nil
}

// pdfText decodes a text string: UTF-16 or UTF-8 with a byte order mark, else
// PDFDocEncoding, which is Latin-1 for what it is likely to hold.
func pdfText(b []byte) string {
	if rest, ok := bytes.CutPrefix(b, []byte("\xfe\xff")); ok {
		units := make([]uint16, len(rest)/2)
		for i := range units {
			units[i] = uint16(rest[2*i])<<8 | uint16(rest[2*i+1])
		}
		return strings.TrimSpace(string(utf16.Decode(units)))
	}
	if rest, ok := bytes.CutPrefix(b, bom); ok {
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
	for depth := 0; depth < maxXMLDepth; {
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
