package credential

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/credential/internal/search"
)

// Coverage says how much of a file a CID covers.
type Coverage string

// How much of a file a CID may cover.
const (
	CoversNothing Coverage = "nothing" // the CID names another document
	CoversFile    Coverage = "file"    // the file as a whole, as far as its form goes
	CoversCarried Coverage = "carried" // the credential in the picture, not the picture itself

	// CoversSigned: the issuer-signed token of an SD-JWT. What is disclosed is bound by the
	// digests in it, and a key binding is not covered.
	CoversSigned Coverage = "signed"
)

// Matches reports whether c names the document that r holds, in the form and with
// the hash that c itself states, or else the credential that the document carries
// (as for [FormAuto]), or the file before a proof was embedded in it.
//
// Nothing, without an error, says that the file was read and is another document. An error
// tells neither: it wraps [ErrCID] where c is not acceptable, is one of r, or says why the
// file cannot be read in the form of c, and then does not wrap [ErrForm].
func Matches(c cid.Cid, r io.Reader) (Coverage, error) {
	if err := checkCID(c); err != nil {
		return CoversNothing, err
	}
	form, _ := FormOf(c) // checkCID has asked the same
	p := c.Prefix()
	d, err := read(r, p.MhType, p.MhLength)
	if err != nil {
		return CoversNothing, err
	}
	covers := CoversFile
	if d.kind == kindPNG || d.kind == kindSVG {
		covers = CoversCarried
	}
	token := tokenOf(d.text)
	switch {
	case form == FormRaw && (d.raw.Equals(c) || d.original.Equals(c)):
		return CoversFile, nil
	case d.fault != nil:
		return CoversNothing, reason(d.fault)
	case form == FormRaw && token != nil:
		return d.matchToken(c, token, covers)
	case form == FormRaw:
		return CoversNothing, d.dressed(c)
	case sniff(d.text) != kindObject:
		return CoversNothing, d.noObject()
	}
	got, err := sumJCS(d.text, p.MhType, p.MhLength)
	switch {
	case err != nil:
		return CoversNothing, reason(err)
	case got.Equals(c):
		return covers, nil
	}
	return CoversNothing, d.dressed(c)
}

// matchToken is Matches for a bare token and a raw CID, which is that of its issuer-signed part
// or, if somebody wants no more and no less of an SD-JWT, of all of it.
func (d *document) matchToken(c cid.Cid, token []byte, covers Coverage) (Coverage, error) {
	p := c.Prefix()
	signed, selective := issuerSigned(token)
	got, err := sumBytes(cid.Raw, signed, p.MhType, p.MhLength)
	switch {
	case err != nil:
		return CoversNothing, err
	case got.Equals(c) && !selective:
		return covers, nil
	case got.Equals(c):
		if why := unbound(token); why != "" {
			return CoversNothing, errors.New("its issuer-signed token is the one that was submitted, but " + why)
		}
		return CoversSigned, nil
	}
	if got, err = sumBytes(cid.Raw, token, p.MhType, p.MhLength); err != nil || !got.Equals(c) {
		if holds(token, c) {
			err = errHolds
		}
		return CoversNothing, err
	}
	return covers, nil
}

// dressed says why it cannot be told whether a file is what c names: it is, or holds, a
// credential in clothes that are not taken off here. Nil if it is another document.
func (d *document) dressed(c cid.Cid) error {
	if holds(d.text, c) || holds(d.head, c) {
		return errHolds
	}
	if how := dressedAs(d.head); how != "" {
		return errors.New("it is " + how)
	}
	return nil
}

var errHolds = errors.New("what was submitted stands inside it; save that to a file of its own")

// noObject says why a file without a JSON object cannot be read as one.
func (d *document) noObject() error {
	switch how := dressedAs(d.head); {
	case d.text != nil:
		return errors.New("it is a token, and what was submitted is JSON")
	case how != "":
		return errors.New("it is " + how)
	case d.kind == kindPNG || d.kind == kindSVG:
		return errors.New("the picture carries no credential in JSON; many programs take it out when they save a picture")
	}
	return errors.New("it is neither a JSON object nor a picture that carries one")
}

// maxHeld bounds the tokens that are looked at in a text.
const maxHeld = 1000

var tokenRun = lazyRegexp(`ey[\w-]{8,}\.[\w-]+\.[\w-]*`)

