package main

import (
	"bufio"
	"bytes"
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

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// input is one credential that was named on the command line, in a folder or in a list.
type input struct {
	file string // its path; empty for a CID
	list string // where the CID is from: a list's name, or --cid
	line int    // in the list; 0 for --cid
	cid  []byte // binary form; valid until the next input
}

// from names an input for people.
func (in *input) from() string {
	switch {
	case in.file != "":
		return in.file
	case in.line == 0:
		return in.list
	}
	return fmt.Sprintf("%s line %d", in.list, in.line)
}

// expand returns the files that arguments name: the files themselves, and for a folder
// those in it and below, in the order of their names, without hidden ones and proofs.
// What it leaves out it names, but for the proofs of files.
func expand(c *cli.Context, args []string) ([]string, error) {
	var files, left []string
	for _, arg := range args {
		if arg == "-" {
			return nil, run.Hint(run.Usagef("standard input has no name for its proof: name a file"), "a list of CIDs is read from it with --cids -")
		}
		info, err := os.Stat(arg)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, run.Usagef("there is no file %s", arg)
		}
		if err != nil {
			return nil, err
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
			case strings.HasSuffix(name, issuer.ProofSuffix):
				if _, err := os.Stat(strings.TrimSuffix(path, issuer.ProofSuffix)); errors.Is(err, fs.ErrNotExist) {
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
			return nil, err
		}
		if len(files) == before {
			return nil, run.Usagef("there is no file to submit in the folder %s", arg)
		}
	}
	sayLeft(c, left)
	return files, nil
}

// sayLeft names files that were not looked at, the first of many.
func sayLeft(c *cli.Context, left []string) {
	const most = 10
	more := ""
	if n := len(left) - most; n > 0 {
		left, more = left[:most], fmt.Sprintf(", and %d more", n)
	}
	if len(left) > 0 {
		say(c, "not looked at: %s%s", strings.Join(left, ", "), more)
	}
}

// inputs yields what is to be submitted: files, hashed on all cores, then the CIDs of
// --cid, then those of the lists of --cids. It ends after the first error.
func inputs(c *cli.Context, files []string, form credential.Form) iter.Seq2[*input, error] {
	return func(yield func(*input, error) bool) {
		if !hashed(c, files, form, yield) {
			return
		}
		var buf []byte
		for _, text := range c.StringSlice("cid") {
			var err error
			if buf, err = credential.AppendCID(buf[:0], []byte(text)); err != nil {
				yield(nil, run.Usagef("--cid %s: %s", printable(text), printable(err.Error())))
				return
			}
			if !yield(&input{list: text, cid: buf}, nil) {
				return
			}
		}
		for _, name := range c.StringSlice("cids") {
			if !listed(c, name, yield) {
				return
			}
		}
	}
}

// hashed yields files with their CIDs, in order.
func hashed(c *cli.Context, files []string, form credential.Form, yield func(*input, error) bool) bool {
	bar := newProgress(c, "hashing", len(files))
	defer bar.end()
	for some := range slices.Chunk(files, 256) {
		var work errgroup.Group
		work.SetLimit(runtime.GOMAXPROCS(0))
		all := make([]input, len(some))
		errs := make([]error, len(some))
		for i, file := range some {
			work.Go(func() error {
				all[i], errs[i] = hashInput(c, file, form)
				bar.step()
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

func hashInput(c *cli.Context, file string, form credential.Form) (input, error) {
	if err := c.Context.Err(); err != nil {
		return input{}, err
	}
	id, err := hashFile(file, form)
	return input{file: file, cid: id.Bytes()}, err
}

// maxLine bounds a line of a list, in bytes.
const maxLine = 1 << 20

// listed yields the CIDs of a list: one in each line, or those in the column "cid" of a
// CSV file. "-" is standard input.
func listed(c *cli.Context, name string, yield func(*input, error) bool) bool {
	in := c.App.Reader
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
			err = run.Usagef("%s line %d: %s", name, line, printable(err.Error()))
		}
		yield(nil, err)
		return false
	}
	bar := newProgress(c, "reading CIDs", 0)
	defer bar.end()
	entry := input{list: name}
	count := 0
	take := func(line int, text []byte) bool {
		var err error
		if entry.cid, err = credential.AppendCID(entry.cid[:0], text); err != nil {
			return fail(line, err)
		}
		if count++; count%(1<<14) == 0 {
			if err := c.Context.Err(); err != nil {
				return fail(0, err)
			}
			bar.add(1 << 14)
		}
		entry.line = line
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
		return fail(0, run.Usagef("%s holds no CID", name))
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
