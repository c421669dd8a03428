package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/ipfs/go-cid"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/internal/systemfile"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

func archiveCommand() *cli.Command {
	return group("archive", "look into proof archives, and turn them into single proofs and back",
		"An archive is one file that holds the proofs of many credentials. Commands that take\n"+
			"proofs take archives too.",
		command("list", "ARCHIVE", "print the credentials of an archive: number, CID, name",
			"With --json: one object in each line, with the id of the submission. Credentials are\n"+
				"in the order of their leaves, which is nobody's.",
			archiveList,
			jsonFlag()),
		command("extract", "ARCHIVE [CID|NAME...]", "write proofs of an archive into files of their own",
			"Writes NAME.proof.json for each credential, or CID.proof.json for one without a name.\n"+
				"Without CIDs and names all are written. Files that are there already stay.",
			archiveExtract,
			text("out", "write them into `FOLDER` (default: the archive's)"), jsonFlag()),
		command("create", "ARCHIVE PROOF|FOLDER...", "put proofs into a new archive",
			"Of a FOLDER all proofs are taken, also those in folders below. Archives are proofs too:\n"+
				"theirs are put together. One that cannot be read is told of, and the others are taken.",
			archiveCreate,
			jsonFlag()))
}

// openArchive opens the archive that is the first argument.
func openArchive(c *cli.Context) (*issuer.Archive, error) {
	a, err := issuer.OpenArchive(c.Args().First())
	if err == nil && a == nil {
		err = run.Usagef("%s is not a proof archive", c.Args().First())
	}
	return a, err
}

func archiveList(c *cli.Context) error {
	a, err := openArchive(c)
	if err != nil {
		return err
	}
	defer a.Close()
	groups := a.Groups()
	for _, g := range groups {
		p, state := g.Shared().Proof, "complete"
		if p.Pending() {
			state = "pending"
		}
		say(c, "submission %s: %d of its %s, by %s for %s at %s, %s", issuer.GroupID(g), g.Len(),
			credentials(issuer.CredentialCount(p)), p.Submission.Issuer, p.Submission.Home, unixTime(p.Submission.IssuedAt), state)
	}
	group := 0
	id := issuer.GroupID(groups[0])
	for row, err := range a.Rows() {
		if err != nil {
			return issuer.ArchiveError(a.Path, err)
		}
		for row.Index >= groups[group].First()+groups[group].Len() {
			group++
			id = issuer.GroupID(groups[group])
		}
		text, err := credential.CIDFromBytes(row.CID)
		if err != nil {
			return issuer.ArchiveError(a.Path, fmt.Errorf("%w: %w", archive.ErrNotArchive, err))
		}
		answer(c, struct {
			Index      int    `json:"index"`
			CID        string `json:"cid"`
			Name       string `json:"name,omitempty"`
			Leaf       string `json:"leaf"`
			Submission string `json:"submission"`
		}{row.Index, text.String(), row.Name, row.Leaf.String(), id.String()}, "%d\t%s\t%s", row.Index, text, printable(row.Name))
	}
	return nil
}

func archiveExtract(c *cli.Context) error {
	a, err := openArchive(c)
	if err != nil {
		return err
	}
	defer a.Close()
	out := cmp.Or(c.String("out"), filepath.Dir(a.Path))
	// Names cannot lead out of it, whatever links are in it.
	folder, err := os.OpenRoot(out)
	if err != nil {
		return run.Usagef("--out: there is no folder %s", out)
	}
	defer func() { _ = folder.Close() }() // it holds nothing
	entries, count := a.Entries(0, a.Len()), a.Len()
	wanted := c.Args().Tail()
	if len(wanted) > 0 {
		selected, err := a.Select(wanted)
		if err != nil {
			return err
		}
		count = len(selected)
		entries = func(yield func(*archive.Entry, error) bool) {
			for _, i := range selected {
				if !yield(a.Proof(i)) {
					return
				}
			}
		}
	}
	add, end := showProgress(c)("extracting", count)
	defer end()
	for e, err := range entries {
		if err = cmp.Or(err, c.Context.Err()); err != nil {
			return issuer.ArchiveError(a.Path, err)
		}
		name, err := extractEntry(folder, e)
		if err != nil {
			return err
		}
		if path := filepath.Join(out, name); len(wanted) > 0 {
			answer(c, writtenFile{path}, "%s", printable(path))
		} else {
			answerJSON(c, writtenFile{path})
		}
		add(1)
	}
	if len(wanted) == 0 {
		say(c, "%s into %s", plural(count, "proof", "proofs"), out)
	}
	return nil
}

