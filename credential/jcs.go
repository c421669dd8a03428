package credential

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// MaxJSON is the greatest length in bytes of a document that is read as JSON.
	MaxJSON = 16 << 20
	// MaxDepth is how deep arrays and objects may nest in such a document, the
	// outermost object included.
	MaxDepth = 128
)

// ErrForm is wrapped by every error that says why a document has no CID in the form
// that was asked for.
var ErrForm = errors.New("document has no CID in this form")

const jsonSpace = " \t\r\n"

// unique spares the decoder looking for duplicate names where they have been looked
// for already: in large objects that is most of its work.
var unique = jsontext.AllowDuplicateNames(true)

var bom = []byte("\xef\xbb\xbf")

// formError is an [ErrForm] with its reason.
type formError struct{ reason, hint string }

func (e formError) Error() string { return ErrForm.Error() + ": " + e.reason + e.hint }
func (formError) Unwrap() error   { return ErrForm }

// rawHint is the way out where a document has no form but raw.
const rawHint = " (--form raw takes the exact bytes instead)"

// refuse returns an [ErrForm] with its reason.
func refuse(format string, args ...any) error {
	return formError{fmt.Sprintf(format, args...), rawHint}
}

// withoutHint returns an error of [refuse] for who has no choice of the form, and other
// errors as they are.
func withoutHint(err error) error {
	if form := (formError{}); errors.As(err, &form) {
		return formError{reason: form.reason}
	}
	return err
}

// reason returns what an error of [refuse] says in itself, and other errors as they
// are: for what has nothing to do with forms.
func reason(err error) error {
	if form := (formError{}); errors.As(err, &form) {
		return errors.New(form.reason)
	}
	return err
}

// Canonicalize returns what is hashed of a JSON document: the object without its
// top-level member "proof", in the canonical form of RFC 8785. Its result is its own
// canonical form.
//
// Refused, with an error that wraps [ErrForm], is every document that another
// reader could understand otherwise: one longer than [MaxJSON], with a byte order
// mark, that is not a single object or is followed by anything but white space, with
// a member name twice in one object (compared after unescaping), invalid UTF-8, an
// escaped lone surrogate, nesting beyond [MaxDepth], a number whose exact decimal
// value is not that of its RFC 8785 form or whose exponent is beyond 9999, an integral
// value beyond 2^53-1 however written, or a "proof" that is neither an object nor an
// array of objects, each with a string "type". These rules hold for the whole
// document, the proof included.
func Canonicalize(doc []byte) ([]byte, error) {
	if len(doc) > MaxJSON {
		return nil, refuse("it is longer than %d MiB", MaxJSON>>20)
	}
	if bytes.HasPrefix(doc, bom) {
		return nil, refuse("it begins with a byte order mark")
	}
	proofFrom, proofTo, err := scan(doc)
	if err != nil {
		return nil, err
	}
	body := make(jsontext.Value, 0, len(doc))
	body = append(append(body, doc[:proofFrom]...), doc[proofTo:]...)
	if err := body.Canonicalize(unique); err != nil {
		return nil, refuse("%v", err)
	}
	return body, nil
}

// scan checks a document and finds its proof: doc[from:to] is the member with the
// comma that goes with it, empty if there is none.
func scan(doc []byte) (from, to int, err error) {
	if err := checkTokens(doc); err != nil {
		return 0, 0, err
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(doc), unique)
	if _, err := d.ReadToken(); err != nil {
		return 0, 0, refuseSyntax(err)
	}
	for first := true; d.PeekKind() == jsontext.KindString; first = false {
		before := int(d.InputOffset())
		name, err := d.ReadToken()
		if err != nil {
			return 0, 0, refuseSyntax(err)
		}
		found := name.String() == "proof"
		value, err := d.ReadValue()
		if err != nil {
			return 0, 0, refuseSyntax(err)
		}
		if !found {
			continue
		}
		if err := checkProof(value); err != nil {
			return 0, 0, err
		}
		from, to = before, int(d.InputOffset())
		if after := bytes.TrimLeft(doc[to:], jsonSpace); first && after[0] == ',' {
			to = len(doc) - len(after) + 1
		}
	}
	return from, to, nil
}

// checkTokens refuses whatever RFC 8259 leaves to the reader.
func checkTokens(doc []byte) error {
	if trimmed := bytes.TrimLeft(doc, jsonSpace); len(trimmed) == 0 {
		return refuse("it is empty")
	} else if trimmed[0] != '{' {
		return refuse("it is not a JSON object")
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(doc))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return refuseSyntax(err)
		}
		if token.Kind() == jsontext.KindNumber {
			if why := checkNumber(token.String()); why != "" {
				return refuse("the number %s at %s %s", excerpt(token.String()), excerpt(string(d.StackPointer())), why)
			}
		}
		depth := d.StackDepth()
		if depth > MaxDepth {
			return refuse("it nests deeper than %d", MaxDepth)
		}
		if depth == 0 {
			break
		}
	}
	if rest := bytes.TrimLeft(doc[d.InputOffset():], jsonSpace); len(rest) > 0 {
		return refuse("something follows the JSON object: %s", excerpt(string(rest[:min(len(rest), 2*maxExcerpt)])))
	}
	return nil
}

// checkProof refuses a value of the member proof that a reader could take for
// something else than proofs, and so miss that it is not covered.
func checkProof(value jsontext.Value) error {
	switch value.Kind() {
	case jsontext.KindBeginObject:
		return checkProofObject(value)
	case jsontext.KindBeginArray:
		for element, err := range elements(value) {
			if err != nil {
				return refuseSyntax(err)
			}
			if err := checkProofObject(element); err != nil {
				return err
			}
		}
		return nil
	}
	return refuse(`its member "proof" is neither an object nor an array of objects`)
}

func checkProofObject(value jsontext.Value) error {
	if value.Kind() != jsontext.KindBeginObject {
		return refuse(`its member "proof" holds something that is not an object`)
	}
	proof, err := members(value, "type")
	if err != nil {
		return refuseSyntax(err)
	}
	if proof["type"].Kind() != jsontext.KindString {
		return refuse(`its member "proof" holds an object without a string "type"`)
	}
	return nil
}

// refuseSyntax turns an error of the JSON decoder into a refusal.
func refuseSyntax(err error) error { return refuse("%s", syntaxReason(err)) }
