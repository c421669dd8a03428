package witness

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/hallmark-node/hallmark/merkle"
)

// Keys of witnesses of public transparency logs, as their operators publish them.
var publicKeys = []string{
	"remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
	"witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
	"transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
	"witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
	"witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G",
}

// A checkpoint of a log for certificates, with signatures of other types by the log, and
// those of four of the witnesses.
const publicNote = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`

func parseKeys(t *testing.T, texts []string) (keys []*Key, list note.Verifiers) {
	t.Helper()
	var verifiers []note.Verifier
	for _, text := range texts {
		k, err := ParseKey(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if k.String() != text {
			t.Errorf("%s became %s", text, k)
		}
		keys, verifiers = append(keys, k), append(verifiers, k)
	}
	return keys, note.VerifierList(verifiers...)
}

// What public witnesses signed holds under their keys as this package reads them, and with
// no byte changed.
func TestPublicWitnesses(t *testing.T) {
	_, known := parseKeys(t, publicKeys)
	n, err := note.Open([]byte(publicNote), known)
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Sigs) != 4 || len(n.UnverifiedSigs) != 2 {
		t.Fatalf("%d hold, %d are of unknown keys", len(n.Sigs), len(n.UnverifiedSigs))
	}
	end := strings.Index(publicNote, "\n\n")
	for i := range end {
		changed := []byte(publicNote)
		changed[i] ^= 1
		if n, err := note.Open(changed, known); err == nil {
			t.Errorf("with byte %d changed %d hold", i, len(n.Sigs))
		}
	}
}

// plainID returns the id in the text form of a key.
func plainID(key string) string { return strings.Split(key, "+")[1] }

// What this package signs is a signed note for package note, beside the Ed25519 signature of
// the same key, which has another id.
func TestNoteInteroperates(t *testing.T) {
	secret, public, err := note.GenerateKey(rand.Reader, "w.example/1")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	plainKey, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := base64.StdEncoding.DecodeString(secret[strings.LastIndex(secret, plainID(public))+9:])
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner("w.example/1", [32]byte(seed[1:]))
	if err != nil {
		t.Fatal(err)
	}
	ours := s.Key().String() // differs in its type, and so in its id
	if s.Key().KeyHash() == plainKey.KeyHash() || ours[len(ours)-42:] != public[len(public)-42:] {
		t.Errorf("%s and %s", s.Key(), public)
	}
	if _, err := ParseKey(public); err == nil {
		t.Error("a key of type 1 was read")
	}
	if _, err := note.NewVerifier(s.Key().String()); err == nil {
		t.Error("package note reads keys of type 4 now: use it")
	}

	block := Block{Chain: 1, Genesis: merkle.Hash(sha256.Sum256(nil)), Number: 7, Hash: merkle.Hash(sha256.Sum256([]byte{1}))}
	at := time.Unix(1_790_000_000, 0)
	both, err := note.Sign(&note.Note{Text: block.Text()}, plain)
	if err != nil {
		t.Fatal(err)
	}
	both = append(both, (linePrefix + s.Sign(block, at) + "\n")...)
	n, err := note.Open(both, note.VerifierList(plainKey, s.Key()))
	if err != nil || len(n.Sigs) != 2 || n.Text != block.Text() {
		t.Fatal(n, err)
	}
	lines, err := Lines(string(both), block)
	if err != nil || len(lines) != 2 {
		t.Fatal(lines, err)
	}
	if seen, err := Verify(block, lines, []*Key{s.Key()}); err != nil || len(seen) != 1 || !seen[0].Time.Equal(at) {
		t.Error(seen, err)
	}
}
