package main

import "github.com/urfave/cli/v2"

func exportCommand() *cli.Command {
	return command("export", "[FILE.car]", "write what a node has published, so that it can be served without the node",
		carHelp,
		export,
		nodeFlag(),
		text("data", "`FOLDER` of a node's state, in place of --node"),
		text("batch", "only the batch with a `NUMBER|ROOT`"),
		text("since", "only what was sealed or stored at a `DATE` or later, such as 2026-01-31 (UTC) or 2026-01-31T12:00:00Z"),
		jsonFlag())
}

func export(c *cli.Context) error { return exportCAR(c) }
