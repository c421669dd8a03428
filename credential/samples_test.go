package credential

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"os"
	"testing"

	"github.com/multiformats/go-multibase"
)

// The signature in the sample holds under the key in did.json; the method is that of
// the published vectors, on which it is tried first.
func TestSampleSignatures(t *testing.T) {
	var keys struct {
		VerificationMethod []struct{ PublicKeyMultibase string }
	}
	if err := json.Unmarshal(readFile(t, "../testdata/badges/did.json"), &keys); err != nil {
		t.Fatal(err)
	}
	sample := keys.VerificationMethod[0].PublicKeyMultibase
	vectors := map[string]string{
		"../testdata/badges/welding-badge.json": sample,
		"../testdata/badges/degree.json":        sample,
	}
	if vector := "../../shared/material/vc-di-eddsa/TestVectors/eddsa-jcs-2022/signedJCS.json"; fileExists(vector) {
		vectors[vector] = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
	}
	for file, key := range vectors {
		doc := readFile(t, file)
		var vc struct{ Proof map[string]any }
		if err := json.Unmarshal(doc, &vc); err != nil {
			t.Fatal(err)
		}
		value, _ := vc.Proof["proofValue"].(string)
		delete(vc.Proof, "proofValue")
		options, err := json.Marshal(vc.Proof)
		if err != nil {
			t.Fatal(err)
		}
		var input []byte
		for _, part := range [][]byte{options, doc} {
			canonical, err := Canonicalize(part)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(canonical)
			input = append(input, sum[:]...)
		}
		_, signature, err := multibase.Decode(value)
		_, public, err2 := multibase.Decode(key)
		if err != nil || err2 != nil || !ed25519.Verify(ed25519.PublicKey(public[2:]), input, signature) {
			t.Errorf("%s: the signature does not hold (%v, %v)", file, err, err2)
		}
	}
}

func fileExists(name string) bool { _, err := os.Stat(name); return err == nil }
