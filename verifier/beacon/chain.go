package beacon

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ErrNoCommittee is wrapped by the error of [Chain.Committee] if no committee is known for
// a period, which says nothing about what that committee signed.
var ErrNoCommittee = errors.New("no committee of the period is known")

// Step is a sync committee that is believed.
type Step struct {
	Root Root
	From uint64 // the period of the trusted committee that it was reached from; its own if it is trusted itself
}

// Chain knows the committees of a network: those that are trusted, and those that hops
// lead to from there. It is safe for concurrent use. A hop is believed only once it is
// verified, and that is done when it is needed first, and remembered.
//
// Nobody can tell a good hop from another before the committee that signs it is known. So
// any number of a period is held, as no limit but that on what is added lets the good one
// in behind junk; and each is verified once at most, and not held after.
type Chain struct {
	network *Network

	mu      sync.Mutex
	known   map[uint64]Step   // by period
	hops    map[uint64][]*Hop // by the period that they lead from, unverified
	refused map[uint64]error  // by that period, of hops that did not hold: why the last one did not
}

// NewChain returns a chain that believes the given roots of committees, by period.
func NewChain(n *Network, trusted map[uint64]Root) *Chain {
	c := &Chain{network: n, known: make(map[uint64]Step), hops: make(map[uint64][]*Hop), refused: make(map[uint64]error)}
	for period, root := range trusted {
		c.known[period] = Step{root, period}
	}
	return c
}

// Network returns the network that the chain is of.
func (c *Chain) Network() *Network { return c.network }

// Add offers a hop, which is not verified yet. How much is added is for the caller to bound.
func (c *Chain) Add(h *Hop) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := h.Period()
	if _, ok := c.known[p+1]; !ok { // else it is not needed
		c.hops[p] = append(c.hops[p], h)
	}
}

// Committee returns the committee of a period, by hops that were signed no earlier than
// oldest, from the nearest known one before it. What was reached stays known, whatever
// later calls say of oldest. The error wraps [ErrNoCommittee].
func (c *Chain) Committee(period uint64, oldest time.Time) (Step, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from, ok := c.nearest(period)
	if !ok {
		return Step{}, fmt.Errorf("%w: none up to period %d is trusted", ErrNoCommittee, period)
	}
	step := c.known[from]
	for p := from; p < period; p++ {
		next, err := c.next(p, step.Root, oldest)
		if err != nil {
			return Step{}, err
		}
		step.Root = next
		c.known[p+1] = step
	}
	return step, nil
}

// nearest returns the newest known period that is not after period.
func (c *Chain) nearest(period uint64) (from uint64, ok bool) {
	for p := range c.known {
		if p <= period && (!ok || p > from) {
			from, ok = p, true
		}
	}
	return from, ok
}

// next returns the committee that follows the one of a period.
func (c *Chain) next(period uint64, committee Root, oldest time.Time) (Root, error) {
	var tooOld []*Hop
	for _, h := range c.hops[period] {
		if c.network.Time(h.Header.Slot).Before(oldest) {
			tooOld = append(tooOld, h)
			continue
		}
		err := h.Verify(committee)
		if err == nil {
			delete(c.hops, period)
			delete(c.refused, period)
			return h.Next, nil
		}
		c.refused[period] = err
	}
	c.hops[period] = tooOld
	switch err := c.refused[period]; {
	case len(tooOld) > 0:
		return Root{}, fmt.Errorf("%w: the hop from period %d was signed before %s, and older signatures do not count",
			ErrNoCommittee, period, oldest.Format(time.DateOnly))
	case err != nil:
		return Root{}, fmt.Errorf("%w: %w", ErrNoCommittee, err)
	}
	return Root{}, fmt.Errorf("%w: a hop from period %d is missing", ErrNoCommittee, period)
}

// Known returns the periods of which a committee is known, ascending, with what is known.
func (c *Chain) Known() (periods []uint64, steps map[uint64]Step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	steps = make(map[uint64]Step, len(c.known))
	for p, s := range c.known {
		periods = append(periods, p)
		steps[p] = s
	}
	slices.Sort(periods)
	return periods, steps
}
