package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer/paper"
	"github.com/hallmark-node/hallmark/issuer/portfolio"
)

func portfolioCommand() *cli.Command {
	return command("portfolio", "FOLDER", "put a learner's badges together, as a page that verifies itself or as a PDF",
		"Takes each file of FOLDER that has a complete proof: carried, beside it, or in an archive of\n"+
			"proofs. The page holds badges, proofs and all that verifies them; whoever opens it needs no\n"+
			"network, and sees the verdicts of their own browser. It holds the badges whole: give it to those\n"+
			"who may have them. The PDF is for printing, with a QR code for each badge.",
		putTogether,
		flags{&cli.StringSliceFlag{
			Name: "out", Aliases: []string{"o"},
			Usage: "write to `FILE`, whose name ends with .html or .pdf; may be repeated (default: portfolio.html)",
		}},
		printFlags())
}

// maxTold bounds how many files that are left out are told of one by one.
const maxTold = 20

func putTogether(c *cli.Context) error {
	outs := c.StringSlice("out")
	if len(outs) == 0 {
		outs = []string{"portfolio.html"}
	}
	for _, out := range outs {
		if ending := strings.ToLower(filepath.Ext(out)); ending != ".html" && ending != ".pdf" {
			return run.Usagef("--out %s: the name must end with .html or .pdf", out)
		}
	}
	options, err := paperOptions(c)
	if err != nil {
		return err
	}
	folder := c.Args().First()
	found, err := portfolio.Collect(folder)
	if err != nil {
		return err
	}
	for i, left := range found.Left {
		if i == maxTold {
			hint(c, "%d more files are left out; --json names them", len(found.Left)-i)
			break
		}
		hint(c, "%s is left out: %s", left.File, left.Why)
	}
	if len(found.Badges) == 0 {
		return run.Hint(fmt.Errorf("there is no badge with its proof in %s", folder), "hallmark upgrade completes proofs that are pending")
	}
	made := time.Now()
	results := make([][]byte, len(outs)) // all are made before any is written
	for i, out := range outs {
		if strings.EqualFold(filepath.Ext(out), ".pdf") {
			results[i], err = paper.Portfolio(found.Badges, paper.PortfolioOptions{Options: options, Made: made})
			if err != nil {
				err = paperError(folder, folder, err)
			}
		} else {
			results[i], err = portfolio.Page(found.Badges, options.URL, made)
		}
		if err != nil {
			return err
		}
	}
	for i, out := range outs {
		if err := createNew(c, out, results[i]); err != nil {
			return err
		}
	}
	answer(c, struct {
		Files  []string         `json:"files"`
		Badges int              `json:"badges"`
		Left   []portfolio.Left `json:"leftOut,omitempty"`
	}{outs, len(found.Badges), found.Left}, "%s: %s", strings.Join(outs, ", "), plural(len(found.Badges), "badge", "badges"))
	return nil
}
