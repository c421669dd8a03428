package credential

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// place says what stands at a member of an object.
type place int

const (
	anywhere place = iota // not known: nothing that looks like an issuer, a bound or a recipient may stand there
	taken                 // read by its name
	apart                 // about others than the issuer; not looked into
)

// level is what is known of the members of one sort of object. Those that are not
// listed are of extensions, which are welcome as long as they cannot be taken for
// what this package reads.
type level struct {
	places map[string]place
	within map[string]*level // objects, or arrays of them, with places of their own
}

// levelOf makes a level from the names of members that are read and of those that stand
// apart.
func levelOf(read, aside string, within map[string]*level) *level {
	l := &level{make(map[string]place), within}
	for name := range strings.FieldsSeq(read) {
		l.places[name] = taken
	}
	for name := range strings.FieldsSeq(aside) {
		l.places[name] = apart
	}
	return l
}

// authorityClaims name the authority behind a national document, in words.
const authorityClaims = "issuing_authority issuing_country issuing_jurisdiction"

// The sorts of objects. docs/spec.md, section 8.5, lists what stands apart.
var (
	issuerLevel = levelOf("id @id", "endorsement endorsementJwt image", map[string]*level{"identityProof": identityLevel})
	ofIssuer    = map[string]*level{"issuer": issuerLevel}
	vcLevel     = levelOf(bounds, "credentialSubject evidence proof credentialStatus credentialSchema refreshService "+
		"termsOfUse endorsement endorsementJwt image", map[string]*level{"issuer": issuerLevel, "openAttestationMetadata": metadataLevel})
	classLevel     = levelOf("", "endorsement alignment image", ofIssuer)
	keyLevel       = levelOf("creator", "", nil)
	assertionLevel = levelOf(bounds+"revoked", "recipient recipientProfile extensions:recipientProfile evidence proof endorsement image",
		map[string]*level{"issuer": issuerLevel, "badge": classLevel, "verification": keyLevel, "verify": keyLevel})
	otherLevel   = levelOf(bounds, "claim proof endorsement alignment image revokedAssertions", ofIssuer)
	profileLevel = levelOf("id @id", "endorsement endorsementJwt image proof", nil)
	recordLevel  = levelOf(bounds, "learner assertions achievements signedAssertions endorsements signedEndorsements proof image",
		map[string]*level{"publisher": issuerLevel, "verification": keyLevel, "verify": keyLevel})
	// Blockcerts 1, and what stands around it.
	certificateLevel = levelOf("", "recipient evidence proof image", map[string]*level{
		"certificate": classLevel, "assertion": levelOf(bounds, "evidence image", nil), "verify": levelOf("creator signer", "", nil),
	})
	chainedLevel   = levelOf("", "receipt proof", map[string]*level{"document": certificateLevel})
	headerLevel    = levelOf("iss sub", "x5c jwk disclosures kb_jwt", nil)
	signatureLevel = levelOf("protected signature", "", map[string]*level{"header": headerLevel})
	jwsLevel       = signatureLevel.with(levelOf("payload", "disclosures kb_jwt", map[string]*level{"signatures": signatureLevel}))
	claimsLevel    = levelOf(bounds+"iss sub nbf exp", "cnf status", map[string]*level{"vc": vcLevel})
	// Where the payload is no credential itself.
	plainClaims = claimsLevel.with(&level{within: ofIssuer})
	// In an SD-JWT VC, which has the claim vct, the registered claims may not be hidden.
	hidingLevel = levelOf(authorityClaims, "", map[string]*level{"_sd": new(level)})
	// The claim vc of a token, which is a credential whether it says so or not.
	vcClaim    = &level{}
	plainLevel = levelOf(bounds, "proof", ofIssuer)
)

// with returns a level that has the members of both; those of a come first.
func (a *level) with(b *level) *level {
	both := &level{make(map[string]place), make(map[string]*level)}
	for _, l := range []*level{b, a} {
		maps.Copy(both.places, l.places)
		maps.Copy(both.within, l.within)
	}
	return both
}

// look walks through a JSON value that is known to be well formed, in one pass. What
// stands in no known place and may be an issuer, a bound or a recipient is a problem;
// so is an identifier that belongs to another issuer.
func (d *reader) look(value jsontext.Value, l *level) { d.lookAt(lenient(value), l) }

