package verifycmd

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// sharedFile is a file of which several units read. It is closed when the last
// holder has released it.
type sharedFile struct {
	*os.File
	holders atomic.Int32
}

// share opens a file, with the caller as its first holder.
func share(name string) (*sharedFile, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, short(err)
	}
	s := &sharedFile{File: f}
	s.hold()
	return s, nil
}

func (s *sharedFile) hold() { s.holders.Add(1) }

func (s *sharedFile) release() {
	if s.holders.Add(-1) == 0 {
		s.Close()
	}
}

// perUnit is how many entries of a container one goroutine takes at a time.
const perUnit = 256

// archived yields the units of a proof archive. A name in it is that of the
// credential, relative to the folder of the archive.
func archived(name string, f *sharedFile, size int64, yield func(unit) bool) bool {
	a, err := archive.Open(f, size)
	if err != nil {
		return yield(one(failed(name, fmt.Errorf("%s: %w", name, err))))
	}
	for lo := 0; lo < a.Len(); lo += perUnit {
		f.hold()
		entries := func(yield func(item) bool) {
			defer f.release()
			for entry, err := range a.Entries(lo, lo+perUnit) {
				if err != nil {
					yield(failed(name, fmt.Errorf("%s: %w", name, err)))
					return
				}
				it := item{
					name:  fmt.Sprintf("%s:%d", name, entry.Index+1),
					proof: func() (*verifier.Proof, error) { return entry.Proof, nil },
				}
				if entry.Name != "" {
					it.name = name + ":" + entry.Name
					document := filepath.Join(filepath.Dir(name), filepath.FromSlash(entry.Name))
					if disk.has(document) {
						it.document = func() (io.ReadCloser, error) { return disk.open(document) }
					}
				}
				if !yield(it) {
					return
				}
			}
		}
		if !yield(entries) {
			return false
		}
	}
	return true
}
