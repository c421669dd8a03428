package issuer

import (
	"context"
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
	"github.com/hallmark-node/hallmark/internal/systemfile"
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

// Found is what paths lead to, see [Expand].
type Found struct {
	Files   []string  // that are to be submitted
	Left    []string  // what is left out, and why
	System  int       // files of operating systems, which are left out, too
	Refused []Refusal // what of folders cannot be looked at
}

// Refusal is a file that cannot be taken, and why. The error names it.
type Refusal struct {
	From string
	Err  error
}

// Expand returns the files that paths name: the files themselves, and for a folder those
// in it and below, in the order of their names, without hidden ones, proofs and system files.
// The proofs of files are not told of.
func Expand(paths []string) (*Found, error) {
	found := &Found{}
	for _, arg := range paths {
		if arg == "-" {
			return nil, fault.Input("standard input has no name for its proof: name a file, or give a list of CIDs")
		}
		info, err := os.Stat(arg)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fault.Input("there is no file %s", arg)
		}
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			found.Files = append(found.Files, arg)
			continue
		}
		before := len(found.Files) + len(found.Refused)
		_ = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error { // it has no errors but those that are given to visit
			return found.visit(arg, path, d, err)
		})
		if len(found.Files)+len(found.Refused) == before {
			return nil, fault.Input("there is no file to take in the folder %s", arg)
		}
	}
	return found, nil
}

// LeaveProofs leaves out proofs and archives that were named themselves, as a pattern of the shell
// does that names all files of a folder. A proof is no credential.
func (f *Found) LeaveProofs() {
	f.Files = slices.DeleteFunc(f.Files, func(path string) bool {
		if strings.HasSuffix(path, archive.Suffix) {
			f.Left = append(f.Left, path+" (proofs)")
			return true
		}
		return f.leaveProof(path)
	})
}

// leaveProof leaves out a proof, and tells of one whose credential is not beside it.
func (f *Found) leaveProof(path string) bool {
	of, is := strings.CutSuffix(path, ProofSuffix)
	if _, err := os.Stat(of); is && errors.Is(err, fs.ErrNotExist) {
		f.Left = append(f.Left, path+" (a proof)")
	}
	return is
}

// visit looks at a file in the folder root. What cannot be looked at stops nobody.
func (f *Found) visit(root, path string, d fs.DirEntry, err error) error {
	if err != nil {
		f.Refused = append(f.Refused, Refusal{path, errorOf(path, err)})
		return nil
	}
	name := d.Name()
	leave := func() error {
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	switch {
	case path != root && systemfile.Is(name):
		f.System++
		return leave()
	case path != root && strings.HasPrefix(name, "."):
		f.Left = append(f.Left, path+" (hidden)")
		return leave()
	case d.IsDir():
		return nil
	case f.leaveProof(path):
		return nil
	case strings.HasSuffix(name, archive.Suffix):
		f.Left = append(f.Left, path+" (proofs)")
		return nil
	}
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		f.Left = append(f.Left, path+" (a link to nothing)")
	case err != nil:
		f.Refused = append(f.Refused, Refusal{path, errorOf(path, err)})
	case info.Mode().IsRegular():
		f.Files = append(f.Files, path)
	default:
		f.Left = append(f.Left, path+" (no file)")
	}
	return nil
}

// errorOf names a file once in an error of the file system, as "name: what is wrong".
func errorOf(path string, err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		err = e.Err
	}
	return fmt.Errorf("%s: %w", path, err)
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
// lists. A file that cannot be taken comes with its error and no CID, and the others follow.
// Any other error comes without an input, and is the last.
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
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return false
			}
			if !yield(&all[i], errs[i]) {
				return false
			}
		}
	}
	return true
}

func (s *Sources) hash(ctx context.Context, file string) (Input, error) {
	in := Input{File: file}
	if err := ctx.Err(); err != nil {
		return in, err
	}
	f, err := fault.Open(file)
	if errors.Is(err, fs.ErrPermission) {
		err = errorOf(file, err)
	}
	if err != nil {
		return in, err
	}
	defer f.Close()
	form := s.Form
	if form == "" {
		form = credential.FormAuto
	}
	id, err := credential.Sum(f, form, "")
	if err != nil {
		failed := errors.New(credential.Printable(errorOf(file, err).Error()))
		if errors.Is(err, credential.ErrForm) {
			failed = fault.Remedy(failed, "--form raw takes the exact bytes instead")
		}
		return in, failed
	}
	in.CID = id.Bytes()
	return in, nil
}
