package credential

import (
	"cmp"
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential/internal/sdjwt"
)

// readJWT describes a text for which [isJWT] holds.
func (d *reader) readJWT(text string) {
	token, disclosed, selective := strings.Cut(text, "~")
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		d.Kind = KindEncrypted
		d.problem("it is encrypted")
		return
	}
	kind := "JWT"
	var attached []string
	if selective {
		kind = "SD-JWT"
		attached = strings.Split(strings.TrimSuffix(disclosed, "~"), "~")
		if disclosed == "" {
			attached = nil
		}
	}
	d.deeper("it holds documents in documents", func() {
		d.readPayload(kind, parts[1], d.readBinding(attached))
		d.readHeader("header", decodeObject(parts[0]), false)
	})
}

// deeper reads a document within the document.
func (d *reader) deeper(what string, read func()) {
	if d.depth == maxDepth {
		d.problem("%s, deeper than %d", what, maxDepth)
		return
	}
	d.depth++
	read()
	d.depth--
}

// decodeObject returns what a part of a token holds; nil if it is not base64url.
func decodeObject(encoded string) []byte {
	decoded, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil
	}
	return decoded
}

// readHeader reads a header of a token, which may repeat claims (RFC 7519, 5.3). plain says
// that the payload is known not to be encoded.
func (d *reader) readHeader(what string, header []byte, plain bool) {
	m, err := members(header, "iss", "sub", "b64", "disclosures", "kb_jwt")
	if err != nil {
		d.problem("its %s cannot be relied on: %s", what, syntaxReason(err))
		return
	}
	if m["b64"] != nil && !plain {
		d.problem("its payload is not encoded, by its %s", what)
	}
	d.readClaims(map[string]jsontext.Value{"iss": m["iss"], "sub": m["sub"]})
	if what != unprotected && (m["disclosures"] != nil || m["kb_jwt"] != nil) {
		d.problem("it discloses parts in its %s, where they have no place", what)
	}
	d.look(header, headerLevel)
}

// unprotected is what the header of a JWS in JSON is called that is not signed.
const unprotected = "unprotected header"

// attachedTo returns what an SD-JWT in JSON has beside it: in an unprotected header
// (RFC 9901), or beside the payload, where drafts of that standard had it.
func (d *reader) attachedTo(m map[string]jsontext.Value) (list []string) {
	collect := func(m map[string]jsontext.Value) {
		for _, name := range []string{"disclosures", "kb_jwt"} {
			for element := range all(m[name]) {
				if element.Kind() != jsontext.KindString {
					d.problem("what is disclosed of it cannot be read")
				}
				list = append(list, text(element))
			}
		}
	}
	headers := []jsontext.Value{m["header"]}
	for signature := range all(m["signatures"]) {
		if s, err := members(signature, "header"); err == nil {
			headers = append(headers, s["header"])
		}
	}
	collect(m)
	for _, header := range headers {
		if h, err := members(header, "disclosures", "kb_jwt"); err == nil {
			collect(h)
		}
	}
	return list
}

// readBinding reads the token that binds an SD-JWT to its holder's key, if there is one
// among what is attached to it, and returns the rest, which is what it discloses.
func (d *reader) readBinding(attached []string) []string {
	return slices.DeleteFunc(attached, func(token string) bool {
		if !isJWT([]byte(token)) {
			return false
		}
		for _, part := range strings.Split(token, ".")[:2] {
			if object := jsontext.Value(decodeObject(part)); object.IsValid() {
				d.look(object, nil)
			} else {
				d.problem("what is attached to it cannot be read")
			}
		}
		return true
	})
}

// notHidden are the claims that an SD-JWT must have in the open, since they say what it is,
// whose and how long it holds (RFC 9901, section 9.7, and SD-JWT VC): its holder may leave
// out what is disclosed. SD-JWT VC lets sub be hidden; here a CID stands for one recipient.
const notHidden = "iss sub nbf exp cnf status credentialStatus vct vc vp issuer type @type @context"

