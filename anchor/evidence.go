package anchor

import (
	"context"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// maxProven is how many issuers one request for proofs covers; go-ethereum refuses
// more than 1,024 slots.
const maxProven = 200

// fetchEvidence gets the evidence of a batch for each of some issuers at a final
// block, and returns it only if the verifier accepts every bit of it.
func (w *writer) fetchEvidence(ctx context.Context, client *chain.Client, at chain.Block, root merkle.Hash, issuers []store.Submission) (map[[20]byte]*store.Evidence, error) {
	header, err := client.Header(ctx, at.Hash)
	if err != nil {
		return nil, err
	}
	all := make(map[[20]byte]*store.Evidence, len(issuers))
	now := time.Now().UnixMilli()
	for len(issuers) > 0 {
		some := issuers[:min(len(issuers), maxProven)]
		issuers = issuers[len(some):]
		slots := []merkle.Hash{verifier.AnchorSlot(root)}
		for _, s := range some {
			status, times := verifier.IssuerSlots(s.Issuer)
			slots = append(slots, status, times)
		}
		proof, err := client.Prove(ctx, at.Hash, w.home.Registry, slots)
		if err != nil {
			return nil, err
		}
		for i, s := range some {
			e := &store.Evidence{
				Number: at.Number, Hash: at.Hash, Header: header, FetchedAt: now,
				AccountProof: chain.Merge(proof.Account),
				StorageProof: chain.Merge(proof.Storage[0], proof.Storage[1+2*i], proof.Storage[2+2*i]),
			}
			if err := e.Complete(w.home, root, s.Issuer); err != nil {
				client.Reject(err)
				w.log.Error("evidence from the RPC server does not verify; dropped", "block", at.Number, "blockHash", at.Hash.String(), "root", root.String(), "err", err)
				return nil, err
			}
			all[s.Issuer] = e
		}
	}
	return all, nil
}

// How long a proof waits for newer evidence than is stored: a server that hangs is known
// to be out of reach only later. What it answers after that is stored for the next one.
const (
	staleWait = 2 * time.Second
	freshWait = 10 * time.Second
)

// evidence returns the evidence of a batch that is final on a chain for an issuer:
// the stored one, or if that is stale, or something fresh is asked for, one of the
// newest final block. While the chain cannot be read, or is no longer configured,
// the stored one has to do.
func (n *Node) evidence(ctx context.Context, c *chainView, b *store.Batch, s *store.Submission, fresh bool) (*chainView, error) {
	if c.err != nil {
		return nil, c.err
	}
	id, w := c.home.Chain, n.writerOf(c.home.Chain)
	if w == nil || !fresh && c.current(n.config.EvidenceAge) {
		return c, nil
	}
	if n.running.Load() && w.health.failing() {
		return c, nil // a request does not wait for a chain that is out of reach
	}
	// Callers that come together share one request; the first one's patience is not
	// the others'.
	key := fmt.Sprintf("%d %d %s", id, b.Number, s.Issuer)
	of := *s // so that only here it has to outlive the call
	patience := staleWait
	if fresh {
		patience = freshWait
	}
	got, err := together(ctx, n, &n.refresh, key, patience, func(ctx context.Context) (*store.Evidence, error) {
		return w.refreshEvidence(ctx, b, &of, &c.evidence)
	})
	if err != nil {
		w.log.Warn("fresh evidence is not available; serving what is stored", "batch", b.Number, "issuer", s.Issuer.String(), "storedBlock", c.evidence.Number, "err", err)
		return c, nil
	}
	return newChainView(c.home, got, c.changed), nil
}

func (w *writer) refreshEvidence(ctx context.Context, b *store.Batch, s *store.Submission, stored *store.Evidence) (*store.Evidence, error) {
	if err := w.identify(ctx); err != nil {
		return nil, err
	}
	client, err := w.client.Look(ctx)
	if err != nil {
		return nil, err
	}
	_, final, err := w.blocks(ctx, client)
	if err != nil {
		return nil, err
	}
	if final.Hash == stored.Hash {
		return stored, nil
	}
	if final.Number < stored.Number {
		return nil, fmt.Errorf("the server's final block is %d, older than %d", final.Number, stored.Number)
	}
	all, err := w.fetchEvidence(ctx, client, final, b.Root, []store.Submission{*s})
	if err != nil {
		return nil, err
	}
	e := all[s.Issuer]
	if w.node.disk.writable() != nil {
		return e, nil //nolint:nilerr // a full disk keeps it from being stored, not from being served
	}
	if err := w.node.store.Update(func(tx *store.Tx) error { return tx.PutEvidence(w.home.Chain, b.Number, s.Issuer, e) }); err != nil {
		return nil, err
	}
	return e, nil
}
