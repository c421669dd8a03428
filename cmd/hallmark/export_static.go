package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/serving"
	"github.com/hallmark-node/hallmark/anchor/staticdir"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
)

// exportStatic writes a folder of proofs: export --static.
func exportStatic(c *cli.Context, dir string) error {
	source, end, err := staticSource(c)
	if err != nil {
		return err
	}
	defer end()
	var add func(int)
	done := func() {}
	report, err := staticdir.Export(c.Context, dir, source, func(_, of uint64) {
		if add == nil {
			add, done = showProgress(c)("exporting batches", int(of))
		}
		add(1)
	})
	done()
	if err != nil {
		return err
	}
	for _, list := range report.Missing {
		say(c, "warning: the node does not have status %s: proofs from this folder lack their status", list)
	}
	if report.Pending > 0 {
		say(c, "%s not final yet: export again later", plural(int(report.Pending), "batch is", "batches are"))
	}
	answer(c, report, "%s: %s, %d of them new; %s written (%d bytes), %d as before",
		printable(dir), plural(int(report.Batches), "batch", "batches"), report.Added,
		plural(int(report.Written), "file", "files"), report.Bytes, report.Unchanged)
	return nil
}

// staticSource is the node that --node names, or the data of one that does not run.
func staticSource(c *cli.Context) (source staticdir.Source, end func(), err error) {
	data := c.String("data")
	if data == "" {
		node, err := openNode(c)
		if err != nil {
			return nil, nil, run.Usagef("--node or --data is needed")
		}
		return staticdir.FromNode(node), func() {}, nil
	}
	if c.IsSet("node") {
		return nil, nil, run.Usagef("give --node or --data, not both")
	}
	s, err := store.Open(data, store.Options{ReadOnly: true})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, run.Usagef("there is no data folder %s", data)
	case errors.Is(err, store.ErrLocked):
		return nil, nil, run.Hint(err, "the node runs: give its URL with --node")
	case err != nil:
		return nil, nil, fmt.Errorf("open %s: %w", data, err)
	}
	log := slog.New(slog.NewTextHandler(c.App.ErrWriter, &slog.HandlerOptions{Level: slog.LevelWarn}))
	srv, err := serving.New(s, nil, 0, log)
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return staticdir.FromStore(srv), func() { srv.Close(); _ = s.Close() }, nil
}

// staticHelp is the part of the help of export that is about --static.
var staticHelp = strings.TrimSpace(`
With --static DIR it writes a folder that any web server or object store can serve: upgrade,
refresh and the pages take its URL in place of a node's, and put proofs together themselves.
A second run writes only what is new, and DIR may be served meanwhile. It holds nothing
secret: no salt, no credential, nothing that was shared.`)