// holds reports whether a credential that c names stands within a document: as [Inner] yields
// it, or as a token anywhere in its text.
func holds(text []byte, c cid.Cid) bool {
	p := c.Prefix()
	if textOf(text) != nil {
		for inner, err := range Inner(text) {
			if err != nil {
				continue
			}
			if got, err := sumText(inner, p.MhType, p.MhLength); err == nil && got.Equals(c) {
				return true
			}
		}
	}
	if p.Codec != cid.Raw {
		return sniff(text) == kindObject && holdsObject(text, c)
	}
	for _, token := range append(tokenRun().FindAll(text, maxHeld), flattenedJWS(text)...) {
		if got, err := sumBytes(cid.Raw, token, p.MhType, p.MhLength); err == nil && got.Equals(c) {
			return true
		}
	}
	return false
}

const (
	maxHeldSize   = 4 << 20 // bytes of all objects and arrays that are looked at,
	atLeast       = 4 << 10 // each as if it had so many more
	maxSignatures = 4       // of a JWS that are
)

// holdsObject reports whether a JSON object that c names stands within another one, also as a
// text, as interfaces wrap what they hand out.
func holdsObject(doc []byte, c cid.Cid) bool {
	p := c.Prefix()
	left, found := maxHeldSize, false
	var inside []jsontext.Value
	look := func(value jsontext.Value) {
		if value.Kind() == jsontext.KindString {
			value = jsontext.Value(text(value))
		}
		kind := value.Kind()
		if kind != jsontext.KindBeginObject && kind != jsontext.KindBeginArray || len(value)+atLeast > left || !value.IsValid() {
			return
		}
		left -= len(value) + atLeast
		inside = append(inside, bytes.Clone(value))
		if kind == jsontext.KindBeginObject {
			got, err := sumJCS(value, p.MhType, p.MhLength)
			found = found || err == nil && got.Equals(c)
		}
	}
	_, doc = cutBOM(doc)
	for inside = []jsontext.Value{doc}; len(inside) > 0 && !found; {
		around := inside
		inside = nil
		for _, value := range around {
			if value.Kind() == jsontext.KindBeginObject {
				for _, member := range membersOf(value) {
					look(member)
				}
				continue
			}
			for element := range all(value) {
				look(element)
			}
		}
	}
	return found
}

// flattenedJWS returns the compact form of a JWS in JSON, of each of its signatures; nil for any
// other text.
func flattenedJWS(doc []byte) (tokens [][]byte) {
	_, doc = cutBOM(doc)
	m, err := members(doc, "payload", "protected", "signature", "signatures")
	if err != nil || m["payload"].Kind() != jsontext.KindString {
		return nil
	}
	add := func(protected, signature jsontext.Value) {
		if len(tokens) < maxSignatures {
			tokens = append(tokens, []byte(text(protected)+"."+text(m["payload"])+"."+text(signature)))
		}
	}
	add(m["protected"], m["signature"])
	for signature := range all(m["signatures"]) {
		if s, err := members(signature, "protected", "signature"); err == nil {
			add(s["protected"], s["signature"])
		}
	}
	return tokens
}

// dressedAs names the clothes of a file that begins like a JSON object or a token in them, and
// what to do; empty if it does not.
func dressedAs(head []byte) string {
	head = head[:min(len(head), 4096)]
	_, text := cutBOM(head)
	text = bytes.TrimLeft(text, jsonSpace)
	inBase64 := func() bool {
		for run := range search.Base64(text) {
			rest, ok := bytes.CutPrefix(text, run)
			return ok && !bytes.HasPrefix(rest, []byte(".")) && // the header of a token
				begins(decodeBase64(run[:len(run)/4*4]))
		}
		return false
	}
	switch {
	case isWide(head) && begins(bytes.ReplaceAll(bytes.Trim(head, "\xff\xfe\x00"), []byte{0}, nil)):
		return "JSON or a token in UTF-16 or UTF-32; save it as UTF-8"
	case bytes.HasPrefix(text, []byte("data:")):
		return "a data URL; save what it holds to a file of its own"
	case inBase64():
		return "JSON or a token in base64; decode it"
	case begins(text):
		return "a credential that is damaged, or not alone in its file"
	case begins([]byte(encodings.Replace(string(text)))):
		return "JSON or a token with its characters encoded; decode it"
	}
	return ""
}

// begins reports whether a text begins like a JSON object or a token, perhaps within an array,
// behind quotes or backslashes.
func begins(text []byte) bool {
	text = bytes.TrimLeft(text, "[\\\"' \t\r\n")
	if k, _ := sniffHead(text); k == kindObject {
		return true
	}
	run := base64Start().Find(text)
	k, _ := sniffHead(decodeBase64(run[:len(run)/4*4]))
	return k == kindObject
}

var base64Start = lazyRegexp(`^e[\w-]{0,63}`)
