package chain

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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

// wrongChainError says that a server reports another chain.
type wrongChainError struct{ server, got, want string }

func (e *wrongChainError) Error() string {
	return fmt.Sprintf("RPC server %s is left out: it reports chain %s, not %s", e.server, e.got, e.want)
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
// three and more the second, so that one server that reports a head that no other server knows
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

// closedUntil is when the first of the rate limited servers may be asked again; zero if
// there is none.
func (p *pool) closedUntil() (first time.Time) {
	for _, s := range p.servers {
		if r := s.get(); !r.closed.IsZero() && (first.IsZero() || r.closed.Before(first)) {
			first = r.closed
		}
	}
	return first
}

// closedError says that every server is rate limited.
func (p *pool) closedError() error {
	return endpoint.Outage(fmt.Sprintf("the RPC servers ask to be left alone, the first until %s", p.closedUntil().UTC().Format(time.RFC3339)))
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
		p.logger().Error("RPC server reports another chain; left out", "server", s.name, "got", wrong, "want", want.String())
	} else {
		p.logger().Info("RPC server reports the right chain again", "server", s.name)
	}
}

// admit checks the chain id and genesis of a server before it is used, again from time to time, and
// after each failure. A single server where no chain is expected is for the caller to
// judge, by [Client.ID].
func (p *pool) admit(ctx context.Context, s *server) error {
	want, expected := p.wanted()
	if len(p.servers) == 1 && !expected {
		return nil
	}
	r := s.get()
	if time.Since(r.checked) > recheck {
		// Concurrent callers share one request, which does not end with the context of
		// the first one.
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
			p.setChainID(r.id)
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
