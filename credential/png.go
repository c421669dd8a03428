package credential

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

var pngSignature = []byte("\x89PNG\r\n\x1a\n")

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
		if !ended || (string(keyword) != bakedOB2.keyword && string(keyword) != bakedOB3.keyword) {
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
			found = &Baked{Picture: PNG, Text: bytes.Trim(text, jsonSpace), image: image, from: from, to: max(from, end), verbatim: name == "iTXt", splice: splicePNG}
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

// readRestOfPNG looks at what readPNG does not: chunks that other readers may take for a
// credential, and what follows the picture.
func (d *reader) readRestOfPNG(image []byte) {
	for at := len(pngSignature); len(image)-at >= 12; {
		length := int64(binary.BigEndian.Uint32(image[at:]))
		name := string(image[at+4 : at+8])
		if length > int64(len(image)-at-12) {
			return // cut off, which readPNG says
		}
		data := image[at+8 : at+8+int(length)]
		at += 12 + int(length)
		switch strings.ToLower(name) {
		case "iend":
			if name == "IEND" && len(bytes.Trim(image[at:], "\x00"+jsonSpace)) > 0 {
				d.problem("something follows the end of the picture")
			}
			if name == "IEND" {
				return
			}
		case "itxt", "text", "ztxt":
			keyword, value, ended := bytes.Cut(data, []byte{0})
			exact := ended && (name == "iTXt" || name == "tEXt" || name == "zTXt") &&
				(string(keyword) == bakedOB2.keyword || string(keyword) == bakedOB3.keyword)
			switch {
			case exact:
			case badgeWord().Match(keyword[:min(len(keyword), 1<<10)]):
				d.problem("the picture holds a text under %s, which is none of the two names for a credential", excerpt(string(keyword)))
			case name != "zTXt" && shapeOfText(value, 0) != "":
				d.problem("the picture holds a document under %s", excerpt(string(keyword)))
			}
		}
	}
}

// badgeWord is found in keywords that are meant as those of a credential.
var badgeWord = lazyRegexp(`(?i)open\W*badge|credential|assertion|verifiable`)

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

// chunkText returns the text of a chunk of that name, value being what follows the
// keyword, or why it cannot be had.
func chunkText(name string, value []byte) (text []byte, why string) {
	switch {
	case name == "tEXt":
		return value, ""
	case name == "zTXt":
		return nil, "is compressed"
	case len(value) < 2:
		return nil, "is cut off"
	case value[0] != 0:
		return nil, "is compressed"
	}
	// compression flag and method, language tag, translated keyword, text
	parts := bytes.SplitN(value[2:], []byte{0}, 3)
	if len(parts) != 3 {
		return nil, "is cut off"
	}
	return parts[2], ""
}

// splicePNG replaces image[from:to], which stands at the end of a chunk or before
// white space there, and writes that chunk's length and checksum anew.
func splicePNG(image []byte, from, to int, text []byte) ([]byte, error) {
	start := len(pngSignature)
	for {
		length := int(binary.BigEndian.Uint32(image[start:]))
		if from < start+8+length || from == to && from == start+8+length {
			chunk := spliceBytes(image[start+8:start+8+length], from-start-8, to-start-8, text)
			return spliceBytes(image, start, start+12+length, pngChunk(string(image[start+4:start+8]), chunk)), nil
		}
		start += 12 + length
	}
}

// bakePNG puts the badge in front of all chunks but the header.
func bakePNG(image, badge []byte, how standard) ([]byte, error) {
	var (
		out   = slices.Clone(image[:len(pngSignature)])
		chunk = pngChunk("iTXt", slices.Concat([]byte(how.keyword), make([]byte, 5), badge))
	)
	for rest := image[len(pngSignature):]; ; {
		length := binary.BigEndian.Uint32(rest)
		name, data := string(rest[4:8]), rest[8:8+length]
		if name == "IEND" {
			return append(out, rest...), nil
		}
		keyword, _, _ := bytes.Cut(data, []byte{0})
		if name != "iTXt" && name != "tEXt" || string(keyword) != bakedOB2.keyword && string(keyword) != bakedOB3.keyword {
			out = append(out, rest[:12+length]...)
		}
		if name == "IHDR" {
			out = append(out, chunk...)
		}
		rest = rest[12+length:]
	}
}

// pngChunk returns a whole chunk.
func pngChunk(name string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(make([]byte, 0, 12+len(data)), uint32(len(data)))
	out = append(append(out, name...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}
