package credential

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// errPDF is returned for a PDF whose objects cannot be found in the way that its
// cross-reference table says. Nothing is repaired: what readers make of a broken file
// differs.
var errPDF = errors.New("the PDF is broken, or of a kind that is not written into")

const (
	maxPDFSections = 512     // cross-reference sections
	maxPDFNumber   = 8388607 // of an object, ISO 32000
	maxPDFEntries  = 4 << 20 // of all sections
	maxPDFDepth    = 64      // of values within values
)

// pdfFile is where the objects of a PDF stand. Only what leads to attachments is read,
// in memory and time that are linear in the file.
type pdfFile struct {
	doc      []byte
	start    int    // of the last cross-reference section
	table    bool   // that is a table, not a stream
	trailer  []byte // the dictionary that goes with it
	size     int    // one more than the greatest number of an object
	entries  map[int]pdfEntry
	inflated int // bytes so far
	read     int // entries so far
}

// pdfEntry is where an object stands: at an offset, or in an object stream.
type pdfEntry struct {
	offset, generation int
	within             int // number of the object stream; 0: none
	free               bool
}

func openPDF(doc []byte) (*pdfFile, error) {
	f := &pdfFile{doc: doc, entries: make(map[int]pdfEntry)}
	last := bytes.LastIndex(doc, []byte("startxref"))
	if last < 0 {
		return nil, errPDF
	}
	start, _, ok := pdfInt(doc, last+len("startxref"))
	if !ok {
		return nil, errPDF
	}
	f.start = start
	seen := make(map[int]bool)
	for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if seen[at] || len(seen) == maxPDFSections || at < 0 || at >= len(doc) {
			return nil, errPDF
		}
		seen[at] = true
		trailer, table, err := f.section(at)
		if err != nil {
			return nil, err
		}
		if f.trailer == nil {
			f.trailer, f.table = trailer, table
		}
		for _, name := range []string{"XRefStm", "Prev"} { // in this order objects are looked up
			value, err := pdfGet(trailer, name)
			if err != nil {
				return nil, err
			}
			if value == nil || name == "XRefStm" && !table {
				continue
			}
			n, _, ok := pdfInt(value, 0)
			if !ok {
				return nil, errPDF
			}
			queue = append(queue, n)
		}
	}
	if value, err := pdfGet(f.trailer, "Encrypt"); err != nil || value != nil {
		return nil, errors.Join(err, errors.New("the PDF is encrypted, so a proof cannot be put into it"))
	}
	if value, err := pdfGet(f.trailer, "Size"); err == nil && value != nil {
		if n, _, ok := pdfInt(value, 0); ok {
			f.size = n
		}
	}
	for n := range f.entries {
		f.size = max(f.size, n+1)
	}
	if f.size > maxPDFNumber-3 {
		return nil, errPDF
	}
	return f, nil
}

// set records an entry, unless a later section had one. It reports whether more may be
// read.
func (f *pdfFile) set(number int, e pdfEntry) bool {
	f.read++
	if _, known := f.entries[number]; !known {
		f.entries[number] = e
	}
	return f.read <= maxPDFEntries
}

// section reads a cross-reference table or stream and returns its dictionary.
func (f *pdfFile) section(at int) (trailer []byte, table bool, err error) {
	doc := f.doc
	if !bytes.HasPrefix(doc[at:], []byte("xref")) {
		trailer, err = f.streamSection(at)
		return trailer, false, err
	}
	at = pdfSpace(doc, at+len("xref"))
	for at < len(doc) && doc[at] != 't' {
		first, next, ok := pdfInt(doc, at)
		count, next2, ok2 := pdfInt(doc, next)
		if !ok || !ok2 || first > maxPDFNumber || count > maxPDFNumber {
			return nil, true, errPDF
		}
		at = next2
		for i := range count {
			offset, next, ok := pdfInt(doc, at)
			generation, next, ok2 := pdfInt(doc, next)
			next = pdfSpace(doc, next)
			if !ok || !ok2 || next >= len(doc) || generation > 65535 {
				return nil, true, errPDF
			}
			if !f.set(first+i, pdfEntry{offset: offset, generation: generation, free: doc[next] != 'n'}) {
				return nil, true, errPDF
			}
			at = next + 1
		}
		at = pdfSpace(doc, at)
	}
	if !bytes.HasPrefix(doc[min(at, len(doc)):], []byte("trailer")) {
		return nil, true, errPDF
	}
	at = pdfSpace(doc, at+len("trailer"))
	end := pdfEnd(doc, at, 0)
	if end < 0 {
		return nil, true, errPDF
	}
	return doc[at:end], true, nil
}

