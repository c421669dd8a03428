package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/issuer/paper"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

func stampCommand() *cli.Command {
	return command("stamp", "PROOF [FILE]", "print a cover sheet for a file that is anchored, with its proof as a QR code",
		"FILE is a certificate, or any other file that PROOF is about (default: the file beside PROOF).\n"+
			"It stays as it is, to the bit: what is written into it would make it another file, which\n"+
			"nobody has signed. The sheet is a PDF of one page, to be printed and kept with a print of it.\n"+
			"It has the proof as a QR code, a short code, and how the file is checked.",
		stamp,
		paperFlags("the sheet's `FILE` (default: FILE's name with .sheet.pdf)"), onlyFlag())
}

// paperFlags are those of the commands that print, which go to a file described by out.
func paperFlags(out string) flags {
	return slices.Concat(text("out", out), printFlags())
}

// printFlags are those by which all that is printed is made.
func printFlags() flags {
	return slices.Concat(
		toggle("replace", "replace the file that is there"),
		text("url", "print the address of a page about it, too: `URL`, in which {code} stands for the short code"),
		withDefault("paper", "the `SIZE` of the page: a4 or letter", "a4"),
		texts("font", "a font to be tried first, of `FILE` in TrueType or OpenType; may be repeated"),
		jsonFlag())
}

func stamp(c *cli.Context) error {
	p, err := issuer.OneProof(c.Args().First(), c.StringSlice("only"), true)
	if err != nil {
		return err
	}
	file, path, err := p.Document()
	if given := c.Args().Get(1); given != "" {
		path = given
		file, err = fault.ReadFile(path, issuer.MaxDocument)
	}
	switch {
	case err != nil:
		return err
	case file == nil:
		return run.Usagef("which file? There is none beside %s", p.Path)
	}
	options, err := paperOptions(c)
	if err != nil {
		return err
	}
	page, err := paper.Sheet(p.Proof, filepath.Base(path), file, options)
	if err != nil {
		return paperError(path, p.Path, err)
	}
	return printed(c, page, cmp.Or(c.String("out"), strings.TrimSuffix(path, ".pdf")+".sheet.pdf"))
}

// paperOptions reads the flags of [paperFlags].
func paperOptions(c *cli.Context) (paper.Options, error) {
	fonts, err := paper.NewFonts()
	if err != nil {
		return paper.Options{}, err
	}
	for _, path := range c.StringSlice("font") {
		file, err := fault.ReadFile(path, paper.MaxFont)
		if err != nil {
			return paper.Options{}, err
		}
		if err := fonts.Add(file); err != nil {
			return paper.Options{}, run.Usagef("--font %s: %v", path, err)
		}
	}
	size, err := parsed(c, "paper", paper.ParseSize)
	if err != nil {
		return paper.Options{}, err
	}
	url, err := parsed(c, "url", func(text string) (string, error) {
		_, err := paper.Address(text, qrproof.Short{}) // whose short code is as long as any
		return text, err
	})
	return paper.Options{Size: size, Fonts: fonts, URL: url}, err
}

// paperError names the file in an error of package paper, or the proof where that is at fault, and
// adds a remedy.
func paperError(file, proof string, err error) error {
	if errors.Is(err, paper.ErrPending) {
		return run.Hint(fmt.Errorf("%s: %w", proof, err), "hallmark upgrade %s completes it", proof)
	}
	err = fmt.Errorf("%s: %w", file, err)
	switch {
	case errors.Is(err, paper.ErrNoFont), errors.Is(err, paper.ErrBrokenFont):
		return run.Hint(err, "--font FILE names a font")
	}
	return err
}

// printed writes a page, and says what is not on it.
func printed(c *cli.Context, page *paper.Page, out string) error {
	if err := createNew(c, out, page.PDF); err != nil {
		return err
	}
	answer(c, struct {
		File  string `json:"file"`
		Short string `json:"short"` // the short code
	}{out, page.Short.String()}, "%s: short code %s", out, page.Short)
	for _, remark := range page.Remarks {
		hint(c, "%s", remark)
	}
	if !page.Code.Whole {
		hint(c, "the evidence from the chain does not fit into the code; hallmark upgrade brings it back")
	}
	if !page.Code.Named {
		hint(c, "the evidence of who the issuer is does not fit into the code, so who has the paper alone must know the key")
	}
	return nil
}
