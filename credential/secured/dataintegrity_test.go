package secured

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/sharedtest"
)

// didOf is the DID that a verification method is of.
func didOf(method string) string {
	did, _, _ := strings.Cut(method, "#")
	return did
}

// proofOf is the only proof of a document, or its first.
func proofOf(t testing.TB, doc []byte) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(doc, &object); err != nil {
		t.Fatal(err)
	}
	if list, ok := object["proof"].([]any); ok {
		return list[0].(map[string]any)
	}
	return object["proof"].(map[string]any)
}

// TestVectors checks the W3C's vectors of the suites, with the key's DID as the issuer.
func TestVectors(t *testing.T) {
	for _, v := range []struct{ file, suite string }{
		{"vc-di-eddsa/TestVectors/eddsa-jcs-2022/signedJCS.json", suiteEdDSAJCS},
		{"vc-di-eddsa/TestVectors/eddsa-rdfc-2022/signedDataInt.json", suiteEdDSARDFC},
		{"vc-di-eddsa/TestVectors/Ed25519Signature2020/signedEdSig.json", suiteEd2020},
		{"vc-di-ecdsa/TestVectors/ecdsa-jcs-2019-p256/signedJCSECDSAP256.json", suiteECDSAJCS},
		{"vc-di-ecdsa/TestVectors/ecdsa-rdfc-2019-p256/signedECDSAP256.json", suiteECDSARDFC},
		{"vc-di-eddsa/TestVectors/proof-set-chain/signedProofSet1.json", suiteEdDSARDFC},
	} {
		t.Run(v.file, func(t *testing.T) {
			doc := readFile(t, sharedtest.Path(t, "material", v.file))
			method := proofOf(t, doc)["verificationMethod"].(string)
			f := Check(context.Background(), doc, []string{didOf(method)}, nil, time.Now())
			if f.Outcome != Pass || f.Suite != v.suite || f.Key != method {
				t.Errorf("%+v", f)
			}
			f = Check(context.Background(), doc, []string{"https://vc.example/issuers/5678"}, nil, time.Now())
			if f.Outcome != Unknown || f.Reason != KeyUnknown || !strings.Contains(f.Detail, "intact") {
				t.Errorf("of another issuer: %+v", f)
			}
		})
	}
}

// inFragment finds keys of https issuers as the 1EdTech's samples name them: the method's
// fragment is the Multikey.
func inFragment(_ context.Context, method string) (*Key, error) {
	issuer, key, ok := strings.Cut(method, "#")
	if !ok {
		return nil, errors.New("no fragment")
	}
	public, err := ParseMultikey(key)
	return &Key{Public: public, Controller: issuer}, err
}

