package publish

import (
	"bytes"
	"encoding/binary"

	"github.com/ipfs/go-cid"
)

// pageWriter makes the pages of a batch. A page is a list of [pageItem]; with 100,000
// of them in a batch, encoding each by reflection is a good part of what sealing
// costs, so they are written member by member. Readers compare every page with what
// the general encoder makes of it.
type pageWriter struct {
	data  []byte // room for the longest head of a list, and the submissions; used again for the next page
	count int
}

// longestHead is how many bytes the head of the list takes at most.
const longestHead = 5

// maxPageItems is what a page holds beside the head of its list.
const maxPageItems = MaxBlock - longestHead

func newPageWriter() *pageWriter { return &pageWriter{data: make([]byte, longestHead)} }

// add appends a submission, unless the page has no room for it.
func (p *pageWriter) add(item []byte) bool {
	if len(p.data)-longestHead+len(item) > maxPageItems {
		return false
	}
	p.data = append(p.data, item...)
	p.count++
	return true
}

// flush returns the page as a block and begins the next one.
func (p *pageWriter) flush() Block {
	var buffer [longestHead]byte
	head := appendHead(buffer[:0], cborList, uint64(p.count))
	page := p.data[longestHead-len(head):]
	copy(page, head)
	p.data, p.count = p.data[:longestHead], 0
	return newBlock(cid.DagCBOR, bytes.Clone(page))
}

// appendItem appends what the general encoder makes of a pageItem.
func appendItem(dst []byte, i *pageItem) []byte {
	members := uint64(7)
	if len(i.Leaves) > 0 {
		members++
	}
	dst = appendHead(dst, cborMap, members)
	dst = appendBytes(appendText(dst, "root"), i.Root[:])
	dst = appendHead(appendText(dst, "count"), cborUint, i.Count)
	dst = appendBytes(appendText(dst, "issuer"), i.Issuer[:])
	if len(i.Leaves) > 0 {
		dst = append(appendText(dst, "leaves"), i.Leaves...)
	}
	dst = appendHead(appendText(dst, "chainId"), cborUint, i.ChainID)
	dst = appendHead(appendText(dst, "issuedAt"), cborUint, i.IssuedAt)
	dst = appendBytes(appendText(dst, "registry"), i.Registry[:])
	return appendBytes(appendText(dst, "signature"), i.Signature[:])
}

// The major types of CBOR that pages consist of, as they stand in the first byte.
const (
	cborUint  = 0 << 5
	cborBytes = 2 << 5
	cborText  = 3 << 5
	cborList  = 4 << 5
	cborMap   = 5 << 5
)

func appendBytes(dst, b []byte) []byte {
	return append(appendHead(dst, cborBytes, uint64(len(b))), b...)
}

func appendText(dst []byte, s string) []byte {
	return append(appendHead(dst, cborText, uint64(len(s))), s...)
}

// appendHead appends a major type with its argument, in as few bytes as it takes.
func appendHead(dst []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(dst, major|byte(n))
	case n < 1<<8:
		return append(dst, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, major|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, major|27), n)
}
