package secured

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/multiformats/go-multibase"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/internal/date"
	"github.com/hallmark-node/hallmark/credential/secured/internal/rdf"
)

// dataIntegrity is a document whose proofs are checked.
type dataIntegrity struct {
	unsecured []byte         // the document without its proofs, by RFC 8785
	context   jsontext.Value // its member "@context"
	issuers   []string
	keys      Keys
	at        time.Time

	reader    *rdf.Reader
	canonical map[form]canonicalForm // of unsecured; filled as it is asked for
}

// form is a way to write a dataset.
type form struct {
	hash    rdf.Hash
	options rdf.Options
}

type canonicalForm struct {
	text      []byte
	ambiguous rdf.Ambiguous
	err       error
}

// checkDataIntegrity checks the Data Integrity proofs of a JSON object (W3C Verifiable
// Credential Data Integrity 1.0), one finding each. Proofs of Hallmark are passed over: the
// others are made over the document without any proof, so that ours never breaks them.
func checkDataIntegrity(ctx context.Context, object []byte, issuers []string, keys Keys, at time.Time) []Finding {
	unsecured, err := credential.Canonicalize(object)
	if err != nil {
		return []Finding{unreadable("", err.Error())}
	}
	top, err := membersOf(object)
	if err != nil {
		return []Finding{unreadable("", "its JSON cannot be relied on")}
	}
	proofs, ok := elementsOf(top["proof"])
	if !ok {
		proofs = []jsontext.Value{top["proof"]}
	}
	d := &dataIntegrity{
		unsecured: unsecured, context: top["@context"], issuers: issuers, keys: keys, at: at,
		reader: rdf.NewReader(), canonical: map[form]canonicalForm{},
	}
	var list []Finding
	var read []proofObject
	for _, text := range proofs {
		proof, err := membersOf(text)
		switch {
		case err != nil:
			list = append(list, unreadable("", "its proof is no JSON object"))
		case proof.text("cryptosuite") != credential.Cryptosuite:
			read = append(read, proof)
		}
		if len(list)+len(read) > maxSignatures {
			return make([]Finding, maxSignatures+1) // too many, whatever they are
		}
	}
	for _, proof := range read {
		list = append(list, d.check(ctx, proof))
	}
	return list
}

// check checks one proof.
func (d *dataIntegrity) check(ctx context.Context, proof proofObject) Finding {
	suite, known := proof.suite()
	method := proof.text("verificationMethod")
	told := func(f Finding) Finding {
		f.Suite, f.Key = suite, method
		return f
	}
	result := func(o Outcome, reason, format string, args ...any) Finding {
		return told(Finding{Outcome: o, Reason: reason, Detail: fmt.Sprintf("its own signature (%s) ", suite) + fmt.Sprintf(format, args...)})
	}
	if !known {
		return told(unsupported("", "the suite "+short(suite)+" is not known"))
	}
	if refused := proof.refuse(d.at); refused != nil {
		return told(*refused)
	}
	key := findKey(ctx, method, d.issuers, d.keys)
	if key.key == nil {
		return result(Unknown, key.reason, "cannot be checked: %s", key.detail)
	}
	v, err := verifierOf(suite, key.key)
	if err != nil {
		return told(unsupported("", err.Error()))
	}
	broken := "the credential or the signature was changed"
	holds := false
	if signature, ok := parseProofValue(proof.text("proofValue")); ok {
		holds, err = d.holds(suite, proof, func(config, document []byte) bool { return v.verify(config, document, signature) }, v.hash)
		if err != nil {
			return told(unsupported("", err.Error()))
		}
	} else {
		broken = "its proofValue is not one in base58btc"
	}
	_, stated, _ := statedKey(method)
	switch {
	case holds && key.tied:
		return result(Pass, "", "holds under the key of its issuer, %s", short(method))
	case holds:
		return result(Unknown, KeyUnknown, "is intact under the key %s, which nothing at hand ties to its issuer", short(method))
	case key.tied && !strings.Contains(suite, "jcs") && d.olderContext(proof):
		return told(unsupported("", "it does not hold with the contexts of today, and one of them was another when it was signed"))
	case key.tied && key.key.Stale:
		return result(Unknown, KeyUnknown, "does not hold under the key that its issuer had at %s, which could not be asked for now",
			short(method))
	case key.tied && (stated || method != d.issuers[0]):
		return result(Fail, Broken, "does not hold under the key of its issuer, %s: %s", short(method), broken)
	case key.tied:
		return result(Unknown, KeyUnknown, "does not hold under the key that its issuer has at %s now, and does not say by which it was made",
			short(method))
	}
	return result(Unknown, KeyUnknown, "does not hold under the key %s, which nothing at hand ties to its issuer", short(method))
}

// changedContexts had other meanings at the same URLs before, the last ones in 2023; pinned
// are those of today. 1EdTech's sample endorsement-err-schema-status-refresh of December
// 2022 was signed with such a one.
var changedContexts = []string{
	"https://purl.imsglobal.org/spec/ob/v3p0/context.json",
	"https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
}

// olderContext tells whether a proof says that it is of the time when a context that it
// uses may have been another one.
func (d *dataIntegrity) olderContext(proof proofObject) bool {
	created, _, err := date.Parse(proof.text("created"))
	entries, ok := listOf(d.context)
	return err == nil && ok && created.Before(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)) &&
		slices.ContainsFunc(changedContexts, func(url string) bool { return slices.Contains(entries, url) })
}

