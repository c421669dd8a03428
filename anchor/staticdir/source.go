package staticdir

import (
	"context"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/serving"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Source is where a folder is made from: [FromNode] or [FromStore].
type Source interface {
	// Batches returns up to limit batches in the order of sealing, after the one numbered after.
	Batches(ctx context.Context, after uint64, limit int) ([]client.Batch, error)
	// ProofIn returns what is known of a leaf of a submission, with evidence as the node keeps it.
	ProofIn(ctx context.Context, id, leaf merkle.Hash) (client.LeafProof, error)
	// PublishedList names the blocks of the issuer's list that has a root; ok is false if there are none.
	PublishedList(ctx context.Context, issuer verifier.Address, root merkle.Hash) (list publish.StatusList, ok bool, err error)
	// Block returns a published block. It need not be checked.
	Block(ctx context.Context, c cid.Cid) ([]byte, error)
	// Hops returns a file of hops of the beacon chain behind a chain, from a period on.
	Hops(ctx context.Context, chain verifier.ChainID, from uint64) ([]byte, error)
}

// FromNode makes folders from a running node, or from a mirror.
func FromNode(c *client.Client) Source { return nodeSource{c} }

type nodeSource struct{ *client.Client }

func (s nodeSource) Batches(ctx context.Context, after uint64, limit int) ([]client.Batch, error) {
	page, err := s.Client.Batches(ctx, after, limit)
	return page.Batches, err
}

func (s nodeSource) ProofIn(ctx context.Context, id, leaf merkle.Hash) (client.LeafProof, error) {
	return s.Client.ProofIn(ctx, id, leaf, false)
}

func (s nodeSource) PublishedList(
	ctx context.Context, issuer verifier.Address, root merkle.Hash,
) (publish.StatusList, bool, error) {
	list, err := s.Client.PublishedList(ctx, issuer, root)
	if client.NotFound(err) {
		return publish.StatusList{}, false, nil
	}
	return publish.StatusList{Issuer: issuer, Version: list.Version, Root: root, List: list.Manifest}, err == nil, err
}

// FromStore makes folders from the data of a node that does not run: srv is over its store, and
// asks no chain.
func FromStore(srv *serving.Serving) Source { return storeSource{srv} }

type storeSource struct{ *serving.Serving }

func (s storeSource) ProofIn(ctx context.Context, id, leaf merkle.Hash) (client.LeafProof, error) {
	return s.Serving.ProofIn(ctx, id, leaf, false)
}

func (s storeSource) PublishedList(
	_ context.Context, issuer verifier.Address, root merkle.Hash,
) (publish.StatusList, bool, error) {
	list, err := s.Serving.PublishedList(issuer, root)
	if role.Missing(err) {
		return list, false, nil
	}
	return list, err == nil, err
}
