package verifier

import (
	"os"
	"testing"
)

// The file of a proof is what the tags of its types say, by which nodes write parts of it.
func TestEncodeAsTagged(t *testing.T) {
	type wire struct {
		Hallmark   int        `json:"hallmark"`
		Credential string     `json:"credential"`
		Salt       Hash       `json:"salt"`
		Submission Submission `json:"submission"`
		Batch      *Batch     `json:"batch,omitempty"`
		Anchors    []Anchor   `json:"anchors,omitempty"`
		Hints      *Hints     `json:"hints,omitempty"`
	}
	for _, name := range []string{"badge.json.proof.json", "pending.proof.json", "vouched.proof.json"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParseProof(data)
		if err != nil {
			t.Fatal(err)
		}
		full := *p
		full.Hints = &Hints{Node: "https://node.example/?a=<b>&\u2028\"", Transaction: "0x00"}
		full.Submission.Identity = []Identity{{Kind: "x509", Path: []Hash{{1}, {2}}, Evidence: []byte{1, 2}}, {Kind: "dnssec"}}
		full.Submission.Path = nil
		empty := *p
		empty.Hints = &Hints{}
		if p.Batch != nil {
			full.Anchors = append([]Anchor(nil), p.Anchors...)
			a := &full.Anchors[0]
			a.Status = []StatusEntry{{Code: 2, Path: []Hash{{3}}}, {}}
			a.Finality = []Voucher{Voucher(`{"kind":"x","b" : [1,{"c":null}], "\u0061":"\u00e9" }`)}
			full.Batch = &Batch{}
		}
		for _, p := range []*Proof{p, &full, &empty} {
			got, err := p.Encode()
			if err != nil {
				t.Fatal(err)
			}
			want, err := encode(wire{1, p.Credential.String(), p.Salt, p.Submission, p.Batch, p.Anchors, p.Hints})
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
			}
		}
		bad := *p
		bad.Hints = &Hints{Node: "\xff"}
		if _, err := bad.Encode(); err == nil {
			t.Error("what is not UTF-8 is written")
		}
	}
}
