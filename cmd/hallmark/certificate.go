package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/issuer/paper"
)

func certificateCommand() *cli.Command {
	return command("certificate", "BADGE", "print a badge as a certificate, with its proof as a QR code",
		"A PDF of one page with the badge's picture, title, recipient, issuer and criteria, as the badge\n"+
			"has them, its proof as a QR code, and a short code. The print is no credential: who checks it\n"+
			"asks for BADGE. Links are not followed. Letters come from fonts of the system where DejaVu,\n"+
			"which is built in, has none.",
		certificate,
		text("proof", "the badge's proof, or an archive with it: `FILE` (default: the one that BADGE carries, or BADGE.proof.json)"),
		text("picture", "print the picture in `FILE`, a PNG or JPEG, instead of the badge's own"),
		text("recipient", "print that it is for `WHO`, a name, an e-mail address or an identifier, if the badge says so"),
		paperFlags("the certificate's `FILE` (default: BADGE's name with .certificate.pdf)"), onlyFlag())
}

func certificate(c *cli.Context) error {
	path := c.Args().First()
	if badge, is := strings.CutSuffix(path, issuer.ProofSuffix); is {
		return run.Hint(run.Usagef("%s is a proof: name the badge", path), "hallmark certificate %s", badge)
	}
	badge, err := fault.ReadFile(path, issuer.MaxDocument)
	if err != nil {
		return err
	}
	p, err := issuer.OneProof(cmp.Or(c.String("proof"), path), c.StringSlice("only"), false)
	if err != nil {
		return err
	}
	options := paper.CertificateOptions{Recipient: c.String("recipient")}
	if options.Options, err = paperOptions(c); err != nil {
		return err
	}
	if from := c.String("picture"); from != "" {
		if options.Picture, err = fault.ReadFile(from, issuer.MaxDocument); err != nil {
			return err
		}
	}
	page, err := paper.Certificate(p.Proof, badge, options)
	switch {
	case errors.Is(err, paper.ErrPicture) && options.Picture != nil:
		return fmt.Errorf("--picture %s: %w", c.String("picture"), err)
	case errors.Is(err, paper.ErrUnclear) && issuer.OnlyLinks(badge):
		return run.Hint(fmt.Errorf("%s: %w", path, err),
			"hallmark freeze %s makes a document of what it links to, which can be submitted and printed", path)
	case errors.Is(err, paper.ErrUnclear):
		return run.Hint(fmt.Errorf("%s: %w", path, err), "hallmark stamp prints a cover sheet for any file")
	case err != nil:
		return paperError(path, p.Path, err)
	}
	return printed(c, page, cmp.Or(c.String("out"), strings.TrimSuffix(path, filepath.Ext(path))+".certificate.pdf"))
}
