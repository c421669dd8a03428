package beaconsim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// get reads an answer, and returns its status.
func get(t *testing.T, url string, v any) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return resp.StatusCode
}

// mine makes blocks that the beacon chain has taken up when it returns.
func mine(t *testing.T, chain *testnet.Chain, n int) {
	t.Helper()
	if err := chain.Mine(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if err := chain.SyncBeacon(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func finalBlock(t *testing.T, chain *testnet.Chain) common.Hash {
	t.Helper()
	return block(t, chain, big.NewInt(int64(rpc.FinalizedBlockNumber)))
}

func block(t *testing.T, chain *testnet.Chain, number *big.Int) common.Hash {
	t.Helper()
	client, err := ethclient.Dial(chain.RPC)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	h, err := client.HeaderByNumber(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	return h.Hash()
}

// network returns the network as the spec and the genesis have it.
func network(t *testing.T, url string) *beacon.Network {
	t.Helper()
	var genesis struct {
		Data struct {
			Root beacon.Root `json:"genesis_validators_root"`
		}
	}
	get(t, url+"/eth/v1/beacon/genesis", &genesis)
	var spec struct {
		Data struct {
			Epochs  uint64         `json:"EPOCHS_PER_SYNC_COMMITTEE_PERIOD,string"`
			Roots   uint64         `json:"SLOTS_PER_HISTORICAL_ROOT,string"`
			Version beacon.Version `json:"FULU_FORK_VERSION"`
		}
	}
	get(t, url+"/eth/v1/config/spec", &spec)
	n := &beacon.Network{
		Name: "dev", ValidatorsRoot: genesis.Data.Root, SecondsPerSlot: 1, SlotsPerEpoch: 1,
		EpochsPerPeriod: spec.Data.Epochs, CommitteeSize: 512, RootsPerSummary: spec.Data.Roots,
		Forks: []beacon.Fork{{Name: "fulu", Version: spec.Data.Version}},
	}
	if err := n.Check(); err != nil {
		t.Fatal(err)
	}
	return n
}

type updates []struct{ Data *beacon.Update }

// hops verifies the way from the first committee of updates on, and returns the
// committee at its end.
func hops(t *testing.T, n *beacon.Network, committee *beacon.Committee, list updates) *beacon.Committee {
	t.Helper()
	for _, u := range list {
		h, err := u.Data.Hop(n, committee)
		if err == nil {
			err = h.Verify(committee.Root())
		}
		if err != nil {
			t.Fatal(err)
		}
		committee = u.Data.Next
	}
	return committee
}

// From a bootstrap through the committees of some periods to the newest final block, on
// either kind of chain.
func TestCommitteesChange(t *testing.T) {
	testchain.OnBackends(t, func(t *testing.T, backend string) {
		chain := testchain.Start(t, testnet.Config{Backend: backend, Beacon: true, BeaconPeriod: 16})
		mine(t, chain, 60)
		n := network(t, chain.Beacon)
		if n.EpochsPerPeriod != 16 || n.RootsPerSummary != 16 {
			t.Errorf("a period has %d slots, a summary is of %d", n.EpochsPerPeriod, n.RootsPerSummary)
		}
		var list updates
		get(t, chain.Beacon+"/eth/v1/beacon/light_client/updates?start_period=0&count=10", &list)
		if len(list) < 3 {
			t.Fatalf("%d updates in 60 slots", len(list))
		}
		var boot struct{ Data *beacon.Bootstrap }
		root := list[0].Data.Finalized.Root()
		get(t, chain.Beacon+"/eth/v1/beacon/light_client/bootstrap/"+root.String(), &boot)
		if err := boot.Data.Verify(n, root); err != nil {
			t.Fatal(err)
		}
		committee := hops(t, n, &boot.Data.Committee, list)
		var final struct{ Data *beacon.Update }
		get(t, chain.Beacon+"/eth/v1/beacon/light_client/finality_update", &final)
		e, err := final.Data.Evidence(n, committee)
		if err != nil {
			t.Fatal(err)
		}
		if e.Period() != uint64(len(list)) {
			t.Errorf("%d updates, and the newest signature is of period %d", len(list), e.Period())
		}
		if err := e.Verify(committee.Root(), beacon.Root(finalBlock(t, chain))); err != nil {
			t.Error(err)
		}
	})
}

// What the execution chain has replaced is gone from the beacon chain: blocks, and the
// updates that were made of them.
func TestReorg(t *testing.T) {
	chain := testchain.Start(t, testnet.Config{Beacon: true, BeaconPeriod: 32, Epoch: 16})
	mine(t, chain, 60)
	type header struct{ Data struct{ Root beacon.Root } }
	var old, head, replaced header
	get(t, chain.Beacon+"/eth/v1/beacon/headers/head", &old)
	if err := chain.Reorg(t.Context(), 20); err != nil {
		t.Fatal(err)
	}
	if err := chain.SyncBeacon(t.Context()); err != nil {
		t.Fatal(err)
	}
	get(t, chain.Beacon+"/eth/v1/beacon/headers/head", &head)
	if head == old {
		t.Error("the head is still that of before")
	}
	if status := get(t, chain.Beacon+"/eth/v1/beacon/headers/"+old.Data.Root.String(), &replaced); status != http.StatusNotFound {
		t.Errorf("the replaced block is answered with %d", status)
	}
	var list updates
	get(t, chain.Beacon+"/eth/v1/beacon/light_client/updates?start_period=0&count=10", &list)
	for _, u := range list {
		var at header
		get(t, fmt.Sprintf("%s/eth/v1/beacon/headers/%d", chain.Beacon, u.Data.Attested.Slot), &at)
		if at.Data.Root != u.Data.Attested.Root() {
			t.Errorf("the update of slot %d is of a block that was replaced", u.Data.Attested.Slot)
		}
	}
}

// A chain that runs for long forgets old states, not headers, and still leads on from
// the updates that it keeps.
func TestForgets(t *testing.T) {
	chain := testchain.Start(t, testnet.Config{Beacon: true, BeaconPeriod: 8})
	for range 4 {
		mine(t, chain, 350)
	}
	n := network(t, chain.Beacon)
	var list updates
	if get(t, chain.Beacon+"/eth/v1/beacon/light_client/updates?start_period=0&count=128", &list); len(list) != 0 {
		t.Errorf("%d updates of the first periods are still kept", len(list))
	}
	var missing map[string]any
	var root struct{ Data struct{ Root beacon.Root } }
	if status := get(t, chain.Beacon+"/eth/v1/beacon/headers/9", &root); status != http.StatusOK {
		t.Errorf("an old header: %d", status)
	}
	old := chain.Beacon + "/eth/v1/beacon/light_client/bootstrap/" + root.Data.Root.String()
	if status := get(t, old, &missing); status != http.StatusNotFound {
		t.Errorf("a bootstrap from an old block: %d", status)
	}
	from := n.Period(1400) - 100
	get(t, fmt.Sprintf("%s/eth/v1/beacon/light_client/updates?start_period=%d&count=128", chain.Beacon, from), &list)
	if len(list) < 99 {
		t.Fatalf("%d updates of the last 100 periods", len(list))
	}
	var boot struct{ Data *beacon.Bootstrap }
	start := list[0].Data.Finalized.Root()
	get(t, chain.Beacon+"/eth/v1/beacon/light_client/bootstrap/"+start.String(), &boot)
	if err := boot.Data.Verify(n, start); err != nil {
		t.Fatal(err)
	}
	hops(t, n, &boot.Data.Committee, list[:3])
}

// Everything is asked for while blocks come and are replaced. Run it with -race.
func TestManyAtOnce(t *testing.T) {
	chain := testchain.Start(t, testnet.Config{Beacon: true, BeaconPeriod: 8, Epoch: 8})
	mine(t, chain, 40)
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for _, path := range []string{
		"beacon/light_client/finality_update", "beacon/light_client/updates?start_period=0&count=128", "beacon/headers/head",
		"beacon/blocks/finalized/root", "beacon/genesis", "config/spec",
	} {
		clients.Go(func() {
			for ctx.Err() == nil {
				if resp, err := http.Get(chain.Beacon + "/eth/v1/" + path); err == nil {
					resp.Body.Close()
				}
			}
		})
	}
	clients.Go(func() {
		for ctx.Err() == nil {
			var head struct {
				Data struct {
					Header struct {
						Message struct {
							State string `json:"state_root"`
						}
					}
				}
			}
			get(t, chain.Beacon+"/eth/v1/beacon/headers/head", &head)
			resp, err := http.Get(chain.Beacon + "/eth/v1/lodestar/states/" + head.Data.Header.Message.State + "/historical_summaries")
			if err == nil {
				resp.Body.Close()
			}
		}
	})
	for range 10 {
		if err := chain.Reorg(t.Context(), 10); err != nil {
			t.Error(err)
		}
		mine(t, chain, 5)
	}
	stop()
	clients.Wait()
}

// A configuration that cannot be is refused, and so is a chain that does not answer.
func TestRefusesConfig(t *testing.T) {
	for _, config := range []beaconsim.Config{
		{Period: 7}, {Period: 1<<16 + 1}, {RootsPerSummary: 12}, {RootsPerSummary: 4}, {RPC: "http://127.0.0.1:1"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if b, err := beaconsim.Start(ctx, config); err == nil {
			b.Close()
			t.Errorf("%+v is taken", config)
		}
		cancel()
	}
}
