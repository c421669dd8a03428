package chain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/anchor/internal/endpoint"
)

// How the servers of a pool are kept in view.
const (
	recheck     = time.Minute     // a server's identity is checked again after that
	patience    = 2 * time.Second // others are awaited so long after the first good answer
	surveyEvery = time.Second     // servers are not asked for their heads more often
	headFresh   = 2 * time.Minute // older heads say nothing of a server's lag
	maxLag      = 2               // blocks that a server may be behind others...
	maxLagTime  = 20              // ...or seconds, by the time of the blocks: lag is more than both
)

// joined is several errors, in one line.
type joined []error

func (e joined) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (e joined) Unwrap() []error { return e }

// wrongChainError says that one server speaks for another chain.
type wrongChainError struct{ server, got, want string }

func (e *wrongChainError) Error() string {
	return fmt.Sprintf("RPC server %s is left out: it speaks for %s, not for %s", e.server, e.got, e.want)
}

// usable returns the servers that may be asked at a time, in order of preference:
// those that do well, then those that lag, then those that failed or lied lately,
// then those that were of another chain.
func (p *pool) usable(now time.Time) []*server {
	type ranked struct {
		*server
		tier  int
		until time.Time
	}
	reference := p.reference(now)
	var list []ranked
	for _, s := range p.servers {
		r := s.get()
		x := ranked{server: s, until: r.avoid}
		if d := r.distrusted(); d.After(x.until) {
			x.until = d
		}
		switch {
		case now.Before(r.closed):
			continue
		case r.wrong != "":
			x.tier = 3
		case now.Before(x.until):
			x.tier = 2
		case r.lags(reference, now):
			x.tier = 1
		}
		if x.tier != 2 {
			x.until = time.Time{}
		}
		list = append(list, x)
	}
	slices.SortStableFunc(list, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.tier, b.tier), a.until.Compare(b.until))
	})
	servers := make([]*server, len(list))
	for i, x := range list {
		servers[i] = x.server
	}
	return servers
}

// responsive returns the servers that are worth asking all at once: usable ones,
// but for those that failed lately, unless there are no others.
func (p *pool) responsive(now time.Time) []*server {
	all := p.usable(now)
	list := slices.DeleteFunc(slices.Clone(all), func(s *server) bool { return now.Before(s.get().avoid) })
	if len(list) == 0 {
		return all
	}
	return list
}

// reference returns the head by which others are found to lag: the highest, or of
// three and more the second, so that one server that tells of blocks nobody has
// cannot make all others look late.
func (p *pool) reference(now time.Time) Block {
	var heads []Block
	for _, s := range p.servers {
		if r := s.get(); r.wrong == "" && now.Sub(r.headAt) < headFresh {
			heads = append(heads, r.head)
		}
	}
	slices.SortFunc(heads, func(a, b Block) int { return cmp.Compare(b.Number, a.Number) })
	switch len(heads) {
	case 0:
		return Block{}
	case 1, 2:
		return heads[0]
	}
	return heads[1]
}

func (r *record) lags(reference Block, now time.Time) bool {
	return now.Sub(r.headAt) < headFresh && r.head.Number+maxLag < reference.Number && r.head.Time+maxLagTime < reference.Time
}

// closedError says that every server wants to be left alone.
func (p *pool) closedError() error {
	var first time.Time
	for _, s := range p.servers {
		if r := s.get(); first.IsZero() || r.closed.Before(first) {
			first = r.closed
		}
	}
	return endpoint.Outage(fmt.Sprintf("the RPC servers ask to be left alone, the first until %s", first.UTC().Format(time.RFC3339)))
}

// judge compares what a server says it is with the chain that is wanted.
func (p *pool) judge(s *server, id, want ID) {
	wrong := ""
	if want != (ID{}) && !id.is(want) {
		wrong = id.String()
	}
	before := s.get().wrong
	if before == wrong {
		return
	}
	s.set(func(r *record) { r.wrong = wrong })
	if wrong != "" {
		p.logger().Error("an RPC server speaks for another chain and is left out", "server", s.name, "got", wrong, "want", want.String())
	} else {
		p.logger().Info("an RPC server speaks for the right chain again", "server", s.name)
	}
}

