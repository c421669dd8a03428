package staticdir

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/internal/durable"
)

const (
	// Anybody may read what is published, the server of the folder first of all.
	filePerm   = 0o644
	folderPerm = 0o755

	// atOnce is how many files are written at the same time: each waits for the disk.
	atOnce = 16
)

// folder writes the files of a folder, each whole or not at all. Its put may be called by one
// goroutine.
type folder struct {
	dir string

	made  sync.Map // folders that are there
	group *errgroup.Group

	written, bytes, unchanged atomic.Int64
}

func newFolder(dir string) *folder {
	f := &folder{dir: dir, group: new(errgroup.Group)}
	f.group.SetLimit(atOnce)
	return f
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// has reports whether a file is there that never changes.
func (f *folder) has(name string) (bool, error) {
	_, err := os.Lstat(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		f.unchanged.Add(1)
	}
	return err == nil, err
}

// read returns a file, and whether it is there.
func (f *folder) read(name string) (data []byte, ok bool, err error) {
	data, err = os.ReadFile(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// put writes a file, unless it is there already, in the background: see wait.
func (f *folder) put(name string, data []byte) {
	f.group.Go(func() error {
		old, ok, err := f.read(name)
		if err != nil {
			return err
		}
		if ok && bytes.Equal(old, data) {
			f.unchanged.Add(1)
			return nil
		}
		path := f.path(name)
		if err := f.makeFolder(filepath.Dir(path)); err != nil {
			return err
		}
		f.written.Add(1)
		f.bytes.Add(int64(len(data)))
		return durable.Replace(path, data, filePerm)
	})
}

func (f *folder) makeFolder(path string) error {
	if _, ok := f.made.Load(path); ok {
		return nil
	}
	if err := os.MkdirAll(path, folderPerm); err != nil {
		return fmt.Errorf("make the folder %s: %w", path, err)
	}
	f.made.Store(path, true)
	return nil
}

// wait waits until everything that was put is on disk.
func (f *folder) wait() error {
	err := f.group.Wait()
	f.group = new(errgroup.Group)
	f.group.SetLimit(atOnce)
	return err
}
