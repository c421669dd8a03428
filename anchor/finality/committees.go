package finality

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hallmark-node/hallmark/anchor/beaconapi"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// keySize is the length of a compressed public key.
const keySize = 48

// keys returns a stored committee.
func keys(c *store.BeaconCommittee) *beacon.Committee {
	all := &beacon.Committee{}
	for b := c.Keys; len(b) >= keySize; b = b[keySize:] {
		all.Keys = append(all.Keys, [keySize]byte(b))
	}
	if last := len(all.Keys) - 1; last >= 0 {
		all.Aggregate, all.Keys = all.Keys[last], all.Keys[:last]
	}
	return all
}

func stored(period uint64, c *beacon.Committee) store.BeaconCommittee {
	s := store.BeaconCommittee{Period: period}
	for i := range c.Keys {
		s.Keys = append(s.Keys, c.Keys[i][:]...)
	}
	s.Keys = append(s.Keys, c.Aggregate[:]...)
	return s
}

// start finds out which network it is, and a committee to begin with: what is stored, else
// one that is built in, else the one of the server's newest final block.
func (f *Follower) start(ctx context.Context, s *server) error {
	record, err := f.config.Store.Beacon(f.config.Chain)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return f.begin(ctx, s)
	case err != nil:
		return storeError(err)
	case len(record.Committees) == 0:
		return storeError(errors.New("the record of the beacon chain has no committee"))
	}
	n := beacon.ByChain(uint64(f.config.Chain))
	if len(record.Network) > 0 {
		n = &beacon.Network{}
		if err := json.Unmarshal(record.Network, n); err != nil {
			return storeError(fmt.Errorf("record of the beacon chain: %w", err))
		}
		n.ChainID = uint64(f.config.Chain)
		if now, err := s.client.Network(ctx); err == nil && sameNetwork(now, n) {
			n = now // it may know of another fork by now
		}
	}
	if n == nil {
		return storeError(errors.New("the record of the beacon chain names no network"))
	}
	f.network, f.record = n, record
	f.note()
	return nil
}

// sameNetwork reports whether two are the same but for forks to come.
func sameNetwork(a, b *beacon.Network) bool {
	return a.ChainID == b.ChainID && a.ValidatorsRoot == b.ValidatorsRoot && a.GenesisTime == b.GenesisTime &&
		a.SecondsPerSlot == b.SecondsPerSlot && a.SlotsPerEpoch == b.SlotsPerEpoch && a.EpochsPerPeriod == b.EpochsPerPeriod &&
		a.CommitteeSize == b.CommitteeSize && a.RootsPerSummary == b.RootsPerSummary
}

// begin starts for the first time.
func (f *Follower) begin(ctx context.Context, s *server) error {
	n, err := s.client.Network(ctx)
	if err != nil {
		return err
	}
	if n.ChainID != uint64(f.config.Chain) {
		return fmt.Errorf("it is of the beacon chain of eip155:%d, not of %s", n.ChainID, f.config.Chain)
	}
	var record *store.Beacon
	if b := new(verifier.Trust).Beacon(f.config.Chain); b != nil && f.isDefault() {
		if !sameNetwork(n, b.Network) {
			return fmt.Errorf("it is of another network than the %s that is built in", b.Network.Name)
		}
		n = b.Network
		record = f.fromBuiltIn(ctx, s, b)
	}
	if record == nil {
		if record, err = f.fromServer(ctx, s, n); err != nil {
			return err
		}
	}
	if beacon.ByChain(n.ChainID) != n {
		if record.Network, err = json.Marshal(n); err != nil {
			return err
		}
	}
	if err := f.config.Update(func(tx *store.Tx) error { return tx.PutBeacon(f.config.Chain, record) }); err != nil {
		return storeError(err)
	}
	f.network, f.record = n, *record
	f.note()
	f.config.Log.Info("following the beacon chain", "network", n.Name, "fromPeriod", record.Period, "committee", record.Root.String(),
		"origin", record.Origin)
	return nil
}

// isDefault reports whether the chain is the public one with its id.
func (f *Follower) isDefault() bool {
	c := new(verifier.Trust).WithDefaults().Chains[f.config.Chain]
	return c != nil && c.Genesis == f.config.Genesis
}

// fromBuiltIn starts at the oldest committee that is built in and whose keys the server has,
// so that the hops which the node keeps serve every verifier; nil if it has none.
func (f *Follower) fromBuiltIn(ctx context.Context, s *server, b *verifier.TrustedBeacon) *store.Beacon {
	for _, period := range slices.Sorted(maps.Keys(b.Committees)) {
		trusted := b.Committees[period]
		if period == 0 {
			continue
		}
		updates, err := s.client.Updates(ctx, period-1, 1)
		if err != nil || updates[0].Next == nil || updates[0].Next.Root() != trusted.Root {
			continue
		}
		return &store.Beacon{
			Period: period, Root: trusted.Root, Origin: trusted.String(), Committees: []store.BeaconCommittee{stored(period, updates[0].Next)},
		}
	}
	return nil
}

