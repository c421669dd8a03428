package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// told returns what is said of files in a folder, when one of them is asked for.
func told(t *testing.T, v *verifier.Verifier, files map[string][]byte, name string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := do(v, (&finder{tree: disk}).items(filepath.Join(dir, name), true), func(w io.Writer, r Result) {
		if r.Err != nil {
			fmt.Fprintln(w, r.Err)
			return
		}
		fmt.Fprintln(w, r.Report.Verdict)
	})
	return strings.ReplaceAll(out.Text.String(), dir+string(filepath.Separator), "")
}

// A learner record with a proof of its own needs none of its parts, wherever those might
// have had one.
func TestBrokenArchiveBesideARecord(t *testing.T) {
	record := []byte(`{"@context":["https://www.w3.org/ns/credentials/v2",` +
		`"https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"],"type":["VerifiableCredential","ClrCredential"],"id":"urn:uuid:9d1",` +
		`"name":"Transcript","issuer":{"id":"did:web:university.example","name":"Example University"},` +
		`"credentialSubject":{"id":"did:example:ada","type":["ClrSubject"],"achievement":[{"name":"Algebra"}],` +
		`"verifiableCredential":[{"type":["VerifiableCredential","OpenBadgeCredential"],"issuer":"did:web:university.example"}]}}`)
	batch := verifiertest.NewBatch(t, 1, 1, func(int) []byte { return record })
	v, err := verifier.New(verifier.Options{Trust: batch.Trust, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	proof, err := json.Marshal(batch.Proof(t, 0))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"record.json": record, "record.json.proof.json": proof}
	want := told(t, v, files, "record.json")
	files["old.proofs"] = []byte("hello")
	if got := told(t, v, files, "record.json"); got != want || strings.Count(got, "\n") != 1 {
		t.Errorf("beside a broken archive:\n%swithout:\n%s", got, want)
	}
}

// One archive is good; those that are not do not keep it from being found.
func TestManyBrokenArchives(t *testing.T) {
	v, p := newTestVerifier(t)
	document, err := os.ReadFile("../testdata/badge.json")
	if err != nil {
		t.Fatal(err)
	}
	var all archive.Collection
	var good bytes.Buffer
	w := archive.NewWriter(&good)
	if err := errors.Join(all.Add(p, ""), all.Write(w), w.Close()); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"badge.json": document, "z.proofs": good.Bytes()}
	want := told(t, v, files, "badge.json")
	for i := range maxArchivesFound + 1 {
		files[fmt.Sprintf("a%d.proofs", i)] = []byte("hello")
	}
	if got := told(t, v, files, "badge.json"); got != want || strings.Contains(got, "proof") {
		t.Errorf("beside broken archives %q, without %q", got, want)
	}
	delete(files, "z.proofs")
	if got := told(t, v, files, "badge.json"); !strings.HasPrefix(got, "badge.json: its proof cannot be looked for: a0.proofs: ") ||
		strings.Count(got, ".proofs") != 1 {
		t.Errorf("beside broken archives alone: %q", got)
	}
}

// A document may have two CIDs. Damage that is met on the way to one is told, though
// there is none on the way to the other.
func TestDamageOnTheWayToOneForm(t *testing.T) {
	document := []byte(`{"type":["VerifiableCredential","OpenBadgeCredential"],"@context":["https://www.w3.org/ns/credentials/v2"],` +
		`"issuer":"did:web:a.example"}`)
	sum := func(document string, form credential.Form) []byte {
		c, err := credential.Sum(strings.NewReader(document), form, "")
		if err != nil {
			t.Fatal(err)
		}
		return c.Bytes()
	}
	canonical, err := credential.Sum(bytes.NewReader(document), credential.FormAuto, "")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := credential.Sum(bytes.NewReader(document), credential.FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	const count = 64
	var set archive.Set
	for i := range count {
		c := sum(fmt.Sprint("document ", i), credential.FormRaw)
		if i == 50 {
			c = canonical.Bytes()
		}
		if err := set.Add(c, sha256.Sum256([]byte{byte(i)}), ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.Build(); err != nil {
		t.Fatal(err)
	}
	p := verifier.Proof{Submission: verifier.Submission{
		Issuer: verifier.Address{19: 1}, Home: verifier.Home{Chain: 1, Registry: verifier.Address{19: 2}}, Count: count, IssuedAt: 1,
		Signature: verifier.Signature{64: 27},
	}}
	var out bytes.Buffer
	w := archive.NewWriter(&out)
	if err := w.Add(&set, archive.Shared{Proof: &p}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	v, _ := newTestVerifier(t)
	for at := range out.Len() {
		damaged := bytes.Clone(out.Bytes())
		damaged[at] ^= 0x80
		a, err := archive.Open(bytes.NewReader(damaged), int64(len(damaged)))
		if err != nil {
			continue
		}
		if _, err := a.Find(canonical); err == nil {
			continue
		}
		if _, err := a.Find(raw); err != nil {
			continue
		}
		got := told(t, v, map[string][]byte{"badge.json": document, "all.proofs": damaged}, "badge.json")
		if !strings.HasPrefix(got, "badge.json: its proof cannot be looked for: all.proofs: ") {
			t.Errorf("byte %d is damaged: %q", at, got)
		}
		return
	}
	t.Fatal("no such byte")
}
