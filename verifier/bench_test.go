package verifier_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// BenchmarkVerify measures one verification without the document, of proofs that
// share header, account proof, storage proof and status list, as those of one
// batch do:
//
//   - recovery is one recovery of a signature, and hashes are the Merkle paths and
//     statements that a proof needs: the least that a verification can cost.
//   - parsed starts from a proof in memory whose signature was not seen before,
//     bytes from the file.
//   - again and again-bytes are the same where the signature was seen before too,
//     as in proofs of one submission.
//   - new starts from bytes with a verifier that has seen nothing.
func BenchmarkVerify(b *testing.B) {
	const submissions, each = 256, 1024
	batch := verifiertest.NewBatch(b, submissions, each, func(i int) []byte { return fmt.Appendf(nil, "credential %d", i) })
	options := verifier.Options{Trust: batch.Trust, Now: func() time.Time { return batch.Now }}
	v := mustVerifier(b, options)
	proofs := make([]*verifier.Proof, submissions) // each of another submission
	files := make([][]byte, submissions)
	for i := range proofs {
		proofs[i] = batch.Proof(b, i*each+i)
		data, err := proofs[i].Encode()
		if err != nil {
			b.Fatal(err)
		}
		files[i] = data
		if r := v.Verify(proofs[i], nil); r.Verdict != verifier.Valid {
			b.Fatal(describe(r))
		}
	}
	b.Logf("a proof has %d bytes", len(files[0]))
	each1 := func(name string, f func(i int)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f(i % submissions)
			}
		})
	}
	digest := verifier.Hash{1}
	parse := func(i int) *verifier.Proof {
		p, err := verifier.ParseProof(files[i])
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	valid := func(v *verifier.Verifier, p *verifier.Proof) {
		if r := v.Verify(p, nil); r.Verdict != verifier.Valid {
			b.Fatal(describe(r))
		}
	}
	each1("recovery", func(i int) {
		if _, err := verifier.Recover(digest, proofs[i].Submission.Signature); err != nil {
			b.Fatal(err)
		}
	})
	each1("hashes", func(i int) {
		p := proofs[i]
		root := merkle.Root(p.Leaf(), p.Submission.Path)
		id := verifier.BatchLeaf(p.Submission.Issuer,
			verifier.SubmissionDigest(p.Submission.Home, root, p.Submission.Count, p.Submission.IssuedAt))
		merkle.Root(id, p.Batch.Path)
		for _, e := range p.Anchors[0].Status {
			merkle.Root(verifier.StatusLeaf(e.ID, e.Code, e.Next), e.Path)
		}
	})
	each1("parsed", func(i int) { v.ForgetSignatures(); valid(v, proofs[i]) })
	each1("bytes", func(i int) { v.ForgetSignatures(); valid(v, parse(i)) })
	each1("again", func(i int) { valid(v, proofs[i]) })
	each1("again-bytes", func(i int) { valid(v, parse(i)) })
	each1("parse", func(i int) { parse(i) })
	each1("new", func(i int) { v.Forget(); valid(v, parse(i)) })
}

// BenchmarkVoucher measures the verification of a proof from its bytes by what vouches for
// its block: with a verifier that has seen a proof of that block before, and with a new
// one. The first may cost 50 us more than by a pin.
func BenchmarkVoucher(b *testing.B) {
	for _, by := range []string{"pin", "beacon", "witness"} {
		v := newVouchedBy(b, 512)
		switch by {
		case "pin":
			v.pin()
		case "beacon":
			v.setBeacon(v.direct())
		case "witness":
			at := time.Unix(issuedAt+900, 0)
			v.setWitnesses(v.witnesses[0].Sign(v.noted(), at), v.witnesses[1].Sign(v.noted(), at))
		}
		data := v.encode()
		verify := func(engine *verifier.Verifier) {
			p, err := verifier.ParseProof(data)
			if err != nil {
				b.Fatal(err)
			}
			if r := engine.Verify(p, nil); r.Verdict != verifier.Valid {
				b.Fatal(describe(r))
			}
		}
		engine := mustVerifier(b, v.options())
		b.Run(by+"/again", func(b *testing.B) {
			for b.Loop() {
				verify(engine)
			}
		})
		b.Run(by+"/new", func(b *testing.B) {
			for b.Loop() {
				verify(mustVerifier(b, v.options()))
			}
		})
	}
}

// BenchmarkParse compares the reading of a proof file token by token with that by
// the JSON library's reflection, which it replaced.
func BenchmarkParse(b *testing.B) {
	data := newGood(b).encode()
	for _, way := range []struct {
		name  string
		parse func([]byte) (*verifier.Proof, error)
	}{{"tokens", verifier.ParseProof}, {"reflection", verifier.ParseByReflection}} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := way.parse(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
