package online

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/credential/hosted"
)

func FuzzBitstring(f *testing.F) {
	f.Add(`{"type":["VerifiableCredential","BitstringStatusListCredential"],"id":"https://a",`+
		`"credentialSubject":{"type":"BitstringStatusList",`+
		`"statusPurpose":"revocation","encodedList":"uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"}}`,
		`{"statusPurpose":"revocation","statusListIndex":"94567","statusListCredential":"https://a"}`)
	f.Add(`{"vc":{}}`, `{"statusSize":2,"statusMessage":[{"status":"0x0"}]}`)
	f.Fuzz(func(t *testing.T, list, entry string) {
		l, err := readBitstringList([]byte(list))
		e, err2 := readBitstringEntry([]byte(entry))
		if err != nil || err2 != nil {
			return
		}
		if len(l.bits) > MaxBitstring || l.ttl < 0 {
			t.Errorf("%d bytes, %s", len(l.bits), l.ttl)
		}
		if v, err := l.value(e); err == nil && v >= 1<<e.Size {
			t.Errorf("%d bits say %d", e.Size, v)
		}
	})
}

func FuzzRevocations(f *testing.F) {
	f.Add(`{"issuer":{"id":"a"},"revokedCredential":[{"id":"b","revoked":true},"c"]}`)
	f.Add(`{"revokedAssertions":[{"uid":"b"},"c"]}`)
	f.Fuzz(func(t *testing.T, body string) {
		r, err := hosted.ReadRevocations([]byte(body))
		if err != nil {
			return
		}
		if _, ok := r.Why[""]; ok {
			t.Error("an entry without id")
		}
	})
}

func FuzzHosted(f *testing.F) {
	f.Add(200, `{"id":"https://a","revoked":true}`)
	f.Add(200, `{"id":"https://a","type":"Assertion"}`)
	f.Add(410, ``)
	f.Fuzz(func(t *testing.T, status int, body string) {
		revoked, _, err := readHosted(&Answer{Status: status, Body: []byte(body)}, "https://a")
		if err == nil && status == 200 && revoked && !strings.Contains(body, "revoked") && !strings.Contains(body, "\\u") &&
			strings.HasPrefix(strings.TrimSpace(body), "{") {
			t.Error("revoked without the word")
		}
	})
}

func FuzzController(f *testing.F) {
	const did = "did:web:college.example"
	f.Add(`{"id":"`+did+`","verificationMethod":[{"id":"#a","controller":"`+did+`","publicKeyMultibase":`+
		`"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}],"assertionMethod":["#a"]}`, did+"#a")
	f.Add(`{"id":"`+did+`","assertionMethod":{"id":"`+did+`","controller":"`+did+`","publicKeyJwk":{"kty":"EC"}}}`, did)
	f.Fuzz(func(t *testing.T, body, method string) {
		c, err := readController([]byte(body))
		if err != nil {
			return
		}
		key, err := c.assertionKey(method, time.Unix(1_800_000_000, 0))
		if err == nil && (key.Public == nil || key.Controller != c.ID || !c.lists(method) && method != c.ID) {
			t.Errorf("%+v", key)
		}
	})
}

func FuzzCached(f *testing.F) {
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if a := readCached(data, time.Unix(1_800_000_000, 0)); a != nil && a.At.IsZero() {
			t.Error("an answer without a date")
		}
	})
}

func FuzzDIDWeb(f *testing.F) {
	f.Add("did:web:example.com%3A3000:user:alice")
	f.Fuzz(func(t *testing.T, did string) {
		address, err := didWebURL(did)
		if err == nil && (!strings.HasPrefix(address, "https://") || !strings.HasSuffix(address, "/did.json") ||
			issuerHost(address) != issuerHost(did)) {
			t.Errorf("%q is %q", did, address)
		}
	})
}

func FuzzWebKey(f *testing.F) {
	f.Add(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, "https://a/k")
	f.Add(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"b"}]}`, "https://a/k#b")
	f.Fuzz(func(t *testing.T, body, method string) {
		var set keySet
		if json.Unmarshal([]byte(body), &set) != nil {
			return
		}
		key, err := set.key([]byte(body), method)
		if (key == nil) == (err == nil) || key != nil && (key.Public == nil || key.Controller != "") {
			t.Errorf("%+v, %v", key, err)
		}
	})
}
