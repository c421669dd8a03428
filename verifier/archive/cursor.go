package archive

import (
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

// Proof returns the credential with an index. Of a large submission it reads about a
// thousand rows; for several credentials in order use [Archive.Entries].
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

// Entries yields the credentials from index lo up to, but without, hi in order. It ends
// after the first error. It keeps a few thousand rows in memory at most. Several ranges may
// be read at once.
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

// cursor reads the credentials of a group. It keeps the rows around the last one, so it is
// fast for those near each other. One goroutine uses it at a time.
type cursor struct {
	g    *Group
	node int          // stored node above the loaded rows
	tree *merkle.Tree // over the leaves of the loaded rows; nil if paths are stored
	runs []*rows      // the loaded rows, ascending: those of one subtree
	last merkle.Hash  // leaf of row next-1, to check the order
	next int          // the row that follows the last one returned
}

// pageRows is how many rows are read at once where paths are stored.
const pageRows = 256

// entry returns the credential with a number in the group.
func (c *cursor) entry(number int) (*Entry, error) {
	g := c.g
	i := g.row(number)
	run, at, err := c.find(i)
	if err != nil {
		return nil, err
	}
	leaf := run.leaves[i-run.lo]
	if c.next > 0 && i >= c.next && merkle.Compare(c.last, leaf) >= 0 {
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
	e := &Entry{Index: g.first + number, Proof: &p}
	if run.names != nil {
		e.Name = run.names[i-run.lo]
	}
	return e, nil
}

// find returns the run that has row i, and the number of its leaf among all loaded ones. If
// the row is not loaded yet, it loads the rows around it.
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

// load reads all rows of the subtree below the stored node above row i; where paths are
// stored, the rows that follow.
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
	// The part of such a tree below any node is itself such a tree.
	var err error
	if c.tree, err = merkle.FromSorted(leaves); err != nil {
		return broken("%v", err)
	}
	if c.tree.Root() != g.nodes[c.node] {
		return broken("its credentials do not lead to the signed root")
	}
	return nil
}

// leavesBelow returns the ranges of the n sorted leaves of a tree that lie below a node,
// ascending: those on the last level, then those on the level above it.
func leavesBelow(n, node int) (ranges [][2]int) {
	for lo, hi := node, node; lo <= 2*n-2; lo, hi = 2*lo+1, 2*hi+2 {
		if a, b := max(lo, n-1), min(hi, 2*n-2); a <= b {
			ranges = append([][2]int{{2*n - 2 - b, 2*n - 1 - a}}, ranges...)
		}
	}
	return ranges
}

// climb appends the siblings on the path from a stored node to the root.
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

// storedPath reads the path in a row; the rest of the row must be zero.
func (g *Group) storedPath(b []byte) ([]merkle.Hash, error) {
	n := int(b[0])
	if n > g.steps {
		return nil, fmt.Errorf("a path of %d steps in a row that has room for %d", n, g.steps)
	}
	path := make([]merkle.Hash, n)
	for i := range path {
		path[i] = merkle.Hash(b[1+i*merkle.Size:])
	}
	return path, zeros("a path", b[1+n*merkle.Size:])
}
