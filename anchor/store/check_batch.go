package store

import (
	"encoding/binary"
	"fmt"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// batches rebuilds each batch from the ids of its submissions, and once more from
// its published blocks as a mirror would.
func (c *checker) batches() error {
	var end uint64 // sequence number of the last submission in a batch so far
	last, err := eachNumbered(c, 'b', "batch", func(n uint64, b *Batch) {
		c.Batches++
		where := fmt.Sprintf("batch %d", n)
		if b.Number != n {
			c.damage(where, "the record says that it is batch %d", b.Number)
		}
		if b.First != end+1 || b.Last+1 < b.First {
			c.damage(where, "it holds the submissions %d to %d, and the one before ends with %d", b.First, b.Last, end)
		}
		end = max(end, b.Last)
		c.number(where+": look-up by its root", key('r', b.Root[:]), n)
		if b.Last >= b.First {
			c.number(where+": look-up by its last submission", key('q', be(b.Last)), n)
		}
		ids, err := c.s.BatchIDs(b)
		if c.readable(where+": ids of its submissions", err) {
			if tree, err := merkle.FromSorted(ids); err != nil {
				c.damage(where+": ids of its submissions", "%s", oneLine(err))
			} else if tree.Root() != b.Root {
				c.damage(where+": ids of its submissions", "they have the root %s, not %s", tree.Root(), b.Root)
			} else {
				c.nodes(where, c.s.batchTree(b), tree)
			}
		}
		c.publishedBatch(where, b)
	})
	if err != nil {
		return err
	}
	for _, kind := range []byte{'q', 'r'} {
		n, err := c.count(kind)
		if err != nil {
			return err
		}
		if n > last {
			c.surplus(fmt.Sprintf("records of kind %c", kind), "there are %d for %d batches", n, last)
		}
	}
	return nil
}

// publishedBatch reads a batch from its blocks, and compares it with the records.
func (c *checker) publishedBatch(where string, b *Batch) {
	var count, leaves uint64
	err := publish.ReadBatch(c.ctx, c.block, publish.Batch{Root: b.Root, Manifest: b.Manifest}, func(sub *publish.Submission) error {
		id := sub.ID()
		count++
		leaves += sub.Count
		r, err := c.s.Submission(id)
		if !c.readable(fmt.Sprintf("%s: submission %s", where, id), err) {
			return nil
		}
		if !b.Has(r.Sequence) || r.Signature != sub.Signature {
			c.damage(where, "the published submission %s is not the stored submission %d", id, r.Sequence)
		}
		return nil
	})
	if err != nil {
		if c.ctx.Err() == nil {
			c.damage(where, "what is published of it cannot be rebuilt: %s", oneLine(err))
		}
		return
	}
	if count != b.Count() || leaves != b.Leaves {
		c.damage(where, "it has %d submissions with %d leaves, the record says %d with %d", count, leaves, b.Count(), b.Leaves)
	}
}

// statusLists rebuilds each status list from its published blocks.
func (c *checker) statusLists() error {
	return c.each('i', func(k, v []byte) {
		c.StatusLists++
		var l StatusList
		where := fmt.Sprintf("status list %d of issuer 0x%x", binary.BigEndian.Uint64(k[21:29]), k[1:21])
		if !c.decoded(where, v, &l) {
			return
		}
		if string(key('i', l.Issuer[:], be(l.Version), l.Root[:])) != string(k) {
			c.damage(where, "the record is of list %d of %s", l.Version, l.Issuer)
		}
		items, err := publish.ReadStatusList(c.ctx, c.block, publish.StatusList{
			Issuer: l.Issuer, Version: l.Version, Root: l.Root, List: l.Manifest,
		})
		if err != nil {
			if c.ctx.Err() == nil {
				c.damage(where, "it cannot be rebuilt from its blocks: %s", oneLine(err))
			}
			return
		}
		if uint64(len(items)) != l.Count {
			c.damage(where, "it has %d entries, the record says %d", len(items), l.Count)
		}
	})
}
