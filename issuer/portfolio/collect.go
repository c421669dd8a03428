// Package portfolio puts a learner's badges together: it collects them with their proofs from a
// folder, and makes one page of them that verifies itself, offline, in the browser of who reads it.
// Package paper prints the same.
//
// Read the code in this order: collect.go, page.go.
package portfolio

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/internal/systemfile"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/issuer/paper"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

const (
	// MaxBadges bounds the badges of a portfolio.
	MaxBadges = 500

	// MaxSize bounds their files and proofs together, in bytes.
	MaxSize = 100 << 20

	maxFiles = 10_000 // that are looked at in a folder
)

// Left is a file that a portfolio does not have.
type Left struct {
	File string `json:"file"`
	Why  string `json:"why"` // a clause
}

// Collection is what a folder has for a portfolio.
type Collection struct {
	Badges []paper.Badge // each with a complete proof that holds, in the order of their files
	Left   []Left        // in the same order
}

// Collect finds the badges of a folder and those below, each with its proof: the one that it
// carries, that lies beside it under its name, or that is in an archive of proofs in the
// folder. What is hidden or a system's own is passed over; all else that is not taken is told of, and why.
func Collect(folder string) (*Collection, error) {
	c := &collector{folder: folder, leaves: make(map[verifier.Hash]string)}
	defer c.close()
	if err := c.walk(); err != nil {
		return nil, err
	}
	for _, path := range c.files {
		c.take(path)
	}
	slices.SortStableFunc(c.Left, func(a, b Left) int { return strings.Compare(a.File, b.File) })
	return &c.Collection, nil
}

// collector collects the badges of a folder.
type collector struct {
	Collection
	folder   string
	files    []string // that may be badges
	archives []*issuer.Archive
	size     int
	leaves   map[verifier.Hash]string // of the badges, with their files
}

func (c *collector) close() {
	for _, a := range c.archives {
		a.Close()
	}
}

// name is how a file is told of.
func (c *collector) name(path string) string {
	name, err := filepath.Rel(c.folder, path)
	if err != nil {
		name = path
	}
	return filepath.ToSlash(name)
}

func (c *collector) leave(path string, format string, args ...any) {
	why := strings.ReplaceAll(fmt.Sprintf(format, args...), c.folder+string(filepath.Separator), "")
	c.Left = append(c.Left, Left{c.name(path), why})
}

