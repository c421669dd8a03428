package beaconapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// Hops returns the hops that lead from the committee with this root, of a period, to the
// newest that the servers have: none if that is the newest. Each is verified.
//
// The error tells why it did not get as far as the network has come by now. It wraps
// [ErrNoData] if the servers no longer have an update, and [ErrUnproven] if all that they
// have does not lead on from the committee.
func (c *Client) Hops(ctx context.Context, n *beacon.Network, period uint64, root beacon.Root) (hops []*beacon.Hop, err error) {
	committee, err := c.committee(ctx, n, period, root)
	for err == nil {
		err = c.updates(ctx, period, MaxUpdates, func(list []*beacon.Update) error {
			led, next, err := lead(n, period, committee, list)
			if len(led) == 0 {
				return err
			}
			// What follows a good part is asked for again, of another server if need be.
			hops, period, committee = append(hops, led...), period+uint64(len(led)), next
			return nil
		})
	}
	if c.upToDate(ctx, n, period, err) {
		return hops, nil
	}
	return hops, fmt.Errorf("hop from period %d: %w", period, err)
}

// lead makes hops of updates, one after the other from the committee of a period on, until
// one does not lead on. It returns the committee at the end, too.
func lead(n *beacon.Network, period uint64, committee *beacon.Committee, list []*beacon.Update) ([]*beacon.Hop, *beacon.Committee, error) {
	var hops []*beacon.Hop
	for _, u := range list {
		if n.Period(u.Attested.Slot) == period && (u.Finalized == nil || n.Period(u.Finalized.Slot) != period) {
			return hops, committee, ErrNoData // the period has only begun, or nothing became final in it
		}
		h, err := u.Hop(n, committee)
		if err == nil && h.Period() != period {
			err = fmt.Errorf("its update is of period %d", h.Period())
		}
		if err == nil {
			err = h.Verify(committee.Root())
		}
		if err != nil {
			return hops, committee, unproven(err)
		}
		hops, committee, period = append(hops, h), u.Next, period+1
	}
	return hops, committee, nil
}

// committee returns the keys of the committee with this root.
func (c *Client) committee(
	ctx context.Context, n *beacon.Network, period uint64, root beacon.Root,
) (committee *beacon.Committee, err error) {
	check := func(got *beacon.Committee) error {
		if got == nil || got.Root() != root || len(got.Keys) != int(n.CommitteeSize) { //nolint:gosec // at most 512
			return unproven(fmt.Errorf("its committee of period %d is not the one that is trusted, %s", period, root))
		}
		committee = got
		return nil
	}
	before := ErrNoData
	if period > 0 {
		before = c.updates(ctx, period-1, 1, func(list []*beacon.Update) error { return check(list[0].Next) })
	}
	if before == nil {
		return committee, nil
	}
	// The update before is not needed if a block of the period can be had.
	err = c.updates(ctx, period, 1, func(list []*beacon.Update) error {
		f := list[0].Finalized
		if f == nil || n.Period(f.Slot) != period {
			return ErrNoData
		}
		b, err := c.Bootstrap(ctx, n, f.Root())
		if err != nil {
			// Not an ErrNoData, whatever the cause.
			return unproven(fmt.Errorf("the committee that signed its update of period %d cannot be had: %s", period, err.Error()))
		}
		return check(&b.Committee)
	})
	if errors.Is(err, ErrNoData) {
		return nil, before
	}
	return committee, err
}

// upToDate reports whether there can be no hop from a period on yet, err being why none could
// be had. At least one server must say that it has none. The clock knows; where it says that a
// period is over, as it does on a network that stands still, the servers may know better.
func (c *Client) upToDate(ctx context.Context, n *beacon.Network, period uint64, err error) bool {
	f := (*failure)(nil)
	if ctx.Err() != nil || !errors.Is(err, ErrNoData) && (!errors.As(err, &f) || f.missing == 0) {
		return false
	}
	if n.Period(n.SlotAt(time.Now())) <= period {
		return true
	}
	if errors.Is(err, ErrUnproven) {
		return false
	}
	if now, err := c.Network(ctx); err != nil || now.ValidatorsRoot != n.ValidatorsRoot {
		return false // what other networks have says nothing
	}
	u, err := c.Finality(ctx)
	return err == nil && n.Period(u.Attested.Slot+1) <= period || errors.Is(err, ErrNoData)
}
