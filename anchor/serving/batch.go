package serving

import (
	"context"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
)

// Batches lists up to limit batches in the order of sealing, after the one
// numbered after (zero: from the first).
func (srv *Serving) Batches(_ context.Context, after uint64, limit int) ([]client.Batch, error) {
	list, err := srv.store.Batches(after, limit)
	if err != nil {
		return nil, err
	}
	infos := make([]client.Batch, 0, len(list))
	for i := range list {
		info, err := srv.describe(&list[i])
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// Batch returns a batch by its root, or [role.ErrNotFound].
func (srv *Serving) Batch(_ context.Context, root merkle.Hash) (client.Batch, error) {
	b, err := srv.store.BatchByRoot(root)
	if err != nil {
		return client.Batch{}, fmt.Errorf("batch %s: %w", root, role.NotFound(err))
	}
	return srv.describe(&b)
}

// LastAnchor returns the newest batch that a chain records, nil if there is none.
func (srv *Serving) LastAnchor() (*client.Batch, error) {
	number, err := srv.store.LastBatch()
	for ; err == nil && number > 0; number-- {
		b, err := srv.store.Batch(number)
		if err != nil {
			return nil, err
		}
		info, err := srv.describe(&b)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(info.Chains, func(c client.ChainState) bool { return c.State == publish.Final || c.State == publish.Mined }) {
			return &info, nil
		}
	}
	return nil, err
}

func (srv *Serving) describe(b *store.Batch) (client.Batch, error) {
	info := client.Batch{
		Number: b.Number, Root: b.Root, Manifest: b.Manifest, ManifestCID: publish.ManifestCID(b.Manifest).String(),
		Count: b.Count(), Leaves: b.Leaves, State: publish.Batched, SealedAt: role.Millis(b.SealedAt), Since: role.Millis(b.SealedAt),
	}
	var err error
	if info.Chains, err = srv.chainStatus(b); err != nil || len(info.Chains) == 0 {
		return info, err
	}
	least := slices.MinFunc(info.Chains, func(a, b client.ChainState) int { return order(a.State) - order(b.State) })
	info.State, info.Since, info.Transaction, info.Block = least.State, least.Since, least.Transaction, least.Block
	return info, nil
}

// order numbers the states of a batch in their order.
func order(s publish.State) int {
	return slices.Index([]publish.State{publish.Accepted, publish.Batched, publish.Broadcast, publish.Mined, publish.Final}, s)
}

// Block returns a published block by its CID, or [role.ErrNotFound].
func (srv *Serving) Block(_ context.Context, c cid.Cid) ([]byte, error) {
	p := c.Prefix()
	if p.Version != 1 || p.MhType != multihash.SHA2_256 || p.MhLength != merkle.Size || p.Codec != cid.Raw && p.Codec != cid.DagCBOR {
		return nil, fmt.Errorf("block %s: %w", c, role.ErrNotFound)
	}
	hash := c.Hash()
	data, err := srv.store.Block(merkle.Hash(hash[len(hash)-merkle.Size:]))
	return data, role.NotFound(err)
}
