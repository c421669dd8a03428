package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/anchor/beaconapi"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/verifier"
)

// beacon asks a beacon node for what vouchers are made of. The chain's id is zero if it is not
// known. Nothing here fails: a node works without.
func (e *examination) beacon(ctx context.Context, name, address string, id chain.ID) {
	const check = "beacon node"
	client, err := beaconapi.New(address)
	if err != nil {
		e.warn(check, name, err.Error(), "write its URL as http://host:port or https://host/path")
		return
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, 2*reachTimeout)
	defer cancel()
	n, err := client.Network(ctx)
	if err != nil {
		e.warn(check, name, err.Error(), "correct the URL: want the Beacon API of a consensus client; proofs go without its voucher")
		return
	}
	if id.Chain != 0 && n.ChainID != uint64(id.Chain) {
		e.warn(check, name, fmt.Sprintf("it is of the beacon chain of %s, not of %s", verifier.ChainID(n.ChainID), id.Chain),
			"use a beacon node of the chain")
		return
	}
	u, err := client.Finality(ctx)
	switch {
	case errors.Is(err, beaconapi.ErrNoData):
		e.warn(check, name, "it has no finality update", "if this lasts, it serves no light clients: enable that, or use another one")
		return
	case err != nil:
		e.warn(check, name, err.Error(), "use another one, or try again")
		return
	case u.Finalized == nil:
		e.warn(check, name, "nothing is final yet", "wait")
		return
	}
	age := e.now().Sub(n.Time(u.Finalized.Slot)).Round(time.Second)
	text := fmt.Sprintf("of %s, period %d; the newest block that it shows to be final is %s old",
		n.Name, n.Period(u.Attested.Slot), max(0, age))
	if age > finalityOld {
		e.warn(check, name, text, "the chain does not finalise, or it lags: see the chain's status page")
		return
	}
	e.ok(check, name, "%s", text)
}
