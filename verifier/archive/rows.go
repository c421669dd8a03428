package archive

import (
	"encoding/binary"
	"iter"

	"github.com/hallmark-node/hallmark/merkle"
)

// Row is what belongs to one credential alone.
type Row struct {
	Index int         // in the archive
	CID   []byte      // binary form; valid until the next row
	Salt  merkle.Hash // zero for a discoverable credential
	Leaf  merkle.Hash
	Name  string // as in [Entry]
}

// Rows yields the rows of all credentials in order, which is faster than [Archive.Entries].
// It ends after the first error.
func (a *Archive) Rows() iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		for _, g := range a.groups {
			for lo := 0; lo < g.rows; lo += chunkRows {
				run, err := g.read(lo, min(lo+chunkRows, g.rows))
				if err != nil {
					yield(nil, err)
					return
				}
				size := g.rowSize()
				for i := range run.leaves {
					number, ok := g.credential(lo + i)
					if !ok {
						continue
					}
					data := run.data[i*size:]
					row := &Row{Index: g.first + number, Salt: merkle.Hash(data[g.width:]), Leaf: run.leaves[i]}
					row.CID, _ = cidIn(data[:g.width]) // read has checked it
					if run.names != nil {
						row.Name = run.names[i]
					}
					if !yield(row, nil) {
						return
					}
				}
			}
		}
	}
}

// chunkRows is how many rows are read at once by what reads all of them.
const chunkRows = 1 << 14

// AppendLeaves appends the group's leaves, ascending, to dst: of a whole submission also those
// of the evidence of who the issuer is. It checks their order, and for a whole submission that
// they lead to its root. It uses all cores.
func (g *Group) AppendLeaves(dst []merkle.Hash) ([]merkle.Hash, error) {
	stream, err := merkle.NewStream(uint64(g.rows), nil)
	if err != nil {
		return dst, err // broken invariant: a group is not empty
	}
	for lo := 0; lo < g.rows; lo += chunkRows {
		run, err := g.read(lo, min(lo+chunkRows, g.rows))
		if err != nil {
			return dst, err
		}
		if err := stream.Append(run.leaves); err != nil {
			return dst, broken("%v", err)
		}
		dst = append(dst, run.leaves...)
	}
	root, err := stream.Root()
	if err == nil && g.Whole() && root != g.root {
		err = broken("its credentials do not lead to the signed root")
	}
	return dst, err
}

// rows is a run of consecutive rows in memory.
type rows struct {
	lo     int    // number of the first one in its group
	data   []byte // as they stand in the file
	leaves []merkle.Hash
	names  []string // nil if the group has none
}

// read reads the rows from lo up to, but without, hi.
func (g *Group) read(lo, hi int) (*rows, error) {
	size := g.rowSize()
	r := &rows{lo: lo, data: make([]byte, (hi-lo)*size), leaves: make([]merkle.Hash, hi-lo)}
	if err := readAt(g.r, r.data, g.at+g.rowsAt()+int64(lo)*int64(size)); err != nil {
		return nil, err
	}
	err := hashLeaves(r.leaves, func(i int) ([]byte, merkle.Hash) {
		row := r.data[i*size:]
		return row[:g.width], merkle.Hash(row[g.width:])
	})
	if err != nil {
		return nil, broken("%v", err)
	}
	if g.names > 0 {
		r.names, err = g.readNames(lo, hi)
	}
	return r, err
}

// readNames reads the names of the rows from lo up to, but without, hi.
func (g *Group) readNames(lo, hi int) ([]string, error) {
	// Each name ends where the next one begins; the first begins at 0.
	ends := make([]uint32, hi-lo+1)
	from := max(lo-1, 0)
	buf := make([]byte, 4*(hi-from))
	if err := readAt(g.r, buf, g.at+g.endsAt()+4*int64(from)); err != nil {
		return nil, err
	}
	for i := range hi - from {
		ends[i+1-(lo-from)] = binary.BigEndian.Uint32(buf[4*i:])
	}
	for i := 1; i < len(ends); i++ {
		if ends[i] < ends[i-1] || ends[i]-ends[i-1] > MaxName || int64(ends[i]) > int64(g.names) {
			return nil, broken("the names of its credentials are out of order")
		}
	}
	if hi == g.rows && int64(ends[hi-lo]) != int64(g.names) {
		return nil, broken("the last bytes of its names belong to no credential")
	}
	text := make([]byte, ends[hi-lo]-ends[0])
	if err := readAt(g.r, text, g.at+g.namesAt()+int64(ends[0])); err != nil {
		return nil, err
	}
	names := make([]string, hi-lo)
	for i := range names {
		names[i] = string(text[ends[i]-ends[0] : ends[i+1]-ends[0]])
		if err := CheckName(names[i]); err != nil {
			return nil, broken("%v", err)
		}
	}
	return names, nil
}