// TestSamplesOf1EdTech holds the outcomes against those of the validator that the samples
// are the tests of, by its own names for them: those for errors elsewhere in the credential
// are signed well.
func TestSamplesOf1EdTech(t *testing.T) {
	folder := sharedtest.Path(t, "material", "ob3-1edtech", "inspector-vc", "src", "test", "resources", "ob30")
	for file, want := range map[string]Finding{
		"simple.json":                                {Outcome: Pass, Suite: suiteEdDSARDFC},
		"complete.json":                              {Outcome: Pass, Suite: suiteEdDSARDFC},
		"simple_v1.json":                             {Outcome: Pass, Suite: suiteEd2020},
		"credential-status-revoked.json":             {Outcome: Pass, Suite: suiteEd2020},
		"endorsement-valid.json":                     {Outcome: Pass, Suite: suiteEdDSARDFC},
		"simple-context-alias.json":                  {Outcome: Pass, Suite: suiteEdDSARDFC},
		"simple-context-version.json":                {Outcome: Pass, Suite: suiteEdDSARDFC},
		"simple-did-web-method.json":                 {Outcome: Pass, Suite: suiteEdDSARDFC},
		"simple-multiple-proofs.json":                {Outcome: Pass, Suite: suiteEdDSARDFC},
		"simple-err-expired.json":                    {Outcome: Pass, Suite: suiteEdDSARDFC},
		"simple-err-issued.json":                     {Outcome: Pass, Suite: suiteEdDSARDFC},
		"simple-did-key-method.json":                 {Outcome: Unknown, Reason: KeyUnknown, Suite: suiteEdDSARDFC},
		"simple-err-proof-value.json":                {Outcome: Fail, Reason: Broken, Suite: suiteEdDSARDFC},
		"simple-err-proof-method.json":               {Outcome: Unknown, Reason: KeyUnknown, Suite: suiteEdDSARDFC},
		"simple-err-type.json":                       {Outcome: Unknown, Reason: Unsupported, Suite: suiteEdDSARDFC},
		"simple-err-evidence-type.json":              {Outcome: Unknown, Reason: Unsupported, Suite: suiteEdDSARDFC},
		"simple-err-issuer-type.json":                {Outcome: Unknown, Reason: Unsupported, Suite: suiteEdDSARDFC},
		"simple-eddsa-2022.json":                     {Outcome: Unknown, Reason: Unsupported, Suite: "eddsa-2022"},
		"simple-noproof.json":                        {Outcome: Unknown, Reason: Absent},
		"simple-err-proof-method-no-scheme.json":     {Outcome: Unknown, Reason: KeyUnknown, Suite: suiteEdDSARDFC},
		"endorsement-err-schema-status-refresh.json": {Outcome: Unknown, Reason: Unsupported, Suite: suiteEd2020},
		"../../../../../inspector-clr/src/test/resources/clr20/simple.json": {Outcome: Pass, Suite: suiteEdDSARDFC},
	} {
		doc := readFile(t, filepath.Join(folder, file))
		got := Check(context.Background(), doc, []string{issuerOf(t, doc)}, inFragment, time.Now())
		if got.Outcome != want.Outcome || got.Reason != want.Reason || got.Suite != want.Suite {
			t.Errorf("%s: %+v, want %+v", file, got, want)
		}
	}
}

func issuerOf(t testing.TB, doc []byte) string {
	t.Helper()
	var object struct{ Issuer any }
	if err := json.Unmarshal(doc, &object); err != nil {
		t.Fatal(err)
	}
	if m, ok := object.Issuer.(map[string]any); ok {
		object.Issuer = m["id"]
	}
	issuer, _ := object.Issuer.(string)
	return issuer
}

func objectOf(t testing.TB, doc []byte) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(doc, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

// TestSampleBadges checks the project's own samples, which npm packages check as well, with
// the key of their DID document, and with a proof of Hallmark embedded.
func TestSampleBadges(t *testing.T) {
	folder := filepath.Join("..", "..", "testdata", "badges")
	var did struct {
		ID                 string
		VerificationMethod []struct{ ID, PublicKeyMultibase string }
	}
	if err := json.Unmarshal(readFile(t, filepath.Join(folder, "did.json")), &did); err != nil {
		t.Fatal(err)
	}
	keys := func(_ context.Context, method string) (*Key, error) {
		if method != did.VerificationMethod[0].ID {
			return nil, errors.New("not listed")
		}
		public, err := ParseMultikey(did.VerificationMethod[0].PublicKeyMultibase)
		return &Key{Public: public, Controller: did.ID}, err
	}
	for _, name := range []string{"welding-badge.json", "degree.json", "welding-badge.png", "welding-badge.svg"} {
		doc := readFile(t, filepath.Join(folder, name))
		form := credential.FormRaw
		if filepath.Ext(name) == ".json" {
			form = credential.FormJCS
		}
		carrying, err := credential.Embed(doc, []byte("proof"), form)
		if err != nil {
			t.Fatal(err)
		}
		for what, file := range map[string][]byte{"": doc, " with a proof": carrying} {
			if f := Check(context.Background(), file, []string{did.ID}, keys, time.Now()); f.Outcome != Pass || f.Suite != suiteEdDSAJCS {
				t.Errorf("%s%s: %+v", name, what, f)
			}
			if f := Check(context.Background(), file, []string{did.ID}, nil, time.Now()); f.Outcome != Unknown || f.Reason != KeyUnknown {
				t.Errorf("%s%s, offline: %+v", name, what, f)
			}
		}
	}
}
