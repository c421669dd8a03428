package credential

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

var pngSignature = []byte("\x89PNG\r\n\x1a\n")

// readPNG describes a PNG by the credential baked into it: an iTXt chunk with the
// keyword openbadges (Open Badges 2.0; 1.x also in tEXt) or openbadgecredential (3.0).
func (d *Description) readPNG(doc []byte) {
	d.Kind = "PNG"
	found := 0
	for rest := doc[len(pngSignature):]; len(rest) >= 12; {
		length := binary.BigEndian.Uint32(rest)
		if uint64(length) > uint64(len(rest)-12) {
			d.problem("the picture is cut off")
			return
		}
		chunk, sum := rest[4:8+length], rest[8+length:12+length]
		name, data := chunk[:4], chunk[4:]
		rest = rest[12+length:]
		if string(name) == "IEND" {
			return
		}
		keyword, value, ok := bytes.Cut(data, []byte{0})
		if !ok || (string(keyword) != "openbadges" && string(keyword) != "openbadgecredential") {
			continue
		}
		switch string(name) {
		case "tEXt":
		case "zTXt":
			d.problem("the credential in the picture is compressed")
			continue
		case "iTXt":
			// compression flag and method, language tag, translated keyword, text
			if len(value) < 2 || value[0] != 0 {
				d.problem("the credential in the picture is compressed or cut off")
				continue
			}
			_, value, ok = bytes.Cut(value[2:], []byte{0})
			if ok {
				_, value, ok = bytes.Cut(value, []byte{0})
			}
			if !ok {
				d.problem("the credential in the picture is cut off")
				continue
			}
		default:
			continue
		}
		if crc32.ChecksumIEEE(chunk) != binary.BigEndian.Uint32(sum) {
			d.problem("the credential in the picture has a wrong checksum")
		}
		if found++; found > 1 {
			d.problem("the picture holds two credentials")
			return
		}
		d.readBaked("PNG", value)
	}
	d.problem("the picture is cut off")
}

// readBaked describes what a picture carries: JSON, a JWT, or the link to an
// assertion.
func (d *Description) readBaked(picture string, carried []byte) {
	carried = bytes.Trim(carried, jsonSpace)
	var inner Description
	if len(carried) <= maxID && isURL(string(carried)) {
		inner.Kind = "link to an Open Badge"
		inner.setIssuerURL(string(carried))
	} else {
		inner.readText(carried)
	}
	if inner.Kind == "file" {
		d.problem("the credential in the picture cannot be read")
	}
	d.merge(inner)
	d.Kind = inner.Kind + " in " + picture
}