// disclose returns a payload with what is disclosed of it in its place; as it is where the
// disclosures cannot be relied on.
func (d *reader) disclose(payload []byte, disclosures []string) []byte {
	if len(disclosures) == 0 {
		return payload
	}
	placed, names, err := sdjwt.Place(payload, disclosures)
	if err != nil {
		d.problem("%v", err)
		return payload
	}
	for _, name := range names {
		if slices.Contains(strings.Fields(notHidden), name) {
			d.problem("it discloses its claim %s, which must not be hidden", excerpt(name))
		}
	}
	return placed
}

// readJWSObject reads a JWS in JSON: its payload, and the headers of all signatures.
func (d *reader) readJWSObject(m map[string]jsontext.Value) {
	d.Kind = KindToken
	if m["payload"].Kind() != jsontext.KindString {
		d.problem("its payload is not a text")
		return
	}
	payload, plain := text(m["payload"]), isPlainJWS(m)
	d.deeper("it holds documents in documents", func() {
		disclosures := d.readBinding(d.attachedTo(m))
		if plain {
			d.Kind, d.Carrier = KindToken, "JWS"
			d.readClaimsSet([]byte(payload), disclosures)
		} else {
			d.readPayload("JWS", payload, disclosures)
		}
	})
	d.readJWSHeaders(m, plain)
	for signature := range all(m["signatures"]) {
		s, err := members(signature, "protected", "header")
		if err != nil {
			d.problem("one of its signatures is not an object")
			continue
		}
		d.readJWSHeaders(s, plain)
	}
}

// isPlainJWS reports whether the payload of a JWS in JSON is the text itself (RFC 7797, and
// so JAdES): all its protected headers say so. What begins with a brace is not base64url, so
// that no reader takes it for something else.
func isPlainJWS(m map[string]jsontext.Value) bool {
	if !strings.HasPrefix(text(m["payload"]), "{") {
		return false
	}
	signatures := []map[string]jsontext.Value{m}
	if m["signatures"] != nil {
		signatures = nil
		for signature := range all(m["signatures"]) {
			s, err := members(signature, "protected")
			if err != nil {
				return false
			}
			signatures = append(signatures, s)
		}
	}
	for _, s := range signatures {
		header, err := members(decodeObject(text(s["protected"])), "b64")
		if err != nil || header["b64"].Kind() != jsontext.KindFalse {
			return false
		}
	}
	return len(signatures) > 0
}

func (d *reader) readJWSHeaders(m map[string]jsontext.Value, plain bool) {
	if protected := m["protected"]; protected.Kind() == jsontext.KindString {
		d.readHeader("protected header", decodeObject(text(protected)), plain)
	} else if protected != nil {
		d.problem("its protected header is not a text")
	}
	if header := m["header"]; header != nil {
		d.readHeader(unprotected, header, false)
	}
}

// readEnveloped describes the token that an EnvelopedVerifiableCredential holds in a
// data URL.
func (d *reader) readEnveloped(url string) {
	d.Kind = KindEnvelopedVC
	token := EnvelopedToken(url)
	if token == "" {
		d.problem("the credential that it envelops cannot be read")
		return
	}
	d.readJWT(token)
}

// readPayload describes the base64url payload of a token: claims about a credential
// (member "vc", as in VC 1.1), or the credential itself with claims beside it.
func (d *reader) readPayload(kind, encoded string, disclosures []string) {
	d.Kind, d.Carrier = KindToken, kind
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		d.problem("its payload is not in base64url")
		return
	}
	d.readClaimsSet(payload, disclosures)
}

