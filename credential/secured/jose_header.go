package secured

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential"
)

const (
	maxHeader = 1 << 20 // bytes of a decoded header, and of a JWK
	maxChain  = 10      // certificates in x5c
)

// header is the protected header of a JWS (RFC 7515, section 4), as far as it matters here.
type header struct {
	alg   string
	kid   string // may come from the unprotected header: it only chooses among the issuer's keys
	plain bool   // b64 is false (RFC 7797): the payload is signed as it is
	jades bool   // it has what ETSI TS 119 182-1 adds

	members proofObject
}

// understood are the extensions that "crit" may name: RFC 7797, and of JAdES the stated
// time of signing, which nothing here depends on.
var understood = []string{"b64", "sigT"}

// registered are the names of RFC 7515 and 7518, which "crit" must not hold.
var registered = []string{
	"alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit", "enc", "zip", "epk", "apu", "apv", "iv", "tag",
	"p2s", "p2c",
}

// readHeader reads the headers of a signature. The finding, if any, says why it is not
// checked.
func readHeader(protected string, unprotected jsontext.Value) (*header, *Finding) {
	unread := func(why string) (*header, *Finding) {
		f := unreadable("", why)
		return nil, &f
	}
	refuse := func(why string) (*header, *Finding) {
		f := unsupported("", why)
		return nil, &f
	}
	data, err := decodeBase64URL(protected)
	if err != nil || len(data) > maxHeader {
		return unread("its header is not base64url, or too long")
	}
	m, err := strictMembers(data)
	if err != nil {
		return unread("its header is not a JSON object, or one that cannot be relied on")
	}
	for _, name := range []string{"alg", "kid", "typ", "cty", "x5t#S256"} {
		if value := m[name]; value != nil && value.Kind() != jsontext.KindString {
			return unread(fmt.Sprintf("%q in its header is not a text", name))
		}
	}
	h := &header{alg: m.text("alg"), kid: m.text("kid"), members: m}
	for _, name := range []string{"sigT", "sigD", "sigPId", "sigPl", "srCms", "srAts", "adoTst", "x5t#S256", "x5t#o", "sigX5ts"} {
		h.jades = h.jades || m[name] != nil
	}
	switch alg := lower(h.alg); {
	case m["alg"] == nil:
		return unread("its protected header names no algorithm")
	case alg == "none":
		return refuse(`by its algorithm "none" it is not signed at all`)
	case strings.HasPrefix(alg, "hs"):
		return refuse(fmt.Sprintf("its algorithm %s needs a secret, with which everybody who can check could sign", short(h.alg)))
	case !isAlgorithm(h.alg):
		return refuse(fmt.Sprintf("its algorithm %s is not one that is checked", short(h.alg)))
	case m["zip"] != nil, m["enc"] != nil:
		return refuse("it is compressed or encrypted")
	case m["sigD"] != nil:
		return refuse("what it signs is not in the file (sigD)")
	case !isCredentialType(m.text("typ")):
		return refuse(fmt.Sprintf("it is a token of the type %s, which is not that of a credential", short(m.text("typ"))))
	case isOtherContent(m.text("cty")):
		return refuse(fmt.Sprintf("its payload is of the type %s, which is not a credential", short(m.text("cty"))))
	}
	if f := h.readCritical(); f != nil {
		return nil, f
	}
	if unprotected != nil {
		return h.withUnprotected(unprotected)
	}
	return h, nil
}

// readCritical reads "crit" and "b64".
func (h *header) readCritical() *Finding {
	var critical []string
	if crit := h.members["crit"]; crit != nil {
		list, ok := listOf(crit)
		if !ok || len(list) == 0 {
			f := unreadable("", `"crit" in its header is not a list of names`)
			return &f
		}
		for i, name := range list {
			if slices.Contains(list[:i], name) || slices.Contains(registered, name) || h.members[name] == nil {
				f := unreadable("", fmt.Sprintf(`"crit" in its header must not name %s`, short(name)))
				return &f
			}
			if !slices.Contains(understood, name) {
				f := unsupported("", fmt.Sprintf("its header demands that readers understand %s", short(name)))
				return &f
			}
		}
		critical = list
	}
	switch b64 := h.members["b64"]; {
	case b64 == nil:
	case b64.Kind() != jsontext.KindTrue && b64.Kind() != jsontext.KindFalse || !slices.Contains(critical, "b64"):
		f := unreadable("", `"b64" in its header is not true or false, or not in "crit"`)
		return &f
	default:
		h.plain = b64.Kind() == jsontext.KindFalse
	}
	return nil
}

