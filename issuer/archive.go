package issuer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// Archive is an open proof archive and what is to be written into it.
type Archive struct {
	Path string
	file *os.File
	*archive.Archive

	node *client.Client // to take status lists from; nil if there is none

	mu   sync.Mutex              // guards what follows
	next map[int]*verifier.Proof // new first proofs by group, not yet in the file
}

// OpenArchive opens a proof archive; nil if the file is none.
func OpenArchive(path string) (*Archive, error) {
	f, err := fault.Open(path)
	if err != nil {
		return nil, err
	}
	a, err := readArchive(path, f)
	if a == nil {
		_ = f.Close() // it was only read
	}
	return a, err
}

func readArchive(path string, f *os.File) (*Archive, error) {
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
		return nil, ArchiveError(path, err)
	}
	return &Archive{Path: path, file: f, Archive: opened, next: make(map[int]*verifier.Proof)}, nil
}

// ArchiveError says what is wrong with an archive, nil if nothing is: damage is an
// error of usage.
func ArchiveError(path string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, archive.ErrNotArchive) {
		return fault.Input("%s: %s", path, credential.Printable(err.Error()))
	}
	return fmt.Errorf("%s: %w", path, err)
}

// Close closes the file.
func (a *Archive) Close() { a.file.Close() }

// Proofs returns the proof of the first credential of each group: what is shared.
func (a *Archive) Proofs() (proofs []*ProofFile) {
	for i, g := range a.Groups() {
		proofs = append(proofs, &ProofFile{Path: a.Path, Proof: g.Shared().Proof, Archive: a, group: i})
	}
	return proofs
}

// set notes the proof of the first credential of a group as it is to be, for
// [Archive.flush] to write.
func (a *Archive) set(group int, p *verifier.Proof) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next[group] = p
}

// flush writes the archive anew if anything in it is to be changed.
func (a *Archive) flush(ctx context.Context) error {
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
				return fmt.Errorf("%s: %w", a.Path, err)
			}
		}
		all = append(all, shared)
	}
	info, err := os.Stat(a.Path)
	if err != nil {
		return err
	}
	if err := durable.ReplaceWith(a.Path, info.Mode().Perm(), func(w io.Writer) error { return a.Rewrite(w, all) }); err != nil {
		return err
	}
	clear(a.next)
	return nil
}

