package beaconapi

import (
	"context"
	"fmt"

	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// First is a sync committee that nothing but a server's word speaks for, or a checkpoint.
type First struct {
	Period uint64
	Root   beacon.Root
	Block  beacon.LightHeader // of a block of that period, which is final
}

// First returns the committee of the period of a block, by its root, or of the newest
// final block if the root is zero: then all of it is the server's word.
func (c *Client) First(ctx context.Context, n *beacon.Network, block beacon.Root) (*First, error) {
	if block.IsZero() {
		var err error
		if block, err = c.FinalizedRoot(ctx); err != nil {
			return nil, err
		}
	}
	b, err := c.Bootstrap(ctx, n, block)
	if err != nil {
		return nil, err
	}
	if b.Header.BlockHash.IsZero() {
		return nil, fmt.Errorf("bootstrap from block %s: it names no execution block", block)
	}
	return &First{n.Period(b.Header.Slot), b.Committee.Root(), b.Header}, nil
}
