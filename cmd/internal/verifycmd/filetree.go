package verifycmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hallmark-node/hallmark/internal/systemfile"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// fileTree is a tree of files: the disk, or a zip.
type fileTree struct {
	open    func(name string) (io.ReadCloser, error) // opens a regular file
	has     func(name string) bool                   // there is anything of that name
	folder  func(name string) bool                   // it is a folder, and not a link to one
	regular func(name string) bool                   // it is a regular file, or a link to one
	list    func(dir string) []string                // names of the files in a folder; a zip needs none, since all of it is looked at
	all     func(root string) []string               // names of the files in a folder and below
	show    func(name string) string                 // the name in reports

	// archive opens a proof archive; it returns nil if the name is not that of an
	// archive. The function is nil in a tree whose archives are not read.
	archive func(name string) (*openArchive, error)
}

// openArchive is a proof archive with its file.
type openArchive struct {
	*archive.Archive
	io.Closer
}

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
	show: func(name string) string { return name },
}

// leftOut reports whether files of that name are not looked at in a folder.
func leftOut(base string) bool { return strings.HasPrefix(base, ".") || systemfile.Is(base) }

// followed is the name by which a folder that the user named is walked, also if it is a link.
func followed(root string) string {
	if info, err := os.Lstat(root); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return root + string(filepath.Separator)
	}
	return root
}

// errNotRegular says that a name is one of a folder, a device, a pipe or the like.
var errNotRegular = errors.New("it is not a regular file")

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

func (s *fileTree) readProof(name string) (*verifier.Proof, error) {
	data, err := s.readBounded(name, verifier.MaxProofSize)
	if err != nil {
		return nil, err
	}
	p, err := parseProof(s.show(name), data)
	if err != nil {
		if scanned, fault := qrproof.Decode(data); fault == nil { // a picture of one
			return scanned, nil
		}
	}
	return p, err
}

func parseProof(name string, data []byte) (*verifier.Proof, error) {
	p, err := verifier.ParseProof(data)
	if err != nil {
		if bytes.HasPrefix(data, []byte(qrproof.Prefix)) {
			p, err = qrproof.Decode(data)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return p, nil
}

// readBounded reads at most one byte more than limit, which the parsers refuse.
func (s *fileTree) readBounded(name string, limit int64) ([]byte, error) {
	f, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var data bytes.Buffer
	if sized, ok := f.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := sized.Stat(); err == nil {
			data.Grow(int(min(info.Size(), limit)) + bytes.MinRead)
		}
	}
	if _, err := data.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, fmt.Errorf("%s: %w", s.show(name), cause(err))
	}
	return data.Bytes(), nil
}

// cause takes the name of the file out of an error that will be reported with it.
func cause(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// short writes an error of the file system as "name: what is wrong".
func short(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return fmt.Errorf("%s: %w", e.Path, e.Err)
	}
	return err
}

// unreadable is the reader of a document that exists but cannot be opened, which is not the
// same as no document.
type unreadable struct{ err error }

func (u unreadable) Read([]byte) (int, error) { return 0, u.err }
