package credential

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	maxKeyword = 79  // bytes of the keyword of a text chunk
	maxITXt    = 512 // bytes of what stands before the text of an iTXt chunk that is read
)

// readPNG finds the credential in a PNG: an iTXt chunk with the keyword openbadges
// (Open Badges 2.0; 1.x also in tEXt) or openbadgecredential (3.0). It reads r as far
// as the chunk IEND, in memory of the size of the credential, and never looks at
// pixels. image is the whole picture if it is at hand, else nil.
//
// Errors wrap [ErrForm] and say why it cannot be told, or are [ErrNotBaked] or those
// of r. What was found first is returned with an error, too.
func readPNG(r io.Reader, image []byte) (*Baked, error) {
	var (
		found  *Baked
		fault  error // the first one
		header [8]byte
		at     = len(pngSignature)
	)
	note := func(format string, args ...any) {
		if fault == nil {
			fault = refuse(format, args...)
		}
	}
	if _, err := io.CopyN(io.Discard, r, int64(at)); err != nil {
		return nil, cutOff(err, nil)
	}
	for n := 0; ; n++ {
		if _, err := io.ReadFull(r, header[:]); err != nil {
			return found, cutOff(err, fault)
		}
		length, name := binary.BigEndian.Uint32(header[:]), string(header[4:])
		if n == 0 && (name != "IHDR" || length != 13) {
			note("the picture has no header")
		}
		if name == "IEND" {
			if length != 0 {
				note("the end of the picture is damaged")
			}
			break
		}
		at += len(header)
		head := make([]byte, min(length, maxKeyword+1))
		if name == "iTXt" || name == "tEXt" || name == "zTXt" {
			if _, err := io.ReadFull(r, head); err != nil {
				return found, cutOff(err, fault)
			}
		} else {
			head = nil
		}
		rest := int64(length) - int64(len(head)) + crc32.Size
		keyword, _, ended := bytes.Cut(head, []byte{0})
		if !ended || !isBadgeKeyword(keyword) {
			if _, err := io.CopyN(io.Discard, r, rest); err != nil {
				return found, cutOff(err, fault)
			}
			at += int(length) + crc32.Size
			continue
		}
		if length > MaxJSON+maxITXt {
			note("the credential in the picture is longer than %d MiB", MaxJSON>>20)
			return found, fault
		}
		body, err := io.ReadAll(io.LimitReader(r, rest)) // grows with what there is, not with what the length claims
		if err == nil && int64(len(body)) < rest {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return found, cutOff(err, fault)
		}
		data := append(head, body...)
		sum := binary.BigEndian.Uint32(data[length:])
		data = data[:length]
		if crc32.Update(crc32.ChecksumIEEE(header[4:]), crc32.IEEETable, data) != sum {
			note("the credential in the picture has a wrong checksum")
		}
		text, why := chunkText(name, data[len(keyword)+1:])
		switch {
		case why != "":
			note("the credential in the picture %s", why)
		case found != nil:
			note("the picture holds two credentials")
		default:
			trimmed := bytes.TrimLeft(text, jsonSpace)
			end := at + int(length) - len(text) + len(bytes.TrimRight(text, jsonSpace))
			from := at + int(length) - len(trimmed)
			found = &Baked{
				format: KindPNG, Text: bytes.Trim(text, jsonSpace), image: image,
				from: from, to: max(from, end), verbatim: name == "iTXt", splice: splicePNG,
			}
		}
		at += int(length) + crc32.Size
	}
	switch {
	case fault != nil:
		return found, fault
	case found == nil:
		return nil, ErrNotBaked
	}
	return found, found.check()
}

// cutOff words the end of a picture where more must follow, unless a fault came
// before it. Other errors are those of reading, after which nothing is known.
func cutOff(err, fault error) error {
	switch {
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("read document: %w", err)
	case fault != nil:
		return fault
	}
	return refuse("the picture is cut off")
}

// splicePNG replaces image[from:to], which stands at the end of a chunk or before
// white space there, and writes that chunk's length and checksum anew.
func splicePNG(image []byte, from, to int, text []byte) ([]byte, error) {
	for c := range pngChunks(image) {
		start, end := c.from+8, c.to-crc32.Size // of its data
		if from < end || from == to && from == end {
			data := spliceBytes(c.data, from-start, to-start, text)
			return spliceBytes(image, c.from, c.to, encodeChunk(c.name, data)), nil
		}
	}
	return nil, refuse("the picture is cut off") // it has been read to its end before
}
