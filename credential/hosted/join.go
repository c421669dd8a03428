package hosted

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Joined is what the parts of a bundle say together.
type Joined struct {
	// Assertion is the assertion as JSON, with the badge class and the profile in the place
	// of the links to them, as far as they are there. It is nil if the bundle only says that
	// the badge was revoked.
	Assertion []byte

	// Revoked says in words that the badge was revoked when it was frozen, and how that
	// shows; empty if nothing says so.
	Revoked string

	Missing []string // what could not be had, in words: "the badge class (HTTP 404)"
	Links   []Link   // what the badge leads to that is no part, in the order in which it is found
}

// Link is a link of a badge, as it stands there.
type Link struct {
	Role Role
	URL  string
}

// Join checks that each part is linked to from another and calls itself by the address that
// it came from, and that the badge is where its issuer says that his badges are. An error says
// what does not fit.
//
// The rules are those of Open Badges 2.0: a hosted badge is its issuer's word because it stands
// on his host, or where "verification" in his profile allows it; without, anybody could host an
// assertion that leads to another's badge class.
func (b *Bundle) Join() (*Joined, error) {
	j := &joiner{Bundle: b, used: make([]bool, len(b.Parts))}
	if err := j.join(); err != nil {
		return nil, err
	}
	for i, used := range j.used {
		if !used {
			return nil, fmt.Errorf("nothing in the badge links to its part %s", quote(b.Parts[i].URL))
		}
	}
	return &j.Joined, nil
}

type joiner struct {
	*Bundle
	Joined
	used []bool // by part
}

// words name the roles.
var words = map[Role]string{
	RoleAssertion: "the assertion", RoleBadge: "the badge class", RoleIssuer: "the issuer's profile", RoleKey: "the key",
	RoleRevocationList: "the revocation list", RoleImage: "the picture",
}

// Words returns the name of the role for people, with its article.
func (r Role) Words() string { return words[r] }

func (j *joiner) join() error {
	assertion, text, err := j.readAssertion()
	if err != nil || assertion == nil {
		return err
	}
	class, err := j.follow(assertion["badge"].value, RoleBadge, "issuer", "BadgeClass")
	if err != nil {
		return err
	}
	var profile linked
	if class.object != nil {
		if profile, err = j.follow(class.object["issuer"].value, RoleIssuer, "name", "Issuer", "Profile", "IssuerOrg"); err != nil {
			return err
		}
		class.text = splice(class.text, class.object["issuer"], profile.text)
	}
	if profile.object != nil {
		if err := j.checkIssuer(assertion, class, profile); err != nil {
			return err
		}
	}
	j.Assertion = splice(text, assertion["badge"], class.text)
	for _, o := range []object{assertion, class.object, profile.object} {
		if link, _ := j.link(o["image"].value, ""); link != "" {
			j.picture(link)
		}
	}
	return nil
}

// readAssertion reads the first part. The object is nil if it only says that the badge was
// revoked.
func (j *joiner) readAssertion() (object, []byte, error) {
	p := &j.Parts[0]
	j.used[0] = true
	text, gone := p.Body, p.Status == 410
	if gone {
		j.Revoked = fmt.Sprintf("its address answered HTTP 410 on %s", p.Fetched.Format(timeForm))
	}
	if p.URL == "" {
		if text = payload(text); text == nil {
			return nil, nil, errors.New("the assertion has no address and is not a signed token")
		}
	}
	o, err := read(text)
	if err != nil && gone {
		return nil, nil, j.named(p, "")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the assertion cannot be read: %w", err)
	}
	id, signed := nameOf(o)
	switch revoked := string(o["revoked"].value); {
	case revoked == "", revoked == "null", revoked == "false":
	case revoked != "true":
		return nil, nil, errors.New(`the "revoked" of the assertion is neither true nor false`)
	case j.Revoked == "":
		j.Revoked = "its address said so on " + p.Fetched.Format(timeForm)
	}
	if reason := o["revocationReason"].text(); j.Revoked != "" && reason != "" {
		j.Revoked += ": " + quote(reason)
	}
	switch {
	case p.URL == "" && !signed:
		return nil, nil, errors.New("the assertion has no address, and does not say that it is a signed one")
	case p.URL == "" && id != j.Badge:
		return nil, nil, fmt.Errorf("the assertion calls itself %s, not %s", quote(id), quote(j.Badge))
	case p.URL != "":
		if err := j.named(p, id); err != nil {
			return nil, nil, err
		}
		if signed {
			return nil, nil, errors.New("the assertion says that it is signed, and is not a token")
		}
	}
	if o["badge"].value == nil && j.Revoked != "" {
		return nil, nil, nil
	}
	if o["badge"].value == nil {
		return nil, nil, errors.New("the assertion names no badge class: it is not one of Open Badges 1.1 or 2.0")
	}
	return o, text, nil
}

