package identity

import (
	_ "embed" // data
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

const (
	maxName  = 253 // characters of a DNS name (RFC 1035, section 2.3.4, without the length bytes at both ends)
	maxLabel = 63
	maxID    = 2048 // bytes of an identifier of which the host is looked for

	nameMark    = "hallmark"  // the label between the key and the domain in a certificate
	chainPrefix = "eip155-"   // before the chain's number, in a label of its own
	txtMark     = "hallmark=" // what a TXT record begins with
)

// Host returns the host of an issuer's identifier, did:web or https, in A-labels and lower
// case, without a final dot; false for any other identifier, for IP addresses, and where
// readers of URLs differ on what the host is.
func Host(issuerID string) (string, bool) {
	if len(issuerID) > maxID {
		return "", false
	}
	if rest, ok := strings.CutPrefix(issuerID, "did:web:"); ok {
		if i := strings.IndexAny(rest, ":/?#"); i >= 0 {
			rest = rest[:i]
		}
		host, port, _ := cutFold(rest, "%3a") // the colon before a port is escaped (did:web, section 3.1)
		if strings.Trim(port, "0123456789") != "" {
			return "", false
		}
		return toHost(host)
	}
	u, err := url.Parse(issuerID)
	if err != nil || u.Scheme != "https" || strings.Contains(issuerID, `\`) {
		return "", false
	}
	_, authority, _ := strings.Cut(issuerID, "//")
	if i := strings.IndexAny(authority, "/?#"); i >= 0 {
		authority = authority[:i]
	}
	if strings.ContainsAny(authority, "@%[]") {
		return "", false
	}
	return toHost(u.Hostname())
}

// cutFold is strings.Cut for a separator in lower case that may be written in any.
func cutFold(s, sep string) (before, after string, found bool) {
	for i := 0; i+len(sep) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(sep)], sep) {
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}

// toHost brings a host to A-labels, lower case, without a final dot.
func toHost(host string) (string, bool) {
	if len(host) > 4*maxName {
		return "", false
	}
	ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(host, "."))
	if err != nil || !isName(ascii) || !isMapped(ascii) {
		return "", false
	}
	return ascii, true
}

// isName reports whether a text is the name of a host in A-labels and lower case without a
// final dot, and not an IP address (of which the last label begins with a digit).
func isName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				return false
			}
		}
		last = label
	}
	return last[0] > '9'
}

// isMapped reports whether a name is what it is mapped to: its A-labels are valid ones.
func isMapped(name string) bool {
	ascii, err := idna.Lookup.ToASCII(name)
	return err == nil && ascii == name
}

// checkDomain says why a domain can name nobody, or nothing.
func checkDomain(domain string) error {
	if !isName(domain) {
		return fmt.Errorf("%q is not a domain", domain)
	}
	if !isMapped(domain) {
		return fmt.Errorf("%q holds a label that is no internationalised name", domain)
	}
	if isPublicSuffix(domain) {
		return fmt.Errorf("%q is a public suffix: domains of many owners are below it", domain)
	}
	return nil
}

// SpeaksFor reports whether the domain speaks for an issuer: its identifier's host is the
// domain or below it, with no public suffix between them.
func (n Named) SpeaksFor(issuerID string) bool {
	host, ok := Host(issuerID)
	if !ok || host != n.Domain && !strings.HasSuffix(host, "."+n.Domain) {
		return false
	}
	for len(host) > len(n.Domain) {
		if isPublicSuffix(host) {
			return false
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return !isPublicSuffix(n.Domain)
}

// suffixes are the rules of the Public Suffix List for more labels than one, behind an empty
// line: a line each, sorted by bytes. They are searched as they are, and nothing is built.
//
//go:embed data/suffixes.txt
var suffixes string

// isPublicSuffix reports whether a domain, in A-labels and lower case, is a public suffix.
func isPublicSuffix(domain string) bool {
	_, parent, more := strings.Cut(domain, ".")
	return !more || isRule(domain) || isRule("*."+parent) && !isRule("!"+domain)
}

// isRule reports whether a text is one of the suffixes.
func isRule(rule string) bool {
	_, left, _ := strings.Cut(suffixes, "\n\n")
	for left != "" {
		half := len(left) / 2
		begin := strings.LastIndexByte(left[:half], '\n') + 1
		line, rest, _ := strings.Cut(left[begin:], "\n")
		switch {
		case line == rule:
			return true
		case rule < line:
			left = left[:begin]
		default:
			left = rest
		}
	}
	return false
}

// Display returns a domain as people read it: an internationalised one in both forms, what
// is compared first.
func Display(domain string) string {
	if unicode, err := idna.Lookup.ToUnicode(domain); err == nil && unicode != domain {
		return domain + " (" + unicode + ")"
	}
	return domain
}

// CertificateName returns the name by which a certificate names a key, given by its address,
// for a domain in any spelling. It speaks for the registry at the standard address on a
// chain, by EIP-155 number, or with 0 for the sole registry of who verifies.
func CertificateName(address [20]byte, chain uint64, domain string) (string, error) {
	host, ok := toHost(domain)
	if !ok {
		return "", fmt.Errorf("%q is not a domain", domain)
	}
	if err := checkDomain(host); err != nil {
		return "", err
	}
	name := hex.EncodeToString(address[:]) + "."
	if chain != 0 {
		name += chainPrefix + strconv.FormatUint(chain, 10) + "."
	}
	name += nameMark + "." + host
	if len(name) > maxName {
		return "", fmt.Errorf("the domain %q is too long: with the key, the name has %d characters, more than %d", host, len(name), maxName)
	}
	return name, nil
}

// errOtherName says that a name is not one that names a key.
var errOtherName = errors.New("not a name of a key")

// parseCertificateName is the inverse of [CertificateName]. A name that looks like one and
// does not count is an error that says why; any other is errOtherName.
func parseCertificateName(name string, address [20]byte) (domain string, chain uint64, err error) {
	if len(name) > maxName {
		return "", 0, errors.New("it holds a name that is too long")
	}
	first, rest, _ := strings.Cut(name, ".")
	mark, domain, _ := strings.Cut(rest, ".")
	if number, ok := strings.CutPrefix(mark, chainPrefix); ok {
		chain, err = strconv.ParseUint(number, 10, 64)
		if err != nil || chain == 0 || strconv.FormatUint(chain, 10) != number {
			return "", 0, fmt.Errorf("%q has no number of a chain after %q", name, chainPrefix)
		}
		mark, domain, _ = strings.Cut(domain, ".")
	}
	if !strings.EqualFold(mark, nameMark) {
		return "", 0, errOtherName
	}
	key, err := hex.DecodeString(first)
	switch {
	case first == "*":
		return "", 0, fmt.Errorf("%q is a wildcard, which names no key", name)
	case err != nil || len(key) != len(address):
		return "", 0, fmt.Errorf("%q does not begin with the 40 hexadecimal digits of an address", name)
	case [20]byte(key) != address:
		return "", 0, fmt.Errorf("%q names another key", name)
	case strings.ToLower(name) != name:
		return "", 0, fmt.Errorf("%q holds upper-case letters, which no authority writes", name)
	}
	return domain, chain, checkDomain(domain)
}

// TXTValue returns the text by which a TXT record at _hallmark.<domain> names a key, given
// by its address, for a chain as in [CertificateName].
func TXTValue(address [20]byte, chain uint64) string {
	value := txtMark
	if chain != 0 {
		value += "eip155:" + strconv.FormatUint(chain, 10) + ":"
	}
	return value + "0x" + hex.EncodeToString(address[:])
}
