package files

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/hallmark-node/hallmark/internal/systemfile"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// Limits of a zip of badges. Nothing in it is ever written to the disk.
const (
	maxZipFiles     = 250_000  // files and folders
	maxZipDirectory = 48 << 20 // bytes read to list them
	maxZipRatio     = 200      // of a file's length to its compressed length, beyond freeZipSize
	freeZipSize     = 1 << 20  // bytes that a file may have whatever the ratio
	maxZipSize      = 16 << 30 // bytes of all files
	zipOverhead     = 30 + 46  // bytes of the two headers of a file, without its name in each
)

var (
	// errZip is wrapped by errors that say why a zip is not read.
	errZip      = errors.New("not a zip of badges")
	errLongList = fmt.Errorf("its list of files is longer than %d MiB", maxZipDirectory>>20)
)

// zipFile is a file of a zip. Its name is that of [zipName], not the raw one.
type zipFile struct {
	*zip.File
	name string
	err  error // why it is not read
}

// openZip lists a zip. It refuses one that would be much larger than it looks. A single file
// that cannot be taken has its error, and the others are taken all the same.
func openZip(r io.ReaderAt, size int64) ([]*zipFile, error) {
	limited := &limitedReaderAt{r: r, left: maxZipDirectory}
	z, err := zip.NewReader(limited, size)
	switch {
	case errors.Is(err, errLongList):
		return nil, fmt.Errorf("%w: %w", errZip, errLongList)
	case err != nil:
		return nil, fmt.Errorf("%w: it breaks off, or is damaged", errZip)
	}
	limited.left = -1
	if len(z.File) > maxZipFiles {
		return nil, fmt.Errorf("%w: more than %d files", errZip, maxZipFiles)
	}
	files := make([]*zipFile, len(z.File))
	byName := make(map[string]*zipFile, len(z.File))
	var packed, unpacked uint64
	for i, f := range z.File {
		file := &zipFile{File: f}
		files[i] = file
		if file.name, file.err = zipName(f); file.err == nil {
			file.err = file.refused()
			if other := byName[file.name]; other != nil && (!other.isFolder() || !file.isFolder()) {
				other.err, file.err = errSameName, errSameName // which of them is meant nobody can tell
			}
			byName[file.name] = file
		}
		packed += f.CompressedSize64 + 2*uint64(len(f.Name)) + zipOverhead
		if file.err == nil {
			unpacked += f.UncompressedSize64
		}
		if f.CompressedSize64 > uint64(size) || packed > uint64(size) {
			return nil, fmt.Errorf("%w: its files lie over each other", errZip)
		}
		if unpacked > maxZipSize {
			return nil, fmt.Errorf("%w: more than %d GiB in all", errZip, maxZipSize>>30)
		}
	}
	return files, nil
}

var errSameName = errors.New("the zip has two files of this name")

