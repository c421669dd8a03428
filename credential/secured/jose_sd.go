package secured

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDisclosures is how many parts an SD-JWT may disclose.
const maxDisclosures = 10_000

// sdHash returns the hash that "_sd_alg" of an SD-JWT names (RFC 9901, section 4.1.1), nil
// for one that is not known.
func sdHash(name string) func(string) []byte {
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

// loose says why what an SD-JWT discloses is not covered by its signature: each part must
// be one whose digest stands in the payload, or in a part whose digest does; empty if all
// is well.
func loose(signed *decoded, disclosures []string) string {
	hash := sdHash("sha-256")
	if alg := signed.claims["_sd_alg"]; alg != nil {
		hash = sdHash(textOf(alg)) // known since the token was read
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
	todo := []jsontext.Value{signed.json}
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

// disclosure is one part of an SD-JWT: a member of an object, or an element of an array.
type disclosure struct {
	member bool
	value  jsontext.Value
}

func readDisclosure(encoded string) (*disclosure, error) {
	data, err := decodeBase64URL(encoded)
	if err != nil || !jsontext.Value(data).IsValid() {
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
			texts, ok := listOf(list)
			if !ok {
				return errors.New("its digests are not texts")
			}
			for _, text := range texts {
				if err := found(text, true); err != nil {
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
