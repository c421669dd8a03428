package rdf

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/hallmark-node/hallmark/internal/sharedtest"
)

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func canonical(t testing.TB, doc []byte, with Hash) string {
	t.Helper()
	quads, _, err := NewReader().Dataset(doc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := NewReader().Canonicalize(quads, with)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestVectors makes the canonical N-Quads of the W3C's vectors for the suites.
func TestVectors(t *testing.T) {
	for _, v := range [][3]string{
		{"vc-di-eddsa/TestVectors/eddsa-rdfc-2022", "signedDataInt.json", "canonDocDataInt.txt"},
		{"vc-di-eddsa/TestVectors/eddsa-rdfc-2022", "proofConfigDataInt.json", "proofCanonDataInt.txt"},
		{"vc-di-eddsa/TestVectors/Ed25519Signature2020", "signedEdSig.json", "canonDocEdSig.txt"},
		{"vc-di-eddsa/TestVectors/Ed25519Signature2020", "proofConfigEdSig.json", "proofCanonEdSig.txt"},
		{"vc-di-ecdsa/TestVectors/ecdsa-rdfc-2019-p256", "signedECDSAP256.json", "canonDocECDSAP256.txt"},
		{"vc-di-ecdsa/TestVectors/ecdsa-rdfc-2019-p256", "proofConfigECDSAP256.json", "proofCanonECDSAP256.txt"},
	} {
		t.Run(v[0]+"/"+v[1], func(t *testing.T) {
			folder := sharedtest.Path(t, "material", v[0])
			want := readFile(t, filepath.Join(folder, v[2]))
			var doc map[string]json.RawMessage
			if err := json.Unmarshal(readFile(t, filepath.Join(folder, v[1])), &doc); err != nil {
				t.Fatal(err)
			}
			delete(doc, "proof")
			text, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			if got := canonical(t, text, SHA256); !bytes.Equal(bytes.TrimSpace([]byte(got)), bytes.TrimSpace(want)) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
