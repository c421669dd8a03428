package credential

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"iter"
	"slices"
)

var pngSignature = []byte("\x89PNG\r\n\x1a\n")

// pngChunk is a chunk of a PNG: image[from:to], with its length, name and checksum.
type pngChunk struct {
	name     string
	data     []byte // part of the image
	from, to int
}

// isText reports whether the chunk is one of the three that hold texts.
func (c *pngChunk) isText() bool { return c.name == "iTXt" || c.name == "tEXt" || c.name == "zTXt" }

// pngChunks yields the chunks of a picture up to IEND, or to where it is cut off.
func pngChunks(image []byte) iter.Seq[pngChunk] {
	return func(yield func(pngChunk) bool) {
		for at := len(pngSignature); len(image)-at >= 12; {
			length := int64(binary.BigEndian.Uint32(image[at:]))
			if length > int64(len(image)-at-12) {
				return
			}
			c := pngChunk{name: string(image[at+4 : at+8]), data: image[at+8 : at+8+int(length)], from: at, to: at + 12 + int(length)}
			if !yield(c) || c.name == "IEND" {
				return
			}
			at = c.to
		}
	}
}

// encodeChunk returns a whole chunk.
func encodeChunk(name string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(make([]byte, 0, 12+len(data)), uint32(len(data)))
	out = append(append(out, name...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// pngText returns an iTXt chunk that is not compressed, without language and translated
// keyword.
func pngText(keyword string, text []byte) []byte {
	return encodeChunk("iTXt", slices.Concat([]byte(keyword), make([]byte, 5), text))
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
