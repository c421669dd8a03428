package serving

import (
	"context"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/anchor/store"
)

// How long a proof waits for newer evidence than is stored: a server that hangs is known
// to be out of reach only later. What it answers after that is stored for the next one.
const (
	staleWait = 2 * time.Second
	freshWait = 10 * time.Second
)

// evidence returns the evidence of a batch that is final on a chain for an issuer:
// the stored one, or if that is stale, or something fresh is asked for, one of the
// newest final block, as [Chain] does it. While the chain cannot be read, or is no longer configured,
// the stored one has to do.
func (srv *Serving) evidence(ctx context.Context, c *chainView, s *sharedProof, fresh bool) (*chainView, error) {
	if c.err != nil {
		return nil, c.err
	}
	i := srv.homes.On(c.home.Chain)
	if i < 0 || !fresh && c.current(srv.age) {
		return c, nil
	}
	if _, err := srv.chains[i].Newest(); err != nil {
		return c, nil //nolint:nilerr // a request does not wait for a chain that is out of reach
	}
	// Callers that come together share one request; the first one's patience is not
	// the others'.
	key := fmt.Sprintf("evidence %d %d %s %t", c.home.Chain, s.batch.Number, s.record.Issuer, fresh)
	patience := staleWait
	if fresh {
		patience = freshWait
	}
	got, err := together(ctx, srv, key, patience, func(ctx context.Context) (*store.Evidence, error) {
		return srv.chains[i].Refresh(ctx, &s.batch, &s.record, &c.evidence, fresh)
	})
	if err != nil {
		srv.log.Warn("fresh evidence is not available; serving what is stored", "chain", c.home.Chain.String(),
			"batch", s.batch.Number, "issuer", s.record.Issuer.String(), "storedBlock", c.evidence.Number, "err", err)
		return c, nil
	}
	return newChainView(c.home, got, c.changed), nil
}
