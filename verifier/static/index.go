package static

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/hallmark-node/hallmark/merkle"
)

// The index leads from the beginning of a leaf to the files that may have it. It consists of
// segments, each for a run of batches, as few as a binary counter has digits: so a new batch
// changes few of them, and a look-up reads one short file of each. A segment consists of shards:
// the entries whose leaves begin with the same bits.

const (
	entrySize    = 8 + 4 + 4
	shardEntries = 512 // in a shard, in the mean at most
	maxBits      = 24

	// maxCandidates bounds the files that are looked into for one leaf.
	maxCandidates = 256
)

// Segment is a part of the index.
type Segment struct {
	First uint64 `json:"first"` // number of the first batch
	Last  uint64 `json:"last"`  // and of the last
	Bits  int    `json:"bits"`  // of a leaf, by which it is in one of 2^Bits shards
}

// Entry says which file has a leaf that begins with 8 bytes. Entries are ordered by them, then
// by batch and file.
type Entry struct {
	Prefix [8]byte
	Batch  uint32 // number of the batch
	File   uint32 // number of the file in it
}

// Compare orders entries.
func (e Entry) Compare(o Entry) int {
	a, b := e.bytes(), o.bytes()
	return bytes.Compare(a[:], b[:])
}

func (e Entry) bytes() (b [entrySize]byte) {
	copy(b[:], e.Prefix[:])
	binary.BigEndian.PutUint32(b[8:], e.Batch)
	binary.BigEndian.PutUint32(b[12:], e.File)
	return b
}

// AppendEntries appends entries as they are in a shard.
func AppendEntries(dst []byte, entries ...Entry) []byte {
	for _, e := range entries {
		b := e.bytes()
		dst = append(dst, b[:]...)
	}
	return dst
}

// ReadEntries reads a shard.
func ReadEntries(path string, data []byte) ([]Entry, error) {
	if len(data)%entrySize != 0 {
		return nil, damaged(path, "%d bytes are no entries of %d", len(data), entrySize)
	}
	list := make([]Entry, len(data)/entrySize)
	for i := range list {
		b := data[i*entrySize:]
		list[i] = Entry{[8]byte(b), binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])}
	}
	return list, nil
}

// SegmentOf returns the segment of a run of batches that have so many leaves.
func SegmentOf(first, last, leaves uint64) Segment {
	s := Segment{First: first, Last: last}
	for s.Bits < maxBits && leaves>>s.Bits > shardEntries {
		s.Bits++
	}
	return s
}

// Folder is the path of a segment.
func (s Segment) Folder() string { return fmt.Sprintf("index/%d-%d", s.First, s.Last) }

// Shards is the number of its shards.
func (s Segment) Shards() int { return 1 << s.Bits }

// Shard returns the number of the shard in which a leaf is that begins so.
func (s Segment) Shard(prefix [8]byte) int {
	return int(binary.BigEndian.Uint64(prefix[:]) >> 1 >> (63 - s.Bits))
}

// Path returns the path of a shard: its bits, followed by zeros, in hex, each byte but the last
// as a folder.
func (s Segment) Path(shard int) string {
	width := max(1, (s.Bits+7)/8)
	number := uint64(shard) << (8*width - s.Bits)
	names := make([]string, width)
	for i := range names {
		names[i] = fmt.Sprintf("%02x", byte(number>>(8*(width-1-i))))
	}
	return s.Folder() + "/" + strings.Join(names, "/")
}

// with returns the entries of a sorted shard for a leaf.
func with(entries []Entry, leaf merkle.Hash) []Entry {
	prefix := leaf[:8]
	first := sort.Search(len(entries), func(i int) bool { return bytes.Compare(entries[i].Prefix[:], prefix) >= 0 })
	rest := entries[first:]
	end := slices.IndexFunc(rest, func(e Entry) bool { return !bytes.Equal(e.Prefix[:], prefix) })
	if end >= 0 {
		rest = rest[:end]
	}
	return rest
}

// Segments returns the runs of which the index of so many batches consists: of lengths that are
// powers of two, the longest first.
func Segments(batches uint64) (runs [][2]uint64) {
	first := uint64(1)
	for bit := 63; bit >= 0; bit-- {
		if length := uint64(1) << bit; batches&length != 0 {
			runs = append(runs, [2]uint64{first, first + length - 1})
			first += length
		}
	}
	return runs
}
