package archive

import (
	"bytes"
	"encoding/binary"

	"github.com/ipfs/go-cid"
)

// Find returns the indices of all credentials with a CID: several if it was submitted
// several times. Of a large group it reads some forty rows besides those.
//
// Every row that it returns has the CID. That it returns all of them depends on the maker
// of the archive: where the entries of the index that it reads are out of order the error
// wraps [ErrNotArchive], but an index may omit a row and be in order there. [Archive.Rows]
// yields every credential without the index.
func (a *Archive) Find(c cid.Cid) ([]int, error) {
	var found []int
	for _, g := range a.groups {
		if c.ByteLen() > g.width {
			continue
		}
		rows, err := g.find(append(c.Bytes(), make([]byte, g.width-c.ByteLen())...))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if number, ok := g.credential(row); ok {
				found = append(found, g.first+number)
			}
		}
	}
	return found, nil
}

// find returns the rows with a padded CID, ascending. It checks that all entries of the
// index that it reads ascend strictly, so it returns no row twice.
func (g *Group) find(want []byte) ([]int, error) {
	// The entry at lo is below want, that at hi is not; both were read, unless there are none.
	lo, hi := -1, g.rows
	var below, above indexEntry
	for lo+1 < hi {
		at := lo + (hi-lo)/2
		e, err := g.indexed(at)
		if err != nil {
			return nil, err
		}
		if lo >= 0 && !below.before(e) || hi < g.rows && !e.before(above) {
			return nil, outOfOrder(at)
		}
		if bytes.Compare(e.cid, want) < 0 {
			lo, below = at, e
		} else {
			hi, above = at, e
		}
	}
	// An entry that belongs here may stand next to here, so two before and one behind are read.
	var found []int
	first := max(hi-2, 0)
	var last indexEntry
	for at := first; at < g.rows; at++ {
		e, err := g.indexed(at)
		if err != nil {
			return nil, err
		}
		if at > first && !last.before(e) {
			return nil, outOfOrder(at)
		}
		if last = e; bytes.Equal(e.cid, want) {
			found = append(found, e.row)
		} else if at > hi {
			break
		}
	}
	return found, nil
}

// indexEntry is one of the index, with the CID of the row that it names.
type indexEntry struct {
	row int
	cid []byte // padded
}

// before reports whether e belongs before other.
func (e indexEntry) before(other indexEntry) bool {
	order := bytes.Compare(e.cid, other.cid)
	return order < 0 || order == 0 && e.row < other.row
}

func outOfOrder(at int) error { return broken("its index is out of order at entry %d", at) }

// indexed returns the entry at a place of the index.
func (g *Group) indexed(at int) (indexEntry, error) {
	var b [4]byte
	if err := readAt(g.r, b[:], g.at+g.indexAt()+4*int64(at)); err != nil {
		return indexEntry{}, err
	}
	row := binary.BigEndian.Uint32(b[:])
	if int64(row) >= int64(g.rows) {
		return indexEntry{}, broken("its index names credential %d of %d", row, g.rows)
	}
	e := indexEntry{row: int(row), cid: make([]byte, g.width)}
	return e, readAt(g.r, e.cid, g.at+g.rowsAt()+int64(row)*int64(g.rowSize()))
}
