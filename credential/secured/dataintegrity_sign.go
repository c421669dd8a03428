package secured

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/multiformats/go-multibase"

	"github.com/hallmark-node/hallmark/credential"
)

// SignJCS returns a document with a proof of the suite eddsa-jcs-2022 (W3C Data Integrity
// EdDSA Cryptosuites 1.0, section 3.3) as its last member "proof": the same bytes otherwise.
// method is the verification method that the proof names, such as that of [DIDKey]; created
// is written in UTC, to the second. The same arguments give the same bytes.
//
// A document that has a member "proof", or that [credential.Canonicalize] refuses, is
// refused.
func SignJCS(doc []byte, key ed25519.PrivateKey, method string, created time.Time) ([]byte, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("the private key has %d bytes, want %d", len(key), ed25519.PrivateKeySize)
	}
	canonical, err := credential.Canonicalize(doc)
	if err != nil {
		return nil, err
	}
	top, err := membersOf(doc)
	switch {
	case err != nil:
		return nil, err
	case top["proof"] != nil:
		return nil, errors.New("the document has a proof already; take it out first")
	case len(top) == 0:
		return nil, errors.New("the document is empty, so there is nothing to sign")
	}
	options := proofObject{
		"type":               quoted("DataIntegrityProof"),
		"cryptosuite":        quoted(suiteEdDSAJCS),
		"created":            quoted(created.UTC().Format(time.RFC3339)),
		"verificationMethod": quoted(method),
		"proofPurpose":       quoted("assertionMethod"),
	}
	if top["@context"] != nil {
		options["@context"] = top["@context"]
	}
	config, err := options.canonical()
	if err != nil {
		return nil, err
	}
	configHash, docHash := sha256.Sum256(config), sha256.Sum256(canonical)
	signature := ed25519.Sign(key, append(configHash[:], docHash[:]...))
	value, err := multibase.Encode(multibase.Base58BTC, signature)
	if err != nil {
		return nil, err
	}
	options["proofValue"] = quoted(value)
	proof, err := options.canonical()
	if err != nil {
		return nil, err
	}
	end := strings.LastIndexByte(string(doc), '}')
	body := strings.TrimRight(string(doc[:end]), " \t\r\n")
	return fmt.Appendf(nil, "%s,\"proof\":%s%s", body, proof, doc[end:]), nil
}

// DIDKey returns the did:key of an Ed25519 key, and the verification method in it.
func DIDKey(key ed25519.PublicKey) (did, method string) {
	text, err := multibase.Encode(multibase.Base58BTC, append([]byte{0xed, 0x01}, key...))
	if err != nil {
		panic(err) // the base is known
	}
	return "did:key:" + text, "did:key:" + text + "#" + text
}

// quoted is a text as JSON.
func quoted(text string) jsontext.Value {
	value, err := jsontext.AppendQuote(nil, text)
	if err != nil { // invalid UTF-8, replaced
		return value
	}
	return value
}
