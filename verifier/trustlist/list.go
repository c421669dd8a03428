package trustlist

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

// Bounds of a list, in either form.
const (
	MaxSize    = 32 << 20 // bytes
	MaxEntries = 200_000
	maxText    = 2048 // bytes of a name, an identifier or an origin
	maxIDs     = 64   // identifiers, and domains, of an entry
)

// List is what somebody's list says, reduced to who is on it.
type List struct {
	Name   string
	Origin string    // a URL, or the name of a file
	SHA256 string    // of what was read there: 64 hex digits
	Read   time.Time // when; UTC, whole seconds
	Dated  time.Time // what the list says of when it is of, not later than Read; zero: nothing
	Format Format    // that it was read in

	// Key is the thumbprint (RFC 7638) of the key that signed, where that key came with the
	// list itself. Whose it is this cannot say; that it is another one than last time it can.
	Key string

	Entries []Entry
}

// Format is a form of lists.
type Format string

// The forms that [Read] knows.
const (
	FormatDCC        Format = "dcc"        // an issuer registry of the Digital Credentials Consortium
	FormatFederation Format = "oidf"       // entity statements of OpenID Federation
	FormatRecognized Format = "recognized" // a W3C Recognized Entity Credential
	FormatProfiles   Format = "profiles"   // an array of profiles as Open Badges has them
	FormatHallmark   Format = "hallmark"   // the form in which this project keeps lists
)

// Entry is an issuer on a list. It has an identifier or a domain at least.
type Entry struct {
	Name    string   `json:"name"`
	IDs     []string `json:"ids,omitempty"`     // exactly as credentials write them
	Domains []string `json:"domains,omitempty"` // A-labels, lower case
}

// AsOf is the time of which a list speaks: what it says itself, else when it was read.
func (l *List) AsOf() time.Time {
	if l.Dated.IsZero() {
		return l.Read
	}
	return l.Dated
}

// Got records where a list is from, for what [Read] has returned: parts are what was read.
func (l *List) Got(origin string, at time.Time, parts ...[]byte) {
	h := sha256.New()
	for _, part := range parts {
		h.Write(part)
	}
	l.Origin, l.SHA256, l.Read = origin, hex.EncodeToString(h.Sum(nil)), at.UTC().Truncate(time.Second)
	if l.Dated.After(l.Read) {
		l.Dated = time.Time{} // nobody knows yet what will be
	}
}

// add puts an entry into the list: its identifiers, and the domain of its home page and of
// identifiers that are a host alone. Others share a host with strangers, as the accounts of a
// platform do, and so they stand for themselves only. It reports whether anything is left.
func (l *List) add(name, homePage string, ids ...string) bool {
	e := Entry{Name: strings.TrimSpace(name)}
	for _, id := range ids {
		if !isID(id) || len(e.IDs) == maxIDs {
			continue
		}
		e.IDs = addNew(e.IDs, id)
		if domain, ok := domainOf(id); ok {
			e.Domains = addNew(e.Domains, domain)
		}
	}
	if domain, ok := domainOf(homePage); ok && len(e.Domains) < maxIDs {
		e.Domains = addNew(e.Domains, domain)
	}
	if len(e.IDs)+len(e.Domains) == 0 {
		return false
	}
	if e.Name == "" || len(e.Name) > maxText {
		e.Name = append(slices.Clone(e.IDs), e.Domains...)[0]
	}
	l.Entries = append(l.Entries, e)
	return true
}

func addNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// isID reports whether a text can be the identifier of an issuer.
func isID(s string) bool {
	if len(s) > maxText || strings.ContainsFunc(s, func(r rune) bool { return r == ' ' || !credential.Seen(r) }) {
		return false
	}
	for _, scheme := range []string{"did:", "https://", "http://", "urn:"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok && rest != "" {
			return true
		}
	}
	return false
}

// domainOf returns the domain of an identifier or a home page that is a host alone. A leading
// www is left out.
func domainOf(s string) (string, bool) {
	rest, isDID := strings.CutPrefix(s, "did:web:")
	if !isDID {
		var ok bool
		if rest, ok = strings.CutPrefix(s, "https://"); !ok {
			if rest, ok = strings.CutPrefix(s, "http://"); !ok {
				return "", false
			}
		}
		rest = strings.TrimSuffix(rest, "/")
	}
	if strings.ContainsAny(rest, "/:?#@%\\ ") {
		return "", false
	}
	host, ok := identity.Host("https://" + rest)
	host = strings.TrimPrefix(host, "www.")
	return host, ok && isDomain(host)
}

// isDomain reports whether a text is a domain of at least two labels, in A-labels and lower
// case, and no IP address.
func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > 253 || len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
			label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// Changes is what a newer copy of a list says otherwise.
type Changes struct {
	Added, Removed []Entry
	Renamed        []Renamed
}

// Renamed is an entry whose name is another one than before.
type Renamed struct{ From, To string }

// Compare returns how list differs from what it was. Entries are the same if they have an
// identifier in common, or where they have none, a domain.
func (l *List) Compare(before *List) Changes {
	var c Changes
	old := before.byID()
	seen := make(map[*Entry]bool)
	for i := range l.Entries {
		e := &l.Entries[i]
		known := old[e.key()]
		for _, id := range e.IDs {
			known = cmp.Or(known, old[id])
		}
		switch {
		case known == nil:
			c.Added = append(c.Added, *e)
			continue
		case known.Name != e.Name:
			c.Renamed = append(c.Renamed, Renamed{known.Name, e.Name})
		}
		seen[known] = true
	}
	for i := range before.Entries {
		if e := &before.Entries[i]; !seen[e] {
			c.Removed = append(c.Removed, *e)
		}
	}
	return c
}

// key is what an entry is known by if nothing else is known of it.
func (e *Entry) key() string {
	if len(e.IDs) > 0 {
		return e.IDs[0]
	}
	return e.Domains[0]
}

func (l *List) byID() map[string]*Entry {
	m := make(map[string]*Entry, len(l.Entries))
	for i := range l.Entries {
		e := &l.Entries[i]
		if len(e.IDs) == 0 {
			m[e.key()] = e
		}
		for _, id := range e.IDs {
			m[id] = e
		}
	}
	return m
}
