package identity

import (
	"bytes"
	"crypto/sha1"
	"encoding/base32"
	"errors"
	"fmt"
)

// maxIterations bounds the extra rounds of a hashed name (CVE-2023-50868). RFC 9276 wants
// none; resolvers take as few or fewer.
const maxIterations = 50

// checkNoCloser checks that an answer from a wildcard is the zone's answer for the name:
// that no name in the zone is closer to it (RFC 4035, section 5.3.4; RFC 5155, section 8.8).
func (c *dnsChain) checkNoCloser(answer *recordSet) error {
	fault := errors.New("it holds no proof of that")
	for _, set := range c.order {
		if set.typ != typeNSEC && set.typ != typeNSEC3 {
			continue
		}
		if err := c.checkExact(set); err != nil {
			return err
		}
		switch {
		case set.zone != answer.zone:
			fault = fmt.Errorf("the %s record at %s is of another zone", typeName(set.typ), set.name)
		case len(set.data) > 1:
			fault = fmt.Errorf("there are several %s records at %s", typeName(set.typ), set.name)
		case set.typ == typeNSEC:
			fault = nsecDenies(set, answer)
		default:
			fault = nsec3Denies(set, answer)
		}
		if fault == nil {
			return nil
		}
	}
	return fmt.Errorf("the %s records at %s were made from a wildcard, which counts only where no name is closer: %w",
		typeName(answer.typ), answer.name, fault)
}

// nsecDenies returns nil if an NSEC record (RFC 4034, section 4) says that nothing stands
// between the wildcard of an answer and the answer's name.
func nsecDenies(nsec, answer *recordSet) error {
	next, types, err := readNames(nsec.data[0])
	if err != nil {
		return fmt.Errorf("the NSEC record at %s: %w", nsec.name, err)
	}
	name := answer.name
	after := nsec.name.compare(name) < 0
	before := name.compare(next) < 0 || next == nsec.zone // the last name points back to the first
	switch {
	case !next.within(nsec.zone) || next != nsec.zone && next.compare(nsec.name) <= 0:
		return fmt.Errorf("the NSEC record at %s leads to %s", nsec.name, next)
	case !after || !before:
		return fmt.Errorf("the NSEC record at %s says nothing of this name", nsec.name)
	case max(name.common(nsec.name), name.common(next)) > answer.from:
		return fmt.Errorf("the NSEC record at %s says that a name is closer", nsec.name)
	case name.within(nsec.name) && (types[typeDNAME] || types[2] && !types[6]): // NS, but no SOA
		return fmt.Errorf("the NSEC record at %s says that the name is in another zone", nsec.name)
	}
	return nil
}

// readNames reads the next name and the types of an NSEC record.
func readNames(data []byte) (dnsName, map[uint16]bool, error) {
	next, bitmap, err := readName(data)
	if err != nil {
		return "", nil, err
	}
	types := map[uint16]bool{}
	for len(bitmap) > 0 {
		if len(bitmap) < 2 || bitmap[1] < 1 || bitmap[1] > 32 || len(bitmap) < 2+int(bitmap[1]) {
			return "", nil, errors.New("its list of types is broken")
		}
		window, size := uint16(bitmap[0])<<8, int(bitmap[1])
		for i, b := range bitmap[2 : 2+size] {
			for bit := range 8 {
				if b>>(7-bit)&1 == 1 {
					types[window|uint16(8*i+bit)] = true
				}
			}
		}
		bitmap = bitmap[2+size:]
	}
	return next, types, nil
}

var base32Hex = base32.HexEncoding.WithPadding(base32.NoPadding)

// nsec3Denies returns nil if an NSEC3 record (RFC 5155, section 3) says that the name one
// label longer than the wildcard's parent, on the way to the answer's, does not exist.
func nsec3Denies(nsec3, answer *recordSet) error {
	fault := func(format string, args ...any) error {
		return fmt.Errorf("the NSEC3 record at %s %s", nsec3.name, fmt.Sprintf(format, args...))
	}
	data := nsec3.data[0]
	if len(data) < 5 || len(data) < 6+int(data[4]) {
		return fault("is cut short")
	}
	algorithm, flags, iterations := data[0], data[1], int(data[2])<<8|int(data[3])
	salt, rest := data[5:5+data[4]], data[5+data[4]:]
	if len(rest) < 1+int(rest[0]) {
		return fault("is cut short")
	}
	next := rest[1 : 1+rest[0]]
	label, parent := "", dnsRoot
	if nsec3.name != dnsRoot {
		label, parent = nsec3.name.cut()
	}
	owner, err := base32Hex.DecodeString(string(upperASCII(label)))
	switch {
	case parent != nsec3.zone || err != nil || len(owner) != sha1.Size || len(next) != sha1.Size:
		return fault("does not stand at the hash of a name")
	case algorithm != 1:
		return fault("hashes in an unknown way (%d)", algorithm)
	case flags == 1:
		return fault("does not say whether the name is in a zone of its own (opt-out)")
	case flags != 0:
		return fault("has unknown flags (%d)", flags)
	case iterations > maxIterations:
		return fault("asks for %d rounds of hashing, at most %d count", iterations, maxIterations)
	}
	digest := sha1.Sum(append([]byte(answer.name.last(answer.from+1)), salt...))
	for range iterations {
		digest = sha1.Sum(append(digest[:], salt...))
	}
	after, before := bytes.Compare(owner, digest[:]) < 0, bytes.Compare(digest[:], next) < 0
	if bytes.Compare(owner, next) < 0 && after && before || bytes.Compare(owner, next) >= 0 && (after || before) {
		return nil
	}
	return fault("says nothing of this name")
}

// upperASCII undoes [lowerASCII]; base32 is read in upper case.
func upperASCII(s string) []byte {
	up := []byte(s)
	for i, c := range up {
		if 'a' <= c && c <= 'z' {
			up[i] = c - 'a' + 'A'
		}
	}
	return up
}
