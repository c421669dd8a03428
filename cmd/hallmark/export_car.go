package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/serving"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/merkle"
)

// carHelp is the part of the help of export that is about CAR files.
const carHelp = "FILE.car gets the published blocks of batches and status lists, as a CAR of version 1: of the\n" +
	"node at --node, or of the folder --data, whose node may run. A mirror makes proofs of it and\n" +
	"the chain, hallmark import takes it into another folder, and tools of IPFS read it. It holds\n" +
	"nothing secret: no salt, no credential. The same state always makes the same file."

// exported is the result of export.
type exported struct {
	File    string `json:"file"`
	Batches int    `json:"batches"`
	Lists   int    `json:"lists"`
	Blocks  int    `json:"blocks"`
	Bytes   int64  `json:"bytes"`
}

// exportSource is where published blocks are had from.
type exportSource interface {
	Batches(ctx context.Context, after uint64, limit int) ([]client.Batch, error)
	Batch(ctx context.Context, root merkle.Hash) (client.Batch, error)
	// eachList calls do with all lists, by issuer, version and root.
	eachList(ctx context.Context, do func(client.ListSummary)) error
	Block(ctx context.Context, c cid.Cid) ([]byte, error)
}

// exportPage is how many batches or lists are asked for at once.
const exportPage = 1000

// nodeExport is a node that runs, or a mirror.
type nodeExport struct{ *client.Client }

// Batches lists batches.
func (s nodeExport) Batches(ctx context.Context, after uint64, limit int) ([]client.Batch, error) {
	page, err := s.Client.Batches(ctx, after, limit)
	return page.Batches, err
}

func (s nodeExport) eachList(ctx context.Context, do func(client.ListSummary)) error {
	for after := ""; ; {
		page, err := s.Lists(ctx, after, exportPage)
		if err != nil {
			return err
		}
		for _, l := range page.Lists {
			do(l)
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}

// folderExport is the data of a node.
type folderExport struct{ *serving.Serving }

func (s folderExport) eachList(_ context.Context, do func(client.ListSummary)) error {
	for last := (client.ListSummary{}); ; {
		lists, err := s.PublishedLists(last, exportPage)
		for _, l := range lists {
			do(l)
		}
		if err != nil || len(lists) < exportPage {
			return err
		}
		last = lists[len(lists)-1]
	}
}

// exportCAR writes a CAR file: export without --static.
func exportCAR(c *cli.Context) error {
	file := c.Args().First()
	if file == "" {
		return run.Usagef("which file? hallmark export takes FILE.car, or --static DIR")
	}
	since, err := parsed(c, "since", parseSince)
	if err != nil {
		return err
	}
	if c.IsSet("batch") && c.IsSet("since") {
		return run.Usagef("give --batch or --since, not both")
	}
	if _, err := os.Lstat(file); err == nil {
		return run.Usagef("%s is there already; an export never replaces anything", file)
	}
	source, end, err := openExport(c)
	if err != nil {
		return err
	}
	defer end()
	e := &exported{File: file}
	manifests, err := e.find(c.Context, source, c.String("batch"), since)
	if err == nil {
		err = e.write(c, manifests, source)
	}
	if err != nil {
		return err
	}
	answer(c, e, "%s holds %s and %s: %s, %d bytes", printable(file), plural(e.Batches, "batch", "batches"),
		plural(e.Lists, "status list", "status lists"), plural(e.Blocks, "block", "blocks"), e.Bytes)
	return nil
}

// parseSince reads a day, which begins in UTC, or a moment.
func parseSince(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("want a day as 2026-01-31, or a moment as 2026-01-31T12:00:00Z")
}

// openExport returns where to export from: the node that --node names, or the folder --data.
func openExport(c *cli.Context) (source exportSource, end func(), err error) {
	data := c.String("data")
	switch {
	case (data == "") == (c.String("node") == ""):
		return nil, nil, run.Usagef("--node or --data is needed, and not both")
	case data == "":
		node, err := openNode(c)
		return nodeExport{node}, func() {}, err
	}
	if info, err := os.Stat(data); err != nil || !info.IsDir() {
		return nil, nil, run.Usagef("there is no data folder %s", data)
	}
	folder, release, err := checkpoint(c.Context, data)
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Open(folder, store.Options{ReadOnly: true})
	if err != nil {
		return nil, nil, errors.Join(err, release())
	}
	srv, err := serving.New(s, nil, 0, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, errors.Join(err, s.Close(), release())
	}
	return folderExport{srv}, func() {
		srv.Close()
		_, _ = s.Close(), release() // nothing was written
	}, nil
}

// find returns the manifests to export: of one batch, or of all that are not older than since.
func (e *exported) find(ctx context.Context, source exportSource, batch string, since time.Time) (manifests []cid.Cid, err error) {
	if batch != "" {
		b, err := findBatch(ctx, source, batch)
		e.Batches = 1
		return []cid.Cid{publish.ManifestCID(b.Manifest)}, err
	}
	for after := uint64(0); ; {
		batches, err := source.Batches(ctx, after, exportPage)
		if err != nil {
			return nil, err
		}
		for i := range batches {
			if !batches[i].SealedAt.Before(since) {
				manifests = append(manifests, publish.ManifestCID(batches[i].Manifest))
			}
		}
		if len(batches) < exportPage {
			break
		}
		after = batches[len(batches)-1].Number
	}
	e.Batches = len(manifests)
	err = source.eachList(ctx, func(l client.ListSummary) {
		if !l.StoredAt.Before(since) {
			manifests = append(manifests, publish.ManifestCID(l.Manifest))
		}
	})
	e.Lists = len(manifests) - e.Batches
	return manifests, err
}

// findBatch returns the batch with a number or a root.
func findBatch(ctx context.Context, source exportSource, text string) (b client.Batch, err error) {
	if number, err := strconv.ParseUint(text, 10, 63); err == nil {
		list, err := source.Batches(ctx, max(number, 1)-1, 1)
		if err == nil && (len(list) == 0 || list[0].Number != number) {
			return b, run.Usagef("there is no batch %d", number)
		}
		if err != nil {
			return b, err
		}
		return list[0], nil
	}
	var root merkle.Hash
	if err := root.UnmarshalText([]byte(text)); err != nil {
		return b, run.Usagef("--batch: want the number of a batch, or its root: 0x and 64 hex digits")
	}
	b, err = source.Batch(ctx, root)
	if client.NotFound(err) || errors.Is(err, role.ErrNotFound) {
		return b, run.Usagef("there is no batch %s", root)
	}
	return b, err
}

// write writes the file, all of it or nothing.
func (e *exported) write(c *cli.Context, manifests []cid.Cid, source exportSource) error {
	var add func(int)
	done := func() {}
	err := durable.CreateWith(e.File, 0o644, func(w io.Writer) error {
		count := &counter{w: bufio.NewWriterSize(w, 1<<20)}
		add, done = showProgress(c)("exporting blocks", 0)
		err := car.Export(c.Context, count, manifests, source.Block, func(publish.Block) {
			e.Blocks++
			add(1)
		})
		if e.Bytes = count.n; err != nil {
			return err
		}
		return count.w.Flush()
	})
	done()
	return err
}

// counter counts what is written.
type counter struct {
	w *bufio.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
