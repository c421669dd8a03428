package files

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/hallmark-node/hallmark/internal/systemfile"
	"github.com/hallmark-node/hallmark/verifier/archive"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// File is a file in memory. The parts of its name are separated by "/"; it leads nowhere else.
type File struct {
	Name string
	Data []byte // not changed as long as it is in use
}

// InMemory returns the tasks of files that are given with their content, each task with the name
// of the file that it is of. One alone is taken
// like a file that is named to verify, several like a folder that holds them: they may be
// credentials, proofs by whatever name, zips and archives. Of two with one name the second gets
// another.
func InMemory(all []File) iter.Seq2[string, Task] {
	s, names := memory(all)
	return func(yield func(string, Task) bool) {
		find := newFinder(s, ".")
		defer find.release()
		if len(names) == 1 {
			s.file(find, names[0], true, func(t Task) bool { return yield(names[0], t) })
			return
		}
		system := make(map[string]bool) // folders of systems, each told of once
		for _, name := range names {
			if at, ok := systemfile.Inside(name); ok && !s.has(name+proofSuffix) {
				if !system[at] && !yield(at, one(skipped(at, SystemFile))) {
					return
				}
				system[at] = true
				continue
			}
			more := true
			switch {
			case isHidden(name):
				more = yield(name, one(skipped(name, hidden)))
			case !find.withDocument(name):
				more = s.file(find, name, false, func(t Task) bool { return yield(name, t) })
			}
			if !more {
				return
			}
		}
	}
}

// hidden is why a file is not read whose name, or that of a folder in which it is, begins with
// a dot.
const hidden = "it is hidden"

func isHidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.Contains(name, "/.")
}

// memory is a tree of files in memory, and their names in order.
func memory(all []File) (tree *fileTree, names []string) {
	files := make(map[string][]byte, len(all))
	for _, f := range all {
		name := freeName(files, f.Name)
		files[name] = f.Data
		names = append(names, name)
	}
	slices.Sort(names)
	var looked []string // names of files that are looked at
	for _, name := range names {
		if !slices.ContainsFunc(strings.Split(name, "/"), leftOut) {
			looked = append(looked, name)
		}
	}
	s := &fileTree{
		folder:  func(name string) bool { return inFolder(names, name) },
		regular: func(name string) bool { _, ok := files[name]; return ok },
		all:     func(string) []string { return looked },
		show:    func(name string) string { return name },
		within:  func(string, string) bool { return true },
		code:    qrproof.DecodeText,
	}
	s.has = func(name string) bool { return s.regular(name) || s.folder(name) }
	s.share = func(name string) (*sharedFile, error) {
		data, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
		}
		f := &sharedFile{file: bytes.NewReader(data), size: int64(len(data))}
		f.free = func() {}
		f.acquire()
		return f, nil
	}
	s.open = func(name string) (io.ReadCloser, error) {
		data, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
		}
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	s.archive = func(name string) (*openArchive, error) {
		data, ok := files[name]
		if !ok || !strings.HasSuffix(name, archive.Suffix) {
			return nil, nil
		}
		a, err := archive.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return nil, err
		}
		return &openArchive{a, io.NopCloser(nil)}, nil
	}
	return s, names
}

// inFolder reports whether one of the names, which are ascending, is that of something in a
// folder.
func inFolder(names []string, folder string) bool {
	i, _ := slices.BinarySearch(names, folder+"/")
	return i < len(names) && strings.HasPrefix(names[i], folder+"/")
}

// freeName returns a name for a file that no other has, and that leads nowhere.
func freeName(files map[string][]byte, name string) string {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" {
		name = "file"
	}
	free := name
	for n := 2; ; n++ {
		if _, taken := files[free]; !taken {
			return free
		}
		folder, base := path.Split(name)
		stem, suffix, _ := strings.Cut(base, ".")
		free = fmt.Sprintf("%s%s (%d)", folder, stem, n)
		if suffix != "" {
			free += "." + suffix
		}
	}
}
