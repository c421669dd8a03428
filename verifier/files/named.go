//go:build !js

package files

import (
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/internal/systemfile"
	"github.com/hallmark-node/hallmark/verifier"
)

// standardInput is the argument that stands for proofs on standard input.
const standardInput = "-"

// Named turns the arguments of the command verify into tasks of work, in their order: files,
// folders, patterns, or "-" for proofs on standard input. The tasks read the disk when they are
// done.
func Named(args []string, stdin io.Reader) (iter.Seq[Task], error) {
	names, err := expand(args)
	if err != nil {
		return nil, err
	}
	return func(yield func(Task) bool) {
		find := newFinder(disk, "") // one, so that no folder is looked through for each file of it that is named
		defer find.release()
		for _, name := range names {
			if !source(find, name, stdin, yield) {
				return
			}
		}
	}, nil
}

// expand replaces globs that no shell has expanded, and leaves out a proof whose
// document is named too.
func expand(args []string) ([]string, error) {
	var names []string
	for _, arg := range args {
		if _, err := os.Lstat(arg); err == nil || !strings.ContainsAny(arg, "*?[") {
			names = append(names, arg)
			continue
		}
		matches, err := filepath.Glob(arg)
		if err != nil || len(matches) == 0 {
			matches = []string{arg} // there is no such file
		}
		names = append(names, matches...)
	}
	if slices.Contains(names, standardInput) && len(names) > 1 {
		return nil, fault.Input("- stands alone: it reads proofs from standard input")
	}
	all := make(map[string]bool, len(names))
	for _, name := range names {
		all[name] = true
	}
	return slices.DeleteFunc(names, func(name string) bool {
		document, ok := strings.CutSuffix(name, proofSuffix)
		info, err := os.Stat(document)
		return ok && all[document] && (err != nil || !info.IsDir())
	}), nil
}

// source yields the tasks of one argument. Like all that yield, it returns
// whether more are wanted.
func source(find *finder, name string, stdin io.Reader, yield func(Task) bool) bool {
	if name == standardInput {
		return lines(nil, name, stdin, yield)
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return folder(name, yield)
	case err == nil && !info.Mode().IsRegular() && !disk.has(name+proofSuffix):
		return stream(name, yield)
	}
	return disk.file(find, name, true, yield)
}

// stream yields the tasks of a pipe or device that the user named. To open it does not
// wait for its other end.
func stream(name string, yield func(Task) bool) bool {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return yield(one(failed(name, short(err))))
	}
	defer f.Close()
	return lines(nil, name, f, yield)
}

// folder yields the tasks of a folder and those within it, in the order of names.
// Hidden files, those of systems and links to folders are left out, which is said.
func folder(root string, yield func(Task) bool) bool {
	more := true
	find := newFinder(disk, root)
	defer find.release()
	start := followed(root)
	visit := func(name string, entry fs.DirEntry, err error) error {
		isHidden := name != root && name != start && strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			more = yield(one(failed(name, short(err))))
			err = nil
		case name != root && name != start && systemfile.Is(entry.Name()) && !disk.has(name+proofSuffix):
			more = yield(one(skipped(name, SystemFile)))
			if entry.IsDir() {
				err = fs.SkipDir
			}
		case isHidden:
			more = yield(one(skipped(name, hidden)))
			if entry.IsDir() {
				err = fs.SkipDir
			}
		case entry.IsDir() || find.withDocument(name):
		case !disk.regular(name) && !disk.has(name+proofSuffix) && !strings.HasSuffix(name, proofSuffix):
			more = yield(one(skipped(name, "it is not a regular file, nor a link to one")))
		default:
			more = disk.file(find, name, false, yield)
		}
		if !more {
			return fs.SkipAll
		}
		return err
	}
	_ = filepath.WalkDir(start, visit) // it returns no errors but those of visit, which has none
	return more
}

// WithDocument is the one proof that is named by the arguments of the command, with its
// document from elsewhere.
func WithDocument(args []string, document string) (iter.Seq[Task], error) {
	if len(args) > 1 {
		return nil, fault.Input("--credential goes with one proof, not with %d", len(args))
	}
	if info, err := os.Stat(args[0]); args[0] == standardInput || err == nil && info.IsDir() {
		return nil, fault.Input("--credential goes with one proof, not with %s", args[0])
	}
	f, err := fault.Open(document)
	if err != nil {
		return nil, err
	}
	return func(yield func(Task) bool) {
		yield(one(item{
			name:     args[0],
			proofs:   only(args[0], func() (*verifier.Proof, error) { return proofOnly(args[0]) }),
			document: func() (io.ReadCloser, error) { return f, nil },
		}))
	}, nil
}

// proofOnly reads what is named beside --credential.
func proofOnly(name string) (*verifier.Proof, error) {
	p, err := disk.readProof(name)
	if err != nil && !strings.HasSuffix(name, proofSuffix) {
		if head, failed := Read(name, verifier.MaxProofSize); failed == nil && !meantAsProof(name, head) {
			err = fmt.Errorf("%s: it is no proof: --credential names the document, and beside it stands its proof", name)
		}
	}
	return p, err
}
