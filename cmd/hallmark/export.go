package main

import (
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
)

func exportCommand() *cli.Command {
	return command("export", "[FILE.car]", "write what a node has published, so that it can be served without the node",
		carHelp+"\n\n"+staticHelp,
		export,
		nodeFlag(),
		text("data", "`FOLDER` of a node's state, in place of --node; with --static the node must not be running"),
		text("batch", "only the batch with a `NUMBER|ROOT`, into FILE.car"),
		text("since", "only what was sealed or stored at a `DATE` or later, such as 2026-01-31 (UTC) or 2026-01-31T12:00:00Z, into FILE.car"),
		text("static", "write a folder of proofs to `DIR`"),
		jsonFlag())
}

func export(c *cli.Context) error {
	dir := c.String("static")
	switch {
	case dir == "":
		return exportCAR(c)
	case c.Args().Present():
		return run.Usagef("give FILE.car or --static DIR, not both")
	case c.IsSet("batch") || c.IsSet("since"):
		return run.Usagef("--batch and --since are for FILE.car")
	}
	return exportStatic(c, dir)
}
