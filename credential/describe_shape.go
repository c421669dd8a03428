package credential

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/credential/internal/search"
)

// A file that is neither JSON nor a token nor a picture may be meant as one all the same:
// with a comment in it, in UTF-16, in another base64, behind a word. Other readers are
// less strict. So what has the shape of one is never taken for a file that names no issuer.

// isSealed reports whether a file begins like one of the formats that, as PDF, no
// reader takes an issuer from: pictures, films, office documents and other archives. What a ZIP
// holds has files of its own, which are not this one.
func isSealed(doc []byte) bool {
	for _, magic := range []string{
		"PK\x03\x04", "\xff\xd8\xff", "GIF87a", "GIF89a", "II*\x00", "MM\x00*", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
	} {
		if bytes.HasPrefix(doc, []byte(magic)) {
			return !isProse(doc)
		}
	}
	return len(doc) >= 12 && (string(doc[:4]) == "RIFF" || string(doc[4:8]) == "ftyp") && !isProse(doc)
}

// shapeOf says what a file looks like that cannot be read; empty if it looks like nothing
// that states an issuer.
func shapeOf(doc []byte) string {
	for _, magic := range []string{"\x1f\x8b", "\xfd7zXZ\x00", "BZh", "\x28\xb5\x2f\xfd", "\x78\x01", "\x78\x5e", "\x78\x9c", "\x78\xda"} {
		if bytes.HasPrefix(doc, []byte(magic)) && !isProse(doc) {
			return "a document that was compressed" // a stream, of one document, that many readers unpack by themselves
		}
	}
	if shape := shapeOfText(doc, 0); shape != "" {
		return shape
	}
	if (!isProse(doc) || !utf8.Valid(doc)) && search.BinaryName(doc) {
		return "a binary document that states an issuer"
	}
	if bytes.IndexByte(doc, 0) >= 0 { // UTF-16 or UTF-32, if it is text
		narrow := bytes.ReplaceAll(doc, []byte{0}, nil)
		if len(doc) > MaxJSON && len(bytes.TrimSpace(narrow)) == 0 {
			return "something behind megabytes of nothing"
		}
		if isWide(doc) && isProse(bytes.Trim(narrow, "\xff\xfe")) {
			return "text in UTF-16 or UTF-32"
		}
		return shapeOfText(narrow, 0)
	}
	return ""
}

// isWide reports whether zero bytes stand where those of a text in UTF-16 or UTF-32 do:
// in most units at the same places, and almost nowhere else; or that a mark says so.
func isWide(doc []byte) bool {
	if bytes.HasPrefix(doc, []byte("\xff\xfe")) || bytes.HasPrefix(doc, []byte("\xfe\xff")) {
		return true
	}
	var zeros [4]int
	head := doc[:min(len(doc), 64<<10)]
	for i, c := range head {
		if c == 0 {
			zeros[i%4]++
		}
	}
	units := len(head)/4 + 1
	filled := 0
	for _, n := range zeros {
		switch {
		case n*5 >= units*3:
			filled++
		case n*20 > units:
			return false
		}
	}
	return filled == 2 && (zeros[0] > 0) == (zeros[2] > 0) || filled == 3
}

// isProse reports whether bytes are text, in UTF-8 or a code page of one byte a letter.
func isProse(doc []byte) bool {
	head := doc[:min(len(doc), 64<<10)]
	control := 0
	for _, c := range head {
		if c < ' ' && !strings.ContainsRune("\t\n\v\f\r", rune(c)) || c == 0x7f {
			control++
		}
	}
	return control*50 <= len(head) && (utf8.Valid(trimRune(head)) || control == 0)
}

// trimRune takes off the end of a text that was cut within a letter.
func trimRune(s []byte) []byte {
	for range utf8.UTFMax {
		if len(s) == 0 || utf8.RuneStart(s[len(s)-1]) {
			break
		}
		s = s[:len(s)-1]
	}
	if n := len(s); n > 0 && s[n-1] >= utf8.RuneSelf {
		s = s[:n-1]
	}
	return s
}

