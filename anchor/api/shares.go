package api

import (
	"net/netip"
	"sync"
)

// shares divides something of which there is only so much among the clients that use
// it at the time. A client is an IPv4 address or an IPv6 /48; whoever stands on this
// machine is held to the whole alone. Its methods may be called by many goroutines.
type shares struct {
	total int64 // for all together
	each  int64 // for one client

	mu   sync.Mutex
	used int64
	by   map[netip.Prefix]int64 // of clients that use some
}

func newShares(total, each int64) *shares {
	return &shares{total: total, each: each, by: make(map[netip.Prefix]int64)}
}

// take uses n more for a client and leaves spare to others. It returns own if the client
// has its share, and all if nothing is left.
func (s *shares) take(c remote, n, spare int64, own, all error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, site := c.networks()
	switch {
	case !c.free && s.by[site]+n > s.each:
		return own
	case s.used+n > s.total-spare:
		return all
	case !c.free:
		s.by[site] += n
	}
	s.used += n
	return nil
}

// give returns what was taken.
func (s *shares) give(c remote, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used -= n
	if c.free {
		return
	}
	_, site := c.networks()
	if s.by[site] -= n; s.by[site] <= 0 {
		delete(s.by, site)
	}
}

// left returns how much is not in use.
func (s *shares) left() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total - s.used
}
