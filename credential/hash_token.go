package credential

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential/internal/sdjwt"
)

// tokenText returns the bare token that a text is in its clothes, nil if it is none: a JWS
// or JWT in compact form, an encrypted one, or an SD-JWT with what it discloses. Not part of
// it are a byte order mark, white space and line ends anywhere, one pair of quotes around it
// (those of a JSON text, with its escapes, or plain ones), and in front "Bearer" or
// "Authorization: Bearer". So a token is the same whether it comes from a file, from mail
// that broke its lines, from an API or from the header of a request.
//
// Two tokens never become one: what is taken off are characters that no token holds, and a
// token is left exactly as it is. And since the two dots stay, nothing that is joined to a
// token by taking off line ends can give it another payload.
func tokenText(text []byte) []byte {
	text = bytes.Trim(bytes.TrimPrefix(text, bom), jsonSpace)
	if k, _ := sniffToken(text); k != kindToken {
		return nil
	}
	if n := len(text) - 1; n > 0 && (text[0] == '"' || text[0] == '\'') {
		if text[n] != text[0] {
			return nil
		}
		if plain, err := jsontext.AppendUnquote(nil, text); err == nil {
			text = plain
		} else {
			text = text[1:n]
		}
	}
	text = cutScheme(text)
	packed := bytes.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
	if !isJWT(packed) {
		return nil
	}
	if len(packed) < len(text) {
		if m, err := members(headerOf(packed), "b64"); err != nil || m["b64"].Kind() == jsontext.KindFalse {
			return nil // its payload is not encoded (RFC 7797), and white space is part of it
		}
	}
	return packed
}

// cutScheme takes what a request has in front of a token off a text, with white space.
func cutScheme(text []byte) []byte {
	text = bytes.TrimLeft(text, jsonSpace)
	rest := text
	if name, value, ok := bytes.Cut(text[:min(len(text), 64)], []byte(":")); ok &&
		bytes.EqualFold(bytes.TrimRight(name, jsonSpace), []byte("authorization")) {
		rest = bytes.TrimLeft(text[len(text[:min(len(text), 64)])-len(value):], jsonSpace)
	}
	const scheme = "bearer"
	if len(rest) < len(scheme) || !strings.EqualFold(string(rest[:len(scheme)]), scheme) {
		return text
	}
	token := bytes.TrimLeft(rest[len(scheme):], jsonSpace)
	if len(token) == len(rest)-len(scheme) {
		return text
	}
	return token
}

// sniffToken tells whether a text without white space in front may be a token, and whether more
// of it could change that.
func sniffToken(text []byte) (k kind, known bool) {
	switch {
	case len(text) == 0:
		return kindOther, false
	case text[0] == '"', text[0] == '\'':
		text = text[1:]
	}
	switch text = cutScheme(text); {
	case len(text) == 0:
		return kindOther, false
	case text[0] == 'e': // "{" in base64url
		return kindToken, true
	}
	// Perhaps the rest of a scheme follows.
	start := bytes.TrimRight(text[:min(len(text), 64)], jsonSpace)
	name, value, _ := bytes.Cut(start, []byte(":"))
	start = bytes.Join([][]byte{bytes.TrimRight(name, jsonSpace), bytes.TrimLeft(value, jsonSpace)}, nil)
	begun := strings.ToLower(string(start))
	return kindOther, !strings.HasPrefix("authorizationbearer", begun) && !strings.HasPrefix("bearer", begun)
}

// isJWT reports whether text is a bare token: a JWS in compact form (three parts of
// base64url), an encrypted one (five parts), or an SD-JWT (a JWS and what it discloses, joined
// by "~", with a token at the end that binds it to its holder's key, or none).
func isJWT(text []byte) bool {
	token, rest, selective := bytes.Cut(text, []byte("~"))
	parts := bytes.Count(token, []byte("."))
	if parts != 2 && (parts != 4 || selective) || !isBase64(token, ".") || !hasJWTHeader(token, parts == 4) {
		return false
	}
	if bytes.Count(rest, []byte("~")) > sdjwt.Max {
		return false
	}
	for selective {
		token, rest, selective = bytes.Cut(rest, []byte("~"))
		if (selective || !isKeyBinding(token)) && !isBase64(token, "") {
			return false
		}
	}
	return true
}

// isBase64 reports whether text holds nothing but base64, of either alphabet, and the separator.
// What is no base64url in its one spelling is for those to say who decode it.
func isBase64(text []byte, separator string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/="
	var allowed [256]bool
	for _, c := range []byte(letters + separator) {
		allowed[c] = true
	}
	for _, c := range text {
		if !allowed[c] {
			return false
		}
	}
	return true
}

