package credential

import (
	"bytes"
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// readObject describes a JSON object, whatever it is. extra are further members that it
// may have where it stands; nil for none.
func (d *reader) readObject(object []byte, extra *level) {
	m, err := members(object,
		"@context", "type", "@type", "id", "@id", "name", "issuer", "badge", "recipient", "credentialSubject",
		"verification", "verify",
		"image", "evidence", "criteria", "alignment", "salt", "recipientProfile", "extensions:recipientProfile", "displayParameter", "title",
		"revoked", "revocationReason",
		"payload", "signature", "signatures", "protected", "header", "disclosures", "kb_jwt", "verifiableCredential",
		"issued_on", "learner", "publisher", "assertions", "achievements", "document", "receipt", "certificate", "assertion",
		"data", "privacy", "issuers", "ceterms:name", "expiresOn", "openAttestationMetadata", "credential")
	if err != nil {
		d.problem("its JSON cannot be relied on: %s", syntaxReason(err))
		return
	}
	maps.Copy(m, boundsOf(object))
	if extra == nil && d.depth == 0 && d.Carrier == "" && d.readOwn(object) {
		return
	}
	types := append(texts(m["type"]), texts(m["@type"])...)
	contexts := texts(m["@context"])
	has := func(name string) bool { _, ok := m[name]; return ok }
	is := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(types, n) })
	}
	isVC := extra == vcClaim || is("VerifiableCredential",
		"OpenBadgeCredential", "AchievementCredential", "ClrCredential", "EndorsementCredential",
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
	sort(envelope, levelOf("id", "", nil), func() { d.readEnveloped(text(m["id"])) })
	sort(is("VerifiablePresentation", "EnvelopedVerifiablePresentation") || has("verifiableCredential"), new(level), func() {
		d.Kind = KindPresentation
		d.problem("it is a presentation: each credential in it has an issuer of its own")
	})
	sort(isVC && !envelope, vcLevel, func() {
		d.Kind = kindOfVC(is, contexts)
		d.readVC(m)
	})
	sort(has("badge") || is("Assertion") && (!has("certificate") || !has("assertion")), assertionLevel, func() {
		d.Kind = KindOB2
		if len(types) == 0 || slices.Contains(contexts, "https://w3id.org/openbadges/v1") {
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
	sort(is("Clr", "CLR", "ClrType"), recordLevel, func() { d.readLearnerRecord(m) })
	sort(has("certificate") && has("assertion"), certificateLevel, func() { d.readCertificate(m) })
	sort(has("document") && has("receipt"), chainedLevel, func() { d.readChained(m["document"]) })
	sort(isSalted(m), saltedLevel, func() { d.readSalted(m) })
	sort(isAttestation(m), attestationLevel, func() { d.readAttestation(m) })
	if sorts == 0 && len(types)+len(contexts) == 0 {
		sort(isClassOfOB1(m), otherLevel, func() {
			d.Kind = KindOB1Class
			d.readAchievement(object)
			d.readOB2Issuer(m["issuer"])
		})
		wrapped := wrappedMember(m, 0)
		sort(wrapped != "", levelOf("", "proof "+wrapped, nil), func() { d.readWrapped(m[wrapped]) })
	}
	switch {
	case sorts == 0:
		d.Kind = KindJSON
		d.addName(text(m["name"]))
		if slices.ContainsFunc(contexts, func(c string) bool { return strings.HasPrefix(c, "https://credreg.net/ctdl") }) {
			d.Kind = KindCTDL
			d.addName(text(m["ceterms:name"]))
		}
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
	case is("OpenAttestationCredential") || slices.ContainsFunc(contexts, isAttestationContext):
		return KindAttestation
	case is("EuropeanDigitalCredential", "EuropassCredential"):
		return KindEuropass
	case slices.Contains(contexts, contextVC2):
		return KindVC2
	case slices.Contains(contexts, contextVC1):
		return KindVC1
	}
	return KindVC
}

func isAttestationContext(context string) bool {
	return strings.HasPrefix(context, "https://schemata.openattestation.com/")
}

// ofBlockcerts reports whether one of the contexts is that of Blockcerts.
func ofBlockcerts(contexts []string) bool {
	return slices.ContainsFunc(contexts, func(c string) bool {
		return strings.HasPrefix(c, "https://w3id.org/blockcerts/") || strings.HasPrefix(c, "https://www.blockcerts.org/schema/")
	})
}

// readVC describes a Verifiable Credential of either version.
func (d *reader) readVC(m map[string]jsontext.Value) {
	named := len(d.Names) // by what stands around it
	d.readVCIssuer(m["issuer"])
	d.readMetadata(m["openAttestationMetadata"])
	d.readDates(m)
	for subject := range all(m["credentialSubject"]) {
		d.readSubject(subject)
		d.readClaimedEnds(lenient(subject))
	}
	name := cmp.Or(text(m["name"]), text(m["title"]))
	if display, err := members(m["displayParameter"], "title"); err == nil { // Europass
		name = cmp.Or(name, text(display["title"]))
	}
	if titles := d.Names[named:]; d.Kind == KindOB3 && len(titles) > 0 && ofCredly(m) && !slices.Contains(titles, clip(name)) &&
		(d.RecipientName == "" || d.RecipientName == clip(name)) { // the learner's
		d.RecipientName, name = clip(name), ""
	}
	d.Name = cmp.Or(d.Name, clip(name))
	if len(d.Names) == named {
		d.addName(name)
	}
	d.readImage(m["image"])
	d.readEvidence(m["evidence"])
}

// ofCredly reports whether a credential says, by its own identifier or that of its issuer,
// that it comes from Credly, which gives the learner's name to it. Who says so wrongly only has
// a name shown in another place.
func ofCredly(m map[string]jsontext.Value) bool {
	issuer := text(m["issuer"])
	if profile, err := members(m["issuer"], "id"); err == nil {
		issuer = text(profile["id"])
	}
	return slices.ContainsFunc([]string{text(m["id"]), issuer}, func(id string) bool {
		_, host, _ := strings.Cut(hostOf(id), "://")
		if name, ok := strings.CutPrefix(id, "did:web:"); ok {
			host, _, _ = strings.Cut(name, ":")
		}
		host = lower(host)
		return host == "credly.com" || strings.HasSuffix(host, ".credly.com")
	})
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
	m, err := members(profile, "id", "@id", "name", "legalName", "prefLabel", "identityProof")
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
	for proof := range all(m["identityProof"]) { // OpenAttestation 4
		d.readIdentityProof(proof)
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
	d.readRevoked(m["revoked"], m["revocationReason"])
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
		if issuer, ok := b["issuer"]; ok && m["type"] == nil && m["@context"] == nil && d.readOrigin(issuer) {
			return // version 0.5 has neither of what follows
		} else if ok {
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
	d.readCreators(m)
}

// readCreators reads the keys that are said to have signed a document.
func (d *reader) readCreators(m map[string]jsontext.Value) {
	for _, name := range []string{"verification", "verify"} {
		if v, err := members(m[name], "creator"); err == nil && v["creator"] != nil {
			d.readKey(v["creator"])
		}
	}
}

// readRevoked reads what an assertion says of its own revocation.
func (d *reader) readRevoked(revoked, why jsontext.Value) {
	switch string(revoked) {
	case "", "null", "false":
	case "true":
		if d.Revoked == "" {
			d.Revoked = "it says so itself"
			if reason := text(why); reason != "" {
				d.Revoked += ": " + excerpt(reason)
			}
		}
	default:
		d.dateProblem(`its member "revoked" is %s, which is neither true nor false`, excerpt(string(revoked)))
	}
}

// readOrigin reads an issuer of Open Badges 0.5, which is known by the origin of its site,
// and reports whether it is one.
func (d *reader) readOrigin(issuer jsontext.Value) bool {
	m, err := members(issuer, "id", "@id", "origin", "name")
	if err != nil || !isURL(text(m["origin"])) {
		return false
	}
	if id := text(m["id"]) + text(m["@id"]); m["id"] != nil || m["@id"] != nil {
		if hostOf(id) != hostOf(text(m["origin"])) {
			d.addIssuerID(text(m["origin"])) // to readers of that version
		}
		return false
	}
	d.addIssuerID(text(m["origin"]))
	d.IssuerName = cmp.Or(d.IssuerName, clip(text(m["name"])))
	return true
}

// readKey reads the key that is said to have signed an Open Badge. It must be of the
// issuer: a link to the same host, a part of its identifier, or an object that names it as
// the owner.
func (d *reader) readKey(key jsontext.Value) {
	link := text(key)
	if object, err := members(key, "id", "owner"); err == nil {
		link = text(object["owner"])
	}
	for _, id := range d.IssuerIDs {
		rest, ok := strings.CutPrefix(link, id)
		below := ok && (rest == "" || strings.ContainsAny(rest[:1], "#/?"))
		if below || hostOf(link) != "" && hostOf(link) == hostOf(id) {
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

// isClassOfOB1 reports whether a document is a badge class of Open Badges 1.0, which has no
// type.
func isClassOfOB1(m map[string]jsontext.Value) bool {
	return m["name"].Kind() == jsontext.KindString && m["criteria"] != nil && m["image"] != nil && isURL(text(m["issuer"]))
}

// readLearnerRecord describes a Comprehensive Learner Record of version 1: its publisher
// issued it. The assertions in it are about the learner, and have issuers of their own.
func (d *reader) readLearnerRecord(m map[string]jsontext.Value) {
	d.Kind = KindCLR1
	d.readOB2Issuer(m["publisher"])
	d.readDates(m)
	d.readPerson(m["learner"])
	if l, err := members(m["learner"], "id", "email"); err == nil {
		d.addRecipient(Identity{Type: "id", Value: text(l["id"])})
		d.addRecipient(Identity{Type: "email", Value: text(l["email"])})
	}
	for assertion := range all(m["assertions"]) {
		if a, err := members(assertion, "achievement"); err == nil {
			d.readRecorded(a["achievement"])
		}
	}
	d.Name = cmp.Or(d.Name, clip(text(m["name"])))
	d.readCreators(m)
}

// readRecorded describes an achievement in a learner record. Skills are shown only of those of
// the publisher itself: it has not issued the others.
func (d *reader) readRecorded(achievement jsontext.Value) {
	a, err := members(achievement, "name", "issuer")
	if err != nil {
		return
	}
	id := text(a["issuer"])
	if issuer, err := members(a["issuer"], "id"); err == nil {
		id = text(issuer["id"])
	}
	if slices.Contains(d.IssuerIDs, id) {
		d.readAchievement(achievement)
	} else {
		d.addName(text(a["name"]))
	}
}

// readCertificate describes a certificate of Blockcerts 1.
func (d *reader) readCertificate(m map[string]jsontext.Value) {
	d.Kind = KindBlockcerts1
	d.readAchievement(m["certificate"])
	if c, err := members(m["certificate"], "issuer"); err == nil && c["issuer"] != nil {
		d.readOB2Issuer(c["issuer"])
	}
	if a, err := members(m["assertion"], strings.Fields(bounds)...); err == nil {
		d.readDates(a)
	}
	if m["recipient"] != nil {
		d.readIdentity(m["recipient"])
		d.readPerson(m["recipient"])
	}
	if v, err := members(m["verify"], "creator", "signer"); err == nil {
		for _, key := range v {
			d.readKey(key)
		}
	}
}

// readChained describes a certificate of Blockcerts 1 that stands beside the receipt of its
// chain.
func (d *reader) readChained(document jsontext.Value) {
	d.Kind = KindBlockcerts1
	m, err := members(document, "certificate", "assertion", "recipient", "verify")
	if err != nil {
		d.problem("its document cannot be relied on: %s", syntaxReason(err))
		return
	}
	d.readCertificate(m)
}

// wrappers are the members under which interfaces and wallets keep a credential.
var wrappers = []string{"credential", "data"}

// wrappedMember returns the member of a document of no sort of its own that holds the one
// credential in it; empty if there is none, or more than one may be meant.
func wrappedMember(m map[string]jsontext.Value, depth int) (found string) {
	for _, name := range wrappers {
		if m[name] == nil {
			continue
		}
		if found != "" {
			return ""
		}
		found = name
	}
	switch value := m[found]; value.Kind() {
	case jsontext.KindString:
		if isJWT([]byte(text(value))) {
			return found
		}
	case jsontext.KindBeginObject:
		inner, err := members(value, "@context", "type", "@type", "badge")
		types := append(texts(inner["type"]), texts(inner["@type"])...)
		contexts := texts(inner["@context"])
		if err == nil && (slices.Contains(types, "VerifiableCredential") || slices.Contains(types, "Assertion") || inner["badge"] != nil ||
			slices.Contains(contexts, contextVC1) || slices.Contains(contexts, contextVC2)) {
			return found
		}
		if within, err := members(value, wrappers...); err == nil && depth < maxDepth && wrappedMember(within, depth+1) != "" {
			return found // an answer of an interface that holds the wrapper of a wallet
		}
	}
	return ""
}

// readWrapped describes a credential in a JSON object of no sort of its own.
func (d *reader) readWrapped(value jsontext.Value) {
	if d.Wrapped = bytes.Clone(value); value.Kind() == jsontext.KindString {
		d.Wrapped = []byte(text(value))
	}
	d.deeper("it holds documents in documents", func() {
		if value.Kind() == jsontext.KindString {
			d.readJWT(text(value))
		} else {
			d.readObject(value, nil)
		}
	})
	if d.Carrier != "JSON" { // of several wrappers one is told
		d.within("JSON")
	}
}
