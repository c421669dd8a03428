package paper

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/go-fonts/dejavu/dejavusans" // under LICENSE.DejaVu
	"github.com/go-fonts/dejavu/dejavusansbold"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/fontscan"
	"github.com/go-text/typesetting/language"
)

// Fonts are what texts are set in: those that were named, then DejaVu Sans, which comes with
// this package and has the letters of Europe, Armenian, Georgian, Hebrew and Arabic, then
// those of the system, which are looked for when a letter is in none of the others. It is for
// one goroutine.
type Fonts struct {
	named         []*font.Face // in the order in which they are tried, before those that follow
	regular, bold []*font.Face
	system        *fontscan.FontMap
	findSystem    func() (*fontscan.FontMap, error) // nil once it was asked
	missing       map[rune]bool                     // letters that were wanted and are in none of them
	broken        bool                              // the library did not get along with one of them
}

// MaxFont bounds the file of a font, in bytes.
const MaxFont = 64 << 20

// NewFonts returns the fonts that are built in, with those of the system behind them.
func NewFonts() (*Fonts, error) {
	regular, err := parseFont(dejavusans.TTF)
	if err != nil {
		return nil, err
	}
	bold, err := parseFont(dejavusansbold.TTF)
	if err != nil {
		return nil, err
	}
	return &Fonts{
		regular: regular, bold: append(bold, regular...), // which has more letters
		findSystem: systemFonts, missing: make(map[rune]bool),
	}, nil
}

// Add names a font, or a collection of fonts, to be tried before those that are built in and
// after those that were named before.
func (f *Fonts) Add(file []byte) error {
	faces, err := parseFont(file)
	f.named = append(f.named, faces...)
	return err
}

// parseFont reads a font, or a collection of fonts.
func parseFont(file []byte) (faces []*font.Face, err error) {
	broken := errors.New("it is no TrueType or OpenType font that can be read")
	defer func() {
		if recover() != nil { // see guard
			faces, err = nil, broken
		}
	}()
	faces, err = font.ParseTTC(bytes.NewReader(file))
	if err != nil || len(faces) == 0 {
		return nil, broken
	}
	return faces, nil
}

// systemFonts finds the fonts of the system. The index of them is kept for the time of the
// call only, so that nothing is left behind.
func systemFonts() (*fontscan.FontMap, error) {
	folder, err := os.MkdirTemp("", "hallmark-fonts-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // it is a temporary one
	fonts := fontscan.NewFontMap(silent{})
	if err := fonts.UseSystemFonts(folder); err != nil {
		return nil, err
	}
	return fonts, nil
}

// silent keeps what the library remarks on fonts, of which there are always some, to itself.
type silent struct{}

func (silent) Printf(string, ...any) {}

// cut are the fonts for one text, as the library wants them.
type cut struct {
	*Fonts
	faces  []*font.Face
	bold   bool
	cjk    string // the family for Chinese characters, which look otherwise in Japan and Korea
	script language.Script
	last   *font.Face // the one of the rune before, which goes on where it can, for marks above all
}

// cut returns the fonts for a text.
func (f *Fonts) cut(text string, bold bool) *cut {
	c := &cut{Fonts: f, faces: slices.Concat(f.named, f.regular), bold: bold, cjk: "Noto Sans CJK SC"}
	if bold {
		c.faces = slices.Concat(f.named, f.bold)
	}
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			c.cjk = "Noto Sans CJK JP"
		case unicode.Is(unicode.Hangul, r):
			c.cjk = "Noto Sans CJK KR"
		}
	}
	return c
}

// SetScript notes the script of the runes that come.
func (c *cut) SetScript(s language.Script) { c.script = s }

// ResolveFace returns the font in which a rune is set. It notes one that no font has.
func (c *cut) ResolveFace(r rune) *font.Face {
	face := c.resolve(r)
	if face == nil {
		c.missing[r] = true
		face = c.faces[0]
	}
	c.last = face
	return face
}

func (c *cut) resolve(r rune) *font.Face {
	if c.last != nil && unicode.IsMark(r) && drawn(c.last, r) {
		return c.last
	}
	for _, face := range c.faces {
		if drawn(face, r) {
			return face
		}
	}
	if c.last != nil && drawn(c.last, r) {
		return c.last
	}
	if c.system == nil && c.findSystem != nil {
		c.system, _ = c.findSystem() // without any the letter is missing, which is what is told
		c.findSystem = nil
	}
	if c.system != nil {
		aspect := font.Aspect{Weight: font.WeightNormal}
		if c.bold {
			aspect.Weight = font.WeightBold
		}
		// Of the other families some set marks wrong.
		families := []string{"Noto Sans " + scriptOf(r), c.cjk, fontscan.SansSerif}
		c.system.SetQuery(fontscan.Query{Families: families, Aspect: aspect})
		c.system.SetScript(c.script)
		if face := c.system.ResolveFace(r); face != nil && drawn(face, r) {
			return face
		}
	}
	return nil
}

// drawn reports whether a font has an outline of a rune. Those that have bitmaps in colour
// only, as of emoji, cannot be printed.
func drawn(face *font.Face, r rune) bool {
	glyph, ok := face.NominalGlyph(r)
	if !ok {
		return false
	}
	_, ok = face.GlyphData(glyph).(font.GlyphOutline)
	return ok
}

// guard is deferred where the library works with fonts: it is written for those that are
// well-formed, and panics on some that are not.
func (f *Fonts) guard() {
	if recover() != nil {
		f.broken = true
	}
}

// What fonts cannot do.
var (
	ErrNoFont     = errors.New("no font has the letters") // of a text
	ErrBrokenFont = errors.New("a font is broken")
)

// check returns an error that names the letters that no font has, if there were any since it
// was asked last.
func (f *Fonts) check() error {
	if f.broken {
		return ErrBrokenFont
	}
	if len(f.missing) == 0 {
		return nil
	}
	var runes []rune
	for r := range f.missing {
		runes = append(runes, r)
	}
	slices.Sort(runes)
	clear(f.missing)
	script := scriptOf(runes[0])
	return fmt.Errorf("%w of %s, %q (%U) among them: install %s, or name a font with them",
		ErrNoFont, script, runes[0], runes[0], fontPackage(script))
}

// scriptOf names the script of a rune in words.
func scriptOf(r rune) string {
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			if name != "Common" && name != "Inherited" {
				return strings.ReplaceAll(name, "_", " ")
			}
			break
		}
	}
	return "symbols"
}

// fontPackage names the package of Debian, and of what descends from it, with fonts for a script.
func fontPackage(script string) string {
	switch script {
	case "Han", "Hiragana", "Katakana", "Hangul", "Bopomofo":
		return "fonts-noto-cjk"
	case "symbols":
		return "fonts-symbola"
	default:
		return "fonts-noto-core"
	}
}
