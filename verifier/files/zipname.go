package files

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Of a zip's format, APPNOTE 6.3.10.
const (
	zipEncrypted   = 1 << 0  // bit of the flags
	zipUTF8        = 1 << 11 // the same: the name is UTF-8
	zipUnicodePath = 0x7075  // extra field of Info-ZIP: the name in UTF-8
)

var (
	errLeadsOut  = errors.New("its name leads out of the zip")
	errZipName   = errors.New("its name is empty, or has a zero byte in it")
	errNotUTF8   = errors.New("its name is not UTF-8, as the zip says that it is")
	errZipLocked = errors.New("it is encrypted: unpack the zip first")
)

// zipName returns the name of a file in a zip, its parts separated by "/", and without one at
// the end of a folder's. What is said of a name that cannot be taken is in the error; it is
// returned all the same, for reports.
func zipName(f *zip.File) (string, error) {
	name, ok := zipText(f)
	if !ok {
		return charmapName(f.Name), errNotUTF8
	}
	if f.Name == "" || strings.ContainsRune(name, 0) {
		return name, errZipName
	}
	// Programs of Windows write "\" though the format wants "/".
	slashed := strings.ReplaceAll(name, `\`, "/")
	if strings.HasPrefix(slashed, "/") || len(slashed) > 1 && slashed[1] == ':' {
		return name, errLeadsOut
	}
	var parts []string
	for part := range strings.SplitSeq(slashed, "/") {
		if part != "" && part != "." {
			parts = append(parts, part)
		}
	}
	if clean := strings.Join(parts, "/"); fs.ValidPath(clean) && clean != "." {
		return clean, nil
	}
	return name, errLeadsOut
}

// zipText decodes a name: UTF-8 if the zip says so, if there is an extra field of it, or if it
// can be; else code page 437, which the format prescribes. That one has a letter for each
// byte, so names that differ there differ here, too.
func zipText(f *zip.File) (string, bool) {
	if f.Flags&zipUTF8 != 0 {
		return f.Name, utf8.ValidString(f.Name)
	}
	if name, ok := unicodePath(f); ok {
		return name, true
	}
	if utf8.ValidString(f.Name) { // macOS does not say that it is
		return f.Name, true
	}
	return charmapName(f.Name), true
}

func charmapName(raw string) string {
	name, _ := charmap.CodePage437.NewDecoder().String(raw) // it has a letter for each byte
	return name
}

// unicodePath returns the name of the extra field of Info-ZIP, if that is of the name which
// the zip has: a program that does not know the field may have changed the one alone.
func unicodePath(f *zip.File) (string, bool) {
	for extra := f.Extra; len(extra) >= 4; {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; size > len(extra) {
			break
		}
		field := extra[:size]
		extra = extra[size:]
		if id != zipUnicodePath || len(field) < 5 || field[0] != 1 ||
			binary.LittleEndian.Uint32(field[1:]) != crc32.ChecksumIEEE([]byte(f.Name)) {
			continue
		}
		if name := string(field[5:]); name != "" && utf8.ValidString(name) {
			return name, true
		}
	}
	return "", false
}

// zipMethods are ways to compress that are not read.
var zipMethods = map[uint16]string{
	1: "Shrink", 6: "Implode", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 96: "JPEG", 98: "PPMd", 99: "AES",
}
