package issuer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// ProofSuffix ends the name of every proof file; before it stands the whole name of
// the credential's file.
const ProofSuffix = ".proof.json"

// ProofFile is a proof and where it was read from. That of an archive stands for all
// proofs of a group: it is the first one's.
type ProofFile struct {
	Path string
	*verifier.Proof
	Name    string   // of the credential, if it was taken out of an archive; may be empty
	Archive *Archive // if it stands for a group

	group   int  // in the archive
	carried bool // Path is the credential, which carries the proof
	scanned bool // Path is a QR code or its text
}

// Use tells where an archive's status lists are to be taken from.
func (p *ProofFile) Use(node *client.Client) {
	if p.Archive != nil {
		p.Archive.node = node
	}
}

// ReadProofs reads proof files and archives, each once, which stay open. A credential and
// the proof beside it may both be named.
func ReadProofs(paths ...string) ([]*ProofFile, error) {
	var proofs []*ProofFile
	read := make(map[string]bool)
	for _, path := range paths {
		a, err := OpenArchive(path)
		if err != nil {
			return nil, err
		}
		if a != nil {
			proofs = append(proofs, a.Proofs()...)
			continue
		}
		p, err := ReadProof(path)
		if err != nil {
			return nil, err
		}
		if at := filepath.Clean(p.Path); !read[at] {
			read[at] = true
			proofs = append(proofs, p)
		}
	}
	return proofs, nil
}

// ReadProof reads a proof file, a credential that carries its proof
// or has it beside it under its name, or a QR code. It must not be an archive.
func ReadProof(path string) (*ProofFile, error) {
	data, err := fault.ReadFile(path, credential.MaxCarrier)
	if err != nil {
		return nil, err
	}
	p, err := verifier.ParseProof(data)
	if err == nil {
		return &ProofFile{Path: path, Proof: p}, nil
	}
	p, _, problem := verifier.Extract(data)
	switch {
	case errors.Is(problem, credential.ErrNoProof):
		if p, problem = qrproof.Decode(data); problem == nil {
			return &ProofFile{Path: path, Proof: p, scanned: true}, nil
		}
		if !errors.Is(problem, qrproof.ErrNoCode) {
			err = problem
		} else if !strings.HasSuffix(path, ProofSuffix) {
			return proofBeside(path, data)
		}
		return nil, fault.Input("%s: %s", path, credential.Printable(err.Error()))
	case problem != nil:
		return nil, fault.Input("%s: %s", path, credential.Printable(problem.Error()))
	}
	return &ProofFile{Path: path, Proof: p, carried: true}, nil
}

// proofBeside reads the proof that lies beside a credential without one, and must be of it.
func proofBeside(path string, data []byte) (*ProofFile, error) {
	beside := path + ProofSuffix
	if _, err := os.Lstat(beside); errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Remedy(fault.Input("%s is no proof, carries none, and there is no %s", path, beside),
			"name the proof, or the archive that holds it")
	}
	p, err := ReadProof(beside)
	if err != nil {
		return nil, err
	}
	if err := Sound(p.Proof, data); err != nil {
		return nil, fmt.Errorf("%s does not go with %s: %w", beside, path, err)
	}
	return p, nil
}

// ErrNoEvidence says that a proof has nothing from the chain that decides.
var ErrNoEvidence = errors.New("no evidence from")

// On returns the entry of the proof that decides if that chain does, its home's or
// that of a successor, or an error that says why there is none.
func (p *ProofFile) On(chain verifier.ChainID) (*verifier.Anchor, error) {
	if p.Pending() {
		return nil, fault.Remedy(fmt.Errorf("%s is still pending", p.Path), "hallmark upgrade %s", p.Path)
	}
	home := p.Submission.Home
	for i, a := range p.Anchors {
		if a.Chain == chain && (chain != home.Chain || a.Registry == home.Registry) {
			return &p.Anchors[i], nil
		}
	}
	if chain == home.Chain {
		return nil, fmt.Errorf("%s: %w its home %s", p.Path, ErrNoEvidence, home)
	}
	return nil, fault.Remedy(fmt.Errorf("%s: %w %s, which took over from its home %s", p.Path, ErrNoEvidence, chain, home),
		"hallmark refresh brings it, once the operator has run hallmark reanchor")
}

// Document reads the credential that carries the proof, or that lies beside the proof or
// the archive under its name; nil if there is none.
func (p *ProofFile) Document() ([]byte, string, error) {
	if p.carried {
		data, err := fault.ReadFile(p.Path, MaxDocument)
		return data, p.Path, err
	}
	path, ok := strings.CutSuffix(p.Path, ProofSuffix)
	if p.Name != "" {
		path, ok = filepath.Join(filepath.Dir(p.Path), filepath.FromSlash(p.Name)), true
	}
	if !ok {
		return nil, "", nil
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, path, nil
	}
	data, err := fault.ReadFile(path, MaxDocument)
	return data, path, err
}

// MaxDocument bounds a credential that is looked into, in bytes.
const MaxDocument = 16 << 20

// Sound checks what a proof says of itself, with nothing trusted: that its paths
// lead somewhere and that its issuer signed. Pending proofs have less to check.
func Sound(p *verifier.Proof, document []byte) error {
	v, err := verifier.New(verifier.Options{Trust: &verifier.Trust{}, Now: time.Now})
	if err != nil {
		return err
	}
	var reader io.Reader
	if document != nil {
		reader = bytes.NewReader(document)
	}
	report := v.Verify(p, reader)
	for _, check := range []verifier.Check{verifier.CheckCredential, verifier.CheckInclusion, verifier.CheckSignature} {
		got := report.Result(check)
		missing := check == verifier.CheckCredential && document == nil || check == verifier.CheckInclusion && p.Pending()
		if got.Result == verifier.Fail || got.Result == verifier.Unknown && !missing {
			return errors.New(got.Detail)
		}
	}
	return nil
}

// SubmissionRoot is the root of the tree of a proof's submission.
func SubmissionRoot(p *verifier.Proof) merkle.Hash { return merkle.Root(p.Leaf(), p.Submission.Path) }

// SubmissionID is the leaf of a proof's submission in its batch.
func SubmissionID(p *verifier.Proof) merkle.Hash {
	s := p.Submission
	return verifier.BatchLeaf(s.Issuer, verifier.SubmissionDigest(s.Home, SubmissionRoot(p), s.Count, s.IssuedAt))
}

// BatchRoot is what the paths of a complete proof lead to.
func BatchRoot(p *verifier.Proof) merkle.Hash {
	return merkle.Root(SubmissionID(p), p.Batch.Path)
}
