package credential

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// Form says what of a document is hashed.
type Form string

// The forms of a document.
const (
	FormAuto Form = "auto"     // json-jcs for a JSON object, raw for all else
	FormRaw  Form = "raw"      // the exact bytes
	FormJCS  Form = "json-jcs" // a JSON object without its proof, canonical: see Canonicalize
)

// Sum returns the CID of the document that r holds, read to its end.
//
// hash is a multihash name of [Hashes]; "" is sha2-256. Raw documents are
// streamed, whatever their size; JSON is held in memory, at most [MaxJSON] bytes.
// [FormAuto] never falls back: what begins like a JSON object ("{" and then a
// quote or "}", after white space or a byte order mark) but has no json-jcs form is
// an error. Errors that come from the document wrap [ErrForm]; others are those of r
// or of an unknown form or hash.
func Sum(r io.Reader, form Form, hash string) (cid.Cid, error) {
	code, err := hashCode(hash)
	if err != nil {
		return cid.Undef, err
	}
	if form == FormAuto {
		if form, r, err = detect(r); err != nil {
			return cid.Undef, fmt.Errorf("read document: %w", err)
		}
	}
	return sum(r, form, code, -1)
}

// Matches reports whether c names the document that r holds, in the form and with
// the hash that c itself states. The error wraps [ErrForm] where the document
// cannot be read in that form, in which case c does not name it, and [ErrCID]
// where c is not acceptable; any other error is one of reading r and tells nothing.
func Matches(c cid.Cid, r io.Reader) (bool, error) {
	if err := CheckCID(c); err != nil {
		return false, err
	}
	form, err := FormOf(c)
	if err != nil {
		return false, err
	}
	p := c.Prefix()
	got, err := sum(r, form, p.MhType, p.MhLength)
	if err != nil {
		return false, err
	}
	return got.Equals(c), nil
}

// sum hashes the document in a form that is not auto. length is that of the digest
// in bytes, -1 for the usual one.
func sum(r io.Reader, form Form, code uint64, length int) (cid.Cid, error) {
	codec := uint64(cid.Raw)
	switch form {
	case FormRaw:
	case FormJCS:
		codec = CodecJCS
		// One byte more than allowed, so that Canonicalize sees what is too long.
		doc, err := io.ReadAll(io.LimitReader(r, MaxJSON+1))
		if err != nil {
			return cid.Undef, fmt.Errorf("read document: %w", err)
		}
		canonical, err := Canonicalize(doc)
		if err != nil {
			return cid.Undef, err
		}
		r = bytes.NewReader(canonical)
	default:
		return cid.Undef, fmt.Errorf("form %q is not one of %s, %s, %s", form, FormAuto, FormRaw, FormJCS)
	}
	digest, err := multihash.SumStream(r, code, length)
	if err != nil {
		return cid.Undef, fmt.Errorf("hash document: %w", err)
	}
	return cid.NewCidV1(codec, digest), nil
}

// detect chooses the form of auto, and returns a reader of the same document.
// Pictures that carry a credential will be told apart here; until then they are
// raw like every other file.
func detect(r io.Reader) (Form, io.Reader, error) {
	// White space may go on for long; what is longer than any JSON document that
	// has a canonical form is settled without reading further.
	head := make([]byte, 0, 4096)
	for len(head) <= MaxJSON {
		n, err := io.ReadFull(r, head[len(head):min(cap(head), MaxJSON+1)])
		head = head[:len(head)+n]
		form, known := detectHead(head)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return form, bytes.NewReader(head), nil
		case err != nil:
			return "", nil, err
		case known:
			return form, io.MultiReader(bytes.NewReader(head), r), nil
		}
		head = slices.Grow(head, len(head))
	}
	return FormRaw, io.MultiReader(bytes.NewReader(head), r), nil
}

// detectHead tells from the beginning of a document what it is, and whether more
// of it could change that.
func detectHead(head []byte) (form Form, known bool) {
	if len(head) < len(bom) && bytes.HasPrefix(bom, head) {
		return FormRaw, false
	}
	rest := bytes.TrimLeft(bytes.TrimPrefix(head, bom), jsonSpace)
	if len(rest) == 0 {
		return FormRaw, false
	}
	if rest[0] != '{' {
		return FormRaw, true
	}
	if rest = bytes.TrimLeft(rest[1:], jsonSpace); len(rest) == 0 {
		return FormRaw, false
	}
	if rest[0] == '"' || rest[0] == '}' {
		return FormJCS, true
	}
	return FormRaw, true
}
