package chain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Client reads one chain through one or several JSON-RPC servers. It is safe for
// concurrent use.
type Client struct {
	*pool
	pinned *server // the only one to ask; nil: whichever does best
}

// pool is what all clients of one Dial share.
type pool struct {
	servers []*server // in the operator's order of preference

	life context.Context // ends with Close
	end  context.CancelFunc
	work sync.WaitGroup // requests whose callers have left

	every time.Duration // surveyEvery, but in tests

	mu       sync.Mutex
	want     ID   // the chain that servers must report; zero: not known yet
	expected bool // want was given by Expect
	policy   Confirmations
	log      *slog.Logger
	current  *server // of the newest look; nil before the first
	surveyed time.Time
}

// Dial makes a client for http or https URLs of servers of the same chain, the
// preferred one first. It does not connect yet.
func Dial(urls ...string) (*Client, error) {
	if len(urls) == 0 {
		return nil, errors.New("no RPC URL is given")
	}
	p := &pool{log: slog.Default(), every: surveyEvery}
	names := make(map[string]int)
	for i, u := range urls {
		s, err := newServer(u, timeout)
		if err != nil {
			for _, s := range p.servers {
				s.Close()
			}
			if len(urls) > 1 {
				err = fmt.Errorf("URL %d of %d: %w", i+1, len(urls), err)
			}
			return nil, err
		}
		if names[s.name]++; names[s.name] > 1 {
			s.name = fmt.Sprintf("%s#%d", s.name, names[s.name])
		}
		p.servers = append(p.servers, s)
	}
	p.life, p.end = context.WithCancel(context.Background())
	return &Client{pool: p}, nil
}

// Close ends the client and every look of it.
func (c *Client) Close() {
	c.end()
	c.work.Wait()
	for _, s := range c.servers {
		s.Close()
	}
}

// LogTo sets the logger for what happens to the servers, [slog.Default] at first.
func (c *Client) LogTo(log *slog.Logger) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = log
}

func (p *pool) logger() *slog.Logger {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log
}

// ID tells one chain from all others.
type ID struct {
	Chain   verifier.ChainID
	Genesis merkle.Hash // hash of block 0
}

// String leaves out a genesis that is not known.
func (id ID) String() string {
	if id.Genesis.IsZero() {
		return id.Chain.String()
	}
	return fmt.Sprintf("%s with genesis %s", id.Chain, id.Genesis)
}

// is reports whether the id is the wanted one. A zero genesis is any.
func (id ID) is(want ID) bool {
	return id.Chain == want.Chain && (id.Genesis == want.Genesis || want.Genesis.IsZero())
}

// Expect names the chain that the servers must report. One that reports
// another is left out from then on, and asked again now and then. A zero genesis
// stands for any, but the same one for all.
func (c *Client) Expect(id ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.want != id {
		for _, s := range c.servers {
			s.doubt()
		}
	}
	c.want, c.expected = id, true
}

// ID asks every server which chain this is. After [Client.Expect] it returns that
// chain while any server reports it, and [ErrWrongChain] if every one reports
// another. Before, all that answer must agree: it is not known which is right.
func (c *Client) ID(ctx context.Context) (ID, error) {
	servers := c.responsive(time.Now())
	if c.pinned != nil {
		servers = []*server{c.pinned}
	}
	if len(servers) == 0 {
		return ID{}, c.closedError()
	}
	answers := gatherAny(ctx, c.pool, servers, (*server).identify)
	if ctx.Err() != nil {
		return ID{}, ctx.Err()
	}
	want, expected := c.wanted()
	var ids []ID // different ones, in order of preference
	var errs joined
	for i, s := range servers {
		if err := answers[i].err; err != nil {
			errs = append(errs, err)
		} else if id := answers[i].value; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		if id := s.get().id; answers[i].err == nil {
			c.judge(s, id, want)
		}
	}
	right := slices.DeleteFunc(slices.Clone(ids), func(id ID) bool { return want != ID{} && !id.is(want) })
	if len(right) == 0 && !expected {
		right = ids // all changed together, or nothing was known: for the caller to judge
	}
	switch {
	case len(right) == 1:
		c.setChainID(right[0])
		return right[0], nil
	case len(right) > 1:
		return ID{}, fmt.Errorf("the RPC servers report different chains, %s and %s: remove those that do not belong, or name the chain",
			right[0], right[1])
	case len(errs) == 0 && (c.pinned != nil || len(servers) == len(c.servers)):
		return ID{}, fmt.Errorf("%w: expected %s, got %s", ErrWrongChain, want, ids[0])
	}
	// Those that do not answer may be right.
	if !c.closedUntil().IsZero() {
		errs = append(errs, c.closedError())
	}
	return ID{}, errs
}

func (p *pool) wanted() (want ID, expected bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.want, p.expected
}

// setChainID sets the expected chain id, and judges all servers by it.
func (p *pool) setChainID(want ID) {
	p.mu.Lock()
	p.want = want
	p.mu.Unlock()
	for _, s := range p.servers {
		if id := s.get().id; id != (ID{}) {
			p.judge(s, id, want)
		}
	}
}

// ErrNoRegistry says that the chain answers and that the registry is not there.
var ErrNoRegistry = errors.New("no AnchorRegistry")

// Check asks whether the registry is at its address, with the published code.
func (c *Client) Check(ctx context.Context, registry verifier.Address) error {
	_, err := ask(ctx, c, func(ctx context.Context, s *server) (struct{}, error) {
		var code hexutil.Bytes
		if err := s.call(ctx, &code, "eth_getCode", common.Address(registry), "latest"); err != nil {
			return struct{}{}, err
		}
		if len(code) == 0 {
			return struct{}{}, fmt.Errorf("%w at %s: nothing is deployed there", ErrNoRegistry, registry)
		}
		if got := merkle.Keccak256(code); got != verifier.RegistryCodeHash {
			return struct{}{}, fmt.Errorf("%w at %s: the code there has hash %s, the published one %s",
				ErrNoRegistry, registry, got, verifier.RegistryCodeHash)
		}
		return struct{}{}, nil
	})
	return err
}

// Balance returns what an account holds, in wei, at the newest block.
func (c *Client) Balance(ctx context.Context, account verifier.Address) (*hexutil.Big, error) {
	b, err := call[hexutil.Big](ctx, c, "eth_getBalance", common.Address(account), "latest")
	return &b, err
}
