// Package sdjwt puts what an SD-JWT (RFC 9901) discloses into the place where its issuer
// left a digest of it. It checks no signature.
package sdjwt

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Max is how many parts an SD-JWT may disclose.
const Max = 10_000

// maxDepth bounds all values within values, those of disclosures in disclosures included.
const maxDepth = 10_000

// The reasons why what is disclosed cannot be relied on, about the token.
var (
	errMany    = fmt.Errorf("it discloses more than %d parts", Max)
	errPayload = errors.New("its payload is not a JSON object, or one that cannot be relied on")
	errBroken  = errors.New("what it discloses cannot be read")
	errTwice   = errors.New("it discloses a part twice")
	errLoose   = errors.New("it discloses what its issuer has not signed")
	errHash    = errors.New("the hash of what it discloses is not known")
	errDigests = errors.New("the digests of what it discloses cannot be relied on")
	errSort    = errors.New("the digests of what it discloses cannot be relied on: a part is of another sort than its place")
	errDeep    = errors.New("it discloses values within values too deep to be read")
)

// Place returns payload, the text of a JSON object, with each disclosure in the place of its
// digest, and the names of the members of payload itself that are disclosed. Digests of what
// is not disclosed stay as they are, in "_sd" and "...", so that the caller sees that
// something is hidden there.
//
// An error says why the disclosures cannot be relied on: one has no digest in the
// payload or in another that has, or is there twice, or is of another sort than its place;
// or a digest stands twice. Where a disclosed member has the name of another, the
// result has both: whoever reads it must refuse members that occur twice.
func Place(payload []byte, disclosures []string) (placed []byte, names []string, err error) {
	if len(disclosures) > Max {
		return nil, nil, errMany
	}
	hash, err := hashOf(payload)
	if err != nil {
		return nil, nil, err
	}
	p := placer{parts: make(map[string]*part, len(disclosures)), seen: make(map[string]bool)}
	size := len(payload)
	for _, encoded := range disclosures {
		d, err := read(encoded)
		if err != nil {
			return nil, nil, err
		}
		digest := base64.RawURLEncoding.EncodeToString(hash(encoded))
		if p.parts[digest] != nil {
			return nil, nil, errTwice
		}
		p.parts[digest] = d
		size += len(encoded)
	}
	p.out = make([]byte, 0, size)
	if err := p.copy(payload, false); err != nil {
		return nil, nil, err
	}
	if p.used != len(p.parts) {
		return nil, nil, errLoose
	}
	return p.out, p.names, nil
}

// Unbound says why what an SD-JWT discloses is not covered by its payload, as [Place] does; it is
// empty if all is well.
func Unbound(payload []byte, disclosures []string) string {
	if _, _, err := Place(payload, disclosures); err != nil {
		return err.Error()
	}
	return ""
}

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

// hashOf returns the hash that a payload names.
func hashOf(payload []byte) (func(string) []byte, error) {
	name := "sha-256"
	d := jsontext.NewDecoder(bytes.NewBuffer(payload))
	if !jsontext.Value(payload).IsValid() || d.PeekKind() != jsontext.KindBeginObject {
		return nil, errPayload
	}
	_, _ = d.ReadToken() // the brace; all of it is known to be valid
	for d.PeekKind() == jsontext.KindString {
		member, err := d.ReadToken()
		if err != nil {
			return nil, errBroken
		}
		if member.String() != "_sd_alg" {
			if err := d.SkipValue(); err != nil {
				return nil, errBroken
			}
			continue
		}
		value, err := d.ReadToken()
		if err != nil || value.Kind() != jsontext.KindString {
			return nil, errHash
		}
		name = value.String()
	}
	if hash := Hash(name); hash != nil {
		return hash, nil
	}
	return nil, errHash
}

// part is one disclosure: a member of an object, or an element of an array.
type part struct {
	member bool
	name   string // of a member
	value  jsontext.Value
}

func read(encoded string) (*part, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || strings.ContainsAny(encoded, "\r\n") || // which the decoder passes over
		!jsontext.Value(data).IsValid() || jsontext.Value(data).Kind() != jsontext.KindBeginArray {
		return nil, errBroken
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(data))
	_, _ = d.ReadToken() // the bracket; all of it is known to be valid
	var elements []jsontext.Value
	for d.PeekKind() != jsontext.KindEndArray {
		element, err := d.ReadValue()
		if err != nil || len(elements) == 3 {
			return nil, errBroken
		}
		elements = append(elements, bytes.Clone(element))
	}
	if len(elements) < 2 || elements[0].Kind() != jsontext.KindString {
		return nil, errBroken
	}
	p := &part{member: len(elements) == 3, value: elements[len(elements)-1]}
	if !p.member {
		return p, nil
	}
	name, err := jsontext.AppendUnquote(nil, []byte(elements[1]))
	p.name = string(name)
	if err != nil || elements[1].Kind() != jsontext.KindString || p.name == "_sd" || p.name == "..." {
		return nil, errBroken
	}
	return p, nil
}

