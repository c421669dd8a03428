package serving

import (
	"context"
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/role"
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

// records are what a chain said of issuers lately.
type records struct {
	known *lru.Cache[verifier.Address, knownRecord]
	rate  *rate.Limiter
}

// knownRecord is an issuer's record at a block.
type knownRecord struct {
	chain.IssuerRecord
	at   chain.Block
	seen merkle.Hash // the newest block that the node had seen when it asked: at, or one before it
}

func newRecords() *records {
	return &records{known: newLRU[verifier.Address, knownRecord](maxRecords), rate: rate.NewLimiter(readsASec, readsAtOnce)}
}

// recordOf reads an issuer's record on a chain, given by its place, for callers that only show
// it: at the newest block that the node has seen, or at a later one.
func (srv *Serving) recordOf(ctx context.Context, on int, issuer verifier.Address) (chain.IssuerRecord, chain.Block, error) {
	c, r := srv.chains[on], srv.records[on]
	seen, err := c.Newest()
	if err != nil {
		return chain.IssuerRecord{}, chain.Block{}, fmt.Errorf("%w: %w", role.ErrUnavailable, err)
	}
	k, err := together(ctx, srv, fmt.Sprintf("record %d %s", on, issuer), askTime, func(ctx context.Context) (knownRecord, error) {
		if !r.rate.Allow() {
			if k, ok := r.known.Get(issuer); ok && k.seen == seen && !seen.IsZero() {
				return k, nil // so that a change is seen before the node's next tick, while requests are few
			}
			return knownRecord{}, fmt.Errorf("%w (its servers are asked about many issuers)", role.ErrUnavailable)
		}
		record, at, err := c.Issuer(ctx, issuer)
		if err != nil {
			return knownRecord{}, err
		}
		k := knownRecord{record, at, seen}
		r.known.Add(issuer, k)
		return k, nil
	})
	return k.IssuerRecord, k.at, err
}
