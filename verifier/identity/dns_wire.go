package identity

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Types of DNS records that stand in a chain, beside the type that is looked for.
const (
	typeCNAME  = 5
	typeTXT    = 16
	typeDNAME  = 39
	typeDS     = 43
	typeRRSIG  = 46
	typeNSEC   = 47
	typeDNSKEY = 48
	typeNSEC3  = 50
)

var typeNames = map[uint16]string{
	typeCNAME: "CNAME", typeTXT: "TXT", typeDNAME: "DNAME", typeDS: "DS",
	typeRRSIG: "RRSIG", typeNSEC: "NSEC", typeDNSKEY: "DNSKEY", typeNSEC3: "NSEC3",
}

func typeName(t uint16) string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	return fmt.Sprintf("TYPE%d", t)
}

// dnsName is a domain name in uncompressed wire form (RFC 1035, section 3.1) with its root
// label, letters in lower case: names that are equal are equal as strings.
type dnsName string

const dnsRoot = dnsName("\x00")

// readName reads a name and returns what follows it. A compressed name is an error.
func readName(b []byte) (dnsName, []byte, error) {
	for n := 0; n < len(b); n += 1 + int(b[n]) {
		switch {
		case n > 254:
			return "", nil, errors.New("a name has more than 255 bytes")
		case b[n] > 63:
			return "", nil, errors.New("a name is compressed, or has a label of more than 63 bytes")
		case b[n] == 0:
			return dnsName(lowerASCII(b[:n+1])), b[n+1:], nil
		}
	}
	return "", nil, errors.New("it ends inside a name")
}

// lowerASCII returns a copy in lower case; lengths of labels are below the letters.
func lowerASCII(b []byte) []byte {
	low := bytes.Clone(b)
	for i, c := range low {
		if 'A' <= c && c <= 'Z' {
			low[i] = c + 'a' - 'A'
		}
	}
	return low
}

// cut returns the first label of a name that is not the root, and the name above it.
func (n dnsName) cut() (label string, parent dnsName) {
	return string(n[1 : 1+n[0]]), n[1+n[0]:]
}

// labels counts the labels without the root's and without the asterisk of a wildcard, as
// a signature counts them (RFC 4034, section 3.1.3).
func (n dnsName) labels() int {
	count := 0
	if strings.HasPrefix(string(n), "\x01*") {
		count = -1
	}
	for ; n != dnsRoot; _, n = n.cut() {
		count++
	}
	return count
}

// split returns the labels from the root down.
func (n dnsName) split() []string {
	var all []string
	for n != dnsRoot {
		var label string
		label, n = n.cut()
		all = append(all, label)
	}
	slices.Reverse(all)
	return all
}

// last returns the name of the last labels.
func (n dnsName) last(labels int) dnsName {
	for surplus := len(n.split()) - labels; surplus > 0; surplus-- {
		_, n = n.cut()
	}
	return n
}

// within reports whether the name is another or below it.
func (n dnsName) within(zone dnsName) bool {
	for len(n) > len(zone) {
		_, n = n.cut()
	}
	return n == zone
}

// common counts the labels from the root down that two names share.
func (n dnsName) common(other dnsName) int {
	a, b := n.split(), other.split()
	count := 0
	for count < min(len(a), len(b)) && a[count] == b[count] {
		count++
	}
	return count
}

// compare orders names as RFC 4034, section 6.1, does.
func (n dnsName) compare(other dnsName) int { return slices.Compare(n.split(), other.split()) }

// String returns the name as people write it, without the final dot, the root as "the root".
func (n dnsName) String() string {
	if n == dnsRoot {
		return "the root"
	}
	var b strings.Builder
	for n != dnsRoot {
		var label string
		if label, n = n.cut(); b.Len() > 0 {
			b.WriteByte('.')
		}
		for _, c := range []byte(label) {
			if c <= ' ' || c >= 0x7f || strings.IndexByte(`.\"();@$`, c) >= 0 {
				fmt.Fprintf(&b, `\%03d`, c)
			} else {
				b.WriteByte(c)
			}
		}
	}
	return b.String()
}

// dnsRecord is a record of a chain. Its data are in canonical form (RFC 4034, section 6.2).
type dnsRecord struct {
	name dnsName
	typ  uint16
	ttl  uint32
	data []byte
}

// readRecord reads a record in the form of RFC 1035, section 3.2.1, and returns what
// follows it. Names are nowhere compressed.
func readRecord(b []byte) (dnsRecord, []byte, error) {
	name, b, err := readName(b)
	if err != nil {
		return dnsRecord{}, nil, err
	}
	if len(b) < 10 {
		return dnsRecord{}, nil, errors.New("it ends inside a record")
	}
	r := dnsRecord{name: name, typ: binary.BigEndian.Uint16(b), ttl: binary.BigEndian.Uint32(b[4:])}
	if class := binary.BigEndian.Uint16(b[2:]); class != 1 {
		return r, nil, fmt.Errorf("a record at %s is of class %d, not of the Internet", name, class)
	}
	size := int(binary.BigEndian.Uint16(b[8:]))
	if len(b) < 10+size {
		return r, nil, fmt.Errorf("it ends inside a record at %s", name)
	}
	r.data, b = b[10:10+size], b[10+size:]
	if r.typ == typeCNAME || r.typ == typeDNAME {
		target, rest, err := readName(r.data)
		if err == nil && len(rest) > 0 {
			err = errors.New("bytes follow its name")
		}
		if err != nil {
			return r, nil, fmt.Errorf("the %s record at %s: %w", typeName(r.typ), name, err)
		}
		r.data = []byte(target)
	}
	return r, b, nil
}

// signature is what an RRSIG record says (RFC 4034, section 3.1).
type signature struct {
	covers     uint16
	algorithm  uint8
	labels     int
	ttl        uint32
	expiration uint32 // both in the serial arithmetic of RFC 1982
	inception  uint32
	keyTag     uint16
	signer     dnsName

	head  []byte // all of the above in canonical form, where the signed bytes begin
	value []byte
}

func readSignature(data []byte) (signature, error) {
	const fixed = 18
	if len(data) < fixed {
		return signature{}, errors.New("it is cut short")
	}
	signer, value, err := readName(data[fixed:])
	if err != nil {
		return signature{}, err
	}
	return signature{
		covers:     binary.BigEndian.Uint16(data),
		algorithm:  data[2],
		labels:     int(data[3]),
		ttl:        binary.BigEndian.Uint32(data[4:]),
		expiration: binary.BigEndian.Uint32(data[8:]),
		inception:  binary.BigEndian.Uint32(data[12:]),
		keyTag:     binary.BigEndian.Uint16(data[16:]),
		signer:     signer,
		head:       append(bytes.Clone(data[:fixed]), signer...),
		value:      value,
	}, nil
}
