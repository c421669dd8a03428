package beaconapi

import (
	"context"
	"fmt"

	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// Newest returns the evidence for the newest final block. It is verified: trusted returns the
// root of the committee of a period, which a server names, or why it is not known.
func (c *Client) Newest(
	ctx context.Context, n *beacon.Network, trusted func(period uint64) (beacon.Root, error),
) (e *beacon.Evidence, err error) {
	err = c.get(ctx, "/eth/v1/beacon/light_client/finality_update", nil, func(body []byte) error {
		var u *beacon.Update
		if err := data(&u)(body); err != nil {
			return err
		}
		if u.Finalized == nil {
			return ErrNoData
		}
		period := n.Period(u.Attested.Slot + 1)
		root, err := trusted(period)
		if err != nil {
			return err
		}
		committee, err := c.committee(ctx, n, period, root)
		if err != nil {
			return err
		}
		if e, err = u.Evidence(n, committee); err == nil {
			err = e.Verify(root, u.Finalized.BlockHash)
		}
		return unproven(err)
	})
	if err != nil {
		return nil, fmt.Errorf("finality update: %w", err)
	}
	return e, nil
}
