package beaconapi

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// rootRequests is how many block roots are asked for at a time.
const rootRequests = 8

// emptySlots is how many slots in a row may be empty before the first one that is asked
// for: beyond that the chain stood still for longer than an hour.
const emptySlots = 512

// Summaries returns the historical summaries of the state of a block, and checks that they
// are. Only Lodestar serves them; from others the error wraps [ErrNoData].
func (c *Client) Summaries(ctx context.Context, n *beacon.Network, block *beacon.Header) (*beacon.Summaries, error) {
	var s *beacon.Summaries
	err := c.get(ctx, "/eth/v1/lodestar/states/"+block.State.String()+"/historical_summaries", nil, func(body []byte) error {
		if err := data(&s)(body); err != nil {
			return err
		}
		return unproven(s.Verify(n, block))
	})
	if err != nil {
		return nil, fmt.Errorf("historical summaries at slot %d: %w", block.Slot, err)
	}
	return s, nil
}

// BlockRoots returns the block roots that the summary for a slot is of, as
// [beacon.Evidence.OnSummaries] takes them. It is a request for each slot, 8,192 on
// Ethereum, of a server that has all old blocks; one that has not gives roots that lead to
// no summary, as an empty slot and a forgotten block look the same.
func (c *Client) BlockRoots(ctx context.Context, n *beacon.Network, slot uint64) ([]beacon.Root, error) {
	first := n.SummarySlot(slot)
	roots := make([]beacon.Root, n.RootsPerSummary)
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(rootRequests)
	for i := range roots {
		group.Go(func() (err error) {
			roots[i], err = c.blockRoot(asking, first+uint64(i)) //nolint:gosec // not negative
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("block roots from slot %d on: %w", first, err)
	}
	for i := range roots {
		switch {
		case !roots[i].IsZero():
		case i > 0:
			roots[i] = roots[i-1]
		default:
			for back := uint64(1); roots[0].IsZero() && back <= min(first, emptySlots); back++ {
				var err error
				if roots[0], err = c.blockRoot(ctx, first-back); err != nil {
					return nil, fmt.Errorf("block roots from slot %d on: %w", first, err)
				}
			}
			if roots[0].IsZero() {
				return nil, fmt.Errorf("block roots from slot %d on: %w", first, ErrNoData)
			}
		}
	}
	return roots, nil
}

// blockRoot returns the root of the block at a slot; zero if there is none.
func (c *Client) blockRoot(ctx context.Context, slot uint64) (beacon.Root, error) {
	var v struct {
		Root beacon.Root `json:"root"`
	}
	err := c.get(ctx, fmt.Sprintf("/eth/v1/beacon/blocks/%d/root", slot), nil, data(&v))
	if errors.Is(err, ErrNoData) {
		return beacon.Root{}, nil
	}
	return v.Root, err
}

// Rehang returns evidence for the block of old that hangs on the finalized block of newer
// by historical summaries, and nothing that is signed in old. The error wraps
// [beacon.ErrTooRecent] if no summary is of the block yet, and [ErrNoData] if no server
// has the data. The block roots of the last call are kept, since many blocks share them.
// Neither old nor newer is verified, and the result is as true as newer is.
func (c *Client) Rehang(ctx context.Context, n *beacon.Network, old, newer *beacon.Evidence) (*beacon.Evidence, error) {
	if newer.Finalized == nil {
		return nil, errors.New("evidence that is not signed has no state to hang on")
	}
	first := n.SummarySlot(old.Block.Slot)
	if newer.Finalized.Slot < first+n.RootsPerSummary {
		return nil, fmt.Errorf("%w: that of slot %d follows after slot %d", beacon.ErrTooRecent, old.Block.Slot, first+n.RootsPerSummary)
	}
	s, err := c.Summaries(ctx, n, newer.Finalized)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	kept := c.roots
	c.mu.Unlock()
	if kept.first == first && kept.roots != nil {
		if e, err := old.OnSummaries(newer, kept.roots, s); err == nil {
			return e, nil
		}
	}
	roots, err := c.BlockRoots(ctx, n, old.Block.Slot)
	if err != nil {
		return nil, err
	}
	e, err := old.OnSummaries(newer, roots, s)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.roots = keptRoots{first, roots}
	c.mu.Unlock()
	return e, nil
}

// keptRoots are the block roots from a slot on, which are not changed.
type keptRoots struct {
	first uint64
	roots []beacon.Root
}
