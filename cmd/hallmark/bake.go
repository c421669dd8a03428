package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
)

func bakeCommand() *cli.Command {
	return command("bake", "BADGE IMAGE", "put an Open Badge into a PNG or SVG, so that the picture carries it",
		"BADGE is an Open Badge 3.0, or an assertion of Open Badges 2.0, as JSON or as a signed\n"+
			"token. The rules of 1EdTech say where in IMAGE it goes; its CID stays the same.",
		bake,
		text("out", "the baked picture's `FILE` (default: BADGE's name with the ending of IMAGE)"),
		toggle("replace", "replace the badge that IMAGE carries, and the file that is there"),
		jsonFlag())
}

func unbakeCommand() *cli.Command {
	return command("unbake", "IMAGE", "take the badge out of a PNG or SVG",
		"Prints what IMAGE carries, to the byte: JSON, a signed token, or in old badges a link.",
		unbake,
		text("out", "write it to `FILE` instead"),
		toggle("replace", "replace the file that is there"),
		jsonFlag())
}

func bake(c *cli.Context) error {
	badgePath, imagePath := c.Args().Get(0), c.Args().Get(1)
	badge, err := fault.ReadFile(badgePath, issuer.MaxDocument)
	if err != nil {
		return err
	}
	image, err := fault.ReadFile(imagePath, issuer.MaxDocument)
	if err != nil {
		return err
	}
	if _, err := credential.Unbake(image); err == nil && !c.Bool("replace") {
		return run.Hint(errors.New(imagePath+" carries a badge already"), "hallmark unbake %s shows it, --replace replaces it", imagePath)
	}
	baked, err := credential.Bake(image, badge)
	if err != nil {
		return fmt.Errorf("%s into %s: %w", badgePath, imagePath, err)
	}
	if d := credential.Describe(badge); len(d.Names)+len(d.IssuerIDs) == 0 && !d.IssuerByURL {
		say(c, "warning: %s names neither what it is about nor who issued it", badgePath)
	}
	out := c.String("out")
	if out == "" {
		out = strings.TrimSuffix(badgePath, filepath.Ext(badgePath)) + filepath.Ext(imagePath)
	}
	return writeNew(c, out, baked)
}

func unbake(c *cli.Context) error {
	path := c.Args().First()
	image, err := fault.ReadFile(path, issuer.MaxDocument)
	if err != nil {
		return err
	}
	baked, err := credential.Unbake(image)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if out := c.String("out"); out != "" {
		return writeNew(c, out, baked.Text)
	}
	if c.Bool("json") {
		resultJSON(c, struct {
			Badge string `json:"badge"` // JSON, a token or a link, to the byte
		}{string(baked.Text)})
		return nil
	}
	_, err = run.Exact(c.App.Writer).Write(baked.Text)
	return err
}

// writeNew writes a file as createNew does. The file is the result of the command.
func writeNew(c *cli.Context, path string, data []byte) error {
	return written(c, path, createNew(c, path, data))
}

// createNew writes a file that must not be there yet, unless --replace is given: then
// who may read the old one may read the new one.
func createNew(c *cli.Context, path string, data []byte) error {
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return run.Usagef("%s is a folder, not a file", path)
	case err == nil && c.Bool("replace"):
		return durable.Rewrite(path, data)
	}
	err := durable.Create(path, data, durable.Private)
	if errors.Is(err, fs.ErrExist) {
		return isThere(path)
	}
	if err == nil {
		err = durable.SyncFolder(filepath.Dir(path))
	}
	return err
}

func isThere(path string) error {
	return run.Hint(errors.New(path+" is there already"), "--out FILE names another, --replace replaces it")
}
