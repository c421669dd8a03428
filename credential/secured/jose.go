package secured

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/internal/sdjwt"
)

// jws is one signature over a payload (RFC 7515), taken apart.
type jws struct {
	kind      string // "JWT", "SD-JWT", "JWS" or "JAdES"
	protected string // as it is signed
	signature string // base64url
	*payload

	header *header     // read
	claims proofObject // of the payload, read
}

// payload is what one or more signatures cover. It is decoded once for all of them.
type payload struct {
	text        string // as it is signed: base64url, or the JSON itself if header.plain
	selective   bool   // disclosures, of which there may be none, belong to it
	disclosures []string

	read [2]*decoded // by header.plain: 1 if it is
}

// decoded is a payload as JSON, or why it is none.
type decoded struct {
	json   []byte
	claims proofObject
	why    string

	bound bool   // loose is known
	loose string // why the disclosures are not covered
}

// decode reads the payload.
func (p *payload) decode(plain bool) *decoded {
	at := 0
	if plain {
		at = 1
	}
	if p.read[at] == nil {
		d := &decoded{json: []byte(p.text)}
		var err error
		if !plain {
			d.json, err = decodeBase64URL(p.text)
		}
		if err != nil {
			d.why = "its payload is not base64url"
		} else if d.claims, err = strictMembers(d.json); err != nil {
			d.why = "its payload is not a JSON object, or one that cannot be relied on"
		}
		p.read[at] = d
	}
	return p.read[at]
}

// checkToken checks a JWT or JWS in compact form, or an SD-JWT.
func checkToken(ctx context.Context, text string, issuers []string, keys Keys) Finding {
	token, disclosed, selective := strings.Cut(text, "~")
	if strings.Count(token, ".") != 2 {
		return unsupported("", "it is encrypted")
	}
	parts := strings.Split(token, ".")
	j := &jws{kind: "JWT", protected: parts[0], signature: parts[2], payload: &payload{text: parts[1], selective: selective}}
	if selective {
		j.kind = "SD-JWT"
		if strings.Count(disclosed, "~") > sdjwt.Max {
			return tooManyDisclosures()
		}
		list := strings.Split(disclosed, "~")
		last := len(list) - 1 // nothing, or a token that binds it to its holder's key, who is not asked here
		if list[last] != "" && strings.Count(list[last], ".") != 2 {
			return unreadable("SD-JWT", "it is cut off")
		}
		j.disclosures = list[:last]
	}
	return j.check(ctx, nil, issuers, keys)
}

func tooManyDisclosures() Finding {
	return unreadable("SD-JWT", fmt.Sprintf("it discloses more than %d parts", sdjwt.Max))
}

// checkJWSObject checks the signatures of a JWS in JSON, flattened or general, by members
// of the object. What stands beside its own members is signed by nobody, so nothing may.
func checkJWSObject(ctx context.Context, m proofObject, issuers []string, keys Keys) []Finding {
	if name := foreign(m, "payload", "protected", "header", "signature", "signatures", "disclosures", "kb_jwt", "proof"); name != "" {
		return []Finding{unreadable("JWS", fmt.Sprintf("its member %s stands beside what is signed", short(name)))}
	}
	if m["payload"].Kind() != jsontext.KindString {
		return []Finding{unreadable("JWS", "its payload is not a text")}
	}
	signatures := []proofObject{m}
	if general := m["signatures"]; general != nil {
		elements, ok := elementsOf(general)
		if !ok || m["signature"] != nil || m["protected"] != nil || m["header"] != nil {
			return []Finding{unreadable("JWS", "it is neither in the flattened nor in the general form")}
		}
		if len(elements) > maxSignatures {
			return []Finding{unreadable("JWS", fmt.Sprintf("it has more than %d signatures", maxSignatures))}
		}
		signatures = nil
		for _, element := range elements {
			s, err := strictMembers(element)
			if err != nil {
				return []Finding{unreadable("JWS", "one of its signatures is not an object")}
			}
			signatures = append(signatures, s)
		}
	}
	disclosures, selective, ok := attached(m, signatures)
	if !ok {
		return []Finding{unreadable("JWS", "what is disclosed of it cannot be read")}
	}
	signed := &payload{text: m.text("payload"), selective: selective, disclosures: disclosures}
	var list []Finding
	for _, s := range signatures {
		if s["signature"].Kind() != jsontext.KindString || s["protected"].Kind() != jsontext.KindString {
			list = append(list, unreadable("JWS", "a signature or its protected header is missing or not a text"))
			continue
		}
		j := &jws{kind: "JWS", protected: s.text("protected"), signature: s.text("signature"), payload: signed}
		list = append(list, j.check(ctx, s["header"], issuers, keys))
	}
	return list
}

// attached returns the disclosures of an SD-JWT in JSON: in the first unprotected header
// (RFC 9901, section 8), or beside the payload, where drafts of that standard had them.
func attached(m proofObject, signatures []proofObject) (list []string, selective, ok bool) {
	places := []jsontext.Value{m["disclosures"]}
	for _, s := range signatures {
		if h, err := strictMembers(s["header"]); err == nil {
			places = append(places, h["disclosures"])
		}
	}
	for _, place := range places {
		if place == nil {
			continue
		}
		found, isList := listOf(place)
		if selective || !isList {
			return nil, false, false
		}
		list, selective = found, true
	}
	return list, selective, true
}

// isEnvelope reports whether an object is an EnvelopedVerifiableCredential (VC Data Model
// 2.0, section 4.13.1).
func isEnvelope(m proofObject) bool {
	for _, name := range []string{"type", "@type"} {
		list, ok := listOf(m[name])
		if m.text(name) == "EnvelopedVerifiableCredential" || ok && slices.Contains(list, "EnvelopedVerifiableCredential") {
			return true
		}
	}
	return false
}