// admit has a server's identity checked before it is believed, and again from time
// to time and after each failure. A lone server of no expected chain is for the
// caller to judge, by [Client.ID].
func (p *pool) admit(ctx context.Context, s *server) error {
	want, expected := p.wanted()
	if len(p.servers) == 1 && !expected {
		return nil
	}
	r := s.get()
	if time.Since(r.checked) > recheck {
		// Those that come together share the question; the first one's patience is
		// not the others'.
		asked := s.admission.DoChan("", func() (any, error) { return s.identify(p.life) })
		select {
		case <-ctx.Done():
			return ctx.Err()
		case a := <-asked:
			if a.Err != nil {
				return a.Err
			}
		}
		if r = s.get(); want == (ID{}) {
			p.settle(r.id)
			want = r.id
		}
		p.judge(s, r.id, want)
		r = s.get()
	}
	if r.wrong != "" {
		return &wrongChainError{s.name, r.wrong, want.String()}
	}
	return nil
}

// ask has a question answered by the first server that can, or by the pinned one.
func ask[T any](ctx context.Context, c *Client, question func(context.Context, *server) (T, error)) (T, error) {
	if c.pinned != nil {
		return question(ctx, c.pinned)
	}
	return askAny(ctx, c, c.usable(time.Now()), question, stop)
}

// askProven is ask for what proves itself by a block's hash, so that it does not
// matter who answers: a pinned client tries its own server first.
func askProven[T any](ctx context.Context, c *Client, question func(context.Context, *server) (T, error)) (T, error) {
	servers := c.usable(time.Now())
	if c.pinned != nil {
		servers = slices.DeleteFunc(servers, func(s *server) bool { return s == c.pinned })
		servers = slices.Insert(servers, 0, c.pinned)
	}
	return askAny(ctx, c, servers, question, func(error) bool { return false })
}

// askAny asks one server after another until one answers, or an error is an answer.
func askAny[T any](ctx context.Context, c *Client, servers []*server, question func(context.Context, *server) (T, error), stop func(error) bool) (T, error) {
	var none T
	var errs joined
	wrong := 0
	for _, s := range servers {
		err := c.admit(ctx, s)
		if err == nil {
			var answer T
			if answer, err = question(ctx, s); err == nil || stop(err) {
				return answer, err
			}
		}
		if ctx.Err() != nil {
			return none, err
		}
		if w := (*wrongChainError)(nil); errors.As(err, &w) {
			wrong++
		}
		errs = append(errs, err)
	}
	switch {
	case len(servers) == 0:
		return none, c.closedError()
	case wrong == len(c.servers):
		return none, fmt.Errorf("%w: %w", ErrWrongChain, errs)
	case len(errs) == 1:
		return none, errs[0]
	}
	return none, errs
}

// stop reports whether an error is an answer that no other server is asked for.
func stop(err error) bool {
	var disagreement *DisagreementError
	return errors.Is(err, ErrNoBlock) || errors.As(err, &disagreement)
}

// result is what one of several servers answered.
type result[T any] struct {
	value T
	err   error
}

// gather asks several servers at once. It returns when all have answered, or the
// rest has not, some time after the first good answer; what still runs then goes on
// until it ends by itself.
func gather[T any](ctx context.Context, p *pool, servers []*server, question func(*server, context.Context) (T, error)) []result[T] {
	type numbered struct {
		result[T]
		i int
	}
	answers := make(chan numbered, len(servers))
	results := make([]result[T], len(servers))
	for i, s := range servers {
		results[i].err = fmt.Errorf("RPC server %s: %w", s.name, endpoint.Outage("no answer in time"))
		p.work.Go(func() {
			v, err := question(s, p.life)
			answers <- numbered{result[T]{v, err}, i}
		})
	}
	var late <-chan time.Time
	for range servers {
		select {
		case a := <-answers:
			results[a.i] = a.result
			if a.err == nil && late == nil {
				timer := time.NewTimer(patience)
				defer timer.Stop()
				late = timer.C
			}
		case <-late:
			return results
		case <-ctx.Done():
			return results
		}
	}
	return results
}

// Look returns a client that asks one server only, so that what it says is of one
// piece: the one that does best now. Its errors are for the caller to take; the
// next look may be at another server. Headers and proofs, which prove themselves,
// are had from others where this one fails, and transactions are sent to all.
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

// surveyAll asks the servers how far they are, so that one that lags is noticed. It
// leaves alone those that do not answer anyway.
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
		if err := c.admit(ctx, s); err != nil {
			return Block{}, err
		}
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
