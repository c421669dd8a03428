package credential

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxInner bounds the credentials of one document: two bytes can pose as one, and each
// is reported.
const maxInner = 10_000

// Inner yields the credentials inside a Comprehensive Learner Record or a Verifiable
// Presentation, in their order: each is the text of a JSON object, exactly as it
// stands there, or a token. Each is a credential of its own, with a CID of its own by
// [FormAuto]; a document that holds none yields nothing. What the inner ones hold in
// turn is not yielded.
//
// At most 10,000 are yielded, and then an error.
//
// doc may be JSON, a token, or a picture that carries one, of at most [MaxJSON]
// bytes. An error says why one of them, or the document itself, cannot be read; after
// one of the document nothing follows.
func Inner(doc []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		object, err := Claims(doc)
		if object == nil || err != nil {
			if err != nil {
				yield(nil, err)
			}
			return
		}
		m, err := members(object, "credentialSubject", "verifiableCredential", "vc", "vp")
		if err != nil {
			yield(nil, errors.New("its JSON cannot be relied on: "+syntaxReason(err)))
			return
		}
		for _, claim := range []string{"vc", "vp"} { // of a token
			if inside, err := members(m[claim], "credentialSubject", "verifiableCredential"); err == nil {
				m = inside
			}
		}
		lists := []jsontext.Value{m["verifiableCredential"]}
		for subject := range all(m["credentialSubject"]) {
			if s, err := members(subject, "verifiableCredential"); err == nil {
				lists = append(lists, s["verifiableCredential"])
			}
		}
		n := 0
		for _, list := range lists {
			for element := range all(list) {
				if n++; n > maxInner {
					yield(nil, fmt.Errorf("it holds more than %d credentials", maxInner))
					return
				}
				if !yield(innerText(element)) {
					return
				}
			}
		}
	}
}

// Claims returns the text of the JSON object that a document is, that it carries in its
// picture, or that is the payload of its token; nil if there is none. No signature is checked,
// and what an SD-JWT discloses is not put in its place. doc is of at most [MaxJSON] bytes.
func Claims(doc []byte) ([]byte, error) {
	if len(doc) > MaxJSON {
		return nil, reason(refuse("it is longer than %d MiB", MaxJSON>>20))
	}
	text, err := Content(doc)
	switch {
	case err != nil || len(text) == 0:
		return nil, err
	case sniff(text) == kindObject:
		return text, nil
	}
	_, rest, _ := strings.Cut(string(text), ".")
	payload, _, _ := strings.Cut(rest, ".")
	return base64.RawURLEncoding.DecodeString(payload)
}

// Content returns the credential that a file is or carries, where [Describe] finds it: the
// text of a JSON object, without a byte order mark and white space around it, or a bare
// token, of an SD-JWT with all that is disclosed. It is nil for a file that holds none, such as a PDF or a plain picture. The text is as
// it stands there, which may be anything that begins like one of the two.
//
// The error says why it cannot be told: the file is longer than [MaxJSON], or a picture of
// the kind that [Unbake] refuses.
func Content(file []byte) ([]byte, error) {
	k := sniff(file)
	if k == kindPNG || k == kindSVG {
		baked, err := Unbake(file)
		switch {
		case errors.Is(err, ErrNotBaked):
			return nil, nil
		case err != nil:
			return nil, err
		case baked.link():
			return nil, nil
		}
		file = baked.Text
	}
	text := textOf(file)
	if text != nil && len(file) > MaxJSON {
		return nil, reason(refuse("it is longer than %d MiB", MaxJSON>>20))
	}
	return text, nil
}

// textOf returns the JSON object or the bare token that a text is; nil if it is neither.
func textOf(text []byte) []byte {
	switch sniff(text) {
	case kindObject:
		return bytes.Trim(bytes.TrimPrefix(text, bom), jsonSpace)
	case kindToken:
		return tokenText(text)
	}
	return nil
}

// innerText returns the text of one credential inside another document.
func innerText(element jsontext.Value) ([]byte, error) {
	switch element.Kind() {
	case jsontext.KindString:
		if token := tokenText([]byte(text(element))); token != nil {
			return token, nil
		}
	case jsontext.KindBeginObject:
		m, err := members(element, "id", "type", "@type")
		if err != nil {
			return nil, errors.New("a credential inside cannot be read: " + syntaxReason(err))
		}
		if token := EnvelopedToken(text(m["id"])); token != "" {
			return []byte(token), nil
		}
		return bytes.Clone(element), nil
	}
	return nil, errors.New("a credential inside is neither an object nor a token")
}

// EnvelopedToken returns the token that the data URL of an
// EnvelopedVerifiableCredential holds; empty if it holds none.
func EnvelopedToken(url string) string {
	kind, token, ok := strings.Cut(url, ",")
	if !ok || !strings.HasPrefix(kind, "data:") || !isJWT([]byte(token)) {
		return ""
	}
	return token
}
