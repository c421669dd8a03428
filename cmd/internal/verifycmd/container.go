package verifycmd

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sync/atomic"

	"github.com/hallmark-node/hallmark/verifier/archive"
)

// shared is something of which several tasks make use. The last user to release it frees
// it.
type shared struct {
	users atomic.Int32
	free  func()
}

func (s *shared) acquire() { s.users.Add(1) }

func (s *shared) release() {
	if s.users.Add(-1) == 0 {
		s.free()
	}
}

// keepOpen returns a task that uses s until it is done. The caller is a user, too, until
// it has made all its tasks.
func (s *shared) keepOpen(t task) task {
	s.acquire()
	return func(yield func(item) bool) {
		defer s.release()
		t(yield)
	}
}

// sharedFile is an open file that is closed once it is free.
type sharedFile struct {
	*os.File
	size int64
	shared
}

// share opens a file, with the caller as its first user.
func share(name string) (*sharedFile, error) {
	f, err := openRegular(name)
	if err != nil {
		return nil, short(err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, short(err)
	}
	s := &sharedFile{File: f, size: info.Size()}
	s.free = func() { f.Close() } // it was only read
	s.acquire()
	return s, nil
}

// perTask is how many entries of a container make one task.
const perTask = 256

// archived yields the tasks of a proof archive. A name in it is that of the credential,
// relative to the folder of the archive. While a whole folder is verified, a credential
// that is a file there is reported as that file, with all its proofs, and not again here.
func archived(find *finder, name string, named bool, f *sharedFile, yield func(task) bool) bool {
	a, err := archive.Open(f, f.size)
	if err != nil {
		return yield(one(failed(name, fmt.Errorf("%s: %w", name, err))))
	}
	for lo := 0; lo < a.Len(); lo += perTask {
		entries := func(yield func(item) bool) {
			for entry, err := range a.Entries(lo, lo+perTask) {
				if err != nil {
					yield(failed(name, fmt.Errorf("%s: %w", name, err)))
					return
				}
				for it := range find.entry(name, entry, named) {
					if !yield(it) {
						return
					}
				}
			}
		}
		if !yield(find.keepOpen(f.keepOpen(entries))) {
			return false
		}
	}
	return true
}

// entry yields the item of an archive's entry; nothing if its document is reported by
// itself.
func (f *finder) entry(name string, entry *archive.Entry, named bool) task {
	var document string
	if entry.Name != "" {
		document = filepath.Join(filepath.Dir(name), filepath.FromSlash(entry.Name))
		if !named && disk.has(document) && f.reports(filepath.Dir(name), entry.Name) {
			return none
		}
	}
	return f.pair(proven(entryName(name, entry), entry.Proof), name, document, entry.Proof, named)
}

// entryName names an entry of an archive in reports: by its name, or by its number.
func entryName(shown string, entry *archive.Entry) string {
	if entry.Name != "" {
		return shown + ":" + entry.Name
	}
	return fmt.Sprintf("%s:%d", shown, entry.Index+1)
}

// realFolders reports whether no folder on the way from dir to a name is a link: links to
// folders are not followed.
func realFolders(dir, name string) bool {
	for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
		info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(folder)))
		if err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}
