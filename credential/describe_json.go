package credential

import (
	"iter"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// readObject describes a JSON object, whatever it is.
func (d *Description) readObject(object []byte) {
	m, err := members(object,
		"@context", "type", "@type", "id", "@id", "name", "issuer", "badge", "recipient", "credentialSubject",
		"validFrom", "validUntil", "issuanceDate", "expirationDate", "issuedOn", "expires",
		"payload", "signature", "signatures", "verifiableCredential", "@graph")
	if err != nil {
		d.problem("its JSON cannot be relied on: %s", syntaxReason(err))
		return
	}
	types := append(texts(m["type"]), texts(m["@type"])...)
	contexts := texts(m["@context"])
	has := func(name string) bool { _, ok := m[name]; return ok }
	is := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(types, n) })
	}
	isVC := is("VerifiableCredential", "OpenBadgeCredential", "AchievementCredential", "ClrCredential", "EndorsementCredential") ||
		slices.Contains(contexts, contextVC1) || slices.Contains(contexts, contextVC2)
	switch {
	case is("EnvelopedVerifiableCredential"), strings.HasPrefix(text(m["id"]), "data:"):
		d.readEnveloped(text(m["id"]))
	case is("VerifiablePresentation", "EnvelopedVerifiablePresentation"), has("verifiableCredential"):
		d.Kind = KindPresentation
		d.problem("it is a presentation: each credential in it has an issuer of its own")
	case isVC:
		d.Kind = kindOfVC(is, contexts)
		d.readVC(m)
	case is("Assertion"), has("badge"):
		d.Kind = KindOB2
		if len(types) == 0 {
			d.Kind = KindOB1
		}
		d.readAssertion(m)
	case is("BadgeClass", "Endorsement", "RevocationList"):
		d.Kind = KindOB2Other
		if is("BadgeClass") {
			d.Kind = KindOB2Class
		}
		d.addName(text(m["name"]))
		d.readOB2Issuer(m["issuer"])
		d.readDates(m)
	case is("Issuer", "Profile"):
		d.Kind = KindOBIssuer
		d.readIssuerObject(object)
	case has("payload") && (has("signature") || has("signatures")):
		d.readPayload("JWS", text(m["payload"]))
	default:
		d.Kind = KindJSON
		if has("@graph") {
			d.problem(`what stands in its "@graph" is not read`)
		}
		d.addName(text(m["name"]))
		d.readVCIssuer(m["issuer"])
		d.readDates(m)
	}
}

const (
	contextVC1 = "https://www.w3.org/2018/credentials/v1"
	contextVC2 = "https://www.w3.org/ns/credentials/v2"
)

func kindOfVC(is func(...string) bool, contexts []string) Kind {
	switch {
	case is("OpenBadgeCredential", "AchievementCredential"):
		return KindOB3
	case is("ClrCredential"):
		return KindCLR
	case is("EndorsementCredential"):
		return KindEndorsement
	case slices.Contains(contexts, contextVC2):
		return KindVC2
	case slices.Contains(contexts, contextVC1):
		return KindVC1
	}
	return KindVC
}

// readVC describes a Verifiable Credential of either version.
func (d *Description) readVC(m map[string]jsontext.Value) {
	d.readVCIssuer(m["issuer"])
	d.readDates(m)
	for subject := range oneOrMany(m["credentialSubject"]) {
		s, err := members(subject, "id", "achievement", "identifier")
		if err != nil {
			continue // a subject may be a mere identifier
		}
		if d.Recipient == "" {
			d.Recipient = clip(text(s["id"]))
		}
		for identifier := range oneOrMany(s["identifier"]) {
			if i, err := members(identifier, "identityHash"); err == nil && d.Recipient == "" {
				d.Recipient = clip(text(i["identityHash"]))
			}
		}
		for achievement := range oneOrMany(s["achievement"]) {
			if a, err := members(achievement, "name"); err == nil {
				d.addName(text(a["name"]))
			}
		}
	}
	if len(d.Names) == 0 {
		d.addName(text(m["name"]))
	}
}

// readVCIssuer reads the member issuer: an identifier, or an object that has one.
func (d *Description) readVCIssuer(issuer jsontext.Value) {
	switch issuer.Kind() {
	case jsontext.KindInvalid, jsontext.KindNull:
	case jsontext.KindString:
		d.addIssuerID(text(issuer))
	case jsontext.KindBeginObject:
		d.readIssuerObject(issuer)
	default:
		d.issuerProblem(`its "issuer" is neither an identifier nor an object`)
	}
}

// readIssuerObject reads an issuer's profile.
func (d *Description) readIssuerObject(profile []byte) {
	m, err := members(profile, "id", "@id", "name")
	if err != nil {
		d.issuerProblem("its issuer cannot be read: %s", syntaxReason(err))
		return
	}
	stated := false
	for _, name := range []string{"id", "@id"} {
		switch id := m[name]; id.Kind() {
		case jsontext.KindInvalid, jsontext.KindNull:
		case jsontext.KindString:
			d.addIssuerID(text(id))
			stated = true
		default:
			d.issuerProblem("the %q of its issuer is not a text", name)
		}
	}
	if !stated {
		d.issuerProblem("its issuer has no identifier")
	}
	if d.IssuerName == "" {
		d.IssuerName = clip(text(m["name"]))
	}
}

