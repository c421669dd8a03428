package pdf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// mark is the line that begins an update which Attach appends.
func mark(name string) []byte { return []byte("\n%" + name + "\n") }

// Detach returns the file before an attachment of that name was added, and its text; n
// is 0 if none was, else 1. The text is not checked: attach it again and compare.
func Detach(doc []byte, name string) (original, text []byte, n int) {
	at := bytes.LastIndex(doc, mark(name))
	if at < 0 {
		return nil, nil, 0
	}
	_, rest, _ := bytes.Cut(doc[at:], []byte("stream\n"))
	text, _, _ = bytes.Cut(rest, []byte("\nendstream"))
	return doc[:at:at], text, 1
}

// Attach returns the file with a text attached under a name, both in plain ASCII. It
// appends an incremental update (ISO 32000-2, 7.5.6), so that the original stays whole in
// front, with all signatures over it; libraries for PDF write a file anew. The update
// holds the text, its description, and a new version of the one object that leads to
// all attachments: the catalog, unless its name tree is an object of its own.
//
// In a file whose cross-reference table is wrong it finds the objects by a scan, and the
// update lists all of them. Then no reader needs to repair the file; so it is refused if
// readers could do that in several ways.
func Attach(doc []byte, name, text string) (out []byte, err error) {
	for _, opening := range openings(doc) {
		var f *file
		if f, err = opening(); err == nil {
			out, err = f.attachText(name, text)
		}
		if !errors.Is(err, errBroken) {
			return out, err
		}
	}
	return nil, err
}

// attachText is Attach in one way of finding objects. The error is errBroken if another
// may do.
func (f *file) attachText(name, text string) ([]byte, error) {
	switch {
	case f.encrypted:
		return nil, errors.New("the PDF is encrypted, so a proof cannot be put into it")
	case f.doubt != nil:
		return nil, f.doubt
	}
	next := f.size // the number of the first new object
	changed, err := f.insert(name, next+1)
	if err != nil {
		return nil, err
	}
	objects := []object{
		{number: next, body: fmt.Sprintf("<</Type/EmbeddedFile/Length %d>>\nstream\n%s\nendstream", len(text), text)},
		{number: next + 1, body: fmt.Sprintf("<</Type/Filespec/F(%[1]s)/UF(%[1]s)/EF<</F %[2]d 0 R>>>>", name, next)},
	}
	objects = append(objects, changed...)
	out := append(slices.Clone(f.doc), mark(name)...)
	for i, o := range objects {
		objects[i].offset = len(out)
		out = fmt.Appendf(out, "%d %d obj\n%s\nendobj\n", o.number, o.generation, o.body)
	}
	return f.appendSection(out, objects), nil
}

// object is one that an update holds.
type object struct {
	number, generation int
	body               string
	offset             int
}

// appendSection appends the cross-reference section for the objects that were appended, and
// for all others if the file has no section that is right.
func (f *file) appendSection(out []byte, objects []object) []byte {
	start := len(out)
	entries := make(map[int]entry)
	prev := fmt.Sprintf("/Prev %d", f.start)
	if f.scanned {
		entries, prev = f.entries, ""
		if f.table {
			entries[0] = entry{free: true, generation: 65535}
		}
	}
	size := f.size
	for _, o := range objects {
		entries[o.number] = entry{offset: o.offset, generation: o.generation}
		size = max(size, o.number+1)
	}
	if !f.table {
		entries[size] = entry{offset: start}
		size++
	}
	numbers := slices.Sorted(maps.Keys(entries))
	var index, rows []byte
	for len(numbers) > 0 {
		n := 1 // those of new objects are in a part of their own
		for n < len(numbers) && numbers[n] == numbers[0]+n && numbers[n] != f.size {
			n++
		}
		if f.table {
			rows = fmt.Appendf(rows, "%d %d\n", numbers[0], n)
		} else {
			index = fmt.Appendf(index, " %d %d", numbers[0], n)
		}
		for _, number := range numbers[:n] {
			rows = f.appendRow(rows, entries[number])
		}
		numbers = numbers[n:]
	}
	if f.table {
		out = fmt.Appendf(out, "xref\n%strailer\n<</Size %d%s%s>>\n", rows, size, f.kept(), prev)
	} else {
		out = fmt.Appendf(out, "%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Index[%s]%s%s/Length %d>>\nstream\n%s\nendstream\nendobj\n",
			size-1, size, bytes.TrimPrefix(index, []byte(" ")), f.kept(), prev, len(rows), rows)
	}
	return fmt.Appendf(out, "startxref\n%d\n%%%%EOF\n", start-f.base)
}

// appendRow appends one entry of a section.
func (f *file) appendRow(rows []byte, e entry) []byte {
	switch {
	case f.table && e.free:
		return fmt.Appendf(rows, "%010d %05d f \n", 0, e.generation)
	case f.table:
		return fmt.Appendf(rows, "%010d %05d n \n", e.offset-f.base, e.generation)
	case e.within != 0:
		rows = binary.BigEndian.AppendUint32(append(rows, 2), uint32(e.within))
		return binary.BigEndian.AppendUint16(rows, uint16(e.index))
	}
	rows = binary.BigEndian.AppendUint32(append(rows, 1), uint32(e.offset-f.base))
	return binary.BigEndian.AppendUint16(rows, uint16(e.generation))
}

// kept is what the new trailer takes from the last one.
func (f *file) kept() (s []byte) {
	for _, name := range []string{"Root", "Info", "ID"} {
		if value, err := member(f.trailer, name); err == nil && value != nil {
			s = fmt.Appendf(s, "/%s %s", name, value)
		}
	}
	return s
}
