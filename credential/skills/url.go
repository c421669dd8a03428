package skills

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/idna"
)

// maxURL bounds the bytes of a URL that is looked at.
const maxURL = 4096

// parseURL parses an http or https URL that stands for something on its host: one without a
// user's name.
func parseURL(s string) (*url.URL, bool) {
	s = strings.TrimSpace(s)
	scheme, _, ok := strings.Cut(s, ":")
	if !ok || len(s) > maxURL || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return nil, false
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return nil, false
	}
	return u, true
}

// normalURL returns a URL in normal form: https, a lower-case host without default port, no dot
// segments, no slash at the end, no tracking, GUIDs in lower case and without braces.
func normalURL(s string) (string, bool) {
	u, ok := parseURL(s)
	if !ok {
		return "", false
	}
	host, ok := hostOf(u)
	if !ok {
		return "", false
	}
	u.RawPath = escapes(u.EscapedPath())
	u.Path, _ = url.PathUnescape(u.RawPath) // it was escaped by this package
	u = u.ResolveReference(u)               // removes dot segments
	link := "https://" + host + guids(strings.TrimRight(escapes(u.EscapedPath()), "/"))
	if query := guids(escapes(untracked(u.RawQuery))); query != "" {
		link += "?" + query
	}
	fragment, _, _ := strings.Cut(u.EscapedFragment(), ":~:") // of a browser, for a text to be shown
	if fragment = guids(escapes(fragment)); fragment != "" {
		link += "#" + fragment
	}
	return link, len(link) <= maxURL
}

// hostOf returns host and port as they are compared. The ports of http and https go, whichever
// of the two it is, as the scheme does.
func hostOf(u *url.URL) (string, bool) {
	host := strings.ToLower(u.Hostname())
	if !isASCII(host) {
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", false
		}
		host = ascii
	}
	host = strings.TrimSuffix(host, ".")
	if host == "" || strings.HasSuffix(host, ".") || strings.Contains(host, "%") { // an IPv6 zone means something on one machine
		return "", false
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	return host, true
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

// escapes writes percent signs in one way: unreserved characters without, hexadecimal in capitals.
func escapes(s string) string {
	const hexadecimal = "0123456789ABCDEF"
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			high, low := digit(s[i+1]), digit(s[i+2])
			if high >= 0 && low >= 0 {
				c = byte(high<<4 | low)
				i += 2
				if !isUnreserved(c) {
					out.WriteByte('%')
					out.WriteByte(hexadecimal[c>>4])
					out.WriteByte(hexadecimal[c&15])
					continue
				}
			}
		}
		switch {
		case c <= ' ' || c >= 0x7f:
			out.WriteByte('%')
			out.WriteByte(hexadecimal[c>>4])
			out.WriteByte(hexadecimal[c&15])
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// digit is the value of a hexadecimal digit; negative for what is none.
func digit(c byte) int {
	if 'A' <= c && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}

func isUnreserved(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// tracking are the parameters that follow people; those that begin with utm_ are, too.
var tracking = []string{
	"fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid", "igshid", "li_fat_id",
	"mc_cid", "mc_eid", "mkt_tok", "_ga", "_gl", "_hsenc", "_hsmi", "__hstc", "__hssc", "__hsfp", "hsctatracking", "vero_id",
}

// untracked returns a query without what follows people.
func untracked(query string) string {
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		name = strings.ToLower(escapes(name))
		if part == "" || strings.HasPrefix(name, "utm_") {
			continue
		}
		if !slices.Contains(tracking, name) {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}

const guid = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

var (
	anyGUID    = lazyRegexp(`(?i)\b(?:ce-)?` + guid + `\b`)
	bracedGUID = lazyRegexp(`(?i)(?:%7B|\{)(` + guid + `)(?:%7D|\})`)
)

// guids writes the GUIDs and CTIDs in a text in lower case, and without the braces around one that stands
// alone between delimiters.
func guids(s string) string {
	var out strings.Builder
	done := 0
	for _, at := range bracedGUID().FindAllStringSubmatchIndex(s, -1) {
		if delimits(s[max(0, at[0]-1):at[0]]) && delimits(s[at[1]:min(len(s), at[1]+1)]) {
			out.WriteString(s[done:at[0]] + s[at[2]:at[3]])
			done = at[1]
		}
	}
	return anyGUID().ReplaceAllStringFunc(out.String()+s[done:], strings.ToLower)
}

func delimits(s string) bool { return s == "" || strings.Contains("/=&", s) }

func lazyRegexp(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
