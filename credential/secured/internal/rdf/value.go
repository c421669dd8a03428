package rdf

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of the values of one document, and so of the memory that it takes, about 200 bytes
// for each; and of those of all documents of a [Reader].
const (
	maxValues     = 200_000
	maxValuesRead = 10 * maxValues
)

var errValues = fmt.Errorf("it has more than %d values, which takes more work than a verifier does", maxValues)

// parse returns JSON as nil, bool, float64, string, []any and map[string]any. Its depth is
// bounded by the decoder; a member that occurs twice is an error. left is how many values it
// may have, and counts down.
func parse(text []byte, left *int) (any, error) {
	return parseNext(jsontext.NewDecoder(bytes.NewBuffer(text)), left)
}

func parseNext(d *jsontext.Decoder, left *int) (any, error) {
	if *left--; *left < 0 {
		return nil, errValues
	}
	token, err := d.ReadToken()
	if err != nil {
		return nil, errors.New("it is no JSON that all readers understand alike")
	}
	switch token.Kind() {
	case jsontext.KindString:
		return token.String(), nil
	case jsontext.KindNumber:
		return strconv.ParseFloat(token.String(), 64)
	case jsontext.KindTrue, jsontext.KindFalse:
		return token.Bool(), nil
	case jsontext.KindBeginArray:
		items := []any{}
		for d.PeekKind() != jsontext.KindEndArray {
			item, err := parseNext(d, left)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		_, err = d.ReadToken()
		return items, err
	case jsontext.KindBeginObject:
		members := map[string]any{}
		for d.PeekKind() != jsontext.KindEndObject {
			name, err := d.ReadToken()
			if err != nil {
				return nil, errors.New("it is no JSON that all readers understand alike")
			}
			text := name.String()
			if members[text], err = parseNext(d, left); err != nil {
				return nil, err
			}
		}
		_, err = d.ReadToken()
		return members, err
	default:
		return nil, nil
	}
}

// canonicalJSON is a value by RFC 8785, as literals of the type rdf:JSON have it.
func canonicalJSON(value any) (string, error) {
	text := jsontext.Value(appendJSON(nil, value))
	if err := text.Canonicalize(); err != nil {
		return "", err
	}
	return string(text), nil
}

func appendJSON(to []byte, value any) []byte {
	switch value := value.(type) {
	case string:
		to, _ = jsontext.AppendQuote(to, value) // fails for invalid UTF-8 alone, which the decoder refused
	case float64:
		to = strconv.AppendFloat(to, value, 'g', -1, 64)
	case bool:
		to = strconv.AppendBool(to, value)
	case []any:
		to = append(to, '[')
		for i, item := range value {
			if i > 0 {
				to = append(to, ',')
			}
			to = appendJSON(to, item)
		}
		to = append(to, ']')
	case map[string]any:
		to = append(to, '{')
		for i, name := range slices.Sorted(maps.Keys(value)) {
			if i > 0 {
				to = append(to, ',')
			}
			to = append(appendJSON(to, name), ':')
			to = appendJSON(to, value[name])
		}
		to = append(to, '}')
	default:
		to = append(to, "null"...)
	}
	return to
}
