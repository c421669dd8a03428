package verifycmd

import (
	"bytes"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/systemfile"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// standardInput is the argument that stands for proofs on standard input.
const standardInput = "-"

// sources turns the arguments of the command into tasks of work, in their order.
func sources(args []string, stdin io.Reader) (iter.Seq[task], error) {
	names, err := expand(args)
	if err != nil {
		return nil, err
	}
	return func(yield func(task) bool) {
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
		return nil, run.Usagef("- stands alone: it reads proofs from standard input")
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
func source(find *finder, name string, stdin io.Reader, yield func(task) bool) bool {
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
	return file(find, name, true, yield)
}

// stream yields the tasks of a pipe or device that the user named. To open it does not
// wait for its other end.
func stream(name string, yield func(task) bool) bool {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return yield(one(failed(name, short(err))))
	}
	defer f.Close()
	return lines(nil, name, f, yield)
}

// file yields the tasks of a file on the disk, which may be a container of many
// proofs.
func file(find *finder, name string, named bool, yield func(task) bool) bool {
	kind := disk.container(name)
	if kind == "" {
		return yield(find.keepOpen(find.items(name, named)))
	}
	f, err := share(name)
	if err != nil {
		return yield(one(failed(name, err)))
	}
	defer f.release()
	switch kind {
	case kindZip:
		return zipped(name, f, yield)
	case kindArchive:
		return archived(find, name, named, f, yield)
	}
	if named {
		find = nil
	}
	return lines(find, name, f, yield)
}

// The kinds of files that hold many proofs.
const (
	kindZip     = "a zip"
	kindArchive = "a proof archive"
	kindLines   = "a file of lines"
)

// container says what a file is if it may hold many proofs.
func (s *fileTree) container(name string) string {
	if strings.HasSuffix(name, proofSuffix) || s.has(name+proofSuffix) {
		return ""
	}
	f, err := s.open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	head := make([]byte, len(archive.Magic))
	n, _ := io.ReadFull(f, head)
	return containerKind(name, head[:n])
}

// containerKind tells by name and beginning whether a file may hold many proofs;
// "" if it does not.
func containerKind(name string, head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return kindZip
	case archive.Is(head):
		return kindArchive
	case strings.HasSuffix(name, ".ndjson"), strings.HasSuffix(name, ".jsonl"):
		return kindLines
	}
	return ""
}

// folder yields the tasks of a folder and those within it, in the order of names.
// Hidden files, those of systems and links to folders are left out, which is said.
func folder(root string, yield func(task) bool) bool {
	more := true
	find := newFinder(disk, root)
	defer find.release()
	start := followed(root)
	visit := func(name string, entry fs.DirEntry, err error) error {
		hidden := name != root && name != start && strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			more = yield(one(failed(name, short(err))))
			err = nil
		case name != root && name != start && systemfile.Is(entry.Name()) && !disk.has(name+proofSuffix):
			more = yield(one(skipped(name, systemFile)))
			if entry.IsDir() {
				err = fs.SkipDir
			}
		case hidden:
			more = yield(one(skipped(name, "it is hidden")))
			if entry.IsDir() {
				err = fs.SkipDir
			}
		case entry.IsDir() || find.withDocument(name):
		case !disk.regular(name) && !disk.has(name+proofSuffix) && !strings.HasSuffix(name, proofSuffix):
			more = yield(one(skipped(name, "it is not a regular file, nor a link to one")))
		default:
			more = file(find, name, false, yield)
		}
		if !more {
			return fs.SkipAll
		}
		return err
	}
	_ = filepath.WalkDir(start, visit) // it returns no errors but those of visit, which has none
	return more
}

// withDocument reports whether name is a proof that is reported with the file that has its
// document's name. A folder of that name is not reported, so the proof is.
func (f *finder) withDocument(name string) bool {
	document, ok := strings.CutSuffix(name, proofSuffix)
	if !ok {
		return false
	}
	document, ok = f.named(document)
	return ok && !f.tree.folder(document)
}
