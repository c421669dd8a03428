package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// archiveFile is an open proof archive and what is to be written into it.
type archiveFile struct {
	path string
	file *os.File
	*archive.Archive

	node *client.Client // to take status lists from; nil if there is none

	mu   sync.Mutex              // guards what follows
	next map[int]*verifier.Proof // new first proofs by group, not yet in the file
}

// openArchive opens a proof archive; nil if the file is none.
func openArchive(path string) (*archiveFile, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	a, err := readArchive(path, f)
	if a == nil {
		_ = f.Close() // it was only read
	}
	return a, err
}

func readArchive(path string, f *os.File) (*archiveFile, error) {
	start := make([]byte, len(archive.Magic))
	if _, err := f.ReadAt(start, 0); errors.Is(err, io.EOF) || !archive.Is(start) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	opened, err := archive.Open(f, info.Size())
	if err != nil {
		return nil, archiveTrouble(path, err)
	}
	return &archiveFile{path: path, file: f, Archive: opened, next: make(map[int]*verifier.Proof)}, nil
}

// archiveTrouble says what is wrong with an archive, nil if nothing is: damage is an
// error of usage.
func archiveTrouble(path string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, archive.ErrNotArchive) {
		return run.Usagef("%s: %s", path, printable(err.Error()))
	}
	return fmt.Errorf("%s: %w", path, err)
}

func (a *archiveFile) close() { a.file.Close() }

// proofs returns the proof of the first credential of each group: what is shared.
func (a *archiveFile) proofs() (proofs []*proofFile) {
	for i, g := range a.Groups() {
		proofs = append(proofs, &proofFile{path: a.path, Proof: g.Shared().Proof, archive: a, group: i})
	}
	return proofs
}

// set notes the proof of the first credential of a group as it is to be, for
// [archiveFile.flush] to write.
func (a *archiveFile) set(group int, p *verifier.Proof) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next[group] = p
}

// flush writes the archive anew if anything in it is to be changed.
func (a *archiveFile) flush(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.next) == 0 {
		return nil
	}
	var all []archive.Shared
	for i, g := range a.Groups() {
		shared := g.Shared()
		if p := a.next[i]; p != nil {
			var err error
			if shared, err = a.sharedOf(ctx, p, shared.Lists); err != nil {
				return fmt.Errorf("%s: %w", a.path, err)
			}
		}
		all = append(all, shared)
	}
	info, err := os.Stat(a.path)
	if err != nil {
		return err
	}
	if err := replaceWith(a.path, info.Mode().Perm(), func(w io.Writer) error { return a.Rewrite(w, all) }); err != nil {
		return err
	}
	clear(a.next)
	return nil
}

// sharedOf adds to the proof of a group's first credential what the others' have their
// status entries from: the issuer's list behind each anchor. An anchor that is not the
// home's is left out if its list cannot be had.
func (a *archiveFile) sharedOf(ctx context.Context, first *verifier.Proof, known []*verifier.StatusList) (archive.Shared, error) {
	p := *first
	p.Anchors = nil
	shared := archive.Shared{Proof: &p}
	home := p.Submission.Home
	for i := range first.Anchors {
		anchor := &first.Anchors[i]
		list, err := statusListOf(ctx, a.node, known, anchor, first)
		switch {
		case err == nil:
			p.Anchors = append(p.Anchors, *anchor)
			shared.Lists = append(shared.Lists, list)
		case anchor.Chain == home.Chain && anchor.Registry == home.Registry:
			return shared, err
		}
	}
	return shared, nil
}

// statusListOf returns the issuer's whole list behind an anchor's evidence: nil while
// there is none.
func statusListOf(ctx context.Context, node *client.Client, known []*verifier.StatusList, a *verifier.Anchor, p *verifier.Proof) (*verifier.StatusList, error) {
	state, err := a.Read(batchRoot(p), p.Submission.Issuer)
	if err != nil || state.StatusRoot.IsZero() {
		return nil, err
	}
	for _, list := range known {
		if list != nil && list.Root() == state.StatusRoot {
			return list, nil
		}
	}
	if node == nil {
		return nil, run.Hint(fmt.Errorf("the chain has only the root of the status list of %s", p.Submission.Issuer), "give --node too, to take the list from")
	}
	items, err := node.PublishedStatusList(ctx, p.Submission.Issuer, state.StatusRoot)
	if err != nil {
		return nil, err
	}
	return verifier.NewStatusList(items)
}

