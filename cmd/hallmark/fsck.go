package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/fsck"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
)

// unchecked is the exit status of a check that could not be made: neither damage
// nor none, as with verify.
const unchecked = 3

func fsckCommand() *cli.Command {
	return command("fsck", "", "check the data folder of a node, or a backup",
		"Rebuilds every root, id, digest and index from what is stored and compares, and verifies all\n"+
			"evidence. With --rpc it compares every final batch with the chain. It changes nothing; the\n"+
			"node must not be running (take a backup, and check that).\n"+
			"Exit status: 0 if all is well, 1 if there is damage, 3 if it could not be checked.",
		checkData,
		text("data", "`FOLDER` of the node's state, or of a backup"),
		text("store", "`URL` of the PostgreSQL database that has it instead"),
		text("blobs", "with --store: `URL` of the S3 bucket"),
		texts("rpc", "`URL` of a JSON-RPC server to compare with; again for further chains"),
		jsonFlag())
}

func checkData(c *cli.Context) error {
	where := location{data: c.String("data"), store: c.String("store"), blobs: c.String("blobs")}
	if err := where.check(func(name string) string { return "--" + name }); err != nil {
		return err
	}
	data := where.data
	damages := []store.Damage{}
	config := fsck.Config{Found: func(d store.Damage) {
		if damages = append(damages, d); !c.Bool("json") {
			result(c, "%s", printable(d.String()))
		}
	}}
	for _, server := range c.StringSlice("rpc") {
		if server == "" {
			continue
		}
		if !issuer.IsServerURL(server) {
			return run.Usagef("--rpc is not the URL of a server: want http:// or https:// and a host")
		}
		config.RPC = append(config.RPC, server)
	}
	var report fsck.Report
	var err error
	if where.shared() {
		report, err = checkShared(c.Context, where, config)
	} else {
		report, err = fsck.Folder(c.Context, data, config)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return run.Usagef("there is no data folder %s", data)
	case errors.Is(err, store.ErrLocked):
		return &run.Error{Err: run.Hint(err, "stop the node, or check a backup: hallmark backup --data %s FOLDER", data), Code: unchecked}
	case err != nil && report.Damages == 0:
		if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return &run.Error{Err: err, Code: unchecked}
	case err != nil:
		say(c, "not all was checked: %v", err)
	}
	if c.Bool("json") {
		resultJSON(c, struct {
			Report  fsck.Report    `json:"report"`
			Damages []store.Damage `json:"damages"`
		}{report, damages})
	} else {
		say(c, "checked %d submissions with %d leaves, %d batches, %d blocks (%d bytes), %d operations, %d pieces of evidence, "+
			"%d status lists, %d shares",
			report.Submissions, report.Leaves, report.Batches, report.Blocks, report.BlockBytes,
			report.Operations, report.Evidence, report.StatusLists, report.Shares)
		for _, chain := range report.Chains {
			say(c, "compared %d anchors and %d pieces of evidence with %s", chain.Anchors, chain.Evidence, chain.Home)
		}
		if len(report.Chains) == 0 {
			say(c, "compared with no chain: --rpc was not given")
		}
	}
	if report.Damages > 0 {
		say(c, "%s", plural(report.Damages, "thing is damaged", "things are damaged"))
		return run.Exit(run.Failure)
	}
	return nil
}

// checkShared checks what is in a database and a bucket. What is found while a node writes may be
// no damage.
func checkShared(ctx context.Context, where location, config fsck.Config) (r fsck.Report, err error) {
	s, err := openShared(ctx, where, slog.New(slog.DiscardHandler))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	still, err := idle(s)
	if err != nil {
		return r, err
	}
	r, err = fsck.Run(ctx, s, config)
	if wrote := still(); err == nil && r.Damages > 0 && wrote != nil {
		return fsck.Report{}, wrote // what was found may be no damage
	}
	return r, err
}
