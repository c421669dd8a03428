package files

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
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
func (s *shared) keepOpen(t Task) Task {
	s.acquire()
	return func(yield func(item) bool) {
		defer s.release()
		t(yield)
	}
}

// perTask is how many entries of a container make one task.
const perTask = 256

// entry yields the item of an archive's entry; nothing if its document is reported by
// itself.
func (f *finder) entry(name string, entry *archive.Entry, named bool) Task {
	var document string
	if entry.Name != "" {
		document = filepath.Join(filepath.Dir(name), filepath.FromSlash(entry.Name))
		if !named && f.tree.has(document) && f.reports(filepath.Dir(name), entry.Name) {
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

// archived yields the tasks of a proof archive. A name in it is that of the credential,
// relative to the folder of the archive. While a whole folder is verified, a credential
// that is a file there is reported as that file, with all its proofs, and not again here.
func archived(find *finder, name string, named bool, f *sharedFile, yield func(Task) bool) bool {
	a, err := archive.Open(f.file, f.size)
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

// file yields the tasks of a file, which may be a container of many proofs.
func (s *fileTree) file(find *finder, name string, named bool, yield func(Task) bool) bool {
	kind := s.container(name)
	if kind == "" {
		return yield(find.keepOpen(find.items(name, named)))
	}
	f, err := s.share(name)
	if err != nil {
		return yield(one(failed(name, err)))
	}
	defer f.release()
	switch kind {
	case kindZip:
		return s.zipped(name, f, yield)
	case kindArchive:
		return archived(find, name, named, f, yield)
	}
	if named {
		find = nil
	}
	return lines(find, name, f.file, yield)
}