const shapeStatement = "a document that states an issuer"

var (
	// jsonMember is the first member of an object, with what lenient readers allow
	// between brace and name.
	jsonMember = lazyRegexp(`^\{(?:[^"'\w{}[\]]|/\*[^*]{0,400}\*/|//[^\n]{0,400}\n|#[^\n]{0,400}\n)*?` +
		`\\*["'][\x20-\x7e\x80-\xff]{0,80}?\\*["']\s*:`)
	codeText  = lazyRegexp(`^(?i:HC[0-9]:|HM[0-9]:|shc:/)`) // health certificates and the like
	jsonArray = lazyRegexp(`^\[\s*["{\[\]]`)
	encodings = strings.NewReplacer("&quot;", `"`, "&#34;", `"`, "&#x22;", `"`, "%22", `"`, "%7B", "{", "%7b", "{",
		"%3A", ":", "%3a", ":", "%2C", ",", "%2c", ",", "%20", " ", "+", " ",
		"\u201c", `"`, "\u201d", `"`, "\uff5b", "{", "\uff1a", ":", `\u007b`, "{", `\u007B`, "{", `\u0022`, `"`, `\u003a`, ":", `\u003A`, ":")
)

// shapeOfText looks for JSON, tokens and markup anywhere in a text. depth is how often it
// was decoded.
func shapeOfText(doc []byte, depth int) string {
	if isProse(doc) {
		start := bytes.TrimLeft(doc, "\ufeff\u00a0\u2060\u200b\v\f"+jsonSpace)
		if codeText().Match(start) {
			return "the text of a code that holds a credential"
		}
		if jsonArray().Match(start) {
			return "JSON"
		}
		folded := search.Fold(doc)
		if search.Statement(folded) || search.Vocabulary(folded) {
			return shapeStatement
		}
		if search.Markup(folded) {
			return "XML or HTML"
		}
	}
	if holdsJSON(doc) {
		return "JSON or a token"
	}
	if depth >= 2 || !isProse(doc) {
		return ""
	}
	if holdsToken(packed(doc)) {
		return "a token with spaces in it"
	}
	if bytes.ContainsAny(doc, "%&\\\u201c\uff5b") {
		if plain := encodings.Replace(string(doc)); plain != string(doc) {
			if shape := shapeOfText([]byte(plain), depth+1); shape != "" {
				return shape
			}
		}
	}
	runs := 0
	for run := range search.Base64(doc) {
		if decoded := decodeBase64(run); isWholeCBOR(decoded) || shapeOfText(decoded, depth+1) != "" {
			return "a document in base64"
		}
		if runs++; runs == maxRuns {
			break
		}
	}
	runs = 0
	for digits := range search.Hex(doc) {
		decoded := make([]byte, len(digits)/2)
		if n, _ := hex.Decode(decoded, digits); isWholeCBOR(decoded[:n]) || shapeOfText(decoded[:n], depth+1) != "" {
			return "a document in hexadecimal"
		}
		if runs++; runs == maxRuns {
			break
		}
	}
	return ""
}

// maxRuns bounds the encoded documents in a text that are looked at.
const maxRuns = 1000

// packed returns a text without white space, visible or not.
func packed(doc []byte) []byte {
	out := make([]byte, 0, len(doc))
	for len(doc) > 0 {
		r, n := rune(doc[0]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(doc)
		}
		if r > ' ' && r != 0xa0 && (r < 0x2000 || r > 0x206f) && r != 0xfeff {
			out = append(out, doc[:n]...)
		}
		doc = doc[n:]
	}
	return out
}

// maxTries bounds where a text is tried. What has more beginnings of objects is none that
// a person wrote, and counts as one that has them.
const maxTries = 200_000

