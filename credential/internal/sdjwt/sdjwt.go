// Package sdjwt tells whether what an SD-JWT (RFC 9901) discloses is bound by the digests in its
// issuer-signed payload. It checks no signature.
package sdjwt

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Max is how many parts an SD-JWT may disclose.
const Max = 10_000

// Hash returns the hash that "_sd_alg" of an SD-JWT names (RFC 9901, section 4.1.1), nil
// for one that is not known.
func Hash(name string) func(string) []byte {
	switch name {
	case "sha-256":
		return func(s string) []byte { sum := sha256.Sum256([]byte(s)); return sum[:] }
	case "sha-384":
		return func(s string) []byte { sum := sha512.Sum384([]byte(s)); return sum[:] }
	case "sha-512":
		return func(s string) []byte { sum := sha512.Sum512([]byte(s)); return sum[:] }
	}
	return nil
}

// Unbound says why what an SD-JWT discloses is not covered by its issuer-signed payload, a JSON
// object without a member twice: each part must be one whose digest stands in the payload, or in
// a part whose digest does. It is empty if all is well.
func Unbound(payload []byte, disclosures []string) string {
	if len(disclosures) > Max {
		return fmt.Sprintf("it discloses more than %d parts", Max)
	}
	hash, err := hashOf(payload)
	if err != nil {
		return err.Error()
	}
	parts := make(map[string]*disclosure, len(disclosures))
	for _, encoded := range disclosures {
		d, err := readDisclosure(encoded)
		if err != nil {
			return "what it discloses cannot be read"
		}
		digest := base64.RawURLEncoding.EncodeToString(hash(encoded))
		if parts[digest] != nil {
			return "it discloses a part twice"
		}
		parts[digest] = d
	}
	seen := make(map[string]bool)
	todo := []jsontext.Value{payload}
	reached := 0
	for len(todo) > 0 {
		value := todo[0]
		todo = todo[1:]
		err := digests(value, func(digest string, member bool) error {
			if seen[digest] {
				return errors.New("a digest stands there twice")
			}
			seen[digest] = true
			if d := parts[digest]; d != nil {
				if d.member != member {
					return errors.New("a part is of another sort than its place")
				}
				reached++
				todo = append(todo, d.value)
			}
			return nil
		})
		if err != nil {
			return "the digests of what it discloses cannot be relied on"
		}
	}
	if reached != len(parts) {
		return "it discloses what its issuer has not signed"
	}
	return ""
}

// hashOf returns the hash that a payload names.
func hashOf(payload []byte) (func(string) []byte, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(payload))
	if d.PeekKind() != jsontext.KindBeginObject || !jsontext.Value(payload).IsValid() {
		return nil, errors.New("its payload is not a JSON object, or one that cannot be relied on")
	}
	name := "sha-256"
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	for d.PeekKind() == jsontext.KindString {
		member, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		isAlg := member.String() == "_sd_alg"
		value, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		if isAlg {
			name = textOf(value)
		}
	}
	hash := Hash(name)
	if hash == nil {
		return nil, errors.New("the hash of what it discloses is not known")
	}
	return hash, nil
}

// disclosure is one part of an SD-JWT: a member of an object, or an element of an array.
type disclosure struct {
	member bool
	value  jsontext.Value
}

func readDisclosure(encoded string) (*disclosure, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || strings.ContainsAny(encoded, "\r\n") || !jsontext.Value(data).IsValid() { // line ends the decoder passes over
		return nil, errors.New("it is not JSON in base64url")
	}
	elements, ok := elementsOf(data)
	if !ok || len(elements) != 2 && len(elements) != 3 || elements[0].Kind() != jsontext.KindString {
		return nil, errors.New("it is not an array of two or three, the first a text")
	}
	d := &disclosure{member: len(elements) == 3, value: elements[len(elements)-1]}
	if !d.member {
		return d, nil
	}
	if name := elements[1]; name.Kind() != jsontext.KindString || textOf(name) == "_sd" || textOf(name) == "..." {
		return nil, errors.New("its name is none")
	}
	return d, nil
}

// digests finds the digests in a value: in arrays "_sd", for members, and in "...", for
// elements.
func digests(value jsontext.Value, found func(digest string, member bool) error) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(value))
	for {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		kind, n := d.StackIndex(d.StackDepth())
		if kind != jsontext.KindBeginObject || n%2 == 0 || token.Kind() != jsontext.KindString {
			continue // no name of a member
		}
		switch token.String() {
		case "_sd":
			list, err := d.ReadValue()
			if err != nil {
				return err
			}
			texts, ok := elementsOf(list)
			if !ok {
				return errors.New("its digests are no list")
			}
			for _, text := range texts {
				if text.Kind() != jsontext.KindString {
					return errors.New("its digests are not texts")
				}
				if err := found(textOf(text), true); err != nil {
					return err
				}
			}
		case "...":
			element, err := d.ReadValue()
			if err != nil {
				return err
			}
			if element.Kind() != jsontext.KindString {
				return errors.New("its digest is not a text")
			}
			if err := found(textOf(element), false); err != nil {
				return err
			}
		}
	}
}

// elementsOf is the elements of a JSON array; false if it is none.
func elementsOf(array jsontext.Value) (elements []jsontext.Value, ok bool) {
	if array.Kind() != jsontext.KindBeginArray {
		return nil, false
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(array))
	if _, err := d.ReadToken(); err != nil {
		return nil, false
	}
	for d.PeekKind() != jsontext.KindEndArray {
		element, err := d.ReadValue()
		if err != nil {
			return nil, false
		}
		elements = append(elements, element.Clone())
	}
	return elements, true
}

// textOf is a JSON string as text, "" if it is none.
func textOf(value jsontext.Value) string {
	if value.Kind() != jsontext.KindString {
		return ""
	}
	text, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return ""
	}
	return string(text)
}
