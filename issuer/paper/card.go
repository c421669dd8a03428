package paper

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"slices"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/draw"
	"golang.org/x/image/vector"

	"github.com/hallmark-node/hallmark/credential"
)

// The size of a [Card] in pixels, as networks show previews of pages.
const (
	CardWidth  = 1200
	CardHeight = 627
)

// Card is the picture by which networks show a link to a page about a credential. They keep it for
// years, so it says what was awarded and never that it is good. Its texts may be anybody's.
type Card struct {
	Title     string      // what was awarded
	Issuer    string      // by whom
	Recipient string      // to whom; mostly left out
	Dates     string      // in one line
	Foot      string      // where to look at it
	Stamp     string      // what speaks against it, in a word or two; empty if nothing does
	Test      string      // the word for a test; empty for what is none
	Picture   image.Image // nil for none
}

// BadgePicture returns the picture that a badge brings along, no larger than can be printed, or says
// in a clause why there is none. A link is never followed.
func BadgePicture(badge []byte, d *credential.Description) (picture image.Image, remark string) {
	return pictureOf(badge, d)
}

// Line makes one line of a text that a stranger wrote, without what is not seen or turns the
// direction of the text around it.
func Line(text string) string { return clean(text) }

// The looks of a card.
const (
	cardInset   = 64
	cardPicture = 320 // pixels a side
	cardGap     = 22
)

var (
	cardPaper  = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	cardInk    = color.NRGBA{0x14, 0x1c, 0x2b, 0xff}
	cardGrey   = color.NRGBA{0x55, 0x60, 0x72, 0xff}
	cardAccent = color.NRGBA{0x1f, 0x4f, 0x8f, 0xff}
	cardStamp  = color.NRGBA{0xb3, 0x1b, 0x1b, 0xff}
	cardTest   = color.NRGBA{0xff, 0xd4, 0x3b, 0xff}
)

