package beaconapi_test

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
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// TestRehang hangs the evidence of an early block on that of a later one, whose committee
// hops lead to.
func TestRehang(t *testing.T) {
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
	mine(40)
	client, err := beaconapi.New(sim.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	n, err := client.Network(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// As a node does: the committee of a block, and from there hop by hop.
	root, err := client.FinalizedRoot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	boot, err := client.Bootstrap(ctx, n, root)
	if err != nil {
		t.Fatal(err)
	}
	first := n.Period(boot.Header.Slot)
	known := beacon.NewChain(n, map[uint64]beacon.Root{first: boot.Committee.Root()})
	committees := map[uint64]*beacon.Committee{first: &boot.Committee}
	follow := func() (*beacon.Evidence, beacon.Root) {
		t.Helper()
		updates, err := client.Updates(ctx, first, beaconapi.MaxUpdates)
		if err != nil && !errors.Is(err, beaconapi.ErrNoData) {
			t.Fatal(err)
		}
		for _, u := range updates {
			h, err := u.Hop(n, committees[n.Period(u.Attested.Slot)])
			if err != nil {
				t.Fatal(err)
			}
			known.Add(h)
			committees[h.Period()+1] = u.Next
		}
		final, err := client.Finality(ctx)
		if err != nil {
			t.Fatal(err)
		}
		e, err := final.Evidence(n, committees[n.Period(final.SignatureSlot)])
		if err != nil {
			t.Fatal(err)
		}
		return e, final.Finalized.BlockHash
	}
	old, hash := follow()
	if _, err := client.Rehang(ctx, n, old, old); !errors.Is(err, beacon.ErrTooRecent) {
		t.Errorf("on itself: %v", err)
	}
	mine(70)
	newer, _ := follow()
	e, err := client.Rehang(ctx, n, old, newer)
	if err != nil {
		t.Fatal(err)
	}
	if e, err = n.ParseEvidence(e.Append(nil)); err != nil {
		t.Fatal(err)
	}
	step, err := known.Committee(e.Period(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if e.Form != beacon.Old || e.Period() <= old.Period()+1 || e.Block.Slot != old.Block.Slot {
		t.Errorf("%s evidence of period %d for slot %d", e.Form, e.Period(), e.Block.Slot)
	}
	if err := e.Verify(step.Root, hash); err != nil {
		t.Error(err)
	}
	list, err := client.Summaries(ctx, n, newer.Finalized)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := client.BlockRoots(ctx, n, old.Block.Slot)
	if err != nil {
		t.Fatal(err)
	}
	listed, err := old.OnList(roots, list)
	if err != nil {
		t.Fatal(err)
	}
	if err := listed.Verify(list.Root(), hash); err != nil {
		t.Error(err)
	}

	// A server that has forgotten a block, and one that serves no summaries.
	for path, want := range map[string]string{"/root": "is another one", "/historical_summaries": beaconapi.ErrNoData.Error()} {
		target, _ := url.Parse(sim.URL)
		proxy := httputil.NewSingleHostReverseProxy(target)
		forgets := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, path) && !strings.HasSuffix(r.URL.Path, "/7/root") {
				http.NotFound(w, r)
				return
			}
			proxy.ServeHTTP(w, r)
		}))
		lacking, err := beaconapi.New(forgets.URL)
		if err != nil {
			t.Fatal(err)
		}
		_, err = lacking.Rehang(ctx, n, old, newer)
		if err == nil || !strings.Contains(err.Error(), want) && !errors.Is(err, beaconapi.ErrNoData) {
			t.Errorf("without %s: %v", path, err)
		}
		if both, err := beaconapi.New(forgets.URL, sim.URL); err != nil {
			t.Error(err)
		} else if _, err := both.Rehang(ctx, n, old, newer); err != nil {
			t.Errorf("without %s, but with another server: %v", path, err)
		}
		lacking.Close()
		forgets.Close()
	}
}
