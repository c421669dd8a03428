package verifier

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds the nesting of the project's JSON files. Nothing in them needs
// more than six levels; the rest is room for vouchers of kinds yet unknown.
const maxDepth = 16

// decodeStrict reads data into v: one JSON value, with no unknown, repeated or
// differently-cased member, no null, no number but integers of at most 2^53-1
// written plainly, and no deep nesting.
func decodeStrict(data []byte, v any, opts ...json.Options) error {
	if err := checkJSON(data, maxDepth); err != nil {
		return plain(err)
	}
	return plain(json.Unmarshal(data, v, append(opts, json.RejectUnknownMembers(true))...))
}

// plain says an error of the JSON library in words for people, without Go's
// types.
func plain(err error) error {
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic):
		at := string(semantic.JSONPointer)
		if at == "" {
			at = "the file"
		}
		switch {
		case errors.Is(semantic.Err, json.ErrUnknownName):
			return fmt.Errorf("the member %q is not one of this format", semantic.JSONPointer.LastToken())
		case semantic.Err != nil:
			return fmt.Errorf("%s: %w", at, semantic.Err)
		default:
			return fmt.Errorf("%s: not a value of the right kind", at)
		}
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntactic):
		return fmt.Errorf("the member %q is there twice", syntactic.JSONPointer.LastToken())
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it is empty or breaks off")
	case errors.As(err, &syntactic):
		return fmt.Errorf("not JSON: %s, at byte %d", strings.TrimPrefix(syntactic.Err.Error(), "jsontext: "), syntactic.ByteOffset)
	}
	return err
}

// checkJSON refuses syntax errors, null, numbers that are not plain integers, and
// nesting beyond depth.
func checkJSON(data []byte, depth int) error {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	for {
		t, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t.Kind() {
		case 'n':
			return fmt.Errorf("%s is null: leave the member out instead", d.StackPointer())
		case '0':
			if _, ok := plainInteger(t.String()); !ok {
				return fmt.Errorf("%s: %.40s is not an integer from 0 to 2^53-1", d.StackPointer(), t.String())
			}
		case '{', '[':
			if d.StackDepth() > depth {
				return fmt.Errorf("nested more than %d levels deep", maxDepth)
			}
		}
	}
}

// plainInteger returns the value of s if it is written as digits only and is at
// most 2^53-1. JSON itself has no leading zeros.
func plainInteger[T ~string | ~[]byte](s T) (n uint64, ok bool) {
	if len(s) > 16 {
		return 0, false
	}
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, n <= maxInteger
}

// encode writes v in the project's form: members in the order of the struct,
// map keys sorted, two spaces of indent and a final line feed.
func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}
