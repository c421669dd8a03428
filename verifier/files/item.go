package files

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
	more     func() []candidate // others, that count if none of these is about the document; may be nil
	document opener             // nil if there is none
	inside   func() Task        // the credentials within the document; nil if it is not looked into
	skip     string             // why this file is not read; it is only reported
}

// Task is work that one goroutine does at a time: one item or some.
type Task = iter.Seq[item]

func one(it item) Task { return func(yield func(item) bool) { yield(it) } }

func none(func(item) bool) {}

// proven is an item with one proof, which was read.
func proven(name string, p *verifier.Proof) item {
	return item{name: name, proofs: only(name, func() (*verifier.Proof, error) { return p, nil })}
}

// failed is an item that has no proof.
func failed(name string, err error) item {
	return item{name: name, proofs: only(name, func() (*verifier.Proof, error) { return nil, err })}
}

// SystemFile is why a file of an operating system is not read. Such are counted for people and
// not named: macOS puts one into a zip for each other file.
const SystemFile = "it is a system file"

// skipped is a file that is not read.
func skipped(name, why string) item { return item{name: name, skip: why} }

func only(name string, read func() (*verifier.Proof, error)) func() []candidate {
	return func() []candidate { return []candidate{{name, read}} }
}

// items turns a file that is no container of many into proofs and documents, once the task
// is done. How a document comes to its proof:
//
//   - X.proof.json is a proof, and X beside it the document.
//   - X is a document with every proof that there may be of it: X.proof.json beside it,
//     what has its CID in archives and proof files beside it, and what it carries.
//   - What else can be read as a proof is one.
//
// The credentials within a document follow it. A file that the user named must have a
// proof. Of the files in a folder, one that is neither a proof nor looks like a credential
// is skipped, and a proof needs its document, which is reported with it.
func (f *finder) items(name string, named bool) Task {
	return func(yield func(item) bool) { f.itemsOf(name, named)(yield) }
}

func (f *finder) itemsOf(name string, named bool) Task {
	s := f.tree
	shown := s.show(name)
	if document, ok := strings.CutSuffix(name, proofSuffix); ok {
		p, err := s.readProof(name)
		if err != nil {
			return one(failed(shown, err))
		}
		it := proven(shown, p)
		document, has := f.named(document)
		if has && !named { // who names a proof asks for that one
			it.inside = func() Task { return f.insideFile(document) }
		}
		return f.pair(it, name, document, p, named)
	}
	_, beside := f.beside(name)
	if beside && !s.has(name) {
		return one(failed(shown, fmt.Errorf("%s: %w", shown, fs.ErrNotExist)))
	}
	head, err := s.readBounded(name, credential.MaxJSON)
	if err != nil && !beside {
		return one(failed(shown, err))
	}
	all, broken := f.candidates(name, head)
	more := func() []candidate { return f.anywhere(name) }
	if len(all) == 0 {
		all, more = more(), nil
	}
	if len(all) > 0 {
		return one(item{
			name:     shown,
			proofs:   func() []candidate { return all },
			more:     more,
			document: func() (io.ReadCloser, error) { return s.open(name) },
			inside:   func() Task { return f.insideFile(name) },
		})
	}
	p, err := parseProof(shown, head)
	if err == nil {
		return f.pair(proven(shown, p), name, "", p, named)
	}
	if !isCredential(head) {
		if !named {
			return one(skipped(shown, whyNone(head)))
		}
		if p, fault := s.code(head); fault == nil { // a picture of one
			return one(proven(shown, p))
		}
		if broken != nil && !strings.HasSuffix(name, archive.Suffix) {
			err = notSearched(shown, broken)
		} else if !meantAsProof(name, head) {
			err = fmt.Errorf("%s: %w", shown, noProofBeside(name))
		}
		return one(failed(shown, err))
	}
	// What only holds other credentials needs no proof of its own.
	holds := false // or it cannot be told what it holds
	credential.Inner(head)(func([]byte, error) bool {
		holds = true
		return false
	})
	switch {
	case holds:
		return f.inside(name, head)
	case broken != nil:
		return one(failed(shown, notSearched(shown, broken)))
	}
	return one(failed(shown, fmt.Errorf("%s: %w", shown, noProofBeside(name))))
}

func noProofBeside(name string) error {
	return fmt.Errorf("%w: neither %s%s nor an archive beside it has one", ErrNoneInside, filepath.Base(name), proofSuffix)
}

// meantAsProof reports whether whoever wrote a file that is no proof may have meant it to be
// one, so that what is wrong with it is of interest. All else is a credential without a proof.
func meantAsProof(name string, head []byte) bool {
	if strings.HasSuffix(name, archive.Suffix) || bytes.HasPrefix(head, []byte(qrproof.Prefix)) {
		return true
	}
	plain := bytes.ReplaceAll(head, []byte{0}, nil) // also in UTF-16
	return bytes.Contains(plain, []byte(`"hallmark"`)) && bytes.Contains(plain, []byte(`"submission"`))
}

// pair yields the item of a proof, which is in the file of that name, with its document:
// empty if the proof has no name for it. In a folder it yields nothing if another document
// has the proof among its own.
func (f *finder) pair(it item, name, document string, p *verifier.Proof, named bool) Task {
	switch {
	case document != "" && f.tree.has(document):
		it.document = func() (io.ReadCloser, error) { return f.tree.open(document) }
	case named && (document == "" || len(f.near(document)) == 0):
	case !named && f.elsewhere(name, p):
		return none
	case document == "":
		it.document = func() (io.ReadCloser, error) { return nil, errNotHere }
	default:
		it.document = func() (io.ReadCloser, error) { return nil, f.missing(document) }
	}
	return one(it)
}

// errNotHere says of a proof in a folder that its document is not there.
var errNotHere = errors.New("the credential of this proof is not here")

// near returns the names beside a document that is not there which people may take for
// its own.
func (f *finder) near(document string) []string {
	in := f.in(filepath.Dir(document))
	defer in.release()
	return slices.Clone(in.folded()[folded(document)])
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
func (f *finder) insideFile(name string) Task {
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
		credential.KindOBIssuer, credential.KindOB1Class, credential.KindOB2Class, credential.KindOB2Other,
		credential.KindEuropassCV, credential.KindCTDL:
		return false
	}
	return true
}

// whyNone says why a file that is no credential is not looked at. What looks like one and is
// broken is said to be so, since it may be half of one.
func whyNone(head []byte) string {
	why := ""
	if _, err := credential.Sum(bytes.NewReader(head), credential.FormAuto, ""); err != nil {
		why = strings.TrimPrefix(err.Error(), credential.ErrForm.Error()+": ")
	} else if d := credential.Describe(head); d.Kind == credential.KindFile && !d.Opaque {
		why = d.Problem
	}
	if why == "" {
		return "it is neither a proof nor a credential"
	}
	return "it is no proof, and cannot be read as a credential: " + why
}