func checkEnvelope(ctx context.Context, m proofObject, issuers []string, keys Keys) Finding {
	token := credential.EnvelopedToken(m.text("id"))
	if name := foreign(m, "@context", "id", "type", "@type", "proof"); name != "" {
		return unreadable("", fmt.Sprintf("its member %s stands beside what is signed", short(name)))
	}
	if token == "" {
		return unsupported("", "what it envelops is not a token")
	}
	return checkToken(ctx, token, issuers, keys)
}

// foreign returns a member of another name than the given ones; empty if there is none.
func foreign(m proofObject, names ...string) string {
	for name := range m {
		if !slices.Contains(names, name) {
			return name
		}
	}
	return ""
}

// check checks one signature. unprotected is the header that it does not cover.
func (j *jws) check(ctx context.Context, unprotected jsontext.Value, issuers []string, keys Keys) Finding {
	if f := j.parse(unprotected); f != nil {
		return *f
	}
	suite := j.kind + " " + j.header.alg
	whose := j.findKey(ctx, issuers, keys)
	result := func(o Outcome, reason, format string, args ...any) Finding {
		return Finding{Outcome: o, Reason: reason, Suite: suite, Key: whose.method, Stated: whose.stated, Detail: fmt.Sprintf(format, args...)}
	}
	if whose.key == nil {
		if whose.reason != KeyUnknown {
			return result(Unknown, whose.reason, "its own signature (%s) cannot be checked: %s", suite, whose.detail)
		}
		return j.checkByOwnKey(result, suite, whose.detail)
	}
	broken := j.broken(whose.key)
	switch {
	case broken == "" && whose.tied:
		return result(Pass, "", "its own signature (%s) holds under the key of its issuer, %s", suite, short(whose.method))
	case broken == "":
		return result(Unknown, KeyUnknown, "its own signature (%s) is intact under the key %s, which nothing at hand ties to its issuer",
			suite, short(whose.method))
	case whose.tied && whose.key.Stale:
		return result(Unknown, KeyUnknown, "its own signature (%s) does not hold under the key that its issuer had at %s, which could not "+
			"be asked for now", suite, short(whose.method))
	case whose.tied && whose.sole:
		return result(Fail, Broken, "its own signature (%s) does not hold under the key of its issuer, %s: %s",
			suite, short(whose.method), broken)
	case whose.tied:
		return result(Unknown, KeyUnknown, "its own signature (%s) does not hold under the key that its issuer has at %s now, "+
			"and does not say by which it was made", suite, short(whose.method))
	}
	return result(Unknown, KeyUnknown, "its own signature (%s) does not hold under the key %s, which nothing at hand ties to its issuer",
		suite, short(whose.method))
}

// checkByOwnKey says whether a signature is at least intact under the key that the token
// brings in its header. That never shows whose it is. why says that of the key it names.
func (j *jws) checkByOwnKey(result func(Outcome, string, string, ...any) Finding, suite, why string) Finding {
	key, name, err := j.header.ownKey()
	switch {
	case err != nil:
		return result(Unknown, KeyUnknown, "its own signature (%s) is of a key that is not known: %s, and the one that it brings "+
			"cannot be used: %v", suite, why, err)
	case key == nil:
		return result(Unknown, KeyUnknown, "its own signature (%s) is of a key that is not known: %s", suite, why)
	}
	if broken := j.broken(key); broken != "" {
		return result(Unknown, KeyUnknown, "its own signature (%s) does not hold under %s that it brings, and that would be nobody's: %s",
			suite, name, why)
	}
	return result(Unknown, KeyUnknown, "its own signature (%s) is intact under %s that it brings, which nothing at hand ties to its "+
		"issuer: %s", suite, name, why)
}

// parse reads header and payload. The finding, if any, says why there is nothing to check.
func (j *jws) parse(unprotected jsontext.Value) *Finding {
	h, f := readHeader(j.protected, unprotected)
	if f != nil {
		f.Suite = j.kind
		return f
	}
	j.header = h
	if h.jades && j.kind != "SD-JWT" {
		j.kind = "JAdES"
	}
	refuse := func(f Finding) *Finding {
		f.Suite = j.kind + " " + h.alg
		return &f
	}
	if j.text == "" {
		return refuse(unsupported("", "what it signs is not in the file"))
	}
	d := j.decode(h.plain)
	if d.why != "" {
		return refuse(unreadable("", d.why))
	}
	claims := d.claims
	j.claims = claims
	if claims["vp"] != nil {
		return refuse(unsupported("", "it is a presentation, whose signature is its holder's"))
	}
	if j.selective {
		switch alg := claims["_sd_alg"]; {
		case alg != nil && sdjwt.Hash(textOf(alg)) == nil:
			return refuse(unsupported("", "the hash of what it discloses is not known"))
		case len(j.disclosures) > sdjwt.Max:
			return refuse(tooManyDisclosures())
		}
	}
	return nil
}

// broken says why the signature does not hold under a key; empty if it does. What cannot be
// decoded as a signature is none.
func (j *jws) broken(key *Key) string {
	signature, err := decodeBase64URL(j.signature)
	if err != nil {
		return "the signature is not base64url"
	}
	if key.alg != "" && key.alg != j.header.alg && !bothEdDSA(key.alg, j.header.alg) {
		return "the key is for another algorithm"
	}
	if err := VerifyJOSE(j.header.alg, key.Public, j.protected+"."+j.text, signature); err != nil {
		return err.Error()
	}
	if d := j.decode(j.header.plain); j.selective {
		if !d.bound {
			d.bound, d.loose = true, sdjwt.Unbound(d.json, j.disclosures)
		}
		return d.loose
	}
	return ""
}
