package credential

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// isJWT reports whether text is a JWS in compact form (three parts of base64url), an
// encrypted one (five parts), or an SD-JWT (a JWS and disclosures, joined by "~").
func isJWT(text []byte) bool {
	token, _, _ := bytes.Cut(text, []byte("~"))
	n := bytes.Count(token, []byte("."))
	return (n == 2 || n == 4) && hasJWTHeader(text)
}

// hasJWTHeader reports whether text begins like a JWS or an encrypted token: with a
// JSON object that has a member "alg", in base64url.
func hasJWTHeader(text []byte) bool {
	header, _, ok := bytes.Cut(text[:min(len(text), 1<<20)], []byte("."))
	if !ok {
		return false
	}
	decoded, err := base64.RawURLEncoding.DecodeString(string(header))
	if err != nil {
		return false
	}
	m, err := members(decoded, "alg")
	return err == nil && m["alg"].Kind() == jsontext.KindString
}

// readJWT describes a text for which [isJWT] holds.
func (d *Description) readJWT(text string) {
	token, _, selective := strings.Cut(text, "~")
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
	d.readPayload(kind, parts[1])
}

// readEnveloped describes the token that an EnvelopedVerifiableCredential holds in a
// data URL.
func (d *Description) readEnveloped(url string) {
	d.Kind = KindEnvelopedVC
	token := envelopedToken(url)
	if token == "" {
		d.problem("the credential that it envelops cannot be read")
		return
	}
	d.readJWT(token)
}

// readPayload describes the base64url payload of a token: claims about a credential
// (member "vc", as in VC 1.1), or the credential itself with claims beside it.
func (d *Description) readPayload(kind, encoded string) {
	d.Kind, d.Carrier = KindToken, kind
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		d.problem("its payload is not base64url")
		return
	}
	claims, err := members(payload, "vc", "vp", "iss", "sub", "nbf", "exp", "type", "@context", "badge", "issuer")
	if err != nil {
		d.problem("its payload cannot be relied on: %s", syntaxReason(err))
		return
	}
	d.readClaims(claims)
	if claims["vp"] != nil {
		d.problem("it is a presentation: each credential in it has an issuer of its own")
	}
	// Readers differ in which of the two they take, so where both are there they
	// must agree.
	if vc := claims["vc"]; vc.Kind() == jsontext.KindBeginObject {
		d.readPart(vc)
	} else if vc != nil {
		d.problem(`its claim "vc" is not an object`)
	}
	if claims["type"] != nil || claims["@context"] != nil || claims["badge"] != nil || claims["issuer"] != nil {
		d.readPart(payload)
	}
}

// readPart describes a credential inside a token.
func (d *Description) readPart(object []byte) {
	var part Description
	part.readObject(object)
	d.merge(part)
	if d.Kind == KindToken {
		d.Kind = part.Kind
		if part.Carrier != "" {
			d.Carrier = part.Carrier + " in " + d.Carrier
		}
	}
}

// readClaims reads the registered claims of RFC 7519.
func (d *Description) readClaims(claims map[string]jsontext.Value) {
	switch iss := claims["iss"]; iss.Kind() {
	case jsontext.KindInvalid:
	case jsontext.KindString:
		d.addIssuerID(text(iss))
	default:
		d.issuerProblem(`its claim "iss" is not a text`)
	}
	for name, narrow := range map[string]func(Date){"nbf": d.from, "exp": d.until} {
		switch claim := claims[name]; claim.Kind() {
		case jsontext.KindInvalid:
		case jsontext.KindNumber:
			narrow(unixDate(claim))
		default:
			narrow(Date{Present: true, Text: clip(string(claim)), Err: "it is not a number of seconds since 1970"})
		}
	}
	d.addRecipient(Identity{Type: "id", Value: text(claims["sub"])})
}

// merge adds what a part of the document says to what is known of the whole.
func (d *Description) merge(part Description) {
	if part.Problem != "" {
		d.issuerProblem("%s", part.Problem) // its dates have it already
	}
	for _, id := range part.IssuerIDs {
		d.addIssuerID(id)
	}
	if part.IssuerByURL {
		d.setIssuerURL(part.IssuerURL)
	}
	if d.IssuerName == "" {
		d.IssuerName = part.IssuerName
	}
	for _, name := range part.Names {
		d.addName(name)
	}
	for _, identity := range part.Recipients {
		d.addRecipient(identity)
	}
	for _, criterion := range part.Criteria {
		d.Criteria = addText(d.Criteria, criterion)
	}
	for _, evidence := range part.Evidence {
		d.Evidence = addText(d.Evidence, evidence)
	}
	for _, alignment := range part.Alignments {
		d.addAlignment(alignment)
	}
	d.Name = cmp.Or(d.Name, part.Name)
	d.Image = cmp.Or(d.Image, part.Image)
	d.RecipientName = cmp.Or(d.RecipientName, part.RecipientName)
	d.from(part.ValidFrom)
	d.until(part.ValidUntil)
}
