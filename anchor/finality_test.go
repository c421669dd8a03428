package anchor

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/witnessd"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/live"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// testPeriod is how many slots, that is blocks, a sync committee serves in these tests.
const testPeriod = 8

func startBeacon(t *testing.T, c *testnet.Chain) *beaconsim.Beacon {
	t.Helper()
	return startBeaconWith(t, c, testPeriod)
}

// startBeaconWith starts a stand-in with sync committees that serve for some slots. As on all
// networks, that has to be longer than finality takes.
func startBeaconWith(t *testing.T, c *testnet.Chain, period uint64) *beaconsim.Beacon {
	t.Helper()
	b, err := beaconsim.Start(t.Context(), beaconsim.Config{
		RPC: c.RPC, Period: period, RootsPerSummary: testPeriod, Poll: 20 * time.Millisecond,
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

// mine makes blocks, and has the beacon chain take them up.
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

// wantValid checks that a proof is VALID offline, see [offlineVerdict].
func wantValid(t *testing.T, n *running, b badge, p client.LeafProof) {
	t.Helper()
	if r := offlineVerdict(t, n, b, p); r.Verdict != verifier.Valid {
		t.Errorf("%s: %+v", r.Verdict, r.Checks)
	}
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
	return believing(t, n, b, p, hops, func(c *verifier.TrustedChain) {
		c.Beacon = &verifier.TrustedBeacon{
			Network: network, Committees: map[uint64]verifier.TrustedRoot{record.Period: {Root: record.Root}},
		}
	})
}

// believing verifies a badge offline, with what trust adds to an entry for the chain that pins
// no block.
func believing(t *testing.T, n *running, b badge, p client.LeafProof, hops [][]byte, trust func(*verifier.TrustedChain)) *verifier.Report {
	t.Helper()
	c, err := credential.Sum(bytes.NewReader(b.document), credential.FormRaw, "")
	if err != nil {
		t.Fatal(err)
	}
	chain := &verifier.TrustedChain{Name: "test", Test: true, Genesis: n.genesis, Registries: []verifier.Address{n.home.Registry}}
	trust(chain)
	proof := &verifier.Proof{Credential: c, Salt: b.salt, Submission: p.Submission, Batch: p.Batch, Anchors: p.Anchors, Hints: p.Hints}
	v, err := verifier.New(verifier.Options{
		Now: time.Now, AllowTest: true, Hops: func(verifier.ChainID) [][]byte { return hops },
		Trust: &verifier.Trust{
			Issuers: map[verifier.Address]*verifier.TrustedIssuer{p.Submission.Issuer: {Name: "school", IDs: []string{verifier.AnyIssuer}}},
			Chains:  map[verifier.ChainID]*verifier.TrustedChain{n.home.Chain: chain},
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
	wantValid(t, n, badges[0], p)
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
	wantValid(t, n, badges[0], p)
	h := beaconHealth(t, n)
	if h.FirstPeriod != first.FirstPeriod || h.Committee != first.Committee || h.HopsMissing != 0 {
		t.Errorf("%+v, and first %+v", h, first)
	}
	eventually(t, "nothing waits", func() bool { return n.Health(t.Context()).Chains[0].VouchersWaiting == 0 })
}

// faultyBeacon stands between a node and a beacon node, and lies or fails as a test wants.
type faultyBeacon struct {
	URL string

	mu    sync.Mutex
	fault func(w http.ResponseWriter, path string, answer []byte) // nil: none
}

func startFaultyBeacon(t *testing.T, b *beaconsim.Beacon) *faultyBeacon {
	t.Helper()
	f := new(faultyBeacon)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		fault := f.fault
		f.mu.Unlock()
		resp, err := http.Get(b.URL + r.URL.RequestURI())
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if fault != nil {
			fault(w, r.URL.Path, answer)
			return
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = w.Write(answer)
	}))
	t.Cleanup(s.Close)
	f.URL = s.URL
	return f
}

func (f *faultyBeacon) set(fault func(w http.ResponseWriter, path string, answer []byte)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

const (
	finalityPath = "/eth/v1/beacon/light_client/finality_update"
	updatesPath  = "/eth/v1/beacon/light_client/updates"
)

// altered returns an answer with one digit of each value of a member changed.
func altered(answer []byte, member string) []byte {
	out := slices.Clone(answer)
	for at := 0; ; {
		i := bytes.Index(out[at:], []byte(`"`+member+`":"0x`))
		if i < 0 {
			return out
		}
		at += i + len(member) + 6 + 20
		out[at] = map[bool]byte{true: '1', false: '0'}[out[at] == '0']
	}
}

// Whatever a beacon node does, batches become final, what is wrong is shown, and the voucher
// comes once it has come to its senses.
func TestBeaconFaults(t *testing.T) {
	c := startChain(t, testnet.Config{})
	sim := startBeacon(t, c)
	mine(t, c, sim, testPeriod)
	f := startFaultyBeacon(t, sim)
	config := changed(testConfig(t, c), func(c *ChainConfig) { c.Beacon = []string{f.URL} })
	n := start(t, config)
	eventually(t, "finality is known", func() bool { return beaconHealth(t, n).Finalized != nil })

	var frozen atomic.Pointer[[]byte]
	alter := func(path, member string) func(http.ResponseWriter, string, []byte) {
		return func(w http.ResponseWriter, at string, answer []byte) {
			if at == path {
				answer = altered(answer, member)
			}
			_, _ = w.Write(answer)
		}
	}
	for i, fault := range []struct {
		name  string
		shown string // in the error of the server; empty: none
		do    func(w http.ResponseWriter, path string, answer []byte)
	}{
		{"no answer", "the connection was closed", func(http.ResponseWriter, string, []byte) { panic(http.ErrAbortHandler) }},
		{"HTTP 500", "HTTP 500", func(w http.ResponseWriter, _ string, _ []byte) { w.WriteHeader(http.StatusInternalServerError) }},
		{"nonsense", "cannot be read", func(w http.ResponseWriter, _ string, _ []byte) { _, _ = w.Write([]byte("<html>")) }},
		{"no light clients", "do not have it", func(w http.ResponseWriter, _ string, _ []byte) { w.WriteHeader(http.StatusNotFound) }},
		{"another signature", "does not hold", alter(finalityPath, "sync_committee_signature")},
		{"other signers", "does not hold", alter(finalityPath, "sync_committee_bits")},
		{"another block", "does not hold", alter(finalityPath, "block_hash")},
		{"another committee follows", "does not hold", alter(updatesPath, "aggregate_pubkey")},
		{"it stands still", "", func(w http.ResponseWriter, path string, answer []byte) {
			if path == finalityPath {
				frozen.CompareAndSwap(nil, &answer)
				answer = *frozen.Load()
			}
			_, _ = w.Write(answer)
		}},
	} {
		t.Run(fault.name, func(t *testing.T) {
			f.set(fault.do)
			if fault.shown != "" {
				mine(t, c, sim, testPeriod) // something new to lie about
				eventually(t, "the fault is shown", func() bool {
					return strings.Contains(beaconHealth(t, n).Servers[0].Error, fault.shown)
				})
			}
			s, badges := submit(t, n, c, uint64(i))
			await(t, n, c, s.ID())
			p, err := n.Proof(t.Context(), badges[0].leaf, false)
			if err != nil {
				t.Fatal(err)
			}
			wantVerdict(t, n, badges[0], p, verifier.Valid)
			if h := n.Health(t.Context()); h.Chains[0].VouchersWaiting == 0 || !h.Ready || h.Fault != "" {
				t.Errorf("%d vouchers wait, fault %q", h.Chains[0].VouchersWaiting, h.Fault)
			}
			f.set(nil)
			mine(t, c, sim, 4)
			p = awaitVoucher(t, n, badges[0])
			wantValid(t, n, badges[0], p)
			if e := beaconHealth(t, n).Servers[0].Error; e != "" {
				t.Errorf("still shown: %s", e)
			}
		})
	}
}

// With a second beacon node the faults of the first one cost nothing.
func TestBeaconFailover(t *testing.T) {
	c := startChain(t, testnet.Config{})
	sim := startBeacon(t, c)
	mine(t, c, sim, testPeriod)
	f := startFaultyBeacon(t, sim)
	f.set(func(w http.ResponseWriter, _ string, answer []byte) {
		_, _ = w.Write(altered(answer, "sync_committee_signature"))
	})
	n := start(t, changed(testConfig(t, c), func(c *ChainConfig) { c.Beacon = []string{f.URL, sim.URL} }))
	s, badges := submit(t, n, c, 1)
	await(t, n, c, s.ID())
	mine(t, c, sim, 4)
	p := awaitVoucher(t, n, badges[0])
	wantValid(t, n, badges[0], p)
	mine(t, c, sim, 4)
	eventually(t, "the liar is shown", func() bool {
		servers := beaconHealth(t, n).Servers
		return strings.Contains(servers[0].Error, "does not hold") && servers[1].Error == ""
	})
}

// A period that no beacon node has is survived: the node goes on from the committee of now, says
// so, and closes the gap once somebody has it.
func TestMissingPeriod(t *testing.T) {
	c := startChain(t, testnet.Config{})
	sim := startBeacon(t, c)
	mine(t, c, sim, testPeriod)
	f := startFaultyBeacon(t, sim)
	n := start(t, changed(testConfig(t, c), func(c *ChainConfig) { c.Beacon = []string{f.URL} }))
	eventually(t, "finality is known", func() bool { return beaconHealth(t, n).Finalized != nil })
	f.set(func(w http.ResponseWriter, path string, answer []byte) {
		if path == updatesPath {
			answer = []byte("[]")
		}
		_, _ = w.Write(answer)
	})
	before := beaconHealth(t, n).Period
	mine(t, c, sim, 2*testPeriod+testPeriod/2)
	eventually(t, "it goes on", func() bool {
		h := beaconHealth(t, n)
		return h.Period > before && h.HopsMissing > 0
	})
	s, badges := submit(t, n, c, 1)
	await(t, n, c, s.ID())
	mine(t, c, sim, 2)
	p := awaitVoucher(t, n, badges[0])
	if r := offlineVerdict(t, n, badges[0], p); r.Verdict != verifier.VerdictUnknown {
		t.Errorf("%s with hops missing: %+v", r.Verdict, r.Checks)
	}
	f.set(nil)
	eventually(t, "the gap is closed", func() bool { return beaconHealth(t, n).HopsMissing == 0 })
	wantValid(t, n, badges[0], p)
}

// While no beacon node answers, a proof that verifies offline goes on doing so, however old its
// evidence is: newer evidence is for those who ask for fresh, and for when the status changes.
func TestVoucherOutage(t *testing.T) {
	c := startChain(t, testnet.Config{})
	sim := startBeacon(t, c)
	mine(t, c, sim, testPeriod)
	f := startFaultyBeacon(t, sim)
	config := changed(testConfig(t, c), func(c *ChainConfig) { c.Beacon = []string{f.URL} })
	config.EvidenceAge = time.Nanosecond
	n := start(t, config)
	s, badges := submit(t, n, c, 1, 2)
	await(t, n, c, s.ID())
	mine(t, c, sim, 4)
	awaitVoucher(t, n, badges[0])
	f.set(func(w http.ResponseWriter, _ string, _ []byte) { w.WriteHeader(http.StatusInternalServerError) })
	eventually(t, "the outage is shown", func() bool { return beaconHealth(t, n).Servers[0].Error != "" })
	if err := c.AdvanceTime(t.Context(), 48*time.Hour); err != nil {
		t.Fatal(err)
	}
	mine(t, c, sim, 4)
	head, err := n.Proof(t.Context(), badges[0].leaf, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(head.Anchors[0].Finality) != 0 {
		t.Error("what is asked for fresh is of the newest block that has a voucher")
	}
	newest := evidenceBlock(t, n, badges[0].leaf, true)
	for _, b := range badges {
		p, err := n.Proof(t.Context(), b.leaf, false)
		if err != nil {
			t.Fatal(err)
		}
		if r := offlineVerdict(t, n, b, p); r.Verdict != verifier.Valid {
			t.Errorf("%s: %+v", r.Verdict, r.Checks)
		}
	}
	if old := evidenceBlock(t, n, badges[0].leaf, false); old >= newest {
		t.Errorf("evidence of block %d, what is fresh is of %d", old, newest)
	}

	u := statusUpdate(t, n, s.Issuer, c.Accounts[1], 1, verifier.StatusItem{ID: badges[1].leaf, Code: verifier.StatusRevoked})
	if err := n.SetStatus(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the revocation is served", func() bool {
		if err := c.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		p, err := n.Proof(t.Context(), badges[1].leaf, false)
		return err == nil && len(p.Anchors) == 1 && listedAs(p.Anchors[0].Status, badges[1].leaf) == verifier.StatusRevoked &&
			len(p.Anchors[0].Finality) == 0
	})
	f.set(nil)
	if err := sim.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitVoucher(t, n, badges[0]) // of a block two days ahead of the clock
}

// While nothing becomes final on the beacon chain, what is final by the operator's policy does
// not wait; its voucher does.
func TestNoFinality(t *testing.T) {
	c := startChain(t, testnet.Config{Epoch: 32})
	sim := startBeaconWith(t, c, 512)
	n := start(t, changed(testConfig(t, c), func(c *ChainConfig) {
		c.Beacon, c.Confirmations = []string{sim.URL}, confirmations(t, "1")
	}))
	s, badges := submit(t, n, c, 1)
	await(t, n, c, s.ID())
	p, err := n.Proof(t.Context(), badges[0].leaf, false)
	if err != nil || len(p.Anchors[0].Finality) != 0 {
		t.Fatalf("%d vouchers, %v", len(p.Anchors[0].Finality), err)
	}
	if waiting := n.Health(t.Context()).Chains[0].VouchersWaiting; waiting != 1 {
		t.Errorf("%d vouchers wait", waiting)
	}
	mine(t, c, sim, 3*32+4)
	p = awaitVoucher(t, n, badges[0])
	wantValid(t, n, badges[0], p)
}

// What was final is reorged out: the voucher goes with its block, and another one comes.
func TestVoucherReorg(t *testing.T) {
	c := startChain(t, testnet.Config{Epoch: 32})
	sim := startBeaconWith(t, c, 512)
	mine(t, c, sim, 70)
	n := start(t, changed(testConfig(t, c), func(c *ChainConfig) {
		c.Beacon, c.Confirmations = []string{sim.URL}, confirmations(t, "1")
	}))
	eventually(t, "finality is known", func() bool { return beaconHealth(t, n).Finalized != nil })
	s, badges := submit(t, n, c, 1)
	await(t, n, c, s.ID())
	if err := c.ReorgForget(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	if err := sim.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is noticed", func() bool { return n.Health(t.Context()).Chains[0].DeepReorgs == 1 })
	await(t, n, c, s.ID())
	mine(t, c, sim, 3*32+4)
	p := awaitVoucher(t, n, badges[0])
	onChain(t, n, badges[0])
	wantValid(t, n, badges[0], p)
}

// startWitness runs a witness of the chain, and returns its URL and key.
func startWitness(t *testing.T, n *running, c *testnet.Chain, name string) (url string, key *witness.Key) {
	t.Helper()
	servers, err := live.New(t.Context(), []string{c.RPC}, 1)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := witness.NewSigner(name, [32]byte([]byte(name+strings.Repeat(".", 32-len(name)))))
	if err != nil {
		t.Fatal(err)
	}
	w, err := witnessd.Open(witnessd.Config{
		Chain: n.home.Chain, Genesis: n.genesis, Signer: signer, Servers: servers, Folder: t.TempDir(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(w.Handler())
	t.Cleanup(s.Close)
	return s.URL, w.Key()
}

// Witnesses vouch for what a node has, also those that come later, and one that is away delays
// nothing.
func TestWitnessVouchers(t *testing.T) {
	c := startChain(t, testnet.Config{})
	plain := start(t, testConfig(t, c)) // for the chain's genesis hash
	one, keyOne := startWitness(t, plain, c, "one")
	two, keyTwo := startWitness(t, plain, c, "two")
	config := plain.config
	plain.stop()
	s := func() *publish.Submission {
		n := start(t, config) // has no witness yet
		defer n.stop()
		s, _ := submit(t, n, c, 1)
		await(t, n, c, s.ID())
		return s
	}()
	n := start(t, changed(config, func(c *ChainConfig) { c.Witness = []string{one, "http://127.0.0.1:1", two} }))
	b := newBadge(t, 1)
	until(t, n, s.ID(), publish.Final)
	p := awaitVoucher(t, n, b)
	trust := func(quorum int, keys ...*witness.Key) func(*verifier.TrustedChain) {
		return func(c *verifier.TrustedChain) {
			c.Witnesses = &verifier.TrustedWitnesses{Quorum: quorum}
			for _, k := range keys {
				c.Witnesses.Keys = append(c.Witnesses.Keys, verifier.TrustedWitness{Key: k})
			}
		}
	}
	if r := believing(t, n, b, p, nil, trust(2, keyOne, keyTwo)); r.Verdict != verifier.Valid {
		t.Errorf("%s: %+v", r.Verdict, r.Checks)
	}
	if r := believing(t, n, b, p, nil, func(*verifier.TrustedChain) {}); r.Verdict != verifier.VerdictUnknown {
		t.Errorf("%s though no witness is trusted: %+v", r.Verdict, r.Checks)
	}
	if h := n.Health(t.Context()).Chains[0]; h.Witnesses != 3 || h.WitnessError == "" || !n.Health(t.Context()).Ready {
		t.Errorf("%+v", h)
	}
}
