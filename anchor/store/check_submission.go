package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// submissions rebuilds each submission from its leaves, and looks for all that
// intake writes with it.
func (c *checker) submissions() error {
	sealed, err := c.s.Sealed()
	c.readable("the last sealed submission", err)
	last, err := eachNumbered(c, 'n', "submission", func(n uint64, r *Submission) {
		c.Submissions++
		where := fmt.Sprintf("submission %d", n)
		if r.Sequence != n {
			c.damage(where, "the record says that it is submission %d", r.Sequence)
		}
		if r.Count == 0 || r.Count > publish.MaxLeaves {
			c.damage(where, "the record says %d leaves", r.Count)
			return
		}
		id := r.ID()
		c.number(fmt.Sprintf("%s: look-up by its id %s", where, id), key('s', id[:]), n)

		leaves, err := c.s.Leaves(r)
		if !c.readable(where+": its leaves", err) {
			return
		}
		c.Leaves += r.Count
		tree, err := published(r, leaves).VerifiedTree()
		if err != nil {
			c.damage(where, "%s", oneLine(err))
		} else {
			c.nodes(where, c.s.submissionTree(r), tree)
		}
		if r.large() {
			c.large = append(c.large, part{sequence: n, tree: r.Tree, count: uint32(r.Count)})
			return
		}
		c.leafKeys += pagesOf(int(r.Count))
		c.indexed(where, n, leaves)
	})
	if err != nil {
		return err
	}
	if last < sealed {
		c.damage("submissions", "the last one is %d, and %d are in batches", last, sealed)
	}
	if n, err := c.count('l'); err != nil {
		return err
	} else if n > c.leafKeys {
		c.surplus("leaves of small submissions", "there are %d more pages than submissions have", n-c.leafKeys)
	}
	return nil
}

// nodes compares the stored inner nodes of a tree with those that its leaves have.
func (c *checker) nodes(where string, stored *storedTree, tree *merkle.Tree) {
	_ = eachNodePage(tree.Nodes(), tree.Len(), func(page int, want []byte) error {
		err := c.s.view(nodesKey(stored.kind, stored.number, page), func(got []byte) error {
			if !bytes.Equal(got, want) {
				c.damage(where, "page %d of its inner nodes is not that of its leaves", page)
			}
			return nil
		})
		c.readable(fmt.Sprintf("%s: page %d of its inner nodes", where, page), err)
		return nil
	})
}

// indexed checks that the leaf index leads to a submission from each of its leaves.
func (c *checker) indexed(where string, n uint64, leaves []merkle.Hash) {
	var absent uint64
	k := append(make([]byte, 0, 17), 'x', 0, 0, 0, 0, 0, 0, 0, 0)
	k = append(k, be(n)...)
	for i := range leaves {
		if i > 0 && bytes.Equal(leaves[i][:8], k[1:9]) {
			continue // the same key
		}
		copy(k[1:], leaves[i][:8])
		if c.has(where, k) {
			c.indexKeys++
		} else {
			absent++
		}
	}
	if absent > 0 {
		c.damage(where, "the leaf index lacks %d of its %d leaves, which cannot be found by leaf", absent, len(leaves))
	}
}

// ids looks for ids that lead to something else than their submission. Those that
// submissions lack are found before.
func (c *checker) ids() error {
	return c.each('s', func(k, v []byte) {
		id := merkle.Hash(k[1:])
		where := "look-up of submission " + id.String()
		if len(v) != 8 {
			c.damage(where, "the record has %d bytes, want 8", len(v))
			return
		}
		r, err := c.s.SubmissionAt(binary.BigEndian.Uint64(v))
		if c.readable(where, err) && r.ID() != id {
			c.damage(where, "it leads to submission %d, which has the id %s", r.Sequence, r.ID())
		}
	})
}

// index looks for entries of the leaf index that lead nowhere. Those that are
// lacking are found before, so it is enough to count unless there are too many.
func (c *checker) index() error {
	n, err := c.count('x')
	if err != nil || n == c.indexKeys {
		return err
	}
	stray := 0
	err = c.each('x', func(k, _ []byte) {
		r, err := c.s.SubmissionAt(binary.BigEndian.Uint64(k[9:]))
		has := false
		if err == nil && !r.large() {
			var leaves []merkle.Hash
			leaves, err = c.s.Leaves(&r)
			i := sort.Search(len(leaves), func(i int) bool { return bytes.Compare(leaves[i][:8], k[1:9]) >= 0 })
			has = i < len(leaves) && bytes.Equal(leaves[i][:8], k[1:9])
		}
		if !has && (err == nil || errors.Is(err, ErrNotFound) && r.Sequence == 0) {
			stray++ // else it cannot be said, and was reported with the submission
		}
	})
	if stray > 0 {
		c.surplus("the leaf index", "%d entries lead to submissions without such a leaf", stray)
	}
	return err
}

// runs checks that each large submission is in one run, and rebuilds the indexes.
func (c *checker) runs() error {
	byNumber := make(map[uint64]*part, len(c.large))
	trees := make(map[uint64]bool, len(c.large))
	for i := range c.large {
		byNumber[c.large[i].sequence], trees[c.large[i].tree] = &c.large[i], true
	}
	pages := make(map[uint64]int) // by run
	err := c.each('v', func(k, v []byte) {
		n := binary.BigEndian.Uint64(k[1:])
		where := fmt.Sprintf("run %d of the leaf index", n)
		r, err := decodeRun(n, v)
		if err != nil {
			c.damage(where, "%s", oneLine(err))
			return
		}
		var alone []*run // each of its submissions
		for _, p := range r.parts {
			known := byNumber[p.sequence]
			if known == nil || known.tree != p.tree || known.count != p.count {
				c.damage(where, "it is of a submission %d that is not there, or is in another run too", p.sequence)
				return
			}
			delete(byNumber, p.sequence)
			part := &run{}
			part.add(p)
			alone = append(alone, part)
		}
		if len(r.fences) == 0 {
			return
		}
		pages[n] = len(r.fences)
		wrong, rebuilt := 0, 0
		err = c.s.mergeEntries(alone, r, func(page int, want []byte) error {
			rebuilt++
			err := c.s.view(pageKey('j', n, page), func(got []byte) error {
				if page >= len(r.fences) || r.fences[page] != binary.BigEndian.Uint64(want) || !bytes.Equal(got, want) {
					wrong++
				}
				return nil
			})
			c.readable(fmt.Sprintf("%s: page %d", where, page), err)
			return c.ctx.Err()
		})
		if c.ctx.Err() == nil && c.readable(where, err) && (wrong > 0 || rebuilt != len(r.fences)) {
			c.damage(where, "%d of its %d pages are not those of its %d submissions, whose leaves cannot all be found by leaf", wrong, len(r.fences), len(r.parts))
		}
	})
	if err != nil {
		return err
	}
	for sequence := range byNumber {
		c.damage(fmt.Sprintf("submission %d", sequence), "it is in no run of the leaf index: it cannot be found by leaf")
	}
	strays := 0
	err = c.each('j', func(k, _ []byte) {
		if int(binary.BigEndian.Uint32(k[9:])) >= pages[binary.BigEndian.Uint64(k[1:])] {
			strays++
		}
	})
	if err == nil {
		err = c.each('g', func(k, _ []byte) {
			if !trees[binary.BigEndian.Uint64(k[1:])] {
				strays++
			}
		})
	}
	if strays > 0 {
		c.surplus("the leaf index", "%d pages belong to nothing, as a crash may leave them; the node removes them when it starts", strays)
	}
	return err
}
