package credential

import (
	"bytes"
	"encoding/base64"
	"maps"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
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
	if selective {
		kind = "SD-JWT"
	}
	d.deeper("it holds documents in documents", func() {
		d.readPayload(kind, parts[1])
		d.readHeader("header", decodeObject(parts[0]), false)
		if selective {
			d.readDisclosures(strings.Split(disclosed, "~"))
		}
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
	d.look(header, headerLevel)
	d.readAttached(m)
}

// readAttached reads what an SD-JWT in JSON has beside it: in an unprotected header
// (RFC 9901), or beside the payload, where drafts of that standard had it.
func (d *reader) readAttached(m map[string]jsontext.Value) {
	var list []string
	for _, name := range []string{"disclosures", "kb_jwt"} {
		for element := range all(m[name]) {
			if element.Kind() != jsontext.KindString {
				d.problem("what is disclosed of it cannot be read")
			}
			list = append(list, text(element))
		}
	}
	if list != nil {
		d.readDisclosures(list)
	}
}

// readDisclosures reads what stands behind an SD-JWT: claims that it hides and shows
// here, and a token that binds it to its holder's key. Where in the token they belong is
// not looked up, so none may be one that is read.
func (d *reader) readDisclosures(list []string) {
	for i, encoded := range list {
		if encoded == "" && i == len(list)-1 {
			continue
		}
		if isJWT([]byte(encoded)) {
			parts := strings.Split(encoded, ".")
			for _, part := range parts[:2] {
				if object := jsontext.Value(decodeObject(part)); object.IsValid() {
					d.look(object, nil)
				} else {
					d.problem("what is attached to it cannot be read")
				}
			}
			continue
		}
		array := jsontext.Value(decodeObject(encoded))
		if array.Kind() != jsontext.KindBeginArray || !array.IsValid() {
			d.problem("what is disclosed of it cannot be read")
			continue
		}
		var elements []jsontext.Value // salt, name, value; of an element of an array no name
		for element := range all(array) {
			if elements = append(elements, bytes.Clone(element)); len(elements) > 3 {
				break
			}
		}
		switch n := len(elements); {
		case n == 3 && elements[1].Kind() == jsontext.KindString:
			name := text(elements[1])
			if senseOf(name) != senseNone || name == "type" || name == "@type" || name == "vct" {
				d.problem("what it discloses as %s may belong to any part of it", excerpt(name))
			}
			d.mention(name)
		case n != 2:
			d.problem("what is disclosed of it cannot be read")
			continue
		}
		d.look(elements[len(elements)-1], nil)
	}
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
		if plain {
			d.Kind, d.Carrier = KindToken, "JWS"
			d.readClaimsSet([]byte(payload))
		} else {
			d.readPayload("JWS", payload)
		}
	})
	d.readJWSHeaders(m, plain)
	d.readAttached(m)
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
		d.readHeader("header", header, false)
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
func (d *reader) readPayload(kind, encoded string) {
	d.Kind, d.Carrier = KindToken, kind
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		d.problem("its payload is not in base64url")
		return
	}
	d.readClaimsSet(payload)
}

// readClaimsSet describes the payload of a token once it is decoded.
func (d *reader) readClaimsSet(payload []byte) {
	claims, err := members(payload,
		"vc", "vp", "iss", "sub", "nbf", "exp", "vct", "type", "@type", "@context", "badge", "issuer",
		"payload", "signature", "signatures", "verifiableCredential", "credentialSubject")
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
		d.look(payload, plainClaims.with(places))
	}
	d.agreeOnSubject()
	if claims["vc"] != nil || d.isCredential(claims) {
		// The standards have exp say when the credential ends. Of what is no credential
		// it says when the token does, and an expiry_date is of what the token is about.
		d.agreeOnEnd(d.exp, d.end)
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
