package verifycmd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/hallmark-node/hallmark/cmd/internal/qrproof"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// proofSuffix turns the name of a credential into that of its proof.
const proofSuffix = ".proof.json"

// item is one credential to check: a proof and, if it is at hand, the document
// that it is about. Both are read by whoever checks it.
type item struct {
	name     string // as the report says it
	proof    func() (*verifier.Proof, error)
	document func() (io.ReadCloser, error) // nil if there is none
	inside   func() unit                   // the credentials within the document; nil if it is not looked into
	skip     bool                          // neither a proof nor a credential; only counted
}

// unit is work that one goroutine does at a time: one item or some.
type unit = iter.Seq[item]

func one(it item) unit { return func(yield func(item) bool) { yield(it) } }

// failed is an item that has no proof.
func failed(name string, err error) item {
	return item{name: name, proof: func() (*verifier.Proof, error) { return nil, err }}
}

// shelf is where files lie side by side: the disk, or a zip.
type shelf struct {
	open    func(name string) (io.ReadCloser, error)
	has     func(name string) bool                      // there is such a regular file, or it cannot be told
	list    func(dir string) []string                   // names of the files in a folder
	archive func(name string) (*archive.Archive, error) // an open proof archive; nil if the name is not one of an archive. Nil on a shelf whose archives are not looked into
	show    func(name string) string                    // how people know it
}

var disk = &shelf{
	open: func(name string) (io.ReadCloser, error) {
		f, err := os.Open(name)
		if err != nil {
			return nil, short(err)
		}
		return f, nil
	},
	has: func(name string) bool {
		info, err := os.Stat(name)
		return !errors.Is(err, fs.ErrNotExist) && (err != nil || info.Mode().IsRegular())
	},
	list: func(dir string) (names []string) {
		entries, _ := os.ReadDir(dir) // what cannot be listed holds no proof that could be found
		for _, e := range entries {
			if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") { // as when a folder is walked
				names = append(names, filepath.Join(dir, e.Name()))
			}
		}
		return names
	},
	archive: func(name string) (*archive.Archive, error) {
		if !strings.HasSuffix(name, archive.Suffix) {
			return nil, nil
		}
		f, err := os.Open(name)
		if e := (*fs.PathError)(nil); errors.As(err, &e) {
			return nil, e.Err // the name is said by whoever asks
		}
		if err != nil {
			return nil, err
		}
		info, err := f.Stat()
		if err == nil {
			var a *archive.Archive
			if a, err = archive.Open(f, info.Size()); err == nil {
				return a, nil // f is closed when nothing holds the archive any more
			}
		}
		f.Close()
		return nil, err
	},
	show: func(name string) string { return name },
}