// hasJWTHeader reports whether text begins like a token: with a JSON object that has a
// member "alg", in base64url, and one "enc" if it is encrypted.
func hasJWTHeader(text []byte, encrypted bool) bool {
	m, err := members(headerOf(text), "alg", "enc")
	return err == nil && m["alg"].Kind() == jsontext.KindString && (!encrypted || m["enc"].Kind() == jsontext.KindString)
}

// headerOf returns what stands before the first dot of a token; nil if that is not base64url.
func headerOf(token []byte) []byte {
	header, _, ok := bytes.Cut(token[:min(len(token), 1<<20)], []byte("."))
	if !ok {
		return nil
	}
	return decodeObject(string(header))
}

// isKeyBinding reports whether a token is one that binds an SD-JWT to its holder's key (RFC 9901,
// section 4.3): so it says itself, and a credential in its place is none.
func isKeyBinding(token []byte) bool {
	if bytes.Count(token, []byte(".")) != 2 || !isBase64(token, ".") {
		return false
	}
	m, err := members(headerOf(token), "alg", "typ")
	typ := strings.TrimPrefix(strings.ToLower(text(m["typ"])), "application/")
	return err == nil && m["alg"].Kind() == jsontext.KindString && typ == "kb+jwt"
}

// tokenOf returns the bare token that is hashed of a text of [textOf]: the token itself, or that
// of an SD-JWT in flattened JSON. It is nil for all other JSON.
func tokenOf(text []byte) []byte {
	if sniff(text) == kindObject {
		return flattened(text)
	}
	return text
}

// flattened returns the compact form of an SD-JWT in flattened JSON (RFC 9901, section 8.1), nil
// for any other object: it has the members payload, protected, signature and header, and in that
// disclosures and perhaps kb_jwt, and nothing else.
func flattened(object []byte) []byte {
	_, object = cutBOM(object)
	m, ok := onlyMembers(object, "payload", "protected", "signature", "header")
	if !ok || len(m) != 4 {
		return nil
	}
	header, ok := onlyMembers(m["header"], "disclosures", "kb_jwt")
	if !ok || header["disclosures"].Kind() != jsontext.KindBeginArray {
		return nil
	}
	var token []byte
	add := func(value jsontext.Value, end string) {
		if ok = ok && value.Kind() == jsontext.KindString && !strings.ContainsAny(text(value), ".~"); ok {
			token = append(append(token, text(value)...), end...)
		}
	}
	add(m["protected"], ".")
	add(m["payload"], ".")
	add(m["signature"], "~")
	for disclosure := range all(header["disclosures"]) {
		add(disclosure, "~")
	}
	if binding := header["kb_jwt"]; binding != nil {
		ok = ok && isKeyBinding([]byte(text(binding)))
		token = append(token, text(binding)...)
	}
	if !ok || !isJWT(token) {
		return nil
	}
	return token
}

// onlyMembers returns the members of an object that has only some of these.
func onlyMembers(object []byte, names ...string) (map[string]jsontext.Value, bool) {
	d := jsontext.NewDecoder(bytes.NewBuffer(object))
	if token, err := d.ReadToken(); err != nil || token.Kind() != jsontext.KindBeginObject {
		return nil, false
	}
	// Most objects have another member early on, and are not read to their end.
	if token, err := d.ReadToken(); err != nil || token.Kind() == jsontext.KindString && !strings.Contains(
		" "+strings.Join(names, " ")+" ", " "+token.String()+" ") {
		return nil, false
	}
	m, err := members(object, names...)
	if err != nil {
		return nil, false
	}
	for name := range membersOf(object) {
		if m[name] == nil {
			return nil, false
		}
	}
	return m, true
}

// issuerSigned returns what is hashed of a bare token: of an SD-JWT, which selective says it is,
// the issuer-signed token alone.
func issuerSigned(token []byte) (signed []byte, selective bool) {
	signed, _, selective = bytes.Cut(token, []byte("~"))
	return signed, selective
}

// unbound says why what an SD-JWT discloses is not its issuer's; empty if all of it is.
func unbound(token []byte) string {
	signed, rest, _ := strings.Cut(string(token), "~")
	if rest == "" {
		return ""
	}
	disclosures := strings.Split(rest, "~")
	if last := len(disclosures) - 1; disclosures[last] == "" || strings.Contains(disclosures[last], ".") {
		disclosures = disclosures[:last]
	}
	if len(disclosures) == 0 {
		return ""
	}
	_, payload, _ := strings.Cut(signed, ".")
	payload, _, _ = strings.Cut(payload, ".")
	return sdjwt.Unbound(decodeObject(strings.TrimRight(payload, "=")), disclosures)
}
