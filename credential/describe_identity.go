package credential

import (
	"crypto/md5" //nolint:gosec // Open Badges 1.x hashed identities with it, and such badges are still shown
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"

	"github.com/hallmark-node/hallmark/credential/internal/spelling"
)

// Identity is one of the ways in which a document says who received it.
type Identity struct {
	// Type is the property that identifies the recipient, as the document has it:
	// email, url, telephone, emailAddress, … and "id" for an identifier of its own (a
	// DID, a URL). Empty if it is not stated.
	Type string `json:"type,omitempty"`

	// Value is the identity itself; if Hashed it is the name of a hash, "$" and the
	// hash of identity and Salt in hexadecimal, as in Open Badges 2.0 and 3.0.
	Value  string `json:"identity"`
	Hashed bool   `json:"hashed,omitempty"`
	Salt   string `json:"-"`
}

// String returns the identity for people, shortened.
func (i Identity) String() string { return clip(i.Value) }

// maxRecipients bounds the identities of one document.
const maxRecipients = 10_000

// IsFor compares the recipient that the document states with who: an e-mail address,
// a DID, a URL and so on.
//
// known is false where that tells nothing: no recipient is stated, only one of
// another sort (a DID where who is an address), or a hash that no usual spelling of who
// has. Sorts are told by the type that the document states and by the scheme. Hashes
// are those of Open Badges: sha256$ and md5$ over identity and salt. They tell who it is, and
// never who it is not: they go letter by letter, and nobody knows what the issuer hashed.
// E-mail addresses are compared without regard to the case of ASCII letters, URLs
// without regard to http or https and a slash at the end, telephone numbers without what only makes
// them easier to read. All else is compared as it is.
//
// It is told from Recipients alone: see RecipientProblem.
func (d *Description) IsFor(who string) (same, known bool) {
	who = strings.TrimSpace(who)
	theirs, bare := sortOf(who)
	spellings := []string{who}
	switch theirs {
	case sortAddress:
		spellings = spelling.OfAddress(bare)
	case sortURL:
		spellings = spelling.OfURL(who)
	}
	for _, i := range d.Recipients {
		equal, told := i.compare(theirs, bare, spellings)
		same, known = same || equal, known || told
	}
	return same, known
}

// The sorts of identities that can be told from a text without its type.
const (
	sortAddress = "email"
	sortNumber  = "telephone"
	sortURL     = "url"
)

// compare reports whether i is who, of the sort theirs and in one of the spellings, and whether the
// two can be compared at all.
func (i Identity) compare(theirs, who string, spellings []string) (same, known bool) {
	ours, value := i.sort()
	// Only of a telephone number is it known that hyphens and the like mean nothing: 1-23 and
	// 12-3 may be two members of a club.
	if i.Type == "telephone" || i.Type == "phone" || ours == sortNumber {
		spellings = spelling.OfNumber(who)
	}
	if !i.Hashed {
		same = slices.Contains(spellings, value) || ours == sortAddress && theirs == sortAddress && lower(value) == lower(who)
		return same, same || ours != "" && ours == theirs && !alike(value, who)
	}
	name, want, _ := strings.Cut(i.Value, "$")
	sum := identityHashes[lower(name)]
	isNumber := ours == sortNumber && theirs == ""
	if sum == nil || len(want) != len(sum("")) || ours != "" && ours != theirs && !isNumber {
		return false, false
	}
	for _, candidate := range spellings {
		if subtle.ConstantTimeCompare([]byte(sum(candidate+i.Salt)), []byte(lower(want))) == 1 {
			return true, true
		}
	}
	return false, false
}