func (f *pdfFile) streamSection(at int) ([]byte, error) {
	_, dict, data, err := f.stream(at)
	if err != nil {
		return nil, err
	}
	widths, err := pdfInts(dict, "W")
	if err != nil || len(widths) != 3 || slices.Max(widths) > 8 || slices.Min(widths) < 0 {
		return nil, errPDF
	}
	index, err := pdfInts(dict, "Index")
	if err != nil || len(index)%2 != 0 {
		return nil, errPDF
	}
	if len(index) == 0 {
		size, err := pdfInts(dict, "Size")
		if err != nil || len(size) != 1 {
			return nil, errPDF
		}
		index = []int{0, size[0]}
	}
	row := widths[0] + widths[1] + widths[2]
	for ; len(index) > 0; index = index[2:] {
		for n := index[0]; n < index[0]+index[1]; n++ {
			if row == 0 || len(data) < row || n > maxPDFNumber {
				return nil, errPDF
			}
			fields, rest := [3]int{1, 0, 0}, data
			for i, w := range widths {
				if w > 0 {
					fields[i] = 0
				}
				for _, c := range rest[:w] {
					fields[i] = fields[i]&(math.MaxInt>>8)<<8 | int(c)
				}
				rest = rest[w:]
			}
			data = rest
			e := pdfEntry{free: true}
			switch fields[0] {
			case 1:
				e = pdfEntry{offset: fields[1], generation: min(fields[2], 65535)}
			case 2:
				e = pdfEntry{within: fields[1]}
			}
			if !f.set(n, e) {
				return nil, errPDF
			}
		}
	}
	return dict, nil
}

// stream returns the number of the object that begins at an offset, and its dictionary
// and data, which must be deflated or plain.
func (f *pdfFile) stream(at int) (number int, dict, data []byte, err error) {
	number, dict, rest, err := f.object(at)
	if err != nil {
		return 0, nil, nil, err
	}
	data, ok := bytes.CutPrefix(f.doc[pdfSpace(f.doc, rest):], []byte("stream"))
	if !ok {
		return 0, nil, nil, errPDF
	}
	data = bytes.TrimPrefix(bytes.TrimPrefix(data, []byte("\r")), []byte("\n"))
	filter, err := pdfGet(dict, "Filter")
	if err != nil {
		return 0, nil, nil, err
	}
	switch string(bytes.Trim(filter, "[] \r\n")) {
	case "":
		length, err := pdfInts(dict, "Length")
		if err != nil || len(length) != 1 || length[0] > len(data) {
			return 0, nil, nil, errPDF
		}
		return number, dict, data[:length[0]], nil
	case "/FlateDecode":
	default:
		return 0, nil, nil, errPDF
	}
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return 0, nil, nil, errPDF
	}
	data, err = io.ReadAll(io.LimitReader(z, int64(maxInflated-f.inflated+1)))
	if f.inflated += len(data); err != nil || f.inflated > maxInflated {
		return 0, nil, nil, errPDF
	}
	data, err = pdfPredicted(dict, data)
	return number, dict, data, err
}

// pdfPredicted undoes the predictors of PNG that cross-reference streams have.
func pdfPredicted(dict, data []byte) ([]byte, error) {
	parms, err := pdfGet(dict, "DecodeParms")
	if err != nil || parms == nil {
		return data, err
	}
	parms = bytes.Trim(parms, "[] \r\n")
	predictor, err := pdfInts(parms, "Predictor")
	if err != nil || len(predictor) == 0 || predictor[0] == 1 {
		return data, err
	}
	columns, err := pdfInts(parms, "Columns")
	if err != nil || predictor[0] < 10 || len(columns) != 1 || columns[0] < 1 || columns[0] > 64 {
		return nil, errPDF
	}
	width := columns[0]
	before := make([]byte, width)
	out := make([]byte, 0, len(data))
	for ; len(data) > width; data = data[width+1:] {
		row := slices.Clone(data[1 : width+1])
		for i := range row {
			switch {
			case data[0] == 1 && i > 0:
				row[i] += row[i-1]
			case data[0] == 2:
				row[i] += before[i]
			case data[0] > 2:
				return nil, errPDF
			}
		}
		out, before = append(out, row...), row
	}
	return out, nil
}

