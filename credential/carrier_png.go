package credential

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"slices"
)

const (
	maxKeyword = 79  // bytes of the keyword of a text chunk
	maxITXt    = 512 // bytes of what stands before the text of an iTXt chunk that is read
)

var pngSignature = []byte("\x89PNG\r\n\x1a\n")

// pngChunk is a chunk of a PNG: image[from:to], with its length, name and checksum.
type pngChunk struct {
	name     string
	data     []byte // part of the image
	from, to int
}

// pngChunks yields the chunks of a picture up to IEND, or to where it is cut off.
func pngChunks(image []byte) iter.Seq[pngChunk] {
	return func(yield func(pngChunk) bool) {
		for at := len(pngSignature); len(image)-at >= 12; {
			length := int64(binary.BigEndian.Uint32(image[at:]))
			if length > int64(len(image)-at-12) {
				return
			}
			c := pngChunk{string(image[at+4 : at+8]), image[at+8 : at+8+int(length)], at, at + 12 + int(length)}
			if !yield(c) || c.name == "IEND" {
				return
			}
			at = c.to
		}
	}
}

// isPNGText reports whether a chunk of that name holds a text under a keyword.
func isPNGText(name string) bool { return name == "iTXt" || name == "tEXt" || name == "zTXt" }

// isBadge reports whether the chunk is one that carries a credential.
func (c *pngChunk) isBadge() bool {
	keyword, _, ended := bytes.Cut(c.data, []byte{0})
	return ended && isPNGText(c.name) && isBadgeKeyword(keyword)
}

// pngText returns an iTXt chunk that is not compressed, without language and translated
// keyword.
func pngText(keyword string, text []byte) []byte {
	return encodeChunk("iTXt", slices.Concat([]byte(keyword), make([]byte, 5), text))
}

func encodeChunk(name string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(make([]byte, 0, 12+len(data)), uint32(len(data)))
	out = append(append(out, name...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// chunkText returns the text of a chunk of that name, value being what follows the
// keyword, or why it cannot be had.
func chunkText(name string, value []byte) (text []byte, why string) {
	switch {
	case name == "tEXt":
		return value, ""
	case name == "zTXt", len(value) >= 2 && value[0] != 0:
		return nil, "is compressed"
	case len(value) < 2:
		return nil, "is cut off"
	}
	// compression flag and method, language tag, translated keyword, text
	parts := bytes.SplitN(value[2:], []byte{0}, 3)
	if len(parts) != 3 {
		return nil, "is cut off"
	}
	return parts[2], ""
}

// readPNG finds the credential in a PNG: an iTXt chunk with the keyword openbadges
// (Open Badges 2.0; 1.x also in tEXt) or openbadgecredential (3.0). It reads r as far
// as the chunk IEND, in memory of the size of the credential, and never looks at
// pixels. image is the whole picture, or nil if it is only streamed.
//
// Errors wrap [ErrForm] and say why it cannot be told, or are [ErrNotBaked] or those
// of r. What was found before an error is returned with it.
func readPNG(r io.Reader, image []byte) (*Baked, error) {
	in := bufio.NewReader(r)
	if _, err := in.Discard(len(pngSignature)); err != nil {
		return nil, cutOff(err)
	}
	var found *Baked
	headed := false
	for first := true; ; first = false {
		var header [8]byte
		if _, err := io.ReadFull(in, header[:]); err != nil {
			return found, cutOff(err)
		}
		length, name := binary.BigEndian.Uint32(header[:]), string(header[4:])
		headed = headed || first && name == "IHDR" && length == 13
		switch {
		case name != "IEND":
		case !headed:
			return found, refuse("the picture has no header")
		case length != 0:
			return found, refuse("the end of the picture is damaged")
		case found == nil:
			return nil, ErrNotBaked
		default:
			return found, found.check()
		}
		var head []byte
		if isPNGText(name) {
			var err error
			if head, err = in.Peek(int(min(length, maxKeyword+1))); err != nil {
				return found, cutOff(err)
			}
		}
		rest := int64(length) + crc32.Size
		keyword, _, ended := bytes.Cut(head, []byte{0})
		if !ended || !isBadgeKeyword(keyword) {
			if _, err := io.CopyN(io.Discard, in, rest); err != nil {
				return found, cutOff(err)
			}
			continue
		}
		if length > MaxJSON+maxITXt {
			return found, refuse("the credential in the picture is longer than %d MiB", MaxJSON>>20)
		}
		valueAt := len(keyword) + 1                       // keyword is not valid after the next read
		body, err := io.ReadAll(io.LimitReader(in, rest)) // grows with what there is, not with what the length claims
		if err == nil && int64(len(body)) < rest {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return found, cutOff(err)
		}
		data, sum := body[:length], binary.BigEndian.Uint32(body[length:])
		text, why := chunkText(name, data[valueAt:])
		switch {
		case why != "":
			return found, refuse("the credential in the picture %s", why)
		case found != nil:
			return found, refuse("the picture holds two credentials")
		}
		found = &Baked{Text: bytes.Trim(text, jsonSpace)}
		if crc32.Update(crc32.ChecksumIEEE(header[4:]), crc32.IEEETable, data) != sum {
			return found, refuse("the credential in the picture has a wrong checksum")
		}
		if image != nil && name == "iTXt" {
			old := found.Text
			found.splice = func(text []byte) ([]byte, error) { return splicePNG(image, old, text), nil }
		}
	}
}

// cutOff words the end of a picture where more must follow. Other errors are those of
// reading, after which nothing is known.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return refuse("the picture is cut off")
	}
	return fmt.Errorf("read document: %w", err)
}

// splicePNG replaces the credential old of a picture that was read to its end, which
// stands at the end of its chunk or before white space there.
func splicePNG(image, old, text []byte) []byte {
	for c := range pngChunks(image) {
		if c.isBadge() {
			at := bytes.LastIndex(c.data, old)
			return spliceBytes(image, c.from, c.to, encodeChunk(c.name, spliceBytes(c.data, at, at+len(old), text)))
		}
	}
	return image // not reached: it has such a chunk
}

// bakePNG puts the badge in front of all chunks but the header. The picture has been
// read to its end before.
func bakePNG(image, badge []byte, how standard) []byte {
	out := slices.Clone(image[:len(pngSignature)])
	for c := range pngChunks(image) {
		if c.name == "IEND" {
			return append(out, image[c.from:]...)
		}
		if keyword, _, _ := bytes.Cut(c.data, []byte{0}); !isPNGText(c.name) || !isBadgeKeyword(keyword) {
			out = append(out, image[c.from:c.to]...)
		}
		if c.name == "IHDR" {
			out = append(out, pngText(how.keyword, badge)...)
		}
	}
	return out // not reached
}

// attachPNG puts a text into a chunk of its own, right in front of the chunk IEND. What
// follows IEND is not looked at.
func attachPNG(image, text []byte) []byte {
	end := 0
	for c := range pngChunks(image) {
		end = c.from
	}
	return spliceBytes(image, end, end, pngText(keyword, text))
}

// detachPNG takes out the last chunk that attachPNG may have written, and returns its
// text; n is how many there are.
func detachPNG(image []byte) (original, text []byte, n int) {
	for c := range pngChunks(image) {
		word, value, _ := bytes.Cut(c.data, []byte{0})
		if !isPNGText(c.name) || string(word) != keyword {
			continue
		}
		n++
		text, _ = chunkText(c.name, value)
		original = spliceBytes(image, c.from, c.to, nil)
	}
	return original, text, n
}
