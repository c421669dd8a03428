package identity

import (
	"errors"
	"fmt"
	"time"
)

// Kinds of evidence.
const (
	KindX509   = "x509"   // a web certificate with its chain
	KindDNSSEC = "dnssec" // a chain of signed DNS records
)

// ErrUnknownKind says that evidence is of a kind that this package does not read.
var ErrUnknownKind = errors.New("this kind of evidence needs a newer verifier")

// Anchors are what is trusted without proof. The zero value trusts nothing. They must not
// change while they are used.
type Anchors struct {
	Roots    []Root    // certificate authorities of the web
	Logs     []Log     // logs of Certificate Transparency
	ZoneKeys []ZoneKey // keys of the DNS root zone
}

// Root is the certificate of an authority.
type Root struct {
	Certificate []byte    // DER
	NotAfter    time.Time // certificates that were logged later do not count; zero: no bound
}

// Log is a log of Certificate Transparency (RFC 6962).
type Log struct {
	Key         []byte // DER of the public key (SubjectPublicKeyInfo); its SHA-256 is the id of the log
	Operator    string // logs of one operator are one witness
	Description string

	NotBefore, NotAfter time.Time // timestamps outside do not count; zero: no bound
}

// ZoneKey is a key of the root zone, as a DS record names it (RFC 4034, section 5).
type ZoneKey struct {
	KeyTag     uint16
	Algorithm  uint8
	DigestType uint8
	Digest     []byte

	NotBefore, NotAfter time.Time // bounds on the time of which it speaks; zero: no bound
}

// Named says that whoever controlled a domain named a key.
type Named struct {
	Domain string // A-labels in lower case, no final dot; never a public suffix
	Chain  uint64 // EIP-155 number of the chain of the home that it speaks for; 0: none is named

	Since     time.Time // when it is known to have been said
	NotBefore time.Time // the span in which all parts of the evidence are valid
	NotAfter  time.Time

	By string // for people: a clause that says what the evidence is
}

// Check returns what evidence says of a key, given by its address, at a time: every name
// that counts, at least one. The error is a sentence that says why it does not hold, and
// [ErrUnknownKind] for other kinds.
func (a *Anchors) Check(kind string, evidence []byte, address [20]byte, at time.Time) ([]Named, error) {
	switch kind {
	case KindX509:
		return a.checkX509(evidence, address, at)
	case KindDNSSEC:
		return a.checkDNSSEC(evidence, address, at)
	}
	return nil, fmt.Errorf("%q: %w", kind, ErrUnknownKind)
}
