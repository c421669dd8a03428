package paper

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/go-fonts/dejavu/dejavusans"
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
	regular, bold []*font.Face // in the order in which they are tried
	system        *fontscan.FontMap
	findSystem    func() (*fontscan.FontMap, error)
	missing       map[rune]bool // in none of them
}

// MaxFont bounds the file of a font, in bytes.
const MaxFont = 64 << 20

// NewFonts returns fonts of which the given files, in TrueType, OpenType or as a collection
// of those, are tried first.
func NewFonts(files ...[]byte) (*Fonts, error) {
	f := &Fonts{findSystem: systemFonts, missing: make(map[rune]bool)}
	for _, file := range files {
		if len(file) > MaxFont {
			return nil, fmt.Errorf("the font is longer than %d MiB", MaxFont>>20)
		}
		faces, err := parseFont(file)
		if err != nil {
			return nil, err
		}
		f.regular = append(f.regular, faces...)
	}
	f.bold = slices.Clone(f.regular)
	regular, err := parseFont(dejavusans.TTF)
	if err != nil {
		return nil, err
	}
	bold, err := parseFont(dejavusansbold.TTF)
	if err != nil {
		return nil, err
	}
	f.regular = append(f.regular, regular...)
	f.bold = append(append(f.bold, bold...), regular...) // which has more letters
	return f, nil
}

// parseFont reads a font. The library is written for fonts that are well-formed, so one that
// makes it panic is one that cannot be read.
func parseFont(file []byte) (faces []*font.Face, err error) {
	broken := errors.New("it is no TrueType or OpenType font that can be read")
	defer func() {
		if recover() != nil {
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
	defer os.RemoveAll(folder)
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
	c := &cut{Fonts: f, faces: f.regular, bold: bold, cjk: "Noto Sans CJK SC"}
	if bold {
		c.faces = f.bold
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

// ErrNoFont is returned for texts in letters that no font at hand has.
var ErrNoFont = errors.New("no font has the letters")

// check returns an error that names the letters that no font has, if there are any.
func (f *Fonts) check() error {
	if len(f.missing) == 0 {
		return nil
	}
	var runes []rune
	for r := range f.missing {
		runes = append(runes, r)
	}
	slices.Sort(runes)
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
