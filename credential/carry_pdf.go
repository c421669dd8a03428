package credential

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// In a PDF a proof is an attachment named hallmark. It comes with an incremental update
// (ISO 32000-2, 7.5.6) behind the last byte of the original, which therefore stays
// whole in front, with all signatures over it. Libraries for PDF write a file anew, so
// the update is made here. It begins with a line of its own:
const pdfMark = "\n%" + keyword + "\n"

func locatePDF(file []byte) (*Carried, error) {
	at := bytes.LastIndex(file, []byte(pdfMark))
	if at < 0 {
		return nil, ErrNoProof
	}
	_, rest, _ := bytes.Cut(file[at:], []byte("stream\n"))
	value, _, _ := bytes.Cut(rest, []byte("\nendstream"))
	proof, err := parseProofText(string(value))
	if err != nil {
		return nil, err
	}
	return &Carried{Original: file[:at:at], Proof: proof, Form: FormRaw}, nil
}

// embedPDF appends the file, its description, and the one object anew that leads to all
// attachments: the catalog, unless its name tree is an object of its own.
func embedPDF(file, proof []byte) ([]byte, error) {
	f, err := openPDF(file)
	if err != nil {
		return nil, err
	}
	next := f.size // the number of the first new object
	number, changed, err := f.attach(fmt.Appendf(nil, "(%s)%d 0 R", keyword, next+1))
	if err != nil {
		return nil, err
	}
	text := proofText(proof)
	objects := []struct {
		number, generation int
		body               string
	}{
		{next, 0, fmt.Sprintf("<</Type/EmbeddedFile/Length %d>>\nstream\n%s\nendstream", len(text), text)},
		{next + 1, 0, fmt.Sprintf("<</Type/Filespec/F(%[1]s)/UF(%[1]s)/EF<</F %[2]d 0 R>>>>", keyword, next)},
		{number, f.entries[number].generation, string(changed)},
	}
	out := append(slices.Clone(file), pdfMark...)
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = len(out)
		out = fmt.Appendf(out, "%d %d obj\n%s\nendobj\n", o.number, o.generation, o.body)
	}
	start := len(out)
	generation := objects[2].generation
	if f.table {
		out = fmt.Appendf(out, "xref\n%d 1\n%010d %05d n \n%d 2\n%010d 00000 n \n%010d 00000 n \n", number, offsets[2], generation, next, offsets[0], offsets[1])
		out = fmt.Appendf(out, "trailer\n<</Size %d%s/Prev %d>>\n", next+2, f.kept(), f.start)
	} else {
		rows := []byte{1}
		rows = binary.BigEndian.AppendUint32(rows, uint32(offsets[2]))
		rows = binary.BigEndian.AppendUint16(rows, uint16(generation))
		for _, offset := range append(offsets[:2:2], start) {
			rows = append(binary.BigEndian.AppendUint32(append(rows, 1), uint32(offset)), 0, 0)
		}
		out = fmt.Appendf(out, "%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Index[%d 1 %d 3]%s/Prev %d/Length %d>>\nstream\n%s\nendstream\nendobj\n",
			next+2, next+3, number, next, f.kept(), f.start, len(rows), rows)
	}
	return fmt.Appendf(out, "startxref\n%d\n%%%%EOF\n", start), nil
}

// kept is what the new trailer takes from the last one.
func (f *pdfFile) kept() (s []byte) {
	for _, name := range []string{"Root", "Info", "ID"} {
		if value, err := pdfGet(f.trailer, name); err == nil && value != nil {
			s = fmt.Appendf(s, "/%s %s", name, value)
		}
	}
	return s
}

var errPDFTree = errors.New("the PDF keeps its attachments in a way that is not written into")

// attach adds an entry of the name tree of attachments. It returns the number of the
// one object that changes, and how it reads then.
func (f *pdfFile) attach(entry []byte) (number int, changed []byte, err error) {
	root, err := pdfGet(f.trailer, "Root")
	if err != nil {
		return 0, nil, err
	}
	number, object, err := f.follow(root)
	if err != nil || number == 0 {
		return 0, nil, errors.Join(errPDF, err)
	}
	value := object // what is looked into; it is part of object
	at := 0         // where it begins there
	path := []string{"Names", "EmbeddedFiles", "Names"}
	for i, name := range path {
		from, to, err := pdfFind(value, name)
		if err != nil {
			return 0, nil, err
		}
		if from < 0 {
			if kids, err := pdfGet(value, "Kids"); i == 2 && (err != nil || kids != nil) {
				return 0, nil, errPDFTree
			}
			end := at + len(value) - len(">>")
			return number, spliceBytes(object, end, end, nest(path[i:], entry)), nil
		}
		if i == 2 {
			if kids, err := pdfGet(value, "Kids"); err != nil || kids != nil {
				return 0, nil, errPDFTree
			}
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
	place, err := pdfPlace(value)
	if err != nil {
		return 0, nil, err
	}
	return number, spliceBytes(object, at+place, at+place, slices.Concat([]byte(" "), entry, []byte(" "))), nil
}

// nest is the member that path leads through, down to an array of the entry.
func nest(path []string, entry []byte) []byte {
	if len(path) == 1 {
		return slices.Concat([]byte("/"+path[0]+"["), entry, []byte("]"))
	}
	return slices.Concat([]byte("/"+path[0]+"<<"), nest(path[1:], entry), []byte(">>"))
}

// pdfPlace returns where in an array of names and values the name of the attachment
// belongs: they are in order.
func pdfPlace(array []byte) (int, error) {
	if len(array) == 0 || array[0] != '[' {
		return 0, errPDFTree
	}
	place := -1
	for at := pdfSpace(array, 1); ; {
		if at >= len(array) {
			return 0, errPDF
		}
		if array[at] == ']' {
			if place < 0 {
				place = at
			}
			return place, nil
		}
		end := pdfEnd(array, at, 0)
		if end < 0 {
			return 0, errPDF
		}
		name, err := pdfString(array[at:end])
		if err != nil {
			return 0, err
		}
		switch c := bytes.Compare(name, []byte(keyword)); {
		case c == 0:
			return 0, errors.New("the PDF has an attachment named " + keyword + " already")
		case c > 0 && place < 0:
			place = at
		}
		value := pdfSpace(array, end)
		if end = pdfEnd(array, value, 0); end < 0 {
			return 0, errPDF
		}
		at = pdfSpace(array, end)
	}
}