// Draw returns the card as a PNG. What no font has is drawn as an empty box, and a text that is too
// long is set smaller, then cut.
func (c *Card) Draw(fonts *Fonts) ([]byte, error) {
	s := &canvas{RGBA: image.NewRGBA(image.Rect(0, 0, CardWidth, CardHeight)), Fonts: fonts}
	s.fill(s.Bounds(), cardPaper)
	s.fill(image.Rect(0, 0, CardWidth, 14), cardAccent)
	top, bottom := 14+40, CardHeight-48
	if c.Test != "" {
		s.band(c.Test)
		top += 56
	}
	foot := s.column(bottom-40, cardInset, CardWidth-2*cardInset, []cardText{{line(c.Foot), style{size: 24, maxLines: 1}, cardAccent, 0}})
	if c.Stamp != "" {
		stamp := s.setPixels(line(c.Stamp), style{size: 54, least: 24, bold: true, maxLines: 1}, CardWidth-2*cardInset-40)
		height := stamp.pixels() + 16
		foot -= height + cardGap
		s.fill(image.Rect(cardInset, foot, CardWidth-cardInset, foot+height), cardStamp)
		s.write(stamp, cardInset+20, foot+8, CardWidth-2*cardInset-40, cardPaper)
	}
	left, width := cardInset, CardWidth-2*cardInset
	if c.Picture != nil {
		side := min(cardPicture, foot-cardGap-top)
		small := Shrink(c.Picture, side)
		at := small.Bounds().Add(image.Pt(CardWidth-cardInset-side+(side-small.Bounds().Dx())/2, top+(side-small.Bounds().Dy())/2))
		draw.Draw(s, at, small, image.Point{}, draw.Over)
		width -= side + 2*cardGap
	}
	s.fit(top, foot-cardGap, left, width, c)
	err := fonts.check()
	if fonts.broken {
		return nil, err
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, s); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// line is a text as a card shows it, bounded so that setting it takes bounded time.
func line(text string) string {
	const most = 600
	if len(text) > 8*most {
		text = text[:8*most]
	}
	if runes := []rune(clean(text)); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return clean(text)
}

// cardText is a text of a card, and the room below it.
type cardText struct {
	text string
	style
	color color.NRGBA
	after int
}

// fit writes what was awarded, to whom, by whom and when between two heights.
func (s *canvas) fit(top, bottom, left, width int, c *Card) {
	texts := func(title float64) []cardText {
		return []cardText{
			{line(c.Title), style{size: title, least: 26, bold: true, maxLines: 4}, cardInk, cardGap},
			{line(c.Recipient), style{size: 36, least: 20, maxLines: 2}, cardInk, cardGap},
			{line(c.Issuer), style{size: 32, least: 20, maxLines: 2}, cardGrey, cardGap / 2},
			{line(c.Dates), style{size: 26, least: 18, maxLines: 1}, cardGrey, 0},
		}
	}
	title := 62.0
	for title > 26 && s.heightOf(texts(title), width) > bottom-top {
		title *= 0.85
	}
	all := texts(title)
	s.right = direction(c.Title) == di.DirectionRTL
	s.column(top+max(0, (bottom-top-s.heightOf(all, width))/2), left, width, all)
	s.right = false
}

func (s *canvas) heightOf(texts []cardText, width int) (height int) {
	for _, t := range texts {
		if t.text != "" {
			height += s.setPixels(t.text, t.style, width).pixels() + t.after
		}
	}
	return height
}

// column writes texts below each other from a height on, and returns that height.
func (s *canvas) column(top, left, width int, texts []cardText) int {
	y := top
	for _, t := range texts {
		if t.text == "" {
			continue
		}
		b := s.setPixels(t.text, t.style, width)
		s.write(b, left, y, width, t.color)
		y += b.pixels() + t.after
	}
	return top
}

// canvas is a picture that texts are drawn on. A point is a pixel of it.
type canvas struct {
	*image.RGBA
	*Fonts
	right bool // texts end at the right edge of their column
}

func (s *canvas) fill(where image.Rectangle, c color.NRGBA) {
	draw.Draw(s, where, image.NewUniform(c), image.Point{}, draw.Src)
}

// band says across the upper edge that it is a test.
func (s *canvas) band(word string) {
	const top, height, stripe = 14, 56, 28
	for y := top; y < top+height; y++ {
		for x := range CardWidth {
			c := cardTest
			if (x+y)/stripe%4 == 0 {
				c = cardInk
			}
			s.Set(x, y, c)
		}
	}
	b := s.setPixels(line(word), style{size: 34, least: 20, bold: true, maxLines: 1}, CardWidth-4*cardInset)
	wide := b.widest()
	left := (CardWidth - wide) / 2
	s.fill(image.Rect(left-24, top, left+wide+24, top+height), cardTest)
	s.write(b, left, top+(height-b.pixels())/2, wide, cardInk)
}

func (f *Fonts) setPixels(text string, s style, width int) *block {
	return f.set(text, s, float64(width)*mmPerPoint)
}

// pixels is the height of a block.
func (b *block) pixels() int { return int(b.height()/mmPerPoint + 0.5) }

// widest is the width of the longest line.
func (b *block) widest() int {
	most := 0.0
	for _, l := range b.lines {
		most = max(most, advanceOf(l))
	}
	return int(most+0.5) + 1
}

func advanceOf(l shaping.Line) (pixels float64) {
	for i := range l {
		pixels += mm(l[i].Advance) / mmPerPoint
	}
	return pixels
}

// write draws a block with its upper left corner at x and y, in a column of a width.
func (s *canvas) write(b *block, x, y, width int, c color.NRGBA) {
	base := float64(y) + b.size
	for _, l := range b.lines {
		l = slices.Clone(l)
		slices.SortStableFunc(l, func(a, b shaping.Output) int { return cmp.Compare(a.VisualIndex, b.VisualIndex) })
		at := float64(x)
		if s.right {
			at += float64(width) - advanceOf(l)
		}
		for i := range l {
			s.glyphs(&l[i], b.size, at, base, c)
			at += mm(l[i].Advance) / mmPerPoint
		}
		base += b.size * leading
	}
}

// glyphs draws letters of one font and direction.
func (s *canvas) glyphs(run *shaping.Output, size, x, y float64, c color.NRGBA) {
	defer s.guard()
	scale := size / float64(run.Face.Upem())
	var pen vector.Rasterizer
	for _, g := range run.Glyphs {
		outline, _ := run.Face.GlyphData(g.GlyphID).(font.GlyphOutline)
		left, base := x+mm(g.XOffset)/mmPerPoint, y-mm(g.YOffset)/mmPerPoint
		x += mm(g.Advance) / mmPerPoint
		box := boxOf(outline, left, base, scale).Intersect(s.Bounds())
		if box.Empty() {
			continue
		}
		pen.Reset(box.Dx(), box.Dy())
		px := func(p opentype.SegmentPoint) float32 { return float32(left + float64(p.X)*scale - float64(box.Min.X)) }
		py := func(p opentype.SegmentPoint) float32 { return float32(base - float64(p.Y)*scale - float64(box.Min.Y)) }
		for _, o := range outline.Segments {
			switch a := o.Args; o.Op {
			case opentype.SegmentOpMoveTo:
				pen.ClosePath()
				pen.MoveTo(px(a[0]), py(a[0]))
			case opentype.SegmentOpLineTo:
				pen.LineTo(px(a[0]), py(a[0]))
			case opentype.SegmentOpQuadTo:
				pen.QuadTo(px(a[0]), py(a[0]), px(a[1]), py(a[1]))
			case opentype.SegmentOpCubeTo:
				pen.CubeTo(px(a[0]), py(a[0]), px(a[1]), py(a[1]), px(a[2]), py(a[2]))
			}
		}
		pen.ClosePath()
		pen.Draw(s, box, image.NewUniform(c), image.Point{})
	}
}

// boxOf returns the pixels that a letter touches at most.
func boxOf(outline font.GlyphOutline, left, base, scale float64) image.Rectangle {
	var box image.Rectangle
	for _, o := range outline.Segments {
		points := 1
		switch o.Op {
		case opentype.SegmentOpQuadTo:
			points = 2
		case opentype.SegmentOpCubeTo:
			points = 3
		case opentype.SegmentOpMoveTo, opentype.SegmentOpLineTo:
		}
		for _, p := range o.Args[:points] {
			x, y := int(left+float64(p.X)*scale), int(base-float64(p.Y)*scale)
			box = box.Union(image.Rect(x-2, y-2, x+3, y+3))
		}
	}
	return box
}