// extractEntry writes the proof of one credential, and returns the file's name.
func extractEntry(folder *os.Root, e *archive.Entry) (string, error) {
	name := e.Name
	if name == "" {
		name = e.Proof.Credential.String()
	}
	name += issuer.ProofSuffix
	data, err := e.Proof.Encode()
	if err != nil {
		return "", err
	}
	if dir := path.Dir(name); dir != "." {
		if err := folder.MkdirAll(dir, 0o755); err != nil {
			return "", err
		}
	}
	f, err := folder.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, durable.Private)
	if errors.Is(err, fs.ErrExist) {
		if there, err := folder.ReadFile(name); err == nil && bytes.Equal(there, data) {
			return name, nil
		}
		return "", run.Hint(fmt.Errorf("%s is there already, and it is another file", printable(filepath.Join(folder.Name(), name))),
			"move it away, or write elsewhere with --out")
	}
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = folder.Remove(name) // it is not whole
	}
	return name, err
}

func archiveCreate(c *cli.Context) error {
	target := c.Args().First()
	if strings.HasSuffix(target, issuer.ProofSuffix) {
		return run.Hint(run.Usagef("%s is the name of a proof, not of an archive", target),
			"name the new archive first, such as 2026%s", archive.Suffix)
	}
	if _, err := os.Lstat(target); err == nil {
		return run.Usagef("%s is there already", target)
	}
	files, failed, err := proofFiles(c.Args().Tail())
	if err != nil {
		return err
	}
	var all archive.Collection
	add, end := showProgress(c)("reading proofs", len(files))
	defer end()
	taken := 0
	for _, file := range files {
		if err := c.Context.Err(); err != nil {
			return err
		}
		if err := collect(c, &all, target, file); err != nil {
			failed = append(failed, err)
		} else {
			taken++
		}
		add(1)
	}
	if taken == 0 {
		return failures(c, failed)
	}
	n := 0
	err = durable.CreateWith(target, durable.Private, func(w io.Writer) error {
		out := archive.NewWriter(w)
		err := all.Write(out)
		if twice := (*archive.SameCredentialError)(nil); errors.As(err, &twice) {
			return errors.New("one proof is there twice: name each once")
		}
		if err != nil {
			return err
		}
		n = out.Len()
		return out.Close()
	})
	if err == nil {
		err = durable.SyncFolder(filepath.Dir(target))
	}
	if err != nil {
		return err
	}
	say(c, "%s in %s", plural(n, "proof", "proofs"), target)
	answer(c, writtenFile{target}, "%s", target)
	if len(failed) > 0 {
		for _, err := range failed {
			say(c, "not in the archive: %v", err)
		}
		return fmt.Errorf("%s could not be read, and %s has the others", plural(len(failed), "file", "files"), target)
	}
	return nil
}

// proofFiles returns the proofs and archives that arguments name: the files themselves,
// and for a folder those in it and below, without system files. Folders that cannot be looked
// into are told of in failed.
func proofFiles(args []string) (files []string, failed []error, err error) {
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil || !info.IsDir() {
			files = append(files, arg) // what is wrong with it is said when it is read
			continue
		}
		_ = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error { // it has no errors but those given here
			switch {
			case err != nil:
				failed = append(failed, err)
			case path != arg && systemfile.Is(d.Name()):
				if d.IsDir() {
					return fs.SkipDir
				}
			case !d.IsDir() && (strings.HasSuffix(path, issuer.ProofSuffix) || strings.HasSuffix(path, archive.Suffix)):
				files = append(files, path)
			}
			return nil
		})
	}
	if len(files) == 0 && len(failed) == 0 {
		return nil, nil, run.Usagef("there is no proof in %s", strings.Join(args, ", "))
	}
	return files, failed, nil
}

// collect puts the proof or the proofs in a file into the collection.
func collect(c *cli.Context, all *archive.Collection, target, file string) error {
	a, err := issuer.OpenArchive(file)
	if err != nil {
		return err
	}
	if a != nil {
		defer a.Close()
		for e, err := range a.Entries(0, a.Len()) {
			if err == nil {
				err = all.Add(e.Proof, e.Name)
			}
			if err != nil {
				return issuer.ArchiveError(file, err)
			}
		}
		return nil
	}
	data, err := fault.ReadFile(file, verifier.MaxProofSize)
	if err != nil {
		return err
	}
	p, err := verifier.ParseProof(data)
	if err != nil {
		return run.Usagef("%s: %v", file, err)
	}
	if again, err := p.Encode(); err != nil || !bytes.Equal(again, data) {
		say(c, "%s is not written as hallmark writes proofs; it will come out in that form", file)
	}
	name, named := strings.CutSuffix(issuer.ArchiveName(target, file), issuer.ProofSuffix)
	if _, err := cid.Decode(path.Base(name)); err == nil || !named || archive.CheckName(name) != nil {
		name = ""
	}
	return all.Add(p, name)
}
