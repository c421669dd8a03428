package online

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// didWebURL returns the address of the document of a did:web, by the did:web method
// specification of the W3C's credentials community group: colons are slashes, and in the
// host only the colon before a port is percent-encoded.
func didWebURL(did string) (string, error) {
	rest, ok := strings.CutPrefix(did, "did:web:")
	if !ok || len(did) > MaxURL {
		return "", errors.New("it is not a did:web")
	}
	if strings.ContainsAny(rest, "/?#\\@[]") {
		return "", errors.New("it is not a did:web")
	}
	host, path, hasPath := strings.Cut(rest, ":")
	host, port, err := didWebHost(host)
	if err != nil {
		return "", err
	}
	address := "https://" + host + port + "/.well-known/did.json"
	if hasPath {
		for segment := range strings.SplitSeq(path, ":") {
			plain, err := url.PathUnescape(segment)
			if err != nil || plain == "" || plain == "." || plain == ".." || strings.ContainsAny(plain, "/\\") {
				return "", errors.New("its path is not one")
			}
		}
		address = "https://" + host + port + "/" + strings.ReplaceAll(path, ":", "/") + "/did.json"
	}
	if u, err := url.Parse(address); err != nil || u.Host != host+port {
		return "", errors.New("it is not a did:web")
	}
	return address, nil
}

// didWebHost returns the host of a did:web and its port with the colon, which may be empty.
func didWebHost(encoded string) (host, port string, err error) {
	host = encoded
	for _, colon := range []string{"%3A", "%3a"} {
		if before, after, ok := strings.Cut(encoded, colon); ok {
			n, err := strconv.ParseUint(after, 10, 16)
			if err != nil || n == 0 {
				return "", "", errors.New("its port is not one")
			}
			host, port = before, ":"+after
			break
		}
	}
	for _, r := range host {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '.'
		if !letter {
			return "", "", errors.New("its host is not a name")
		}
	}
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return "", "", errors.New("its host is not a name")
	}
	return host, port, nil
}

// issuerHost returns the host of an issuer's identifier, without a port.
func issuerHost(id string) string {
	if rest, ok := strings.CutPrefix(id, "did:web:"); ok {
		encoded, _, _ := strings.Cut(rest, ":")
		host, _, err := didWebHost(encoded)
		if err != nil {
			return ""
		}
		return oneSpelling(host)
	}
	u, err := url.Parse(id)
	if err != nil || u.Scheme != "https" || u.User != nil {
		return ""
	}
	return oneSpelling(u.Hostname())
}

// oneSpelling brings a host to A-labels, lower case, without a dot at the end.
func oneSpelling(host string) string {
	if ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(host, ".")); err == nil {
		return ascii
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// servedBy reports whether an address is at the host that an issuer's identifier names, or
// below it.
func servedBy(address, issuer string) bool {
	host, own := issuerHost(address), issuerHost(issuer)
	return own != "" && (host == own || strings.HasSuffix(host, "."+own))
}

func fragment(method string) string {
	_, f, ok := strings.Cut(method, "#")
	if !ok {
		return ""
	}
	return "#" + f
}
