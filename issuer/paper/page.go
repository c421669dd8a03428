package paper

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// page is a page of a PDF, and the document around it.
type page struct {
	*fpdf.Fpdf
	*Fonts
	width, height float64 // in mm
	pictures      int     // that are drawn
}

// newPage begins a document with its first page. The same texts give the same bytes: its date is the
// one given, not the clock's.
func newPage(size Size, landscape bool, fonts *Fonts, title string, at time.Time) *page {
	orientation := "P"
	if landscape {
		orientation = "L"
	}
	p := &page{Fpdf: fpdf.New(orientation, "mm", string(size), ""), Fonts: fonts}
	p.SetCatalogSort(true)
	p.SetCreationDate(at.UTC())
	p.SetModificationDate(at.UTC())
	p.SetProducer("Hallmark", false)
	p.SetTitle(title, true)
	p.SetLang("en")
	p.SetMargins(0, 0, 0)
	p.SetAutoPageBreak(false, 0)
	p.AddUTF8FontFromBytes(underFont, "", dejavusans.TTF)
	p.AddPage()
	p.width, p.height = p.GetPageSize()
	return p
}

// bytes ends the document.
func (p *page) bytes() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// underFont is a font without letters, all as wide as noRune. A reader takes the codes of a
// text in it for UTF-16.
const (
	underFont = "text"
	noRune    = "\uffff"
)

// under puts the text of a run under its outlines, where it is not seen, so that it can be
// searched and copied. Each word is squeezed or stretched to the width in which it is seen.
func (p *page) under(run *shaping.Output, b *block, x, y float64) {
	space := func(g shaping.Glyph) bool { return b.text[g.TextIndex()] == ' ' }
	for glyphs := run.Glyphs; len(glyphs) > 0; {
		n, width := 0, fixed.Int26_6(0)
		from, to := glyphs[0].TextIndex(), 0
		for ; n < len(glyphs) && space(glyphs[n]) == space(glyphs[0]); n++ {
			g := glyphs[n]
			from, to = min(from, g.TextIndex()), max(to, g.TextIndex()+g.RunesCount())
			width += g.Advance
		}
		word := []rune(norm.NFC.String(string(b.text[from:min(to, len(b.text))])))
		if run.Direction == di.DirectionRTL {
			slices.Reverse(word) // readers expect letters where they are seen, and turn them round themselves
		}
		p.underWord(word, b.size, x, y, mm(width))
		x += mm(width)
		glyphs = glyphs[n:]
	}
}

func (p *page) underWord(word []rune, size, x, y, width float64) {
	p.SetFont(underFont, "", size)
	wide := p.GetStringWidth(noRune) * float64(len(word))
	if wide <= 0 || width <= 0 {
		return
	}
	text := utf16.Encode(word)
	begin, end := "", ""
	if len(text) > len(word) { // readers do not take surrogates, unless they are told so
		begin, end = fmt.Sprintf("/Span<</ActualText<FEFF%s>>>BDC ", hex16(text)), " EMC"
	}
	p.RawWriteStr(fmt.Sprintf("%sBT 3 Tr %.2f Tz %.2f %.2f Td <%s> Tj 0 Tr 100 Tz ET%s", begin,
		width/wide*100, x/mmPerPoint, (p.height-y)/mmPerPoint, hex16(text), end))
}

func hex16(text []uint16) string {
	var out strings.Builder
	for _, unit := range text {
		fmt.Fprintf(&out, "%04X", unit)
	}
	return out.String()
}