// fromServer starts at the committee of the server's newest final block, if that committee
// signed for a block which is on the chain as the node's RPC servers have it.
func (f *Follower) fromServer(ctx context.Context, s *server, n *beacon.Network) (*store.Beacon, error) {
	period, committee, err := f.named(ctx, s, n)
	if err != nil {
		return nil, err
	}
	u, err := s.client.Finality(ctx)
	if err != nil {
		return nil, err
	}
	// Nothing is kept of what follows: the committees are followed once more from the first.
	signer := stored(period, committee)
	for to := n.Period(u.Attested.Slot + 1); signer.Period < to; {
		updates, err := s.client.Updates(ctx, signer.Period, int(min(to-signer.Period, beaconapi.MaxUpdates))) //nolint:gosec // bounded
		if err != nil {
			return nil, err
		}
		for _, u := range updates {
			if _, signer, err = step(n, &signer, u); err != nil {
				return nil, err
			}
		}
	}
	v, err := prove(n, keys(&signer), u)
	if err != nil {
		return nil, err
	}
	if _, err := f.config.Canonical(ctx, v.Block); err != nil {
		return nil, fmt.Errorf("what it calls final is not known to be on the chain: %w", err)
	}
	f.config.Log.Warn("the first sync committee is taken on the word of the node's own beacon node; a verifier needs no such trust",
		"server", s.name, "period", period, "committee", committee.Root().String())
	return &store.Beacon{
		Period: period, Root: committee.Root(), Origin: "the beacon node at " + s.name + ", " + time.Now().UTC().Format(time.DateOnly),
		Committees: []store.BeaconCommittee{stored(period, committee)},
	}, nil
}

// maxAhead is how far a slot may be in the future: clocks differ.
const maxAhead = time.Minute

// named gets the committee that a server names for its newest final block. The block must be on
// the chain as the node's RPC servers have it, and of the past.
func (f *Follower) named(ctx context.Context, s *server, n *beacon.Network) (period uint64, c *beacon.Committee, err error) {
	root, err := s.client.FinalizedRoot(ctx)
	if err != nil {
		return 0, nil, err
	}
	b, err := s.client.Bootstrap(ctx, n, root)
	if err != nil {
		return 0, nil, err
	}
	if err := f.happened(ctx, n, &b.Header); err != nil {
		return 0, nil, fmt.Errorf("the sync committee that it names is refused: %w", err)
	}
	return n.Period(b.Header.Slot), &b.Committee, nil
}

// happened returns nil if the execution block of a header is on the chain, and the slot of the
// header is neither after now nor after the time of the block. On a network with validators the
// two times are one; that of a test chain may run ahead of the clock, and its slots with it.
func (f *Follower) happened(ctx context.Context, n *beacon.Network, h *beacon.LightHeader) error {
	made, err := f.config.Canonical(ctx, h.BlockHash)
	if err != nil {
		return fmt.Errorf("its block is not known to be on the chain: %w", err)
	}
	now := time.Now()
	if made.After(now) {
		now = made
	}
	if n.Time(h.Slot).After(now.Add(maxAhead)) {
		return fmt.Errorf("its slot %d, of period %d, is in the future", h.Slot, n.Period(h.Slot))
	}
	return nil
}

// begun returns nil if a period may have begun, of which there is a signature for a block. Else
// a server could lead into a far future, to which whatever honest servers say is long ago.
func (f *Follower) begun(ctx context.Context, period uint64, finalized *beacon.LightHeader) error {
	n := f.network
	if period <= n.Period(n.SlotAt(time.Now().Add(maxAhead))) {
		return nil
	}
	err := fmt.Errorf("its update is refused: it is of period %d, which is in the future", period)
	if beacon.ByChain(n.ChainID) == n || period > n.Period(finalized.Slot)+1 {
		return err
	}
	// Of a test chain whose slots run ahead of the clock.
	if happened := f.happened(ctx, n, finalized); happened != nil {
		return fmt.Errorf("%w; %w", err, happened)
	}
	return nil
}

