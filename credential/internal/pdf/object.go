package pdf

import (
	"bytes"
	"compress/zlib"
	"io"
	"slices"
)

const (
	maxUnpacked = 8 << 20  // bytes that the streams of one file are unpacked to, together
	maxParsed   = 16 << 20 // bytes of all objects that are looked into
)

// stream is a stream that was unpacked.
type stream struct {
	number     int
	dict, data []byte
}

// object returns the number of the object that begins at an offset, its value, and
// where that ends.
func (f *file) object(at int) (number int, value []byte, end int, err error) {
	if at < 0 || at >= len(f.doc) || f.parsed > maxParsed {
		return 0, nil, 0, errBroken
	}
	s := scanner{b: f.doc[:min(len(f.doc), at+maxValue)], at: at}
	number, _ = s.integer(), s.integer()
	s.word("obj")
	value = s.value()
	f.parsed += len(value)
	if s.bad {
		return 0, nil, 0, errBroken
	}
	return number, value, s.at, nil
}

// stream returns the stream that begins at an offset.
func (f *file) stream(at int) (stream, error) {
	if known, ok := f.streams[at]; ok {
		return known, nil
	}
	number, dict, end, err := f.object(at)
	if err != nil {
		return stream{}, err
	}
	data, err := f.unpack(dict, end)
	if err != nil {
		return stream{}, err
	}
	f.streams[at] = stream{number, dict, data}
	return f.streams[at], nil
}

// unpack returns the data of the stream whose dictionary ends at an offset. They must be
// deflated or plain. With an error it returns what could be inflated before it.
func (f *file) unpack(dict []byte, end int) ([]byte, error) {
	data, ok := bytes.CutPrefix(f.doc[skipSpace(f.doc[:min(len(f.doc), end+maxTrailer)], end):], []byte("stream"))
	if !ok {
		return nil, errBroken
	}
	data = bytes.TrimPrefix(bytes.TrimPrefix(data, []byte("\r")), []byte("\n"))
	filter, err := member(dict, "Filter")
	if err != nil {
		return nil, err
	}
	switch string(bytes.Trim(filter, "[] \r\n")) {
	case "":
		length, err := intsOf(dict, "Length")
		if err != nil || len(length) != 1 || length[0] > len(data) {
			return nil, errBroken
		}
		data = data[:length[0]]
	case "/FlateDecode":
		var z io.Reader
		if z, err = zlib.NewReader(bytes.NewReader(data)); err != nil {
			return nil, errBroken
		}
		data, err = io.ReadAll(io.LimitReader(z, int64(max(0, maxUnpacked-f.unpacked+1))))
	default:
		return nil, errBroken
	}
	if f.unpacked += len(data); err != nil || f.unpacked > maxUnpacked {
		return data, errBroken
	}
	return undoPredictor(dict, data)
}

// undoPredictor undoes the predictors of PNG that cross-reference streams have.
func undoPredictor(dict, data []byte) ([]byte, error) {
	parms, err := member(dict, "DecodeParms")
	if err != nil || parms == nil {
		return data, err
	}
	parms = bytes.Trim(parms, "[] \r\n")
	predictor, err := intsOf(parms, "Predictor")
	if err != nil || len(predictor) == 0 || predictor[0] == 1 {
		return data, err
	}
	columns, err := intsOf(parms, "Columns")
	if err != nil || predictor[0] < 10 || len(columns) != 1 || columns[0] < 1 || columns[0] > 64 {
		return nil, errBroken
	}
	width := columns[0]
	before := make([]byte, width)
	out := make([]byte, 0, len(data))
	for ; len(data) > width; data = data[width+1:] {
		row := slices.Clone(data[1 : width+1])
		if data[0] > 4 {
			return nil, errBroken
		}
		var left, upLeft byte
		for i, up := range before {
			switch data[0] {
			case 1:
				row[i] += left
			case 2:
				row[i] += up
			case 3:
				row[i] += byte((int(left) + int(up)) / 2)
			case 4:
				row[i] += paeth(left, up, upLeft)
			}
			left, upLeft = row[i], up
		}
		out, before = append(out, row...), row
	}
	return out, nil
}

// paeth is the predictor of that name, of PNG.
func paeth(left, up, upLeft byte) byte {
	distance := func(x byte) int {
		d := int(left) + int(up) - int(upLeft) - int(x)
		return max(d, -d)
	}
	switch l, u, c := distance(left), distance(up), distance(upLeft); {
	case l <= u && l <= c:
		return left
	case u <= c:
		return up
	}
	return upLeft
}

// follow returns the object that a reference is to; number is 0 if value is none.
func (f *file) follow(value []byte) (number int, object []byte, err error) {
	if len(value) == 0 || value[len(value)-1] != 'R' || value[0] < '0' || value[0] > '9' {
		return 0, nil, nil
	}
	number, _, ok := parseInt(value, 0)
	e, known := f.entries[number]
	if !ok || !known || e.free || number == 0 {
		return 0, nil, errBroken
	}
	if e.within == 0 {
		found, object, _, err := f.object(e.offset)
		if err != nil || found != number {
			return 0, nil, errBroken
		}
		return number, object, nil
	}
	container, known := f.entries[e.within]
	if !known || container.free || container.within != 0 {
		return 0, nil, errBroken
	}
	found, err := f.stream(container.offset)
	if err != nil || found.number != e.within {
		return 0, nil, errBroken
	}
	object = f.objectIn(found, number)
	end := valueEnd(object, 0, 0)
	if end < 0 {
		return 0, nil, errBroken
	}
	return number, object[:end], nil
}

// objectIn returns what stands from the object of a number on in an object stream; nil
// if the stream does not hold it.
func (f *file) objectIn(container stream, number int) []byte {
	data := container.data
	first, err := intsOf(container.dict, "First")
	if err != nil || len(first) != 1 || first[0] > len(data) {
		return nil
	}
	for s := (scanner{b: data[:first[0]]}); f.read < maxEntries; f.read++ {
		n, offset := s.integer(), s.integer()
		switch {
		case s.bad:
			return nil
		case n == number:
			return data[skipSpace(data, min(first[0]+offset, len(data))):]
		}
	}
	return nil
}

// resolve returns a value, or the object that it is a reference to.
func (f *file) resolve(value []byte) ([]byte, error) {
	number, object, err := f.follow(value)
	if err != nil || number == 0 {
		return value, err
	}
	return object, nil
}

// resolvedMember returns a member of a dictionary, or the object that it is a reference
// to; nil if there is none.
func (f *file) resolvedMember(dict []byte, name string) ([]byte, error) {
	value, err := member(dict, name)
	if err != nil {
		return nil, err
	}
	return f.resolve(value)
}
