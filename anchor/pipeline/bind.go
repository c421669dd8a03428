package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/finality"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
)

// start makes a writer for each chain and binds the folder to those that are new.
func (p *Pipeline) start(ctx context.Context) error {
	known, err := p.store.Chains()
	if err != nil {
		return err
	}
	for i := range p.config.Chains {
		c := p.config.Chains[i]
		client, err := chain.Dial(c.RPC...)
		if err != nil {
			return err
		}
		w := &Writer{
			pipeline: p, config: c, log: p.log, client: client,
			wake: make(chan struct{}, 1), gate: newGate(), waiting: newWaiting(),
		}
		if c.Key != nil {
			w.account = c.Key.Address()
		}
		w.health.hold = errNotYet
		client.LogTo(p.log)
		if c.Chain != 0 {
			client.Expect(chain.ID{Chain: c.Chain})
		}
		p.Writers = append(p.Writers, w)
	}
	if err := p.bind(ctx, known); err != nil {
		return err
	}
	for _, c := range known {
		if _, ok := p.bound[c.Chain]; !ok {
			p.bound[c.Chain] = c.Home()
			p.log.Warn("a chain of the data folder is not configured; nothing more is anchored there",
				"chain", c.Chain.String(), "registry", c.Registry.String())
		}
	}
	for _, w := range p.Writers {
		if len(w.config.Beacon) > 0 {
			w.follower, err = finality.New(finality.Config{
				Servers: w.config.Beacon, Chain: w.home.Chain, Genesis: w.genesis, Store: p.store, Log: w.log,
				Canonical: w.canonicalHash, Changed: w.waiting.wake,
				Update: w.write,
			})
			if err != nil {
				return err
			}
		}
		about := []any{"home", w.home.String(), "confirmations", w.config.Confirmations.String()}
		if !w.account.IsZero() { // else it sends nothing
			about = append(about, "account", w.account.String(),
				"maxFee", limit(w.config.MaxFee, chain.Gwei), "maxSpendPerDay", limit(w.config.MaxSpendPerDay, chain.Ether))
		}
		w.log.Info("chain opened", about...)
	}
	return nil
}

// limit says what an operator's limit is.
func limit(wei *big.Int, write func(*big.Int) string) string {
	if wei == nil {
		return "none"
	}
	return write(wei)
}

// ErrWrongChain says that the servers are of another chain than is configured, or than
// the data folder belongs to, or that it belongs to another registry.
var ErrWrongChain = errors.New("the wrong chain")

// bind finds out which chain each writer is for. Those in reach say so themselves;
// one that is out of reach is known by its configured id, or by being the only one
// of the folder's chains that is left.
func (p *Pipeline) bind(ctx context.Context, known []store.Chain) error {
	ids, errs := make([]chain.ID, len(p.Writers)), make([]error, len(p.Writers))
	var asking sync.WaitGroup
	for i, w := range p.Writers {
		asking.Go(func() {
			if ids[i], errs[i] = w.client.ID(ctx); errs[i] == nil {
				errs[i] = w.client.Check(ctx, w.config.Registry)
			}
		})
	}
	asking.Wait()
	for i, w := range p.Writers {
		switch {
		case errors.Is(errs[i], chain.ErrWrongChain):
			return fmt.Errorf("%w: %w; correct the configured chain, or use its servers", ErrWrongChain, errs[i])
		case errs[i] != nil && !errors.Is(errs[i], chain.ErrNoRegistry):
			continue // it is out of reach
		}
		if err := p.bindTo(w, ids[i], known); err != nil {
			return err
		}
		if errs[i] != nil {
			// A registry cannot go away: where it was before the server is wrong, or behind.
			if !slices.ContainsFunc(known, func(c store.Chain) bool { return c.Chain == ids[i].Chain }) {
				return errs[i]
			}
			w.log.Warn("the RPC server shows no registry where one was before; submissions are accepted and wait", "err", errs[i])
		}
	}
	for i, w := range p.Writers {
		if errs[i] == nil || errors.Is(errs[i], chain.ErrNoRegistry) {
			continue
		}
		var left []store.Chain
		for _, c := range known {
			if _, taken := p.bound[c.Chain]; !taken && (w.config.Chain == 0 || w.config.Chain == c.Chain) {
				left = append(left, c)
			}
		}
		switch len(left) {
		case 0:
			return fmt.Errorf("a chain must be reachable when it is new to a data folder: %w", errs[i])
		case 1:
		default:
			return fmt.Errorf("chain %d of %d is out of reach, and which of the %d chains of the data folder it is cannot be told: "+
				"configure its id, or repair its RPC server: %w", i+1, len(p.Writers), len(left), errs[i])
		}
		if err := p.bindTo(w, chain.ID{Chain: left[0].Chain, Genesis: left[0].Genesis}, known); err != nil {
			return err
		}
		w.log.Warn("no RPC server could be used; submissions are accepted and wait", "err", errs[i])
	}
	return p.store.Update(func(tx *store.Tx) error {
		for _, w := range p.Writers {
			switch there, err := tx.Chain(w.home.Chain); {
			case errors.Is(err, store.ErrNotFound):
				if err := tx.PutChain(&w.record); err != nil {
					return err
				}
			case err != nil:
				return err
			case there.Genesis != w.genesis || there.Registry != w.home.Registry:
				return fmt.Errorf("%w: another process has bound %s to registry %s with genesis %s",
					ErrWrongChain, there.Chain, there.Registry, there.Genesis)
			}
		}
		return nil
	})
}

// bindTo makes a writer one of a chain, and binds the folder to that if it is new.
func (p *Pipeline) bindTo(w *Writer, id chain.ID, known []store.Chain) error {
	if w.config.Chain != 0 && w.config.Chain != id.Chain {
		return fmt.Errorf("%w: chain %s is configured and the RPC server reports %s", ErrWrongChain, w.config.Chain, id.Chain)
	}
	if _, twice := p.bound[id.Chain]; twice {
		return fmt.Errorf("chain %s is configured twice: name all its RPC servers in one place", id.Chain)
	}
	w.home, w.genesis = verifier.Home{Chain: id.Chain, Registry: w.config.Registry}, id.Genesis
	w.events.Registry = w.config.Registry
	w.log = p.log.With("chain", id.Chain.String())
	w.client.LogTo(w.log)
	w.client.Expect(id)
	w.record = store.Chain{Chain: id.Chain, Genesis: id.Genesis, Registry: w.config.Registry}
	fresh := true
	for _, c := range known {
		if c.Chain != id.Chain {
			continue
		}
		fresh = false
		if c.Genesis != id.Genesis {
			return fmt.Errorf("%w: %s is bound to %s with genesis %s, the RPC server reports %s with genesis %s; "+
				"use another folder or another RPC server", ErrWrongChain, p.config.Data, c.Chain, c.Genesis, id.Chain, id.Genesis)
		}
		if c.Registry != w.config.Registry {
			return fmt.Errorf("%w: %s belongs to registry %s on %s, this node is configured for %s",
				ErrWrongChain, p.config.Data, c.Registry, c.Chain, w.config.Registry)
		}
		w.record = c
	}
	// With one chain another one is rather a mistake, unless its id is configured.
	if fresh && len(known) > 0 && len(p.config.Chains) == 1 && w.config.Chain == 0 {
		return fmt.Errorf("%w: %s is bound to %s, the RPC server reports %s with genesis %s; "+
			"use another folder or another RPC server, or configure both chains",
			ErrWrongChain, p.config.Data, known[0].Chain, id.Chain, id.Genesis)
	}
	p.bound[id.Chain] = w.home
	w.health.setRecord(&w.record)
	return nil
}
