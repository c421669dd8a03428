package verifycmd

import (
	"bytes"
	"embed"
	"encoding/json"
	"flag"
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallmark-node/hallmark/testdata/badges"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/files"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// kinds are documents in the shapes that issuers hand out, besides the samples in
// testdata/badges. All of their content is made up.
var kinds = []struct{ name, doc string }{
	{"blockcerts-2.json", `{"@context":["https://w3id.org/openbadges/v2","https://w3id.org/blockcerts/v2"],"type":"Assertion",` +
		`"id":"urn:uuid:8c3d","issuedOn":"2025-06-01T10:00:00.000+00:00","expires":"2031-06-01T10:00:00.000+00:00",
		"recipient":{"type":"email","identity":"grace@university.example","hashed":false},"recipientProfile":{"type":["RecipientProfile",` +
		`"Extension"],"name":"Grace Example","publicKey":"ecdsa-koblitz-pubkey:x"},
		"badge":{"type":"BadgeClass","id":"urn:uuid:82a4","name":"Master of Science","image":"data:image/png;base64,iVBORw0KGgo=",` +
		`"criteria":{"narrative":"Passed all examinations."},"issuer":{"type":"Profile","id":"https://university.example/issuer.json",` +
		`"name":"Example University"}},
		"signature":{"type":["MerkleProof2017","Extension"],"merkleRoot":"00"},"verification":{"type":["MerkleProofVerification2017",` +
		`"Extension"]}}`},
	{"blockcerts-3.json", `{"@context":["https://www.w3.org/2018/credentials/v1","https://w3id.org/blockcerts/v3"],` +
		`"type":["VerifiableCredential","BlockcertsCredential"],"id":"urn:uuid:bbba","issuer":"https://university.example/issuer.json",
		"issuanceDate":"2025-06-01T10:00:00Z","expirationDate":"2031-06-01T10:00:00Z","credentialSubject":{"id":"did:example:grace",` +
		`"name":"Grace Example","email":"grace@university.example","claim":{"name":"Master of Science",` +
		`"criteria":"Passed all examinations."}},"proof":{"type":"MerkleProof2019"}}`},
	{"europass.json", `{"@context":["https://www.w3.org/2018/credentials/v1","http://data.europa.eu/snb/model/context/edc-ap"],` +
		`"id":"urn:credential:5d2","type":["VerifiableCredential","EuropeanDigitalCredential"],
		"displayParameter":{"title":{"de":"Zeugnis","en":"Certificate of apprenticeship"}},"issuer":{"id":"urn:epass:org:1",` +
		`"type":"Organisation","legalName":{"fr":"Académie Nationale"}},
		"credentialSubject":{"id":"urn:epass:person:1","type":"Person","fullName":{"en":"Ada Example"},` +
		`"hasClaim":{"type":"LearningAchievement","title":{"en":"Baker"}}},"issued":"2025-01-01T00:00:00",` +
		`"issuanceDate":"2025-01-01T00:00:00","validUntil":"2035-01-01T00:00:00"}`},
	{"learner-record.json", `{"@context":["https://www.w3.org/ns/credentials/v2",` +
		`"https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"],"type":["VerifiableCredential","ClrCredential"],"id":"urn:uuid:9d1",` +
		`"name":"Transcript","issuer":{"id":"did:web:university.example","name":"Example University"},
		"validFrom":"2025-07-01T00:00:00Z","credentialSubject":{"id":"did:example:ada","type":["ClrSubject"],` +
		`"achievement":[{"name":"Algebra"},{"name":"Analysis"}],"verifiableCredential":[{"type":["VerifiableCredential",` +
		`"OpenBadgeCredential"],"issuer":"did:web:university.example"}]}}`},
	{"hostile-names.json", `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],` +
		`"name":"Ex\u0430mple\u202e\u001b[31m","issuer":{"id":"did:web:a.example","name":"Ex\u0430mple College\u200b"},` +
		`"credentialSubject":{"id":"did:example:\u2066x"}}`},
	{"note.txt", "hello\n"},
}

// everyKind returns the samples, those that are like what platforms hand out, and kinds.
func everyKind(t *testing.T) (names []string, docs [][]byte) {
	t.Helper()
	for _, samples := range []struct {
		files  embed.FS
		folder string
	}{{badges.Files, "."}, {badges.Platforms, "platforms"}} {
		entries, err := samples.files.ReadDir(samples.folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			data, err := samples.files.ReadFile(path.Join(samples.folder, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			names, docs = append(names, e.Name()), append(docs, data)
		}
	}
	for _, k := range kinds {
		names, docs = append(names, k.name), append(docs, []byte(k.doc))
	}
	return names, docs
}

// One badge of each kind, as a person and a program read the report on it.
func TestReportsOfEveryKind(t *testing.T) {
	names, docs := everyKind(t)
	batch := verifiertest.NewBatch(t, 1, len(docs), func(i int) []byte { return docs[i] })
	v, err := verifier.New(verifier.Options{
		Trust: batch.Trust, MaxStatusAge: 365 * 24 * time.Hour,
		Now: func() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var text, objects bytes.Buffer
	for i, name := range names {
		res := files.Result{Name: name, Report: v.Verify(batch.Proof(t, i), bytes.NewReader(docs[i]))}
		printDetails(&text, res)
		var line bytes.Buffer
		printJSON(&line, res)
		if err := json.Indent(&objects, line.Bytes(), "", "  "); err != nil {
			t.Fatal(err)
		}
	}
	for file, got := range map[string]string{"kinds.txt": text.String(), "kinds.json": objects.String()} {
		golden := filepath.Join("testdata", file)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: -want +got\n%s", file, diff)
		}
	}
}
