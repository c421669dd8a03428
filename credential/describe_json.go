package credential

import (
	"bytes"
	"cmp"
	"iter"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// readObject describes a JSON object, whatever it is. extra are further members that it
// may have where it stands; nil for none.
func (d *reader) readObject(object []byte, extra *level) {
	m, err := members(object,
		"@context", "type", "@type", "id", "@id", "name", "issuer", "badge", "recipient", "credentialSubject",
		"validFrom", "validUntil", "issuanceDate", "expirationDate", "issuedOn", "issued", "expires", "verification", "verify",
		"image", "evidence", "criteria", "alignment", "salt", "recipientProfile", "extensions:recipientProfile", "displayParameter", "title",
		"payload", "signature", "signatures", "protected", "header", "disclosures", "kb_jwt", "verifiableCredential")
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
	isVC := extra == vcClaim || is("VerifiableCredential", "OpenBadgeCredential", "AchievementCredential", "ClrCredential", "EndorsementCredential",
		"EuropeanDigitalCredential", "EuropassCredential", "BlockcertsCredential") ||
		slices.Contains(contexts, contextVC1) || slices.Contains(contexts, contextVC2)
	var (
		sorts int // that it seems to be of
		l     *level
	)
	sort := func(matches bool, of *level, read func()) {
		if !matches {
			return
		}
		if sorts++; sorts == 1 {
			l = of
			read()
		}
	}
	envelope := is("EnvelopedVerifiableCredential")
	sort(envelope, &level{places: map[string]place{"id": taken}}, func() { d.readEnveloped(text(m["id"])) })
	sort(is("VerifiablePresentation", "EnvelopedVerifiablePresentation") || has("verifiableCredential"), new(level), func() {
		d.Kind = KindPresentation
		d.problem("it is a presentation: each credential in it has an issuer of its own")
	})
	sort(isVC && !envelope, vcLevel, func() {
		d.Kind = kindOfVC(is, contexts)
		d.Name = clip(cmp.Or(text(m["name"]), text(m["title"])))
		d.readVC(m)
	})
	sort(is("Assertion") || has("badge"), assertionLevel, func() {
		d.Kind = KindOB2
		if len(types) == 0 {
			d.Kind = KindOB1
		}
		if ofBlockcerts(contexts) {
			d.Kind = KindBlockcerts2
		}
		d.readAssertion(m)
	})
	sort(is("BadgeClass", "Endorsement", "RevocationList"), otherLevel, func() {
		d.Kind = KindOB2Other
		if is("BadgeClass") {
			d.Kind = KindOB2Class
		}
		d.readAchievement(object)
		d.readOB2Issuer(m["issuer"])
		d.readDates(m)
	})
	sort(is("Issuer", "Profile"), profileLevel, func() {
		d.Kind = KindOBIssuer
		d.readIssuerObject(object)
	})
	sort(has("payload") && (has("signature") || has("signatures")), jwsLevel, func() { d.readJWSObject(m) })
	switch {
	case sorts == 0:
		d.Kind = KindJSON
		d.addName(text(m["name"]))
		d.readVCIssuer(m["issuer"])
		d.readDates(m)
		d.issuerProblem(notKnown)
		d.recipientProblem("this reader does not know where such a document states whom it is about")
		l = plainLevel
	case sorts > 1:
		d.problem("it is of several sorts at once, which readers take for one or the other")
	}
	if id := text(m["id"]) + text(m["@id"]); !envelope && len(id) >= 5 && strings.EqualFold(id[:5], "data:") {
		d.problem("it has another document for its identifier")
	}
	if extra != nil {
		l = l.with(extra)
	}
	d.look(object, l)
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
	case is("BlockcertsCredential") || ofBlockcerts(contexts):
		return KindBlockcerts3
	case is("EuropeanDigitalCredential", "EuropassCredential"):
		return KindEuropass
	case slices.Contains(contexts, contextVC2):
		return KindVC2
	case slices.Contains(contexts, contextVC1):
		return KindVC1
	}
	return KindVC
}

