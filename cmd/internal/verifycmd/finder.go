package verifycmd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// Bounds of what a finder keeps.
const (
	maxFoldersFound  = 32     // folders whose proofs are known
	maxArchivesFound = 8      // archives of a folder
	maxProofsFound   = 10_000 // proof files of a folder
)

// finder finds the proof of a document that has none by its own name: in the proof
// archives and proof files beside it, by the document's CID. It is safe for
// concurrent use. Archives stay open until it is forgotten.
type finder struct {
	shelf *shelf
	root  string // folders from that of the document up to this one are searched; empty: its own alone

	mu      sync.Mutex
	folders map[string]*found
}

// found is what one folder holds.
type found struct {
	archives func() []foundArchive
	proofs   func() map[cid.Cid]string // names of proof files
}

type foundArchive struct {
	name string
	*archive.Archive
	err error // why it cannot be read
}

// in returns what lies in a folder, which is read when it is first asked for.
func (f *finder) in(dir string) *found {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known := f.folders[dir]; known != nil {
		return known
	}
	if f.folders == nil || len(f.folders) >= maxFoldersFound {
		f.folders = make(map[string]*found)
	}
	known := &found{
		archives: sync.OnceValue(func() (all []foundArchive) {
			var broken foundArchive // one of those that cannot be read
			for _, name := range f.shelf.list(dir) {
				a, err := f.shelf.archive(name)
				switch {
				case a != nil && len(all) < maxArchivesFound:
					all = append(all, foundArchive{name, a, nil})
				case err != nil && broken.err == nil:
					broken = foundArchive{name, nil, err}
				}
			}
			if broken.err != nil {
				all = append(all, broken)
			}
			return all
		}),
		proofs: sync.OnceValue(func() map[cid.Cid]string {
			all := make(map[cid.Cid]string)
			for _, name := range f.shelf.list(dir) {
				if !strings.HasSuffix(name, proofSuffix) || len(all) == maxProofsFound {
					continue
				}
				if p, err := f.shelf.readProof(name); err == nil {
					all[p.Credential] = name
				}
			}
			return all
		}),
	}
	f.folders[dir] = known
	return known
}

// archived looks for a document in archives, and says whether the archive has it
// under its own name. If none has it, broken names one that cannot be read, and might.
func (f *finder) archived(name string, c cid.Cid) (p *verifier.Proof, byName bool, broken error) {
	if f.shelf.archive == nil {
		return nil, false, nil
	}
	for dir := filepath.Dir(name); ; dir = filepath.Dir(dir) {
		for _, a := range f.in(dir).archives() {
			entry, err := a.proofOf(c)
			if err != nil {
				broken = cmp.Or(broken, fmt.Errorf("%s: %w", f.shelf.show(a.name), err))
			}
			if entry == nil {
				continue
			}
			if entry.Name != "" && filepath.Join(dir, filepath.FromSlash(entry.Name)) == filepath.Clean(name) {
				return entry.Proof, true, nil
			}
			p = entry.Proof
		}
		if p != nil || f.root == "" || dir == filepath.Clean(f.root) || dir == filepath.Dir(dir) {
			return p, false, broken
		}
	}
}

// proofOf returns the newest proof of a document; nil if there is none.
func (a *foundArchive) proofOf(c cid.Cid) (*archive.Entry, error) {
	if a.err != nil {
		return nil, a.err
	}
	rows, err := a.Find(c)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return a.Proof(rows[len(rows)-1])
}

// inside yields the credentials within a document, such as those of a
// Comprehensive Learner Record, each with the proof that it carries, or else one that
// lies beside the document.
func (f *finder) inside(name string, document []byte) unit {
	return func(yield func(item) bool) {
		n := 0
		for text, err := range credential.Inner(document) {
			n++
			shown := fmt.Sprintf("%s#%d", f.shelf.show(name), n)
			if err != nil {
				if !yield(failed(shown, fmt.Errorf("%s: %w", shown, err))) {
					return
				}
				continue
			}
			it := item{
				name:     shown,
				proof:    func() (*verifier.Proof, error) { return f.proofInside(name, shown, text) },
				document: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil },
			}
			if !yield(it) {
				return
			}
		}
	}
}

var (
	// errNoneInside says that a credential within a document has no proof of its own.
	errNoneInside = errors.New("there is no proof of it")
	// errNotSearched says that it may be where it could not be looked for.
	errNotSearched = errors.New("its proof cannot be looked for")
)

// notSearched says of a document which archive may have its proof and cannot be read.
func notSearched(shown string, broken error) error {
	return fmt.Errorf("%s: %w: %w", shown, errNotSearched, broken)
}

func (f *finder) proofInside(name, shown string, text []byte) (*verifier.Proof, error) {
	if p, err := carriedProof(shown, text); p != nil || err != nil {
		return p, err
	}
	c, err := credential.Sum(bytes.NewReader(text), credential.FormAuto, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown, err)
	}
	p, _, broken := f.archived(name, c)
	if p != nil {
		return p, nil
	}
	if proof, ok := f.in(filepath.Dir(name)).proofs()[c]; ok {
		return f.shelf.readProof(proof)
	}
	if broken != nil {
		return nil, notSearched(shown, broken)
	}
	return nil, fmt.Errorf("%s: %w beside %s", shown, errNoneInside, f.shelf.show(name))
}