// items turns a file into proofs and documents: everything that is one file, and
// no container of many, comes through here. How a document comes to its proof:
//
//   - X.proof.json is a proof, and X beside it the document.
//   - X with X.proof.json beside it is a document with its proof.
//   - What else can be read as a proof is one.
//   - What is left is a document without a proof file of its name. Its proof is the one
//     that an archive beside it has under its name; else the one that it carries; else
//     one in an archive that has its CID.
//
// The credentials within a document follow it. A file in a folder that is neither a
// proof nor looks like a credential is skipped; one that the user named has no proof.
func (f *finder) items(name string, named bool) unit {
	return func(yield func(item) bool) {
		s := f.shelf
		shown := s.show(name)
		if document, ok := strings.CutSuffix(name, proofSuffix); ok {
			it := item{name: shown, proof: func() (*verifier.Proof, error) { return s.readProof(name) }}
			if s.has(document) {
				it.document = func() (io.ReadCloser, error) { return s.open(document) }
				if !named { // who names a proof asks for that one
					it.inside = func() unit { return f.insideFile(document) }
				}
			}
			yield(it)
			return
		}
		it := item{
			name:     shown,
			document: func() (io.ReadCloser, error) { return s.open(name) },
			inside:   func() unit { return f.insideFile(name) },
		}
		if s.has(name + proofSuffix) {
			it.proof = func() (*verifier.Proof, error) { return s.readProof(name + proofSuffix) }
			if !s.has(name) {
				it = failed(shown, fmt.Errorf("%s: %w", shown, fs.ErrNotExist))
			}
			yield(it)
			return
		}
		head, err := s.readBounded(name, credential.MaxJSON)
		if err != nil {
			yield(failed(shown, err))
			return
		}
		p, err := parseProof(shown, head)
		if err == nil {
			yield(item{name: shown, proof: func() (*verifier.Proof, error) { return p, nil }})
			return
		}
		p, byName, broken := f.archivedFile(name)
		carried, fault := carriedProof(shown, head)
		if !byName && (carried != nil || fault != nil) {
			it.proof = func() (*verifier.Proof, error) { return carried, fault }
			yield(it)
			return
		}
		it.proof = func() (*verifier.Proof, error) { return p, nil }
		switch {
		case p != nil && (!byName || named):
			yield(it)
			return
		case p != nil:
			return // it comes with the archive
		case !isCredential(head) && named:
			if p, fault := qrproof.Decode(head); fault == nil { // a picture of one
				yield(item{name: shown, proof: func() (*verifier.Proof, error) { return p, nil }})
				return
			}
			if broken != nil && !strings.HasSuffix(name, archive.Suffix) {
				err = notSearched(shown, broken)
			}
			yield(failed(shown, err))
			return
		case !isCredential(head):
			yield(item{name: shown, skip: true})
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
			yield(failed(shown, fmt.Errorf("%s: there is no proof of it: neither %s%s nor an archive beside it has one", shown, filepath.Base(name), proofSuffix)))
		}
	}
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
func (f *finder) insideFile(name string) unit {
	document, err := f.shelf.readBounded(name, credential.MaxJSON)
	if err != nil {
		return one(failed(f.shelf.show(name), err))
	}
	return f.inside(name, document)
}

// archivedFile is archived for a file, by the CIDs that it may have.
func (f *finder) archivedFile(name string) (p *verifier.Proof, byName bool, broken error) {
	for _, form := range []credential.Form{credential.FormAuto, credential.FormRaw} {
		file, err := f.shelf.open(name)
		if err != nil {
			return nil, false, err
		}
		c, err := credential.Sum(file, form, "")
		file.Close()
		if err != nil {
			continue
		}
		p, byName, fault := f.archived(name, c)
		if p != nil {
			return p, byName, nil
		}
		broken = cmp.Or(broken, fault)
	}
	return nil, false, broken
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

func (s *shelf) readProof(name string) (*verifier.Proof, error) {
	data, err := s.readBounded(name, verifier.MaxProofSize)
	if err != nil {
		return nil, err
	}
	p, err := parseProof(s.show(name), data)
	if err != nil {
		if scanned, fault := qrproof.Decode(data); fault == nil { // a picture of one
			return scanned, nil
		}
	}
	return p, err
}

func parseProof(name string, data []byte) (*verifier.Proof, error) {
	p, err := verifier.ParseProof(data)
	if err != nil {
		if bytes.HasPrefix(data, []byte(qrproof.Prefix)) {
			p, err = qrproof.Decode(data)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return p, nil
}

// readBounded reads at most one byte more than limit, which the parsers refuse.
func (s *shelf) readBounded(name string, limit int64) ([]byte, error) {
	f, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var data bytes.Buffer
	if sized, ok := f.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := sized.Stat(); err == nil {
			data.Grow(int(min(info.Size(), limit)) + bytes.MinRead)
		}
	}
	if _, err := data.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, fmt.Errorf("%s: %w", s.show(name), cause(err))
	}
	return data.Bytes(), nil
}

// cause takes the name of the file out of an error that will be said with it.
func cause(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// short says an error of the file system in the order "name: what is wrong".
func short(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return fmt.Errorf("%s: %w", e.Path, e.Err)
	}
	return err
}

// unreadable is a credential that is there but cannot be opened: not the same as
// none.
type unreadable struct{ err error }

func (u unreadable) Read([]byte) (int, error) { return 0, u.err }
