package verifycmd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// finder finds the proofs of documents in the proof archives and proof files beside
// them, by the document's CID. It is safe for concurrent use. What it has opened is
// closed when the last user has released the finder.
type finder struct {
	tree *fileTree
	root string // folders from that of the document up to this one are searched; empty: its own alone

	mu      sync.Mutex
	folders map[string]*found
	order   []string // of the folders, least recently used first
	users   int
}

// scan reports whether the finder is for all files of a folder or zip.
func (f *finder) scan() bool { return f.root != "" }

// keepOpen makes the finder, if there is one, keep open what it has opened until the task
// is done. The maker of a finder releases it when it has made all tasks.
func (f *finder) keepOpen(t task) task {
	if f == nil {
		return t
	}
	f.acquire()
	return func(yield func(item) bool) {
		defer f.release()
		t(yield)
	}
}

func (f *finder) acquire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users++
}

func (f *finder) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.users--; f.users == 0 {
		for _, folder := range f.folders {
			folder.forget()
		}
		f.folders, f.order = nil, nil
	}
}

// in returns what a folder holds. The caller releases it.
func (f *finder) in(dir string) *found {
	f.mu.Lock()
	defer f.mu.Unlock()
	if folder := f.folders[dir]; folder != nil {
		folder.acquire()
		at := slices.Index(f.order, dir)
		f.order = append(slices.Delete(f.order, at, at+1), dir)
		return folder
	}
	if f.folders == nil {
		f.folders = make(map[string]*found)
	}
	if len(f.order) == f.tree.folders {
		f.folders[f.order[0]].forget()
		delete(f.folders, f.order[0])
		f.order = f.order[1:]
	}
	folder := newFound(f.tree, dir, f.scan())
	folder.acquire()
	f.folders[dir] = folder
	f.order = append(f.order, dir)
	return folder
}