// nameOf returns the address by which an assertion calls itself, or of a signed one its
// identifier, and whether it says that it is signed.
func nameOf(assertion object) (id string, signed bool) {
	how, _ := read(either(assertion["verification"].value, assertion["verify"].value))
	kinds := how["type"].texts()
	signed = slices.Contains(kinds, "signed") || slices.Contains(kinds, "SignedBadge")
	switch id = assertion["id"].text(); {
	case id == "" && signed:
		id = assertion["uid"].text() // Open Badges 1.x
	case id == "":
		id = how["url"].text()
	}
	return id, signed
}

// named checks that the assertion at an address calls itself by that address.
func (j *joiner) named(p *Part, id string) error {
	if id == "" && p.Status == 410 {
		id = p.URL
	}
	switch {
	case id != p.URL && id != p.FinalURL, id == "":
		return fmt.Errorf("the assertion calls itself %s, and came from %s", quote(id), quote(p.from()))
	case id != j.Badge:
		return fmt.Errorf("the assertion calls itself %s, not %s", quote(id), quote(j.Badge))
	}
	return nil
}

// from returns where the answer came from.
func (p *Part) from() string {
	if p.FinalURL != "" {
		return p.FinalURL
	}
	return p.URL
}

// missing notes a part that could not be had, and reports whether it is one.
func (j *joiner) missing(p *Part) bool {
	if p.Status == 200 {
		return false
	}
	j.Missing = append(j.Missing, fmt.Sprintf("%s (HTTP %d)", words[p.Role], p.Status))
	return true
}

// linked is what an object refers to.
type linked struct {
	object  object // nil for a link to what is not there
	text    []byte // of the object, or of the link as a JSON string
	fetched bool   // it is a part
}

// follow returns what stands behind a reference: a link, an object that is no more than one
// because it lacks the member that tells, or the object itself.
func (j *joiner) follow(ref jsontext.Value, role Role, tells string, types ...string) (linked, error) {
	link, itself := j.link(ref, tells)
	if itself != nil || link == "" {
		return linked{itself, ref, false}, nil // a part of this role stays unused
	}
	text, err := jsontext.AppendQuote(nil, link)
	part := j.part(role, link)
	if err != nil || part < 0 {
		return linked{nil, text, false}, err
	}
	p := &j.Parts[part]
	if j.missing(p) {
		return linked{nil, text, false}, nil
	}
	o, err := read(p.Body)
	if err != nil {
		return linked{}, fmt.Errorf("%s cannot be read: %w", words[role], err)
	}
	if id := o["id"].text(); id != p.URL && id != p.FinalURL || id == "" {
		return linked{}, fmt.Errorf("%s calls itself %s, and came from %s", words[role], quote(id), quote(p.from()))
	}
	if of := o["type"].texts(); len(of) > 0 && !slices.ContainsFunc(types, func(t string) bool { return slices.Contains(of, t) }) {
		return linked{}, fmt.Errorf("%s is of the type %s", words[role], quote(strings.Join(of, ", ")))
	}
	return linked{o, p.Body, true}, nil
}

// link returns the link that a reference is, or else the object that it is. An object that has
// an id and not the member that tells is a link.
func (j *joiner) link(ref jsontext.Value, tells string) (string, object) {
	m := member{value: ref}
	if ref.Kind() != jsontext.KindBeginObject {
		return m.text(), nil
	}
	o, err := read(ref)
	switch {
	case err != nil:
		return "", object{}
	case o[tells].value == nil && o["id"].text() != "":
		return o["id"].text(), nil
	}
	return "", o
}

// part returns the part of a role that a link leads to, which is then used; without one it
// notes the link and returns -1.
func (j *joiner) part(role Role, link string) int {
	i := slices.IndexFunc(j.Parts, func(p Part) bool { return p.Role == role && p.URL == link })
	if i >= 0 {
		j.used[i] = true
	} else {
		j.Links = append(j.Links, Link{role, link})
	}
	return i
}

// picture looks for the part of a picture.
func (j *joiner) picture(link string) {
	if strings.HasPrefix(link, "data:") {
		return
	}
	if i := j.part(RoleImage, link); i >= 0 {
		j.missing(&j.Parts[i])
	}
}

