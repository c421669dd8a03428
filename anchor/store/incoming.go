package store

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// LargeLeaves is how many leaves a submission has at least that is written while it
// arrives, to a file beside the log. Fewer cost less in the log than a file of their
// own does.
const LargeLeaves = publish.MaxBlockLeaves

// Incoming is a submission of at least [LargeLeaves] leaves that is written while it
// arrives, before anybody knows whether its leaves have the root that it says. It
// holds some 16 MiB at most, and less as long as less has arrived. One goroutine
// uses it at a time, and calls Discard at the end.
type Incoming struct {
	s      *Store
	table  *table
	stream *merkle.Stream
	count  int
	added  int
	blocks []merkle.Hash // digests of the published blocks
	nodes  []merkle.Hash // the inner nodes that are stored, by their places in the array; nil before the first
}

// Receive begins a submission of count leaves.
func (s *Store) Receive(count int) (*Incoming, error) {
	t, err := s.newTable(s.numbers.Add(1))
	if err != nil {
		return nil, err
	}
	in := &Incoming{s: s, table: t, count: count}
	if in.stream, err = merkle.NewStream(uint64(count), in.keep); err != nil {
		t.discard()
		return nil, err
	}
	return in, nil
}

// keep takes those of the nodes that are stored.
func (in *Incoming) keep(first uint64, nodes []merkle.Hash) error {
	kept := uint64(2)<<keptDepth(in.count) - 1
	if first >= kept {
		return nil
	}
	if in.nodes == nil {
		in.nodes = make([]merkle.Hash, kept)
	}
	copy(in.nodes[first:], nodes)
	return nil
}

// Append adds the next block of leaves: [publish.MaxBlockLeaves], but for the last
// one. Leaves ascend strictly; errors about that are those of [merkle.Stream].
func (in *Incoming) Append(block []merkle.Hash) error {
	var group errgroup.Group
	group.Go(func() error { return in.stream.Append(block) })
	group.Go(func() error {
		in.blocks = append(in.blocks, publish.BlockDigest(block))
		return putLeaves('g', in.table.number, in.added/pageLeaves, block, in.table.set)
	})
	err := group.Wait()
	in.added += len(block)
	return err
}

// Root returns the root once all leaves were added. Call it once.
func (in *Incoming) Root() (merkle.Hash, error) { return in.stream.Root() }

// Discard removes what was not added to the store.
func (in *Incoming) Discard() { in.table.discard() }

// ingest makes what has arrived a part of the store, and puts into b what leads to its
// blocks. The caller calls release once b is in the log.
func (in *Incoming) ingest(b *pebble.Batch, r *Submission) (release func(), err error) {
	if in.added != in.count || uint64(in.count) != r.Count {
		return nil, fmt.Errorf("%d of %d leaves have arrived", in.added, r.Count)
	}
	if err := putBlocks(b, r, in.table.number, in.blocks); err != nil {
		return nil, err
	}
	if err := putNodes('g', r.Tree, in.nodes, in.count, in.table.set); err != nil {
		return nil, err
	}
	in.s.ingests.RLock()
	if err := in.table.ingest(); err != nil {
		in.s.ingests.RUnlock()
		return nil, err
	}
	return in.s.ingests.RUnlock, nil
}

// putBlocks names the tree and the published blocks of a large submission.
func putBlocks(b *pebble.Batch, r *Submission, tree uint64, digests []merkle.Hash) (err error) {
	r.Tree, r.Blocks = tree, digests
	for i, digest := range digests {
		first := i * publish.MaxBlockLeaves
		n := min(int(r.Count)-first, publish.MaxBlockLeaves)
		err = errors.Join(err, b.Set(key('y', digest[:]), leafBlock{tree, uint32(first), uint32(n)}.encode(), nil))
	}
	return err
}
