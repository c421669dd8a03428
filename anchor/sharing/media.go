package sharing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/png"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/semaphore"

	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/issuer/paper"
	"github.com/hallmark-node/hallmark/merkle"
)

const (
	// pictureSide is how many pixels a side are shown of a picture.
	pictureSide = 512

	// Pictures and cards that are kept: at most some 60 MB of each.
	maxDrawn = 64
)

// Picture is a picture as it is sent to browsers.
type Picture struct {
	Type string // its media type: image/png, or image/svg+xml, which is as somebody wrote it
	Data []byte
}

// Ending is that of a file with the picture.
func (p *Picture) Ending() string {
	if p.Type == "image/png" {
		return ".png"
	}
	return ".svg"
}

// drawing makes pictures, one after another: each takes up to 100 MB while it is made, and fonts
// are for one goroutine. What was made is kept.
type drawing struct {
	turn     *semaphore.Weighted // for fonts, and for decoding
	fonts    *paper.Fonts
	pictures *lru.Cache[merkle.Hash, *Picture] // by leaf, nil for a badge without one; locks itself
	cards    *lru.Cache[string, []byte]        // by what they say; locks itself
}

func newDrawing() (*drawing, error) {
	fonts, err := paper.NewFonts()
	return &drawing{
		turn: semaphore.NewWeighted(1), fonts: fonts,
		pictures: newLRU[merkle.Hash, *Picture](maxDrawn), cards: newLRU[string, []byte](maxDrawn),
	}, err
}

func newLRU[K comparable, V any](size int) *lru.Cache[K, V] {
	c, err := lru.New[K, V](size)
	if err != nil { // the size is positive
		panic(err)
	}
	return c
}

// forget drops what was made of a share that is taken down. Cards go by themselves, and are not
// found without the share.
func (d *drawing) forget(leaf merkle.Hash) { d.pictures.Remove(leaf) }

// begin waits for the turn to draw.
func (d *drawing) begin(ctx context.Context) error {
	if err := d.turn.Acquire(ctx, 1); err != nil {
		return fmt.Errorf("%w: %w", role.ErrBusy, err)
	}
	return nil
}

// Picture returns the picture of a shared badge, nil if it has none that can be shown, or
// [ErrNotShared].
func (sh *Sharing) Picture(ctx context.Context, leaf merkle.Hash) (*Picture, error) {
	if _, err := sh.Get(leaf); err != nil {
		return nil, err
	}
	if p, ok := sh.drawing.pictures.Get(leaf); ok {
		return p, nil
	}
	if err := sh.drawing.begin(ctx); err != nil {
		return nil, err
	}
	defer sh.drawing.turn.Release(1)
	badge, err := sh.Badge(leaf)
	if err != nil {
		return nil, err
	}
	p, err := pictureOf(badge)
	if err == nil && (p == nil || p.Type == "image/png") { // others are as large as the badge
		sh.drawing.pictures.Add(leaf, p)
	}
	return p, err
}

// pictureOf returns what a badge shows, nil if there is nothing.
func pictureOf(badge []byte) (*Picture, error) {
	d := credential.Describe(badge)
	if strings.HasSuffix(d.Title(), string(credential.KindSVG)) {
		return &Picture{"image/svg+xml", badge}, nil
	}
	picture, _ := paper.BadgePicture(badge, &d)
	if picture == nil {
		return nil, nil
	}
	var out bytes.Buffer
	err := png.Encode(&out, paper.Shrink(picture, pictureSide)) // drawn anew: nothing else that is in the file comes along
	return &Picture{"image/png", out.Bytes()}, err
}

// Card returns the picture by which networks preview a page, as a PNG of [paper.CardWidth] by
// [paper.CardHeight].
func (sh *Sharing) Card(ctx context.Context, v *View, c paper.Card) ([]byte, error) {
	key := v.Leaf.String() + cardVersion(&c)
	if data, ok := sh.drawing.cards.Get(key); ok {
		return data, nil
	}
	shown, err := sh.Picture(ctx, v.Leaf)
	if err != nil {
		return nil, err
	}
	if err := sh.drawing.begin(ctx); err != nil {
		return nil, err
	}
	defer sh.drawing.turn.Release(1)
	if shown != nil && shown.Type == "image/png" {
		if c.Picture, _, err = image.Decode(bytes.NewReader(shown.Data)); err != nil {
			return nil, err
		}
	}
	data, err := c.Draw(sh.drawing.fonts)
	if err != nil { // a font of the system is broken, which the next one need not meet
		if fonts, fresh := paper.NewFonts(); fresh == nil {
			sh.drawing.fonts = fonts
		}
		return nil, err
	}
	sh.drawing.cards.Add(key, data)
	return data, nil
}

// cardVersion changes with what a card says. It is in the address of the card, since networks keep what
// they once took from one.
func cardVersion(c *paper.Card) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{c.Title, c.Issuer, c.Recipient, c.Dates, c.Foot, c.Stamp, c.Test}, "\x00")))
	return hex.EncodeToString(sum[:6])
}
