package verifycmd

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"sync/atomic"

	"github.com/hallmark-node/hallmark/verifier/archive"
)

// sharedFile is a file of which several tasks read. It is closed when the last
// holder has released it.
type sharedFile struct {
	*os.File
	users atomic.Int32
}

// share opens a file, with the caller as its first holder.
func share(name string) (*sharedFile, error) {
	f, err := openRegular(name)
	if err != nil {
		return nil, short(err)
	}
	s := &sharedFile{File: f}
	s.acquire()
	return s, nil
}

func (s *sharedFile) acquire() { s.users.Add(1) }

func (s *sharedFile) release() {
	if s.users.Add(-1) == 0 {
		s.Close()
	}
}

// perUnit is how many entries of a container one goroutine takes at a time.
const perUnit = 256

// archived yields the tasks of a proof archive. A name in it is that of the
// credential, relative to the folder of the archive. In a folder that is looked through
// a credential is told of with all its proofs, and not once more by the archive.
func archived(find *finder, name string, named bool, f *sharedFile, size int64, yield func(task) bool) bool {
	a, err := archive.Open(f, size)
	if err != nil {
		return yield(one(failed(name, fmt.Errorf("%s: %w", name, err))))
	}
	for lo := 0; lo < a.Len(); lo += perUnit {
		f.acquire()
		entries := func(yield func(item) bool) {
			defer f.release()
			for entry, err := range a.Entries(lo, lo+perUnit) {
				if err != nil {
					yield(failed(name, fmt.Errorf("%s: %w", name, err)))
					return
				}
				if it, ok := find.entry(name, entry, named); ok && !yield(it) {
					return
				}
			}
		}
		if !yield(find.keepOpen(entries)) {
			return false
		}
	}
	return true
}

// entry is one of an archive; none if its document is told of by itself.
func (f *finder) entry(name string, entry *archive.Entry, named bool) (item, bool) {
	dir, shown := filepath.Dir(name), fmt.Sprintf("%s:%d", name, entry.Index+1)
	var document string
	if entry.Name != "" {
		shown = name + ":" + entry.Name
		document = filepath.Join(dir, filepath.FromSlash(entry.Name))
	}
	it := proven(shown, entry.Proof)
	switch {
	case document != "" && disk.has(document):
		if !named && f.withName(dir, entry.Name) {
			return item{}, false
		}
		it.document = func() (io.ReadCloser, error) { return disk.open(document) }
	case named && (document == "" || len(f.near(document)) == 0):
	case !named && f.elsewhere(name, entry.Proof):
		return item{}, false
	case document == "":
		it.document = func() (io.ReadCloser, error) { return nil, errNotHere }
	default:
		it.document = func() (io.ReadCloser, error) { return nil, f.missing(document) }
	}
	return it, true
}

// realFolders reports whether the folders on the way to a name are none that links stand
// for: those are not walked.
func realFolders(dir, name string) bool {
	for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
		info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(folder)))
		if err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}
