package secured

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/hallmark-node/hallmark/internal/sharedtest"
)

// TestSignJCSVector signs the document of the W3C's test vector with its key.
func TestSignJCSVector(t *testing.T) {
	read := func(name string) []byte {
		return readFile(t, sharedtest.Path(t, "material", "vc-di-eddsa", "TestVectors", name))
	}
	var pair struct{ PrivateKeyMultibase string }
	if err := json.Unmarshal(read("keyPair.json"), &pair); err != nil {
		t.Fatal(err)
	}
	_, seed, err := multibase.Decode(pair.PrivateKeyMultibase)
	if err != nil {
		t.Fatal(err)
	}
	key := ed25519.NewKeyFromSeed(seed[2:])
	_, method := DIDKey(key.Public().(ed25519.PublicKey))
	signed, err := SignJCS(read("unsigned.json"), key, method, time.Date(2023, 2, 24, 23, 36, 38, 9, time.FixedZone("", 0)))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(string(read("eddsa-jcs-2022/sigBTC58JCS.txt")))
	if !bytes.Contains(signed, []byte(`"proofValue":"`+want+`"`)) {
		t.Errorf("another signature than the vector's %s:\n%s", want, signed)
	}
}

func TestSignJCSRefuses(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	for _, doc := range []string{``, `[]`, `{}`, `{"a":1,"a":2}`, `{"a":1,"proof":[]}`, `{"a":1}{}`} {
		if signed, err := SignJCS([]byte(doc), key, "did:key:x", time.Unix(0, 0)); err == nil {
			t.Errorf("%s was signed: %s", doc, signed)
		}
	}
	if _, err := SignJCS([]byte(`{"a":1}`), key[:32], "did:key:x", time.Unix(0, 0)); err == nil {
		t.Error("half a key was taken")
	}
}