// readAssertion describes an Open Badge of version 1 or 2, which names its issuer
// through the badge class.
func (d *Description) readAssertion(m map[string]jsontext.Value) {
	d.readDates(m)
	switch recipient := m["recipient"]; recipient.Kind() {
	case jsontext.KindString:
		d.Recipient = clip(text(recipient))
	case jsontext.KindBeginObject:
		if r, err := members(recipient, "identity"); err == nil {
			d.Recipient = clip(text(r["identity"]))
		}
	}
	if issuer, ok := m["issuer"]; ok {
		d.readOB2Issuer(issuer)
	}
	switch badge := m["badge"]; badge.Kind() {
	case jsontext.KindInvalid, jsontext.KindNull:
	case jsontext.KindString:
		d.setIssuerURL(text(badge))
	case jsontext.KindBeginObject:
		b, err := members(badge, "name", "issuer", "id", "@id")
		if err != nil {
			d.issuerProblem("its badge class cannot be read: %s", syntaxReason(err))
			return
		}
		d.addName(text(b["name"]))
		if issuer, ok := b["issuer"]; ok {
			d.readOB2Issuer(issuer)
		} else if id := text(b["id"]) + text(b["@id"]); isURL(id) {
			d.setIssuerURL(id) // the badge class is only referred to
		}
	default:
		d.issuerProblem(`its "badge" is neither a link nor an object`)
	}
}

// readOB2Issuer reads an issuer of Open Badges 2.0: a profile, or the link to one.
func (d *Description) readOB2Issuer(issuer jsontext.Value) {
	if id := text(issuer); issuer.Kind() == jsontext.KindString && isURL(id) {
		d.setIssuerURL(id)
		return
	}
	d.readVCIssuer(issuer)
}

func isURL(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// readDates reads the bounds that any of the standards has: all that are stated hold.
func (d *Description) readDates(m map[string]jsontext.Value) {
	for _, name := range []string{"validFrom", "issuanceDate", "issuedOn"} {
		d.from(parseDate(m[name]))
	}
	for _, name := range []string{"validUntil", "expirationDate", "expires"} {
		d.until(parseDate(m[name]))
	}
}

// parseDate reads a date and time with its zone as in RFC 3339, seconds optional (as
// some Open Badges have it), or Unix seconds (Open Badges 1.x, JWT).
func parseDate(value jsontext.Value) Date {
	switch value.Kind() {
	case jsontext.KindInvalid, jsontext.KindNull:
		return Date{}
	case jsontext.KindNumber:
		return unixDate(value)
	case jsontext.KindString:
	default:
		return Date{Present: true, Text: clip(string(value)), Err: "it is not a text"}
	}
	date := Date{Present: true, Text: clip(text(value))}
	if dateShape.MatchString(date.Text) { // time.Parse alone is less strict
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
			if t, err := time.Parse(layout, date.Text); err == nil {
				date.Time = t.UTC()
				return date
			}
		}
	}
	date.Err = "it is not a date and time with a time zone, such as 2026-01-31T12:00:00Z"
	return date
}

var dateShape = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$`)

// unixDate reads a JSON number of seconds since 1970, as in a JWT.
func unixDate(value jsontext.Value) Date {
	date := Date{Present: true, Text: clip(string(value))}
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || math.Abs(f) > 253402300799 { // the year 9999
		date.Err = "it is not a number of seconds since 1970"
		return date
	}
	whole, fraction := math.Modf(f)
	date.Time = time.Unix(int64(whole), int64(fraction*1e9)).UTC()
	return date
}

// text returns the text of a JSON string, or the first one of a language map of
// JSON-LD; "" for all else.
func text(value jsontext.Value) string {
	switch value.Kind() {
	case jsontext.KindString:
		if s, err := jsontext.AppendUnquote(nil, []byte(value)); err == nil {
			return string(s)
		}
	case jsontext.KindBeginObject:
		if m, err := members(value, "@value"); err == nil && m["@value"].Kind() == jsontext.KindString {
			return text(m["@value"])
		}
	case jsontext.KindBeginArray:
		for element := range oneOrMany(value) {
			if element.Kind() != jsontext.KindBeginArray {
				return text(element)
			}
		}
	}
	return ""
}

// texts returns the strings of a member that may be one string or an array.
func texts(value jsontext.Value) (all []string) {
	for element := range oneOrMany(value) {
		if element.Kind() == jsontext.KindString {
			all = append(all, text(element))
		}
	}
	return all
}

// oneOrMany yields the elements of an array, at most 1000, or the value itself if
// it is none.
func oneOrMany(value jsontext.Value) iter.Seq[jsontext.Value] {
	return func(yield func(jsontext.Value) bool) {
		switch value.Kind() {
		case jsontext.KindInvalid:
		case jsontext.KindBeginArray:
			n := 0
			for element, err := range elements(value) {
				if n++; err != nil || n > 1000 || !yield(element) {
					return
				}
			}
		default:
			yield(value)
		}
	}
}
