package paper

import (
	"errors"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/shaping"

	"github.com/hallmark-node/hallmark/credential"
)

// visual returns the runs of the only line of a text from left to right.
func visual(t *testing.T, f *Fonts, text string) []shaping.Output {
	t.Helper()
	b := f.set(text, style{size: 12}, 500)
	if len(b.lines) != 1 {
		t.Fatalf("%q: %d lines", text, len(b.lines))
	}
	line := slices.Clone(b.lines[0])
	slices.SortFunc(line, func(a, b shaping.Output) int { return int(a.VisualIndex - b.VisualIndex) })
	return line
}

// order returns the letters of a text as they stand on paper, from left to right, as far as each has a glyph of its own.
func order(t *testing.T, f *Fonts, text string) string {
	t.Helper()
	var out strings.Builder
	for _, run := range visual(t, f, text) {
		for _, g := range run.Glyphs {
			out.WriteRune([]rune(text)[g.TextIndex()])
		}
	}
	return out.String()
}

func TestTextIsOrdered(t *testing.T) {
	f := options(t).Fonts
	for text, want := range map[string]string{
		"Pat Miller":      "Pat Miller",
		"שלום כהן":        "ןהכ םולש",
		"Pat שלום Miller": "Pat םולש Miller",
		"שלום Pat 12 כהן": "ןהכ Pat 12 םולש",
		"Юлия Γιώργος":    "Юлия Γιώργος",
		"(שלום)":          "(םולש)",
	} {
		// Of a pair of brackets each is drawn as the other where text runs to the left, at the place of its own.
		got := order(t, f, text)
		if got != want && got != strings.NewReplacer("(", ")", ")", "(").Replace(want) {
			t.Errorf("%q is drawn as %q, want %q", text, got, want)
		}
	}
	if err := f.check(); err != nil {
		t.Error(err)
	}
}

// Letters join, marks stand on their letter, and what is one letter in two spellings is drawn alike.
func TestTextIsShaped(t *testing.T) {
	f := options(t).Fonts
	alone, joined := visual(t, f, "ه")[0].Glyphs, visual(t, f, "ههه")[0].Glyphs
	like := func(g shaping.Glyph) bool { return g.GlyphID == alone[0].GlyphID }
	if len(joined) != 3 || joined[0].GlyphID == joined[1].GlyphID || slices.ContainsFunc(joined, like) {
		t.Errorf("Arabic letters do not join: %v", joined)
	}
	with, without := visual(t, f, "می\u200cخواهم")[0].Glyphs, visual(t, f, "میخواهم")[0].Glyphs
	if with[len(with)-2].GlyphID == without[len(without)-2].GlyphID {
		t.Error("the joiner that keeps letters apart does nothing")
	}
	composed, decomposed := visual(t, f, "Zoë")[0], visual(t, f, "Zoe\u0308")[0]
	if len(composed.Glyphs) != len(decomposed.Glyphs) || composed.Glyphs[2].GlyphID != decomposed.Glyphs[2].GlyphID {
		t.Error("an accent that is written apart is drawn apart")
	}
	marks := visual(t, f, "q\u0301")[0].Glyphs
	if len(marks) != 2 || marks[1].Advance != 0 {
		t.Errorf("a mark takes room of its own: %v", marks)
	}
	if err := f.check(); err != nil {
		t.Error(err)
	}
}