// holdsJSON reports whether a JSON object stands anywhere in a text, as it is or in base64.
func holdsJSON(doc []byte) bool {
	tries := 0
	for rest := doc; ; rest = rest[1:] {
		at := bytes.IndexByte(rest, '{')
		if at < 0 {
			return holdsToken(doc)
		}
		rest = rest[at:]
		if tries++; tries > maxTries || jsonMember().Match(rest[:min(len(rest), 1024)]) {
			return true
		}
	}
}

// decodeBase64 decodes a run of letters in either alphabet, as far as it goes.
func decodeBase64(run []byte) []byte {
	letters := bytes.Map(func(r rune) rune {
		switch r {
		case '-':
			return '+'
		case '_':
			return '/'
		case ' ', '\t', '\r', '\n', '\v', '\f':
			return -1
		}
		return r
	}, run)
	decoded := make([]byte, base64.RawStdEncoding.DecodedLen(len(letters)))
	n, _ := base64.RawStdEncoding.Decode(decoded, letters)
	return decoded[:n]
}

var tokenStart = lazyRegexp(`^\{\s*["'][\x20-\x7e]{1,64}?["']\s*:`)

// holdsToken reports whether a JSON object in base64 stands anywhere in a text, as the
// header of a token does.
func holdsToken(doc []byte) bool {
	tries := 0
	for rest := doc; len(rest) > 8; rest = rest[1:] {
		at := bytes.IndexByte(rest, 'e')
		if at < 0 || len(rest)-at < 8 {
			return false
		}
		rest = rest[at:]
		if rest[1] != 'y' && rest[1] != 'w' {
			continue
		}
		if tries++; tries > maxTries || encodedObject(string(rest[:min(len(rest), 128)])) {
			return true
		}
	}
	return false
}

// encodedObject reports whether a text begins with a JSON object in base64.
func encodedObject(s string) bool {
	if len(s) < 8 || s[0] != 'e' || s[1] != 'y' && s[1] != 'w' {
		return false
	}
	n := 0
	for n < len(s) && n < 128 && (isLetter(s[n]) || strings.IndexByte("+/-_", s[n]) >= 0) {
		n++
	}
	return tokenStart().Match(decodeBase64([]byte(s[:n])))
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// isCBOR reports whether bytes are CBOR: a map, an array or what is tagged, or a sequence
// that begins so.
func isCBOR(doc []byte) bool {
	if len(doc) < 2 || doc[0] < 0x80 || doc[0] >= 0xe0 || utf8.Valid(doc) {
		return false
	}
	rest, err := cborMode.UnmarshalFirst(doc, new(cbor.RawMessage))
	if err != nil {
		return len(doc) > MaxJSON && doc[0] >= 0xc0 && doc[0] < 0xdc // cut off, with a tag
	}
	// A tag of COSE, CWT or CBOR itself tells it, whatever follows.
	tagged := (doc[0] == 0xd1 || doc[0] == 0xd2) && doc[1]&0xe0 == 0x80 ||
		doc[0] == 0xd8 && (doc[1] == 61 || doc[1] == 62 || doc[1] == 98 || doc[1] == 96 || doc[1] == 24) ||
		bytes.HasPrefix(doc, []byte("\xd9\xd9\xf7"))
	for n := 0; len(rest) > 0 && n < maxCBOR; n++ {
		if rest, err = cborMode.UnmarshalFirst(rest, new(cbor.RawMessage)); err != nil {
			return tagged || len(doc) > MaxJSON
		}
	}
	return true
}

// maxCBOR bounds the values of a sequence that are looked at. So many make one, whatever follows.
const maxCBOR = 1 << 20

// isWholeCBOR reports whether bytes, decoded from a text, are one map, array or tag of
// CBOR to their end.
func isWholeCBOR(doc []byte) bool {
	return len(doc) >= 24 && doc[0] >= 0x80 && doc[0] < 0xe0 && cborMode.Wellformed(doc) == nil
}

var cborMode = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		MaxArrayElements: 1 << 24, MaxMapPairs: 1 << 24, MaxNestedLevels: 1000, UTF8: cbor.UTF8DecodeInvalid,
	}.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}()
