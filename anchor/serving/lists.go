package serving

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Bounds of status lists in memory: those that are kept, in tree nodes of 32 bytes
// (128 MiB), and those that are read at once, in entries.
const (
	maxCachedNodes = 4 << 20
	listsAtOnce    = verifier.MaxStatusItems + 1<<16 // one that is full, beside small ones
)

// listKey names a status list.
type listKey struct {
	issuer verifier.Address
	root   merkle.Hash
}

// listCache keeps the status lists used last, as many as have maxCachedNodes.
type listCache struct {
	mu    sync.Mutex
	lists *simplelru.LRU[listKey, *verifier.StatusList]
	nodes int // of their trees
}

func newListCache() *listCache {
	c := new(listCache)
	c.lists, _ = simplelru.NewLRU(maxCachedNodes, func(_ listKey, l *verifier.StatusList) { c.nodes -= treeNodes(l) })
	return c
}

func treeNodes(l *verifier.StatusList) int { return 3 * (len(l.Items()) + 1) }

func (c *listCache) get(key listKey) (*verifier.StatusList, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lists.Get(key)
}

func (c *listCache) add(key listKey, l *verifier.StatusList) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists.Remove(key)
	c.lists.Add(key, l)
	for c.nodes += treeNodes(l); c.nodes > maxCachedNodes && c.lists.Len() > 1; {
		c.lists.RemoveOldest()
	}
}

// PublishedList names the published blocks of the issuer's list that has a root, or
// returns [role.ErrNotFound]. No chain is asked: the root is known from evidence.
func (srv *Serving) PublishedList(issuer verifier.Address, root merkle.Hash) (publish.StatusList, error) {
	l, err := srv.store.StatusListAt(issuer, root)
	if role.Missing(err) {
		err = fmt.Errorf("a status list of %s with root %s: %w", issuer, root, role.ErrNotFound)
	}
	return published(&l), err
}

// PublishedLists lists up to limit status lists by issuer, version and root, after one with
// the issuer, version and root of after; from the first if that is zero.
func (srv *Serving) PublishedLists(after client.ListSummary, limit int) ([]client.ListSummary, error) {
	lists, err := srv.store.StatusLists(store.StatusList{Issuer: after.Issuer, Version: after.Version, Root: after.Root}, limit)
	summaries := make([]client.ListSummary, len(lists))
	for i, l := range lists {
		summaries[i] = client.ListSummary{
			Issuer: l.Issuer, Version: l.Version, Root: l.Root, Manifest: l.Manifest, ManifestCID: publish.ManifestCID(l.Manifest).String(),
			Count: l.Count, StoredAt: role.Millis(l.StoredAt),
		}
	}
	return summaries, err
}

func published(l *store.StatusList) publish.StatusList {
	return publish.StatusList{Issuer: l.Issuer, Version: l.Version, Root: l.Root, List: l.Manifest}
}

// list returns the issuer's list that has a root. Callers that come together share one tree,
// and few large ones are made at once.
func (srv *Serving) list(ctx context.Context, issuer verifier.Address, root merkle.Hash) (*verifier.StatusList, error) {
	key := listKey{issuer, root}
	if known, ok := srv.lists.get(key); ok {
		return known, nil
	}
	return together(ctx, srv, fmt.Sprintf("list %s %s", issuer, root), askTime, func(ctx context.Context) (*verifier.StatusList, error) {
		l, err := srv.store.StatusListAt(issuer, root)
		if err != nil {
			return nil, err
		}
		size := min(int64(l.Count)+1, listsAtOnce)
		if err := srv.trees.Acquire(ctx, size); err != nil {
			return nil, err
		}
		defer srv.trees.Release(size)
		items, err := publish.ReadStatusList(ctx, srv.Block, published(&l))
		if err != nil {
			return nil, fmt.Errorf("status list %d of %s: %w", l.Version, issuer, err)
		}
		list, err := verifier.NewStatusList(items)
		if err == nil {
			srv.lists.add(key, list)
		}
		return list, err
	})
}