// alike reports whether two identities of one sort may stand for the same though they
// differ: one is a part of the other, or they are two spellings of a URL or an address.
func alike(a, b string) bool {
	if at, bt := strings.LastIndexByte(a, '@'), strings.LastIndexByte(b, '@'); at >= 0 && bt >= 0 {
		fold := func(s string) string { return strings.TrimSpace(norm.NFKC.String(s)) }
		// A domain may be written in letters or in A-labels.
		labels := strings.Contains(lower(a[at:]), "xn--") != strings.Contains(lower(b[bt:]), "xn--")
		if strings.EqualFold(fold(a[:at]), fold(b[:bt])) && (labels || strings.EqualFold(fold(a[at:]), fold(b[bt:]))) {
			return true
		}
	}
	if isURL(a) {
		a, b = lower(a), lower(b)
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	rest, ok := strings.CutPrefix(b, a)
	return ok && (rest == "" || strings.ContainsAny(rest[:1], "#/?;&"))
}

// identityHashes are the hashes that Open Badges name, over text, in hexadecimal.
var identityHashes = map[string]func(string) string{
	"sha256": func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) },
	"md5":    func(s string) string { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]) },
}

// sort returns what sort of identity it is, and the identity without the scheme of an
// address. The sort is empty where it cannot be told.
func (i Identity) sort() (sort, value string) {
	sort, value = sortOf(i.Value)
	switch {
	case i.Hashed:
		sort, value = "", i.Value
	case unknownHash().MatchString(i.Value):
		return "", i.Value
	}
	var of string
	switch i.Type {
	case "", "id", "@id", "IdentityObject":
		return sort, value
	case "email", "emailAddress", "mbox":
		of = sortAddress
	case "url":
		of = sortURL
	case "telephone", "phone":
		of = sortNumber
	default: // a number at a school, an account: the question does not tell of what sort it is
		return "", value
	}
	if !i.Hashed && sort != of {
		return "", value
	}
	return of, value
}

// sortOf tells the sort of an identity by its looks: address, URL, telephone number, or
// the scheme of an identifier. mailto: is taken off.
func sortOf(s string) (sort, value string) {
	scheme, rest, ok := strings.Cut(s, ":")
	switch scheme := lower(scheme); {
	case ok && scheme == "mailto":
		return sortAddress, rest
	case ok && (scheme == "http" || scheme == "https"):
		return sortURL, s
	case ok && scheme == "tel":
		return sortNumber, s
	case ok && schemeName().MatchString(scheme):
		return scheme, s
	case strings.Contains(s, "@"):
		return sortAddress, s
	}
	return "", s
}

var (
	schemeName  = lazyRegexp(`^[a-z][a-z0-9+.-]*$`)
	unknownHash = lazyRegexp(`^[A-Za-z0-9_-]+\$[0-9A-Fa-f]+$`)
)

// lower returns s with ASCII letters in lower case. Unicode has letters that become
// ASCII ones.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// addRecipient records one way in which the recipient is stated, as it is: what is
// clipped cannot be compared.
func (d *reader) addRecipient(i Identity) {
	switch {
	case i.Value == "" || d.subjects[i]:
		return
	case len(d.Recipients) == maxRecipients:
		d.recipientProblem("it names more than %d recipients", maxRecipients)
		return
	case d.subjects == nil:
		d.subjects = make(map[Identity]bool)
	}
	d.subjects[i] = true
	d.Recipients = append(d.Recipients, i)
}

// readIdentity reads an IdentityObject of Open Badges 2.0 (identity, type) or 3.0
// (identityHash, identityType).
func (d *reader) readIdentity(object jsontext.Value) {
	if object.Kind() == jsontext.KindString { // a mere identifier
		d.addRecipient(Identity{Value: text(object), Hashed: hashedIdentity(text(object))})
		return
	}
	m, err := members(object, "identity", "identityHash", "type", "identityType", "hashed", "salt")
	if err != nil {
		return
	}
	i := Identity{Type: text(m["identityType"]), Value: text(m["identityHash"]), Salt: text(m["salt"])}
	if i.Value == "" {
		i.Type, i.Value = text(m["type"]), text(m["identity"])
	}
	i.Hashed = m["hashed"].Kind() == jsontext.KindTrue || hashedIdentity(i.Value)
	d.addRecipient(i)
}

// hashedIdentity reports whether an identity is a hash, also where the document does
// not say so.
func hashedIdentity(s string) bool {
	name, sum, ok := strings.Cut(s, "$")
	_, err := hex.DecodeString(sum)
	return ok && err == nil && identityHashes[lower(name)] != nil
}
