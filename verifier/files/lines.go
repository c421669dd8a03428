package files

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/verifier"
)

// lines yields the tasks of a stream of proofs, or of badges that carry theirs, one a
// line (NDJSON). A stream that is one of them over several lines is taken, too. An empty
// line counts as a line and is ignored. With a finder each proof needs its document beside
// the file.
func lines(find *finder, name string, r io.Reader, yield func(Task) bool) bool {
	keepOpen := func(t Task) Task { return t }
	if find != nil {
		keepOpen = find.keepOpen
	}
	in := bufio.NewReaderSize(r, 1<<16)
	first, err := readLine(in)
	first = bytes.Clone(first)
	if err == nil && !jsontext.Value(first).IsValid() {
		// Perhaps the first line of a proof that goes over several.
		whole := append(bytes.Clone(first), '\n')
		rest, readErr := io.ReadAll(io.LimitReader(in, verifier.MaxProofSize+1))
		whole = append(whole, rest...)
		if readErr == nil {
			if it, err := lineItem(find, name, name, whole); err == nil {
				return yield(keepOpen(one(it)))
			}
		}
		in = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(rest), failingReader{readErr}, in), 1<<16)
	}
	line, number := first, 1
	for {
		var batch []func() item
		size := 0
		for len(batch) < perTask && size < verifier.MaxProofSize {
			switch {
			case errors.Is(err, io.EOF):
			case errors.Is(err, errLongLine):
				at := fmt.Sprintf("%s:%d", name, number)
				batch = append(batch, failing(at, fmt.Errorf("%s: %w", at, err)))
			case err != nil:
				batch = append(batch, failing(name, fmt.Errorf("%s: %w", name, cause(err))))
			case len(bytes.TrimSpace(line)) > 0:
				at, data := fmt.Sprintf("%s:%d", name, number), bytes.Clone(line)
				size += len(data)
				batch = append(batch, func() item {
					it, err := lineItem(find, name, at, data)
					if err != nil {
						return failed(at, err)
					}
					return it
				})
			}
			if err != nil && !errors.Is(err, errLongLine) {
				break
			}
			line, err = readLine(in)
			number++
		}
		items := func(yield func(item) bool) {
			for _, it := range batch {
				if !yield(it()) {
					return
				}
			}
		}
		if len(batch) > 0 && !yield(keepOpen(items)) {
			return false
		}
		if err != nil && !errors.Is(err, errLongLine) {
			return true
		}
	}
}

// lineItem is what a line of a file holds: a proof, or a badge that carries its own.
func lineItem(find *finder, name, at string, line []byte) (item, error) {
	p, err := parseProof(at, line)
	if err == nil {
		it := proven(at, p)
		if find != nil {
			it.document = func() (io.ReadCloser, error) { return find.openByCID(name, p) }
		}
		return it, nil
	}
	carried, fault := carriedProof(at, line)
	switch {
	case fault != nil:
		return item{}, fault
	case carried == nil && !meantAsProof(name, line):
		return item{}, fmt.Errorf("%s: it is no proof, and carries none", at)
	case carried == nil:
		return item{}, err
	}
	it := proven(at, carried)
	it.document = inMemory(line)
	return it, nil
}

// failing is failed for an item that is made later.
func failing(at string, err error) func() item { return func() item { return failed(at, err) } }

var errLongLine = fmt.Errorf("a line of more than %d bytes is no proof", verifier.MaxProofSize)

// readLine reads a line without its end, which is valid until the next call. Of a
// line that is too long it reads all and keeps nothing. The error at the end is
// io.EOF.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	var long []byte
	total := 0
	for errors.Is(err, bufio.ErrBufferFull) {
		if total += len(line); total <= verifier.MaxProofSize {
			long = append(long, line...)
		}
		line, err = in.ReadSlice('\n')
	}
	total += len(line)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case total > verifier.MaxProofSize+1:
		return nil, errLongLine
	case err != nil && total == 0:
		return nil, io.EOF
	}
	return bytes.TrimSuffix(append(long, line...), []byte("\n")), nil
}

// failingReader gives an error that was met before; none if it is nil.
type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	return 0, io.EOF
}
