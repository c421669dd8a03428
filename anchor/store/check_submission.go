package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"

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
		c.pages += pagesOf(int(r.Count), c.s.pageOf(r.tree()))
		w := indexWriter{number: r.tree(), set: c.index.add}
		_ = w.add(leaves) // set has no error
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
		err := c.s.from.Get(pageKey(stored.kind, stored.number, nodePages+page), func(got []byte) error {
			if !bytes.Equal(got, want) {
				c.damage(where, "page %d of its inner nodes is not that of its leaves", page)
			}
			return nil
		})
		c.readable(fmt.Sprintf("%s: page %d of its inner nodes", where, page), err)
		return nil
	})
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

// indexSum is the number and the sum of the hashes of entries of the leaf index, in whatever
// order: two sums are equal if the entries are, and else but for one case in 2^64 not.
type indexSum struct {
	seed  maphash.Seed
	count uint64
	sum   uint64
}

func (s *indexSum) add(key, value []byte) error {
	var entry [32]byte
	s.count++
	s.sum += maphash.Bytes(s.seed, append(append(entry[:0], key...), value...))
	return nil
}

// leafIndex compares the leaf index with that of all leaves, by sums in one pass, since it would
// take long to look for each. Only if they differ it looks for what is lacking or leads nowhere.
func (c *checker) leafIndex() error {
	stored := indexSum{seed: c.index.seed}
	err := c.each('x', func(k, v []byte) { _ = stored.add(k, v) })
	if err != nil || stored == c.index {
		return err
	}
	_, err = eachNumbered(c, 'n', "submission", func(n uint64, r *Submission) {
		if r.Count == 0 || r.Count > publish.MaxLeaves {
			return // reported with the submissions, as the next is
		}
		if leaves, err := c.s.Leaves(r); err == nil {
			c.indexed(fmt.Sprintf("submission %d", n), r.tree(), leaves)
		}
	})
	if err != nil {
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

// indexed checks that the leaf index leads to a tree from each of its leaves.
func (c *checker) indexed(where string, tree uint64, leaves []merkle.Hash) {
	absent := 0
	w := indexWriter{number: tree, set: func(key, value []byte) error {
		err := c.s.from.Get(key, func(got []byte) error {
			if !bytes.Equal(got, value) {
				absent++
			}
			return nil
		})
		if errors.Is(err, ErrNotFound) {
			absent++
			return nil
		}
		return err
	}}
	if c.readable(where+": leaf index", w.add(leaves)) && absent > 0 {
		c.damage(where, "the leaf index lacks %d of its %d leaves, which cannot be found by leaf", absent, len(leaves))
	}
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
