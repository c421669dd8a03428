//go:build !js

package qrproof // without this file in pages: they make and read pictures themselves, and the tables for it are large

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"

	go_qr "github.com/piglig/go-qr"

	"github.com/hallmark-node/hallmark/verifier"
)

// MaxVersion is the largest code that is made: 117 modules a side, 5 cm at 0.4 mm. Health
// certificates of 4 cm and version 20 to 25 are what phones and printers were proven on;
// larger ones are read by few.
const MaxVersion = 25

// maxImage bounds a picture that is looked at for a code, in pixels.
const maxImage = 16 << 20

// Code is a proof as a QR code.
type Code struct {
	*go_qr.QrCode
	Text  string
	Whole bool // false: chain evidence did not fit, so this is the pending form

	// Named is false if evidence of who the issuer is did not fit either. Nobody else has it:
	// whoever reads the code has to know the key.
	Named bool
}

// Version returns the version of the code, from 1 to 40.
func (c *Code) Version() int { return (c.Size() - 17) / 4 }

// Encode makes a code of a proof: whole if that fits into [MaxVersion], else its pending
// form, which hallmark upgrade completes from a node. If that does not fit either, evidence of
// who the issuer is is left out. The error correction is the
// highest of the smallest version that has level L.
func Encode(p *verifier.Proof) (*Code, error) {
	code, err := encodeNamed(p)
	if len(p.Submission.Identity) > 0 && errors.Is(err, go_qr.ErrDataTooLong) {
		bare := *p
		bare.Submission.Identity = nil
		if code, err = encodeNamed(&bare); err == nil {
			code.Named = false
		}
	}
	return code, err
}

// encodeNamed makes a code of a proof with the evidence of who the issuer is that it has.
func encodeNamed(p *verifier.Proof) (*Code, error) {
	whole, err := encode(p)
	if err == nil || !errors.Is(err, go_qr.ErrDataTooLong) {
		return whole, err
	}
	pending := *p
	pending.Batch, pending.Anchors, pending.Hints = nil, nil, nil
	if p.Hints != nil && p.Hints.Node != "" {
		pending.Hints = &verifier.Hints{Node: p.Hints.Node}
	}
	code, err := encode(&pending)
	if err != nil && pending.Hints != nil { // a long URL
		pending.Hints = nil
		code, err = encode(&pending)
	}
	if err != nil {
		return nil, fmt.Errorf("the proof does not fit into a QR code that phones read: %w", err)
	}
	code.Whole = p.Pending()
	return code, nil
}

func encode(p *verifier.Proof) (*Code, error) {
	data, err := p.EncodeCBOR()
	if err != nil {
		return nil, err
	}
	text := Prefix + base45(data)
	segment, err := go_qr.MakeAlphanumeric(text)
	if err != nil {
		return nil, err
	}
	code, err := go_qr.EncodeSegments([]*go_qr.QrSegment{segment}, go_qr.Low, go_qr.MinVersion, MaxVersion, -1, true)
	if err != nil {
		return nil, err
	}
	return &Code{code, text, true, true}, nil
}

// Decode reads a proof from the text of a code, or from a PNG that shows it. The error
// is [ErrNoCode] for anything else.
func Decode(file []byte) (*verifier.Proof, error) {
	text := file
	if bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")) {
		config, err := png.DecodeConfig(bytes.NewReader(file))
		if err != nil || config.Width*config.Height > maxImage || config.Width > maxImage || config.Height > maxImage {
			return nil, ErrNoCode
		}
		picture, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			return nil, ErrNoCode
		}
		read, err := go_qr.Decode(picture)
		if err != nil {
			return nil, ErrNoCode
		}
		text = []byte(read)
	}
	return DecodeText(text)
}
