package pipeline

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/contracts"
)

// ceilingError says that a limit of the operator is reached: sending waits.
type ceilingError struct{ reason string }

func (e *ceilingError) Error() string { return e.reason }

func ceiling(format string, args ...any) error { return &ceilingError{fmt.Sprintf(format, args...)} }

// raised returns the least that replaces a fee: go-ethereum, like all others, wants
// tip and cap both 10 percent higher.
func raised(fee *big.Int) *big.Int {
	extra := new(big.Int).Add(fee, big.NewInt(9))
	extra.Div(extra, big.NewInt(10)) // rounded up
	if extra.Sign() == 0 {
		extra.SetInt64(1)
	}
	return extra.Add(extra, fee)
}

// fees returns what to pay for a transaction with a gas limit, within the
// operator's limits: the market's fees, and if it replaces another one at least so
// much more that nodes take it.
func (w *Writer) fees(ctx context.Context, client *chain.Client, gas uint64, replaced *store.Attempt) (chain.Fees, error) {
	fees, base, err := client.Fees(ctx)
	if err != nil {
		return fees, err
	}
	w.health.show(func(c *shown) { c.BaseFee = base.String() })
	least := chain.Fees{Tip: new(big.Int), Cap: new(big.Int).Add(base, fees.Tip)}
	before := new(big.Int)
	if replaced != nil {
		least.Tip = raised(new(big.Int).SetBytes(replaced.Tip))
		least.Cap = raised(new(big.Int).SetBytes(replaced.FeeCap))
		before = worst(replaced)
	}
	if fees, err = within(fees, least, w.config.MaxFee); err != nil {
		return fees, err
	}
	return fees, w.budget(new(big.Int).Sub(cost(fees, gas), before), time.Now())
}

// cost returns the most that a transaction can cost, in wei.
func cost(fees chain.Fees, gas uint64) *big.Int {
	return new(big.Int).Mul(fees.Cap, new(big.Int).SetUint64(gas))
}

// within fits the market's fees between the least that serves and the operator's
// limit (nil: none).
func within(market, least chain.Fees, limit *big.Int) (chain.Fees, error) {
	fees := chain.Fees{Tip: larger(market.Tip, least.Tip), Cap: larger(market.Cap, least.Cap)}
	fees.Cap = larger(fees.Cap, fees.Tip)
	if limit == nil || fees.Cap.Cmp(limit) <= 0 {
		return fees, nil
	}
	if need := larger(least.Cap, least.Tip); need.Cmp(limit) > 0 {
		return fees, ceiling("%s per gas are needed and the limit is %s: waiting for it to fall", chain.Gwei(need), chain.Gwei(limit))
	}
	fees.Cap = limit
	if fees.Tip.Cmp(limit) > 0 {
		fees.Tip = limit
	}
	return fees, nil
}

func larger(a, b *big.Int) *big.Int {
	if a.Cmp(b) < 0 {
		return b
	}
	return a
}

// worst returns the most that an attempt can cost, in wei.
func worst(a *store.Attempt) *big.Int {
	cost := new(big.Int).SetBytes(a.FeeCap)
	return cost.Mul(cost, new(big.Int).SetUint64(a.Gas))
}

// extraCost returns by how much an attempt raises the most that an operation can
// cost: of those with one nonce only one is mined.
func extraCost(o *store.Operation, a *store.Attempt) *big.Int {
	before := new(big.Int)
	for i := range o.Attempts {
		if b := &o.Attempts[i]; b.Nonce == a.Nonce && len(b.Raw) > 0 {
			before = larger(before, worst(b))
		}
	}
	extra := worst(a)
	if extra.Sub(extra, before).Sign() < 0 {
		extra.SetInt64(0)
	}
	return extra
}

// allowed checks an attempt against the operator's limits right before it is
// signed: they may have become tighter since it was intended.
func (w *Writer) allowed(a *store.Attempt, cost *big.Int, now time.Time) error {
	feeCap := new(big.Int).SetBytes(a.FeeCap)
	if limit := w.config.MaxFee; limit != nil && feeCap.Cmp(limit) > 0 {
		return ceiling("a transaction with %s per gas was intended and the limit is %s now: raise it", chain.Gwei(feeCap), chain.Gwei(limit))
	}
	return w.budget(cost, now)
}

// budget checks that a cost is within what may be spent in a day.
func (w *Writer) budget(cost *big.Int, now time.Time) error {
	spent, err := w.pipeline.store.Spent(store.SpentInAll, w.home.Chain, w.account, now)
	if err != nil {
		return storeError(err)
	}
	w.health.show(func(c *shown) { c.SpentToday = spent.String() })
	limit := w.config.MaxSpendPerDay
	if limit == nil || new(big.Int).Add(spent, cost).Cmp(limit) <= 0 {
		return nil
	}
	return ceiling("%s more would be committed to today, after %s, and the limit is %s: waiting for tomorrow (UTC)",
		chain.Ether(cost), chain.Ether(spent), chain.Ether(limit))
}

// relayShare is the part of what may be spent in a day that statements may take, one in
// so many: the rest is for batches.
const relayShare = 2

// relayBudget checks that what a statement costs is within their share of what may be
// spent in a day. Only a first transaction is held up by it: one that is on its way
// holds up those after it until it is mined.
func (w *Writer) relayBudget(cost *big.Int, now time.Time) error {
	spent, err := w.pipeline.store.Spent(store.SpentOnRelays, w.home.Chain, w.account, now)
	if err != nil {
		return storeError(err)
	}
	w.health.show(func(c *shown) { c.SpentOnRelays = spent.String() })
	if w.config.MaxSpendPerDay == nil {
		return nil
	}
	share := new(big.Int).Div(w.config.MaxSpendPerDay, big.NewInt(relayShare))
	if new(big.Int).Add(spent, cost).Cmp(share) <= 0 {
		return nil
	}
	return ceiling("%s more would be committed to today for statements, after %s, and their share of the limit is %s: "+
		"they wait for tomorrow (UTC)", chain.Ether(cost), chain.Ether(spent), chain.Ether(share))
}

// afford returns why another anchor could not be sent now: the operator's limits,
// or too little money.
func (w *Writer) afford(ctx context.Context, s *snapshot) error {
	balance, err := s.client.Balance(ctx, w.account)
	if err != nil {
		return err
	}
	w.health.show(func(c *shown) { c.Balance = balance.ToInt().String() })
	if w.anchorGas.Load() == 0 {
		// Any root that is not there takes as much as the next one will.
		probe := contracts.NewAnchorRegistry().PackAnchor(s.head.Hash, s.head.Hash)
		gas, err := s.client.EstimateGas(ctx, w.account, w.home.Registry, probe)
		if err != nil {
			return err
		}
		w.anchorGas.Store(gas + gas/4)
	}
	gas := w.anchorGas.Load()
	fees, err := w.fees(ctx, s.client, gas, nil)
	if err != nil {
		return err
	}
	cost := cost(fees, gas)
	w.health.show(func(c *shown) { c.AnchorCost = cost.String() })
	if cost.Cmp(balance.ToInt()) > 0 {
		return fmt.Errorf("account %s holds %s and an anchor can cost %s: send it money",
			w.account, chain.Ether(balance.ToInt()), chain.Ether(cost))
	}
	return nil
}