// reach follows the committees up to that of a period, of the newest that is known. If the
// servers do not have what leads there, they will not have it later either: after some time
// it goes on from the committee that a server names now, and verifiers need one from then on.
func (f *Follower) reach(ctx context.Context, s *server, period uint64) error {
	last := len(f.record.Committees) - 1
	err := f.advance(ctx, s, last, period)
	if !errors.Is(err, beaconapi.ErrNoData) {
		if err == nil {
			f.lacking = time.Time{}
		}
		return err
	}
	if f.lacking.IsZero() {
		f.lacking = time.Now()
	}
	if time.Since(f.lacking) < f.patience() {
		return err
	}
	at := f.record.Committees[last].Period
	now, committee, failed := f.named(ctx, s, f.network)
	switch {
	case failed != nil:
		return fmt.Errorf("%w; %w", err, failed)
	case now <= at:
		return err
	}
	f.config.Log.Error("no beacon node has the update of a period any more: going on from the sync committee that one names now; "+
		"to verify later evidence takes a committee from then on, unless another beacon node has the update",
		"server", s.name, "period", at, "goesOnFrom", now, "committee", committee.Root().String())
	record := f.record
	record.Committees = append(slices.Clone(record.Committees), stored(now, committee))
	f.lacking = time.Time{}
	if err := f.put(record, nil); err != nil {
		return err
	}
	return f.advance(ctx, s, last+1, period)
}

// patience is an eighth of a period.
func (f *Follower) patience() time.Duration {
	n := f.network
	seconds := float64(n.EpochsPerPeriod) * float64(n.SlotsPerEpoch) * float64(n.SecondsPerSlot) / 8
	return time.Duration(min(seconds, 24*60*60) * float64(time.Second)) // servers may name a network of any size
}

// fill tries now and then to close the gaps that reach left.
func (f *Follower) fill(ctx context.Context, s *server) error {
	if len(f.record.Committees) < 2 || time.Since(f.filled) < min(f.patience(), 10*time.Minute) {
		return nil
	}
	f.filled = time.Now()
	err := f.advance(ctx, s, 0, f.record.Committees[1].Period)
	if errors.As(err, new(*StoreError)) {
		return err
	}
	return nil // what is missing is shown all the while
}

// advance follows the committees from the one at an index up to that of a period. Each hop
// is on disk before the next one.
func (f *Follower) advance(ctx context.Context, s *server, index int, period uint64) error {
	for f.record.Committees[index].Period < period {
		at := f.record.Committees[index].Period
		updates, err := s.client.Updates(ctx, at, int(min(period-at, beaconapi.MaxUpdates))) //nolint:gosec // bounded
		if err != nil {
			return err
		}
		for _, u := range updates {
			merged, err := f.hop(index, u)
			if err != nil {
				return err
			}
			if merged {
				return nil
			}
		}
	}
	return nil
}

// hop verifies what leads on from the committee at an index, and keeps it. merged says that
// this closed the gap before the next one.
func (f *Follower) hop(index int, u *beacon.Update) (merged bool, err error) {
	h, next, err := step(f.network, &f.record.Committees[index], u)
	if err != nil {
		return false, err
	}
	record := f.record
	record.Committees = slices.Clone(record.Committees)
	record.Committees[index] = next
	if index+1 < len(record.Committees) && record.Committees[index+1].Period == next.Period {
		if merged = slices.Equal(record.Committees[index+1].Keys, next.Keys); merged {
			record.Committees = slices.Delete(record.Committees, index, index+1)
		} else {
			f.config.Log.Error("a beacon node named a sync committee that was not the chain's; what it led to is dropped", "period", next.Period)
			record.Committees, merged = record.Committees[:index+1], true
		}
	}
	return merged, f.put(record, h)
}

// step verifies that an update leads on from a committee.
func step(n *beacon.Network, from *store.BeaconCommittee, u *beacon.Update) (h *beacon.Hop, next store.BeaconCommittee, err error) {
	committee := keys(from)
	if h, err = u.Hop(n, committee); err != nil {
		return nil, next, fmt.Errorf("its update of period %d: %w", from.Period, err)
	}
	if h.Period() != from.Period {
		return nil, next, fmt.Errorf("it has an update of period %d where that of %d belongs", h.Period(), from.Period)
	}
	if err := h.Verify(committee.Root()); err != nil {
		return nil, next, fmt.Errorf("its update of period %d does not hold: %w", from.Period, err)
	}
	return h, stored(from.Period+1, u.Next), nil
}

// put writes the record with a hop, which may be nil.
func (f *Follower) put(record store.Beacon, h *beacon.Hop) error {
	err := f.config.Update(func(tx *store.Tx) error {
		if h != nil {
			if err := tx.PutHop(f.config.Chain, h.Period(), h.Append(nil)); err != nil {
				return err
			}
		}
		return tx.PutBeacon(f.config.Chain, &record)
	})
	if err != nil {
		return storeError(err)
	}
	f.record = record
	f.note()
	return nil
}

// note shows which committees are known.
func (f *Follower) note() {
	var missing uint64
	for i := range len(f.record.Committees) - 1 {
		missing += f.record.Committees[i+1].Period - f.record.Committees[i].Period
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	newest := f.record.Committees[len(f.record.Committees)-1].Period
	f.health.FirstPeriod, f.health.Period, f.health.HopsMissing = f.record.Period, newest, missing
	f.health.Network, f.health.Committee, f.health.Origin = f.network.Name, f.record.Root, f.record.Origin
}
