package car

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// maxIndexed is how many blocks a [File] knows at most; each costs some 100 bytes of memory.
const maxIndexed = 1 << 24

// ErrNotFound says that a CAR file does not have a block.
var ErrNotFound = errors.New("not in the file")

// File is a CAR file whose blocks are read one by one, in any order. Its methods may be
// called by many goroutines.
type File struct {
	f      *os.File
	roots  []cid.Cid
	places map[merkle.Hash]place // by sha2-256 digest; not changed once made
	whole  bool
}

// place is where a block's bytes are in the file.
type place struct {
	offset int64
	size   int32
}

// Open reads where the blocks of a CAR file are. Of the blocks themselves it reads nothing:
// each is compared with its CID when it is asked for. Of a file that is cut off it takes
// the part that is there, see [File.Whole].
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	file, err := index(f)
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

func index(f *os.File) (*File, error) {
	from := &seeker{bufio.NewReaderSize(f, 4<<10), f, 0}
	blocks, err := newBlockReader(from)
	if err != nil {
		return nil, err
	}
	file := &File{f: f, roots: blocks.Roots, places: make(map[merkle.Hash]place)}
	for {
		begin := from.at
		at, err := blocks.SkipNext()
		if err != nil {
			file.whole = errors.Is(err, io.EOF) && from.at == begin
			return file, nil // what came before is there
		}
		if !published(at.Prefix()) {
			continue // nobody asks for it
		}
		if len(file.places) == maxIndexed {
			return nil, fmt.Errorf("it has more than %d blocks: split it", maxIndexed)
		}
		size := int64(at.Size) //nolint:gosec // at most maxSection
		head := sectionHead(at.Size, at.ByteLen())
		digest := digestOf(at.Cid)
		if _, known := file.places[digest]; !known {
			file.places[digest] = place{int64(at.SourceOffset) + head, int32(size)} //nolint:gosec // as above
		}
	}
}

// sectionHead returns how many bytes stand in front of a block of a size in its section.
func sectionHead(size uint64, cidLen int) int64 {
	n := int64(cidLen)
	for rest := size + uint64(cidLen); ; rest >>= 7 { //nolint:gosec // a length
		if n++; rest < 1<<7 {
			return n
		}
	}
}

func digestOf(c cid.Cid) merkle.Hash {
	hash := c.Hash()
	return merkle.Hash(hash[len(hash)-merkle.Size:])
}

// Roots are what the head of the file names.
func (f *File) Roots() []cid.Cid { return f.roots }

// Len returns how many different blocks the file has.
func (f *File) Len() int { return len(f.places) }

// Whole reports whether the file could be read to its end.
func (f *File) Whole() bool { return f.whole }

// Block returns a block, or [ErrNotFound]; a [*BadBlockError] if the file has other bytes in
// its place. It is a [publish.Getter].
func (f *File) Block(_ context.Context, c cid.Cid) ([]byte, error) {
	if !published(c.Prefix()) {
		return nil, fmt.Errorf("block %s: %w", c, ErrNotFound)
	}
	at, ok := f.places[digestOf(c)]
	if !ok {
		return nil, fmt.Errorf("block %s: %w", c, ErrNotFound)
	}
	data := make([]byte, at.size)
	if _, err := f.f.ReadAt(data, at.offset); err != nil {
		return nil, fmt.Errorf("block %s: %w", c, err)
	}
	return data, check(publish.Block{CID: c, Data: data})
}

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

// seeker reads small pieces of a file through a buffer, and passes over long ones.
type seeker struct {
	*bufio.Reader
	f  *os.File // nil where nobody seeks
	at int64    // of the next byte to be read
}

// Read reads from the buffer.
func (s *seeker) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.at += int64(n)
	return n, err
}

// ReadByte reads from the buffer.
func (s *seeker) ReadByte() (byte, error) {
	b, err := s.Reader.ReadByte()
	if err == nil {
		s.at++
	}
	return b, err
}

// Seek moves within the buffer where that is enough.
func (s *seeker) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekCurrent && offset >= 0 && offset <= int64(s.Buffered()) {
		n, err := s.Discard(int(offset))
		s.at += int64(n)
		return s.at, err
	}
	if whence == io.SeekCurrent {
		offset, whence = s.at+offset, io.SeekStart
	}
	at, err := s.f.Seek(offset, whence)
	s.Reset(s.f)
	s.at = at
	return at, err
}
