package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/bench/load"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// finalProofs are proofs of credentials of different submissions, final on a real chain
// in one batch, and a trust store in which they are valid.
type finalProofs struct {
	folder string
	proofs []*verifier.Proof
	files  [][]byte
	trust  string // file
}

// makeProofs makes proofs on a chain of their own.
func (b *bench) makeProofs(number, size int) (*finalProofs, error) {
	w, err := b.newWorld()
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.close() }()
	return w.makeProofs(number, size)
}

// makeProofs submits that many submissions of a size and takes a proof of each.
func (w *world) makeProofs(number, size int) (*finalProofs, error) {
	b := w.b
	folder, err := os.MkdirTemp(b.folder, "proofs-")
	if err != nil {
		return nil, err
	}
	n, err := w.startNode(filepath.Join(folder, "node"), 5*time.Second)
	if err != nil {
		return nil, err
	}
	defer func() { _ = n.stop() }()
	target, src := load.NewTarget(n.url, readsAtOnce), w.source(size, 1)
	_, samples, err := load.Submit(b.ctx, target, src, load.Plan{Number: number, Concurrency: readsAtOnce}, load.Window, number, nil)
	if err != nil {
		return nil, err
	}
	if _, err := load.Await(b.ctx, target, samples, readsAtOnce, func() {}); err != nil {
		return nil, err
	}
	out := &finalProofs{folder: folder, trust: filepath.Join(folder, "trust.json")}
	var names []string
	for i := range samples {
		p, err := proofOf(b, target, src, &samples[i])
		if err != nil {
			return nil, err
		}
		data, err := p.Encode()
		if err != nil {
			return nil, err
		}
		out.proofs, out.files = append(out.proofs, p), append(out.files, data)
		if err := os.WriteFile(out.file(i), data, 0o644); err != nil {
			return nil, err
		}
		names = append(names, out.file(i))
	}
	for _, args := range [][]string{
		append([]string{"pin", "--trust", out.trust, "--rpc", w.rpc, "--test"}, names...),
		{"add-issuer", "--trust", out.trust, "--any-id", "--name", "bench", "--address", w.issuer.Address().String()},
	} {
		if _, err := command(b.ctx, b.program("hallmark"), append([]string{"trust"}, args...)...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (f *finalProofs) file(i int) string {
	return filepath.Join(f.folder, strconv.Itoa(i)+".proof.json")
}

// proofOf asks for the proof of a sample.
func proofOf(b *bench, target *load.Target, src *load.Source, s *load.Sample) (*verifier.Proof, error) {
	_, answer, err := target.Get(b.ctx, load.ProofPath(src.Leaf(s.Submission, s.Index), s.ID()), nil)
	if err != nil {
		return nil, err
	}
	var part client.LeafProof
	if err := json.Unmarshal(answer, &part); err != nil {
		return nil, err
	}
	p := &verifier.Proof{Submission: part.Submission, Batch: part.Batch, Anchors: part.Anchors, Hints: part.Hints}
	p.Credential, p.Salt = src.Credential(s.Submission, s.Index)
	return p, nil
}

// verifyLibRow verifies proofs of one batch in the library with one verifier. Each is of
// another submission, so that no signature was seen before; what the chain says of the
// batch was. The limit is the recovery of a signature in the same way, and the hashes
// from the credential to the batch root.
func verifyLibRow(b *bench) error {
	const number, size = 1000, 1024
	f, err := b.makeProofs(number, size)
	if err != nil {
		return err
	}
	store, err := os.ReadFile(f.trust)
	if err != nil {
		return err
	}
	trust, err := verifier.ParseTrust(store)
	if err != nil {
		return err
	}
	// each measures one of all proofs but the first, with a verifier that has seen that
	// one only.
	each := func(do func(v *verifier.Verifier, i int)) measure {
		return func() (float64, error) {
			v, err := verifier.New(verifier.Options{Trust: trust, Now: time.Now, AllowTest: true})
			if err != nil {
				return 0, err
			}
			valid(v, f.proofs[0])
			begin := time.Now()
			for i := 1; i < number; i++ {
				do(v, i)
			}
			return float64(time.Since(begin)) / float64(time.Millisecond) / (number - 1), nil
		}
	}
	s, err := inTurn(b.runs,
		each(func(v *verifier.Verifier, i int) { valid(v, f.proofs[i]) }),
		each(func(v *verifier.Verifier, i int) { valid(v, must(verifier.ParseProof(f.files[i]))) }),
		each(func(v *verifier.Verifier, _ int) { valid(v, must(verifier.ParseProof(f.files[0]))) }),
		each(func(_ *verifier.Verifier, i int) { least(f.proofs[i]) }),
		func() (float64, error) {
			r, err := b.script("openattestation", 1024)
			return r["verify"], err
		})
	if err != nil {
		return err
	}
	const limitIs = "one recovery of a signature, and the hashes"
	oa := peer{oaName, s[4]}
	b.add(newResult("verify-lib", "a proof verified in the library, of a batch seen before, from a parsed proof", "ms", s[0], s[3], oa).
		with(limitIs, goal{limit: 1.2}, "the peer checks hashes only: no signature, no chain"))
	b.add(newResult("verify-lib-bytes", "the same from the bytes of the file", "ms", s[1], s[3], oa).
		with(limitIs, goal{limit: 2.5}, fmt.Sprintf("%d bytes; the peer starts from a parsed document", len(f.files[1]))))
	b.add(newResult("verify-lib-again", "the same, of a submission seen before", "ms", s[2], nil, oa))
	return nil
}

// valid verifies a proof that is.
func valid(v *verifier.Verifier, p *verifier.Proof) {
	if r := v.Verify(p, nil); r.Verdict != verifier.Valid {
		panic(fmt.Sprintf("the proof is %s: %v", r.Verdict, r.Checks))
	}
}

// least does what verifying cannot do without.
func least(proof *verifier.Proof) {
	p := &proof.Submission
	root := merkle.Root(proof.Leaf(), p.Path)
	digest := verifier.SubmissionDigest(p.Home, root, p.Count, p.IssuedAt)
	if who := must(verifier.Recover(digest, p.Signature)); who != p.Issuer {
		panic("another issuer")
	}
	merkle.Root(verifier.BatchLeaf(p.Issuer, digest), proof.Batch.Path)
}

// verifyColdRow runs the program verify on a proof file, a new process each time. The
// limit is a Go program that does nothing.
func verifyColdRow(b *bench) error {
	f, err := b.makeProofs(1, million)
	if err != nil {
		return err
	}
	wrapped := filepath.Join(b.folder, "wrapped.json")
	js := filepath.Join(peersFolder, "js", "peer.js")
	if _, err := command(b.ctx, "node", js, "wrap", wrapped); err != nil {
		return err
	}
	s, err := inTurn(b.runs,
		b.processes(20, b.program("verify"), "--trust", f.trust, "--allow-test", f.file(0)),
		b.processes(3, "node", js, "verify", wrapped),
		b.processes(20, b.program("empty")))
	if err != nil {
		return err
	}
	info, err := os.Stat(b.program("verify"))
	if err != nil {
		return err
	}
	b.add(newResult("verify-cold", "verify proof.json, a whole process", "ms", s[0], s[2], peer{oaName, s[1]}).
		with("a Go program that does nothing", goal{ours: 15},
			fmt.Sprintf("the program has %.1f MB; the peer checks hashes only", float64(info.Size())/1e6)))
	return nil
}

// processes measures the median of the milliseconds that a program takes, of several
// processes one after the other.
func (b *bench) processes(times int, name string, args ...string) measure {
	return b.exits(0, times, name, args...)
}

// exitUnknown is the exit status of verify where a credential is UNKNOWN.
const exitUnknown = 3

// exits is processes for a program that ends with an exit status.
func (b *bench) exits(status, times int, name string, args ...string) measure {
	return func() (float64, error) {
		var s series
		for range times {
			var trouble bytes.Buffer
			c := exec.CommandContext(b.ctx, name, args...)
			c.Stderr = &trouble
			begin := time.Now()
			err := c.Run()
			took := time.Since(begin)
			if c.ProcessState == nil || c.ProcessState.ExitCode() != status {
				return 0, fmt.Errorf("%s: %w: %s", strconv.Quote(c.String()), cmp.Or(err, errors.New("exit status 0")), trouble.Bytes())
			}
			s = append(s, inMillis(took))
		}
		return s.median(), nil
	}
}
