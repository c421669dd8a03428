package identity

import (
	"net/url"
	"strings"
)

// Host returns the host of an issuer's identifier, did:web or https, in A-labels and lower
// case; false for any other identifier.
func Host(issuerID string) (string, bool) {
	if rest, ok := strings.CutPrefix(issuerID, "did:web:"); ok {
		host, _, _ := strings.Cut(rest, ":")
		return strings.ToLower(host), host != ""
	}
	u, err := url.Parse(issuerID)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return "", false
	}
	return strings.ToLower(u.Hostname()), true
}

// SpeaksFor reports whether the domain speaks for an issuer: its identifier's host is the
// domain or below it.
func (n Named) SpeaksFor(issuerID string) bool {
	host, ok := Host(issuerID)
	return ok && (host == n.Domain || strings.HasSuffix(host, "."+n.Domain))
}

// Display returns a domain as people write it.
func Display(domain string) string { return domain }
