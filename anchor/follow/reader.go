package follow

import (
	"context"
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/verifier"
)

// Bounds of the blocks that one request for events spans. Servers refuse more than a limit of
// their own, each in its own words; so a range that is refused, for whatever reason, is asked for
// again in parts, and one that was answered may be followed by one of twice the size.
const (
	firstSpan  = 1000
	maxSpan    = 100_000
	shrink     = 4
	maxOutages = 3 // in a row, until the caller has to come again
)

// Reader reads a registry's events in ranges that the servers answer. It is for one goroutine.
type Reader struct {
	// Registry is whose events are read. It is not changed.
	Registry verifier.Address

	span uint64 // of the next request, in blocks; 0 before the first
}

// Read returns the events in the blocks from first to upTo, in order. upTo is last, or less if
// that is too much at once. A fault is an error, never an empty answer.
func (r *Reader) Read(ctx context.Context, c *chain.Client, first, last uint64) (events []chain.Event, upTo uint64, err error) {
	if first > last {
		return nil, last, nil
	}
	if r.span == 0 {
		r.span = firstSpan
	}
	for outages := 0; ; {
		asked := min(r.span, last-first+1)
		upTo = first + asked - 1
		events, err = c.Events(ctx, r.Registry, first, upTo)
		switch {
		case err == nil:
			if asked == r.span {
				r.span = min(2*r.span, maxSpan)
			}
			return events, upTo, nil
		case ctx.Err() != nil:
			return nil, 0, ctx.Err()
		case errors.Is(err, chain.ErrOutage):
			outages++ // or a limit: some call both the same
		}
		r.span = max(asked/shrink, 1)
		if asked == 1 || outages == maxOutages || errors.Is(err, chain.ErrLie) {
			return nil, 0, fmt.Errorf("events of the registry from block %d on: %w", first, err)
		}
	}
}
