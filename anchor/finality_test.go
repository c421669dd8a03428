package anchor

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// testPeriod is how many slots, that is blocks, a sync committee serves in these tests.
const testPeriod = 8

func startBeacon(t *testing.T, c *testnet.Chain) *beaconsim.Beacon {
	t.Helper()
	b, err := beaconsim.Start(t.Context(), beaconsim.Config{
		RPC: c.RPC, Period: testPeriod, RootsPerSummary: testPeriod, Poll: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("the end of the beacon stand-in: %v", err)
		}
	})
	return b
}

// mine makes blocks until the beacon chain shows that the block which was the newest is final.
func mine(t *testing.T, c *testnet.Chain, b *beaconsim.Beacon, blocks int) {
	t.Helper()
	if err := c.Mine(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	if err := b.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// beaconHealth returns what is shown of the beacon chain.
func beaconHealth(t *testing.T, n *running) *client.BeaconHealth {
	t.Helper()
	h := n.Health(t.Context()).Chains[0].Beacon
	if h == nil {
		t.Fatal("nothing is shown of the beacon chain")
	}
	return h
}

// awaitVoucher waits until the proof of a badge has a voucher of the beacon chain.
func awaitVoucher(t *testing.T, n *running, b badge) client.LeafProof {
	t.Helper()
	var p client.LeafProof
	eventually(t, "a voucher", func() bool {
		var err error
		if p, err = n.Proof(t.Context(), b.leaf, false); err != nil {
			t.Fatal(err)
		}
		return len(p.Anchors) == 1 && len(p.Anchors[0].Finality) > 0
	})
	return p
}

// offlineVerdict verifies a badge with nothing but the committee that the node started from, and
// the hops that it keeps.
func offlineVerdict(t *testing.T, n *running, b badge, p client.LeafProof) *verifier.Report {
	t.Helper()
	record, err := n.store.Beacon(n.home.Chain)
	if err != nil {
		t.Fatal(err)
	}
	network := new(beacon.Network)
	if err := json.Unmarshal(record.Network, network); err != nil {
		t.Fatal(err)
	}
	network.ChainID = uint64(n.home.Chain)
	var hops [][]byte
	if err := n.store.Hops(n.home.Chain, 0, func(_ uint64, hop []byte) bool {
		hops = append(hops, slices.Clone(hop))
		return true
	}); err != nil {
		t.Fatal(err)
	}
	c, err := credential.Sum(bytes.NewReader(b.document), credential.FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	proof := &verifier.Proof{Credential: c, Salt: b.salt, Submission: p.Submission, Batch: p.Batch, Anchors: p.Anchors, Hints: p.Hints}
	v, err := verifier.New(verifier.Options{
		Now: time.Now, AllowTest: true, Hops: func(verifier.ChainID) [][]byte { return hops },
		Trust: &verifier.Trust{
			Issuers: map[verifier.Address]*verifier.TrustedIssuer{p.Submission.Issuer: {Name: "school", IDs: []string{verifier.AnyIssuer}}},
			Chains: map[verifier.ChainID]*verifier.TrustedChain{n.home.Chain: {
				Name: "test", Test: true, Genesis: n.genesis, Registries: []verifier.Address{n.home.Registry},
				Beacon: &verifier.TrustedBeacon{
					Network: network, Committees: map[uint64]verifier.TrustedRoot{record.Period: {Root: record.Root}},
				},
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return v.Verify(proof, bytes.NewReader(b.document))
}

// A proof gets its voucher, and after three committees have come and gone another one verifies
// offline from the first committee, by the hops that the node kept, also across a restart.
func TestVouchers(t *testing.T) {
	c := startChain(t, testnet.Config{})
	sim := startBeacon(t, c)
	mine(t, c, sim, 4)
	config := changed(testConfig(t, c), func(c *ChainConfig) { c.Beacon = []string{sim.URL} })
	n := start(t, config)
	eventually(t, "finality is known", func() bool { return beaconHealth(t, n).Finalized != nil })

	s, badges := submit(t, n, c, 1)
	await(t, n, c, s.ID())
	mine(t, c, sim, 4)
	p := awaitVoucher(t, n, badges[0])
	if r := offlineVerdict(t, n, badges[0], p); r.Verdict != verifier.Valid {
		t.Errorf("%s: %+v", r.Verdict, r.Checks)
	}
	first := beaconHealth(t, n)
	for range 3 {
		mine(t, c, sim, testPeriod)
	}
	n.stop()
	mine(t, c, sim, testPeriod)
	n = start(t, config)
	eventually(t, "four committees have changed", func() bool { return beaconHealth(t, n).Period >= first.Period+4 })
	s, badges = submit(t, n, c, 2)
	await(t, n, c, s.ID())
	mine(t, c, sim, 4)
	p = awaitVoucher(t, n, badges[0])
	if r := offlineVerdict(t, n, badges[0], p); r.Verdict != verifier.Valid {
		t.Errorf("%s: %+v", r.Verdict, r.Checks)
	}
	h := beaconHealth(t, n)
	if h.FirstPeriod != first.FirstPeriod || h.Committee != first.Committee || h.HopsMissing != 0 {
		t.Errorf("%+v, and first %+v", h, first)
	}
	eventually(t, "nothing waits", func() bool { return n.Health(t.Context()).Chains[0].VouchersWaiting == 0 })
}