// ofBlockcerts reports whether one of the contexts is that of Blockcerts.
func ofBlockcerts(contexts []string) bool {
	return slices.ContainsFunc(contexts, func(c string) bool {
		return strings.HasPrefix(c, "https://w3id.org/blockcerts/") || strings.HasPrefix(c, "https://www.blockcerts.org/schema/")
	})
}

// readVC describes a Verifiable Credential of either version.
func (d *reader) readVC(m map[string]jsontext.Value) {
	d.readVCIssuer(m["issuer"])
	d.readDates(m)
	for subject := range all(m["credentialSubject"]) {
		d.readSubject(subject)
	}
	if display, err := members(m["displayParameter"], "title"); err == nil { // Europass
		d.Name = cmp.Or(d.Name, clip(text(display["title"])))
	}
	if len(d.Names) == 0 {
		d.addName(d.Name)
	}
	d.readImage(m["image"])
	d.readEvidence(m["evidence"])
}

// readVCIssuer reads the member issuer: an identifier, or an object that has one.
func (d *reader) readVCIssuer(issuer jsontext.Value) {
	switch issuer.Kind() {
	case jsontext.KindInvalid:
	case jsontext.KindString:
		d.addIssuerID(text(issuer))
	case jsontext.KindBeginObject:
		d.readIssuerObject(issuer)
	default:
		d.issuerProblem(`its "issuer" is neither an identifier nor an object`)
	}
}

// readIssuerObject reads an issuer's profile.
func (d *reader) readIssuerObject(profile []byte) {
	m, err := members(profile, "id", "@id", "name", "legalName", "prefLabel")
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
	d.IssuerName = cmp.Or(d.IssuerName, clip(cmp.Or(text(m["name"]), text(m["legalName"]), text(m["prefLabel"]))))
}

// readAssertion describes an Open Badge of version 1 or 2, which names its issuer
// through the badge class.
func (d *reader) readAssertion(m map[string]jsontext.Value) {
	d.readDates(m)
	switch recipient := m["recipient"]; recipient.Kind() {
	case jsontext.KindString: // before version 1.0
		value := text(recipient)
		d.addRecipient(Identity{Type: "email", Value: value, Hashed: hashedIdentity(value), Salt: text(m["salt"])})
	case jsontext.KindBeginObject:
		d.readIdentity(recipient)
	}
	for _, name := range []string{"recipientProfile", "extensions:recipientProfile"} { // Blockcerts, Badgr
		if p, err := members(m[name], "name"); err == nil {
			d.RecipientName = cmp.Or(d.RecipientName, clip(text(p["name"])))
		}
	}
	d.readEvidence(m["evidence"])
	if issuer, ok := m["issuer"]; ok {
		d.readOB2Issuer(issuer)
	}
	switch badge := m["badge"]; badge.Kind() {
	case jsontext.KindString:
		d.setIssuerURL(text(badge))
	case jsontext.KindBeginObject:
		b, err := members(badge, "name", "issuer", "id", "@id")
		if err != nil {
			d.issuerProblem("its badge class cannot be read: %s", syntaxReason(err))
			return
		}
		d.readAchievement(badge)
		if issuer, ok := b["issuer"]; ok {
			d.readOB2Issuer(issuer)
		} else if id := text(b["id"]) + text(b["@id"]); isURL(id) {
			d.setIssuerURL(id) // the badge class is only referred to
		} else {
			d.issuerProblem("its badge class states no issuer")
		}
	default:
		d.issuerProblem(`its "badge" is neither a link nor an object`)
	}
	d.readImage(m["image"])
	for _, name := range []string{"verification", "verify"} {
		if v, err := members(m[name], "creator"); err == nil && v["creator"] != nil {
			d.readKey(v["creator"])
		}
	}
}

// readKey reads the link to the key that is said to have signed an Open Badge. It must
// be of the issuer: on the same host, or a part of its identifier.
func (d *reader) readKey(key jsontext.Value) {
	link := text(key)
	for _, id := range d.IssuerIDs {
		if rest, ok := strings.CutPrefix(link, id); ok && (rest == "" || strings.ContainsAny(rest[:1], "#/?")) || hostOf(link) != "" && hostOf(link) == hostOf(id) {
			return
		}
	}
	if !d.IssuerByURL {
		d.issuerProblem("the key that is said to have signed it, %s, is not known to be its issuer's", excerpt(link))
	}
}

