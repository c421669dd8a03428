package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

func embedCommand() *cli.Command {
	return command("embed", "PROOF [BADGE]", "put a proof into its badge, so that one file is enough to verify",
		"BADGE is a JSON credential, a baked or any other PNG or SVG, or a PDF (default: the file\n"+
			"beside PROOF). It keeps its CID and all its bytes; a proof that it carried is replaced, and\n"+
			"hallmark extract takes it out again, to the byte. A signature in the credential stays valid.",
		embedProof,
		text("out", "write to `FILE` instead of changing BADGE"),
		toggle("replace", "replace the file that is at --out"),
		jsonFlag(), onlyFlag())
}

func extractCommand() *cli.Command {
	return command("extract", "BADGE|CODE", "take the proof out of a badge that carries it, or out of a QR code",
		"Writes the proof file, and with --original the badge without the proof: as it was before, to the\n"+
			"byte, unless a program has written the badge anew since, which is then said.",
		extractProof,
		text("out", "the proof's `FILE` (default: BADGE's name with .proof.json)"),
		text("original", "write the badge without its proof to `FILE`, which may be BADGE itself"),
		toggle("replace", "replace files that are there"),
		jsonFlag())
}

func embedProof(c *cli.Context) error {
	p, err := issuer.OneProof(c.Args().First(), c.StringSlice("only"), true)
	if err != nil {
		return err
	}
	badge, path, err := p.Document()
	if given := c.Args().Get(1); given != "" {
		path = given
		badge, err = fault.ReadFile(path, credential.MaxCarrier)
	}
	switch {
	case err != nil:
		return err
	case badge == nil:
		return run.Usagef("which badge? There is none beside %s", p.Path)
	}
	out, err := verifier.Embed(badge, p.Proof)
	if err != nil {
		err := fmt.Errorf("%s: %w", path, err)
		if covers, matchErr := credential.Matches(p.Credential, bytes.NewReader(badge)); matchErr != nil || covers == credential.CoversNothing {
			return err // the proof is of no use beside it either
		}
		hint := "keep the proof file beside it"
		if credential.SignedBadge(badge) {
			hint += "; a signed badge can ride in a picture, see hallmark bake"
		}
		return run.Hint(err, "%s", hint)
	}
	if credential.SignedPDF(badge) {
		say(c, "warning: %s is signed; its signatures stay intact, but PDF readers will say that it was changed after signing", path)
	}
	if to := c.String("out"); to != "" {
		return writeNew(c, to, out)
	}
	return written(c, path, durable.Rewrite(path, out))
}

func extractProof(c *cli.Context) error {
	path := c.Args().First()
	file, err := fault.ReadFile(path, credential.MaxCarrier)
	if err != nil {
		return err
	}
	p, carried, err := verifier.Extract(file)
	if errors.Is(err, credential.ErrNoProof) && c.String("original") == "" {
		if scanned, codeErr := qrproof.Decode(file); !errors.Is(codeErr, qrproof.ErrNoCode) {
			p, err = scanned, codeErr
		}
	}
	if errors.Is(err, credential.ErrNoProof) {
		return run.Hint(errors.New(path+" carries no proof"), "hallmark embed puts one into it")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	data, err := p.Encode()
	if err != nil {
		return err
	}
	if err := writeNew(c, cmp.Or(c.String("out"), path+issuer.ProofSuffix), data); err != nil {
		return err
	}
	to := c.String("original")
	switch {
	case to == "":
		return nil
	case carried.Original == nil:
		return run.Hint(errors.New(path+" carries its badge in another way than hallmark bakes it, and is not written without its proof"),
			"hallmark unbake takes the badge out")
	case !carried.Exact:
		fmt.Fprintf(c.App.ErrWriter, "%s was written anew since the proof was embedded: "+
			"what is written is the badge without the proof, and not to the byte what it was\n", path)
	}
	if to == path {
		return written(c, path, durable.Rewrite(path, carried.Original))
	}
	return writeNew(c, to, carried.Original)
}
