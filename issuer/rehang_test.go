package issuer

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/beaconapi"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// TestRehanger makes evidence younger on a chain whose blocks the test makes, and sees that
// nothing comes of what is too recent, missing, or does not lead on from what is trusted.
func TestRehanger(t *testing.T) {
	ctx := t.Context()
	chain, err := testnet.Start(ctx, testnet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer chain.Close()
	sim, err := beaconsim.Start(ctx, beaconsim.Config{RPC: chain.RPC, Period: 16, RootsPerSummary: 8, Poll: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	mine := func(blocks int) {
		t.Helper()
		if err := chain.Mine(ctx, blocks); err != nil {
			t.Fatal(err)
		}
		if err := sim.Sync(ctx); err != nil {
			t.Fatal(err)
		}
	}
	target, err := url.Parse(sim.URL)
	if err != nil {
		t.Fatal(err)
	}
	onward := httputil.NewSingleHostReverseProxy(target)
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/historical_summaries") {
			http.NotFound(w, r)
			return
		}
		onward.ServeHTTP(w, r)
	}))
	defer bare.Close()
	client := func(server string) *beaconapi.Client {
		t.Helper()
		c, err := beaconapi.New(server)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	nodes := client(sim.URL)

	mine(34)
	n, err := nodes.Network(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first, err := nodes.First(ctx, n, beacon.Root{})
	if err != nil {
		t.Fatal(err)
	}
	const id = verifier.ChainID(testnet.DefaultChainID)
	rehanger := func(nodes *beaconapi.Client, root beacon.Root) *Rehanger {
		trust := &verifier.Trust{Chains: map[verifier.ChainID]*verifier.TrustedChain{id: {Beacon: &verifier.TrustedBeacon{
			Network: n, Committees: map[uint64]verifier.TrustedRoot{first.Period: {Root: root}},
		}}}}
		return NewRehanger(nodes, trust, func(verifier.ChainID) [][]byte { return nil })
	}
	r := rehanger(nodes, first.Root)
	update, err := nodes.Finality(ctx)
	if err != nil {
		t.Fatal(err)
	}
	old, err := nodes.Newest(ctx, n, func(period uint64) (beacon.Root, error) {
		return r.committee(ctx, id, r.trust.Beacon(id), period)
	})
	if err != nil {
		t.Fatal(err)
	}
	data, block := old.Append(nil), update.Finalized.BlockHash
	if next, signed, err := r.rehang(ctx, id, data, block); err != nil || next != nil || !signed.Equal(n.Time(update.Attested.Slot)) {
		t.Errorf("nothing is newer: signed %s, %v", signed, err)
	}
	mine(1)
	if next, _, err := r.rehang(ctx, id, data, block); next != nil || !errors.Is(err, beacon.ErrTooRecent) {
		t.Errorf("too recent: %v", err)
	}

	mine(70)
	for name, c := range map[string]struct {
		rehanger *Rehanger
		data     []byte
		block    verifier.Hash
		want     string
	}{
		"no summaries":     {rehanger(client(bare.URL), first.Root), data, block, "the beacon nodes do not have it"},
		"other committee":  {rehanger(nodes, beacon.Root{1}), data, block, beaconapi.ErrUnproven.Error()},
		"other block":      {r, data, verifier.Hash{1}, "what would take the place of its voucher does not hold"},
		"cannot be read":   {r, data[:100], block, "beacon evidence"},
		"no chain trusted": {NewRehanger(nodes, &verifier.Trust{}, nil), data, block, "the trust store says nothing"},
	} {
		next, _, err := c.rehanger.rehang(ctx, id, c.data, c.block)
		if next != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	next, signed, err := r.rehang(ctx, id, data, block)
	if err != nil {
		t.Fatal(err)
	}
	e, err := n.ParseEvidence(next)
	if err != nil {
		t.Fatal(err)
	}
	if e.Form != beacon.Old || !signed.After(n.Time(old.Signed.Header.Slot)) || e.Period() < old.Period()+3 {
		t.Errorf("%s evidence of period %d, signed %s", e.Form, e.Period(), signed)
	}
	if slot := beacon.SignedSlot(next); slot != e.Signed.Header.Slot {
		t.Errorf("signed at slot %d instead of %d", slot, e.Signed.Header.Slot)
	}
	// What hangs on hashes already gets younger just the same.
	mine(20)
	again, later, err := r.rehang(ctx, id, next, block)
	if err != nil || again == nil || !later.After(signed) {
		t.Errorf("once more: signed %s, %v", later, err)
	}
}
