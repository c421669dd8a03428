package credential

import (
	"crypto/md5" //nolint:gosec // Open Badges 1.x hashed identities with it, and such badges are still shown
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Identity is one of the ways in which a document says who received it.
type Identity struct {
	// Type is the property that identifies the recipient, as the document has it:
	// email, url, telephone, emailAddress, … and "id" for an identifier of its own (a
	// DID, a URL). Empty if it is not stated.
	Type string

	// Value is the identity itself; if Hashed it is the name of a hash, "$" and the
	// hash of identity and Salt in hexadecimal, as in Open Badges 2.0 and 3.0.
	Value  string
	Hashed bool
	Salt   string
}

// String returns the identity for people.
func (i Identity) String() string { return i.Value }

// IsFor compares the recipient that the document states with who: an e-mail address,
// a DID, a URL and so on.
//
// known is false where that tells nothing: no recipient is stated, only one of
// another sort (a DID where who is an address), or only hashed in a way that is not
// known. Hashes are those of Open Badges: sha256$ and md5$ over identity and salt.
// E-mail addresses are compared without regard to case; as the standard is silent,
// hashes of them are tried as given and in lower case.
func (d *Description) IsFor(who string) (same, known bool) {
	for _, i := range d.Recipients {
		equal, told := i.compare(who)
		same, known = same || equal, known || told
	}
	return same, known
}

// compare reports whether i is who, and whether the two can be compared at all.
func (i Identity) compare(who string) (same, known bool) {
	if i.Type != "" && i.isAddress() != isAddress(who) {
		return false, false
	}
	if !i.Hashed {
		return i.Value == who || isAddress(who) && strings.EqualFold(strings.TrimPrefix(i.Value, "mailto:"), strings.TrimPrefix(who, "mailto:")), true
	}
	name, want, _ := strings.Cut(i.Value, "$")
	sum := identityHashes[strings.ToLower(name)]
	if sum == nil {
		return false, false
	}
	for _, candidate := range []string{who, strings.ToLower(who)} {
		if subtle.ConstantTimeCompare([]byte(sum(candidate+i.Salt)), []byte(strings.ToLower(want))) == 1 {
			return true, true
		}
		if !isAddress(who) {
			break
		}
	}
	return false, true
}

// identityHashes are the hashes that Open Badges name, over text, in hexadecimal.
var identityHashes = map[string]func(string) string{
	"sha256": func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) },
	"md5":    func(s string) string { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]) },
}

// isAddress reports whether the identity is an e-mail address, or the hash of one.
func (i Identity) isAddress() bool {
	return strings.HasPrefix(strings.ToLower(i.Type), "email") || i.Type == "mbox" || !i.Hashed && isAddress(i.Value)
}

func isAddress(s string) bool {
	return strings.Contains(s, "@") && !strings.Contains(s, "://") && !strings.HasPrefix(s, "did:")
}

// addRecipient records one way in which the recipient is stated.
func (d *Description) addRecipient(i Identity) {
	i.Type, i.Value, i.Salt = clip(i.Type), clip(i.Value), clip(i.Salt)
	if i.Value != "" && len(d.Recipients) < maxNames && !slices.Contains(d.Recipients, i) {
		d.Recipients = append(d.Recipients, i)
	}
}

// readIdentity reads an IdentityObject of Open Badges 2.0 (identity, type) or 3.0
// (identityHash, identityType).
func (d *Description) readIdentity(object jsontext.Value) {
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
	return ok && err == nil && identityHashes[strings.ToLower(name)] != nil
}