// sharedOf adds to the proof of a group's first credential what the others' have their
// status entries from: the issuer's list behind each anchor. An anchor that is not the
// home's is left out if its list cannot be had.
func (a *Archive) sharedOf(ctx context.Context, first *verifier.Proof, known []*verifier.StatusList) (archive.Shared, error) {
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
func statusListOf(
	ctx context.Context, node *client.Client, known []*verifier.StatusList, a *verifier.Anchor, p *verifier.Proof,
) (*verifier.StatusList, error) {
	state, err := a.Read(BatchRoot(p), p.Submission.Issuer)
	if err != nil || state.StatusRoot.IsZero() {
		return nil, err
	}
	for _, list := range known {
		if list != nil && list.Root() == state.StatusRoot {
			return list, nil
		}
	}
	if node == nil {
		return nil, fmt.Errorf("the status list of %s: %w", p.Submission.Issuer, ErrNodeNeeded)
	}
	items, err := node.PublishedStatusList(ctx, p.Submission.Issuer, state.StatusRoot)
	if err != nil {
		return nil, err
	}
	return verifier.NewStatusList(items)
}

// firstBeside finds the first credential of an archive whose file lies beside it, under
// its name.
func (a *Archive) firstBeside() (int, bool) {
	for row, err := range a.Rows() {
		if err != nil {
			break
		}
		if row.Name == "" {
			continue
		}
		if info, err := os.Stat(filepath.Join(filepath.Dir(a.Path), filepath.FromSlash(row.Name))); err == nil && info.Mode().IsRegular() {
			return row.Index, true
		}
	}
	return 0, false
}

// ArchiveName returns the name of a file in an archive: its path from the archive's
// folder if it is in there, else as it was given if that is a path inside a folder,
// else its last part.
func ArchiveName(archivePath, file string) string {
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

// GroupID is the id of the submission of a group.
func GroupID(g *archive.Group) merkle.Hash { return SubmissionID(g.Shared().Proof) }

// Select returns the credentials of an archive that texts name, by CID, by name or by short
// code, ascending. Each must name one or more.
func (a *Archive) Select(texts []string) ([]int, error) {
	var rows []int
	names := make(map[string]bool)           // whether it was found
	shorts := make(map[qrproof.Short]string) // to those of the names that are short codes
	for _, text := range texts {
		id, err := credential.ParseCID(text)
		if err != nil {
			name := path.Clean(filepath.ToSlash(text))
			names[name] = false
			if short, err := qrproof.ParseShort(text); err == nil {
				shorts[short] = name
			}
			continue
		}
		found, err := a.Find(id)
		if err != nil {
			return nil, ArchiveError(a.Path, err)
		}
		if len(found) == 0 {
			return nil, fault.Input("%s does not hold %s", a.Path, id)
		}
		rows = append(rows, found...)
	}
	if len(names) > 0 {
		for row, err := range a.Rows() {
			if err != nil {
				return nil, ArchiveError(a.Path, err)
			}
			name := row.Name
			if short, ok := shorts[qrproof.ShortOf(row.Leaf)]; ok {
				name = short
			}
			if _, ok := names[name]; ok {
				names[name] = true
				rows = append(rows, row.Index)
			}
		}
	}
	for name, found := range names {
		if !found {
			return nil, fault.Remedy(fault.Input("%s holds nothing with the CID, name or short code %s", a.Path, credential.Printable(name)),
				"hallmark archive list %s", a.Path)
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows), nil
}

// Leaves returns the leaves of what a proof stands for: its own, or for a group of an
// archive those of the credentials that only names, see [Archive.Select], or of all.
func (p *ProofFile) Leaves(only []string) ([]merkle.Hash, error) {
	switch {
	case len(only) > 0 && p.Archive == nil:
		return nil, notArchive(p.Path)
	case p.Archive == nil:
		return []merkle.Hash{p.Leaf()}, nil
	}
	g := p.Archive.Groups()[p.group]
	if len(only) == 0 {
		leaves, err := g.AppendLeaves(nil)
		for i := range p.Submission.Identity {
			evidence := p.Submission.Identity[i].Leaf()
			leaves = slices.DeleteFunc(leaves, func(leaf merkle.Hash) bool { return leaf == evidence })
		}
		return leaves, ArchiveError(p.Path, err)
	}
	rows, err := p.Archive.Select(only)
	if err != nil {
		return nil, err
	}
	var ids []merkle.Hash
	for _, row := range rows {
		if row < g.First() || row >= g.First()+g.Len() {
			continue
		}
		e, err := p.Archive.Proof(row)
		if err != nil {
			return nil, ArchiveError(p.Path, err)
		}
		ids = append(ids, e.Proof.Leaf())
	}
	return ids, nil
}

func notArchive(path string) error {
	return fault.Input("%s is a single proof, and only of an archive some can be chosen", path)
}

// OneProof reads a proof file, or one of the proofs of an archive: the one that only names
// (see [Archive.Select]) if there are several, or with beside the first whose credential lies there.
func OneProof(path string, only []string, beside bool) (*ProofFile, error) {
	a, err := OpenArchive(path)
	if err != nil {
		return nil, err
	}
	if a == nil {
		if len(only) > 0 {
			return nil, notArchive(path)
		}
		return ReadProof(path)
	}
	defer a.Close()
	rows := []int{0}
	if len(only) > 0 {
		if rows, err = a.Select(only); err != nil {
			return nil, err
		}
	} else if at, ok := a.firstBeside(); ok && beside {
		rows[0] = at
	} else if a.Len() > 1 {
		return nil, fault.Input("%s holds %d proofs, %w", path, a.Len(), ErrWhichProof)
	}
	if len(rows) > 1 {
		return nil, fault.Input("%d proofs of %s were named, %w", len(rows), path, ErrWhichProof)
	}
	e, err := a.Proof(rows[0])
	if err != nil {
		return nil, ArchiveError(path, err)
	}
	return &ProofFile{Path: path, Proof: e.Proof, Name: e.Name}, nil
}
