//go:build !js

package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hallmark-node/hallmark/verifier/archive"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

var disk = &fileTree{
	open: func(name string) (io.ReadCloser, error) {
		f, err := openRegular(name)
		if err != nil {
			return nil, short(err)
		}
		return f, nil
	},
	has: func(name string) bool {
		// A file that cannot be examined is there; so is a link that leads nowhere.
		_, err := os.Lstat(name)
		return !errors.Is(err, fs.ErrNotExist)
	},
	folder: func(name string) bool {
		info, err := os.Lstat(name)
		return err == nil && info.IsDir()
	},
	regular: func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && info.Mode().IsRegular()
	},
	list: func(dir string) (names []string) {
		entries, _ := os.ReadDir(dir) // what cannot be listed holds no proof that could be found
		for _, e := range entries {
			if !e.IsDir() && !leftOut(e.Name()) {
				names = append(names, filepath.Join(dir, e.Name()))
			}
		}
		return names
	},
	all: func(root string) (names []string) {
		start := followed(root)
		_ = filepath.WalkDir(start, func(name string, e fs.DirEntry, err error) error { // it has no errors but those given here
			switch {
			case err != nil: // it is told of when the folder is walked for its items
			case name != root && name != start && leftOut(e.Name()):
				if e.IsDir() {
					return fs.SkipDir
				}
			case !e.IsDir():
				names = append(names, name)
			}
			return nil
		})
		return names
	},
	archive: func(name string) (*openArchive, error) {
		if !strings.HasSuffix(name, archive.Suffix) {
			return nil, nil
		}
		f, err := openRegular(name)
		if err != nil {
			return nil, cause(err) // the caller names the file
		}
		info, err := f.Stat()
		if err == nil {
			var a *archive.Archive
			if a, err = archive.Open(f, info.Size()); err == nil {
				return &openArchive{a, f}, nil
			}
		}
		f.Close()
		return nil, err
	},
	show:   func(name string) string { return name },
	share:  shareFile,
	within: realFolders,
	code:   qrproof.Decode,
}

// Read reads a file of the disk: at most one byte more than limit, which the parsers refuse.
func Read(name string, limit int64) ([]byte, error) { return disk.readBounded(name, limit) }

// followed is the name by which a folder that the user named is walked, also if it is a link.
func followed(root string) string {
	if info, err := os.Lstat(root); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return root + string(filepath.Separator)
	}
	return root
}

// openRegular opens a regular file and nothing else. It does not wait for the other end of a
// pipe.
func openRegular(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// shareFile opens a file of the disk, with the caller as its first user.
func shareFile(name string) (*sharedFile, error) {
	f, err := openRegular(name)
	if err != nil {
		return nil, short(err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, short(err)
	}
	s := &sharedFile{file: f, size: info.Size()}
	s.free = func() { f.Close() } // it was only read
	s.acquire()
	return s, nil
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

// short writes an error of the file system as "name: what is wrong".
func short(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return fmt.Errorf("%s: %w", e.Path, e.Err)
	}
	return err
}
