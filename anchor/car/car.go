// Package car reads and writes published blocks as CAR files of version 1: a head that
// names roots, then one section after the other, each a length, a CID and a block
// (https://ipld.io/specs/transport/car/carv1/). So a node's blocks move as one file, and an
// IPFS gateway sends all below a manifest in one answer.
//
// Files are not trusted: a [Reader] and a [File] hand out only blocks that hash to their
// CIDs, and hold one block at a time. Reading is go-car's. Its writer keeps an index of all
// that it has written in memory, so [Writer] is our own.
package car

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"
	gocar "github.com/ipld/go-car/v2"
	"github.com/multiformats/go-multihash"
	"github.com/multiformats/go-varint"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// MaxRoots is how many roots a head that this package writes names at most. A reader must
// not need them: they say where to begin, and each block stands for itself.
const MaxRoots = 1 << 20

const (
	maxHead    = 48 << 20                  // bytes: MaxRoots of 41 bytes each fit
	maxCID     = 135                       // bytes, as in a proof
	maxSection = publish.MaxBlock + maxCID // bytes
)

// ErrNotCAR is wrapped by errors that say that a file cannot be read on: what comes cannot
// be told apart into blocks.
var ErrNotCAR = errors.New("not a CAR file of version 1, or a damaged one")

// BadBlockError says that a block in a CAR file is not to be used. The blocks after it can
// be read.
type BadBlockError struct {
	CID    cid.Cid
	Reason string
}

func (e *BadBlockError) Error() string { return fmt.Sprintf("block %s %s", e.CID, e.Reason) }

// Reader reads the blocks of a CAR file one after the other.
type Reader struct {
	roots  []cid.Cid
	from   *seeker
	blocks *gocar.BlockReader
}

// NewReader reads the head of a CAR file.
func NewReader(r io.Reader) (*Reader, error) {
	from := &seeker{Reader: bufio.NewReaderSize(r, 64<<10)}
	blocks, err := newBlockReader(struct { // which cannot seek
		io.Reader
		io.ByteReader
	}{from, from})
	if err != nil {
		return nil, err
	}
	return &Reader{blocks.Roots, from, blocks}, nil
}

func newBlockReader(r io.Reader) (*gocar.BlockReader, error) {
	blocks, err := gocar.NewBlockReader(r, gocar.WithTrustedCAR(true), // blocks are checked here, to name them
		gocar.MaxAllowedHeaderSize(maxHead), gocar.MaxAllowedSectionSize(maxSection))
	if err != nil {
		return nil, fmt.Errorf("%w: its head: %v", ErrNotCAR, err) //nolint:errorlint // it may be io.EOF, which says that all is well
	}
	if blocks.Version != 1 {
		return nil, fmt.Errorf("%w: it is of version %d", ErrNotCAR, blocks.Version)
	}
	return blocks, nil
}

// Roots are what the head names. Whether the blocks are there is another question.
func (r *Reader) Roots() []cid.Cid { return r.roots }

// Next returns the next block, and [io.EOF] behind the last one. A [*BadBlockError] says
// that it is none; after any other error there is no next one.
func (r *Reader) Next() (publish.Block, error) {
	begin := r.from.at
	block, err := r.blocks.Next()
	if errors.Is(err, io.EOF) && r.from.at == begin { // else it is cut off within a section
		return publish.Block{}, io.EOF
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return publish.Block{}, fmt.Errorf("%w: it is cut off", ErrNotCAR)
	}
	if err != nil {
		return publish.Block{}, fmt.Errorf("%w: %w", ErrNotCAR, err)
	}
	b := publish.Block{CID: block.Cid(), Data: block.RawData()}
	return b, check(b)
}

// check compares a block with its CID.
func check(b publish.Block) error {
	p := b.CID.Prefix()
	if !published(p) {
		return &BadBlockError{b.CID, "is none that Hallmark publishes, which are CIDv1, raw or dag-cbor, with sha2-256"}
	}
	if len(b.Data) > publish.MaxBlock {
		return &BadBlockError{b.CID, fmt.Sprintf("has %d bytes, at most %d are allowed", len(b.Data), publish.MaxBlock)}
	}
	if sum, err := p.Sum(b.Data); err != nil || !sum.Equals(b.CID) {
		return &BadBlockError{b.CID, "does not have the bytes that its CID names"}
	}
	return nil
}

// published reports whether a published block may have such a CID.
func published(p cid.Prefix) bool {
	return p.Version == 1 && (p.Codec == cid.Raw || p.Codec == cid.DagCBOR) &&
		p.MhType == multihash.SHA2_256 && p.MhLength == merkle.Size
}

// Writer writes a CAR file, block by block.
type Writer struct {
	w io.Writer
	b []byte // of the section's head, used again
}

// NewWriter writes the head of a CAR file.
func NewWriter(w io.Writer, roots []cid.Cid) (*Writer, error) {
	links := make([]cbor.Tag, 0, len(roots))
	for _, root := range roots {
		links = append(links, cbor.Tag{Number: 42, Content: append([]byte{0}, root.Bytes()...)})
	}
	head, err := headMode.Marshal(struct {
		Roots   []cbor.Tag `cbor:"roots"`
		Version int        `cbor:"version"`
	}{links, 1})
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(append(varint.ToUvarint(uint64(len(head))), head...)); err != nil {
		return nil, err
	}
	return &Writer{w: w}, nil
}

// headMode writes dag-cbor: shorter names come first.
var headMode = func() cbor.EncMode {
	mode, err := cbor.EncOptions{Sort: cbor.SortLengthFirst}.EncMode()
	if err != nil { // the options are constant
		panic(err)
	}
	return mode
}()

// Put writes a block.
func (w *Writer) Put(b publish.Block) error {
	id := b.CID.KeyString()
	w.b = append(append(w.b[:0], varint.ToUvarint(uint64(len(id)+len(b.Data)))...), id...)
	if _, err := w.w.Write(w.b); err != nil {
		return err
	}
	_, err := w.w.Write(b.Data)
	return err
}
