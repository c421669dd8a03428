package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/fsck"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
)

func storeCommand() *cli.Command {
	return group("store", "move the state of a node", "", storeMigrateCommand())
}

func storeMigrateCommand() *cli.Command {
	return command("migrate", "", "move a node between a folder and PostgreSQL with S3",
		"Copies all that a node keeps, then checks the copy as hallmark fsck does and compares what was\n"+
			"counted with the source. The node must not be running, nor be started on either until it has come\n"+
			"to its end. Interrupted, it goes on when it is repeated. The source is left as it is.",
		migrateStore,
		text("from", "`FOLDER` of the node's state, or postgres:// URL of its database"),
		text("from-blobs", "with a database: s3:// `URL` of its bucket"),
		text("to", "`FOLDER` or URL of the target, which is empty, or has what an interrupted run has copied"),
		text("to-blobs", "with a database: s3:// `URL` of its bucket"),
		jsonFlag())
}

// place returns where a store lies that two flags name.
func place(c *cli.Context, flag string) (l location, err error) {
	where, err := needed(c, flag)
	if err != nil {
		return l, err
	}
	if l.blobs = c.String(flag + "-blobs"); isURL(where, "postgres", "postgresql") {
		l.store = where
	} else {
		l.data = where
	}
	return l, l.check(func(name string) string {
		if name == "blobs" {
			return "--" + flag + "-blobs"
		}
		return "--" + flag
	})
}

// open opens what is there.
func (l location) open(ctx context.Context, o store.Options) (*store.Store, error) {
	if l.shared() {
		return openShared(ctx, l, slog.New(slog.DiscardHandler))
	}
	s, err := store.Open(l.data, o)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, run.Usagef("there is no data folder %s", l.data)
	}
	return s, err
}

func migrateStore(c *cli.Context) (err error) {
	source, err := place(c, "from")
	if err != nil {
		return err
	}
	target, err := place(c, "to")
	if err != nil {
		return err
	}
	if source == target {
		return run.Usagef("--to is the same as --from")
	}
	from, err := source.open(c.Context, store.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	still, err := idle(from)
	if err != nil {
		return err
	}
	if err := copyStore(c, from, target); err != nil {
		return err
	}
	to, err := target.open(c.Context, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	report, err := compareCopy(c, from, to)
	if err != nil {
		return err
	}
	if err := still(); err != nil {
		return run.Hint(err, "then empty the target, and repeat: the source was written to")
	}
	if err := to.CopyDone(); err != nil {
		return err
	}
	answer(c, report, "moved %d submissions with %d leaves, and %d batches: start the node there",
		report.Submissions, report.Leaves, report.Batches)
	return nil
}

// copyStore copies what is not there yet. The target is closed after, so that a folder knows what
// was written to it.
func copyStore(c *cli.Context, from *store.Store, target location) (err error) {
	if !target.shared() {
		if err := os.MkdirAll(target.data, 0o700); err != nil {
			return err
		}
	}
	to, err := target.open(c.Context, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	said := time.Now()
	err = from.CopyTo(c.Context, to, func(done store.Copied) {
		if time.Since(said) > 5*time.Second {
			said = time.Now()
			say(c, "%d of %d submissions, %d other records", done.Submissions, done.Of, done.Records)
		}
	})
	switch {
	case errors.Is(err, store.ErrNotEmpty):
		return run.Hint(err, "name an empty folder, or an empty database and bucket")
	case err != nil:
		return run.Hint(fmt.Errorf("the copy is not complete: %w", err), "repeat the command: it goes on from there")
	}
	return nil
}

// compareCopy checks both, and compares what was counted.
func compareCopy(c *cli.Context, from, to *store.Store) (r fsck.Report, err error) {
	say(c, "checking the copy")
	if r, err = fsck.Run(c.Context, to, fsck.Config{Found: func(d store.Damage) { say(c, "%s", printable(d.String())) }}); err != nil {
		return r, err
	}
	damages := 0
	before, err := from.Check(c.Context, func(store.Damage) { damages++ })
	switch {
	case err != nil:
		return r, err
	case damages > 0:
		return r, run.Hint(errors.New("the source is damaged, so its copy cannot be right"), "hallmark fsck says what is wrong with it")
	case r.Damages > 0:
		return r, errors.New("the copy is damaged: empty the target, and repeat")
	case before != r.Checked:
		return r, fmt.Errorf("the copy has other numbers of records (%+v) than the source (%+v): empty the target, and repeat", r.Checked, before)
	}
	return r, nil
}
