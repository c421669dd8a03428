package pipeline

import (
	"context"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/role"
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

// newestEvidence gets the evidence of a batch at the block that the newest voucher is for, with
// the voucher, or without one at the newest final block, if that is not to be had.
func (w *Writer) newestEvidence(
	ctx context.Context, client *chain.Client, final chain.Block, root merkle.Hash, issuers []store.Submission,
) (map[[20]byte]*store.Evidence, error) {
	if at, voucher, ok := w.vouched(ctx, client, final); ok {
		all, err := w.vouchedEvidence(ctx, client, at, voucher, root, issuers)
		if all != nil || ctx.Err() != nil {
			return all, err
		}
	}
	return w.fetchEvidence(ctx, client, final, root, issuers)
}

// Refresh returns evidence of a batch for the issuer of a submission at the newest final block,
// and stores it: what is stored if there is no newer block. The newest block with a voucher
// goes before one without, unless it is too old or the issuer's status has changed since.
//
// What is stored with a voucher of the beacon chain is only replaced by evidence with one, so
// that a proof which verifies offline goes on doing so while no beacon node answers, unless the
// issuer's status has changed since: then it no longer holds. If fresh is set, what it returns
// is of the newest final block all the same, and not stored.
func (w *Writer) Refresh(
	ctx context.Context, b *store.Batch, s *store.Submission, stored *store.Evidence, fresh bool,
) (*store.Evidence, error) {
	if err := w.identify(ctx); err != nil {
		return nil, err
	}
	changed, err := w.pipeline.store.Changed(w.home.Chain, s.Issuer)
	if err != nil {
		return nil, err
	}
	holds := w.follower != nil && len(stored.Beacon) > 0 && changed <= stored.Number
	waits := holds && !fresh
	if waits {
		if v := w.follower.Newest(); v == nil || v.Block == stored.Hash {
			return stored, nil
		}
	}
	client, err := w.client.Look(ctx)
	if err != nil {
		return nil, err
	}
	_, final, err := w.blocks(ctx, client)
	if err != nil {
		return nil, err
	}
	if final.Hash == stored.Hash && len(stored.Beacon) > 0 {
		return stored, nil
	}
	if at, voucher, ok := w.vouched(ctx, client, final); ok && at.Number >= stored.Number && (waits || final.Time-at.Time <= maxVoucherLag) {
		switch {
		case changed > at.Number:
		case at.Hash == stored.Hash && len(stored.Beacon) > 0:
			return stored, nil
		case at.Hash == stored.Hash:
			e := *stored
			e.Beacon = voucher
			return &e, w.keep(b, s, &e)
		default:
			all, err := w.vouchedEvidence(ctx, client, at, voucher, b.Root, []store.Submission{*s})
			if err == nil && all != nil {
				return all[s.Issuer], w.keep(b, s, all[s.Issuer])
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
	}
	if waits || final.Hash == stored.Hash {
		return stored, nil
	}
	if final.Number < stored.Number {
		return nil, fmt.Errorf("the server's final block is %d, older than %d", final.Number, stored.Number)
	}
	all, err := w.fetchEvidence(ctx, client, final, b.Root, []store.Submission{*s})
	switch {
	case err != nil:
		return nil, err
	case holds:
		return all[s.Issuer], nil
	}
	return all[s.Issuer], w.keep(b, s, all[s.Issuer])
}

// keep stores evidence that replaces older one, unless there is a better one by now: any process
// that serves may do so. A full disk keeps it from being stored, not from being served.
func (w *Writer) keep(b *store.Batch, s *store.Submission, e *store.Evidence) error {
	if w.pipeline.disk.Writable() != nil {
		return nil //nolint:nilerr // see above
	}
	err := w.pipeline.store.Update(func(tx *store.Tx) error {
		old, err := tx.Evidence(w.home.Chain, b.Number, s.Issuer)
		switch {
		case err == nil && (old.Number > e.Number || old.Hash == e.Hash && len(old.Beacon) > 0):
			return nil
		case err != nil && !role.Missing(err):
			return err
		}
		return tx.PutEvidence(w.home.Chain, b.Number, s.Issuer, e)
	})
	if err == nil {
		w.expectVouchers(b.Number)
	}
	return err
}
