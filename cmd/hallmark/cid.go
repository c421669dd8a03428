package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ipfs/go-cid"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
)

func cidCommand() *cli.Command {
	return command("cid", "FILE...", "print what a document is called: its CID, one a line",
		"A JSON document is named by its canonical form without its proof (json-jcs), so its\n"+
			"CID outlives reformatting and signing. A token is named by itself, without line ends, quotes\n"+
			"or \"Bearer\", and an SD-JWT by what its issuer signed. A PNG or SVG that carries a badge is\n"+
			"named as the badge is; any other file by its exact bytes (raw).\n"+
			"FILE may be - for standard input.",
		printCIDs,
		formFlag(),
		withDefault("hash", "multihash `NAME`: "+strings.Join(credential.Hashes(), ", "), credential.Hashes()[0]),
		jsonFlag())
}

func formFlag() flags {
	return withDefault("form", "what is hashed: `FORM` auto, raw or json-jcs", string(credential.FormAuto))
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
	for _, path := range c.Args().Slice() {
		head, id, err := sumFile(c, path, form)
		if err != nil {
			return err
		}
		d := credential.Describe(head)
		name, issuer := cmp.Or(append(d.Names, "")[0], d.Name), cmp.Or(d.IssuerName, append(d.IssuerIDs, "")[0])
		answer(c, entry{path, id.String(), d.Title(), name, issuer}, "%s", id)
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
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	if errors.Is(err, credential.ErrForm) {
		err = run.Hint(err, "--form raw takes the exact bytes instead")
	}
	return head, id, err
}
