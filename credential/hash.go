package credential

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
	multihashcore "github.com/multiformats/go-multihash/core"

	"github.com/hallmark-node/hallmark/credential/internal/pdf"
	"github.com/hallmark-node/hallmark/credential/internal/xmltext"
)

// Form says what of a document is hashed.
type Form string

// The forms of a document.
const (
	FormAuto Form = "auto"     // that of what the document is: see Sum
	FormRaw  Form = "raw"      // the exact bytes
	FormJCS  Form = "json-jcs" // a JSON object without its proof, canonical: see Canonicalize
)

// Sum returns the CID of the document that r holds, read to its end.
//
// hash is a multihash name of [Hashes]; "" is sha2-256. [FormAuto] is
//   - json-jcs for a JSON object,
//   - for a PNG or SVG that carries a credential, the CID of that credential,
//   - raw over the compact form alone for a JWS or JWT, whatever it is dressed in: a byte
//     order mark, white space, quotes, "Bearer". Of an SD-JWT it is the issuer-signed
//     token alone, without disclosures and key binding, also for one in flattened JSON,
//   - raw for all else, also for a picture that carries no more than a link. A proof
//     in a part of its own (see [Embed]) is not hashed: the CID is that of the file
//     before.
//
// It never falls back: what begins like a JSON object ("{" and then a quote or "}",
// after white space or a byte order mark) but has no json-jcs form is an error, and
// so is an SD-JWT that discloses what its issuer has not signed, and a picture of which it
// cannot be told what it carries (see [Unbake]).
//
// Raw documents and PNG are streamed, whatever their size; JSON, SVG and tokens are
// held in memory, at most [MaxJSON] bytes. Errors that come from the document wrap
// [ErrForm]; others are those of r or of an unknown form or hash.
func Sum(r io.Reader, form Form, hash string) (cid.Cid, error) {
	code, err := hashCode(hash)
	if err != nil {
		return cid.Undef, err
	}
	switch form {
	case FormRaw:
		digest, err := multihash.SumStream(r, code, -1)
		if err != nil {
			return cid.Undef, fmt.Errorf("hash document: %w", err)
		}
		return cid.NewCidV1(cid.Raw, digest), nil
	case FormJCS:
		doc, err := io.ReadAll(io.LimitReader(r, MaxJSON+1)) // one byte more: Canonicalize sees what is too long
		if err != nil {
			return cid.Undef, fmt.Errorf("read document: %w", err)
		}
		return sumJCS(doc, code, -1)
	case FormAuto:
	default:
		return cid.Undef, fmt.Errorf("form %q is not one of %s, %s, %s", form, FormAuto, FormRaw, FormJCS)
	}
	d, err := read(r, code, -1)
	switch {
	case err != nil:
		return cid.Undef, err
	case d.fault != nil:
		return cid.Undef, d.fault
	case d.text == nil:
		return d.original, nil
	}
	return sumText(d.text, code, -1)
}

// document is what was found in a file.
type document struct {
	kind     kind
	raw      cid.Cid // of the exact bytes
	original cid.Cid // of those before a proof was embedded in a part of its own
	text     []byte  // the JSON object, or the bare token, that it is or carries; nil if none
	fault    error   // why that cannot be told, text being nil; wraps ErrForm
	head     []byte  // of a file that is neither: its beginning
}

// read reads a document to its end, whatever it is, and hashes its bytes meanwhile.
// The error is one of r or of the hash.
func read(r io.Reader, code uint64, length int) (*document, error) {
	h, err := multihashcore.GetVariableHasher(code, length)
	if err != nil {
		return nil, fmt.Errorf("hash document: %w", err)
	}
	r = io.TeeReader(r, h)
	d := new(document)
	original, err := d.find(r)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	sum := h.Sum(nil)
	if length >= 0 && length < len(sum) {
		sum = sum[:length] // the length of a hash that has several is a hint
	}
	digest, err := multihash.Encode(sum, code)
	if err != nil {
		return nil, fmt.Errorf("hash document: %w", err)
	}
	d.raw = cid.NewCidV1(cid.Raw, digest)
	if d.original = d.raw; original != nil {
		d.original, err = sumBytes(cid.Raw, original, code, length)
	}
	return d, err
}

// find reads as much of a document as it takes to know what it is and what it carries. It
// returns what the file was before a proof was embedded in a part of its own; nil if none
// was. What is wrong with such a part is for Extract to say.
func (d *document) find(r io.Reader) (original []byte, err error) {
	head, err := readHead(r)
	if err != nil {
		return nil, err
	}
	if k, _ := sniffHead(head); k == kindOther && !pdf.Is(head) && !xmltext.IsWide(head) {
		d.head = head
		return nil, nil
	}
	rest, err := io.ReadAll(io.LimitReader(r, int64(max(0, MaxJSON+1-len(head)))))
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	head = append(head, rest...)
	d.kind = sniff(head)
	if d.kind != kindObject {
		if c, err := Extract(head); err == nil && c.Form == FormRaw {
			original = c.Original
		}
	}
	switch d.kind {
	case kindObject:
		d.text = head
	case kindToken:
		if len(head) <= MaxJSON {
			d.text = tokenText(head)
		}
		d.head = head
	case kindPNG:
		err = d.carries(readPNG(io.MultiReader(bytes.NewReader(head), r), nil))
	case kindSVG:
		err = d.carries(readPicture(head))
	}
	return original, err
}

// carries records what a picture carries, or why that cannot be told.
func (d *document) carries(baked *Baked, err error) error {
	switch {
	case errors.Is(err, ErrForm):
		d.fault = err
	case err != nil && !errors.Is(err, ErrNotBaked):
		return err
	case err == nil && !baked.link():
		d.text = textOf(baked.Text)
	}
	return nil
}

// sumText returns the CID of a JSON object or a bare token.
func sumText(text []byte, code uint64, length int) (cid.Cid, error) {
	token := tokenOf(text)
	if token == nil {
		return sumJCS(text, code, length)
	}
	if why := unbound(token); why != "" {
		return cid.Undef, refuse("%s", why)
	}
	signed, _ := issuerSigned(token)
	return sumBytes(cid.Raw, signed, code, length)
}

func sumJCS(doc []byte, code uint64, length int) (cid.Cid, error) {
	canonical, err := Canonicalize(doc)
	if err != nil {
		return cid.Undef, err
	}
	return sumBytes(CodecJCS, canonical, code, length)
}

func sumBytes(codec uint64, b []byte, code uint64, length int) (cid.Cid, error) {
	digest, err := multihash.Sum(b, code, length)
	if err != nil {
		return cid.Undef, fmt.Errorf("hash document: %w", err)
	}
	return cid.NewCidV1(codec, digest), nil
}
