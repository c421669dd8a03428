package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

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
		tree, err := r.published(leaves).VerifiedTree()
		if err != nil {
			c.damage(where, "%s", oneLine(err))
		} else {
			c.nodes(where, c.s.submissionTree(r), tree)
		}
		c.pages += pagesOf(int(r.Count))
		c.indexed(where, r.tree(), leaves)
		if r.Tree != 0 {
			c.number(fmt.Sprintf("%s: look-up by its tree %d", where, r.Tree), key('v', be(r.Tree)), n)
		}
	})
	if err != nil {
		return err
	}
	if last < sealed {
		c.damage("submissions", "the last one is %d, and %d are in batches", last, sealed)
	}
	n, err := c.count('l')
	if err == nil && n > c.pages {
		c.surplus("pages of leaves",
			"there are %d more than submissions have; the node removes those that a crash has left when it starts", n-c.pages)
	}
	return err
}

// nodes compares the stored inner nodes of a tree with those that its leaves have.
func (c *checker) nodes(where string, stored *storedTree, tree *merkle.Tree) {
	_ = eachNodePage(tree.Nodes(), tree.Len(), func(page int, want []byte) error {
		err := c.s.view(pageKey(stored.kind, stored.number, nodePages+page), func(got []byte) error {
			if !bytes.Equal(got, want) {
				c.damage(where, "page %d of its inner nodes is not that of its leaves", page)
			}
			return nil
		})
		c.readable(fmt.Sprintf("%s: page %d of its inner nodes", where, page), err)
		return nil
	})
}

// indexed checks that the leaf index leads to a tree from each of its leaves.
func (c *checker) indexed(where string, tree uint64, leaves []merkle.Hash) {
	it, err := c.s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{'x'}, UpperBound: []byte{'x' + 1}})
	if !c.readable(where+": leaf index", err) {
		return
	}
	absent := 0
	w := indexWriter{number: tree, set: func(key, value []byte) error {
		if it.SeekGE(key) && bytes.Equal(it.Key(), key) && bytes.Equal(it.Value(), value) {
			c.indexKeys++
		} else {
			absent++
		}
		return nil
	}}
	_ = w.add(leaves) // it has no error of its own
	if c.readable(where+": leaf index", it.Close()) && absent > 0 {
		c.damage(where, "the leaf index lacks %d of its %d leaves, which cannot be found by leaf", absent, len(leaves))
	}
}

// ids looks for ids that lead to something else than their submission. Those that
// submissions lack are found before.
func (c *checker) ids() error {
	name := func(id []byte) string { return fmt.Sprintf("look-up of submission 0x%x", id) }
	return c.eachLookup('s', name, func(where string, id []byte, sequence uint64) {
		r, err := c.s.SubmissionAt(sequence)
		if c.readable(where, err) && r.ID() != merkle.Hash(id) {
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
	err = c.each('x', func(k, v []byte) {
		if c.stray(k, v) {
			stray++
		}
	})
	if stray > 0 {
		c.surplus("the leaf index", "%d entries lead to submissions without such a leaf", stray)
	}
	return err
}

// stray reports whether an entry of the leaf index leads nowhere. What cannot be read
// was reported with the submission.
func (c *checker) stray(k, v []byte) bool {
	e, err := decodeEntry(k, v)
	if err != nil {
		return true
	}
	sequence, err := c.s.sequenceOf(e.number)
	if err != nil {
		return errors.Is(err, ErrNotFound)
	}
	r, err := c.s.SubmissionAt(sequence)
	if err != nil {
		return errors.Is(err, ErrNotFound)
	}
	if uint64(e.at) >= r.Count {
		return true
	}
	leaf, err := c.s.submissionTree(&r).appendLeaves(nil, e.at, e.at+1)
	return err == nil && !bytes.Equal(leaf[0][:8], k[1:9])
}

// trees looks for numbers of trees that lead to something else than their submission.
func (c *checker) trees() error {
	name := func(tree []byte) string { return fmt.Sprintf("look-up by tree %d", binary.BigEndian.Uint64(tree)) }
	return c.eachLookup('v', name, func(where string, tree []byte, sequence uint64) {
		r, err := c.s.SubmissionAt(sequence)
		if c.readable(where, err) && r.tree() != binary.BigEndian.Uint64(tree) {
			c.damage(where, "it leads to submission %d, which has the tree %d", r.Sequence, r.tree())
		}
	})
}
