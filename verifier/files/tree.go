package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/hallmark-node/hallmark/internal/systemfile"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
)

// fileTree is a tree of files: the disk, a zip, or files in memory.
type fileTree struct {
	open    func(name string) (io.ReadCloser, error) // opens a regular file
	has     func(name string) bool                   // there is anything of that name
	folder  func(name string) bool                   // it is a folder, and not a link to one
	regular func(name string) bool                   // it is a regular file, or a link to one
	list    func(dir string) []string                // names of the files in a folder; a zip needs none, since all of it is looked at
	all     func(root string) []string               // names of the files in a folder and below
	show    func(name string) string                 // the name in reports

	// Of a tree whose containers are looked into; all are nil in a zip.
	share   func(name string) (*sharedFile, error)  // opens a regular file for several tasks, the caller its first user
	archive func(name string) (*openArchive, error) // opens a proof archive; nil if the name is not that of one
	within  func(dir, name string) bool             // no folder on the way from dir to the name is a link

	code func(data []byte) (*verifier.Proof, error) // reads the QR code of a proof: its text, on a disk also a picture of it
}

// sharedFile is an open file of which several tasks make use.
type sharedFile struct {
	file interface {
		io.Reader
		io.ReaderAt
	}
	size int64
	shared
}

// openArchive is a proof archive with its file.
type openArchive struct {
	*archive.Archive
	io.Closer
}

// leftOut reports whether files of that name are not looked at in a folder.
func leftOut(base string) bool { return strings.HasPrefix(base, ".") || systemfile.Is(base) }

// errNotRegular says that a name is one of a folder, a device, a pipe or the like.
var errNotRegular = errors.New("it is not a regular file")

func (s *fileTree) readProof(name string) (*verifier.Proof, error) {
	data, err := s.readBounded(name, verifier.MaxProofSize)
	if err != nil {
		return nil, err
	}
	p, err := parseProof(s.show(name), data)
	if err != nil {
		if scanned, fault := s.code(data); fault == nil { // a picture of one
			return scanned, nil
		}
	}
	return p, err
}

func parseProof(name string, data []byte) (*verifier.Proof, error) {
	p, err := verifier.ParseProof(data)
	if err != nil {
		if bytes.HasPrefix(data, []byte(qrproof.Prefix)) {
			p, err = qrproof.DecodeText(data)
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

// unreadable is the reader of a document that exists but cannot be opened, which is not the
// same as no document.
type unreadable struct{ err error }

func (u unreadable) Read([]byte) (int, error) { return 0, u.err }
