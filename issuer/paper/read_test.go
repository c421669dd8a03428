package paper

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	go_qr "github.com/piglig/go-qr"
)

// drawnPages returns what draws each page of a PDF, as the operators of a content stream.
func drawnPages(t testing.TB, pdf []byte) (pages []string) {
	t.Helper()
	for rest := pdf; ; {
		_, after, ok := bytes.Cut(rest, []byte("stream\n"))
		if !ok {
			if len(pages) == 0 {
				t.Fatal("the PDF has no content stream")
			}
			return pages
		}
		rest = after
		r, err := zlib.NewReader(bytes.NewReader(rest))
		if err != nil {
			continue
		}
		if content, err := io.ReadAll(r); err == nil && bytes.Contains(content, []byte(" Tf")) {
			pages = append(pages, string(content))
		}
	}
}

// drawnOn is what draws the first page.
func drawnOn(t testing.TB, pdf []byte) string {
	t.Helper()
	return drawnPages(t, pdf)[0]
}

var shown = regexp.MustCompile(`([-0-9.]+) ([-0-9.]+) Td <([0-9A-F]+)> Tj`)

// texted returns the text under what is seen on the first page, in the order in which it was written.
func texted(t testing.TB, pdf []byte) string {
	t.Helper()
	return textOf(t, drawnOn(t, pdf))
}

// textedPages returns the text of each page, its lines joined by spaces.
func textedPages(t testing.TB, pdf []byte) (pages []string) {
	t.Helper()
	for _, drawn := range drawnPages(t, pdf) {
		pages = append(pages, strings.Join(strings.Fields(textOf(t, drawn)), " "))
	}
	return pages
}

func textOf(t testing.TB, drawn string) string {
	t.Helper()
	var out strings.Builder
	last := ""
	for _, m := range shown.FindAllStringSubmatch(drawn, -1) {
		code, err := hex.DecodeString(m[3])
		if err != nil {
			t.Fatal(err)
		}
		var units []uint16
		for pair := range slices.Chunk(code, 2) {
			units = append(units, uint16(pair[0])<<8|uint16(pair[1]))
		}
		if m[2] != last { // another line
			out.WriteByte('\n')
			last = m[2]
		}
		out.WriteString(string(utf16.Decode(units)))
	}
	return out.String()
}

// heights returns the base lines of all texts, in points from the lower edge.
func heights(t testing.TB, pdf []byte) (all []float64) {
	t.Helper()
	for _, m := range shown.FindAllStringSubmatch(drawnOn(t, pdf), -1) {
		all = append(all, number(t, m[2]))
	}
	return all
}

func number(t testing.TB, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var rectangle = regexp.MustCompile(`([-0-9.]+) ([-0-9.]+) ([-0-9.]+) ([-0-9.]+) re f`)

// codesOn reads the QR codes of a page: each begins with a white square, on which black
// rectangles stand. They are printed at 300 dots to the inch, and read by a decoder.
func codesOn(t testing.TB, pdf []byte) (texts []string) {
	t.Helper()
	const dots = 300.0 / 72
	var picture *image.Gray
	read := func() {
		if picture == nil {
			return
		}
		var out bytes.Buffer
		if err := png.Encode(&out, picture); err != nil {
			t.Fatal(err)
		}
		text, err := go_qr.Decode(picture)
		if err != nil {
			t.Errorf("a code cannot be read: %v", err)
		}
		texts = append(texts, text)
	}
	var left, top float64
	for _, m := range rectangle.FindAllStringSubmatch(drawnOn(t, pdf), -1) {
		x, y, w, h := number(t, m[1]), number(t, m[2]), number(t, m[3]), number(t, m[4])
		white := w == -h // only the finder's middle could be such a square, and that is drawn in rows
		if white && w > 30 {
			read()
			left, top = x, y
			picture = image.NewGray(image.Rect(0, 0, int(w*dots), int(w*dots)))
			draw.Draw(picture, picture.Bounds(), image.White, image.Point{}, draw.Src)
			continue
		}
		at := func(v float64) int { return int(math.Round(v * dots)) }
		r := image.Rect(at(x-left), at(top-y), at(x-left+w), at(top-y-h))
		draw.Draw(picture, r, image.NewUniform(color.Black), image.Point{}, draw.Src)
	}
	read()
	return texts
}
