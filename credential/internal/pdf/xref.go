package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
)

// errBroken is returned where the objects of a PDF cannot be found in one of the two ways.
var errBroken = errors.New("the PDF is broken, or of a kind that is not written into")

const (
	maxSections = 512      // cross-reference sections
	maxNumber   = 8388607  // of an object, ISO 32000
	maxEntries  = 1 << 19  // of all sections and of the lists of object streams that are looked into
	maxTrailer  = 64 << 10 // bytes of a trailer
	maxValue    = 1 << 20  // bytes of an object, without the data of a stream
)

// file is where the objects of a PDF stand. Only what is asked for is read, in memory and
// time that are linear in the file. All offsets are those in doc.
type file struct {
	doc       []byte
	base      int    // where offsets that the file states count from: its beginning or its header
	start     int    // of the last cross-reference section, as the file states it
	table     bool   // that is a table, not a stream
	trailer   []byte // the dictionary that goes with it
	size      int    // one more than the greatest number of an object
	encrypted bool
	entries   map[int]entry
	scanned   bool           // the entries come from a scan of the file, not from its sections
	doubt     error          // of a scan: why readers may find other objects
	read      int            // entries so far
	parsed    int            // bytes of objects so far
	unpacked  int            // bytes of all streams so far
	streams   map[int]stream // by offset
}

// entry is where an object stands: at an offset, or in an object stream.
type entry struct {
	offset, generation int
	within             int // number of the object stream; 0: none
	index              int // of the object there; of a scan only
	free               bool
}

func newFile(doc []byte, base int) *file {
	return &file{doc: doc, base: base, entries: make(map[int]entry), streams: make(map[int]stream)}
}

// openings are the ways in which readers find the objects of a file, the usual one first.
// Offsets count from the header, but some programs count them from what stands before it.
func openings(doc []byte) []func() (*file, error) {
	all := []func() (*file, error){func() (*file, error) { return open(doc, len(Before(doc))) }}
	if len(Before(doc)) > 0 {
		all = append(all, func() (*file, error) { return open(doc, 0) })
	}
	return append(all, func() (*file, error) { return scan(doc), nil })
}

// open reads the cross-reference sections of a file.
func open(doc []byte, base int) (*file, error) {
	f := newFile(doc, base)
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
		at := queue[0] + base
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
			if n > 0 { // programs that have no section to name write 0
				queue = append(queue, n)
			}
		}
	}
	return f, f.finish()
}

// finish reads of the trailer what Attach needs.
func (f *file) finish() error {
	value, err := member(f.trailer, "Encrypt")
	if err != nil {
		return err
	}
	f.encrypted = f.encrypted || value != nil
	if size, err := intsOf(f.trailer, "Size"); err == nil && len(size) == 1 {
		f.size = size[0]
	}
	for n := range f.entries {
		f.size = max(f.size, n+1)
	}
	if f.size > maxNumber-4 {
		return errBroken
	}
	return nil
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
	s := scanner{b: f.doc, at: at}
	if s.word("xref"); s.bad {
		trailer, err = f.streamSection(at)
		return trailer, false, err
	}
	for s.more('t') {
		first, count := s.integer(), s.integer()
		if first > maxNumber || count > maxNumber {
			return nil, true, errBroken
		}
		for i := range count {
			e := entry{offset: s.integer() + f.base, generation: s.integer()}
			// Of a free entry the generation means nothing, and some programs write 65536.
			if e.free = s.more('n'); s.at == len(s.b) || !e.free && e.generation > 65535 || !f.set(first+i, e) {
				return nil, true, errBroken
			}
			s.at++
		}
	}
	s.word("trailer")
	s.b = s.b[:min(len(s.b), s.at+maxTrailer)]
	if trailer = s.value(); s.bad {
		return nil, true, errBroken
	}
	return trailer, true, nil
}

func (f *file) streamSection(at int) ([]byte, error) {
	found, err := f.stream(at)
	if err != nil {
		return nil, err
	}
	dict, data := found.dict, found.data
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
				e = entry{offset: fields[1] + f.base, generation: min(fields[2], 65535)}
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

// brokenf is errBroken with its reason.
func brokenf(format string, args ...any) error { return broken(fmt.Sprintf(format, args...)) }

type broken string

func (b broken) Error() string { return "the PDF is broken: " + string(b) }

// Is makes it errBroken.
func (b broken) Is(target error) bool { return target == errBroken }
