package credential

import (
	"bytes"
	"cmp"
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// OpenAttestation, as OpenCerts and TradeTrust issue it. Its issuer is known by the domain
// whose DNS has its key or contract, by a DID, or by the contract alone.

// contracts are the members of an issuer of OpenAttestation 2 that hold the address of
// the contract in which the document is recorded.
var contracts = []string{"documentStore", "certificateStore", "tokenRegistry"}

var (
	identityLevel = levelOf("location identifier key", "", nil)
	attesterLevel = levelOf("id "+strings.Join(contracts, " "), "", map[string]*level{"identityProof": identityLevel})
	// A document of version 2 without its salts; and the one around it, whose data are read apart.
	attestationLevel = levelOf(bounds, "recipient proof", map[string]*level{"issuers": attesterLevel})
	saltedLevel      = levelOf("", "data proof", nil)
	metadataLevel    = &level{within: map[string]*level{"identityProof": identityLevel}} // of version 3
)

// isSalted reports whether a document is one of OpenAttestation 2 as it is issued: each
// value has a salt before it.
func isSalted(m map[string]jsontext.Value) bool {
	s, err := members(m["signature"], "targetHash", "merkleRoot")
	return err == nil && len(s) > 0 && m["data"].Kind() == jsontext.KindBeginObject
}

// isAttestation reports whether a document is one of OpenAttestation 2 without salts.
func isAttestation(m map[string]jsontext.Value) bool {
	if m["issuers"].Kind() != jsontext.KindBeginArray || m["@context"] != nil {
		return false
	}
	for issuer := range all(m["issuers"]) {
		i, err := members(issuer, append([]string{"identityProof"}, contracts...)...)
		return err == nil && len(i) > 0
	}
	return false
}

// readSalted describes a document of OpenAttestation 2 as it is issued.
func (d *reader) readSalted(m map[string]jsontext.Value) {
	d.Kind = KindAttestation2
	if p, err := members(m["privacy"], "obfuscatedData"); err == nil && p["obfuscatedData"] != nil && string(p["obfuscatedData"]) != "[]" {
		d.problem("it hides members of its own, by %s", excerpt("obfuscatedData"))
	}
	data, err := unsalt(m["data"])
	if err != nil {
		d.problem("its data cannot be relied on: %v", err)
		return
	}
	d.deeper("it holds documents in documents", func() {
		inner, err := members(data, attestationMembers...)
		if err != nil {
			d.problem("its data cannot be relied on: %s", syntaxReason(err))
			return
		}
		d.readAttestation(inner)
		d.look(data, attestationLevel)
	})
}

var attestationMembers = append([]string{"name", "title", "recipient", "issuers"}, strings.Fields(bounds)...)

// readAttestation describes a document of OpenAttestation 2 without salts.
func (d *reader) readAttestation(m map[string]jsontext.Value) {
	d.Kind = KindAttestation2
	d.Name = cmp.Or(d.Name, clip(cmp.Or(text(m["name"]), text(m["title"]))))
	d.addName(d.Name)
	d.readDates(m)
	d.readPerson(m["recipient"])
	if r, err := members(m["recipient"], "id", "did", "email"); err == nil {
		d.addRecipient(Identity{Type: "id", Value: text(r["id"])})
		d.addRecipient(Identity{Type: "id", Value: text(r["did"])})
		d.addRecipient(Identity{Type: "email", Value: text(r["email"])})
	}
	if kind := m["issuers"].Kind(); kind != jsontext.KindInvalid && kind != jsontext.KindBeginArray {
		d.issuerProblem(`its "issuers" is not a list`)
		return
	}
	for issuer := range all(m["issuers"]) {
		if d.readAttester(issuer); len(d.IssuerIDs) > 1 {
			return // which is a problem
		}
	}
}

// readAttester reads an issuer of OpenAttestation 2. The contract is its identifier only
// where it has neither a DID nor a domain: these are what readers of such documents look up,
// to learn whether the contract is the issuer's.
func (d *reader) readAttester(issuer jsontext.Value) {
	m, err := members(issuer, append([]string{"id", "name", "identityProof"}, contracts...)...)
	if err != nil {
		d.issuerProblem("its issuer cannot be read: %s", syntaxReason(err))
		return
	}
	d.IssuerName = cmp.Or(d.IssuerName, clip(text(m["name"])))
	stated := false
	if id := m["id"]; id.Kind() == jsontext.KindString {
		d.addIssuerID(text(id))
		stated = true
	} else if id != nil && id.Kind() != jsontext.KindNull {
		d.issuerProblem(`the "id" of its issuer is not a text`)
	}
	stated = d.readIdentityProof(m["identityProof"]) || stated
	for _, name := range contracts {
		switch address := m[name]; address.Kind() {
		case jsontext.KindInvalid, jsontext.KindNull:
		case jsontext.KindString:
			d.mention(text(address))
			if !stated {
				d.addIssuerID(text(address))
				stated = true
			}
		default:
			d.issuerProblem("the %q of its issuer is not a text", name)
		}
	}
	if !stated {
		d.issuerProblem("its issuer has no identifier")
	}
}

// readIdentityProof reads by which domain an issuer of OpenAttestation can be known
// ("location", in versions 3 and 4 "identifier"), and reports whether it states one. The domain
// is a name of the issuer, as a URL.
func (d *reader) readIdentityProof(proof jsontext.Value) (stated bool) {
	if proof == nil || proof.Kind() == jsontext.KindNull {
		return false
	}
	m, err := members(proof, "location", "identifier", "key")
	if err != nil {
		d.issuerProblem("the identity of its issuer cannot be read: %s", syntaxReason(err))
		return false
	}
	for _, name := range []string{"location", "identifier"} {
		switch domain := m[name]; domain.Kind() {
		case jsontext.KindInvalid, jsontext.KindNull:
		case jsontext.KindString:
			d.addIssuerDomain(text(domain))
			stated = true
		default:
			d.issuerProblem("the %q of its issuer is not a text", name)
		}
	}
	if m["key"] != nil {
		d.readKey(m["key"])
	}
	return stated
}

var domainName = lazyRegexp(`^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$`)

// addIssuerDomain records that the document names its issuer by a domain, or by a DID where
// a domain may stand. The issuer's address there, and its did:web, are the same name.
func (d *reader) addIssuerDomain(domain string) {
	for _, id := range d.IssuerIDs {
		rest, ok := strings.CutPrefix(id, "did:web:"+domain)
		if id == domain || hostOf(id) == "https://"+domain || ok && (rest == "" || rest[0] == ':') {
			return
		}
	}
	switch {
	case strings.HasPrefix(domain, "did:"):
		d.addIssuerID(domain)
	case domainName().MatchString(domain):
		d.addIssuerID("https://" + domain)
	default:
		d.issuerProblem("the domain of its issuer, %s, is none", excerpt(domain))
	}
}

// readMetadata reads what OpenAttestation 3 has beside the credential.
func (d *reader) readMetadata(metadata jsontext.Value) {
	for part := range all(metadata) {
		m, err := members(part, "identityProof")
		if err != nil {
			d.issuerProblem("the identity of its issuer cannot be read: %s", syntaxReason(err))
			continue
		}
		for proof := range all(m["identityProof"]) {
			if d.readIdentityProof(proof); len(d.IssuerIDs) > 1 {
				return // which is a problem
			}
		}
	}
}

var (
	errUnsalted = errors.New("a value has no salt before it")
	errType     = errors.New("a value is not of the type that it says")
)

// unsalt takes the salts off a value that is known to be valid JSON. Each text in it must be
// one: a UUID, a type and the value, with colons between. Anything else would be read in
// two ways, since readers leave as it is what has no salt.
func unsalt(value jsontext.Value) ([]byte, error) {
	dec := lenient(value)
	out := make([]byte, 0, len(value))
	copied := int64(0)
	for {
		before := dec.InputOffset()
		token, err := dec.ReadToken()
		if err != nil {
			return append(out, value[copied:]...), nil //nolint:nilerr // its end, since it is valid
		}
		kind, n := dec.StackIndex(dec.StackDepth())
		isName := kind == jsontext.KindBeginObject && n%2 == 1
		switch token.Kind() {
		case jsontext.KindBeginObject, jsontext.KindEndObject, jsontext.KindBeginArray, jsontext.KindEndArray:
			continue
		case jsontext.KindString:
		default:
			return nil, errUnsalted
		}
		if isName {
			continue
		}
		plain, err := plainValue(token.String())
		if err != nil {
			return nil, err
		}
		end := dec.InputOffset()
		start := before + int64(bytes.IndexByte(value[before:end], '"'))
		out = append(append(out, value[copied:start]...), plain...)
		copied = end
	}
}

var saltedValue = lazyRegexp(`^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}:(string|number|boolean|null|undefined):`)

// plainValue returns a value without its salt, as JSON.
func plainValue(salted string) (jsontext.Value, error) {
	m := saltedValue().FindStringSubmatch(salted)
	if m == nil {
		return nil, errUnsalted
	}
	rest := salted[len(m[0]):]
	value := jsontext.Value(rest)
	switch kind := value.Kind(); m[1] {
	case "string":
		quoted, err := jsontext.AppendQuote(nil, rest)
		if err != nil {
			return nil, errType
		}
		return quoted, nil
	case "null", "undefined":
		if rest != m[1] {
			return nil, errType
		}
		return jsontext.Value("null"), nil
	case "number":
		if kind != jsontext.KindNumber || !value.IsValid() {
			return nil, errType
		}
	case "boolean":
		if rest != "true" && rest != "false" {
			return nil, errType
		}
	}
	return value, nil
}
