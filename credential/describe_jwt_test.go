package credential

import (
	"encoding/base64"
	"encoding/json"
	"testing"
)

// TestPlainPayload has JWS in JSON whose payload is not encoded (RFC 7797). Whom they name
// is told only where no reader could decode the payload instead.
func TestPlainPayload(t *testing.T) {
	const credential = `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],` +
		`"issuer":"did:example:i","credentialSubject":{"id":"did:example:s"}}`
	quote := func(text string) string {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(quoted)
	}
	header := func(object string) string {
		return `"protected":"` + base64.RawURLEncoding.EncodeToString([]byte(object)) + `"`
	}
	const plain, encoded = `{"alg":"ES256","b64":false,"crit":["b64"]}`, `{"alg":"ES256"}`
	for name, c := range map[string]struct {
		doc  string
		told bool
	}{
		"flattened":       {`{"payload":` + quote(credential) + `,` + header(plain) + `,"signature":"AA"}`, true},
		"general":         {`{"payload":` + quote(credential) + `,"signatures":[{` + header(plain) + `,"signature":"AA"}]}`, true},
		"two that differ": {`{"payload":` + quote(credential) + `,"signatures":[{` + header(plain) + `},{` + header(encoded) + `}]}`, false},
		"none":            {`{"payload":` + quote(credential) + `,"signatures":[]}`, false},
		"not signed":      {`{"payload":` + quote(credential) + `,` + header(encoded) + `,"header":{"b64":false},"signature":"AA"}`, false},
		"in both":         {`{"payload":` + quote(credential) + `,` + header(plain) + `,"header":{"b64":false},"signature":"AA"}`, false},
		"is base64url": {
			`{"payload":"` + base64.RawURLEncoding.EncodeToString([]byte(credential)) + `",` + header(plain) + `,"signature":"AA"}`, false,
		},
		"another issuer beside": {
			`{"payload":` + quote(credential) + `,` + header(`{"b64":false,"iss":"did:example:x"}`) + `,"signature":"AA"}`, false,
		},
	} {
		d := Describe([]byte(c.doc))
		if (d.Problem == "") != c.told || c.told && (len(d.IssuerIDs) != 1 || d.IssuerIDs[0] != "did:example:i" || d.Carrier != "JWS") {
			t.Errorf("%s: %q %q %s", name, d.Problem, d.IssuerIDs, d.Title())
		}
	}
}
