package doctor

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/contracts"
)

// anchorGas stands for the gas of an anchor where it cannot be estimated, and
// fewAnchors is when to pay in.
const (
	anchorGas  = 60_000
	fewAnchors = 100
)

// account says what the account holds and for how many anchors that is enough.
func (e *examination) account(ctx context.Context, name string, client *chain.Client, c Chain) {
	switch {
	case c.ReadOnly:
		return
	case c.Account.IsZero():
		e.skip("account", name, "what it holds cannot be told: its key does not open")
		return
	}
	balance, err := client.Balance(ctx, c.Account)
	if err != nil {
		e.fail("account", name, "its balance cannot be read: "+err.Error(), "use another RPC server; this says nothing of the balance")
		return
	}
	holds := chain.Ether(balance.ToInt())
	fees, base, err := client.Fees(ctx)
	if err != nil {
		e.skip("account", name, "%s holds %s; what an anchor costs cannot be told: the server reports no fees", c.Account, holds)
		return
	}
	root := freshRoot(e.now())
	gas, err := client.EstimateGas(ctx, c.Account, c.Registry, contracts.NewAnchorRegistry().PackAnchor(root, root))
	if refused := (*chain.RevertError)(nil); errors.As(err, &refused) {
		e.fail("account", name, "the registry refuses an anchor of "+c.Account.String()+": "+refused.Reason, "check --registry")
		return
	}
	if err != nil {
		gas = anchorGas // some servers estimate nothing for an empty account
	}
	cost := new(big.Int).Mul(fees.Cap, new(big.Int).SetUint64(gas+gas/4))
	left := new(big.Int).Quo(balance.ToInt(), cost)
	costs := chain.Ether(cost)
	text := fmt.Sprintf("%s holds %s: enough for %s anchors of at most %s at present fees", c.Account, holds, left, costs)
	switch {
	case balance.ToInt().Sign() == 0:
		e.fail("account", name, c.Account.String()+" holds nothing", "pay in: an anchor costs at most "+costs+" at present fees")
	case left.Sign() == 0:
		e.fail("account", name, text, "pay in")
	case left.Cmp(big.NewInt(fewAnchors)) < 0:
		e.warn("account", name, text, "pay in soon")
	default:
		e.ok("account", name, "%s", text)
	}
	if c.MaxFee == nil {
		return
	}
	need := new(big.Int).Add(base, fees.Tip)
	asks, limit := chain.Gwei(need), chain.Gwei(c.MaxFee)
	if need.Cmp(c.MaxFee) > 0 {
		e.warn("fees", name, fmt.Sprintf("the chain asks %s per gas now, and --max-fee is %s: batches wait", asks, limit),
			"wait until fees fall, or raise --max-fee")
	} else {
		e.ok("fees", name, "the chain asks %s per gas now, within --max-fee of %s", asks, limit)
	}
}
