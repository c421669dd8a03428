package files

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// finder finds the proofs of documents in the proof archives and proof files beside
// them, by the document's CID. It is safe for concurrent use. What it has opened is
// closed when its last user has released it.
type finder struct {
	tree *fileTree
	root string // all in this folder is searched; empty: the folder of the document alone

	shared
	mu      sync.Mutex
	folders *simplelru.LRU[string, *found] // nil until one is asked for; mu guards it
	sums    map[string][]cid.Cid           // of the documents of a scan by their names; mu guards it
}

// newFinder returns a finder with the caller as its first user.
func newFinder(tree *fileTree, root string) *finder {
	f := &finder{tree: tree, root: root}
	f.free = func() {
		if f.folders != nil {
			f.folders.Purge()
		}
	}
	f.acquire()
	return f
}

// scan reports whether the finder is for all files of a folder or zip.
func (f *finder) scan() bool { return f.root != "" }

// in returns what a folder holds, or in a scan what all of them hold. The caller releases it.
func (f *finder) in(dir string) *found {
	if f.scan() {
		dir = f.root
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.folders == nil {
		f.folders, _ = simplelru.NewLRU(maxFoldersFound, func(_ string, folder *found) { folder.release() }) // the size is positive
	}
	folder, ok := f.folders.Get(dir)
	if !ok {
		folder = newFound(f, dir)
		folder.acquire() // for as long as it is in f.folders
		f.folders.Add(dir, folder)
	}
	folder.acquire()
	return folder
}

// cids returns the CIDs that a document may have.
func cids(open opener) (all []cid.Cid, fault error) {
	for _, form := range []credential.Form{credential.FormAuto, credential.FormRaw} {
		file, err := open()
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

// cids returns the CIDs that a file may have. In a scan they are computed once.
func (f *finder) cids(name string) ([]cid.Cid, error) {
	if f.scan() {
		f.mu.Lock()
		known, ok := f.sums[name]
		f.mu.Unlock()
		if ok {
			return known, nil
		}
	}
	all, err := cids(func() (io.ReadCloser, error) { return f.tree.open(name) })
	if err == nil && f.scan() {
		f.mu.Lock()
		if f.sums == nil {
			f.sums = make(map[string][]cid.Cid)
		}
		if len(f.sums) < maxDocuments {
			f.sums[name] = all
		}
		f.mu.Unlock()
	}
	return all, err
}

// named returns the name of the file that people take for the one of that name: itself, or
// the only one beside it that differs in nothing but how its letters are composed.
func (f *finder) named(name string) (string, bool) {
	if f.tree.has(name) {
		return name, true
	}
	if base := filepath.Base(name); strings.ContainsFunc(base, func(r rune) bool { return r >= utf8.RuneSelf }) {
		in := f.in(filepath.Dir(name))
		defer in.release()
		if same := in.composed()[composed(name)]; len(same) == 1 {
			return same[0], true
		}
	}
	return name, false
}

// beside returns the proof of a document's name, unless a document of exactly that name has it.
func (f *finder) beside(document string) (string, bool) {
	proof, ok := f.named(document + proofSuffix)
	if exact := strings.TrimSuffix(proof, proofSuffix); exact != document && f.tree.has(exact) {
		return "", false
	}
	return proof, ok
}

// candidates returns every proof that there may be of a file. If an archive cannot be
// read and might have one, broken names it.
func (f *finder) candidates(name string, head []byte) (all []candidate, broken error) {
	if beside, ok := f.beside(name); ok {
		all = f.files([]string{beside})
	}
	found, broken := f.search(name, f.tree.show(name), head, func() ([]cid.Cid, error) { return f.cids(name) })
	return append(all, found...), broken
}

// anywhere returns the proofs of a file's CIDs under the names of others, such as those of its
// copies. They count where there is no other that is about it.
func (f *finder) anywhere(name string) (all []candidate) {
	in := f.in(filepath.Dir(name))
	defer in.release()
	if len(in.proofs()) == 0 {
		return nil
	}
	known, _ := f.cids(name) // what cannot be read is reported itself
	for _, c := range known {
		all = append(all, f.files(in.proofs()[c])...)
	}
	return all
}

// search returns the proof that a document carries, and those of its CIDs in archives and
// proof files. The document lies in the file of that name. Its CIDs are computed only
// where there may be a proof.
func (f *finder) search(name, shown string, text []byte, cids func() ([]cid.Cid, error)) (all []candidate, broken error) {
	if p, err := carriedProof(shown, text); p != nil || err != nil {
		all = append(all, candidate{"the proof within it", func() (*verifier.Proof, error) { return p, err }})
	}
	in := f.in(filepath.Dir(name))
	defer in.release()
	loose := in.loose()
	if len(in.archives()) == 0 && len(loose) == 0 {
		return all, nil
	}
	known, err := cids()
	if err != nil {
		return all, err
	}
	var stacks [][]candidate // of each archive
	for _, a := range in.archives() {
		shown := f.tree.show(a.name)
		entries, err := a.proofsOf(known)
		if err != nil {
			broken = cmp.Or(broken, fmt.Errorf("%s: %w", shown, err))
		}
		var stack []candidate
		for _, e := range entries {
			stack = append(stack, candidate{entryName(shown, e), func() (*verifier.Proof, error) { return e.Proof, nil }})
		}
		stacks = append(stacks, stack)
	}
	for _, c := range known {
		for _, file := range f.files(loose[c]) {
			stacks = append(stacks, []candidate{file})
		}
	}
	return append(all, inTurn(stacks)...), broken
}

// inTurn takes one candidate of each stack in turn, so that those of a large archive do not
// use up the limit of [maxCandidates].
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

// files are proof files as candidates: one more than are tried, if there are as many.
func (f *finder) files(names []string) (all []candidate) {
	for _, name := range names[:min(len(names), maxCandidates+1)] {
		all = append(all, candidate{f.tree.show(name), func() (*verifier.Proof, error) { return f.tree.readProof(name) }})
	}
	return all
}

// elsewhere reports whether a document that does not have the name of a proof has it among its
// candidates: one in its folder, or in a scan in any folder.
func (f *finder) elsewhere(name string, p *verifier.Proof) bool {
	in := f.in(filepath.Dir(name))
	defer in.release()
	return !in.crowded() && in.documents()[p.Credential] != nil
}

// inside yields the credentials within a document, such as those of a
// Comprehensive Learner Record, each with the proof that it carries and those that lie
// beside the document.
func (f *finder) inside(name string, document []byte) Task {
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
			open := inMemory(text)
			it := item{name: shown, document: open, proofs: func() []candidate { return f.candidatesInside(name, shown, text, open) }}
			if !yield(it) {
				return
			}
		}
	}
}

var (
	// ErrNoneInside says that a credential, or one within a document, has no proof of its own.
	ErrNoneInside = errors.New("there is no proof of it")
	// errNotSearched: there may be a proof in an archive that cannot be read.
	errNotSearched = errors.New("its proof cannot be looked for")
)

// notSearched is the error of a document whose proof may be in a broken archive.
func notSearched(shown string, broken error) error {
	return fmt.Errorf("%s: %w: %w", shown, errNotSearched, broken)
}

// candidatesInside are those of a credential within a document, which lies in a file.
func (f *finder) candidatesInside(name, shown string, text []byte, open opener) []candidate {
	sums, _ := cids(open) // of what is in memory there always are
	all, broken := f.search(name, shown, text, func() ([]cid.Cid, error) { return sums, nil })
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
	err := fmt.Errorf("%s: %w beside %s", shown, ErrNoneInside, f.tree.show(name))
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

// reports tells whether a document is reported as a file of its own, so that an archive
// in the folder dir that names it need not report it.
func (f *finder) reports(dir, name string) bool {
	document := filepath.Join(dir, filepath.FromSlash(name))
	for _, part := range strings.Split(name, "/") {
		if strings.HasPrefix(part, ".") {
			return false // hidden
		}
	}
	if strings.HasSuffix(name, proofSuffix) || !f.tree.regular(document) || !f.tree.within(dir, name) || f.tree.container(document) != "" {
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

// withDocument reports whether name is a proof that is reported with the file that has its
// document's name. A folder of that name is not reported, so the proof is.
func (f *finder) withDocument(name string) bool {
	document, ok := strings.CutSuffix(name, proofSuffix)
	if !ok {
		return false
	}
	document, ok = f.named(document)
	return ok && !f.tree.folder(document)
}
