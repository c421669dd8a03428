package pdf

import (
	"bytes"
	"errors"
	"math"
	"slices"
)

// errBroken is returned for a PDF whose objects cannot be found in the way that its
// cross-reference table says. Nothing is repaired: what readers make of a broken file
// differs.
var errBroken = errors.New("the PDF is broken, or of a kind that is not written into")

const (
	maxSections = 512     // cross-reference sections
	maxNumber   = 8388607 // of an object, ISO 32000
	maxEntries  = 4 << 20 // of all sections
)

// file is where the objects of a PDF stand. Only what leads to attachments is read,
// in memory and time that are linear in the file.
type file struct {
	doc      []byte
	start    int    // of the last cross-reference section
	table    bool   // that is a table, not a stream
	trailer  []byte // the dictionary that goes with it
	size     int    // one more than the greatest number of an object
	entries  map[int]entry
	read     int // entries so far
	unpacked int // bytes of all streams so far
}

// entry is where an object stands: at an offset, or in an object stream.
type entry struct {
	offset, generation int
	within             int // number of the object stream; 0: none
	free               bool
}

func open(doc []byte) (*file, error) {
	f := &file{doc: doc, entries: make(map[int]entry)}
	last := bytes.LastIndex(doc, []byte("startxref"))
	if last < 0 {
		return nil, errBroken
	}
	s := scanner{b: doc, at: last + len("startxref")}
	if f.start = s.integer(); s.bad {
		return nil, errBroken
	}
	seen := make(map[int]bool)
	for queue := []int{f.start}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if seen[at] || len(seen) == maxSections || at < 0 || at >= len(doc) {
			return nil, errBroken
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
			value, err := member(trailer, name)
			if err != nil {
				return nil, err
			}
			if value == nil || name == "XRefStm" && !table {
				continue
			}
			n, _, ok := parseInt(value, 0)
			if !ok {
				return nil, errBroken
			}
			queue = append(queue, n)
		}
	}
	if value, err := member(f.trailer, "Encrypt"); err != nil || value != nil {
		return nil, errors.Join(err, errors.New("the PDF is encrypted, so a proof cannot be put into it"))
	}
	if size, err := intsOf(f.trailer, "Size"); err == nil && len(size) == 1 {
		f.size = size[0]
	}
	for n := range f.entries {
		f.size = max(f.size, n+1)
	}
	if f.size > maxNumber-3 {
		return nil, errBroken
	}
	return f, nil
}

// set records an entry, unless a later section had one. It reports whether more may be
// read.
func (f *file) set(number int, e entry) bool {
	f.read++
	if _, known := f.entries[number]; !known {
		f.entries[number] = e
	}
	return f.read <= maxEntries
}

// section reads a cross-reference table or stream and returns its dictionary.
func (f *file) section(at int) (trailer []byte, table bool, err error) {
	if !bytes.HasPrefix(f.doc[at:], []byte("xref")) {
		trailer, err = f.streamSection(at)
		return trailer, false, err
	}
	s := scanner{b: f.doc, at: at + len("xref")}
	for s.more('t') {
		first, count := s.integer(), s.integer()
		if first > maxNumber || count > maxNumber {
			return nil, true, errBroken
		}
		for i := range count {
			e := entry{offset: s.integer(), generation: s.integer()}
			if e.free = s.more('n'); s.at == len(s.b) || e.generation > 65535 || !f.set(first+i, e) {
				return nil, true, errBroken
			}
			s.at++
		}
	}
	s.word("trailer")
	if trailer = s.value(); s.bad {
		return nil, true, errBroken
	}
	return trailer, true, nil
}

func (f *file) streamSection(at int) ([]byte, error) {
	_, dict, data, err := f.stream(at)
	if err != nil {
		return nil, err
	}
	widths, err := intsOf(dict, "W")
	if err != nil || len(widths) != 3 || slices.Max(widths) > 8 || slices.Min(widths) < 0 {
		return nil, errBroken
	}
	index, err := intsOf(dict, "Index")
	if err != nil || len(index)%2 != 0 {
		return nil, errBroken
	}
	if len(index) == 0 {
		size, err := intsOf(dict, "Size")
		if err != nil || len(size) != 1 {
			return nil, errBroken
		}
		index = []int{0, size[0]}
	}
	row := widths[0] + widths[1] + widths[2]
	for ; len(index) > 0; index = index[2:] {
		for n := index[0]; n < index[0]+index[1]; n++ {
			if row == 0 || len(data) < row || n > maxNumber {
				return nil, errBroken
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
			e := entry{free: true}
			switch fields[0] {
			case 1:
				e = entry{offset: fields[1], generation: min(fields[2], 65535)}
			case 2:
				e = entry{within: fields[1]}
			}
			if !f.set(n, e) {
				return nil, errBroken
			}
		}
	}
	return dict, nil
}
