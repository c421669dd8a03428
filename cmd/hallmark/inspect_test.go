package main

import (
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// What inspect says of vouchers: of a proof with evidence of a beacon chain, with
// cosignatures, and with what is neither.
func TestInspectVouchers(t *testing.T) {
	read := func(name string) []byte {
		data, err := os.ReadFile("../../verifier/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	p, err := verifier.ParseProof(read("vouched.proof.json"))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := verifier.ParseTrust(read("trust-committee.json"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := witness.NewSigner("a.example", [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	line := signer.Sign(witness.Block{Chain: 31337}, time.Unix(1767226500, 0))
	witnesses, err := verifier.WitnessVoucher([]string{line, "\x1b nonsense"})
	if err != nil {
		t.Fatal(err)
	}
	a := &p.Anchors[0]
	a.Finality = append(a.Finality, witnesses,
		verifier.Voucher(`{"kind":"oracle\u202e"}`), verifier.Voucher(`{"kind":"beacon","evidence":"0x00"}`))
	show := func(trust *verifier.Trust) string {
		w := &walk{trust: trust}
		w.proof(p)
		if w.err != nil {
			t.Fatal(w.err)
		}
		return w.text()
	}
	for _, want := range []string{
		`   Voucher 1: evidence of the beacon chain\n  evidence +\d+ bytes\n  network +example\n`,
		`  form +direct: the block is the one that the signed header calls final\n`,
		`  in beacon block +slot 8192050  \(2026-01-01T00:10:00Z\)\n +root 0x[0-9a-f]{64}, state 0x[0-9a-f]{64}\n`,
		`  attested by +slot 8192114  \(2026-01-01T00:22:48Z\)\n`,
		`  signed by +30 of 32 validators\n  period +1000, from 2026-01-01T00:00:00Z\n`,
		`  committee it needs +0x[0-9a-f]{64}\n +1 hop leads there from the newest before it in the trust store\n`,
		`   Voucher 2: cosignatures of witnesses\n  signed note +hallmark-finality/eip155:31337/0x[0-9a-f]{64}\n +1000\n`,
		`  cosignature +a.example, key [0-9a-f]{8}, at 2026-01-01T00:15:00Z: not a witness of the trust store\n`,
		`  cosignature +cannot be read: \\u001b nonsense\n`,
		`   Voucher 3: not of a form that is known; it counts for nothing\n  voucher +\{"kind":"oracle`,
		`   Voucher 4: evidence of the beacon chain\n.*\n.*\n  evidence +cannot be read: beacon evidence: `,
	} {
		if got := show(trust); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("no match for %s in\n%s", want, got)
		}
	}
	if got := show(&verifier.Trust{}); !regexp.MustCompile(`network +not known: the trust store says nothing`).MatchString(got) {
		t.Error(got)
	}
}
