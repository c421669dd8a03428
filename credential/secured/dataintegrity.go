package secured

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"math/big"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/multiformats/go-multibase"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/secured/internal/rdf"
)

// dataIntegrity is a document whose proofs are checked.
type dataIntegrity struct {
	unsecured []byte         // the document without its proofs, by RFC 8785
	context   jsontext.Value // its member "@context"
	issuers   []string
	keys      Keys

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
func checkDataIntegrity(ctx context.Context, object []byte, issuers []string, keys Keys) []Finding {
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
		unsecured: unsecured, context: top["@context"], issuers: issuers, keys: keys,
		canonical: map[form]canonicalForm{},
	}
	var list []Finding
	for _, text := range proofs {
		proof, err := membersOf(text)
		switch {
		case err != nil:
			list = append(list, unreadable("", "its proof is no JSON object"))
		case proof.text("cryptosuite") == credential.Cryptosuite:
		case len(list) >= maxSignatures:
			return append(list, Finding{}) // too many, whatever they are
		default:
			list = append(list, d.check(ctx, proof))
		}
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
	if !known {
		return told(unsupported("", "the suite "+short(suite)+" is not known"))
	}
	if refused := proof.refuse(time.Now()); refused != nil {
		return told(*refused)
	}
	signature, err := parseProofValue(proof.text("proofValue"))
	if err != nil {
		return told(unreadable("", err.Error()))
	}
	key := findKey(ctx, method, d.issuers, d.keys)
	if key.key == nil {
		return told(Finding{Outcome: Unknown, Reason: key.reason, Detail: "its own signature is not checked: " + key.detail})
	}
	v, err := verifierOf(suite, key.key)
	if err != nil {
		return told(unsupported("", err.Error()))
	}
	holds, err := d.holds(suite, proof, func(config, document []byte) bool { return v.verify(config, document, signature) }, v.hash)
	switch {
	case err != nil:
		return told(unsupported("", err.Error()))
	case holds && key.tied:
		return told(Finding{Outcome: Pass, Detail: "its issuer's own signature holds, by the key " + short(method)})
	case holds:
		return told(Finding{
			Outcome: Unknown, Reason: KeyUnknown,
			Detail: "its own signature is intact under the key " + short(method) + ", which nothing at hand ties to the issuer",
		})
	case key.tied:
		return told(Finding{
			Outcome: Fail, Reason: Broken,
			Detail: "its own signature does not hold under its issuer's key " + short(method) + ": it was changed after it was signed",
		})
	}
	return told(Finding{
		Outcome: Unknown, Reason: Broken,
		Detail: "its own signature does not hold under the key " + short(method) + ", which nothing at hand ties to the issuer",
	})
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
		written := canonicalIn(config, forms[i])
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
		found = canonicalIn(d.unsecured, f)
		d.canonical[f] = found
	}
	return found
}

func canonicalIn(doc []byte, f form) canonicalForm {
	quads, ambiguous, err := rdf.Dataset(doc, f.options)
	if err != nil {
		return canonicalForm{err: err}
	}
	text, err := rdf.Canonicalize(quads, f.hash)
	return canonicalForm{text, ambiguous, err}
}

// scheme is how signatures of a key are checked.
type scheme struct {
	hash   rdf.Hash
	verify func(config, document, signature []byte) bool
}

// verifierOf refuses keys of another kind than those of the suite.
func verifierOf(suite string, key *Key) (scheme, error) {
	switch public := key.Public.(type) {
	case ed25519.PublicKey:
		if suite != suiteEdDSAJCS && suite != suiteEdDSARDFC && suite != suiteEd2020 {
			break
		}
		if weakEd25519(public) {
			return scheme{}, fmt.Errorf("its key is one under which anybody can sign")
		}
		return scheme{rdf.SHA256, func(config, document, signature []byte) bool {
			return len(signature) == ed25519.SignatureSize && ed25519.Verify(public, hashed256(config, document), signature)
		}}, nil
	case *ecdsa.PublicKey:
		if suite != suiteECDSAJCS && suite != suiteECDSARDFC {
			break
		}
		switch public.Curve {
		case elliptic.P256():
			return scheme{rdf.SHA256, func(config, document, signature []byte) bool {
				digest := sha256.Sum256(hashed256(config, document))
				return verifyECDSA(public, digest[:], signature)
			}}, nil
		case elliptic.P384():
			return scheme{rdf.SHA384, func(config, document, signature []byte) bool {
				c, d := sha512.Sum384(config), sha512.Sum384(document)
				digest := sha512.Sum384(append(c[:], d[:]...))
				return verifyECDSA(public, digest[:], signature)
			}}, nil
		}
	}
	return scheme{}, fmt.Errorf("its key is not of the kind that %s takes", suite)
}

func hashed256(config, document []byte) []byte {
	c, d := sha256.Sum256(config), sha256.Sum256(document)
	return append(c[:], d[:]...)
}

// verifyECDSA takes r and s one after the other, as IEEE P1363 has them. Both values of s
// count, as the suites have it.
func verifyECDSA(key *ecdsa.PublicKey, digest, signature []byte) bool {
	size := (key.Curve.Params().BitSize + 7) / 8
	if len(signature) != 2*size {
		return false
	}
	return ecdsa.Verify(key, digest, new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:]))
}

// weakEd25519 tells whether a key is a point of small order, under which a signature holds
// for every text, or is not written in its one way.
func weakEd25519(key ed25519.PublicKey) bool {
	y := bytes.Clone(key)
	y[31] &= 0x7f // without the sign of x
	if y[31] == 0x7f && y[0] >= 0xec && len(bytes.Trim(y[1:31], "\xff")) == 0 {
		return true // -1, and what is not below the prime
	}
	for _, low := range [][]byte{
		{0},
		{1},
		[]byte("\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05"),
		[]byte("\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a"),
	} {
		if bytes.HasPrefix(y, low) && len(bytes.Trim(y[len(low):], "\x00")) == 0 {
			return true
		}
	}
	return false
}

// parseProofValue reads a signature: base58btc in multibase, in its one spelling.
func parseProofValue(text string) ([]byte, error) {
	const longest = 200 // characters; one of P-384 takes 132
	if text == "" || text[0] != 'z' || len(text) > longest {
		return nil, fmt.Errorf("its proofValue is not a signature in base58btc")
	}
	_, signature, err := multibase.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("its proofValue is not a signature in base58btc")
	}
	if again, err := multibase.Encode(multibase.Base58BTC, signature); err != nil || again != text {
		return nil, fmt.Errorf("its proofValue is not a signature in base58btc")
	}
	return signature, nil
}
