package issuer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// Input is one credential that is to be submitted: a file, a CID, or one of a list.
type Input struct {
	File string // its path; empty for a CID
	List string // the list that the CID is from, or the CID as it was given
	Line int    // in the list; 0 for a CID that was given
	CID  []byte // binary form; valid until the next input
}

// From names an input for people.
func (in *Input) From() string {
	switch {
	case in.File != "":
		return in.File
	case in.Line == 0:
		return in.List
	}
	return fmt.Sprintf("%s line %d", in.List, in.Line)
}

// Expand returns the files that paths name: the files themselves, and for a folder those
// in it and below, in the order of their names, without hidden ones and proofs. left names
// what it leaves out, and why, but for the proofs of files.
func Expand(paths []string) (files, left []string, err error) {
	for _, arg := range paths {
		if arg == "-" {
			return nil, nil, fault.Input("standard input has no name for its proof: name a file, or give a list of CIDs")
		}
		info, err := os.Stat(arg)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fault.Input("there is no file %s", arg)
		}
		if err != nil {
			return nil, nil, err
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name := d.Name()
			switch {
			case strings.HasPrefix(name, ".") && path != arg:
				left = append(left, path+" (hidden)")
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			case d.IsDir():
				return nil
			case strings.HasSuffix(name, ProofSuffix):
				if _, err := os.Stat(strings.TrimSuffix(path, ProofSuffix)); errors.Is(err, fs.ErrNotExist) {
					left = append(left, path+" (a proof)")
				}
				return nil
			case strings.HasSuffix(name, archive.Suffix):
				left = append(left, path+" (proofs)")
				return nil
			}
			switch info, err := os.Stat(path); {
			case errors.Is(err, fs.ErrNotExist):
				left = append(left, path+" (a link to nothing)")
			case err != nil:
				return err
			case info.Mode().IsRegular():
				files = append(files, path)
			default:
				left = append(left, path+" (no file)")
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		if len(files) == before {
			return nil, nil, fault.Input("there is no file to submit in the folder %s", arg)
		}
	}
	return files, left, nil
}

// Sources are where credentials that are to be submitted come from.
type Sources struct {
	Files []string        // see [Expand]
	Form  credential.Form // what of a file is hashed; empty: by what it is
	CIDs  []string
	Lists []string  // files with one CID in each line, or CSV with a column "cid"; "-" is Stdin
	Stdin io.Reader // may be nil if no list is "-"

	Progress Progress
}

// Progress shows how far long work has come: it is called when work begins, with what is
// done and how many there are (0: not known), and returns what is called with each number
// of them that is done, by several goroutines, and at the end. Nil shows nothing.
type Progress func(what string, total int) (add func(int), end func())

func (p Progress) begin(what string, total int) (add func(int), end func()) {
	if p == nil {
		return func(int) {}, func() {}
	}
	return p(what, total)
}

// Inputs yields the credentials of all sources: files, hashed on all cores, then CIDs, then
// lists. It ends after the first error.
func (s *Sources) Inputs(ctx context.Context) iter.Seq2[*Input, error] {
	return func(yield func(*Input, error) bool) {
		if !s.hashed(ctx, yield) {
			return
		}
		var buf []byte
		for _, text := range s.CIDs {
			var err error
			if buf, err = credential.AppendCID(buf[:0], []byte(text)); err != nil {
				yield(nil, fault.Input("the CID %s: %s", credential.Printable(text), credential.Printable(err.Error())))
				return
			}
			if !yield(&Input{List: text, CID: buf}, nil) {
				return
			}
		}
		for _, name := range s.Lists {
			if !s.listed(ctx, name, yield) {
				return
			}
		}
	}
}

// hashed yields files with their CIDs, in order.
func (s *Sources) hashed(ctx context.Context, yield func(*Input, error) bool) bool {
	add, end := s.Progress.begin("hashing", len(s.Files))
	defer end()
	for some := range slices.Chunk(s.Files, 256) {
		var work errgroup.Group
		work.SetLimit(runtime.GOMAXPROCS(0))
		all := make([]Input, len(some))
		errs := make([]error, len(some))
		for i, file := range some {
			work.Go(func() error {
				all[i], errs[i] = s.hash(ctx, file)
				add(1)
				return nil
			})
		}
		_ = work.Wait() // errors are in errs
		for i := range all {
			if !yield(&all[i], errs[i]) || errs[i] != nil {
				return false
			}
		}
	}
	return true
}

func (s *Sources) hash(ctx context.Context, file string) (Input, error) {
	if err := ctx.Err(); err != nil {
		return Input{}, err
	}
	f, err := fault.Open(file)
	if err != nil {
		return Input{}, err
	}
	defer f.Close()
	form := s.Form
	if form == "" {
		form = credential.FormAuto
	}
	id, err := credential.Sum(f, form, "")
	if err != nil {
		failed := errors.New(file + ": " + credential.Printable(err.Error()))
		if errors.Is(err, credential.ErrForm) {
			failed = fault.Remedy(failed, "the form raw takes the exact bytes instead")
		}
		return Input{}, failed
	}
	return Input{File: file, CID: id.Bytes()}, nil
}

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
	head, _, _ := bytes.Cut(start, []byte("\n"))
	if comma := commaOf(head); comma != 0 {
		return csvCIDs(r, comma, fail, take)
	}
	for line := 1; ; line++ {
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

// commaOf returns what separates the fields of a CSV file by its first line, or 0 if the
// line is not the header of one with a column "cid".
func commaOf(line []byte) rune {
	for _, comma := range ",;\t" {
		table := csv.NewReader(bytes.NewReader(line))
		table.Comma = comma
		if fields, err := table.Read(); err == nil && cidColumn(fields) >= 0 {
			return comma
		}
	}
	return 0
}

func cidColumn(fields []string) int {
	return slices.IndexFunc(fields, func(f string) bool { return strings.EqualFold(strings.TrimSpace(f), "cid") })
}

func csvCIDs(r io.Reader, comma rune, fail func(int, error) bool, take func(int, []byte) bool) bool {
	table := csv.NewReader(r)
	table.Comma, table.ReuseRecord = comma, true
	fields, err := table.Read()
	if err != nil {
		return fail(1, err)
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
				return fail(wrong.Line, wrong.Err)
			}
			return fail(0, err)
		}
		line, _ := table.FieldPos(column)
		if !take(line, []byte(strings.TrimSpace(fields[column]))) {
			return false
		}
		count++
	}
	if count == 0 {
		return fail(1, errors.New("nothing follows the header"))
	}
	return true
}
