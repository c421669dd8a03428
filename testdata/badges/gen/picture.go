package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	stddraw "image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
)

// Both pictures have one design on a square of 512: ribbon tails, a scalloped disc,
// a ring, and a spark over a seam.
const (
	size   = 512
	center = 256.0
	middle = 226.0 // of the disc, from the top
)

type point struct{ x, y float64 }

func scallops(radius, depth float64, n int) []point {
	var outline []point
	for i := range 16 * n {
		angle := 2 * math.Pi * float64(i) / float64(16*n)
		r := radius - depth + depth*math.Abs(math.Cos(angle*float64(n)/2))
		outline = append(outline, point{center + r*math.Cos(angle), middle + r*math.Sin(angle)})
	}
	return outline
}

func star(x, y float64, points int, outer, inner float64) []point {
	var outline []point
	for i := range 2 * points {
		angle, r := math.Pi*float64(i)/float64(points)-math.Pi/2, outer
		if i%2 == 1 {
			r = inner
		}
		outline = append(outline, point{x + r*math.Cos(angle), y + r*math.Sin(angle)})
	}
	return outline
}

func circle(radius float64) []point { return scallops(radius, 0, 8) }

// layer is a shape filled from one color at its top to another at its bottom.
type layer struct {
	name        string
	outline     []point
	top, bottom color.NRGBA
}

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

// layers are the shapes of the picture, from behind to the front.
func layers() []layer {
	seam := func(y float64) []point {
		var outline []point
		for i := range 7 { // overlapping drops, as a welder lays them
			x := 130.0 + 36*float64(i)
			outline = append(outline, point{x, y - 15}, point{x + 18, y - 19}, point{x + 36, y - 15})
		}
		for i := 6; i >= 0; i-- {
			x := 130.0 + 36*float64(i)
			outline = append(outline, point{x + 36, y + 15}, point{x + 18, y + 19}, point{x, y + 15})
		}
		return outline
	}
	return []layer{
		{"left", []point{{150, 330}, {236, 372}, {196, 500}, {170, 456}, {118, 468}}, rgb(0x1d4e78), rgb(0x12324f)},
		{"right", []point{{362, 330}, {276, 372}, {316, 500}, {342, 456}, {394, 468}}, rgb(0x1d4e78), rgb(0x12324f)},
		{"rosette", scallops(208, 16, 24), rgb(0xf2c45a), rgb(0xb9832a)},
		{"rim", circle(178), rgb(0xfff4d6), rgb(0xe9cf93)},
		{"disc", circle(168), rgb(0x2a6ea6), rgb(0x143a5c)},
		{"plate", []point{{120, 262}, {392, 262}, {372, 330}, {140, 330}}, rgb(0xb9c6d2), rgb(0x75879a)},
		{"seam", seam(262), rgb(0xdde5ec), rgb(0x8fa1b3)},
		{"glow", star(center, 186, 12, 96, 46), rgb(0xffd66b), rgb(0xff9d2e)},
		{"spark", star(center, 186, 8, 66, 26), rgb(0xffffff), rgb(0xfff0bd)},
	}
}

// draw paints the layers, each pixel from 16 samples.
func draw() *image.NRGBA {
	const samples = 4
	picture := image.NewNRGBA(image.Rect(0, 0, size, size))
	for _, l := range layers() {
		low, high := l.bounds()
		for y := max(0, int(low.y)); y < min(size, int(high.y)+1); y++ {
			for x := max(0, int(low.x)); x < min(size, int(high.x)+1); x++ {
				covered := 0
				for s := range samples * samples {
					p := point{float64(x) + (float64(s%samples)+0.5)/samples, float64(y) + (float64(s/samples)+0.5)/samples}
					if l.contains(p) {
						covered++
					}
				}
				if covered > 0 {
					paint(picture, x, y, l.at((float64(y)-low.y)/(high.y-low.y)), float64(covered)/(samples*samples))
				}
			}
		}
	}
	return picture
}

// drawPNG returns the picture on nothing.
func drawPNG() ([]byte, error) {
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, draw())
	return out.Bytes(), err
}

// drawJPEG returns the picture on white.
func drawJPEG() ([]byte, error) {
	picture := image.NewRGBA(image.Rect(0, 0, size, size))
	stddraw.Draw(picture, picture.Bounds(), image.White, image.Point{}, stddraw.Src)
	stddraw.Draw(picture, picture.Bounds(), draw(), image.Point{}, stddraw.Over)
	var out bytes.Buffer
	err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: 60})
	return out.Bytes(), err
}

func (l layer) bounds() (low, high point) {
	low, high = l.outline[0], l.outline[0]
	for _, p := range l.outline {
		low = point{math.Min(low.x, p.x), math.Min(low.y, p.y)}
		high = point{math.Max(high.x, p.x), math.Max(high.y, p.y)}
	}
	return low, high
}

// contains reports whether a point is within the outline, by the even-odd rule.
func (l layer) contains(p point) bool {
	inside := false
	for i, a := range l.outline {
		b := l.outline[(i+1)%len(l.outline)]
		if (a.y > p.y) != (b.y > p.y) && p.x < (b.x-a.x)*(p.y-a.y)/(b.y-a.y)+a.x {
			inside = !inside
		}
	}
	return inside
}

// at returns the color at a height from 0, the top, to 1.
func (l layer) at(height float64) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-height) + float64(b)*height)) }
	return color.NRGBA{R: mix(l.top.R, l.bottom.R), G: mix(l.top.G, l.bottom.G), B: mix(l.top.B, l.bottom.B), A: 255}
}

// paint lays a color over a pixel that it covers in part.
func paint(picture *image.NRGBA, x, y int, c color.NRGBA, part float64) {
	under := picture.NRGBAAt(x, y)
	alpha := part + float64(under.A)/255*(1-part)
	mix := func(a, b uint8) uint8 {
		return uint8(math.Round((float64(a)*part + float64(b)*float64(under.A)/255*(1-part)) / alpha))
	}
	picture.SetNRGBA(x, y, color.NRGBA{R: mix(c.R, under.R), G: mix(c.G, under.G), B: mix(c.B, under.B), A: uint8(math.Round(alpha * 255))})
}

// drawSVG writes the same layers as paths, with the title around them.
func drawSVG() []byte {
	var defs, paths strings.Builder
	for _, l := range layers() {
		fmt.Fprintf(&defs, "    <linearGradient id=%q x1=\"0\" y1=\"0\" x2=\"0\" y2=\"1\"><stop stop-color=\"#%02x%02x%02x\"/><stop offset=\"1\" stop-color=\"#%02x%02x%02x\"/></linearGradient>\n",
			l.name, l.top.R, l.top.G, l.top.B, l.bottom.R, l.bottom.G, l.bottom.B)
		fmt.Fprintf(&paths, "  <path fill=\"url(#%s)\" d=\"", l.name)
		for i, p := range l.outline {
			fmt.Fprintf(&paths, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], p.x, p.y)
		}
		paths.WriteString("Z\"/>\n")
	}
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512" role="img" aria-label="Welding, level 2">
  <defs>
` + defs.String() + `  </defs>
` + paths.String() + `</svg>
`)
}
