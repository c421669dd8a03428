package files

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ipfs/go-cid"
	"golang.org/x/text/unicode/norm"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// Bounds of what a finder keeps.
const (
	maxFoldersFound  = 32      // folders whose proofs are known
	maxArchivesFound = 64      // archives of one folder, or of all in a tree
	maxProofsFound   = 250_000 // proof files, as many as a zip may have files
	maxDocuments     = 250_000 // documents, with those within them
)

// found is what one folder holds or, where a whole folder or zip is verified, all folders in
// it. Each part of it is read when it is first asked for. Its archives are closed when it is
// free.
type found struct {
	shared
	archives  func() []foundArchive
	proofs    func() map[cid.Cid][]string // all proof files by their name
	loose     func() map[cid.Cid][]string // those without a document of that name; in a scan also those of any name
	crowded   func() bool                 // there are more of these than are kept
	documents func() map[cid.Cid]opener   // the documents, and the credentials within them
	folded    func() map[string][]string  // all names, by their folder and their folded form
	composed  func() map[string][]string  // all names, by their form NFC
}

type foundArchive struct {
	name string
	*openArchive
	err error // why it cannot be read
}

// newFound returns what is in a folder or, in a scan, in all that are in it.
func newFound(find *finder, dir string) *found {
	f, s, scan := &found{}, find.tree, find.scan()
	var opened []io.Closer
	f.free = func() {
		for _, c := range opened {
			c.Close() // it was only read
		}
	}
	names := sync.OnceValue(func() []string {
		if scan {
			return s.all(dir)
		}
		return s.list(dir)
	})
	f.archives = sync.OnceValue(func() (all []foundArchive) {
		if s.archive == nil {
			return nil
		}
		var broken foundArchive // the first that cannot be read
		for _, name := range names() {
			a, err := s.archive(name)
			if a != nil && len(all) == maxArchivesFound {
				a.Close()
				broken = foundArchive{name, nil, fmt.Errorf("only %d archives of a folder are searched", maxArchivesFound)}
				break
			}
			switch {
			case a != nil:
				opened = append(opened, a)
				all = append(all, foundArchive{name, a, nil})
			case err != nil && broken.err == nil:
				broken = foundArchive{name, nil, err}
			}
		}
		if broken.err != nil {
			all = append(all, broken)
		}
		return all
	})
	proofs := func(wanted func(name string) bool) map[cid.Cid][]string {
		all, n := make(map[cid.Cid][]string), 0
		for _, name := range names() {
			if n == maxProofsFound {
				break
			}
			if !wanted(name) {
				continue
			}
			if p, err := s.readProof(name); err == nil {
				all[p.Credential] = append(all[p.Credential], name)
				n++
			}
		}
		return all
	}
	f.proofs = sync.OnceValue(func() map[cid.Cid][]string {
		return proofs(func(name string) bool { return strings.HasSuffix(name, proofSuffix) })
	})
	f.loose = sync.OnceValue(func() map[cid.Cid][]string {
		return proofs(func(name string) bool {
			document, ok := strings.CutSuffix(name, proofSuffix)
			return ok && !s.has(document) || !ok && (scan || strings.Contains(strings.ToLower(filepath.Base(name)), "proof")) && s.isProof(name)
		})
	})
	f.crowded = sync.OnceValue(func() bool {
		n := 0
		for _, names := range f.loose() {
			n += len(names)
		}
		return n >= maxProofsFound
	})
	f.documents = sync.OnceValue(func() map[cid.Cid]opener {
		all := make(map[cid.Cid]opener)
		for _, name := range names() {
			if len(all) >= maxDocuments {
				break
			}
			find.addDocument(all, name)
		}
		return all
	})
	f.folded = sync.OnceValue(func() map[string][]string {
		return byForm(names(), folded)
	})
	f.composed = sync.OnceValue(func() map[string][]string {
		return byForm(names(), composed)
	})
	return f
}

// byForm returns names by a form that some of them may have in common.
func byForm(names []string, form func(string) string) map[string][]string {
	all := make(map[string][]string)
	for _, name := range names {
		all[form(name)] = append(all[form(name)], name)
	}
	return all
}

// folded is a name with its last part folded.
func folded(name string) string { return filepath.Join(filepath.Dir(name), fold(filepath.Base(name))) }

// composed is a name with its last part in Unicode's form NFC. macOS takes letters apart (NFD),
// others leave them as they are: to people both are one name.
func composed(name string) string {
	return filepath.Join(filepath.Dir(name), norm.NFC.String(filepath.Base(name)))
}

// fold removes from a name what file systems and people overlook: capitals, the encoding of
// accents, invisible characters, and dots and spaces at the end.
func fold(name string) string {
	name = strings.Map(func(r rune) rune {
		if !credential.Seen(r) {
			return -1
		}
		return r
	}, name)
	return strings.TrimRight(norm.NFKC.String(strings.ToLower(strings.ToUpper(norm.NFKC.String(name)))), " .")
}

// isProof reports whether a file can be read as a proof.
func (s *fileTree) isProof(name string) bool {
	if !s.regular(name) {
		return false
	}
	data, err := s.readBounded(name, verifier.MaxProofSize)
	if err != nil {
		return false
	}
	_, err = parseProof(name, data)
	return err == nil
}

// addDocument adds the CIDs of a document, and of the credentials within it, if the file
// is one.
func (f *finder) addDocument(all map[cid.Cid]opener, name string) {
	s := f.tree
	if strings.HasSuffix(name, proofSuffix) || !s.regular(name) || s.isProof(name) {
		return
	}
	head, err := s.readBounded(name, credential.MaxJSON)
	if err != nil || containerKind(name, head) != "" && !s.has(name+proofSuffix) {
		return
	}
	open := func() (io.ReadCloser, error) { return s.open(name) }
	sums, _ := f.cids(name) // a file that cannot be read is reported itself
	for _, c := range sums {
		all[c] = open
	}
	i := 0
	for text, err := range credential.Inner(head) {
		i++
		n := i
		if err != nil {
			continue
		}
		sums, _ := cids(inMemory(text))
		for _, c := range sums {
			all[c] = func() (io.ReadCloser, error) { return s.openInside(name, n) }
		}
	}
}

// openInside opens the nth credential within a document.
func (s *fileTree) openInside(name string, n int) (io.ReadCloser, error) {
	head, err := s.readBounded(name, credential.MaxJSON)
	if err != nil {
		return nil, err
	}
	for text, err := range credential.Inner(head) {
		if n--; n == 0 {
			return io.NopCloser(bytes.NewReader(text)), err
		}
	}
	return nil, errNotHere
}
