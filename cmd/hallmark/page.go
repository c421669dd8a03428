package main

import (
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/web"
)

func pageCommand() *cli.Command {
	return command("page", "", "write the page that verifies as one file, which needs no network and no node",
		"The page is the one that nodes serve, with the verifier in it. It works from a disk or a USB\n"+
			"stick in any browser, loads and sends nothing, and judges as hallmark verify does.",
		writePage,
		flags{&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Value: "verify.html", Usage: "write to `FILE`"}},
		toggle("replace", "replace the file that is there"),
		jsonFlag())
}

func writePage(c *cli.Context) error {
	page, err := web.Standalone("index.html")
	if err != nil {
		return err
	}
	out := c.String("out")
	if err := createNew(c, out, page); err != nil {
		return err
	}
	answer(c, struct {
		File string `json:"file"`
	}{out}, "%s", printable(out))
	return nil
}
