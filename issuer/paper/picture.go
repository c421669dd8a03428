package paper

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"regexp"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/draw"

	"github.com/hallmark-node/hallmark/credential"
)

const (
	// maxPixels bounds a picture before it is decoded: 16 bits of four colours take 48 MiB, and as
	// much again if they are interlaced.
	maxPixels = 6 << 20

	// printPixels is how many pixels a side are printed of a picture: 600 to the inch on 4 cm.
	printPixels = 945
)

// decodePicture reads a PNG or JPEG.
func decodePicture(data []byte) (image.Image, error) {
	kinds := []struct {
		magic  string
		config func([]byte) (image.Config, error)
		decode func([]byte) (image.Image, error)
	}{
		{
			"\x89PNG\r\n\x1a\n",
			func(b []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) },
		},
		{
			"\xff\xd8\xff",
			func(b []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) },
		},
	}
	for _, k := range kinds {
		if !bytes.HasPrefix(data, []byte(k.magic)) {
			continue
		}
		config, err := k.config(data)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: it is broken", ErrPicture)
		case config.Width < 1 || config.Height < 1 || config.Width > maxPixels/config.Height:
			return nil, fmt.Errorf("%w: it has more than %d million pixels", ErrPicture, maxPixels>>20)
		}
		picture, err := k.decode(data)
		if err != nil {
			return nil, fmt.Errorf("%w: it is broken", ErrPicture)
		}
		return picture, nil
	}
	return nil, fmt.Errorf("%w: it is neither PNG nor JPEG", ErrPicture)
}

// dataURL is a picture inside a JSON text, in which a slash may be escaped.
var dataURL = regexp.MustCompile(`"data:image\\?/(?:png|jpeg);base64,([A-Za-z0-9+/=\\]+)"`)

// pictureOf returns the picture that a badge brings along, or says in a clause why there is
// none. A link is never followed.
func pictureOf(badge []byte, d *credential.Description) (picture image.Image, remark string) {
	const give = "give one with --picture"
	switch {
	case bytes.HasPrefix(badge, []byte("\x89PNG")):
		picture, err := decodePicture(badge)
		if err != nil {
			return nil, err.Error()
		}
		return picture, ""
	case strings.HasSuffix(d.Title(), string(credential.KindSVG)):
		return nil, "a picture in SVG is not printed: " + give + " as PNG or JPEG"
	case strings.HasPrefix(d.Image, "data:"):
		text, _ := credential.Claims(badge) // whoever checked the badge has said why if there are none
		found := dataURL.FindAllSubmatch(text, 2)
		if len(found) != 1 {
			return nil, "which picture inside is the badge's cannot be told: " + give
		}
		data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(found[0][1]), `\`, ""))
		if err == nil {
			picture, err = decodePicture(data)
		}
		if err != nil {
			return nil, "the picture inside cannot be printed: " + give
		}
		return picture, ""
	case d.Image != "":
		return nil, "the badge has a link to its picture, which is not fetched: " + give
	}
	return nil, ""
}

// Shrink returns a picture whose longer side has a number of pixels at most.
func Shrink(picture image.Image, side int) *image.NRGBA {
	width, height := picture.Bounds().Dx(), picture.Bounds().Dy()
	if longest := max(width, height); longest > side {
		width, height = max(1, width*side/longest), max(1, height*side/longest)
	}
	small := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.CatmullRom.Scale(small, small.Bounds(), picture, picture.Bounds(), draw.Src, nil)
	return small
}

// picture draws a picture into the middle of a square, as large as it fits.
func (p *page) picture(picture image.Image, x, y, side float64) error {
	small := Shrink(picture, printPixels) // of eight bits a colour, which the PDF library takes
	width, height := small.Bounds().Dx(), small.Bounds().Dy()
	var out bytes.Buffer
	if err := png.Encode(&out, small); err != nil {
		return err
	}
	scale := side / float64(max(width, height))
	w, h := float64(width)*scale, float64(height)*scale
	options := fpdf.ImageOptions{ImageType: "PNG"}
	p.pictures++
	name := fmt.Sprintf("picture %d", p.pictures)
	p.RegisterImageOptionsReader(name, options, &out)
	p.ImageOptions(name, x+(side-w)/2, y+(side-h)/2, w, h, false, options, 0, "")
	return p.Error()
}
