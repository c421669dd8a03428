package api

import (
	"encoding/binary"
	"hash/crc32"
	"sync"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/flate"
)

// piece is a part of an answer that many answers have in common. It is immutable. For
// whoever understands gzip it is compressed once, with no history of what stands before
// it and up to the end of a byte, so that pieces follow each other in one gzip member.
type piece struct {
	plain  []byte
	packed atomic.Pointer[[]byte] // raw deflate (RFC 1951), none of it final; nil until somebody asked for it
}

func newPiece(plain []byte) *piece { return &piece{plain: plain} }

// deflated returns the piece compressed.
func (p *piece) deflated() []byte {
	if packed := p.packed.Load(); packed != nil {
		return *packed
	}
	out := make(appender, 0, len(p.plain)/2+64)
	w, _ := deflaters.Get().(*flate.Writer)
	w.Reset(&out)
	_, _ = w.Write(p.plain) // into memory
	_ = w.Flush()           // an empty stored block, which ends a byte
	w.Reset(nil)
	deflaters.Put(w)
	packed := []byte(out)
	p.packed.Store(&packed)
	return packed
}

var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestCompression)
	if err != nil { // the level is one
		panic(err)
	}
	return w
}}

// pieces is an answer put together of pieces, and of what it alone has. It is for one
// goroutine, and is used again.
type pieces struct {
	list []part
	own  []byte // what this answer alone has
	body []byte // what is sent
}

// part is a piece, or from and to in own.
type part struct {
	*piece
	from, to int
}

var answers = sync.Pool{New: func() any { return new(pieces) }}

func (a *pieces) reset() { a.list, a.own = a.list[:0], a.own[:0] }

// add appends a piece.
func (a *pieces) add(p *piece) { a.list = append(a.list, part{piece: p}) }

// addOwn appends what was appended to own from the length from on.
func (a *pieces) addOwn(from int) {
	if from < len(a.own) {
		a.list = append(a.list, part{from: from, to: len(a.own)})
	}
}

func (a *pieces) plain(p *part) []byte {
	if p.piece != nil {
		return p.piece.plain
	}
	return a.own[p.from:p.to]
}

// hash returns the hash of all that the answer says.
func (a *pieces) hash() uint64 {
	var d xxhash.Digest
	d.Reset()
	for i := range a.list {
		_, _ = d.Write(a.plain(&a.list[i])) // never fails
	}
	return d.Sum64()
}

// whole returns the answer, until reset.
func (a *pieces) whole() []byte {
	b := a.body[:0]
	for i := range a.list {
		b = append(b, a.plain(&a.list[i])...)
	}
	a.body = b
	return b
}

// gzipHeader begins a member that says nothing of a file (RFC 1952): deflate, no time,
// an unknown system.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// maxStored is the most that a stored block holds, in bytes.
const maxStored = 1<<16 - 1

// gzipped returns the answer as one gzip member, until reset: pieces as they were
// compressed before, what is its own in stored blocks, and an empty final block.
func (a *pieces) gzipped() []byte {
	b := append(a.body[:0], gzipHeader...)
	crc, size := uint32(0), 0
	for i := range a.list {
		plain := a.plain(&a.list[i])
		crc = crc32.Update(crc, crc32.IEEETable, plain)
		size += len(plain)
		if p := a.list[i].piece; p != nil {
			b = append(b, p.deflated()...)
			continue
		}
		for len(plain) > 0 {
			block := plain[:min(len(plain), maxStored)]
			plain = plain[len(block):]
			b = append(b, 0) // stored, not final
			b = binary.LittleEndian.AppendUint16(b, uint16(len(block)))
			b = binary.LittleEndian.AppendUint16(b, ^uint16(len(block)))
			b = append(b, block...)
		}
	}
	b = append(b, 0x03, 0x00) // final, fixed codes, nothing but its end
	b = binary.LittleEndian.AppendUint32(b, crc)
	a.body = binary.LittleEndian.AppendUint32(b, uint32(size))
	return a.body
}
