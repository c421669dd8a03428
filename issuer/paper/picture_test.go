package paper

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/credential"
)

// pixel is a PNG of one pixel.
var pixel = base64.StdEncoding.EncodeToString(pngOf(image.NewNRGBA(image.Rect(0, 0, 1, 1))))

func pngOf(picture image.Image) []byte {
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		panic(err) // the pictures are the test's own
	}
	return out.Bytes()
}

// header returns a PNG of some size that ends where its pixels should begin.
func header(width, height uint32, interlaced byte) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	chunk = append(binary.BigEndian.AppendUint32(chunk, height), 8, 6, 0, 0, interlaced)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}

func TestPictures(t *testing.T) {
	square := image.Rect(0, 0, 40, 20)
	deep := image.NewNRGBA64(square)
	deep.Set(3, 3, color.NRGBA64{R: 0x1234, G: 0xffff, A: 0x8000})
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, deep, nil); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"8 bits":    pngOf(image.NewNRGBA(square)),
		"16 bits":   pngOf(deep),
		"palette":   pngOf(image.NewPaletted(square, palette.Plan9)),
		"grey":      pngOf(image.NewGray16(square)),
		"opaque":    pngOf(image.NewRGBA(square)),
		"large":     pngOf(image.NewPaletted(image.Rect(0, 0, 3000, 2000), palette.Plan9)),
		"one line":  pngOf(image.NewGray(image.Rect(0, 0, 5000, 1))),
		"JPEG":      photo.Bytes(),
		"one pixel": pngOf(image.NewGray(image.Rect(0, 0, 1, 1))),
	} {
		page := printCertificate(t, plain, CertificateOptions{Options: options(t), Picture: file})
		if n := bytes.Count(page.PDF, []byte("/Subtype /Image")); n == 0 {
			t.Errorf("%s: no picture is on the page", name)
		}
	}
	for name, file := range map[string][]byte{
		"empty":       {},
		"no picture":  []byte("GIF89a"),
		"SVG":         []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`),
		"bomb":        header(100_000, 100_000, 0),
		"wide bomb":   header(1<<31-1, 1, 0),
		"cut":         header(10, 10, 0),
		"interlaced":  header(10, 10, 1),
		"no width":    header(0, 10, 0),
		"broken JPEG": []byte("\xff\xd8\xff\xe0\x00\x10JFIF"),
	} {
		_, err := Certificate(anchored(t, plain), documents[plain], CertificateOptions{Options: options(t), Picture: file})
		if !errors.Is(err, ErrPicture) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A badge's own picture is printed, and a link to one is never followed.
func TestPictureOfBadge(t *testing.T) {
	page := printCertificate(t, inlined, CertificateOptions{Options: options(t)})
	if len(page.Remarks) > 0 || !bytes.Contains(page.PDF, []byte("/Subtype /Image")) {
		t.Errorf("the picture inside is not printed: %q", page.Remarks)
	}
	page = printCertificate(t, linked, CertificateOptions{Options: options(t)})
	if len(page.Remarks) != 1 || !strings.Contains(page.Remarks[0], "is not fetched") {
		t.Errorf("remarks: %q", page.Remarks)
	}
	baked, err := credential.Bake(pngOf(image.NewNRGBA(image.Rect(0, 0, 30, 30))), documents[plain])
	if err != nil {
		t.Fatal(err)
	}
	page, err = Certificate(anchored(t, plain), baked, CertificateOptions{Options: options(t)})
	if err != nil || !bytes.Contains(page.PDF, []byte("/Subtype /Image")) {
		t.Errorf("the picture that carries the badge is not printed: %v", err)
	}
	drawing, err := credential.Bake([]byte(`<svg xmlns="http://www.w3.org/2000/svg"></svg>`), documents[plain])
	if err != nil {
		t.Fatal(err)
	}
	page, err = Certificate(anchored(t, plain), drawing, CertificateOptions{Options: options(t)})
	if err != nil || len(page.Remarks) != 1 || !strings.Contains(page.Remarks[0], "SVG") {
		t.Errorf("%v, %v", page, err)
	}
}

func FuzzPicture(f *testing.F) {
	f.Add(pngOf(image.NewNRGBA64(image.Rect(0, 0, 3, 3))))
	f.Add(header(100_000, 100_000, 1))
	f.Add([]byte("\xff\xd8\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		picture, err := decodePicture(data)
		if err != nil {
			if !errors.Is(err, ErrPicture) {
				t.Errorf("%v", err)
			}
			return
		}
		if b := picture.Bounds(); b.Dx()*b.Dy() > maxPixels || b.Empty() {
			t.Errorf("a picture of %v", b)
		}
	})
}
