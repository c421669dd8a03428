package anchor

import (
	"context"
	"fmt"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Anybody may ask what a chain says of an issuer, and each answer costs requests to the
// operator's servers. Callers that come together share one look, and beyond these figures
// nothing is asked: what was read is good until the node sees another block. What the
// servers allow is for anchoring first.
const (
	maxRecords  = 1 << 12
	readsASec   = 50
	readsAtOnce = 200
)

// records are what a chain said of issuers.
type records struct {
	known cache[verifier.Address, knownRecord]
	looks singleflight.Group
	rate  *rate.Limiter
}

// knownRecord is an issuer's record at a block.
type knownRecord struct {
	chain.IssuerRecord
	at   chain.Block
	seen merkle.Hash // the newest block that the node had seen when it asked: at, or one before it
}

func (r *records) init() {
	r.known.limit, r.rate = maxRecords, rate.NewLimiter(readsASec, readsAtOnce)
}

// recordOf is issuerAtHead for callers that only show it: of the newest block that the
// node has seen, or of a later one.
func (w *writer) recordOf(ctx context.Context, issuer verifier.Address) (chain.IssuerRecord, chain.Block, error) {
	var seen merkle.Hash // zero while the node does not look for new blocks
	if w.node.running.Load() {
		head, err := w.health.newest()
		if err != nil {
			return chain.IssuerRecord{}, head, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		seen = head.Hash
	}
	k, err := together(ctx, w.node, &w.records.looks, issuer.String(), 0, func(ctx context.Context) (knownRecord, error) {
		if !w.records.rate.Allow() {
			if k, ok := w.records.known.peek(issuer); ok && k.seen == seen && !seen.IsZero() {
				return k, nil // so that a change is seen before the node's next tick, while requests are few
			}
			return knownRecord{}, fmt.Errorf("%w (its servers are asked about many issuers)", ErrUnavailable)
		}
		r, at, err := w.issuerAtHead(ctx, issuer)
		if err != nil {
			return knownRecord{}, err
		}
		k := knownRecord{r, at, seen}
		w.records.known.put(issuer, k)
		return k, nil
	})
	return k.IssuerRecord, k.at, err
}
