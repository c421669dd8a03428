package credential

import (
	"bytes"
	"iter"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

func isURL(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// text returns the text of a JSON string, or one of those of JSON-LD in several
// languages (a value object, an array of them, or a language map: English if there is
// any, else the first); "" for all else.
func text(value jsontext.Value) string {
	switch value.Kind() {
	case jsontext.KindString:
		if s, err := jsontext.AppendUnquote(nil, []byte(value)); err == nil {
			return string(s)
		}
	case jsontext.KindBeginObject:
		m, err := members(value, "@value", "en", "id", "@id", "type", "@type")
		switch {
		case err != nil:
		case m["@value"].Kind() == jsontext.KindString:
			return text(m["@value"])
		case m["en"].Kind() == jsontext.KindString:
			return text(m["en"])
		case m["en"].Kind() == jsontext.KindBeginArray:
			return strings.Join(texts(m["en"]), " ")
		case len(m) == 0:
			return firstText(value)
		}
	case jsontext.KindBeginArray:
		for element := range all(value) {
			if element.Kind() != jsontext.KindBeginArray {
				return text(element)
			}
		}
	}
	return ""
}

// firstText returns the first member of a language map, whose names are those of
// languages.
func firstText(object jsontext.Value) string {
	for name, value := range membersOf(object) {
		if language().MatchString(name) && value.Kind() == jsontext.KindString {
			return text(value)
		}
		break
	}
	return ""
}

var language = lazyRegexp(`^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// texts returns the strings of a member that may be one string or an array.
func texts(value jsontext.Value) (list []string) {
	for element := range all(value) {
		if element.Kind() == jsontext.KindString {
			list = append(list, text(element))
		}
	}
	return list
}

// all yields the elements of an array, or the value itself if it is none. Each is
// valid until the next one is yielded.
func all(value jsontext.Value) iter.Seq[jsontext.Value] {
	return func(yield func(jsontext.Value) bool) {
		if kind := value.Kind(); kind != jsontext.KindBeginArray {
			if kind != jsontext.KindInvalid {
				yield(value)
			}
			return
		}
		d := jsontext.NewDecoder(bytes.NewBuffer(value))
		_, err := d.ReadToken()
		for err == nil && d.PeekKind() != jsontext.KindEndArray {
			var element jsontext.Value
			if element, err = d.ReadValue(); err == nil && !yield(element) {
				return
			}
		}
	}
}

// allOf yields the elements of several values, such as those of two names for one member.
func allOf(values ...jsontext.Value) iter.Seq[jsontext.Value] {
	return func(yield func(jsontext.Value) bool) {
		for _, value := range values {
			for element := range all(value) {
				if !yield(element) {
					return
				}
			}
		}
	}
}