// cids returns the CIDs that a document may have.
func cids(read func() (io.ReadCloser, error)) (all []cid.Cid, fault error) {
	for _, form := range []credential.Form{credential.FormAuto, credential.FormRaw} {
		file, err := read()
		if err != nil {
			return all, err
		}
		c, err := credential.Sum(file, form, "")
		file.Close()
		if err == nil && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all, nil
}

// candidates returns every proof that there may be of a file. If an archive cannot be
// read and might have one, broken names it.
func (f *finder) candidates(name string, head []byte) (all []candidate, broken error) {
	s := f.tree
	shown := s.show(name)
	if beside := name + proofSuffix; s.has(beside) {
		all = append(all, candidate{s.show(beside), func() (*verifier.Proof, error) { return s.readProof(beside) }})
	}
	var carried []candidate
	if p, err := carriedProof(shown, head); p != nil || err != nil {
		carried = append(carried, candidate{"the proof within it", func() (*verifier.Proof, error) { return p, err }})
	}
	byCID := func() ([]cid.Cid, error) {
		return cids(func() (io.ReadCloser, error) { return s.open(name) })
	}
	archived, broken := f.byCID(name, byCID)
	return slices.Concat(all, carried, archived), broken
}

// byCID returns the proofs of a document by its CIDs, which are computed only where
// there may be one.
func (f *finder) byCID(name string, cids func() ([]cid.Cid, error)) (all []candidate, broken error) {
	var known []cid.Cid
	sums := sync.OnceValue(func() error {
		var err error
		known, err = cids()
		return err
	})
	var stacks [][]candidate // of each archive
	search := func(dir string) {
		in := f.in(dir)
		defer in.release()
		for _, a := range in.archives() {
			if err := sums(); err != nil {
				broken = err
				return
			}
			shown := f.tree.show(a.name)
			entries, err := a.proofsOf(known)
			if err != nil {
				broken = cmp.Or(broken, fmt.Errorf("%s: %w", shown, err))
			}
			var stack []candidate
			for _, e := range entries {
				c := candidate{fmt.Sprintf("%s:%d", shown, e.Index+1), func() (*verifier.Proof, error) { return e.Proof, nil }}
				if e.Name != "" {
					c.name = shown + ":" + e.Name
				}
				stack = append(stack, c)
			}
			stacks = append(stacks, stack)
		}
		if dir != filepath.Dir(name) {
			return
		}
		if loose := in.loose(); len(loose) > 0 {
			if err := sums(); err != nil {
				broken = err
				return
			}
			for _, c := range known {
				for _, file := range f.files(loose[c]) {
					stacks = append(stacks, []candidate{file})
				}
			}
		}
	}
	for dir := filepath.Dir(name); ; dir = filepath.Dir(dir) {
		search(dir)
		if !f.scan() || f.tree.archive == nil || dir == filepath.Clean(f.root) || dir == filepath.Dir(dir) {
			return inTurn(stacks), broken
		}
	}
}

// inTurn takes one candidate of each stack in turn, so that a full stack does not keep the
// others from being tried.
func inTurn(stacks [][]candidate) (all []candidate) {
	for i, more := 0, true; more; i++ {
		more = false
		for _, stack := range stacks {
			if i < len(stack) {
				all, more = append(all, stack[i]), true
			}
		}
	}
	return all
}

// files are proof files as candidates.
func (f *finder) files(names []string) (all []candidate) {
	for _, name := range names {
		all = append(all, candidate{f.tree.show(name), func() (*verifier.Proof, error) { return f.tree.readProof(name) }})
	}
	return all
}

// elsewhere reports whether a document in the folder of a proof, which does not have its
// name, has it among its candidates.
func (f *finder) elsewhere(name string, p *verifier.Proof) bool {
	in := f.in(filepath.Dir(name))
	defer in.release()
	return in.documents()[p.Credential] != nil
}

// inside yields the credentials within a document, such as those of a
// Comprehensive Learner Record, each with the proof that it carries and those that lie
// beside the document.
func (f *finder) inside(name string, document []byte) task {
	return func(yield func(item) bool) {
		n := 0
		for text, err := range credential.Inner(document) {
			n++
			shown := fmt.Sprintf("%s#%d", f.tree.show(name), n)
			if err != nil {
				if !yield(failed(shown, fmt.Errorf("%s: %w", shown, err))) {
					return
				}
				continue
			}
			open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
			it := item{name: shown, document: open, proofs: func() []candidate { return f.candidatesInside(name, shown, text, open) }}
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

// candidatesInside are those of a credential within a document, which lies in a file.
func (f *finder) candidatesInside(name, shown string, text []byte, open func() (io.ReadCloser, error)) []candidate {
	var all []candidate
	if p, err := carriedProof(shown, text); p != nil || err != nil {
		all = append(all, candidate{"the proof within it", func() (*verifier.Proof, error) { return p, err }})
	}
	sums, err := cids(open)
	if len(sums) == 0 {
		err = cmp.Or(err, errNoneInside)
		return append(all, candidate{shown, func() (*verifier.Proof, error) { return nil, fmt.Errorf("%s: %w", shown, err) }})
	}
	archived, broken := f.byCID(name, func() ([]cid.Cid, error) { return sums, nil })
	all = append(all, archived...)
	in := f.in(filepath.Dir(name))
	defer in.release()
	for _, c := range sums {
		for _, file := range f.files(in.proofs()[c]) {
			if !slices.ContainsFunc(all, func(c candidate) bool { return c.name == file.name }) {
				all = append(all, file)
			}
		}
	}
	if len(all) > 0 {
		return all
	}
	err = fmt.Errorf("%s: %w beside %s", shown, errNoneInside, f.tree.show(name))
	if broken != nil {
		err = notSearched(shown, broken)
	}
	return only(shown, func() (*verifier.Proof, error) { return nil, err })()
}

// proofsOf returns the proofs of a document, the newest first.
func (a *foundArchive) proofsOf(known []cid.Cid) (all []*archive.Entry, fault error) {
	if a.err != nil {
		return nil, a.err
	}
	for _, c := range known {
		rows, err := a.Find(c)
		fault = cmp.Or(fault, err)
		for _, row := range slices.Backward(rows) {
			if len(all) > maxCandidates {
				break
			}
			entry, err := a.Proof(row)
			if err != nil {
				fault = cmp.Or(fault, err)
				continue
			}
			all = append(all, entry)
		}
	}
	return all, fault
}

// withName reports whether a document is reported as a file of its own, so that an archive
// in the folder dir that names it need not report it.
func (f *finder) withName(dir, name string) bool {
	document := filepath.Join(dir, filepath.FromSlash(name))
	for _, part := range strings.Split(name, "/") {
		if strings.HasPrefix(part, ".") {
			return false // hidden
		}
	}
	if strings.HasSuffix(name, proofSuffix) || !f.tree.regular(document) || !realFolders(dir, name) {
		return false
	}
	file, err := f.tree.open(document)
	if err != nil {
		return false
	}
	head := make([]byte, len(archive.Magic))
	n, _ := io.ReadFull(file, head)
	file.Close()
	if containerKind(document, head[:n]) != "" && !f.tree.has(document+proofSuffix) {
		return false
	}
	text, err := f.tree.readBounded(document, credential.MaxJSON)
	if err != nil {
		return false
	}
	all, _ := f.candidates(document, text)
	return len(all) > 0
}

// openByCID opens the document of a proof beside the file that holds it.
func (f *finder) openByCID(name string, p *verifier.Proof) (io.ReadCloser, error) {
	in := f.in(filepath.Dir(name))
	defer in.release()
	if open := in.documents()[p.Credential]; open != nil {
		return open()
	}
	return nil, errNotHere
}
