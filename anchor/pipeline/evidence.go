package pipeline

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
func (w *Writer) fetchEvidence(
	ctx context.Context, client *chain.Client, at chain.Block, root merkle.Hash, issuers []store.Submission,
) (map[[20]byte]*store.Evidence, error) {
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
				w.log.Error("evidence from the RPC server does not verify; dropped",
					"block", at.Number, "blockHash", at.Hash.String(), "root", root.String(), "err", err)
				return nil, err
			}
			all[s.Issuer] = e
		}
	}
	return all, nil
}

// Refresh returns evidence of a batch for the issuer of a submission at the newest final block,
// and stores it: what is stored if there is no newer block.
func (w *Writer) Refresh(ctx context.Context, b *store.Batch, s *store.Submission, stored *store.Evidence) (*store.Evidence, error) {
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
	if w.pipeline.disk.Writable() != nil {
		return e, nil //nolint:nilerr // a full disk keeps it from being stored, not from being served
	}
	if err := w.pipeline.store.Update(func(tx *store.Tx) error { return tx.PutEvidence(w.home.Chain, b.Number, s.Issuer, e) }); err != nil {
		return nil, err
	}
	return e, nil
}