// checkIssuer checks that the badge is the issuer's.
func (j *joiner) checkIssuer(assertion object, class, profile linked) error {
	id := profile.object["id"].text()
	if j.Parts[0].URL == "" {
		return j.checkSigned(assertion, profile.object, id)
	}
	own, err := url.Parse(id)
	if err != nil || !isURL(id) {
		return fmt.Errorf("its issuer calls itself %s, which says nothing of where its badges are", quote(id))
	}
	var origins, beginnings []string
	if scope, err := read(profile.object["verification"].value); err == nil {
		origins, beginnings = scope["allowedOrigins"].texts(), scope["startsWith"].texts()
	}
	if len(origins)+len(beginnings) == 0 {
		origins = []string{own.Host}
	}
	for _, what := range []struct{ role, id string }{
		{"the assertion", j.Badge},
		{"the badge class", class.object["id"].text()},
	} {
		if what.role != "the assertion" && (!isURL(what.id) && !class.fetched || inside(what.id, []string{own.Host}, nil)) {
			continue
		}
		if !inside(what.id, origins, beginnings) {
			return fmt.Errorf("%s is at %s, which is not where its issuer %s says that its badges are", what.role, quote(what.id), quote(id))
		}
	}
	return nil
}

// inside reports whether an address is on one of the hosts, or below one of the beginnings.
func inside(id string, origins, beginnings []string) bool {
	u, err := url.Parse(id)
	if err != nil || !isURL(id) {
		return false
	}
	return slices.ContainsFunc(origins, func(origin string) bool {
		host := strings.TrimSuffix(strings.TrimPrefix(origin, "https://"), "/")
		return host != "" && strings.EqualFold(host, u.Host)
	}) || slices.ContainsFunc(beginnings, func(start string) bool {
		s, err := url.Parse(start)
		return err == nil && isURL(start) && strings.EqualFold(s.Host, u.Host) && strings.HasPrefix(id, start)
	})
}

// checkSigned checks what a signed badge leads to: its key, and the list of those that were
// revoked. The signature itself is not checked.
func (j *joiner) checkSigned(assertion, profile object, issuer string) error {
	how, _ := read(either(assertion["verification"].value, assertion["verify"].value))
	creator := either(how["creator"].value, how["url"].value)
	key, err := j.follow(creator, RoleKey, "publicKeyPem", "CryptographicKey", "Key")
	if err != nil {
		return err
	}
	if owner := key.object["owner"].text(); key.fetched && owner != issuer {
		return fmt.Errorf("the key says that it is of %s, not of %s", quote(owner), quote(issuer))
	}
	at := profile["revocationList"].value
	if at == nil || at.Kind() == jsontext.KindNull {
		return nil
	}
	link, _ := j.link(at, "revokedAssertions")
	if link == "" {
		return errors.New("where its issuer has a list of revoked badges cannot be told")
	}
	list := j.part(RoleRevocationList, link)
	if list < 0 || j.missing(&j.Parts[list]) {
		return nil
	}
	p := &j.Parts[list]
	revoked, err := ReadRevocations(p.Body)
	if err != nil {
		return fmt.Errorf("the revocation list cannot be read: %w", err)
	}
	if revoked.Issuer != "" && revoked.Issuer != issuer {
		return fmt.Errorf("the revocation list is one of %s, not of %s", quote(revoked.Issuer), quote(issuer))
	}
	for _, id := range []string{assertion["id"].text(), assertion["uid"].text()} {
		why, ok := revoked.Why[id]
		if id == "" || !ok || j.Revoked != "" {
			continue
		}
		j.Revoked = "the revocation list of its issuer named it on " + p.Fetched.Format(timeForm)
		if why != "" {
			j.Revoked += ": " + quote(why)
		}
	}
	return nil
}

// payload returns the payload of a token in compact form, nil if it is none.
func payload(token []byte) []byte {
	parts := strings.Split(string(token), ".")
	if len(parts) != 3 {
		return nil
	}
	for _, p := range parts[:2] {
		text, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil || len(text) == 0 || text[0] != '{' {
			return nil
		}
	}
	text, _ := base64.RawURLEncoding.DecodeString(parts[1])
	return text
}

// splice returns the text of an object with the value of one member replaced by an object.
func splice(text []byte, m member, by []byte) []byte {
	return slices.Concat(text[:m.from], bytes.Trim(by, " \t\r\n"), text[m.to:])
}

// either returns the first value that is there.
func either(a, b jsontext.Value) jsontext.Value {
	if a != nil {
		return a
	}
	return b
}

// quote quotes a piece of a document for a sentence.
func quote(s string) string {
	const most = 120
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