func (d *reader) lookAt(dec *jsontext.Decoder, l *level) {
	token, err := dec.ReadToken()
	if err != nil {
		return // not reached: it is well formed
	}
	switch token.Kind() {
	case jsontext.KindString:
		text := token.String()
		if strings.EqualFold(text, "revoked") || strings.EqualFold(text, "suspended") || strings.EqualFold(text, "expired") {
			d.dateProblem("it holds the text %s, in a place where this reader does not know what it is of", excerpt(text))
		}
		d.seeText(text)
	case jsontext.KindBeginArray:
		for dec.PeekKind() != jsontext.KindEndArray {
			if dec.PeekKind() == jsontext.KindInvalid {
				return
			}
			d.lookAt(dec, l)
		}
		_, _ = dec.ReadToken()
	case jsontext.KindBeginObject:
		for dec.PeekKind() == jsontext.KindString {
			name, err := dec.ReadToken()
			if err != nil {
				return
			}
			d.lookAtMember(dec, name.String(), l)
		}
		_, _ = dec.ReadToken()
	}
}

func (d *reader) lookAtMember(dec *jsontext.Decoder, name string, l *level) {
	var p place
	var inner *level
	if l != nil {
		p, inner = l.places[name], l.within[name]
	}
	switch {
	case p == apart:
		_ = dec.SkipValue()
	case p == taken && dec.PeekKind() != jsontext.KindBeginObject && dec.PeekKind() != jsontext.KindBeginArray:
		_ = dec.SkipValue()
	case p == taken: // in a shape in which it is not read
		d.lookAt(dec, nil)
	case name == "@context":
		if value, err := dec.ReadValue(); err == nil {
			d.readContext(value)
		}
	case inner == issuerLevel && dec.PeekKind() == jsontext.KindString:
		_ = dec.SkipValue() // the identifier itself
	case inner != nil:
		d.lookAt(dec, inner)
	default:
		d.seeText(name)
		if senseOf(name) == senseBound && dec.PeekKind() != jsontext.KindBeginObject && dec.PeekKind() != jsontext.KindBeginArray {
			d.judgeBound(name, dec)
			return
		}
		d.judge(name, l != nil)
		d.lookAt(dec, nil)
	}
}

// judge decides what the name of a member means that stands in no known place. known
// says that the object around it is of a known sort.
func (d *reader) judge(name string, known bool) {
	switch senseOf(name) {
	case senseIssuer:
		d.issuerProblem("its member %s may name an issuer, in a place where this reader does not know of one", excerpt(name))
	case senseBound:
		d.dateProblem("its member %s may bound its validity, in a place where this reader does not know of one", excerpt(name))
	case senseRecipient:
		d.recipientProblem("its member %s may name a recipient, in a place where this reader does not know of one", excerpt(name))
	case senseStructure:
		d.problem("what its member %s holds may belong to any part of it", excerpt(name))
	case senseHidden:
		if d.hides = true; known && name == "_sd" {
			d.problem("it hides members of its own, by %s", excerpt(name))
		}
	}
}

// judgeBound judges a member that may be a bound and is neither an object nor an array. null
// and false bound nothing.
func (d *reader) judgeBound(name string, dec *jsontext.Decoder) {
	value, err := dec.ReadValue()
	if err != nil || value.Kind() == jsontext.KindNull || value.Kind() == jsontext.KindFalse {
		return
	}
	d.dateProblem("its member %s, %s, may bound its validity, in a place where this reader does not know of one", excerpt(name), shown(value))
	if value.Kind() == jsontext.KindString {
		d.seeText(text(value))
	}
}

// sense is what a member's name may stand for, whatever document it comes from.
type sense int

const (
	senseNone sense = iota
	senseIssuer
	senseBound
	senseRecipient
	senseStructure // JSON-LD: states something of another node
	senseHidden    // SD-JWT: members that are not shown
)

// senses are by the names' letters alone, in lower case.
var senses = func() map[string]sense {
	m := make(map[string]sense)
	for s, list := range map[sense]string{
		senseIssuer: "iss badge publisher creator author signer signatory awardingbody" +
			" onbehalfof emitter granter grantor attester authority provider provenance" +
			" identityproof openattestationmetadata vc vp verifiablecredential verifiablecredentials verifiablepresentation jwt vcjwt",
		senseBound: "validfrom validuntil validto validthrough validtill validity validityperiod issuancedate" +
			" issuedon issueddate dateissued issuedate dateofissue dateofissuance exp nbf notbefore notafter notonorafter enddate",
		senseRecipient: "sub credentialsubject recipient recipients",
	} {
		for name := range strings.FieldsSeq(list) {
			m[name] = s
		}
	}
	return m
}()

