package issuer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/anchor/beaconapi"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/renew"
)

// Rehanger hangs blocks on what sync committees signed lately, by paths of hashes. It asks
// beacon nodes, and believes none: what is signed must lead on from a committee that a trust
// store has. It is not safe for concurrent use.
type Rehanger struct {
	nodes *beaconapi.Client
	trust *verifier.Trust
	hops  func(verifier.ChainID) [][]byte
	known map[verifier.ChainID]map[uint64]beacon.Root // committees by period, trusted or reached from there
}

// NewRehanger returns one that asks nodes. hops returns the encoded hops of a chain that are at
// hand, for what beacon nodes have forgotten; nothing in them is believed.
func NewRehanger(nodes *beaconapi.Client, trust *verifier.Trust, hops func(verifier.ChainID) [][]byte) *Rehanger {
	return &Rehanger{nodes: nodes, trust: trust, hops: hops, known: make(map[verifier.ChainID]map[uint64]beacon.Root)}
}

// Rehang makes the beacon voucher of the proof's evidence from a chain younger: header, state
// proof and status stay. The voucher is replaced only by one that is verified, and stays if
// there is nothing newer. signed is of what it rests on then. The error wraps
// [beacon.ErrTooRecent] about a block that cannot be hung on anything yet, and
// [beaconapi.ErrNoData] about what no beacon node has; the proof is unchanged then.
func (p *ProofFile) Rehang(ctx context.Context, r *Rehanger, id verifier.ChainID) (signed time.Time, err error) {
	a, err := p.On(id)
	if err != nil {
		return signed, err
	}
	h, err := verifier.ParseHeader(a.Header)
	if err != nil {
		return signed, fmt.Errorf("%s: %w", p.Path, err)
	}
	at := slices.IndexFunc(a.Finality, renew.IsBeacon)
	if at < 0 {
		return signed, fault.Remedy(fmt.Errorf("%s has no voucher of the beacon chain that could be made younger", p.Path),
			"hallmark refresh brings newer evidence, with a voucher if the node has one")
	}
	encoded, err := verifier.BeaconEvidence(a.Finality[at])
	if err != nil {
		return signed, fmt.Errorf("%s: %w", p.Path, err)
	}
	next, signed, err := r.rehang(ctx, id, encoded, h.Hash)
	if err != nil {
		return signed, fmt.Errorf("%s: %w", p.Path, err)
	}
	if next == nil {
		return signed, nil
	}
	vouchers := slices.Clone(a.Finality)
	if vouchers[at], err = verifier.BeaconVoucher(next); err != nil {
		return signed, err
	}
	return signed, p.replaceVouchers(a, vouchers)
}

// rehang returns encoded evidence for the execution block with a hash that is signed later than
// old, and when; nil if old is as young as can be.
func (r *Rehanger) rehang(ctx context.Context, id verifier.ChainID, old []byte, block verifier.Hash) ([]byte, time.Time, error) {
	var signed time.Time
	trusted := r.trust.Beacon(id)
	if trusted == nil {
		return nil, signed, fault.Remedy(fmt.Errorf("the trust store says nothing of the beacon chain of %s", id), "hallmark trust update")
	}
	n := trusted.Network
	e, err := n.ParseEvidence(old)
	if err != nil {
		return nil, signed, err
	}
	newest, err := r.nodes.Newest(ctx, n, func(period uint64) (beacon.Root, error) { return r.committee(ctx, id, trusted, period) })
	if err != nil {
		return nil, signed, err
	}
	if e.Signed != nil && e.Signed.Header.Slot >= newest.Signed.Header.Slot {
		return nil, n.Time(e.Signed.Header.Slot), nil
	}
	signed = n.Time(newest.Signed.Header.Slot)
	next, err := r.nodes.Rehang(ctx, n, e, newest)
	switch {
	case errors.Is(err, beaconapi.ErrNoData):
		return nil, signed, fault.Remedy(err, "historical summaries are served by Lodestar alone, and the roots of old blocks "+
			"by beacon nodes that keep them; name another one")
	case err != nil:
		return nil, signed, err
	}
	root, err := r.committee(ctx, id, trusted, next.Period())
	if err == nil {
		err = next.Verify(root, block)
	}
	if err != nil {
		return nil, signed, fmt.Errorf("what would take the place of its voucher does not hold: %w", err)
	}
	return next.Append(nil), signed, nil
}

// committee returns the root of the committee of a period, as hops lead to it from the nearest
// that is trusted.
func (r *Rehanger) committee(
	ctx context.Context, id verifier.ChainID, trusted *verifier.TrustedBeacon, period uint64,
) (root beacon.Root, err error) {
	known := r.known[id]
	if known == nil {
		known = make(map[uint64]beacon.Root)
		for p, c := range trusted.Committees {
			known[p] = c.Root
		}
		r.known[id] = known
	}
	from, ok := uint64(0), false
	for p := range known {
		if p <= period && (!ok || p > from) {
			from, ok = p, true
		}
	}
	switch {
	case !ok:
		return root, fault.Remedy(fmt.Errorf("no sync committee of %s up to period %d is trusted", id, period), "hallmark trust update")
	case from == period:
		return known[period], nil
	}
	way := beaconapi.NewWay(trusted.Network, time.Now().Add(-verifier.DefaultMaxSignatureAge))
	for _, hop := range r.hops(id) {
		_ = way.Offer("", hop) // what cannot be read leads nowhere
	}
	taken, err := way.Walk(ctx, from, known[from], r.nodes)
	for _, h := range taken {
		known[h.Period()+1] = h.Next
	}
	if root, ok = known[period]; ok {
		return root, nil
	}
	if err == nil {
		err = fmt.Errorf("nothing leads from the sync committee of period %d, which is trusted, to that of period %d", from, period)
	}
	return root, fault.Remedy(err, "hallmark trust update tells what is missing")
}
