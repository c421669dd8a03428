package issuer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
)

// maxLine bounds a line of a list, in bytes.
const maxLine = 1 << 20

// listed yields the CIDs of a list: one in each line, or those in the column "cid" of a
// CSV file. "-" is standard input.
func (s *Sources) listed(ctx context.Context, name string, yield func(*Input, error) bool) bool {
	in := s.Stdin
	if name != "-" {
		f, err := fault.Open(name)
		if err != nil {
			yield(nil, err)
			return false
		}
		defer f.Close()
		in = f
	} else {
		name = "standard input"
	}
	fail := func(line int, err error) bool {
		if line > 0 {
			err = fault.Input("%s line %d: %s", name, line, credential.Printable(err.Error()))
		}
		yield(nil, err)
		return false
	}
	add, end := s.Progress.begin("reading CIDs", 0)
	defer end()
	entry := Input{List: name}
	count := 0
	take := func(line int, text []byte) bool {
		var err error
		if entry.CID, err = credential.AppendCID(entry.CID[:0], text); err != nil {
			return fail(line, err)
		}
		if count++; count%(1<<14) == 0 {
			if err := ctx.Err(); err != nil {
				return fail(0, err)
			}
			add(1 << 14)
		}
		entry.Line = line
		return yield(&entry, nil)
	}

	r := bufio.NewReaderSize(in, maxLine)
	first, _ := r.Peek(3)
	if bytes.Equal(first, []byte("\xef\xbb\xbf")) {
		_, _ = r.Discard(3) // what was peeked is there
	}
	start, err := r.Peek(maxLine)
	if err != nil && !errors.Is(err, io.EOF) {
		return fail(0, fmt.Errorf("%s: %w", name, err))
	}
	l, err := layoutOf(start)
	if err != nil {
		return fail(0, fault.Input("%s: %w", name, err))
	}
	_, _ = r.Discard(l.skip) // what was peeked is there
	if l.comma != 0 {
		return csvCIDs(r, l, fail, take)
	}
	for line := 1 + l.lines; ; line++ {
		text, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fail(line, err)
		}
		if text := bytes.TrimSpace(text); len(text) > 0 && !take(line, text) {
			return false
		}
		if err != nil {
			break
		}
	}
	if count == 0 {
		return fail(0, fault.Input("%s holds no CID", name))
	}
	return true
}

// layout says how a list of CIDs is to be read.
type layout struct {
	skip, lines int  // bytes and lines before the first CID or the header
	comma       rune // separates the fields of a CSV file; 0: it is one CID in each line
}

// layoutOf looks at how a list begins: empty lines, and "sep=;" by which spreadsheets tell
// each other what separates fields, come before its first line.
func layoutOf(start []byte) (l layout, err error) {
	mark := string(start[:min(len(start), 2)])
	if mark == "\xff\xfe" || mark == "\xfe\xff" || strings.ContainsRune(mark, 0) {
		return l, errors.New(`it is UTF-16, such as the "Unicode text" of Excel: save it as "CSV UTF-8"`)
	}
	commas := ",;\t"
	var head []byte
	for {
		line, _, more := bytes.Cut(start[l.skip:], []byte("\n"))
		if head = bytes.TrimSpace(line); !more {
			break
		}
		if sep, ok := bytes.CutPrefix(bytes.ToLower(head), []byte("sep=")); ok && len(sep) == 1 {
			commas = string(sep)
		} else if len(head) > 0 {
			break
		}
		l.skip, l.lines = l.skip+len(line)+1, l.lines+1
	}
	if bytes.HasPrefix(head, []byte("{")) || bytes.HasPrefix(head, []byte("[")) {
		return l, errors.New("it is JSON: a list has one CID in each line, or is a CSV file with a column cid")
	}
	if bytes.ContainsRune(head, '\r') {
		return l, errors.New("its lines end with carriage returns alone: save it with line feeds")
	}
	header := false // it looks like one
	for _, comma := range commas {
		fields := fieldsOf(head, comma)
		switch {
		case cidColumn(fields) < 0:
			header = header || len(fields) > 1
			continue
		case cidColumn(fields[cidColumn(fields)+1:]) >= 0:
			return l, errors.New("it has more than one column cid")
		}
		l.comma = comma
		return l, nil
	}
	if header {
		return l, fmt.Errorf("there is no column cid: its first line is %.100q", head)
	}
	return l, nil
}

// fieldsOf are the fields of a line of a CSV file; nil if it is none.
func fieldsOf(line []byte, comma rune) []string {
	table := csv.NewReader(bytes.NewReader(line))
	table.Comma = comma
	fields, err := table.Read()
	if err != nil {
		return nil
	}
	return fields
}

func cidColumn(fields []string) int {
	return slices.IndexFunc(fields, func(f string) bool { return strings.EqualFold(strings.TrimSpace(f), "cid") })
}

func csvCIDs(r io.Reader, l layout, fail func(int, error) bool, take func(int, []byte) bool) bool {
	table := csv.NewReader(r)
	// Spreadsheets may leave out empty fields at the end of a line.
	table.Comma, table.ReuseRecord, table.FieldsPerRecord = l.comma, true, -1
	fields, err := table.Read()
	if err != nil {
		return fail(1+l.lines, err)
	}
	column, count := cidColumn(fields), 0
	for {
		fields, err := table.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var wrong *csv.ParseError
			if errors.As(err, &wrong) {
				return fail(wrong.Line+l.lines, errors.New("a quotation mark is not closed, or stands in the middle of a field"))
			}
			return fail(0, err)
		}
		if !slices.ContainsFunc(fields, func(f string) bool { return strings.TrimSpace(f) != "" }) {
			continue // an empty line of a table
		}
		line, _ := table.FieldPos(0)
		if column >= len(fields) || strings.TrimSpace(fields[column]) == "" {
			return fail(line+l.lines, errors.New("the column cid is empty"))
		}
		if !take(line+l.lines, []byte(strings.TrimSpace(fields[column]))) {
			return false
		}
		count++
	}
	if count == 0 {
		return fail(1+l.lines, errors.New("nothing follows the header"))
	}
	return true
}