// senseOf looks at a name without its namespace, letter case and punctuation, since some
// readers ignore them.
func senseOf(name string) sense {
	switch name {
	case "_sd", "...":
		return senseHidden
	case "@id", "@type", "@value", "@language", "@direction", "@list", "@set", "@none", "@version", "@index":
		return senseNone
	}
	if strings.HasPrefix(name, "@") {
		return senseStructure
	}
	letters := lettersOf(name)
	if strings.Contains(letters, "issuer") || strings.HasPrefix(letters, "issuing") || strings.HasSuffix(letters, "by") {
		return senseIssuer
	}
	if strings.Contains(letters, "expir") || strings.HasPrefix(letters, "validity") || strings.HasPrefix(letters, "revoked") ||
		strings.HasSuffix(letters, "revoked") || isBoundName(letters) {
		return senseBound
	}
	return senses[letters]
}

func isBoundName(letters string) bool {
	rest, ok := strings.CutPrefix(letters, "valid")
	if !ok {
		rest, ok = strings.CutPrefix(letters, "good")
	}
	return ok && slices.ContainsFunc([]string{"until", "till", "to", "through", "thru", "from"}, func(word string) bool {
		return strings.HasPrefix(rest, word)
	})
}

// lettersOf returns the Latin letters of the last part of a name or IRI, in lower case.
func lettersOf(name string) string {
	name = strings.TrimRight(name, "#/:")
	name = name[strings.LastIndexAny(name, "#/:")+1:]
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case 'a' <= r && r <= 'z':
			return r
		}
		return -1
	}, name)
}

// seeText looks at a text or a member's name in a place that is not known.
func (d *reader) seeText(s string) {
	d.mention(s)
	if len(s) < 8 {
		return
	}
	rest := strings.TrimLeft(s, " \t\r\n\f\v\u00a0\ufeff")
	scheme := len(rest) > 5 && strings.EqualFold(rest[:5], "data:")
	switch {
	case strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, "["):
		if d.depth < maxDepth && jsontext.Value(rest).IsValid() {
			d.depth++
			d.look(jsontext.Value(rest), nil)
			d.depth--
		} else if shapeOf([]byte(rest)) != "" {
			d.problem("it holds JSON in a text, which cannot be read")
		}
	case (scheme && !strings.HasPrefix(strings.ToLower(rest), "data:image/")) || encodedObject(rest):
		if shapeOf([]byte(rest)) != "" {
			d.problem("it holds another document in a text, whose place in it is not known")
		}
	}
}

// mention notes a text that is the identifier of another issuer.
func (d *reader) mention(s string) {
	if d.others != nil && len(d.mentioned) < maxNames && d.others(s) {
		d.mentioned = append(d.mentioned, strings.Clone(s))
	}
}

// readContext looks at a JSON-LD context that stands in the document, which may give
// members other names. What a context behind a link says is not known; the standards
// bind readers to the names that they define.
func (d *reader) readContext(context jsontext.Value) {
	d.deeper("its @context holds others", func() {
		for c := range all(context) {
			if c.Kind() != jsontext.KindBeginObject {
				d.look(c, nil)
				continue
			}
			for name, value := range membersOf(c) {
				d.seeText(name)
				d.readTerm(name, value)
			}
		}
	})
}

// readTerm looks at what a context says of one name.
func (d *reader) readTerm(name string, value jsontext.Value) {
	aliased := false
	check := func(iri string) {
		switch {
		case name == "id" && iri == "@id", name == "type" && iri == "@type": // the usual meaning
		case strings.HasPrefix(iri, "@"), name == "id", name == "type":
			aliased = true
		case senseOf(name) != senseOf(iri):
			aliased = true
		case strings.ContainsAny(iri[max(0, len(iri)-1):], "#/:"):
		default:
			for _, whole := range issuerIRIs { // the beginning of one, to be completed
				aliased = aliased || len(iri) > len("https:") && iri != whole && strings.HasPrefix(whole, iri)
			}
		}
	}
	switch value.Kind() {
	case jsontext.KindString:
		d.seeText(text(value))
		if !strings.HasPrefix(name, "@") {
			check(text(value))
		}
	case jsontext.KindNull:
		aliased = name == "id" || name == "type" || senseOf(name) != senseNone
	case jsontext.KindBeginObject:
		for member, v := range membersOf(value) {
			switch member {
			case "@id", "@reverse":
				check(text(v))
				aliased = aliased || member == "@reverse"
			case "@context":
				d.readContext(v)
				continue
			}
			d.look(v, nil)
		}
	default:
		d.look(value, nil)
	}
	if aliased {
		d.problem("its @context gives %s a meaning of its own", excerpt(name))
	}
}

// issuerIRIs are the names of the issuer in the vocabularies of the standards.
var issuerIRIs = []string{
	"https://www.w3.org/2018/credentials#issuer",
	"https://w3id.org/credentials#issuer",
	"https://w3id.org/openbadges#issuer",
	"https://purl.imsglobal.org/spec/vc/ob/vocab.html#issuer",
	"http://data.europa.eu/snb/model/elm/issuer",
}
