package verifycmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// proofSuffix turns the name of a credential into that of its proof.
const proofSuffix = ".proof.json"

// opener opens a document to read it from its beginning.
type opener = func() (io.ReadCloser, error)

// inMemory opens a document that was read already.
func inMemory(text []byte) opener {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
}

// item is one credential to check: the proofs that there may be of it and, if it is at
// hand, the document that it is about. All are read when it is verified.
type item struct {
	name     string             // in the report
	proofs   func() []candidate // at least one
	document opener             // nil if there is none
	inside   func() task        // the credentials within the document; nil if it is not looked into
	skip     string             // why this file is not read; it is only reported
}

// task is work that one goroutine does at a time: one item or some.
type task = iter.Seq[item]

func one(it item) task { return func(yield func(item) bool) { yield(it) } }

// proven is an item with one proof, which was read.
func proven(name string, p *verifier.Proof) item {
	return item{name: name, proofs: only(name, func() (*verifier.Proof, error) { return p, nil })}
}

// failed is an item that has no proof.
func failed(name string, err error) item {
	return item{name: name, proofs: only(name, func() (*verifier.Proof, error) { return nil, err })}
}

// skipped is a file that is not read.
func skipped(name, why string) item { return item{name: name, skip: why} }

func only(name string, read func() (*verifier.Proof, error)) func() []candidate {
	return func() []candidate { return []candidate{{name, read}} }
}

// items turns a file into proofs and documents: everything that is one file, and
// no container of many, comes through here. How a document comes to its proof:
//
//   - X.proof.json is a proof, and X beside it the document.
//   - X is a document with every proof that there may be of it: X.proof.json beside it,
//     what has its CID in archives and proof files beside it, and what it carries.
//   - What else can be read as a proof is one.
//
// The credentials within a document follow it. A file that the user named has a proof;
// of those in a folder, one that is neither a proof nor looks like a credential is
// skipped, and a proof needs its document, which is reported with it.
func (f *finder) items(name string, named bool) task {
	return func(yield func(item) bool) {
		s := f.tree
		shown := s.show(name)
		if document, ok := strings.CutSuffix(name, proofSuffix); ok {
			p, err := s.readProof(name)
			if err != nil {
				yield(failed(shown, err))
				return
			}
			it, ok := f.pair(proven(shown, p), name, document, p, named)
			if s.has(document) && !named { // who names a proof asks for that one
				it.inside = func() task { return f.insideFile(document) }
			}
			if ok {
				yield(it)
			}
			return
		}
		it := item{
			name:     shown,
			document: func() (io.ReadCloser, error) { return s.open(name) },
			inside:   func() task { return f.insideFile(name) },
		}
		if s.has(name+proofSuffix) && !s.has(name) {
			yield(failed(shown, fmt.Errorf("%s: %w", shown, fs.ErrNotExist)))
			return
		}
		head, err := s.readBounded(name, credential.MaxJSON)
		if err != nil && !s.has(name+proofSuffix) {
			yield(failed(shown, err))
			return
		}
		all, broken := f.candidates(name, head)
		if len(all) > 0 {
			it.proofs = func() []candidate { return all }
			yield(it)
			return
		}
		p, err := parseProof(shown, head)
		if err == nil {
			if it, ok := f.pair(proven(shown, p), name, "", p, named); ok {
				yield(it)
			}
			return
		}
		switch {
		case !isCredential(head) && named:
			if p, fault := qrproof.Decode(head); fault == nil { // a picture of one
				yield(proven(shown, p))
				return
			}
			if broken != nil && !strings.HasSuffix(name, archive.Suffix) {
				err = notSearched(shown, broken)
			}
			yield(failed(shown, err))
			return
		case !isCredential(head):
			yield(skipped(shown, "it is neither a proof nor a credential"))
			return
		}
		// What only holds other credentials needs no proof of its own.
		alone := true
		for inner := range f.inside(name, head) {
			if alone = false; !yield(inner) {
				return
			}
		}
		if alone && broken != nil {
			yield(failed(shown, notSearched(shown, broken)))
		} else if alone {
			yield(failed(shown, fmt.Errorf("%s: there is no proof of it: neither %s%s nor an archive beside it has one",
				shown, filepath.Base(name), proofSuffix)))
		}
	}
}

// pair adds to the item of a proof, which is in the file of that name, its document: empty
// if the proof has no name for it. In a folder there is no item if another document has the
// proof among its own.
func (f *finder) pair(it item, name, document string, p *verifier.Proof, named bool) (item, bool) {
	switch {
	case document != "" && f.tree.has(document):
		it.document = func() (io.ReadCloser, error) { return f.tree.open(document) }
	case named && (document == "" || len(f.near(document)) == 0):
	case !named && f.elsewhere(name, p):
		return item{}, false
	case document == "":
		it.document = func() (io.ReadCloser, error) { return nil, errNotHere }
	default:
		it.document = func() (io.ReadCloser, error) { return nil, f.missing(document) }
	}
	return it, true
}

// errNotHere says of a proof in a folder that its document is not there.
var errNotHere = errors.New("the credential of this proof is not here")

// near returns the names beside a document that is not there which people may take for
// its own.
func (f *finder) near(document string) []string {
	in := f.in(filepath.Dir(document))
	defer in.release()
	return slices.Clone(in.folded()[fold(document)])
}

// missing says that the document of a proof is not there, and what nearly has its name.
func (f *finder) missing(document string) error {
	near := f.near(document)
	if len(near) == 0 {
		return fmt.Errorf("there is no %s beside the proof", credential.Quoted(filepath.Base(document)))
	}
	for i := range near {
		near[i] = credential.Quoted(filepath.Base(near[i]))
	}
	return fmt.Errorf("there is no %s beside the proof; %s is another name, by its capitals or by how its letters are encoded",
		credential.Quoted(filepath.Base(document)), strings.Join(near, " or "))
}

// carriedProof returns the proof that a document carries; nil if it carries none. The
// error says why what it carries is not taken.
func carriedProof(shown string, document []byte) (*verifier.Proof, error) {
	p, _, err := verifier.Extract(document)
	switch {
	case errors.Is(err, credential.ErrNoProof):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%s: %w", shown, err)
	}
	return p, nil
}

// insideFile yields the credentials within a file.
func (f *finder) insideFile(name string) task {
	document, err := f.tree.readBounded(name, credential.MaxJSON)
	if err != nil {
		return one(failed(f.tree.show(name), err))
	}
	return f.inside(name, document)
}

// isCredential reports whether a file looks like something that would have a
// proof.
func isCredential(head []byte) bool {
	switch credential.Describe(head).Kind {
	case credential.KindFile, credential.KindJSON, credential.KindPNG, credential.KindSVG,
		credential.KindOBIssuer, credential.KindOB2Class, credential.KindOB2Other:
		return false
	}
	return true
}
