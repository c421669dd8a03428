package portfolio

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/issuer/paper"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// badge is an Open Badge 3.0 of a title.
func badge(title string) []byte {
	return fmt.Appendf(nil, `{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
		"type":["VerifiableCredential","OpenBadgeCredential"],
		"issuer":{"id":"did:web:college.example","type":["Profile"],"name":"Example College"},
		"credentialSubject":{"type":["AchievementSubject"],"name":"Pat Miller","achievement":{"id":"https://college.example/a",
		"type":["Achievement"],"name":%q,"alignment":[{"targetName":"Seams","targetCode":"A1","targetFramework":"College"}]}}}`, title)
}

func put(t *testing.T, folder, name string, data []byte) {
	t.Helper()
	path := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func encoded(t *testing.T, p *verifier.Proof) []byte {
	t.Helper()
	text, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCollect(t *testing.T) {
	var documents [][]byte
	for i := range 5 {
		documents = append(documents, badge(fmt.Sprintf("Welding %d", i)))
	}
	world := verifiertest.NewBatch(t, 1, len(documents), func(i int) []byte { return documents[i] })
	folder := t.TempDir()
	proof := func(i int) []byte { return encoded(t, world.Proof(t, i)) }

	put(t, folder, "beside.json", documents[0])
	put(t, folder, "beside.json.proof.json", proof(0))
	carrying, err := verifier.Embed(documents[1], world.Proof(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	put(t, folder, "2025/carrying.json", carrying)
	put(t, folder, "archived.json", documents[2])
	var (
		set archive.Collection
		out bytes.Buffer
		w   = archive.NewWriter(&out)
	)
	if err := errors.Join(set.Add(world.Proof(t, 2), ""), set.Write(w), w.Close()); err != nil {
		t.Fatal(err)
	}
	put(t, folder, "all.proofs", out.Bytes())

	pending := *world.Proof(t, 3)
	pending.Batch, pending.Anchors = nil, nil
	put(t, folder, "left/pending.json", documents[3])
	put(t, folder, "left/pending.json.proof.json", encoded(t, &pending))
	put(t, folder, "left/copy.json", carrying)
	put(t, folder, "left/another.json", documents[4])
	put(t, folder, "left/another.json.proof.json", proof(0))
	put(t, folder, "left/broken.json", documents[4])
	put(t, folder, "left/broken.json.proof.json", []byte("{}"))
	put(t, folder, "left/broken.proofs", []byte(archive.Magic+"nothing"))
	put(t, folder, "left/alone.json.proof.json", proof(4))
	put(t, folder, "left/notes.txt", []byte("notes"))
	put(t, folder, "left/large.bin", make([]byte, issuer.MaxDocument+1))
	put(t, folder, ".hidden/beside.json", documents[4])
	put(t, folder, "Thumbs.db", []byte("pictures"))

	got, err := Collect(folder)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, b := range got.Badges {
		files = append(files, b.File)
		if _, err := paper.Evidence(b.Proof, b.Document); err != nil {
			t.Errorf("%s: %v", b.File, err)
		}
	}
	if want := []string{"2025/carrying.json", "archived.json", "beside.json"}; !slices.Equal(files, want) {
		t.Errorf("badges %q, want %q", files, want)
	}
	want := []Left{
		{"left/alone.json.proof.json", "it is a proof, and its badge is not beside it"},
		{"left/another.json", "the file is not the credential that this proof is about"},
		{"left/broken.json", "left/broken.json.proof.json: "},
		{"left/broken.proofs", "archive: "},
		{"left/copy.json", "it is the same badge as 2025/carrying.json"},
		{"left/large.bin", "it is larger than 16 MiB"},
		{"left/notes.txt", "there is no proof of it"},
		{"left/pending.json", "its proof is still pending"},
	}
	for i, w := range want {
		if i >= len(got.Left) || got.Left[i].File != w.File || !strings.Contains(got.Left[i].Why, w.Why) {
			t.Errorf("left out: %+v\nwant %+v", got.Left, w)
			break
		}
	}
	if len(got.Left) != len(want) {
		t.Errorf("%d are left out, want %d: %+v", len(got.Left), len(want), got.Left)
	}
}

func TestCollectNowhere(t *testing.T) {
	folder := t.TempDir()
	put(t, folder, "file", nil)
	for _, path := range []string{filepath.Join(folder, "none"), filepath.Join(folder, "file")} {
		if _, err := Collect(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if c, err := Collect(t.TempDir()); err != nil || len(c.Badges)+len(c.Left) > 0 {
		t.Errorf("an empty folder: %+v, %v", c, err)
	}
}

// What is more than a portfolio holds is left out, and told of.
func TestCollectTooMuch(t *testing.T) {
	const each = 12 << 20
	documents := make([][]byte, 9)
	for i := range documents {
		documents[i] = bytes.Repeat([]byte{'a' + byte(i)}, each)
	}
	world := verifiertest.NewBatch(t, 1, len(documents), func(i int) []byte { return documents[i] })
	folder := t.TempDir()
	for i, document := range documents {
		name := fmt.Sprintf("%d.bin", i)
		put(t, folder, name, document)
		put(t, folder, name+issuer.ProofSuffix, encoded(t, world.Proof(t, i)))
	}
	got, err := Collect(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Badges) != MaxSize/each || len(got.Left) != 1 || !strings.Contains(got.Left[0].Why, "larger than 100 MiB") {
		t.Errorf("%d badges, left out %+v", len(got.Badges), got.Left)
	}
}
