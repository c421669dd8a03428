package main

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"
)

func auditCommand() *cli.Command {
	return command("audit", "", "show what operators of a node decided about issuers, and when",
		"Each entry holds the hash of the one before, so that one which was taken out or changed shows:\n"+
			"hallmark fsck looks for that. Who keeps a copy of the log, with --json, can compare it later.",
		audit,
		nodeFlag(),
		flags{&cli.Uint64Flag{Name: "after", Usage: "only entries after the one with this `NUMBER`"}},
		jsonFlag())
}

// auditPage is how many entries are asked for at once.
const auditPage = 1000

func audit(c *cli.Context) error {
	node, err := openNode(c)
	if err != nil {
		return err
	}
	for after := c.Uint64("after"); ; {
		page, err := node.Audit(c.Context, after, auditPage)
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			whom := ""
			if !e.Issuer.IsZero() {
				whom = " " + e.Issuer.String()
			}
			answer(c, e, "%d  %s  %s  %s", e.Number, e.Time.Format(time.RFC3339), printable(e.Who),
				printable(fmt.Sprintf("%s%s: %s", e.What, whom, e.Detail)))
		}
		if after = page.Next; after == 0 {
			return nil
		}
	}
}
