package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/cmd/internal/qrproof"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// proofSuffix ends the name of every proof file; before it stands the whole name of
// the credential's file.
const proofSuffix = ".proof.json"

// proofFile is a proof and where it was read from. That of an archive stands for all
// proofs of a group: it is the first one's.
type proofFile struct {
	path string
	*verifier.Proof
	carried bool         // path is the credential, which carries the proof
	scanned bool         // path is a QR code or its text
	archive *archiveFile // if it stands for a group
	group   int          // in the archive
	name    string       // of the credential, if it was taken out of an archive; may be empty
}

// use tells where an archive's status lists are to be taken from.
func (p *proofFile) use(node *client.Client) {
	if p.archive != nil {
		p.archive.node = node
	}
}

// readProof reads a proof file that the user named, a credential that carries its proof
// or has it beside it under its name, or a QR code. It must not be an archive.
func readProof(path string) (*proofFile, error) {
	data, err := readFile(path, credential.MaxCarrier)
	if err != nil {
		return nil, err
	}
	p, err := verifier.ParseProof(data)
	if err == nil {
		return &proofFile{path: path, Proof: p}, nil
	}
	p, _, fault := verifier.Extract(data)
	switch {
	case errors.Is(fault, credential.ErrNoProof):
		if p, fault = qrproof.Decode(data); fault == nil {
			return &proofFile{path: path, Proof: p, scanned: true}, nil
		}
		if !errors.Is(fault, qrproof.ErrNoCode) {
			err = fault
		} else if !strings.HasSuffix(path, proofSuffix) {
			return proofBeside(path, data)
		}
		return nil, run.Usagef("%s: %s", path, credential.Printable(err.Error()))
	case fault != nil:
		return nil, run.Usagef("%s: %s", path, credential.Printable(fault.Error()))
	}
	return &proofFile{path: path, Proof: p, carried: true}, nil
}

// proofBeside reads the proof that lies beside a credential without one, and must be of it.
func proofBeside(path string, data []byte) (*proofFile, error) {
	beside := path + proofSuffix
	if _, err := os.Lstat(beside); errors.Is(err, fs.ErrNotExist) {
		return nil, run.Hint(run.Usagef("%s is no proof, carries none, and there is no %s", path, beside), "name the proof, or the archive that holds it with --only")
	}
	p, err := readProof(beside)
	if err != nil {
		return nil, err
	}
	if err := sound(p.Proof, data); err != nil {
		return nil, fmt.Errorf("%s does not go with %s: %w", beside, path, err)
	}
	return p, nil
}

// readProofs reads the proof files and archives that a command was given, at least one.
// An archive stays open until the process ends.
func readProofs(c *cli.Context) ([]*proofFile, error) {
	if c.NArg() == 0 {
		return nil, run.Usagef("which proof? %s takes at least one, or the credential with its proof inside or beside it", c.Command.Name)
	}
	var proofs []*proofFile
	read := make(map[string]bool) // a credential and the proof beside it may both be named
	for _, path := range c.Args().Slice() {
		a, err := openArchive(path)
		if err != nil {
			return nil, err
		}
		if a != nil {
			proofs = append(proofs, a.proofs()...)
			continue
		}
		p, err := readProof(path)
		if err != nil {
			return nil, err
		}
		if at := filepath.Clean(p.path); !read[at] {
			read[at] = true
			proofs = append(proofs, p)
		}
	}
	return proofs, nil
}

// errNoEvidence says that a proof has nothing from the chain that decides.
var errNoEvidence = errors.New("no evidence from")

// on returns the entry of the proof that decides if that chain does, its home's or
// that of a successor, or an error that says why there is none.
func (p *proofFile) on(chain verifier.ChainID) (*verifier.Anchor, error) {
	if p.Pending() {
		return nil, run.Hint(fmt.Errorf("%s is still pending", p.path), "hallmark upgrade %s", p.path)
	}
	home := p.Submission.Home
	for i, a := range p.Anchors {
		if a.Chain == chain && (chain != home.Chain || a.Registry == home.Registry) {
			return &p.Anchors[i], nil
		}
	}
	if chain == home.Chain {
		return nil, fmt.Errorf("%s: %w its home %s", p.path, errNoEvidence, home)
	}
	return nil, run.Hint(fmt.Errorf("%s: %w %s, which took over from its home %s", p.path, errNoEvidence, chain, home),
		"hallmark refresh brings it, once the operator has run hallmark reanchor")
}

// document reads the credential that carries the proof, or that lies beside the proof or
// the archive under its name; nil if there is none.
func (p *proofFile) document() ([]byte, string, error) {
	if p.carried {
		data, err := readFile(p.path, maxDocument)
		return data, p.path, err
	}
	path, ok := strings.CutSuffix(p.path, proofSuffix)
	if p.name != "" {
		path, ok = filepath.Join(filepath.Dir(p.path), filepath.FromSlash(p.name)), true
	}
	if !ok {
		return nil, "", nil
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, path, nil
	}
	data, err := readFile(path, maxDocument)
	return data, path, err
}

// maxDocument bounds a credential that is looked into, in bytes.
const maxDocument = 16 << 20

// sound checks what a proof says of itself, with nothing trusted: that its paths
// lead somewhere and that its issuer signed. Pending proofs have less to check.
func sound(p *verifier.Proof, document []byte) error {
	v, err := verifier.New(verifier.Options{Trust: &verifier.Trust{}, Now: time.Now})
	if err != nil {
		return err
	}
	var report *verifier.Report
	if document == nil {
		report = v.Verify(p, nil)
	} else {
		report = v.Verify(p, bytes.NewReader(document))
	}
	for _, check := range []verifier.Check{verifier.CheckCredential, verifier.CheckInclusion, verifier.CheckSignature} {
		got := report.Result(check)
		missing := check == verifier.CheckCredential && document == nil || check == verifier.CheckInclusion && p.Pending()
		if got.Result == verifier.Fail || got.Result == verifier.Unknown && !missing {
			return errors.New(got.Detail)
		}
	}
	return nil
}