// object returns the number of the object that begins at an offset, its value, and
// where that ends.
func (f *pdfFile) object(at int) (number int, value []byte, end int, err error) {
	if at < 0 || at >= len(f.doc) {
		return 0, nil, 0, errPDF
	}
	number, next, ok := pdfInt(f.doc, at)
	_, next, ok2 := pdfInt(f.doc, next)
	next = pdfSpace(f.doc, next)
	if !ok || !ok2 || !bytes.HasPrefix(f.doc[min(next, len(f.doc)):], []byte("obj")) {
		return 0, nil, 0, errPDF
	}
	from := pdfSpace(f.doc, next+len("obj"))
	end = pdfEnd(f.doc, from, 0)
	if end < 0 {
		return 0, nil, 0, errPDF
	}
	return number, f.doc[from:end], end, nil
}

// follow returns the object that a reference is to; number is 0 if value is none.
func (f *pdfFile) follow(value []byte) (number int, object []byte, err error) {
	if len(value) == 0 || value[len(value)-1] != 'R' || value[0] < '0' || value[0] > '9' {
		return 0, nil, nil
	}
	number, _, ok := pdfInt(value, 0)
	e, known := f.entries[number]
	if !ok || !known || e.free || number == 0 {
		return 0, nil, errPDF
	}
	if e.within == 0 {
		found, object, _, err := f.object(e.offset)
		if err != nil || found != number {
			return 0, nil, errPDF
		}
		return number, object, nil
	}
	container, known := f.entries[e.within]
	if !known || container.free || container.within != 0 {
		return 0, nil, errPDF
	}
	found, dict, data, err := f.stream(container.offset)
	if err != nil || found != e.within {
		return 0, nil, errPDF
	}
	first, err := pdfInts(dict, "First")
	if err != nil || len(first) != 1 || first[0] > len(data) {
		return 0, nil, errPDF
	}
	for at := 0; ; {
		n, next, ok := pdfInt(data[:first[0]], at)
		offset, next, ok2 := pdfInt(data[:first[0]], next)
		if !ok || !ok2 {
			return 0, nil, errPDF
		}
		if at = next; n != number {
			continue
		}
		from := pdfSpace(data, min(first[0]+offset, len(data)))
		end := pdfEnd(data, from, 0)
		if end < 0 {
			return 0, nil, errPDF
		}
		return number, data[from:end], nil
	}
}

// pdfSpace returns where white space and comments from an offset on end.
func pdfSpace(b []byte, at int) int {
	for at < len(b) {
		switch b[at] {
		case 0, '\t', '\n', '\f', '\r', ' ':
			at++
		case '%':
			for at < len(b) && b[at] != '\n' && b[at] != '\r' {
				at++
			}
		default:
			return at
		}
	}
	return at
}