// holds tells whether the signature is one over the document and the proof's options.
// Where implementations of a suite have signed different bytes for the same document, it is
// asked for each of them: none can be mistaken for the bytes of another document.
func (d *dataIntegrity) holds(suite string, proof proofObject, verify func(config, document []byte) bool, hash rdf.Hash) (bool, error) {
	options := proof.options()
	own, given := options["@context"]
	if given && !sameJSON(own, d.context) {
		return false, fmt.Errorf("its contexts are not those that were signed")
	}
	if suite == suiteEdDSAJCS || suite == suiteECDSAJCS {
		config, err := options.canonical()
		if err != nil || given || d.context == nil {
			return err == nil && verify(config, d.unsecured), err
		}
		// Before 2024 the context was signed with the options and not shown in them.
		options["@context"] = d.context
		older, err := options.canonical()
		return err == nil && (verify(config, d.unsecured) || verify(older, d.unsecured)), err
	}
	if d.context == nil {
		return false, fmt.Errorf("it has no context")
	}
	options["@context"] = d.context
	config, err := options.canonical()
	if err != nil {
		return false, err
	}
	forms := []form{{hash: hash}}
	if hash != rdf.SHA256 {
		forms = append(forms, form{}) // the hash within RDFC-1.0 was not always that of the key
	}
	for i := 0; i < len(forms); i++ {
		document := d.inForm(forms[i])
		if document.err != nil {
			return false, document.err
		}
		written := d.canonicalIn(config, forms[i])
		if written.err != nil {
			return false, fmt.Errorf("in its proof, %w", written.err)
		}
		if verify(written.text, document.text) {
			return true, nil
		}
		if forms[i].options == (rdf.Options{}) {
			forms = append(forms, others(forms[i].hash, document.ambiguous)...)
		}
	}
	return false, nil
}

// others are the other forms in which an ambiguous document may have been signed.
func others(hash rdf.Hash, ambiguous rdf.Ambiguous) (forms []form) {
	for _, o := range []rdf.Options{{Escapes: true}, {Language: true}, {Escapes: true, Language: true}} {
		if (!o.Escapes || ambiguous.Escapes) && (!o.Language || ambiguous.Language) {
			forms = append(forms, form{hash, o})
		}
	}
	return forms
}

// inForm is the document in a form, made once.
func (d *dataIntegrity) inForm(f form) canonicalForm {
	found, ok := d.canonical[f]
	if !ok {
		found = d.canonicalIn(d.unsecured, f)
		d.canonical[f] = found
	}
	return found
}

func (d *dataIntegrity) canonicalIn(doc []byte, f form) canonicalForm {
	quads, ambiguous, err := d.reader.Dataset(doc, f.options)
	if err != nil {
		return canonicalForm{err: err}
	}
	text, err := d.reader.Canonicalize(quads, f.hash)
	return canonicalForm{text, ambiguous, err}
}

// scheme is how signatures of a key are checked.
type scheme struct {
	hash   rdf.Hash
	verify func(config, document, signature []byte) bool
}

// verifierOf refuses keys of another kind than those of the suite.
func verifierOf(suite string, key *Key) (scheme, error) {
	if err := usable(key.Public); err != nil {
		return scheme{}, fmt.Errorf("its key is not used: %w", err)
	}
	switch public := key.Public.(type) {
	case ed25519.PublicKey:
		if (suite == suiteEdDSAJCS || suite == suiteEdDSARDFC || suite == suiteEd2020) && isFor(key, "EdDSA", "Ed25519") {
			return scheme{rdf.SHA256, func(config, document, signature []byte) bool {
				return len(signature) == ed25519.SignatureSize && ed25519.Verify(public, hashed256(config, document), signature)
			}}, nil
		}
	case *ecdsa.PublicKey:
		switch ours := suite == suiteECDSAJCS || suite == suiteECDSARDFC; {
		case ours && public.Curve == elliptic.P256() && isFor(key, "ES256"):
			return scheme{rdf.SHA256, func(config, document, signature []byte) bool {
				return verifyECDSA(public, hashed256(config, document), signature) == nil
			}}, nil
		case ours && public.Curve == elliptic.P384() && isFor(key, "ES384"):
			return scheme{rdf.SHA384, func(config, document, signature []byte) bool {
				c, d := sha512.Sum384(config), sha512.Sum384(document)
				return verifyECDSA(public, append(c[:], d[:]...), signature) == nil
			}}, nil
		}
	}
	return scheme{}, fmt.Errorf("its key is not of the kind that %s takes", suite)
}

// isFor tells whether a key may be used with one of the algorithms.
func isFor(key *Key, algorithms ...string) bool {
	return key.alg == "" || slices.Contains(algorithms, key.alg)
}

func hashed256(config, document []byte) []byte {
	c, d := sha256.Sum256(config), sha256.Sum256(document)
	return append(c[:], d[:]...)
}

// parseProofValue reads a signature: base58btc in multibase, in its one spelling.
func parseProofValue(text string) (signature []byte, ok bool) {
	const longest = 200 // characters; one of P-384 takes 132
	if text == "" || text[0] != 'z' || len(text) > longest {
		return nil, false
	}
	_, signature, err := multibase.Decode(text)
	if err != nil {
		return nil, false
	}
	again, err := multibase.Encode(multibase.Base58BTC, signature)
	return signature, err == nil && again == text
}
