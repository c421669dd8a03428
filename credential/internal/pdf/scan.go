package pdf

import (
	"bytes"
	"math"
)

const (
	maxObjects  = 1 << 18 // that a scan finds
	maxPacked   = 1 << 14 // object streams among them
	maxTrailers = 128     // that a scan finds
)

// scan finds the objects of a file whose sections are wrong, as readers repair one: by
// looking for "number generation obj", and into object streams. The last of several with one
// number counts. Where readers may do otherwise, and so show something else, it says so in
// f.doubt.
func scan(doc []byte) *file {
	f := newFile(doc, len(Before(doc)))
	f.scanned, f.table = true, true
	var dicts, packed []found // trailers and object streams
	objects := objectsOf(doc)
	if len(objects) == maxObjects {
		f.doubtf("it holds too many objects")
	}
	for i, o := range objects {
		end := min(len(doc), o.at+maxValue)
		if i+1 < len(objects) {
			end = min(end, objects[i+1].at) // so that the time is linear, whatever does not end
		}
		f.read++
		f.record(o.number, entry{offset: o.at, generation: o.generation})
		from := skipSpace(doc[:end], o.from)
		if o.to = valueEnd(doc[:end], from, 0); o.to < 0 {
			f.doubtf("its object %d cannot be read", o.number)
			continue
		}
		o.value = doc[from:o.to]
		switch f.typeOf(o) {
		case "XRef":
			dicts = append(dicts, o)
			delete(f.entries, o.number) // a section like those that are wrong
		case "ObjStm":
			packed = append(packed, o)
		}
	}
	if len(packed) > maxPacked {
		f.doubtf("it holds too many object streams")
		packed = packed[:maxPacked]
	}
	for _, o := range packed {
		f.table = false
		f.unpackObjects(o)
	}
	f.chooseTrailer(append(dicts, f.trailers()...))
	if err := f.finish(); err != nil {
		f.doubtf("its trailer cannot be read")
	}
	return f
}

// doubtf records the first reason why readers may find other objects.
func (f *file) doubtf(format string, args ...any) {
	if f.doubt == nil {
		f.doubt = brokenf("its cross-reference table is wrong, and "+format, args...)
	}
}

// record records an object that a scan found.
func (f *file) record(number int, e entry) {
	if _, twice := f.entries[number]; twice {
		f.doubtf("it holds object %d twice", number)
	}
	f.entries[number] = e
}

// found is an object, or a trailer, that a scan found.
type found struct {
	number, generation int
	at, from           int    // where it begins; where its value may
	to                 int    // where its value ends
	value              []byte // nil if it cannot be read
}

// objectsOf returns all places of a file where an object begins, at most maxObjects.
func objectsOf(doc []byte) (list []found) {
	for at := 0; len(list) < maxObjects; {
		i := bytes.Index(doc[at:], []byte("obj"))
		if i < 0 {
			break
		}
		word := at + i
		at = word + len("obj")
		if at < len(doc) && isRegular(doc[at]) {
			continue
		}
		b := backwards{b: doc[:word]}
		generation, number := b.integer(), b.integer()
		if !b.bad && number > 0 && number <= maxNumber && generation <= 65535 {
			list = append(list, found{number: number, generation: generation, at: len(b.b), from: at})
		}
	}
	return list
}

// backwards reads integers from the end of b on, each in front of white space.
type backwards struct {
	b   []byte
	bad bool
}

func (s *backwards) integer() int {
	rest := bytes.TrimRight(s.b, "\x00\t\n\f\r ")
	digits := bytes.TrimRight(rest[max(0, len(rest)-10):], "0123456789")
	from := max(0, len(rest)-10) + len(digits)
	n, _, ok := parseInt(rest, from)
	if !ok || len(rest) == len(s.b) || from == len(rest) {
		s.bad = true
	}
	s.b = rest[:from]
	return n
}

// typeOf returns the type of a section or an object stream; empty for all else.
func (f *file) typeOf(o found) string {
	if !bytes.HasPrefix(o.value, []byte("<<")) {
		return ""
	}
	kind, err := member(o.value, "Type")
	if err != nil {
		f.doubtf("its object %d cannot be read", o.number)
	}
	for _, name := range []string{"XRef", "ObjStm"} {
		if isName(kind, name) {
			return name
		}
	}
	return ""
}

// unpackObjects records what an object stream holds.
func (f *file) unpackObjects(o found) {
	data, err := f.unpack(o.value, o.to)
	first, firstErr := intsOf(o.value, "First")
	if err != nil || firstErr != nil || len(first) != 1 || first[0] > len(data) {
		f.doubtf("its object stream %d cannot be read", o.number)
		if len(first) != 1 {
			return
		}
	}
	s := scanner{b: data[:min(first[0], len(data))]}
	for i := 0; s.more(0) && f.read < maxEntries; i++ {
		number, _ := s.integer(), s.integer()
		if s.bad || number == 0 || number > maxNumber || i > math.MaxUint16 {
			f.doubtf("its object stream %d cannot be read", o.number)
			return
		}
		f.read++
		f.record(number, entry{within: o.number, index: i})
	}
	if s.more(0) {
		f.doubtf("it holds too many objects")
	}
}

// trailers returns the dictionaries behind the word trailer.
func (f *file) trailers() (list []found) {
	for at, n := 0, 0; ; n++ {
		i := bytes.Index(f.doc[at:], []byte("trailer"))
		if i < 0 {
			return list
		}
		if n == maxTrailers {
			f.doubtf("it has too many trailers")
			return list
		}
		at += i + len("trailer")
		end := min(len(f.doc), at+maxTrailer)
		from := skipSpace(f.doc[:end], at)
		if to := valueEnd(f.doc[:end], from, 0); to > 0 && f.doc[from] == '<' {
			list = append(list, found{at: from, value: f.doc[from:to]})
		}
	}
}

// chooseTrailer takes the last dictionary that names a catalog; without one, the last that
// names texts.
func (f *file) chooseTrailer(dicts []found) {
	var catalog string
	last := -1 // where the chosen one stands
	for _, dict := range dicts {
		root, rootErr := member(dict.value, "Root")
		info, infoErr := member(dict.value, "Info")
		encrypt, encryptErr := member(dict.value, "Encrypt")
		f.encrypted = f.encrypted || encrypt != nil
		if rootErr != nil || infoErr != nil || encryptErr != nil {
			f.doubtf("one of its trailers cannot be read")
			continue
		}
		switch named := string(bytes.Join(bytes.Fields(root), []byte(" "))); {
		case named != "":
			if catalog != "" && named != catalog {
				f.doubtf("its trailers name two catalogs")
			}
			if catalog == "" || dict.at > last {
				f.trailer, last = dict.value, dict.at
			}
			catalog = named
		case info != nil && catalog == "" && dict.at > last:
			f.trailer, last = dict.value, dict.at
		}
	}
}
