package main

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"strings"

	"github.com/ipfs/go-cid"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
)

func cidCommand() *cli.Command {
	return &cli.Command{
		Name:      "cid",
		Usage:     "print what a document is called: its CID, one a line",
		ArgsUsage: "FILE...",
		Description: "A JSON document is named by its canonical form without its proof (json-jcs), so its\n" +
			"CID outlives reformatting and signing. A PNG or SVG that carries a badge is named as the\n" +
			"badge is; any other file by its exact bytes (raw).\n" +
			"FILE may be - for standard input.",
		Flags: []cli.Flag{
			formFlag(),
			&cli.StringFlag{Name: "hash", Usage: "multihash `NAME`: " + strings.Join(credential.Hashes(), ", "), Value: credential.Hashes()[0]},
			jsonFlag(),
		},
		Action: printCIDs,
	}
}

func formFlag() cli.Flag {
	return &cli.StringFlag{Name: "form", Usage: "what is hashed: `FORM` auto, raw or json-jcs", Value: string(credential.FormAuto)}
}

// form reads --form.
func form(c *cli.Context) (credential.Form, error) {
	switch f := credential.Form(c.String("form")); f {
	case credential.FormAuto, credential.FormRaw, credential.FormJCS:
		return f, nil
	default:
		return "", run.Usagef("--form is auto, raw or json-jcs, not %q", f)
	}
}

func printCIDs(c *cli.Context) error {
	if c.NArg() == 0 {
		return run.Usagef("which file? cid takes at least one")
	}
	form, err := form(c)
	if err != nil {
		return err
	}
	type entry struct {
		File   string `json:"file"`
		CID    string `json:"cid"`
		Kind   string `json:"kind"`
		Name   string `json:"name,omitempty"`
		Issuer string `json:"issuer,omitempty"`
	}
	var list []entry
	for _, path := range c.Args().Slice() {
		head, id, err := sumFile(c, path, form)
		if err != nil {
			return err
		}
		if !c.Bool("json") {
			if err := result(c, "%s", id); err != nil {
				return err
			}
		}
		d := credential.Describe(head)
		list = append(list, entry{path, id.String(), d.Title(), cmp.Or(append(d.Names, "")[0], d.Name), cmp.Or(d.IssuerName, append(d.IssuerIDs, "")[0])})
	}
	if c.Bool("json") {
		return resultLines(c, list)
	}
	return nil
}

// sumFile names the document in a file, or on standard input ("-"), and returns as
// much of it as it takes to describe it.
func sumFile(c *cli.Context, path string, form credential.Form) ([]byte, cid.Cid, error) {
	in := c.App.Reader
	if path != "-" {
		f, err := fault.Open(path)
		if err != nil {
			return nil, cid.Undef, err
		}
		defer f.Close()
		in = f
	}
	head, err := io.ReadAll(io.LimitReader(in, credential.MaxJSON+1))
	if err != nil {
		return nil, cid.Undef, err
	}
	id, err := credential.Sum(io.MultiReader(bytes.NewReader(head), in), form, c.String("hash"))
	if errors.Is(err, credential.ErrForm) {
		err = run.Hint(errors.New(path+": "+credential.Printable(err.Error())), "--form raw takes the exact bytes instead")
	} else if err != nil {
		err = errors.New(path + ": " + credential.Printable(err.Error()))
	}
	return head, id, err
}
