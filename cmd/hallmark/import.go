package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ipfs/go-cid"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/merkle"
)

func importCommand() *cli.Command {
	return command("import", "FILE.car", "take published blocks from a CAR file into a data folder",
		"The folder is made, or is that of a node that is not running. It then serves the blocks as\n"+
			"its own (/ipfs/ of hallmark node). Each is compared with its CID: what is something else is\n"+
			"named and left out. Which chain says what of them is not looked at: hallmark mirror does\n"+
			"that, and reads such a file itself.\n"+
			"Exit status: 0 if all was taken, 1 if blocks were left out or are missing.",
		importCAR,
		text("data", "`FOLDER` to put them into"), jsonFlag())
}

// importBytes is how much is written in one go, in bytes.
const importBytes = 16 << 20

// imported is the result of import.
type imported struct {
	File    string   `json:"file"`
	New     int      `json:"new"`
	Known   int      `json:"known"`
	LeftOut int      `json:"leftOut"`
	Refused []string `json:"refused"` // CIDs of the first of those
	Gaps    []string `json:"gaps"`    // roots below which blocks are missing
}

func importCAR(c *cli.Context) error {
	data, err := needed(c, "data")
	if err != nil {
		return err
	}
	f, err := os.Open(c.Args().First())
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := car.NewReader(f)
	if err != nil {
		return run.Hint(fmt.Errorf("%s: %w", c.Args().First(), err), "hallmark export writes such a file")
	}
	s, err := store.Open(data, store.Options{})
	if errors.Is(err, store.ErrLocked) {
		return run.Hint(err, "stop the node that runs on it, or import into another folder")
	}
	if err != nil {
		return err
	}
	in := &imported{File: c.Args().First(), Refused: []string{}, Gaps: []string{}}
	err = in.take(c, s, r)
	if err == nil {
		err = in.look(c, s, r.Roots())
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	answer(c, in, "%s: %s new, %d there already, %d left out", printable(in.File), plural(in.New, "block", "blocks"), in.Known, in.LeftOut)
	if in.LeftOut > 0 || len(in.Gaps) > 0 {
		return run.Hint(errors.New("not all was there to be taken"), "take another copy of the file as well: import adds what is missing")
	}
	return nil
}

// take puts the blocks of a file into a store, some at a time. What came before a fault is
// taken: importing again goes on.
func (in *imported) take(c *cli.Context, s *store.Store, r *car.Reader) error {
	add, done := showProgress(c)("importing blocks", 0)
	defer done()
	held := make(map[merkle.Hash]publish.Block) // by digest
	size := 0
	flush := func() error {
		err := s.Update(func(tx *store.Tx) error {
			for _, b := range held {
				if err := tx.PutBlock(b); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			in.New += len(held)
		}
		clear(held)
		size = 0
		return err
	}
	for c.Context.Err() == nil {
		b, err := r.Next()
		var bad *car.BadBlockError
		switch {
		case errors.Is(err, io.EOF):
			return flush()
		case errors.As(err, &bad):
			in.refuse(c, bad)
			continue
		case err != nil:
			return errors.Join(flush(), fmt.Errorf("%s: %w: what came before is taken", in.File, err))
		}
		digest := merkle.Hash(sha256.Sum256(b.Data))
		_, again := held[digest]
		switch _, err := s.Block(digest); {
		case again || err == nil:
			in.Known++
			continue
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		add(1)
		held[digest] = b
		if size += len(b.Data); size >= importBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return errors.Join(flush(), c.Context.Err())
}

// refuse tells of a block that is left out; of very many only the first.
func (in *imported) refuse(c *cli.Context, bad *car.BadBlockError) {
	const most = 100
	if in.LeftOut++; in.LeftOut <= most {
		say(c, "%v: left out", bad)
		in.Refused = append(in.Refused, bad.CID.String())
	}
	if in.LeftOut == most+1 {
		say(c, "and more are left out")
	}
}

// look tells of roots below which something is missing.
func (in *imported) look(c *cli.Context, s *store.Store, roots []cid.Cid) error {
	gaps, err := car.Gaps(c.Context, roots, func(_ context.Context, c cid.Cid) ([]byte, error) {
		hash := c.Hash()
		if len(hash) < merkle.Size {
			return nil, store.ErrNotFound
		}
		return s.Block(merkle.Hash(hash[len(hash)-merkle.Size:]))
	})
	for _, gap := range gaps {
		say(c, "not complete: what the file calls its root %s", gap.Root)
		in.Gaps = append(in.Gaps, gap.Root.String())
	}
	return err
}