// onlyFlag takes some credentials out of an archive.
func onlyFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "only", Usage: "of archives, take only the credential with this `CID` or name; may be repeated"}
}

// statusIDs returns the ids in a status list of what a proof stands for: its leaf, or
// with --submission the root of its submission; for a group of an archive the leaves of
// those that --only names, or of all.
func (p *proofFile) statusIDs(c *cli.Context) ([]merkle.Hash, error) {
	only := c.StringSlice("only")
	switch {
	case len(only) > 0 && p.archive == nil:
		return nil, run.Usagef("--only goes with archives, and %s is a single proof", p.path)
	case len(only) > 0 && c.Bool("submission"):
		return nil, run.Usagef("--submission is about all credentials of a submission, --only about some: give one of them")
	case c.Bool("submission"):
		return []merkle.Hash{merkle.Root(p.Leaf(), p.Submission.Path)}, nil
	case p.archive == nil:
		return []merkle.Hash{p.Leaf()}, nil
	}
	g := p.archive.Groups()[p.group]
	if len(only) == 0 {
		leaves, err := g.AppendLeaves(nil)
		return leaves, archiveTrouble(p.path, err)
	}
	rows, err := p.archive.selectRows(only)
	if err != nil {
		return nil, err
	}
	var ids []merkle.Hash
	for _, row := range rows {
		if row < g.First() || row >= g.First()+g.Len() {
			continue
		}
		e, err := p.archive.Proof(row)
		if err != nil {
			return nil, archiveTrouble(p.path, err)
		}
		ids = append(ids, e.Proof.Leaf())
	}
	return ids, nil
}

// oneProof reads a proof file, or one of the proofs of an archive: the one that --only
// names if there are several, or with beside the first whose credential lies there.
func oneProof(c *cli.Context, path string, beside bool) (*proofFile, error) {
	a, err := openArchive(path)
	if err != nil {
		return nil, err
	}
	only := c.StringSlice("only")
	if a == nil {
		if len(only) > 0 {
			return nil, run.Usagef("--only goes with archives, and %s is a single proof", path)
		}
		return readProof(path)
	}
	defer a.close()
	rows := []int{0}
	if len(only) > 0 {
		if rows, err = a.selectRows(only); err != nil {
			return nil, err
		}
	} else if at, ok := a.firstBeside(); ok && beside {
		rows[0] = at
	} else if a.Len() > 1 {
		return nil, run.Hint(run.Usagef("%s holds %d proofs", path, a.Len()), "name one with --only; hallmark archive list shows them")
	}
	if len(rows) > 1 {
		return nil, run.Usagef("--only names %d proofs of %s, want one", len(rows), path)
	}
	e, err := a.Proof(rows[0])
	if err != nil {
		return nil, archiveTrouble(path, err)
	}
	return &proofFile{path: path, Proof: e.Proof, name: e.Name}, nil
}

// firstBeside finds the first credential of an archive whose file lies beside it, under
// its name.
func (a *archiveFile) firstBeside() (int, bool) {
	for row, err := range a.Rows() {
		if err != nil {
			break
		}
		if row.Name == "" {
			continue
		}
		if info, err := os.Stat(filepath.Join(filepath.Dir(a.path), filepath.FromSlash(row.Name))); err == nil && info.Mode().IsRegular() {
			return row.Index, true
		}
	}
	return 0, false
}

// archiveName returns the name of a file in an archive: its path from the archive's
// folder if it is in there, else as it was given if that is a path inside a folder,
// else its last part.
func archiveName(archivePath, file string) string {
	absolute, err1 := filepath.Abs(file)
	folder, err2 := filepath.Abs(filepath.Dir(archivePath))
	var names []string
	if err1 == nil && err2 == nil {
		if name, err := filepath.Rel(folder, absolute); err == nil {
			names = append(names, name)
		}
	}
	for _, name := range append(names, filepath.Clean(file)) {
		if filepath.IsLocal(name) {
			return filepath.ToSlash(name)
		}
	}
	return filepath.Base(file)
}

// groupID is the id of the submission of a group.
func groupID(g *archive.Group) merkle.Hash { return submissionID(g.Shared().Proof) }
