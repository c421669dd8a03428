package paper

import (
	"fmt"

	go_qr "github.com/piglig/go-qr"
)

// quiet is the white margin of a code that the standard asks for, in modules.
const quiet = 4

// The widths of a module on paper, in mm. Phones read 0.33 mm off any printer; a code of
// version 25 is 6.3 and 5 cm wide in these.
const (
	sheetModule       = 0.5
	certificateModule = 0.4
)

// codeWidth is how wide a code is with its margin, in mm.
func codeWidth(c *go_qr.QrCode, module float64) float64 { return float64(c.Size()+2*quiet) * module }

// code draws a code as rectangles, with the corner of its margin at x and y.
func (p *page) code(c *go_qr.QrCode, x, y, module float64) {
	p.SetFillColor(255, 255, 255)
	p.Rect(x, y, codeWidth(c, module), codeWidth(c, module), "F")
	p.SetFillColor(0, 0, 0)
	for row := range c.Size() {
		for from := 0; from < c.Size(); {
			to := from
			for to < c.Size() && c.Module(to, row) {
				to++
			}
			if to > from {
				p.Rect(x+float64(quiet+from)*module, y+float64(quiet+row)*module, float64(to-from)*module, module, "F")
			}
			from = to + 1
		}
	}
}

// addressCode makes the code of a page's address.
func addressCode(url string) (*go_qr.QrCode, error) {
	code, err := go_qr.EncodeText(url, go_qr.Medium)
	if err != nil {
		return nil, fmt.Errorf("the address of the page does not fit into a QR code: %w", err)
	}
	return code, nil
}

// held says in sentences what of the proof the code holds.
func (c *codes) held() string {
	text := "The code holds the whole proof."
	if !c.Whole {
		text = "The code holds the proof without the evidence from the chain, which does not fit: hallmark upgrade brings it back."
	}
	if !c.Named {
		text += " Evidence of who the issuer is does not fit, either: who has the code alone must know the key."
	}
	return text
}
