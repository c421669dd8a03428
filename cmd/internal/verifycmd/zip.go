package verifycmd

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
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

// errZip is wrapped by errors that say why a zip is not read.
var errZip = errors.New("not a zip of badges")

// openZip lists a zip. It refuses one whose names could mislead, or that would be
// much larger than it looks.
func openZip(r io.ReaderAt, size int64) (*zip.Reader, error) {
	limited := &limitedReaderAt{r: r, left: maxZipDirectory}
	z, err := zip.NewReader(limited, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errZip, err)
	}
	limited.left = -1
	if len(z.File) > maxZipFiles {
		return nil, fmt.Errorf("%w: more than %d files", errZip, maxZipFiles)
	}
	names := make(map[string]bool, len(z.File))
	var packed, unpacked uint64
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, "/")
		switch {
		case !fs.ValidPath(name) || !utf8.ValidString(name) || strings.ContainsAny(name, "\\\x00"):
			return nil, fmt.Errorf("%w: the name %q leads out of it", errZip, f.Name)
		case names[name]:
			return nil, fmt.Errorf("%w: the name %q is there twice", errZip, f.Name)
		case f.UncompressedSize64 > freeZipSize && f.UncompressedSize64/maxZipRatio > f.CompressedSize64:
			return nil, fmt.Errorf("%w: %q would be more than %d times as long as it is now", errZip, f.Name, maxZipRatio)
		case f.UncompressedSize64 > maxZipSize || f.CompressedSize64 > uint64(size):
			return nil, fmt.Errorf("%w: %q is too long", errZip, f.Name)
		}
		names[name] = true
		packed += f.CompressedSize64 + 2*uint64(len(f.Name)) + zipOverhead
		unpacked += f.UncompressedSize64
		if packed > uint64(size) {
			return nil, fmt.Errorf("%w: its files lie over each other", errZip)
		}
		if unpacked > maxZipSize {
			return nil, fmt.Errorf("%w: more than %d GiB in all", errZip, maxZipSize>>30)
		}
	}
	return z, nil
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
			return 0, fmt.Errorf("its list of files is longer than %d MiB", maxZipDirectory>>20)
		}
	}
	return l.r.ReadAt(p, off)
}

// zipped yields the tasks of a zip, in its own order.
func zipped(name string, f *sharedFile, yield func(task) bool) bool {
	z, err := openZip(f, f.size)
	if err != nil {
		return yield(one(failed(name, fmt.Errorf("%s: %w", name, err))))
	}
	s := zipShelf(name, z)
	find := newFinder(s, ".")
	defer find.release()
	for _, entry := range z.File {
		hidden := strings.HasPrefix(entry.Name, ".") || strings.Contains(entry.Name, "/.")
		why := ""
		switch {
		case entry.FileInfo().IsDir() || s.withDocument(entry.Name):
			continue
		case hidden:
			why = "it is hidden"
		case !s.regular(entry.Name) && !s.has(entry.Name+proofSuffix) && !strings.HasSuffix(entry.Name, proofSuffix):
			why = "it is not a regular file"
		}
		if why != "" {
			if !yield(one(skipped(s.show(entry.Name), why))) {
				return false
			}
			continue
		}
		items := func(yield func(item) bool) {
			if kind := s.container(entry.Name); kind != "" {
				yield(failed(s.show(entry.Name), fmt.Errorf("%s: %s within a zip is not looked into; unpack it first", s.show(entry.Name), kind)))
				return
			}
			find.items(entry.Name, false)(yield)
		}
		if !yield(find.keepOpen(f.keepOpen(items))) {
			return false
		}
	}
	return true
}

func zipShelf(zipName string, z *zip.Reader) *fileTree {
	files := make(map[string]*zip.File, len(z.File)) // by their names, links and folders too
	folders := make(map[string][]string)             // names of the files in a folder
	names := make([]string, 0, len(z.File))          // ascending
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, "/")
		files[name] = f
		names = append(names, name)
		if dir, base := path.Split(name); f.Mode().IsRegular() && !strings.HasPrefix(base, ".") {
			folders[path.Clean(dir)] = append(folders[path.Clean(dir)], name)
		}
	}
	slices.Sort(names)
	s := &fileTree{
		folders: maxZipFiles, // what is known of one is less than the list of the zip
		folder: func(name string) bool {
			if f := files[name]; f != nil {
				return f.Mode().IsDir()
			}
			// A zip need not name a folder in which it has something.
			i, _ := slices.BinarySearch(names, name+"/")
			return i < len(names) && strings.HasPrefix(names[i], name+"/")
		},
		regular: func(name string) bool { return files[name] != nil && files[name].Mode().IsRegular() },
		list:    func(dir string) []string { return folders[dir] },
		show:    func(name string) string { return zipName + "/" + name },
	}
	s.has = func(name string) bool { return files[name] != nil || s.folder(name) }
	s.open = func(name string) (io.ReadCloser, error) {
		switch {
		case !s.has(name):
			return nil, fmt.Errorf("%s: %w", s.show(name), fs.ErrNotExist)
		case !s.regular(name):
			return nil, fmt.Errorf("%s: %w", s.show(name), errNotRegular)
		}
		f := files[name]
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.show(name), err)
		}
		// What the list says of its length was judged; more is not read.
		return struct {
			io.Reader
			io.Closer
		}{io.LimitReader(r, int64(f.UncompressedSize64)+1), r}, nil
	}
	return s
}
