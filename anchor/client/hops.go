package client

import (
	"context"
	"fmt"
	"net/http"

	"github.com/hallmark-node/hallmark/verifier"
)

// Hops reads the hops of the beacon chain behind a chain that the node has, from a period on, as
// a file of hops (beacon.ReadPack). The node is not believed: each hop is to be verified.
func (c *Client) Hops(ctx context.Context, chain verifier.ChainID, from uint64) ([]byte, error) {
	_, data, err := c.fetch(ctx, http.MethodGet, fmt.Sprintf("/v1/chains/%s/hops?from=%d", chain, from), content{})
	return data, err
}
