package credential

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/internal/jsonread"
)

var (
	errNotObject = errors.New("not a JSON object")
	errTrailing  = errors.New("something follows the JSON object")
)

// members returns the values of the members of a JSON object that have exactly
// one of the names, after unescaping. It reads the whole object: duplicate names and
// invalid UTF-8 at any depth, and anything but one object, are errors.
func members(object []byte, names ...string) (map[string]jsontext.Value, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(object), jsonread.MayRepeat)
	if d.PeekKind() != jsontext.KindBeginObject {
		return nil, errNotObject
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	found := make(map[string]jsontext.Value) // most names are of members that are not there
	for d.PeekKind() == jsontext.KindString {
		token, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		value, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		if slices.Contains(names, name) {
			found[name] = bytes.Clone(value) // the decoder reuses its own
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	end := d.InputOffset()
	if len(bytes.TrimLeft(object[end:], jsonSpace)) > 0 {
		return nil, errTrailing
	}
	if err := jsonread.Unique(object[:end]); err != nil {
		return nil, err
	}
	return found, nil
}

// lenient reads JSON that is known to be well formed.
func lenient(value []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(value), jsonread.MayRepeat, jsontext.AllowInvalidUTF8(true))
}

// membersOf yields the names and values of a JSON object that is known to be well
// formed. Each value is valid until the next one is yielded.
func membersOf(object jsontext.Value) iter.Seq2[string, jsontext.Value] {
	return func(yield func(string, jsontext.Value) bool) {
		d := lenient(object)
		if _, err := d.ReadToken(); err != nil {
			return
		}
		for d.PeekKind() == jsontext.KindString {
			token, err := d.ReadToken()
			if err != nil {
				return
			}
			name := token.String()
			value, err := d.ReadValue()
			if err != nil || !yield(name, value) {
				return
			}
		}
	}
}

// syntaxReason words an error of the JSON decoder, safe to print.
func syntaxReason(err error) string {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, errNotObject), errors.Is(err, errTrailing):
		return err.Error()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "it ends within the JSON object"
	case !errors.As(err, &syntax):
		return "it is no JSON"
	case errors.Is(err, jsontext.ErrDuplicateName):
		return "the member " + excerpt(string(syntax.JSONPointer)) + " occurs twice in one object"
	}
	// The words of the library are for its users, and may change.
	text := err.Error()
	why := "what is no JSON"
	switch _, character, ok := strings.Cut(text, "invalid character "); {
	case strings.Contains(text, "invalid UTF-8"):
		return fmt.Sprintf("it is not UTF-8 at byte %d: save it as UTF-8", syntax.ByteOffset)
	case strings.Contains(text, "surrogate"):
		why = "a surrogate without its other half"
	case strings.Contains(text, "max depth"):
		why = "what nests too deep"
	case ok:
		character, _, _ = strings.Cut(character, " ")
		why = "the invalid character " + Printable(character[:min(len(character), maxExcerpt)])
	}
	return fmt.Sprintf("it has %s at byte %d", why, syntax.ByteOffset)
}

const maxExcerpt = 80

// excerpt quotes a piece of a document for a message, at most 80 bytes of it.
func excerpt(s string) string {
	if len(s) > maxExcerpt {
		s = s[:maxExcerpt] + "…"
	}
	return strconv.Quote(s)
}
