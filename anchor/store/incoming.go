package store

import (
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/merkle"
)

// LargeLeaves is how many leaves a submission has at least that is written while it
// arrives, as a bulk: in a folder that are files beside the log, where a leaf takes a fifth of
// the processor that it takes in the log. Fewer would not be worth the files, of which Pebble
// keeps those of leaves as they are.
const LargeLeaves = 4096

// Incoming is a submission of at least [LargeLeaves] leaves that is written while it
// arrives, before it is known whether its leaves have the root that it states. It
// holds some 16 MiB at most, and less as long as less has arrived. One goroutine
// uses it at a time, and calls Discard at the end.
type Incoming struct {
	number uint64 // of the tree
	bulk   kv.Bulk
	page   int // leaves in a page
	writer indexWriter
	stream *merkle.Stream
	count  int
	added  int
	blocks []merkle.Hash // digests of the published blocks
	nodes  []merkle.Hash // the inner nodes that are stored, by their places in the array; nil before the first
}

// Receive begins a submission of count leaves.
func (s *Store) Receive(count int) (in *Incoming, err error) {
	in = &Incoming{count: count, page: s.engine.PageLeaves()}
	if in.stream, err = merkle.NewStream(uint64(count), in.keep); err != nil {
		return nil, err
	}
	if in.bulk, in.number, err = s.engine.NewBulk(); err != nil {
		return nil, err
	}
	in.writer = indexWriter{number: in.number, set: in.bulk.Index().Set}
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
	var disorder error // of leaves that do not ascend, which the writer of the index reports less clearly
	group.Go(func() error {
		disorder = in.stream.Append(block)
		return disorder
	})
	group.Go(func() error {
		in.blocks = append(in.blocks, publish.BlockDigest(block))
		return putLeaves('l', in.number, in.page, in.added/in.page, block, in.bulk.Pages().Set)
	})
	group.Go(func() error { return in.writer.add(block) })
	err := group.Wait()
	in.added += len(block)
	if disorder != nil {
		return disorder
	}
	return err
}

// Root returns the root once all leaves were added. Call it once.
func (in *Incoming) Root() (merkle.Hash, error) { return in.stream.Root() }

// Discard removes what was not added to the store.
func (in *Incoming) Discard() { in.bulk.Discard() }

// finish writes what is left to write once all leaves were added.
func (in *Incoming) finish() error {
	if in.added != in.count {
		return fmt.Errorf("%d of %d leaves have arrived", in.added, in.count)
	}
	return putNodes('l', in.number, in.nodes, in.count, in.bulk.Pages().Set)
}