// readClaimsSet describes the payload of a token once it is decoded.
func (d *reader) readClaimsSet(payload []byte, disclosures []string) {
	payload = d.disclose(payload, disclosures)
	claims, err := members(payload,
		"vc", "vp", "iss", "sub", "nbf", "exp", "vct", "type", "@type", "@context", "badge", "issuer",
		"payload", "signature", "signatures", "verifiableCredential", "credentialSubject", "_sd",
		"issuing_authority", "issuing_country", "issuing_jurisdiction")
	if err != nil {
		d.problem("its payload cannot be relied on: %s", syntaxReason(err))
		return
	}
	maps.Copy(claims, boundsOf(payload))
	d.readClaims(claims)
	d.readClaimedDates(claims)
	d.readDates(claims)
	if claims["vp"] != nil {
		d.problem("it is a presentation: each credential in it has an issuer of its own")
	}
	places := claimsLevel
	if claims["vct"] != nil {
		places = places.with(hidingLevel)
		// Who issued is the claim iss. The authority that national documents name beside it is
		// for people.
		for name := range strings.FieldsSeq(authorityClaims) {
			d.seeText(text(claims[name]))
		}
		d.IssuerName = cmp.Or(d.IssuerName, clip(text(claims["issuing_authority"])))
	}
	// Readers differ in which of the two they take, so where both are there they
	// must agree.
	if vc := claims["vc"]; vc.Kind() == jsontext.KindBeginObject {
		d.readPart(vc, vcClaim)
	} else if vc != nil {
		d.problem(`its claim "vc" is not an object`)
	}
	if d.isCredential(claims) {
		d.readPart(payload, places)
	} else {
		d.readVCIssuer(claims["issuer"])
		if claims["vct"] != nil {
			d.readTyped(payload, claims["vct"])
		}
		d.look(payload, plainClaims.with(places))
	}
	d.agreeOnSubject()
	if claims["vc"] != nil || d.isCredential(claims) {
		// The standards have exp say when the credential ends. Of what is no credential
		// it says when the token does, and an expiry_date is of what the token is about.
		d.agreeOnEnd(d.exp, d.end)
	}
	for range all(claims["_sd"]) {
		d.hides = true
	}
	if d.hides && !d.exp.Present && !d.end.Present {
		d.until(Date{Err: "it hides parts of itself, which may say when it ends, and its claim exp, which must not be hidden, is not there"})
	}
}

// readTyped describes the claims of an SD-JWT VC, whose type is vct.
func (d *reader) readTyped(payload []byte, vct jsontext.Value) {
	m, err := members(payload, slices.Concat([]string{"title"}, personNames, allAwards)...)
	if err != nil {
		return // its caller says so
	}
	d.RecipientName = cmp.Or(d.RecipientName, clip(personName(m)))
	d.readAwards(m)
	if len(d.Names) == 0 {
		d.addName(text(vct))
	}
}

// isCredential reports whether the payload of a token is a credential of a known sort
// itself.
func (d *reader) isCredential(claims map[string]jsontext.Value) bool {
	for _, name := range []string{"@context", "badge", "signature", "signatures", "verifiableCredential", "@type"} {
		if claims[name] != nil {
			return true
		}
	}
	return claims["type"] != nil && (claims["vct"] == nil || claims["credentialSubject"] != nil)
}

// readPart describes a credential inside a token, with further members that it may have
// there. The first part that is of a known sort gives the document its kind.
func (d *reader) readPart(object []byte, extra *level) {
	kind, carrier, sub := d.Kind, d.Carrier, d.sub
	d.Kind, d.Carrier, d.sub = "", "", ""
	d.readObject(object, extra)
	d.within(carrier)
	if kind != KindToken {
		d.Kind, d.Carrier = kind, carrier
	}
	d.sub = sub
}

// agreeOnSubject holds the claim sub against whom the credential inside is about.
func (d *reader) agreeOnSubject() {
	for _, i := range d.Recipients {
		if d.sub != "" && i.Type == "id" && i.Value != d.sub {
			d.recipientProblem("it says in two places whom it is about, %s and %s", excerpt(d.sub), excerpt(i.Value))
		}
	}
}

// readClaims reads the registered claims of RFC 7519.
func (d *reader) readClaims(claims map[string]jsontext.Value) {
	switch iss := claims["iss"]; iss.Kind() {
	case jsontext.KindInvalid:
	case jsontext.KindString:
		d.addIssuerID(text(iss))
	default:
		d.issuerProblem(`its claim "iss" is not a text`)
	}
	switch sub := claims["sub"]; sub.Kind() {
	case jsontext.KindInvalid:
	case jsontext.KindString:
		if d.sub == "" {
			d.sub = text(sub)
		}
		d.addRecipient(Identity{Type: "id", Value: text(sub)})
		d.agreeOnSubject()
	default:
		d.recipientProblem(`its claim "sub" is not a text`)
	}
}
