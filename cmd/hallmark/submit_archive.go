package main

import (
	"iter"
	"path/filepath"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// archiveFrom is how many credentials go into files of their own; more go into one
// archive.
const archiveFrom = 1000

// archivePath returns where the proofs of this call go if they go into an archive.
func archivePath(c *cli.Context) (string, error) {
	if path := c.String("archive"); path != "" {
		return path, nil
	}
	name := c.Args().First()
	if lists := c.StringSlice("cids"); name == "" && len(lists) > 0 && lists[0] != "-" {
		name = lists[0]
	}
	if name == "" {
		return "", run.Hint(run.Usagef("more than %d proofs go into one file, which needs a name", archiveFrom),
			"give --archive FILE%s", archive.Suffix)
	}
	path := filepath.Clean(name) + archive.Suffix
	if out := c.String("out"); out != "" {
		path = filepath.Join(out, filepath.Base(path))
	}
	return path, nil
}

// submitArchive submits credentials whose proofs go into an archive.
func submitArchive(c *cli.Context, path string, in iter.Seq2[*issuer.Input, error]) error {
	s, err := submitter(c)
	if err != nil {
		return err
	}
	// There are few objects, and large ones: collecting often costs nothing, and halves
	// the memory.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	done, err := s.SubmitArchive(c.Context, in, path)
	if err != nil {
		return err
	}
	a, err := issuer.OpenArchive(path)
	if err != nil {
		return err
	}
	defer a.Close()
	if c.Bool("wait") {
		if err := waitFor(c, s, a.Proofs()); err != nil {
			return err
		}
		for _, one := range done {
			one.State = publish.Final
		}
	}
	if done[0].State != publish.Final {
		hint(c, "complete the proofs with hallmark upgrade %s, in some minutes", path)
	}
	answer(c, struct {
		Archive     string              `json:"archive"`
		Credentials int                 `json:"credentials"`
		Submissions []*issuer.Submitted `json:"submissions"`
	}{path, a.Len(), done}, "%s", path)
	return nil
}
