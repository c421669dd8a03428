package beaconapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// Way looks for the way from a trusted committee to the newest one, over hops that are at
// hand and then over what beacon nodes have. No hop is believed that the committee before
// it has not signed. It is not safe for concurrent use.
type Way struct {
	network *beacon.Network
	oldest  time.Time
	hops    map[uint64][]Hop // by the period that they lead from
	last    uint64           // the latest period that a hop leads from
	count   int
}

// Hop is a hop and where it is from.
type Hop struct {
	*beacon.Hop
	Source string // for people; empty: it is kept already
}

// maxHops bounds what [Way.Offer] takes: hops of 50 years of Ethereum.
const maxHops = 1 << 14

// NewWay returns a way that takes no hop which was signed before oldest.
func NewWay(n *beacon.Network, oldest time.Time) *Way {
	return &Way{network: n, oldest: oldest, hops: make(map[uint64][]Hop)}
}

// Offer adds an encoded hop. The error says that it cannot be read, or that there are too
// many.
func (w *Way) Offer(source string, data []byte) error {
	h, err := w.network.ParseHop(data)
	if err != nil {
		return err
	}
	if w.count++; w.count > maxHops {
		return fmt.Errorf("more than %d hops", maxHops)
	}
	p := h.Period()
	w.hops[p] = append(w.hops[p], Hop{h, source})
	w.last = max(w.last, p)
	return nil
}

// Walk goes from the committee of a period, with this root, as far as it can, and returns
// the hops that it took. nodes may be nil. The error names the period from which it could not
// go on although there is something newer; all that it wraps is of the last that was tried.
func (w *Way) Walk(ctx context.Context, period uint64, root beacon.Root, nodes *Client) (taken []Hop, err error) {
	for {
		h, missing := w.next(period, root)
		if h != nil {
			taken, period, root = append(taken, *h), period+1, h.Next
			continue
		}
		if nodes == nil {
			return taken, missing
		}
		more, fault := nodes.Hops(ctx, w.network, period, root)
		for _, h := range more {
			if err := w.recent(h); err != nil {
				return taken, err
			}
			taken, period, root = append(taken, Hop{h, "beacon node"}), h.Period()+1, h.Next
		}
		if fault != nil && len(more) > 0 {
			continue // a hop at hand may help where they could not
		}
		if errors.Is(fault, ErrNoData) && missing != nil {
			fault = missing // that is the better reason
		}
		return taken, fault
	}
}

// next returns a hop at hand that leads on from a committee, or nil and, if there is
// something newer, why not.
func (w *Way) next(period uint64, root beacon.Root) (*Hop, error) {
	var fault error
	for _, h := range w.hops[period] {
		err := h.Verify(root)
		if err == nil {
			err = w.recent(h.Hop)
		}
		if err == nil {
			return &h, nil
		}
		if h.Source != "" {
			fault = fmt.Errorf("%s: %w", h.Source, err)
		}
	}
	if fault == nil && w.last > period && len(w.hops) > 0 {
		fault = noDataError(fmt.Sprintf("a hop from period %d is missing; there are some of later periods, up to %d", period, w.last))
	}
	return nil, fault
}

// recent reports that a hop is too old to count, or nil.
func (w *Way) recent(h *beacon.Hop) error {
	if at := w.network.Time(h.Header.Slot); at.Before(w.oldest) {
		return fmt.Errorf("the hop from period %d was signed on %s: signatures from before %s do not count, since old keys may have leaked",
			h.Period(), at.Format(time.DateOnly), w.oldest.Format(time.DateOnly))
	}
	return nil
}