// placer writes a payload anew.
type placer struct {
	parts map[string]*part // by their digests
	seen  map[string]bool  // digests
	used  int
	depth int // of values within values
	out   []byte
	names []string
}

// copy writes one JSON value that stands alone. inArray says that it is put into an array.
func (p *placer) copy(value jsontext.Value, inArray bool) error {
	return p.value(jsontext.NewDecoder(bytes.NewBuffer(value)), inArray)
}

func (p *placer) value(d *jsontext.Decoder, inArray bool) error {
	if p.depth++; p.depth > maxDepth {
		return errDeep
	}
	defer func() { p.depth-- }()
	switch d.PeekKind() {
	case jsontext.KindBeginObject:
		return p.object(d, inArray)
	case jsontext.KindBeginArray:
		return p.array(d)
	}
	value, err := d.ReadValue()
	if err != nil {
		return errBroken
	}
	p.out = append(p.out, value...)
	return nil
}

func (p *placer) array(d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return errBroken
	}
	p.out = append(p.out, '[')
	for first := true; d.PeekKind() != jsontext.KindEndArray; first = false {
		if !first {
			p.out = append(p.out, ',')
		}
		if err := p.value(d, true); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return errBroken
	}
	p.out = append(p.out, ']')
	return nil
}

// object writes an object, or what is disclosed in its place.
func (p *placer) object(d *jsontext.Decoder, inArray bool) error {
	if _, err := d.ReadToken(); err != nil {
		return errBroken
	}
	start := len(p.out)
	p.out = append(p.out, '{')
	members := 0
	var element *part
	for d.PeekKind() == jsontext.KindString {
		token, err := d.ReadToken()
		if err != nil {
			return errBroken
		}
		name := token.String()
		members++
		switch {
		case name == "_sd":
			err = p.hidden(d)
		case name == "..." && inArray:
			element, err = p.element(d)
		case name == "...":
			err = errSort
		default:
			p.name(name)
			err = p.value(d, false)
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return errBroken
	}
	if element == nil {
		p.out = append(p.out, '}')
		return nil
	}
	if members != 1 {
		return errDigests
	}
	p.out = p.out[:start]
	return p.copy(element.value, true)
}

// name begins a member.
func (p *placer) name(name string) {
	if p.out[len(p.out)-1] != '{' {
		p.out = append(p.out, ',')
	}
	p.out, _ = jsontext.AppendQuote(p.out, name) // it was read from valid JSON
	p.out = append(p.out, ':')
}

// hidden writes the members whose digests stand in "_sd".
func (p *placer) hidden(d *jsontext.Decoder) error {
	if d.PeekKind() != jsontext.KindBeginArray {
		return errDigests
	}
	if _, err := d.ReadToken(); err != nil {
		return errDigests
	}
	var rest []string
	for d.PeekKind() != jsontext.KindEndArray {
		digest, found, err := p.digest(d)
		switch {
		case err != nil:
			return err
		case found == nil:
			rest = append(rest, digest)
			continue
		case !found.member:
			return errSort
		}
		if p.depth == 1 {
			p.names = append(p.names, found.name)
		}
		p.name(found.name)
		if err := p.copy(found.value, false); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return errDigests
	}
	for i, digest := range rest {
		if i == 0 {
			p.name("_sd")
			p.out = append(p.out, '[')
		} else {
			p.out = append(p.out, ',')
		}
		p.out, _ = jsontext.AppendQuote(p.out, digest)
	}
	if rest != nil {
		p.out = append(p.out, ']')
	}
	return nil
}

// element reads the digest in "..." and returns what is disclosed for it; where nothing is it
// writes the digest.
func (p *placer) element(d *jsontext.Decoder) (*part, error) {
	digest, found, err := p.digest(d)
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		p.name("...")
		p.out, _ = jsontext.AppendQuote(p.out, digest)
	case found.member:
		return nil, errSort
	}
	return found, nil
}

// digest reads a digest and returns what is disclosed for it.
func (p *placer) digest(d *jsontext.Decoder) (string, *part, error) {
	if d.PeekKind() != jsontext.KindString {
		return "", nil, errDigests
	}
	token, err := d.ReadToken()
	if err != nil {
		return "", nil, errDigests
	}
	digest := token.String()
	if p.seen[digest] {
		return "", nil, errDigests
	}
	p.seen[digest] = true
	found := p.parts[digest]
	if found != nil {
		p.used++
	}
	return digest, found, nil
}
