package anchor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Proof returns what a proof file says of a leaf, or [ErrNotFound]. Of several
// submissions with that leaf the earliest final one is taken, else the earliest;
// [Node.ProofIn] asks for one of them. With fresh, or if the stored evidence is
// older than Config.EvidenceAge or than the issuer's last final status change, the
// evidence is of the newest final block, if the chain can be read.
func (n *Node) Proof(ctx context.Context, leaf merkle.Hash, fresh bool) (LeafProof, error) {
	found, err := n.store.WithLeaf(leaf)
	if err != nil {
		return LeafProof{}, err
	}
	if len(found) == 0 {
		return LeafProof{}, fmt.Errorf("leaf %s: %w", leaf, ErrNotFound)
	}
	for i := range found {
		if s, err := n.status(&found[i].Submission); err == nil && s.State == Final {
			return n.proof(ctx, &found[i], leaf, fresh)
		}
	}
	return n.proof(ctx, &found[0], leaf, fresh)
}

// ProofIn is [Node.Proof] for a leaf of the submission with an id.
func (n *Node) ProofIn(ctx context.Context, id, leaf merkle.Hash, fresh bool) (LeafProof, error) {
	r, err := n.store.Submission(id)
	if err != nil {
		return LeafProof{}, known(err)
	}
	found, ok, err := n.store.Find(&r, leaf)
	if err != nil {
		return LeafProof{}, err
	}
	if !ok {
		return LeafProof{}, fmt.Errorf("leaf %s: %w", leaf, ErrNotFound)
	}
	return n.proof(ctx, &found, leaf, fresh)
}

func (n *Node) proof(ctx context.Context, found *store.Found, leaf merkle.Hash, fresh bool) (LeafProof, error) {
	r := &found.Submission
	path, err := n.store.Path(found)
	if err != nil {
		return LeafProof{}, err
	}
	status, err := n.status(r)
	if err != nil {
		return LeafProof{}, err
	}
	p := LeafProof{State: status.State, ID: status.ID, Submission: verifier.Submission{
		Issuer: r.Issuer, Home: r.Home(), Count: r.Count, IssuedAt: r.IssuedAt, Path: path, Signature: r.Signature,
	}}
	if p.State != Final {
		return p, nil
	}
	b, err := n.store.BatchOf(r.Sequence)
	if err != nil {
		return LeafProof{}, err
	}
	if path, err = n.store.BatchPath(&b, status.ID); err != nil {
		return LeafProof{}, err
	}
	p.Batch = &verifier.Batch{Path: path}
	for _, c := range status.Chains {
		if c.State != Final {
			continue
		}
		atHome := c.Home == r.Home()
		anchor, err := n.anchorOn(ctx, c.Home, &b, r, leaf, fresh)
		switch {
		case errors.Is(err, errWithheld):
			n.log.Warn("a proof goes without the anchor on another chain, since the issuer's status is not there", "chain", c.Home.Chain.String(), "batch", b.Number, "issuer", r.Issuer.String())
		case err == nil && atHome:
			p.Anchors = append([]verifier.Anchor{*anchor}, p.Anchors...)
		case err == nil:
			p.Anchors = append(p.Anchors, *anchor)
		case atHome:
			return LeafProof{}, err
		default:
			n.log.Warn("a proof goes without the anchor on another chain than its home", "chain", c.Home.Chain.String(), "batch", b.Number, "err", err)
		}
	}
	// What is not good at home must not seem so by another chain, should that one ever
	// be taken for the successor. Once it may have been, see withheld.
	if len(p.Anchors) > 0 && p.Anchors[0].Chain == r.Chain && !n.outOfReach(r.Chain) {
		code := listedAs(&p.Anchors[0], leaf, r.Root)
		p.Anchors = slices.DeleteFunc(p.Anchors, func(a verifier.Anchor) bool { return listedAs(&a, leaf, r.Root) < code })
	}
	if len(p.Anchors) == 0 {
		p.State, p.Batch = Mined, nil // all there is is withheld
		return p, nil
	}
	if status.Transaction != nil {
		p.Hints = &verifier.Hints{Transaction: status.Transaction.String()}
	}
	return p, nil
}

// listedAs returns the highest code that the entries of an anchor give any of ids.
func listedAs(a *verifier.Anchor, ids ...merkle.Hash) (code uint8) {
	for _, e := range a.Status {
		if slices.Contains(ids, e.ID) {
			code = max(code, e.Code)
		}
	}
	return code
}