// isFolder reports whether it is one, also by a backslash at the end.
func (f *zipFile) isFolder() bool {
	return f.Mode().IsDir() || strings.HasSuffix(f.Name, `\`) && f.UncompressedSize64 == 0
}

// isRegular reports whether it is a regular file, and neither a folder nor a link.
func (f *zipFile) isRegular() bool { return f.Mode().IsRegular() && !f.isFolder() }

// refused says why a file is not read, whatever its name.
func (f *zipFile) refused() error {
	switch {
	case f.Flags&zipEncrypted != 0:
		return errZipLocked
	case f.Method != zip.Store && f.Method != zip.Deflate:
		how := zipMethods[f.Method]
		if how == "" {
			how = fmt.Sprintf("method %d", f.Method)
		}
		return fmt.Errorf("it is compressed by %s, which is not read: unpack the zip first", how)
	case f.UncompressedSize64 > freeZipSize && f.UncompressedSize64/maxZipRatio > f.CompressedSize64:
		return fmt.Errorf("it would be more than %d times as long as it is now", maxZipRatio)
	case f.UncompressedSize64 > maxZipSize:
		return errors.New("it is too long")
	}
	return nil
}

// limitedReaderAt reads at most left bytes in all; any number if left is negative.
// It is for one goroutine while left is not negative.
type limitedReaderAt struct {
	r    io.ReaderAt
	left int64
}

func (l *limitedReaderAt) ReadAt(p []byte, off int64) (int, error) {
	if l.left >= 0 {
		if l.left -= int64(len(p)); l.left < 0 {
			l.left = 0
			return 0, errLongList
		}
	}
	return l.r.ReadAt(p, off)
}

// zipped yields the tasks of a zip, in its own order.
func (s *fileTree) zipped(name string, f *sharedFile, yield func(Task) bool) bool {
	files, err := openZip(f.file, f.size)
	if err != nil {
		return yield(one(failed(name, fmt.Errorf("%s: %w", name, err))))
	}
	in := zipShelf(name, files)
	in.code = s.code
	find := newFinder(in, ".")
	defer find.release()
	system := make(map[string]bool) // folders of systems, each told of once
	for _, entry := range files {
		t := in.zipEntry(find, entry, system)
		if t != nil && !yield(find.keepOpen(f.keepOpen(t))) {
			return false
		}
	}
	return true
}

// zipEntry is the task of a file in a zip; nil if nothing is told of it.
func (s *fileTree) zipEntry(find *finder, entry *zipFile, system map[string]bool) Task {
	shown := s.show(entry.name)
	if at, ok := systemfile.Inside(entry.name); ok && !s.has(entry.name+proofSuffix) {
		if system[at] {
			return nil
		}
		system[at] = true
		return one(skipped(s.show(at), SystemFile))
	}
	switch {
	case entry.err != nil:
		return one(failed(shown, fmt.Errorf("%s: %w", shown, entry.err)))
	case entry.isFolder() || find.withDocument(entry.name):
		return nil
	case isHidden(entry.name):
		return one(skipped(shown, hidden))
	case !entry.isRegular() && !s.has(entry.name+proofSuffix) && !strings.HasSuffix(entry.name, proofSuffix):
		return one(skipped(shown, "it is not a regular file"))
	}
	return func(yield func(item) bool) {
		if kind := s.container(entry.name); kind != "" {
			yield(failed(shown, fmt.Errorf("%s: %s within a zip is not looked into; unpack it first", shown, kind)))
			return
		}
		find.items(entry.name, false)(yield)
	}
}

func zipShelf(zipName string, all []*zipFile) *fileTree {
	files := make(map[string]*zipFile, len(all)) // by their names, links and folders too
	names := make([]string, 0, len(all))         // ascending
	var regular []string                         // names of files that are looked at, in the order of the zip
	for _, f := range all {
		if f.err != nil && files[f.name] != nil {
			continue
		}
		files[f.name] = f
		names = append(names, f.name)
		if f.err == nil && f.isRegular() && !slices.ContainsFunc(strings.Split(f.name, "/"), leftOut) {
			regular = append(regular, f.name)
		}
	}
	slices.Sort(names)
	s := &fileTree{
		folder: func(name string) bool {
			if f := files[name]; f != nil {
				return f.isFolder()
			}
			return inFolder(names, name) // a zip need not name a folder in which it has something
		},
		regular: func(name string) bool { return files[name] != nil && files[name].isRegular() },
		all:     func(string) []string { return regular },
		show:    func(name string) string { return zipName + "/" + name },
		code:    qrproof.DecodeText,
	}
	s.has = func(name string) bool { return files[name] != nil || s.folder(name) }
	s.open = func(name string) (io.ReadCloser, error) {
		switch {
		case !s.has(name):
			return nil, fmt.Errorf("%s: %w", s.show(name), fs.ErrNotExist)
		case files[name] != nil && files[name].err != nil:
			return nil, fmt.Errorf("%s: %w", s.show(name), files[name].err)
		case !s.regular(name):
			return nil, fmt.Errorf("%s: %w", s.show(name), errNotRegular)
		}
		f := files[name]
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.show(name), errZipDamaged)
		}
		// What the list says of its length was judged; more is not read.
		return &zipReader{io.LimitReader(r, int64(f.UncompressedSize64)+1), r}, nil
	}
	return s
}

var errZipDamaged = errors.New("it is damaged, or the zip says something else of it than is there")

// zipReader reads a file of a zip. Its errors are in plain words.
type zipReader struct {
	io.Reader
	io.Closer
}

func (r *zipReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errZipDamaged
	}
	return n, err
}
