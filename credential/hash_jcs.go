package credential

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/internal/jsonread"
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
	if err := body.Format(jsontext.CanonicalizeRawInts(true), jsontext.CanonicalizeRawFloats(true), jsonread.MayRepeat); err != nil {
		return nil, refuse("%v", err)
	}
	jsonread.Sort(body)
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
	d := jsontext.NewDecoder(bytes.NewBuffer(doc), jsonread.MayRepeat)
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
	d := jsontext.NewDecoder(bytes.NewBuffer(value), jsonread.MayRepeat)
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
	d := jsontext.NewDecoder(bytes.NewBuffer(doc), jsonread.MayRepeat)
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
	if err := jsonread.Unique(doc[:d.InputOffset()]); err != nil {
		return refuseSyntax(err)
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

const (
	maxSafeInteger = 1<<53 - 1 // the greatest of the integers that are all exact in a double
	maxDigits      = 17        // significant digits that the RFC 8785 form of a number can have
	maxExponent    = 9999      // greatest exponent as written; what exceeds it is not read alike everywhere
)

// checkNumber says why a JSON number has no exact RFC 8785 form, or "" if it has.
// That form is the shortest decimal that reads back as the same IEEE 754 double; the
// number is acceptable if that decimal has exactly its value, so 1.0, 1e2 and 0.10
// are and 0.1000000000000000055 is not. The work is bounded by the length of the
// literal: neither many digits nor a huge exponent cost more. An exponent beyond
// 9999 is refused unless the number is zero, even if as many digits undo it:
// strconv, like other parsers, reads no further.
func checkNumber(literal string) string {
	digits, exponent, ok := decimal(literal)
	switch {
	case !ok:
		return "has an exponent beyond 9999"
	case digits == "":
		return "" // zero, however written
	case exponent >= 0: // integral
		if len(digits)+exponent > len("9007199254740991") {
			return beyond
		}
		n, err := strconv.ParseUint(digits+strings.Repeat("0", exponent), 10, 64)
		if err != nil || n > maxSafeInteger {
			return beyond
		}
		return ""
	case len(digits) > maxDigits, len(digits)+exponent < -400:
		return inexact
	}
	f, err := strconv.ParseFloat(digits+"e"+strconv.Itoa(exponent), 64)
	if err != nil {
		return inexact
	}
	if d, e, _ := decimal(strconv.FormatFloat(f, 'e', -1, 64)); d != digits || e != exponent {
		return inexact
	}
	return ""
}

const (
	beyond  = "is an integer beyond 2^53-1"
	inexact = "has another value as an IEEE 754 double"
)

// decimal takes a JSON number apart: its absolute value is digits * 10^exponent,
// digits without zeros at either end, empty for zero.
// ok is false if its exponent is beyond [maxExponent].
func decimal(literal string) (digits string, exponent int, ok bool) {
	mantissa, exp := strings.TrimPrefix(literal, "-"), ""
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		mantissa, exp = mantissa[:i], mantissa[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "", 0, true
	}
	if exp != "" {
		// Atoi returns the nearest int where exp is out of range.
		exponent, _ = strconv.Atoi(exp)
		if exponent > maxExponent || exponent < -maxExponent {
			return "", 0, false
		}
	}
	exponent -= len(fraction)
	short := strings.TrimRight(digits, "0")
	return short, exponent + len(digits) - len(short), true
}