// walk finds files and archives.
func (c *collector) walk() error {
	switch info, err := os.Stat(c.folder); {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Input("there is no folder %s", c.folder)
	case err != nil:
		return err
	case !info.IsDir():
		return fault.Input("%s is no folder", c.folder)
	}
	start := c.folder
	if target, err := filepath.EvalSymlinks(start); err == nil {
		start, c.folder = target, target
	}
	seen := 0
	return filepath.WalkDir(start, func(path string, d fs.DirEntry, err error) error {
		if seen++; seen > maxFiles {
			return fault.Remedy(fault.Input("there are more than %d files in %s", maxFiles, c.folder), "make a folder of the badges alone")
		}
		switch {
		case err != nil:
			c.leave(path, "it cannot be read")
			return nil //nolint:nilerr // what cannot be read is left out, and the others are taken
		case path != start && (strings.HasPrefix(d.Name(), ".") || systemfile.Is(d.Name())):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		switch info, err := os.Stat(path); {
		case err != nil, !info.Mode().IsRegular():
			c.leave(path, "it is no file that can be read")
		case strings.HasSuffix(path, archive.Suffix):
			c.open(path)
		case strings.HasSuffix(path, issuer.ProofSuffix):
			if _, err := os.Stat(strings.TrimSuffix(path, issuer.ProofSuffix)); err != nil {
				c.leave(path, "it is a proof, and its badge is not beside it")
			}
		default:
			c.files = append(c.files, path)
		}
		return nil
	})
}

func (c *collector) open(path string) {
	a, err := issuer.OpenArchive(path)
	switch {
	case err != nil:
		c.leave(path, "%s", short(path, err))
	case a == nil:
		c.leave(path, "it is no archive of proofs")
	default:
		c.archives = append(c.archives, a)
	}
}

// short is an error without the name of the file.
func short(path string, err error) string {
	text := err.Error()
	if rest, ok := strings.CutPrefix(text, path+" "); ok {
		return "it " + rest
	}
	return strings.TrimPrefix(text, path+": ")
}

// take takes a file if it is a badge with a proof that holds.
func (c *collector) take(path string) {
	if len(c.Badges) == MaxBadges || c.size >= MaxSize {
		c.leave(path, "the portfolio is full: it has room for %d badges, and %d MiB", MaxBadges, MaxSize>>20)
		return
	}
	document, err := fault.ReadFile(path, issuer.MaxDocument)
	if err != nil {
		c.leave(path, "%s", short(path, err))
		return
	}
	proof, err := c.proof(path, document)
	if err != nil {
		c.leave(path, "%s", short(path, err))
		return
	}
	if same, ok := c.leaves[proof.Leaf()]; ok {
		c.leave(path, "it is the same badge as %s", same)
		return
	}
	text, err := proof.Encode()
	if err != nil {
		c.leave(path, "%s", short(path, err))
		return
	}
	if c.size+len(document)+len(text) > MaxSize {
		c.leave(path, "with it the portfolio would be larger than %d MiB", MaxSize>>20)
		return
	}
	c.size += len(document) + len(text)
	b := paper.Badge{File: c.name(path), Document: document, Proof: proof}
	c.leaves[proof.Leaf()] = b.File
	c.Badges = append(c.Badges, b)
}

// errNone says that there is no proof of a file.
var errNone = errors.New("there is no proof of it: a portfolio shows what can be verified")

// proof returns the proof of a document with the newest evidence. The error is why there is
// none that holds: a newer one that says that it was revoked is not passed over for an older one.
func (c *collector) proof(path string, document []byte) (*verifier.Proof, error) {
	all, err := c.proofs(path, document)
	var (
		best   *verifier.Proof
		newest *verifier.Report
		why    error
	)
	for _, p := range all {
		if p.Pending() {
			err = cmp.Or(err, errors.New("its proof is still pending: hallmark upgrade completes it"))
			continue
		}
		report, refused := paper.Evidence(p, document)
		switch {
		case report == nil || refused != nil && report.Result(verifier.CheckStatus).Result != verifier.Fail:
			err = cmp.Or(err, refused)
		case newest == nil || report.StatusAsOf.After(newest.StatusAsOf):
			best, newest, why = p, report, refused
		}
	}
	if newest != nil {
		return best, why
	}
	return nil, cmp.Or(err, errNone)
}

// proofs returns every proof that there may be of a document, and what is wrong with another.
func (c *collector) proofs(path string, document []byte) (all []*verifier.Proof, wrong error) {
	switch p, _, err := verifier.Extract(document); {
	case err == nil:
		all = append(all, p)
	case !errors.Is(err, credential.ErrNoProof):
		wrong = err
	}
	beside := path + issuer.ProofSuffix
	if _, err := os.Stat(beside); err == nil {
		p, err := issuer.ReadProof(beside)
		if err == nil {
			all = append(all, p.Proof)
		}
		wrong = cmp.Or(wrong, err)
	}
	for _, a := range c.archives {
		found, err := inArchive(a, document)
		all, wrong = append(all, found...), cmp.Or(wrong, err)
	}
	return all, wrong
}

// maxInArchive bounds how many proofs of one document are taken out of an archive.
const maxInArchive = 100

// inArchive returns the proofs of a document that an archive holds, and what is wrong with another.
func inArchive(a *issuer.Archive, document []byte) (all []*verifier.Proof, wrong error) {
	var rows []int
	for _, form := range []credential.Form{credential.FormAuto, credential.FormRaw} {
		id, err := credential.Sum(bytes.NewReader(document), form, "")
		if err != nil {
			continue // it has no CID of that form, so no proof of one
		}
		found, err := a.Find(id)
		wrong = cmp.Or(wrong, issuer.ArchiveError(a.Path, err))
		rows = append(rows, found...)
	}
	slices.Sort(rows)
	rows = slices.Compact(rows)
	for _, row := range rows[:min(len(rows), maxInArchive)] {
		e, err := a.Proof(row)
		if err != nil {
			wrong = cmp.Or(wrong, issuer.ArchiveError(a.Path, err))
			continue
		}
		all = append(all, e.Proof)
	}
	return all, wrong
}