// withUnprotected adds what the header that is not signed may say: by which key.
func (h *header) withUnprotected(unprotected jsontext.Value) (*header, *Finding) {
	m, err := strictMembers(unprotected)
	if err != nil {
		f := unreadable("", "its unprotected header is not an object")
		return nil, &f
	}
	for name := range m {
		switch {
		case h.members[name] != nil:
			f := unreadable("", fmt.Sprintf("%s is in both of its headers", short(name)))
			return nil, &f
		case name == "alg", name == "crit", name == "b64", name == "typ", name == "cty", name == "zip", name == "enc":
			f := unreadable("", fmt.Sprintf("%s is in a header that is not signed", short(name)))
			return nil, &f
		}
	}
	if h.kid == "" {
		h.kid = m.text("kid")
	}
	return h, nil
}

// isCredentialType reports whether "typ" is absent or one of those that credentials have:
// a key signs other tokens, too, such as those that let somebody in somewhere.
func isCredentialType(typ string) bool {
	typ = strings.TrimPrefix(lower(typ), "application/")
	switch typ {
	case "", "jwt", "jose", "jose+json", "sd-jwt", "dc+sd-jwt", "vc+jwt", "vc+sd-jwt", "vc-ld+jwt", "vc-ld+sd-jwt",
		"vc+ld+jwt", "vc+ld+json+jwt", "vc+ld+json+sd-jwt":
		return true
	}
	return false
}

// isOtherContent reports whether "cty" says that the payload is a token or a presentation.
func isOtherContent(cty string) bool {
	cty = strings.TrimPrefix(lower(cty), "application/")
	return strings.HasSuffix(cty, "jwt") || cty == "vp" || strings.HasPrefix(cty, "vp+") || strings.HasPrefix(cty, "vp-")
}

// lower returns s with ASCII letters in lower case.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// ownKey returns the key that the header brings, in "jwk" or "x5c", and what to call it;
// nil if it brings none. Links to keys (jku, x5u) are never followed.
func (h *header) ownKey() (key *Key, name string, err error) {
	if value := h.members["jwk"]; value != nil {
		public, alg, err := parseJWK(value)
		if err != nil {
			return nil, "", err
		}
		return &Key{Public: public, alg: alg}, "the key", nil
	}
	value := h.members["x5c"]
	if value == nil {
		return nil, "", nil
	}
	list, ok := listOf(value)
	if !ok || len(list) == 0 || len(list) > maxChain {
		return nil, "", errors.New("its certificates cannot be read")
	}
	data, err := base64.StdEncoding.Strict().DecodeString(list[0])
	if err != nil {
		return nil, "", errors.New("its certificate is not base64")
	}
	if want := h.members.text("x5t#S256"); want != "" {
		if sum := sha256.Sum256(data); base64.RawURLEncoding.EncodeToString(sum[:]) != want {
			return nil, "", errors.New("its certificate is another than the one that its header names")
		}
	}
	cert, err := x509.ParseCertificate(data)
	if err != nil {
		return nil, "", errors.New("its certificate cannot be read")
	}
	if err := usable(cert.PublicKey); err != nil {
		return nil, "", err
	}
	subject := cert.Subject.CommonName
	if subject == "" && len(cert.Subject.Organization) > 0 {
		subject = cert.Subject.Organization[0]
	}
	return &Key{Public: cert.PublicKey}, "the certificate of " + credential.Quoted(clip(subject)), nil
}

// bringsOtherThan reports whether the header brings a key, or something that is meant to be
// one, that is not the given one. Such a signature says to be made by another, unless "kid"
// says by whom.
func (h *header) bringsOtherThan(key *Key) bool {
	own, _, err := h.ownKey()
	return err != nil || own != nil && Thumbprint(own.Public) != Thumbprint(key.Public)
}

// clip cuts a text of a certificate for display.
func clip(s string) string {
	const longest = 100
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}