// hostOf returns scheme, host and port of a link, or nothing.
func hostOf(link string) string {
	u, err := url.Parse(link)
	if err != nil || !isURL(link) || u.User != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// readOB2Issuer reads an issuer of Open Badges 2.0: a profile, or the link to one.
func (d *reader) readOB2Issuer(issuer jsontext.Value) {
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
func (d *reader) readDates(m map[string]jsontext.Value) {
	for _, name := range []string{"validFrom", "issuanceDate", "issuedOn", "issued"} {
		d.from(parseDate(m[name]))
	}
	for _, name := range []string{"validUntil", "expirationDate", "expires"} {
		d.until(parseDate(m[name]))
	}
}

// parseDate reads a date as in RFC 3339 or XML Schema, seconds optional (as some Open
// Badges have it), or Unix seconds (Open Badges 1.x, JWT). Europass and others leave
// the time zone out, or the time: then it is a span, which covers every zone on earth
// and, of a day alone, the whole day.
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
	if !dateShape().MatchString(date.Text) { // time.Parse alone is less strict
		date.Err = noDate
		return date
	}
	for _, form := range []struct {
		layout string
		slack  time.Duration
	}{
		{time.RFC3339, 0},
		{"2006-01-02T15:04Z07:00", 0},
		{"2006-01-02T15:04:05", westmost + eastmost},
		{"2006-01-02T15:04", westmost + eastmost},
		{time.DateOnly, westmost + eastmost + 24*time.Hour},
	} {
		if t, err := time.Parse(form.layout, date.Text); err == nil {
			date.Time, date.Slack = t.UTC(), form.slack
			if form.slack > 0 {
				date.Time = date.Time.Add(-eastmost)
			}
			return date
		}
	}
	date.Err = noDate
	return date
}

const noDate = "it is not a date such as 2026-01-31T12:00:00Z"

// The time zones on earth reach from UTC-12 to UTC+14.
const (
	westmost = 12 * time.Hour
	eastmost = 14 * time.Hour
)

var dateShape = lazyRegexp(`^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$`)

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

// text returns the text of a JSON string, or one of those of JSON-LD in several
// languages (a value object, an array of them, or a language map: English if there is
// any, else the first); "" for all else.
func text(value jsontext.Value) string {
	switch value.Kind() {
	case jsontext.KindString:
		if s, err := jsontext.AppendUnquote(nil, []byte(value)); err == nil {
			return string(s)
		}
	case jsontext.KindBeginObject:
		m, err := members(value, "@value", "en", "id", "@id", "type", "@type")
		switch {
		case err != nil:
		case m["@value"].Kind() == jsontext.KindString:
			return text(m["@value"])
		case m["en"].Kind() == jsontext.KindString:
			return text(m["en"])
		case m["en"].Kind() == jsontext.KindBeginArray:
			return strings.Join(texts(m["en"]), " ")
		case len(m) == 0:
			return firstText(value)
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

// firstText returns the first member of a language map, whose names are those of
// languages.
func firstText(object jsontext.Value) string {
	d := jsontext.NewDecoder(bytes.NewBuffer(object))
	for range 2 {
		token, err := d.ReadToken()
		if err != nil || token.Kind() == jsontext.KindString && !language().MatchString(token.String()) {
			return ""
		}
	}
	value, err := d.ReadValue()
	if err != nil || value.Kind() != jsontext.KindString {
		return ""
	}
	return text(value)
}

var language = lazyRegexp(`^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

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
		n := 0
		for element := range all(value) {
			if n++; n > 1000 || !yield(element) {
				return
			}
		}
	}
}

// all yields the elements of an array, or the value itself if it is none. Each is
// valid until the next one is yielded.
func all(value jsontext.Value) iter.Seq[jsontext.Value] {
	return func(yield func(jsontext.Value) bool) {
		switch value.Kind() {
		case jsontext.KindInvalid:
		case jsontext.KindBeginArray:
			for element, err := range elements(value) {
				if err != nil || !yield(element) {
					return
				}
			}
		default:
			yield(value)
		}
	}
}
