package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/anchor/beaconapi"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// Of the stand-in for a beacon chain. A committee has as many validators and signs the
// same as on Ethereum, and serves for eight blocks, so that minutes have years in them:
// neither hops nor evidence get larger or slower with the length of a period.
const (
	beaconPeriod = 8
	absent       = 3 // validators that do not sign, of the 512; others at each slot
)

// lightClient follows the stand-in for the beacon chain of a test chain: it takes what
// anybody is served, in the compact forms.
type lightClient struct {
	stub    *beaconsim.Beacon
	client  *beaconapi.Client
	network *beacon.Network

	first      uint64 // the first period whose committee is known, that a verifier trusts
	committees map[uint64]*beacon.Committee
	hops       [][]byte // encoded, from the first period on
}

func (b *bench) newLightClient(rpc string) (*lightClient, error) {
	stub, err := beaconsim.Start(b.ctx, beaconsim.Config{RPC: rpc, Period: beaconPeriod, RootsPerSummary: 8})
	if err != nil {
		return nil, err
	}
	l := &lightClient{stub: stub, committees: make(map[uint64]*beacon.Committee)}
	if err := l.bootstrap(b.ctx); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *lightClient) bootstrap(ctx context.Context) (err error) {
	if l.client, err = beaconapi.New(l.stub.URL); err != nil {
		return err
	}
	if l.network, err = l.client.Network(ctx); err != nil {
		return err
	}
	root, err := l.client.FinalizedRoot(ctx)
	if err != nil {
		return err
	}
	boot, err := l.client.Bootstrap(ctx, l.network, root)
	if err != nil {
		return err
	}
	l.first = l.network.Period(boot.Header.Slot)
	l.committees[l.first] = &boot.Committee
	return nil
}

func (l *lightClient) close() error {
	if l.client != nil {
		l.client.Close()
	}
	return l.stub.Close()
}

// next is the first period whose committee is not known yet.
func (l *lightClient) next() uint64 { return l.first + uint64(len(l.committees)) }

// trusted is the root of the first committee.
func (l *lightClient) trusted() beacon.Root { return l.committees[l.first].Root() }

// follow takes the hops that are there now.
func (l *lightClient) follow(ctx context.Context) error {
	for {
		updates, err := l.client.Updates(ctx, l.next()-1, beaconapi.MaxUpdates)
		if errors.Is(err, beaconapi.ErrNoData) || err == nil && len(updates) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		for _, u := range updates {
			period := l.next() - 1
			h, err := u.Hop(l.network, l.committees[period])
			if err != nil {
				return err
			}
			if h.Period() != period {
				return fmt.Errorf("the stand-in has a hop from period %d in place of %d", h.Period(), period)
			}
			l.committees[period+1] = u.Next
			l.hops = append(l.hops, h.Append(nil))
		}
	}
}

// evidence returns what shows the newest final block to be that, and its hash; at least
// that many hops lead to the committee that signed.
func (l *lightClient) evidence(ctx context.Context, hops uint64) (e *beacon.Evidence, block verifier.Hash, err error) {
	var trouble error
	err = await(ctx, "the beacon chain's next committee", func() bool {
		var u *beacon.Update
		if u, trouble = l.client.Finality(ctx); trouble != nil {
			return true
		}
		if trouble = l.follow(ctx); trouble != nil {
			return true
		}
		period := l.network.Period(u.SignatureSlot)
		if period < l.first+hops || l.committees[period] == nil {
			return false
		}
		block = u.Finalized.BlockHash
		e, trouble = u.Evidence(l.network, l.committees[period])
		return true
	})
	return e, block, errors.Join(err, trouble)
}

// pack returns the hops as a file of them.
func (l *lightClient) pack() (file []byte) {
	for _, hop := range l.hops {
		file = beacon.AppendPack(file, l.network.ChainID, hop)
	}
	return file
}

// rehang gives proofs of one batch the state of their registry at a block, and the voucher
// for it.
func (w *world) rehang(proofs []*verifier.Proof, block verifier.Hash, voucher verifier.Voucher) error {
	c, err := chain.Dial(w.rpc)
	if err != nil {
		return err
	}
	defer c.Close()
	ctx := w.b.ctx
	header, err := c.Header(ctx, block)
	if err != nil {
		return err
	}
	root, registry := issuer.BatchRoot(proofs[0]), w.registry
	status, times := verifier.IssuerSlots(proofs[0].Submission.Issuer)
	state, err := c.Prove(ctx, block, registry, []verifier.Hash{verifier.AnchorSlot(root), status, times})
	if err != nil {
		return err
	}
	a := verifier.Anchor{
		Chain: w.home().Chain, Registry: registry, Header: header,
		AccountProof: chain.Merge(state.Account), StorageProof: chain.Merge(state.Storage...),
		Finality: []verifier.Voucher{voucher},
	}
	for _, p := range proofs {
		if got := issuer.BatchRoot(p); got != root {
			return fmt.Errorf("the proofs are of several batches: %s and %s", root, got)
		}
		p.Anchors = []verifier.Anchor{a}
	}
	return nil
}
