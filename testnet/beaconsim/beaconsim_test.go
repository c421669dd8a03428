package beaconsim_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

func get(t *testing.T, url string, v any) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		t.Fatal(err)
	}
}

func TestFollows(t *testing.T) {
	ctx := t.Context()
	chain, err := testnet.Start(ctx, testnet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer chain.Close()
	b, err := beaconsim.Start(ctx, beaconsim.Config{RPC: chain.RPC, Period: 16, RootsPerSummary: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := chain.Mine(ctx, 60); err != nil {
		t.Fatal(err)
	}
	if err := b.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	var spec struct{ Data map[string]string }
	get(t, b.URL+"/eth/v1/config/spec", &spec)
	var updates []struct{ Data *beacon.Update }
	get(t, b.URL+"/eth/v1/beacon/light_client/updates?start_period=0&count=10", &updates)
	var first struct {
		Data struct{ Root string }
	}
	get(t, b.URL+"/eth/v1/beacon/blocks/5/root", &first)
	var boot struct{ Data *beacon.Bootstrap }
	get(t, b.URL+"/eth/v1/beacon/light_client/bootstrap/"+first.Data.Root, &boot)
	var genesis struct {
		Data struct {
			Root beacon.Root `json:"genesis_validators_root"`
		}
	}
	get(t, b.URL+"/eth/v1/beacon/genesis", &genesis)
	n := &beacon.Network{
		Name: "dev", ValidatorsRoot: genesis.Data.Root, SecondsPerSlot: 1, SlotsPerEpoch: 1, EpochsPerPeriod: 16,
		CommitteeSize: 512, RootsPerSummary: 8, Forks: []beacon.Fork{{Name: "capella"}, {Name: "fulu", Version: [4]byte{6, 0, 0, 0xfe}}},
	}
	if err := n.Check(); err != nil {
		t.Fatal(err)
	}
	if err := boot.Data.Verify(n, boot.Data.Header.Root()); err != nil {
		t.Fatal(err)
	}
	known := beacon.NewChain(n, map[uint64]beacon.Root{0: boot.Data.Committee.Root()})
	committee := &boot.Data.Committee
	for _, u := range updates {
		h, err := u.Data.Hop(n, committee)
		if err != nil {
			t.Fatal(err)
		}
		if h, err = n.ParseHop(h.Append(nil)); err != nil {
			t.Fatal(err)
		}
		known.Add(h)
		committee = u.Data.Next
	}
	var final struct{ Data *beacon.Update }
	get(t, b.URL+"/eth/v1/beacon/light_client/finality_update", &final)
	e, err := final.Data.Evidence(n, committee)
	if err != nil {
		t.Fatal(err)
	}
	step, err := known.Committee(e.Period(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Verify(step.Root, final.Data.Finalized.BlockHash); err != nil {
		t.Fatal(err)
	}
	t.Log(len(e.Append(nil)), e.Period(), e.Finalized.Slot, final.Data.Finalized.BlockNumber)
}
