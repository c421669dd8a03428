package main

import (
	"github.com/urfave/cli/v2"
)

func exportCommand() *cli.Command {
	return command("export", "", "write what a node has published, so that it can be served without the node",
		staticHelp,
		export,
		nodeFlag(),
		text("data", "`FOLDER` of the state of a node that is not running, in place of --node"),
		text("static", "write a folder of proofs to `DIR`"),
		jsonFlag())
}

func export(c *cli.Context) error {
	dir, err := needed(c, "static")
	if err != nil {
		return err
	}
	return exportStatic(c, dir)
}
