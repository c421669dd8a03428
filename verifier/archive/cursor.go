package archive

import (
	"encoding/binary"
	"fmt"
	"iter"
	"sort"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Entry is one credential of an archive.
type Entry struct {
	Index int    // in the archive
	Name  string // a relative path with slashes; empty if it has none
	// Proof is the proof that the credential would have in a file of its own. It
	// shares what all proofs of its group have in common, so it must not be changed.
	Proof *verifier.Proof
}

// Proof returns the credential with an index. It reads about a thousand rows of a
// large submission, and for several in order [Archive.Entries] is faster.
func (a *Archive) Proof(i int) (*Entry, error) {
	if i < 0 || i >= a.rows {
		return nil, fmt.Errorf("there is no credential %d in an archive of %d", i, a.rows)
	}
	g := a.groupOf(i)
	return (&cursor{g: g}).entry(i - g.first)
}

func (a *Archive) groupOf(i int) *Group {
	return a.groups[sort.Search(len(a.groups), func(j int) bool { return a.groups[j].first > i })-1]
}

// Entries yields the credentials from index lo up to, but without, hi in order. It
// ends after the first error. Memory is bounded by some thousand rows. Several
// ranges may be read at once.
func (a *Archive) Entries(lo, hi int) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		var c *cursor
		for i := max(lo, 0); i < min(hi, a.rows); i++ {
			if g := a.groupOf(i); c == nil || c.g != g {
				c = &cursor{g: g}
			}
			e, err := c.entry(i - c.g.first)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Row is what an archive holds of one credential alone.
type Row struct {
	Index int         // in the archive
	CID   []byte      // binary form; valid until the next row
	Salt  merkle.Hash // zero for a discoverable credential
	Leaf  merkle.Hash
	Name  string // as of an [Entry]
}

// Rows yields the rows of all credentials in order, which is faster than their
// proofs. It ends after the first error.
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
					data := run.data[i*size:]
					row := &Row{Index: g.first + lo + i, Salt: merkle.Hash(data[g.width:]), Leaf: run.leaves[i]}
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

// chunkRows is how many rows are read at once where all are.
const chunkRows = 1 << 14

// AppendLeaves appends the group's leaves, ascending, to dst. It checks their order,
// and for a whole submission that they lead to its root. It uses every core.
func (g *Group) AppendLeaves(dst []merkle.Hash) ([]merkle.Hash, error) {
	stream, err := merkle.NewStream(uint64(g.rows), nil)
	if err != nil {
		return dst, err // a broken invariant: a group is not empty
	}
	for lo := 0; lo < g.rows; lo += chunkRows {
		b, err := g.read(lo, min(lo+chunkRows, g.rows))
		if err != nil {
			return dst, err
		}
		if err := stream.Append(b.leaves); err != nil {
			return dst, broken("%v", err)
		}
		dst = append(dst, b.leaves...)
	}
	root, err := stream.Root()
	if err == nil && g.Whole() && root != g.root {
		err = broken("its credentials do not lead to the root that was signed")
	}
	return dst, err
}

// rows is a run of rows in memory.
type rows struct {
	lo     int
	data   []byte
	leaves []merkle.Hash
	names  []string // nil if there are none
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
	if g.names == 0 {
		return r, nil
	}
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
		return nil, broken("it has a name that is nobody's")
	}
	text := make([]byte, ends[hi-lo]-ends[0])
	if err := readAt(g.r, text, g.at+g.namesAt()+int64(ends[0])); err != nil {
		return nil, err
	}
	r.names = make([]string, hi-lo)
	for i := range r.names {
		name := string(text[ends[i]-ends[0] : ends[i+1]-ends[0]])
		if err := CheckName(name); err != nil {
			return nil, broken("%v", err)
		}
		r.names[i] = name
	}
	return r, nil
}

// cursor reads the credentials of a group, fast as long as they are near each other.
// One goroutine uses it at a time.
type cursor struct {
	g    *Group
	node int          // stored node above what is loaded
	tree *merkle.Tree // over the leaves in loaded; nil if paths are stored
	runs []*rows      // what is loaded, ascending: rows of one subtree
	last merkle.Hash  // leaf of the entry before, to check the order
	next int          // index for which last is good
}

// pageRows is how many rows are read at once where paths are stored.
const pageRows = 256

// entry returns credential i of the group.
func (c *cursor) entry(i int) (*Entry, error) {
	run, at, err := c.find(i)
	if err != nil {
		return nil, err
	}
	g := c.g
	leaf := run.leaves[i-run.lo]
	if i > 0 && i == c.next && merkle.Compare(c.last, leaf) >= 0 {
		return nil, broken("leaf %s stands before %s", c.last, leaf)
	}
	c.last, c.next = leaf, i+1
	row := run.data[(i-run.lo)*g.rowSize():][:g.rowSize()]
	p := *g.shared.Proof
	if p.Credential, err = parseCID(row[:g.width]); err != nil {
		return nil, broken("%v", err)
	}
	p.Salt = merkle.Hash(row[g.width:])
	if c.tree == nil {
		p.Submission.Path, err = g.storedPath(row[g.width+merkle.Size:])
	} else {
		p.Submission.Path = g.climb(c.tree.AppendPath(make([]merkle.Hash, 0, 24), at), c.node)
	}
	if err == nil && g.shared.Lists != nil {
		p.Anchors, err = withStatus(p.Anchors, g.shared.Lists, leaf, g.root)
	}
	if err != nil {
		return nil, broken("%v", err)
	}
	e := &Entry{Index: g.first + i, Proof: &p}
	if run.names != nil {
		e.Name = run.names[i-run.lo]
	}
	return e, nil
}

// find loads the rows around row i, unless they are, and returns the run with it and
// the number of its leaf among all that are loaded.
func (c *cursor) find(i int) (run *rows, at int, err error) {
	for {
		at = 0
		for _, run := range c.runs {
			if run.lo <= i && i < run.lo+len(run.leaves) {
				return run, at + i - run.lo, nil
			}
			at += len(run.leaves)
		}
		if err := c.load(i); err != nil {
			c.runs = nil
			return nil, 0, err
		}
	}
}

// load reads the rows of the subtree below a stored node that row i belongs to.
func (c *cursor) load(i int) error {
	g := c.g
	c.runs, c.tree = nil, nil
	if !g.Whole() {
		run, err := g.read(i, min(i+pageRows, g.rows))
		if err != nil {
			return err
		}
		c.runs = []*rows{run}
		return nil
	}
	// Leaf i of n is node 2n-2-i, the children of node x are 2x+1 and 2x+2.
	c.node = 2*g.rows - 2 - i
	for c.node >= len(g.nodes) {
		c.node = (c.node - 1) / 2
	}
	var leaves []merkle.Hash
	for _, r := range leavesBelow(g.rows, c.node) {
		run, err := g.read(r[0], r[1])
		if err != nil {
			return err
		}
		c.runs = append(c.runs, run)
		leaves = append(leaves, run.leaves...)
	}
	// The part of such a tree below any node is such a tree itself.
	var err error
	if c.tree, err = merkle.FromSorted(leaves); err != nil {
		return broken("%v", err)
	}
	if c.tree.Root() != g.nodes[c.node] {
		return broken("its credentials do not lead to the root that was signed")
	}
	return nil
}

// leavesBelow returns the ranges of the sorted leaves of a tree of n that lie below a
// node, ascending: those on the last level, then those on the one before.
func leavesBelow(n, node int) (ranges [][2]int) {
	for lo, hi := node, node; lo <= 2*n-2; lo, hi = 2*lo+1, 2*hi+2 {
		if a, b := max(lo, n-1), min(hi, 2*n-2); a <= b {
			ranges = append([][2]int{{2*n - 2 - b, 2*n - 1 - a}}, ranges...)
		}
	}
	return ranges
}

// climb appends the siblings on the way from a stored node to the root.
func (g *Group) climb(path []merkle.Hash, node int) []merkle.Hash {
	for ; node > 0; node = (node - 1) / 2 {
		sibling := node - 1
		if node%2 == 1 {
			sibling = node + 1
		}
		path = append(path, g.nodes[sibling])
	}
	return path
}

// storedPath reads the path in a row, whose rest is zero.
func (g *Group) storedPath(b []byte) ([]merkle.Hash, error) {
	n := int(b[0])
	if n > g.steps {
		return nil, fmt.Errorf("a path of %d steps in a row for %d", n, g.steps)
	}
	path := make([]merkle.Hash, n)
	for i := range path {
		path[i] = merkle.Hash(b[1+i*merkle.Size:])
	}
	for _, rest := range b[1+n*merkle.Size:] {
		if rest != 0 {
			return nil, fmt.Errorf("a path is followed by something")
		}
	}
	return path, nil
}
