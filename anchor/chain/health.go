package chain

import "time"

// What a server is like now, worst first.
const (
	ServerWrongChain = "wrong chain" // reports another chain: left out
	ServerClosed     = "rate limited"
	ServerFailing    = "failing"
	ServerLying      = "lying"     // an answer did not hold, lately
	ServerDisputed   = "disagrees" // about what is final, with another server
	ServerLagging    = "lagging"
	ServerUnused     = "unused" // not asked yet
	ServerOK         = "ok"
)

// ServerHealth is what is known of one server, as of the last time it was asked.
// Nothing in it is secret.
type ServerHealth struct {
	Server  string // host of its URL, numbered where two are alike
	State   string // one of the constants above
	Current bool   // of the newest look

	Latency     time.Duration // moving average
	Requests    uint64
	Failed      uint64    // requests without a sensible answer
	Failures    int       // such in a row
	LastError   string    // empty if there never was one
	LastErrorAt time.Time // zero likewise
	LastGood    time.Time // of the newest answer; zero if there never was one
	RetryAt     time.Time // not asked, or not preferred, before; zero: at any time

	Head, Final   uint64    // block numbers; zero while unknown
	HeadAt        time.Time // when Head was read
	Disagreements uint64    // about final blocks, ever
	Detail        string    // of the wrong chain or the disagreement; else empty
}

// Servers returns what is known of each server, in the order of their URLs. It
// asks none.
func (c *Client) Servers() []ServerHealth {
	now := time.Now()
	reference := c.reference(now)
	c.mu.Lock()
	current := c.current
	c.mu.Unlock()
	list := make([]ServerHealth, len(c.servers))
	for i, s := range c.servers {
		r := s.get()
		h := ServerHealth{
			Server: s.name, State: ServerOK, Current: s == current || len(c.servers) == 1,
			Latency: r.latency, Requests: r.requests, Failed: r.failed, Failures: r.failures,
			LastError: r.lastErr, LastErrorAt: r.errAt, LastGood: r.lastGood,
			Head: r.head.Number, Final: r.final.Number, HeadAt: r.headAt, Disagreements: r.disputes,
		}
		for _, until := range []time.Time{r.avoid, r.closed, r.distrusted()} {
			if until.After(now) && until.After(h.RetryAt) {
				h.RetryAt = until
			}
		}
		switch {
		case r.wrong != "":
			h.State, h.Detail = ServerWrongChain, r.wrong
		case now.Before(r.closed):
			h.State = ServerClosed
		case r.failures > 0:
			h.State = ServerFailing
		case now.Before(r.distrusted()):
			h.State = ServerLying
		case r.dispute != "":
			h.State, h.Detail = ServerDisputed, r.dispute
		case r.lags(reference, now):
			h.State = ServerLagging
		case r.requests == 0:
			h.State = ServerUnused
		}
		list[i] = h
	}
	return list
}
