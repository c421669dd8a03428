package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	go_qr "github.com/piglig/go-qr"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

func qrCommand() *cli.Command {
	return command("qr", "PROOF", "show a proof as a QR code that phones read",
		"On the terminal, or as a PNG or SVG. Evidence from a chain mostly does not fit: the code then\n"+
			"holds the pending form of the proof, which hallmark extract makes a proof file of and\n"+
			"hallmark upgrade completes. Wherever a proof is taken, such a PNG or the text of the code is.\n"+
			"Evidence of who the issuer is does not fit, either, and is lost to who has the code alone.",
		qr,
		text("out", "write to `FILE`, whose name ends with .png, .svg or, for the text alone, .txt"),
		toggle("replace", "replace the file that is there"),
		jsonFlag(), onlyFlag())
}

const (
	qrScale  = 8 // pixels of a module
	qrBorder = 4 // modules, as the standard asks for
)

func qr(c *cli.Context) error {
	ending := strings.ToLower(filepath.Ext(c.String("out")))
	if out := c.String("out"); out != "" && !slices.Contains([]string{".png", ".svg", ".txt"}, ending) {
		return run.Usagef("--out %s: the name must end with .png, .svg or .txt", out)
	}
	p, err := issuer.OneProof(c.Args().First(), c.StringSlice("only"), true)
	if err != nil {
		return err
	}
	code, err := qrproof.Encode(p.Proof)
	if err != nil {
		return run.Hint(fmt.Errorf("%s: %w", p.Path, err), "hallmark embed puts it into the badge instead")
	}
	if !code.Whole {
		hint(c, "the evidence from the chain does not fit; hallmark upgrade brings it back")
	}
	if !code.Named {
		hint(c, "the evidence of who the issuer is does not fit, so only those know the issuer whose trust store has the key; "+
			"a badge has room for it")
	}
	image := go_qr.NewQrCodeImgConfig(qrScale, qrBorder)
	var data []byte
	switch ending {
	case ".png":
		data, err = code.ToPNGBytes(image)
	case ".svg":
		data, err = code.ToSVGBytes(image)
	case ".txt":
		data = []byte(code.Text + "\n")
	default:
		if !c.Bool("json") {
			_, err := fmt.Fprintln(c.App.Writer, blocks(code))
			return err
		}
		resultJSON(c, struct {
			Text  string `json:"text"`
			Whole bool   `json:"whole"` // the evidence from the chain did fit
			Named bool   `json:"named"` // no evidence of who the issuer is was left out
		}{code.Text, code.Whole, code.Named})
		return nil
	}
	if err != nil {
		return err
	}
	return writeNew(c, c.String("out"), data)
}

// blocks draws a code with characters, two modules each, light on dark as terminals
// are: most readers take both.
func blocks(code *qrproof.Code) string {
	var s strings.Builder
	for y := -qrBorder; y < code.Size()+qrBorder; y += 2 {
		for x := -qrBorder; x < code.Size()+qrBorder; x++ {
			top, bottom := code.Module(x, y), code.Module(x, y+1) || y+1 >= code.Size()+qrBorder
			switch {
			case top && bottom:
				s.WriteByte(' ')
			case top:
				s.WriteRune('▄')
			case bottom:
				s.WriteRune('▀')
			default:
				s.WriteRune('█')
			}
		}
		s.WriteByte('\n')
	}
	return strings.TrimSuffix(s.String(), "\n")
}
