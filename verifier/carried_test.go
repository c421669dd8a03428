package verifier_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// pendingProof is one for a document in a form, signed by nobody.
func pendingProof(t *testing.T, doc string, form credential.Form) *verifier.Proof {
	t.Helper()
	id, err := credential.Sum(strings.NewReader(doc), form, "")
	if err != nil {
		t.Fatal(err)
	}
	return &verifier.Proof{
		Credential: id, Salt: verifier.Hash{1},
		Submission: verifier.Submission{
			Issuer: verifier.Address{1}, Home: verifier.Home{Chain: 1, Registry: verifier.Address{2}},
			Count: 1, IssuedAt: 1, Path: []verifier.Hash{}, Signature: verifier.Signature{0: 1, 32: 1, 64: 27},
		},
	}
}

// A proof goes only into its own credential, and one that somebody put elsewhere is
// refused or condemned, never believed.
func TestCarried(t *testing.T) {
	const badge, other = `{"name":"Welding"}`, `{"name":"Soldering"}`
	const svg, otherSVG = `<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>`, `<svg xmlns="http://www.w3.org/2000/svg"><a/></svg>`
	place := func(file string, p *verifier.Proof, form credential.Form) []byte {
		t.Helper()
		data, err := p.EncodeCBOR()
		if err != nil {
			t.Fatal(err)
		}
		out, err := credential.Embed([]byte(file), data, form)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, tt := range []struct {
		name, file, other string
		form              credential.Form
	}{{"JSON", badge, other, credential.FormJCS}, {"SVG", svg, otherSVG, credential.FormRaw}} {
		p := pendingProof(t, tt.file, tt.form)
		out, err := verifier.Embed([]byte(tt.file), p)
		if err != nil {
			t.Fatal(err)
		}
		got, carried, err := verifier.Extract(out)
		if err != nil || string(carried.Original) != tt.file || !carried.Exact || !got.Credential.Equals(p.Credential) || got.Leaf() != p.Leaf() {
			t.Errorf("%s: %+v, %+v, %v", tt.name, got, carried, err)
		}
		v, err := verifier.New(verifier.Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if r := verify(v, p, out); r.Result(verifier.CheckCredential).Result != verifier.Pass || r.Verdict == verifier.Valid {
			t.Errorf("%s: %+v", tt.name, r)
		}
		if _, err := verifier.Embed([]byte(tt.other), p); err == nil {
			t.Errorf("%s: the proof of another credential was embedded", tt.name)
		}
		// Somebody else's tool might.
		wrong := place(tt.other, p, tt.form)
		got, _, err = verifier.Extract(wrong)
		if err != nil {
			t.Fatal(err)
		}
		if r := verify(v, got, wrong); r.Verdict != verifier.Invalid ||
			r.Result(verifier.CheckCredential).Result != verifier.Fail {
			t.Errorf("%s: with another's proof: %+v", tt.name, r)
		}
	}
	// A proof of one kind in the place of the other.
	raw := pendingProof(t, badge, credential.FormRaw)
	if _, err := verifier.Embed([]byte(badge), raw); err == nil {
		t.Error("a raw CID's proof went into JSON")
	}
	for name, file := range map[string][]byte{
		"raw in JSON":     place(badge, raw, credential.FormJCS),
		"json-jcs in SVG": place(svg, pendingProof(t, badge, credential.FormJCS), credential.FormRaw),
	} {
		if _, _, err := verifier.Extract(file); err == nil || !strings.Contains(err.Error(), "does not stand where") {
			t.Errorf("%s: %v", name, err)
		}
	}
	nonsense, err := credential.Embed([]byte(badge), []byte("nonsense"), credential.FormJCS)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := verifier.Extract(nonsense); !errors.Is(err, verifier.ErrNotProof) {
		t.Errorf("nonsense: %v", err)
	}
	if _, _, err := verifier.Extract([]byte(badge)); !errors.Is(err, credential.ErrNoProof) {
		t.Errorf("nothing: %v", err)
	}
}
