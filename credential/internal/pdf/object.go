package pdf

import (
	"bytes"
	"compress/zlib"
	"io"
	"slices"
)

// maxUnpacked bounds what the streams of one file may be unpacked to together, in bytes.
const maxUnpacked = 8 << 20

// object returns the number of the object that begins at an offset, its value, and
// where that ends.
func (f *file) object(at int) (number int, value []byte, end int, err error) {
	if at < 0 || at >= len(f.doc) {
		return 0, nil, 0, errBroken
	}
	s := scanner{b: f.doc, at: at}
	number, _ = s.integer(), s.integer()
	s.word("obj")
	if value = s.value(); s.bad {
		return 0, nil, 0, errBroken
	}
	return number, value, s.at, nil
}

// stream returns the number of the object that begins at an offset, and its dictionary
// and data.
func (f *file) stream(at int) (number int, dict, data []byte, err error) {
	number, dict, end, err := f.object(at)
	if err != nil {
		return 0, nil, nil, err
	}
	data, err = f.unpack(dict, end)
	return number, dict, data, err
}

// unpack returns the data of the stream whose dictionary ends at an offset. They must be
// deflated or plain. With an error it returns what could be inflated before it.
func (f *file) unpack(dict []byte, end int) ([]byte, error) {
	data, ok := bytes.CutPrefix(f.doc[skipSpace(f.doc[:min(len(f.doc), end+maxObject)], end):], []byte("stream"))
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
		for i := range row {
			switch {
			case data[0] == 1 && i > 0:
				row[i] += row[i-1]
			case data[0] == 2:
				row[i] += before[i]
			case data[0] > 2:
				return nil, errBroken
			}
		}
		out, before = append(out, row...), row
	}
	return out, nil
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
	found, dict, data, err := f.stream(container.offset)
	if err != nil || found != e.within {
		return 0, nil, errBroken
	}
	object = objectOf(dict, data, number)
	end := valueEnd(object, 0, 0)
	if end < 0 {
		return 0, nil, errBroken
	}
	return number, object[:end], nil
}

// objectOf returns what stands from the object of a number on in an object stream; nil
// if the stream does not hold it.
func objectOf(dict, data []byte, number int) []byte {
	first, err := intsOf(dict, "First")
	if err != nil || len(first) != 1 || first[0] > len(data) {
		return nil
	}
	for s := (scanner{b: data[:first[0]]}); ; {
		n, offset := s.integer(), s.integer()
		switch {
		case s.bad:
			return nil
		case n == number:
			return data[skipSpace(data, min(first[0]+offset, len(data))):]
		}
	}
}
