package paper

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// plainPicture is a picture of one colour.
func plainPicture(width, height int) image.Image {
	p := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range p.Pix {
		p.Pix[i] = []byte{0x10, 0x90, 0x40, 0xff}[i%4]
	}
	return p
}

// Each card is a picture of the size that networks ask for, whatever is on it.
func TestCard(t *testing.T) {
	fonts, err := NewFonts()
	if err != nil {
		t.Fatal(err)
	}
	base := Card{
		Title: "Welding, level 2", Issuer: "Example College", Dates: "15 January 2026",
		Foot: "hallmark.example · 6H1K-2M3N-4P5Q-6R7S-T",
	}
	with := func(change func(*Card)) Card {
		c := base
		change(&c)
		return c
	}
	cases := map[string]Card{
		"plain":   base,
		"picture": with(func(c *Card) { c.Picture = plainPicture(300, 500) }),
		"named":   with(func(c *Card) { c.Recipient, c.Picture = "Pat Miller", plainPicture(800, 400) }),
		"revoked": with(func(c *Card) { c.Stamp, c.Picture = "Revoked", plainPicture(40, 40) }),
		"test":    with(func(c *Card) { c.Test, c.Stamp = "TEST, proves nothing", "Expired" }),
		"arabic": with(func(c *Card) {
			c.Title, c.Issuer, c.Picture = "شهادة إتمام دورة اللحام المستوى الثاني (Welding 2)", "كلية المثال التقنية", plainPicture(300, 300)
		}),
		"chinese": with(func(c *Card) {
			c.Title, c.Issuer = "高级焊接技术职业资格证书（二级）", "示例职业技术学院"
		}),
		"long": with(func(c *Card) {
			c.Title = strings.Repeat("Professional certificate in the operation and maintenance of machines for ", 30)
			c.Issuer, c.Picture = strings.Repeat("Faculty of Everything ", 60), plainPicture(300, 300)
			c.Recipient = strings.Repeat("Long name ", 90)
		}),
		"one word": with(func(c *Card) { c.Title = strings.Repeat("W", 100_000) }),
		"hostile": with(func(c *Card) {
			c.Title = "<script>alert(1)</script>\u202egnp.exe\u202c \u0000\u0007 \ufdd0 \U0010ffff " + strings.Repeat("\u0301", 5000)
			c.Issuer = strings.Repeat("\u200f\u202e", 1000) + "&lt;img src=x&gt;"
		}),
		"empty": {},
		"tiny":  with(func(c *Card) { c.Picture = plainPicture(1, 1) }),
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			data, err := c.Draw(fonts)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
			picture, err := png.Decode(bytes.NewReader(data))
			if err != nil || picture.Bounds() != image.Rect(0, 0, CardWidth, CardHeight) {
				t.Fatalf("%v: %v", picture.Bounds(), err)
			}
			if len(data) > 600_000 {
				t.Errorf("%d bytes", len(data))
			}
			if folder := os.Getenv("HALLMARK_CARDS"); folder != "" { // to be looked at
				if err := os.WriteFile(filepath.Join(folder, name+".png"), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			// Nothing is written over the margin at the sides, and something between them.
			ink := 0
			for y := 80; y < CardHeight-10; y++ {
				for x := range CardWidth {
					dark := picture.At(x, y) != color.Color(color.RGBA{0xff, 0xff, 0xff, 0xff})
					if dark {
						ink++
					}
					if dark && (x < cardInset-24 || x > CardWidth-cardInset+24) {
						t.Fatalf("ink at %d, %d", x, y)
					}
				}
			}
			if (ink > 500) != (name != "empty") {
				t.Errorf("%d pixels of ink", ink)
			}
		})
	}
}
