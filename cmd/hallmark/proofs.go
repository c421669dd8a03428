package main

import (
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
)

// readProofs reads the proof files and archives that a command was given, at least one.
// An archive stays open until the process ends.
func readProofs(c *cli.Context) ([]*issuer.ProofFile, error) {
	if c.NArg() == 0 {
		return nil, run.Usagef("which proof? %s takes at least one, or the credential with its proof inside or beside it", c.Command.Name)
	}
	return issuer.ReadProofs(c.Args().Slice()...)
}

// onlyFlag takes some credentials out of an archive.
func onlyFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "only", Usage: "of archives, take only the credential with this `CID` or name; may be repeated"}
}
