package serving

import (
	"context"
	"fmt"

	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// maxHops bounds an answer: 20 years of Ethereum.
const maxHops = 8 << 20

// Hops returns a file of hops of the beacon chain behind a chain, from a period on, at most 8 MiB. It has none
// of a chain that the node knows no hops of; the error is [role.ErrNotFound] if the node has
// never written to the chain.
func (srv *Serving) Hops(_ context.Context, id verifier.ChainID, from uint64) (pack []byte, err error) {
	if srv.bound[id] == (verifier.Home{}) {
		return nil, fmt.Errorf("chain %s: %w", id, role.ErrNotFound)
	}
	pack = beacon.NewPack()
	err = srv.store.Hops(id, from, func(_ uint64, hop []byte) bool {
		if len(pack)+len(hop) > maxHops {
			return false
		}
		pack = beacon.AppendPack(pack, uint64(id), hop)
		return true
	})
	return pack, err
}