// Scripts for which the system has fonts, each of which has to shape: a dotted circle stands
// where a mark has lost its letter.
func TestSystemFonts(t *testing.T) {
	for _, text := range []string{"श्रीमती क्षितिज", "தமிழ் செல்வி", "สมชาย ที่นี่", "ශ්\u200dරී", "မောင်", "ខ្មែរ", "山田 𠮷", "김철수", "አማርኛ"} {
		f, err := NewFonts()
		if err != nil {
			t.Fatal(err)
		}
		runs := visual(t, f, clean(text))
		if err := f.check(); errors.Is(err, ErrNoFont) {
			t.Logf("not looked at: %v", err)
			continue
		}
		for _, run := range runs {
			circle, _ := run.Face.NominalGlyph('◌') // 0 if it has none, which is the glyph of what is missing
			for _, g := range run.Glyphs {
				if _, ok := run.Face.GlyphData(g.GlyphID).(font.GlyphOutline); !ok || g.GlyphID == 0 || g.GlyphID == circle {
					t.Errorf("%q is drawn with glyph %d", text, g.GlyphID)
				}
			}
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		" Pat\r\n Miller\t":   "Pat Miller",
		"a\u202eb":            `a\u202eb`,
		"a\u200db":            `a\u200db`,
		"می\u200cخواهم":       "می\u200cخواهم",
		"ශ්\u200dරී":          "ශ්\u200dරී",
		"م\u200c":             `م\u200c`,
		"م\u200c\u200cم":      `م\u200c\u200cم`,
		"م\u200ca":            `م\u200ca`,
		"葛\U000e0100城":        "葛\U000e0100城",
		"a\U000e0100":         `a\U000e0100`,
		"\xff":                "\ufffd",
		"Pаt":                 `P\u0430t`, // a Cyrillic letter
		"":                    "",
		"\u200c":              `\u200c`,
		"a\u0000\u0007\u001b": `a\u0000\u0007\u001b`,
	} {
		if got := clean(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A text that does not fit shrinks, then is cut, and says so.
func TestSet(t *testing.T) {
	f := options(t).Fonts
	text := strings.Repeat("word ", 60)
	b := f.set(text, style{size: 30, least: 10, maxLines: 3}, 200)
	if b.cut || b.size >= 30 || len(b.lines) > 3 {
		t.Errorf("cut %v, size %v, %d lines", b.cut, b.size, len(b.lines))
	}
	b = f.set(text, style{size: 30, least: 25, maxLines: 1}, 100)
	if !b.cut || b.size != 25 || len(b.lines) != 1 {
		t.Errorf("cut %v, size %v, %d lines", b.cut, b.size, len(b.lines))
	}
	b = f.set(strings.Repeat("m", 1000), style{size: 10}, 50)
	for _, line := range b.lines {
		var width float64
		for _, run := range line {
			width += mm(run.Advance)
		}
		if width > 50 {
			t.Errorf("a line is %v mm wide", width)
		}
	}
	if b := f.set("", style{size: 10}, 50); b.height() != 0 {
		t.Errorf("an empty text is %v mm high", b.height())
	}
}

func FuzzText(f *testing.F) {
	for _, text := range []string{
		"Pat Miller", "שלום (Pat) 12", "می\u200cخواهم", "a\u202e\u0301\u200d", "\u0301", "ศ", "🦀", "\U000e0100", "葛\U000e0100",
	} {
		f.Add(text)
	}
	fonts := options(f).Fonts
	var p *page // for many texts: to begin one takes long
	n := 0
	f.Fuzz(func(t *testing.T, text string) {
		if n++; n%1000 == 1 {
			p = newPage(A4, false, fonts, "", time.Unix(0, 0))
		}
		text = clean(text[:min(len(text), 1024)])
		b := p.set(text, style{size: 20, least: 8, maxLines: 2}, 100)
		p.draw(b, 20, 20, 100)
		clear(fonts.missing)
		if err := p.Error(); err != nil || len(b.lines) > 2 {
			t.Errorf("%q: %d lines, %v", text, len(b.lines), err)
		}
		if again := clean(text); again != text && credential.Printable(text) == text {
			t.Errorf("%q is cleaned again, to %q", text, again)
		}
	})
}

// A font that is broken is an error, wherever the library finds that out.
func TestBrokenFont(t *testing.T) {
	for seed := range int64(20) {
		random := rand.New(rand.NewSource(seed))
		file := slices.Clone(dejavusans.TTF)
		for range 2000 {
			file[random.Intn(len(file))] = byte(random.Intn(256))
		}
		f := options(t).Fonts
		if err := f.Add(file); err != nil {
			continue
		}
		p := newPage(A4, false, f, "", time.Unix(0, 0))
		p.draw(p.set("Pat Miller مريم", style{size: 12}, 100), 20, 20, 100)
		if err := f.check(); err != nil && !errors.Is(err, ErrBrokenFont) && !errors.Is(err, ErrNoFont) {
			t.Error(err)
		}
	}
	f := options(t).Fonts
	if err := f.Add([]byte("\x00\x01\x00\x00 no font")); err == nil {
		t.Error("what is no font is taken as one")
	}
}
