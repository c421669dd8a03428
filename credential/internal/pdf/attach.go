package pdf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
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
func Attach(doc []byte, name, text string) ([]byte, error) {
	f, err := open(doc)
	if err != nil {
		return nil, err
	}
	next := f.size // the number of the first new object
	number, changed, err := f.attach(name, fmt.Appendf(nil, "(%s)%d 0 R", name, next+1))
	if err != nil {
		return nil, err
	}
	objects := []struct {
		number, generation int
		body               string
	}{
		{next, 0, fmt.Sprintf("<</Type/EmbeddedFile/Length %d>>\nstream\n%s\nendstream", len(text), text)},
		{next + 1, 0, fmt.Sprintf("<</Type/Filespec/F(%[1]s)/UF(%[1]s)/EF<</F %[2]d 0 R>>>>", name, next)},
		{number, f.entries[number].generation, string(changed)},
	}
	out := append(slices.Clone(doc), mark(name)...)
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = len(out)
		out = fmt.Appendf(out, "%d %d obj\n%s\nendobj\n", o.number, o.generation, o.body)
	}
	start := len(out)
	generation := objects[2].generation
	if f.table {
		out = fmt.Appendf(out, "xref\n%d 1\n%010d %05d n \n%d 2\n%010d 00000 n \n%010d 00000 n \n",
			number, offsets[2], generation, next, offsets[0], offsets[1])
		out = fmt.Appendf(out, "trailer\n<</Size %d%s/Prev %d>>\n", next+2, f.kept(), f.start)
	} else {
		rows := []byte{1}
		rows = binary.BigEndian.AppendUint32(rows, uint32(offsets[2]))
		rows = binary.BigEndian.AppendUint16(rows, uint16(generation))
		for _, offset := range append(offsets[:2:2], start) {
			rows = append(binary.BigEndian.AppendUint32(append(rows, 1), uint32(offset)), 0, 0)
		}
		out = fmt.Appendf(out, "%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Index[%d 1 %d 3]%s/Prev %d/Length %d>>\n"+
			"stream\n%s\nendstream\nendobj\n",
			next+2, next+3, number, next, f.kept(), f.start, len(rows), rows)
	}
	return fmt.Appendf(out, "startxref\n%d\n%%%%EOF\n", start), nil
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

var errTree = errors.New("the PDF keeps its attachments in a way that is not written into")

// attach adds the entry of an attachment to the name tree of attachments. It returns the number of the
// one object that changes, and how it reads then.
func (f *file) attach(attachment string, entry []byte) (number int, changed []byte, err error) {
	root, err := member(f.trailer, "Root")
	if err != nil {
		return 0, nil, err
	}
	number, object, err := f.follow(root)
	if err != nil || number == 0 {
		return 0, nil, errors.Join(errBroken, err)
	}
	value := object // what is looked into; it is part of object
	at := 0         // where it begins there
	path := []string{"Names", "EmbeddedFiles", "Names"}
	for i, name := range path {
		if i == 2 {
			if kids, err := member(value, "Kids"); err != nil || kids != nil {
				return 0, nil, errTree
			}
		}
		from, to, err := findMember(value, name)
		if err != nil {
			return 0, nil, err
		}
		if from < 0 {
			end := at + len(value) - len(">>")
			return number, slices.Insert(slices.Clone(object), end, nest(path[i:], entry)...), nil
		}
		value, at = value[from:to], at+from
		n, target, err := f.follow(value)
		if err != nil {
			return 0, nil, err
		}
		if n != 0 {
			number, object, value, at = n, target, target, 0
		}
	}
	place, err := placeOf(attachment, value)
	if err != nil {
		return 0, nil, err
	}
	return number, slices.Insert(slices.Clone(object), at+place, slices.Concat([]byte(" "), entry, []byte(" "))...), nil
}

// nest is the member that path leads through, down to an array of the entry.
func nest(path []string, entry []byte) []byte {
	if len(path) == 1 {
		return slices.Concat([]byte("/"+path[0]+"["), entry, []byte("]"))
	}
	return slices.Concat([]byte("/"+path[0]+"<<"), nest(path[1:], entry), []byte(">>"))
}

// placeOf returns where in an array of names and values the name of the attachment
// belongs: they are in order.
func placeOf(attachment string, array []byte) (int, error) {
	if len(array) == 0 || array[0] != '[' {
		return 0, errTree
	}
	place := -1
	s := scanner{b: array, at: 1}
	for s.more(']') {
		at := s.at
		name, err := stringValue(s.value())
		if err != nil {
			return 0, err
		}
		switch c := bytes.Compare(name, []byte(attachment)); {
		case c == 0:
			return 0, fmt.Errorf("the PDF has an attachment named %s already", attachment)
		case c > 0 && place < 0:
			place = at
		}
		s.value()
	}
	if s.at == len(array) {
		return 0, errBroken
	}
	if place < 0 {
		place = s.at
	}
	return place, nil
}
