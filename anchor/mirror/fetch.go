package mirror

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
)

const (
	blocksAtOnce = 8       // that are fetched for one manifest
	stageBytes   = 4 << 20 // of blocks that are written together

	// maxBlocks bounds what hangs on a manifest, and the links to it, of which blocks may have many to
	// the same one: what is more can be no batch that a node seals. Of each a mirror remembers the CID,
	// some 100 bytes.
	maxBlocks = 1 << 18
	maxDepth  = 3 // manifest, pages, leaves
)

// fetching brings everything that hangs on a manifest into the store, as published blocks. What is
// there already, of an earlier try that was broken off, is not fetched again.
type fetching struct {
	m *Mirror

	mu    sync.Mutex
	known map[cid.Cid]bool      // that were named so far
	links map[cid.Cid][]cid.Cid // of those that have come and have links
	count int                   // of those links
	here  map[cid.Cid]bool      // that have come

	staged []publish.Block // that are not written yet
	size   int             // of staged, bytes
}

// fetch returns the CIDs of all blocks that hang on a manifest, once they are in the store.
func (m *Mirror) fetch(ctx context.Context, root cid.Cid) ([]cid.Cid, error) {
	f := &fetching{
		m: m, known: map[cid.Cid]bool{root: true}, links: make(map[cid.Cid][]cid.Cid), here: make(map[cid.Cid]bool),
	}
	if _, err := m.store.Block(digestOf(root)); errors.Is(err, store.ErrNotFound) {
		if err := m.sources.getAll(ctx, root, f.sending); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	level := []cid.Cid{root}
	var all []cid.Cid
	for depth := 1; len(level) > 0; depth++ {
		if depth > maxDepth {
			return nil, fmt.Errorf("%w: it links to links of links", publish.ErrInvalid)
		}
		if err := f.level(ctx, level); err != nil {
			return nil, err
		}
		all = append(all, level...)
		var next []cid.Cid
		added := make(map[cid.Cid]bool)
		for _, c := range level {
			for _, l := range f.links[c] {
				if !added[l] {
					added[l] = true
					next = append(next, l)
				}
			}
		}
		level = next
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return all, f.flush()
}

// level sees to it that some blocks are here, with their links.
func (f *fetching) level(ctx context.Context, list []cid.Cid) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(blocksAtOnce)
	for _, c := range list {
		f.mu.Lock()
		here := f.here[c]
		f.mu.Unlock()
		if here {
			continue
		}
		if ctx.Err() != nil {
			break
		}
		work.Go(func() error {
			data, err := f.m.store.Block(digestOf(c))
			if err == nil {
				return f.came(publish.Block{CID: c, Data: data}, false)
			}
			if !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if data, err = f.m.sources.get(ctx, c); err != nil {
				return err
			}
			return f.came(publish.Block{CID: c, Data: data}, true)
		})
	}
	return work.Wait()
}

// sending returns what takes the blocks of one CAR file. One that nothing links to, or that comes twice, is
// a lie: so there is an end to what is sent. What is here of another source that broke off is not.
func (f *fetching) sending() func(publish.Block) error {
	sent := make(map[cid.Cid]bool)
	return func(b publish.Block) error {
		f.mu.Lock()
		known, here := f.known[b.CID], f.here[b.CID]
		f.mu.Unlock()
		switch {
		case !known:
			return lie("in a CAR file it sent block %s, to which nothing before it links", b.CID)
		case sent[b.CID]:
			return lie("in a CAR file it sent block %s twice", b.CID)
		}
		if sent[b.CID] = true; here {
			return nil
		}
		return f.came(b, true)
	}
}

// came takes a block that is what its CID says. It is written if it is new.
func (f *fetching) came(b publish.Block, fresh bool) error {
	links, err := linksOf(b)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range links {
		f.known[l] = true
	}
	if f.count += len(links); len(f.known) > maxBlocks || f.count > maxBlocks {
		return fmt.Errorf("%w: more than %d blocks hang on one manifest", publish.ErrInvalid, maxBlocks)
	}
	if f.here[b.CID] = true; len(links) > 0 {
		f.links[b.CID] = links
	}
	if !fresh {
		return nil
	}
	f.staged = append(f.staged, b)
	if f.size += len(b.Data); f.size < stageBytes {
		return nil
	}
	return f.flush()
}

// flush writes what has come. The caller holds f.mu.
func (f *fetching) flush() error {
	if len(f.staged) == 0 {
		return nil
	}
	if err := f.m.disk.Writable(); err != nil {
		return err
	}
	err := f.m.update(func(tx *store.Tx) error {
		for _, b := range f.staged {
			if err := tx.PutBlock(b); err != nil {
				return err
			}
		}
		return nil
	})
	f.staged, f.size = nil, 0
	f.m.hooks.Step("staged")
	return err
}

// linksOf returns the links in a block, which must be such as published blocks have.
func linksOf(b publish.Block) ([]cid.Cid, error) {
	links, err := car.Links(b.CID, b.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: block %s: %w", publish.ErrInvalid, b.CID, err)
	}
	for _, l := range links {
		p := l.Prefix()
		if p.Version != 1 || p.MhType != multihash.SHA2_256 || p.MhLength != 32 || p.Codec != cid.Raw && p.Codec != cid.DagCBOR {
			return nil, fmt.Errorf("%w: block %s links to %s, which can be no published block", publish.ErrInvalid, b.CID, l)
		}
	}
	return links, nil
}
