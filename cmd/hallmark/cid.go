package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ipfs/go-cid"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
)

func cidCommand() *cli.Command {
	return command("cid", "FILE|FOLDER...", "print what a document is called: its CID, one a line",
		"A JSON document is named by its canonical form without its proof (json-jcs), so its\n"+
			"CID outlives reformatting and signing. A token is named by itself, without line ends, quotes\n"+
			"or \"Bearer\", and an SD-JWT by what its issuer signed. A PNG or SVG that carries a badge is\n"+
			"named as the badge is; any other file by its exact bytes (raw).\n"+
			"FILE may be - for standard input. Of a FOLDER every file that submit would take is named,\n"+
			"with the file behind the CID. One that has none is told of, and the others are named.",
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
	line := func(path string, folder bool) error {
		head, id, err := sumFile(c, path, form)
		if err != nil {
			return err
		}
		d := credential.Describe(head)
		name, issuer := cmp.Or(append(d.Names, "")[0], d.Name), cmp.Or(d.IssuerName, append(d.IssuerIDs, "")[0])
		text := id.String()
		if folder {
			text += "\t" + printable(path)
		}
		answer(c, entry{path, id.String(), d.Title(), name, issuer}, "%s", text)
		return nil
	}
	var failed []error
	for _, path := range c.Args().Slice() {
		if info, err := os.Stat(path); path == "-" || err != nil || !info.IsDir() {
			if err := line(path, false); err != nil {
				failed = append(failed, err)
			}
			continue
		}
		found, err := issuer.Expand([]string{path})
		if err != nil {
			failed = append(failed, err)
			continue
		}
		sayLeft(c, found)
		for _, one := range found.Refused {
			failed = append(failed, one.Err)
		}
		for _, file := range found.Files {
			if err := line(file, true); err != nil {
				failed = append(failed, err)
			}
		}
	}
	return failures(c, failed)
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
