package paper

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/bidi"

	"github.com/hallmark-node/hallmark/credential"
)

// style is how a text is set.
type style struct {
	size     float64 // of the font, in points
	least    float64 // to which size may shrink so that the text fits; 0 if it may not
	bold     bool
	centred  bool
	grey     bool
	maxLines int // beyond which the text is cut, with an ellipsis; 0 for no limit
}

const (
	mmPerPoint = 25.4 / 72
	leading    = 1.35 // height of a line, in sizes
	subpoint   = 16   // the shaper counts in fractions of a point, of which a 26.6 number has 64 more
)

// block is a text that was broken into lines for a width.
type block struct {
	style
	text  []rune
	lines []shaping.Line
	cut   bool // a part of it is left out
}

// height is how much room the block takes, in mm.
func (b *block) height() float64 { return float64(len(b.lines)) * b.size * leading * mmPerPoint }

// set breaks a text into lines of at most a width in mm. What a stranger wrote must come
// through [clean] before.
func (f *Fonts) set(text string, s style, width float64) *block {
	for {
		b := f.setAt(text, s, width)
		if !b.cut || s.size <= s.least || s.least == 0 {
			return b
		}
		s.size = max(s.least, s.size*0.9)
	}
}

func (f *Fonts) setAt(text string, s style, width float64) (b *block) {
	defer f.guard()
	b = &block{style: s, text: []rune(text)}
	if len(b.text) == 0 {
		return b
	}
	faces := f.cut(text, s.bold)
	direction := direction(text)
	input := shaping.Input{
		Text: b.text, RunEnd: len(b.text), Direction: direction,
		Size: fixed.Int26_6(s.size * subpoint * 64), Language: language.NewLanguage("en"),
	}
	var (
		segments shaping.Segmenter
		shaper   shaping.HarfbuzzShaper
		wrapper  shaping.LineWrapper
		runs     []shaping.Output
	)
	for _, part := range segments.Split(input, faces) {
		runs = append(runs, shaper.Shape(part))
	}
	config := shaping.WrapConfig{Direction: direction, TruncateAfterLines: s.maxLines}
	ellipsis := input
	ellipsis.Text, ellipsis.RunEnd, ellipsis.Face = []rune("…"), 1, faces.ResolveFace('…')
	config = config.WithTruncator(&shaper, ellipsis)
	lines, left := wrapper.WrapParagraph(config, int(width/mmPerPoint*subpoint), b.text, shaping.NewSliceIterator(runs))
	for _, line := range lines {
		b.lines = append(b.lines, slices.Clone(line)) // the wrapper's own otherwise
	}
	b.cut = left > 0
	return b
}

// direction is that of a paragraph: of its first letter that has one.
func direction(text string) di.Direction {
	for _, r := range text {
		switch p, _ := bidi.LookupRune(r); p.Class() {
		case bidi.L:
			return di.DirectionLTR
		case bidi.R, bidi.AL:
			return di.DirectionRTL
		}
	}
	return di.DirectionLTR
}

// draw puts a block on the page, with its upper left corner at x and y, in a column of a
// width, all in mm.
func (p *page) draw(b *block, x, y, width float64) {
	grey := 0
	if b.grey {
		grey = 90
	}
	p.SetFillColor(grey, grey, grey)
	for _, line := range b.lines {
		line = slices.Clone(line)
		slices.SortStableFunc(line, func(a, b shaping.Output) int { return cmp.Compare(a.VisualIndex, b.VisualIndex) })
		var advance float64
		for i := range line {
			advance += mm(line[i].Advance)
		}
		at := x
		if b.centred {
			at += (width - advance) / 2
		}
		base := y + b.size*mmPerPoint // near enough to the height of capitals and their accents
		for i := range line {
			p.run(&line[i], b, at, base)
			at += mm(line[i].Advance)
		}
		y += b.size * leading * mmPerPoint
	}
}

func mm(v fixed.Int26_6) float64 { return float64(v) / 64 / subpoint * mmPerPoint }

// run draws letters of one font and direction, as outlines. So it needs no font that a
// reader of PDFs has to know, and shows what was shaped; see [page.under] for the text.
func (p *page) run(run *shaping.Output, b *block, x, y float64) {
	if !b.ellipsis(run) {
		p.under(run, b, x, y)
	}
	defer p.guard()
	scale := b.size * mmPerPoint / float64(run.Face.Upem())
	for _, g := range run.Glyphs {
		outline, _ := run.Face.GlyphData(g.GlyphID).(font.GlyphOutline)
		left, base := x+mm(g.XOffset), y-mm(g.YOffset)
		px := func(s opentype.SegmentPoint) float64 { return left + float64(s.X)*scale }
		py := func(s opentype.SegmentPoint) float64 { return base - float64(s.Y)*scale }
		for i, s := range outline.Segments {
			switch a := s.Args; s.Op {
			case opentype.SegmentOpMoveTo:
				if i > 0 {
					p.ClosePath()
				}
				p.MoveTo(px(a[0]), py(a[0]))
			case opentype.SegmentOpLineTo:
				p.LineTo(px(a[0]), py(a[0]))
			case opentype.SegmentOpQuadTo: // as a cubic curve: PDF has no other
				x0, y0 := p.GetXY()
				cx, cy, x1, y1 := px(a[0]), py(a[0]), px(a[1]), py(a[1])
				p.CurveBezierCubicTo(x0+(cx-x0)*2/3, y0+(cy-y0)*2/3, x1+(cx-x1)*2/3, y1+(cy-y1)*2/3, x1, y1)
			case opentype.SegmentOpCubeTo:
				p.CurveBezierCubicTo(px(a[0]), py(a[0]), px(a[1]), py(a[1]), px(a[2]), py(a[2]))
			}
		}
		if len(outline.Segments) > 0 {
			p.DrawPath("F")
		}
		x += mm(g.Advance)
	}
}

// ellipsis reports whether a run is what stands for the part that is left out. The library
// gives it the place of that part in the text.
func (b *block) ellipsis(run *shaping.Output) bool {
	return b.cut && run.Runes.Offset+run.Runes.Count >= len(b.text)
}

// clean makes one line of a text that a stranger wrote, as [credential.Printable] does, but
// for the joiners without which words of some scripts are written wrong, and for the
// selectors of variants of Chinese characters: between letters of those scripts they hide
// nothing.
func clean(text string) string {
	var (
		out   strings.Builder
		runes = []rune(strings.Join(strings.Fields(text), " "))
		from  int
	)
	for i := 1; i < len(runes); i++ {
		before, r := runes[i-1], runes[i]
		joins := (r == '\u200c' || r == '\u200d') && i+1 < len(runes) && joined(before) && joined(runes[i+1])
		selects := r >= 0xe0100 && r <= 0xe01ef && unicode.Is(unicode.Han, before)
		if joins || selects {
			out.WriteString(credential.Printable(string(runes[from:i])))
			out.WriteRune(r)
			from = i + 1
		}
	}
	out.WriteString(credential.Printable(string(runes[from:])))
	return out.String()
}

// joined reports whether a joiner beside a letter can change how it is written.
func joined(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi,
		unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer,
		unicode.Myanmar)
}
