// Command gen writes the sample credentials into the folder that it is given. It
// writes the same bytes whenever it runs: go run ./testdata/badges/gen testdata/badges
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/multiformats/go-multibase"

	"github.com/hallmark-node/hallmark/credential"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gen FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

const (
	issuerID = "did:web:college.example"
	keyID    = issuerID + "#key-1"
)

// key is the issuer's. Everybody can make it: whoever has it can sign samples.
var key = func() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("hallmark sample badges, a key that is no secret"))
	return ed25519.NewKeyFromSeed(seed[:])
}()

func write(folder string) error {
	badge, err := signed(badge())
	if err != nil {
		return err
	}
	degree, err := signed(degree())
	if err != nil {
		return err
	}
	token, err := token(tokenBadge())
	if err != nil {
		return err
	}
	picture, err := drawPNG()
	if err != nil {
		return err
	}
	bakedPNG, err := credential.Bake(picture, badge)
	if err != nil {
		return err
	}
	bakedSVG, err := credential.Bake(drawSVG(), badge)
	if err != nil {
		return err
	}
	assertion, err := indented(assertion())
	if err != nil {
		return err
	}
	controller, err := indented(didDocument())
	if err != nil {
		return err
	}
	files, err := platforms()
	if err != nil {
		return err
	}
	if err := writeAll(filepath.Join(folder, "platforms"), files); err != nil {
		return err
	}
	return writeAll(folder, map[string][]byte{
		"welding-badge.json":       append(badge, '\n'),
		"welding-badge.png":        bakedPNG,
		"welding-badge.svg":        bakedSVG,
		"soldering-badge.jwt":      token,
		"first-aid-assertion.json": append(assertion, '\n'),
		"degree.json":              append(degree, '\n'),
		"certificate.pdf":          certificate(),
		"did.json":                 append(controller, '\n'),
	})
}

func writeAll(folder string, files map[string][]byte) error {
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// object is JSON whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var parts []string
	for _, m := range o {
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		parts = append(parts, string(name)+":"+string(value))
	}
	return []byte("{" + strings.Join(parts, ",") + "}"), nil
}

func indented(o object) ([]byte, error) { return json.MarshalIndent(o, "", "  ") }

// signed returns a credential with a Data Integrity proof of the suite
// eddsa-jcs-2022: over the hash of the proof's own options and that of the credential
// without proof, both in the form of RFC 8785.
func signed(vc object) ([]byte, error) {
	options := object{
		{"type", "DataIntegrityProof"},
		{"cryptosuite", "eddsa-jcs-2022"},
		{"created", "2026-01-15T09:00:00Z"},
		{"verificationMethod", keyID},
		{"proofPurpose", "assertionMethod"},
	}
	hashed, err := json.Marshal(append(object{vc[0]}, options...)) // with the credential's @context
	if err != nil {
		return nil, err
	}
	document, err := json.Marshal(vc)
	if err != nil {
		return nil, err
	}
	var input []byte
	for _, part := range [][]byte{hashed, document} {
		canonical, err := credential.Canonicalize(part)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(canonical)
		input = append(input, sum[:]...)
	}
	value, err := multibase.Encode(multibase.Base58BTC, ed25519.Sign(key, input))
	if err != nil {
		return nil, err
	}
	return indented(append(vc, member{"proof", append(append(object{vc[0]}, options...), member{"proofValue", value})}))
}

// token returns a credential as a VC-JWT of Open Badges 3.0: the payload is the
// credential, with the registered claims beside it.
func token(vc object) ([]byte, error) {
	header, err := json.Marshal(object{{"alg", "EdDSA"}, {"typ", "JWT"}, {"kid", keyID}})
	if err != nil {
		return nil, err
	}
	payload, err := json.Marshal(vc)
	if err != nil {
		return nil, err
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode(header) + "." + encode(payload)
	return []byte(text + "." + encode(ed25519.Sign(key, []byte(text)))), nil
}

// publicKey returns the key in the form of a Multikey.
func publicKey() string {
	text, err := multibase.Encode(multibase.Base58BTC, append([]byte{0xed, 0x01}, key.Public().(ed25519.PublicKey)...))
	if err != nil {
		panic(err) // base58 is a constant of the library
	}
	return text
}