// pdfInt reads an integer that is not negative.
func pdfInt(b []byte, at int) (n, end int, ok bool) {
	if at < 0 || at > len(b) {
		return 0, at, false
	}
	at = pdfSpace(b, at)
	end = at
	for end < len(b) && end < at+15 && b[end] >= '0' && b[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(string(b[at:end]))
	return n, end, err == nil
}

func pdfRegular(c byte) bool { return !bytes.ContainsRune([]byte("\x00\t\n\f\r ()<>[]{}/%"), rune(c)) }

// pdfEnd returns where the value that begins at an offset ends; -1 if it is none.
func pdfEnd(b []byte, at, depth int) int {
	if at >= len(b) || depth > maxPDFDepth {
		return -1
	}
	word := func(at int) int {
		for at < len(b) && pdfRegular(b[at]) {
			at++
		}
		return at
	}
	var closing string
	switch c := b[at]; {
	case c == '/':
		return word(at + 1)
	case c == '(':
		for open, i := 0, at; i < len(b); i++ {
			switch b[i] {
			case '\\':
				i++
			case '(':
				open++
			case ')':
				if open--; open == 0 {
					return i + 1
				}
			}
		}
		return -1
	case c == '<' && at+1 < len(b) && b[at+1] == '<':
		closing, at = ">>", at+2
	case c == '<':
		if end := bytes.IndexByte(b[at:], '>'); end > 0 {
			return at + end + 1
		}
		return -1
	case c == '[':
		closing, at = "]", at+1
	case pdfRegular(c):
		end := word(at)
		if _, next, ok := pdfInt(b, at); ok && next == end { // perhaps a reference
			if _, next, ok := pdfInt(b, end); ok && next > end {
				if r := pdfSpace(b, next); r > next && r < len(b) && b[r] == 'R' && word(r) == r+1 {
					return r + 1
				}
			}
		}
		return end
	default:
		return -1
	}
	for {
		at = pdfSpace(b, at)
		if bytes.HasPrefix(b[at:], []byte(closing)) {
			return at + len(closing)
		}
		if at = pdfEnd(b, at, depth+1); at < 0 {
			return -1
		}
	}
}

// pdfFind returns where the value of a member of a dictionary stands; from is -1 if
// there is none. A member that is there twice is an error.
func pdfFind(dict []byte, name string) (from, to int, err error) {
	if !bytes.HasPrefix(dict, []byte("<<")) || !bytes.HasSuffix(dict, []byte(">>")) {
		return 0, 0, errPDF
	}
	from = -1
	for at := pdfSpace(dict, 2); at < len(dict)-2; {
		if dict[at] != '/' {
			return 0, 0, errPDF
		}
		end := pdfEnd(dict, at, 0)
		key := pdfName(dict[at+1 : end])
		value := pdfSpace(dict, end)
		if end = pdfEnd(dict, value, 0); end < 0 {
			return 0, 0, errPDF
		}
		if key == name {
			if from >= 0 {
				return 0, 0, fmt.Errorf("%w: /%s is there twice", errPDF, name)
			}
			from, to = value, end
		}
		at = pdfSpace(dict, end)
	}
	return from, to, nil
}

// pdfGet returns the value of a member; nil if there is none.
func pdfGet(dict []byte, name string) ([]byte, error) {
	from, to, err := pdfFind(dict, name)
	if err != nil || from < 0 {
		return nil, err
	}
	return dict[from:to], nil
}

// pdfInts returns a member that is an integer or an array of them.
func pdfInts(dict []byte, name string) ([]int, error) {
	value, err := pdfGet(dict, name)
	if err != nil {
		return nil, err
	}
	var list []int
	for _, field := range bytes.Fields(bytes.Trim(value, "[]")) {
		n, end, ok := pdfInt(field, 0)
		if !ok || end != len(field) || n > math.MaxInt32 || len(list) == 1<<16 {
			return nil, errPDF
		}
		list = append(list, n)
	}
	return list, nil
}

// pdfName undoes the escapes of a name.
func pdfName(name []byte) string {
	var out []byte
	for i := 0; i < len(name); i++ {
		if c, err := hex.DecodeString(string(name[min(i+1, len(name)):min(i+3, len(name))])); name[i] == '#' && err == nil && len(c) == 1 {
			out = append(out, c[0])
			i += 2
			continue
		}
		out = append(out, name[i])
	}
	return string(out)
}

// pdfString decodes a string.
func pdfString(value []byte) ([]byte, error) {
	switch {
	case len(value) > 1 && value[0] == '(':
		text, _ := pdfLiteral(value)
		return text, nil
	case len(value) > 1 && value[0] == '<' && value[1] != '<':
		digits := bytes.Join(bytes.Fields(value[1:len(value)-1]), nil)
		if len(digits)%2 != 0 {
			digits = append(digits, '0')
		}
		out, err := hex.DecodeString(string(digits))
		if err != nil {
			return nil, errPDF
		}
		return out, nil
	}
	return nil, errPDF
}