// errWithheld says that a chain's anchor is left out of a proof, see [Node.withheld].
var errWithheld = errors.New("the issuer's status is not on that chain")

// anchorOn returns a leaf's anchor on one chain.
func (n *Node) anchorOn(ctx context.Context, home verifier.Home, b *store.Batch, r *store.Submission, leaf merkle.Hash, fresh bool) (*verifier.Anchor, error) {
	e, err := n.evidence(ctx, home.Chain, b, r, fresh)
	if err != nil {
		return nil, err
	}
	if withheld, err := n.withheld(ctx, r, home.Chain, &e); err != nil || withheld {
		return nil, cmp.Or(err, errWithheld)
	}
	anchor := anchorOf(home, &e)
	anchor.Status, err = n.statusEntries(ctx, r, leaf, e.StatusRoot)
	return anchor, err
}

// statusEntries returns the entries that decide about a leaf and its submission in
// the list behind root: none if there is no list, or if this node has not got it
// (the verdict is then UNKNOWN).
func (n *Node) statusEntries(ctx context.Context, r *store.Submission, leaf, root merkle.Hash) ([]verifier.StatusEntry, error) {
	if root.IsZero() {
		return nil, nil
	}
	list, err := n.list(ctx, r.Issuer, root)
	if missing(err) {
		n.log.Warn("an issuer's status list is not here: proofs lack the status", "issuer", r.Issuer.String(), "root", root.String())
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var entries []verifier.StatusEntry
	for _, id := range []merkle.Hash{leaf, r.Root} {
		e, err := list.tree.Entry(id)
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 || entries[0].ID != e.ID {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// statusList is a status list in memory.
type statusList struct {
	items []verifier.StatusItem
	tree  *verifier.StatusList
}

// list returns the issuer's list that has a root.
func (n *Node) list(ctx context.Context, issuer verifier.Address, root merkle.Hash) (*statusList, error) {
	key := string(issuer[:]) + string(root[:])
	return n.lists.get(key, func() (*statusList, int, error) {
		l, err := n.store.StatusListAt(issuer, root)
		if err != nil {
			return nil, 0, err
		}
		items, err := publish.ReadStatusList(ctx, n.getter, publish.StatusList{
			Issuer: l.Issuer, Version: l.Version, Root: l.Root, List: l.Manifest,
		})
		if err != nil {
			return nil, 0, fmt.Errorf("status list %d of %s: %w", l.Version, issuer, err)
		}
		tree, err := verifier.NewStatusList(items)
		return &statusList{items, tree}, 3 * (len(items) + 1), err
	})
}

// maxCachedNodes bounds each cache, in tree nodes of 32 bytes: 256 MiB.
const maxCachedNodes = 8 << 20

type listCache = cache[string, *statusList]

// cache keeps the values used last, as many as limit allows by weight. Values are
// immutable. The zero value with a limit is ready to use.
type cache[K comparable, V any] struct {
	limit int

	mu     sync.Mutex
	lru    *simplelru.LRU[K, weighted[V]]
	weight int
}

type weighted[V any] struct {
	value  V
	weight int
}

// peek returns the value of key if it is there.
func (c *cache[K, V]) peek(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lru == nil {
		return value, false
	}
	w, ok := c.lru.Get(key)
	return w.value, ok
}

// put replaces the value of key by one of weight 1.
func (c *cache[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init()
	c.lru.Remove(key)
	c.add(key, value, 1)
}

// init and add are called with mu held.
func (c *cache[K, V]) init() {
	if c.lru == nil {
		c.lru, _ = simplelru.NewLRU(1<<20, func(_ K, w weighted[V]) { c.weight -= w.weight })
	}
}

func (c *cache[K, V]) add(key K, value V, weight int) {
	if !c.lru.Contains(key) {
		c.lru.Add(key, weighted[V]{value, weight})
		c.weight += weight
	}
	for c.weight > c.limit && c.lru.Len() > 1 {
		c.lru.RemoveOldest()
	}
}

// get returns the value of key, made by build if it is not there. Several callers
// may build the same one at once; that costs time and nothing else.
func (c *cache[K, V]) get(key K, build func() (V, int, error)) (V, error) {
	if value, ok := c.peek(key); ok {
		return value, nil
	}
	value, weight, err := build()
	if err != nil {
		return value, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init()
	c.add(key, value, weight)
	return value, nil
}
