package client

import (
	"context"
	"fmt"
	"net/http"

	"github.com/hallmark-node/hallmark/verifier"
)

// Hops reads what the node keeps of the hops of a chain, from those that lead on from a
// period, as a file that [beacon.ReadPack] reads. Nothing in it is to be believed.
//
// [beacon.ReadPack]: https://pkg.go.dev/github.com/hallmark-node/hallmark/verifier/beacon#ReadPack
func (c *Client) Hops(ctx context.Context, chain verifier.ChainID, from uint64) ([]byte, error) {
	_, data, err := c.fetch(ctx, http.MethodGet, fmt.Sprintf("/v1/chains/%s/hops?from=%d", chain, from), content{})
	return data, err
}
