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

		inIntake := c.has(where, key('l', be(n)))
		switch wanted := n > sealed && r.Count > 1 && r.Count <= publish.MaxInline; {
		case wanted:
			c.leafKeys++
		case inIntake:
			c.surplus(where, "leaves are stored that its batch has already")
		}
		leaves, err := c.s.Leaves(r)
		if !c.readable(where+": its leaves", err) {
			return
		}
		c.Leaves += r.Count
		if err := published(r, leaves).Verify(); err != nil {
			c.damage(where, "%s", oneLine(err))
		}
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
		c.surplus("leaves of waiting submissions", "%d more records than submissions wait", n-c.leafKeys)
	}
	return nil
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
		if err == nil {
			has, err = c.hasPrefix(&r, k[1:9])
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

// hasPrefix reports whether a submission has a leaf that begins with 8 bytes.
func (c *checker) hasPrefix(r *Submission, prefix []byte) (found bool, err error) {
	err = c.s.eachLeafPage(r, func(page []byte) (bool, error) {
		n := len(page) / merkle.Size
		at := func(i int) []byte { return page[i*merkle.Size:][:8] }
		i := sort.Search(n, func(i int) bool { return bytes.Compare(at(i), prefix) >= 0 })
		found = i < n && bytes.Equal(at(i), prefix)
		return i == n, nil
	})
	return found, err
}
