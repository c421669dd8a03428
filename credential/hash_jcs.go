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

// unique is for text that is known to hold no duplicate names: in large objects the search
// for them is most of the decoder's work.
var unique = jsontext.AllowDuplicateNames(true)

var bom = []byte("\xef\xbb\xbf")

// formError is an [ErrForm] with its reason.
type formError string

func (e formError) Error() string { return ErrForm.Error() + ": " + string(e) }
func (formError) Unwrap() error   { return ErrForm }

// refuse returns an [ErrForm] with its reason.
func refuse(format string, args ...any) error { return formError(fmt.Sprintf(format, args...)) }

// reason returns what an error of [refuse] says in itself, and other errors as they
// are: for what has nothing to do with forms.
func reason(err error) error {
	if form := formError(""); errors.As(err, &form) {
		return errors.New(string(form))
	}
	return err
}

// Canonicalize returns what is hashed of a JSON document: the object without its
// top-level member "proof", in the canonical form of RFC 8785. Its result is its own
// canonical form.
//
// Refused, with an error that wraps [ErrForm], is every document that another
// reader could understand otherwise: one longer than [MaxJSON], that is not a single
// object or is followed by anything but white space, with a member name twice in one
// object (compared after unescaping), invalid UTF-8, an escaped lone surrogate, nesting
// beyond [MaxDepth], a number whose exact decimal value is not that of its RFC 8785 form
// or whose exponent is beyond 9999, an integral value beyond 2^53-1 however written, or a
// "proof" that is neither an object nor an array of objects, each with a string "type".
// These rules hold for the whole document, the proof included. A byte order mark of UTF-8
// in front is no part of it.
func Canonicalize(doc []byte) ([]byte, error) {
	_, doc = cutBOM(doc)
	m, err := scan(doc)
	if err != nil {
		return nil, err
	}
	from, to := m.member(doc)
	body := make(jsontext.Value, 0, len(doc))
	body = append(append(body, doc[:from]...), doc[to:]...)
	if err := body.Canonicalize(unique); err != nil {
		return nil, refuse("%v", err)
	}
	return body, nil
}

// layout is where the member "proof" of a JSON object stands, in offsets.
type layout struct {
	end      int      // behind the last member; behind the opening brace if there is none
	empty    bool     // there is none
	first    bool     // "proof" is the first member; false if it is not there
	before   int      // behind the member before it, or behind the opening brace
	from, to int      // its value; 0 if it is not there
	entries  [][2]int // the value if that is an object, else its elements
}

// member returns where the member "proof" stands, with the comma that goes with it; an
// empty place if there is none.
func (m *layout) member(doc []byte) (from, to int) {
	from, to = m.before, m.to
	if rest := bytes.TrimLeft(doc[to:], jsonSpace); m.first && rest[0] == ',' {
		to = len(doc) - len(rest) + 1
	}
	return from, to
}

// cutBOM takes the byte order mark off a text.
func cutBOM(text []byte) (mark, rest []byte) {
	if bytes.HasPrefix(text, bom) {
		return text[:len(bom)], text[len(bom):]
	}
	return nil, text
}

// scan checks a document, which has no byte order mark, and finds its proof.
func scan(doc []byte) (*layout, error) {
	if len(doc) > MaxJSON {
		return nil, refuse("it is longer than %d MiB", MaxJSON>>20)
	}
	if err := checkTokens(doc); err != nil {
		return nil, err
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(doc), unique)
	if _, err := d.ReadToken(); err != nil {
		return nil, refuseSyntax(err)
	}
	m := &layout{end: int(d.InputOffset()), empty: true}
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadToken()
		if err != nil {
			return nil, refuseSyntax(err)
		}
		found := name.String() == "proof"
		value, err := d.ReadValue()
		if err != nil {
			return nil, refuseSyntax(err)
		}
		if found {
			m.first, m.before, m.to = m.empty, m.end, int(d.InputOffset())
			m.from = m.to - len(value)
			if err := m.findEntries(value); err != nil {
				return nil, err
			}
		}
		m.end, m.empty = int(d.InputOffset()), false
	}
	return m, nil
}

// findEntries finds the proofs in the member "proof". It refuses what a reader could take
// for something else than proofs, and so miss that it is not covered.
func (m *layout) findEntries(value jsontext.Value) error {
	switch value.Kind() {
	case jsontext.KindBeginObject:
		m.entries = [][2]int{{m.from, m.to}}
		return checkProof(value)
	case jsontext.KindBeginArray:
	default:
		return refuse(`its member "proof" is neither an object nor an array of objects`)
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(value), unique)
	if _, err := d.ReadToken(); err != nil {
		return refuseSyntax(err)
	}
	for d.PeekKind() != jsontext.KindEndArray {
		entry, err := d.ReadValue()
		if err != nil {
			return refuseSyntax(err)
		}
		if err := checkProof(entry); err != nil {
			return err
		}
		to := m.from + int(d.InputOffset())
		m.entries = append(m.entries, [2]int{to - len(entry), to})
	}
	return nil
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

func checkProof(value jsontext.Value) error {
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
