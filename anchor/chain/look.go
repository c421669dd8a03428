package chain

import (
	"context"
	"time"

	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
)

// Look returns a client that asks one server only, so that what it says is of one
// piece: the best one now. It does not fail over; the next look may be at another
// server. Headers and proofs, which prove themselves, are asked of others where this one
// fails, and transactions are sent to all.
func (c *Client) Look(ctx context.Context) (*Client, error) {
	if c.pinned != nil {
		return c, nil
	}
	c.surveyAll(ctx)
	return ask(ctx, c, func(_ context.Context, s *server) (*Client, error) {
		c.mu.Lock()
		before := c.current
		c.current = s
		c.mu.Unlock()
		if before != nil && before != s {
			c.logger().Warn("another RPC server is used", "server", s.name, "before", before.name, "err", before.get().lastErr)
		}
		return &Client{c.pool, s}, nil
	})
}

// Reject says that what a look has shown does not hold, as found out by other means:
// its server is not preferred for a while.
func (c *Client) Reject(reason error) {
	if c.pinned != nil {
		err := c.pinned.lied("%s", reason)
		c.logger().Error("what an RPC server says does not hold", "server", c.pinned.name, "err", err)
	}
}

// surveyAll asks the servers for their heads, so that one that lags is noticed, but for
// those that failed lately.
func (c *Client) surveyAll(ctx context.Context) {
	if len(c.servers) == 1 {
		return
	}
	now := time.Now()
	c.mu.Lock()
	early := now.Sub(c.surveyed) < c.every
	if !early {
		c.surveyed = now
	}
	policy := c.policy
	c.mu.Unlock()
	if early {
		return
	}
	var servers []*server
	for _, s := range c.servers {
		if r := s.get(); !now.Before(r.closed) && !now.Before(r.avoid) {
			servers = append(servers, s)
		}
	}
	before := c.lagging(now)
	gather(ctx, c.pool, servers, func(s *server, ctx context.Context) (Block, error) {
		if !s.survey.TryLock() {
			return Block{}, endpoint.Outage("still being asked")
		}
		defer s.survey.Unlock()
		head, err := s.block(ctx, "latest")
		if err != nil {
			return Block{}, err
		}
		return s.final(ctx, policy, head)
	})
	after := c.lagging(time.Now())
	for _, s := range c.servers {
		switch {
		case after[s] && !before[s]:
			c.logger().Warn("an RPC server lags behind the others", "server", s.name, "head", s.get().head.Number)
		case before[s] && !after[s]:
			c.logger().Info("an RPC server has caught up", "server", s.name, "head", s.get().head.Number)
		}
	}
}

func (p *pool) lagging(now time.Time) map[*server]bool {
	reference := p.reference(now)
	list := make(map[*server]bool)
	for _, s := range p.servers {
		if r := s.get(); r.lags(reference, now) {
			list[s] = true
		}
	}
	return list
}
