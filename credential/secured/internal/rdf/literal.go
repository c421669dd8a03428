package rdf

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// native is a JSON value as text, with the type that it has of itself, empty for texts.
func native(item any, kind string) (text, of string) {
	switch item := item.(type) {
	case bool:
		return strconv.FormatBool(item), xsdNS + "boolean"
	case float64:
		if item != float64(int64(item)) || item >= 1e21 || kind == xsdNS+"double" {
			return double(item), xsdNS + "double"
		}
		return strconv.FormatInt(int64(item), 10), xsdNS + "integer"
	default:
		return item.(string), ""
	}
}

// double is the canonical form that JSON-LD gives xsd:double: 5.5E0.
func double(x float64) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'E', 15, 64), "E")
	mantissa = strings.TrimRight(mantissa, "0")
	if strings.HasSuffix(mantissa, ".") {
		mantissa += "0"
	}
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	if exponent = strings.TrimLeft(exponent, "+-0"); exponent == "" {
		exponent = "0"
	}
	return mantissa + "E" + sign + exponent
}

// tagged is a text with its language. Other value objects are refused: each has a plain
// form, which is what readers of the JSON expect.
func (w *writer) tagged(m member, object map[string]any) (string, error) {
	text, ok := object["@value"].(string)
	tag, ok2 := object["@language"].(string)
	if !ok || !ok2 || len(object) != 2 || !languageTag(tag) {
		return "", fmt.Errorf("its member %s holds a value object other than of a text and its language", excerpt(m.name))
	}
	if lower := strings.ToLower(tag); lower != tag {
		w.ambiguous.Language = true
		if !w.options.Language {
			tag = lower
		}
	}
	return w.literal(text, "", tag), nil
}

// literal is a literal in canonical N-Quads.
func (w *writer) literal(text, kind, tag string) string {
	var b strings.Builder
	b.Grow(len(text) + len(kind) + 8)
	b.WriteByte('"')
	from := 0
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < 0x20 || c == '"' || c == '\\' || c == 0x7f {
			b.WriteString(text[from:i])
			w.escape(&b, c)
			from = i + 1
		}
	}
	b.WriteString(text[from:])
	b.WriteByte('"')
	switch {
	case tag != "":
		b.WriteString("@" + tag)
	case kind != "" && kind != xsdNS+"string":
		b.WriteString("^^<" + kind + ">")
	}
	return b.String()
}

func (w *writer) escape(b *strings.Builder, c byte) {
	switch c {
	case '"', '\\':
		b.WriteByte('\\')
		b.WriteByte(c)
		return
	case '\n':
		b.WriteString(`\n`)
		return
	case '\r':
		b.WriteString(`\r`)
		return
	}
	w.ambiguous.Escapes = true
	switch short := strings.IndexByte("\b\t\f", c); {
	case w.options.Escapes:
		b.WriteByte(c)
	case short >= 0:
		b.WriteByte('\\')
		b.WriteByte("btf"[short])
	default:
		fmt.Fprintf(b, `\u%04X`, c)
	}
}

// upper tells whether a name begins as those of types do, which some contexts give the
// meaning of a member, too: with such a name in its place, readers would miss it. Names of
// 1EdTech's types may begin with a digit.
func upper(name string) bool { return name != "" && (name[0] < 'a' || name[0] > 'z') }

// texts is a text, or an array of texts.
func texts(value any) ([]string, error) {
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	all := make([]string, len(items))
	for i, item := range items {
		if all[i], ok = item.(string); !ok {
			return nil, errors.New("is neither a text nor an array of texts")
		}
	}
	return all, nil
}

// absolute tells whether a text is a reference with a scheme that N-Quads can hold, or the
// name of a blank node.
func absolute(text string) bool {
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok || rest == "" {
		return false
	}
	if scheme == "_" {
		return !strings.ContainsFunc(rest, notInReferences)
	}
	for i, c := range []byte(scheme) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		other := c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return scheme != "" && !strings.ContainsFunc(text, notInReferences)
}

func notInReferences(r rune) bool { return r <= 0x20 || strings.ContainsRune("<>\"{}|^`\\", r) }

// languageTag tells whether a text has the form of a language tag in N-Quads.
func languageTag(tag string) bool {
	for i, part := range strings.Split(tag, "-") {
		if part == "" {
			return false
		}
		for _, c := range []byte(part) {
			letter := c|0x20 >= 'a' && c|0x20 <= 'z'
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

const maxExcerpt = 80

// excerpt quotes a piece of a document for a message.
func excerpt(text string) string {
	if len(text) > maxExcerpt {
		text = text[:maxExcerpt] + "…"
	}
	return strconv.QuoteToASCII(text)
}
