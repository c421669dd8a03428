package verifier_test

import (
	"bytes"
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/hallmark-node/hallmark/anchor/beaconapi"
	"github.com/hallmark-node/hallmark/contracts"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/beaconsim"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// TestFinalityOfAChain anchors on a chain with a stand-in for its beacon chain, lets sync
// committees change, and verifies offline what was taken from there: by hops from the
// first committee, by ancestry, by witnesses.
func TestFinalityOfAChain(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a chain")
	}
	ctx := t.Context()
	chain := testchain.Start(t, testnet.Config{})
	sim, err := beaconsim.Start(ctx, beaconsim.Config{RPC: chain.RPC, Period: 16, RootsPerSummary: 8, Poll: time.Hour})
	must(t, err)
	defer sim.Close()
	rpc, err := ethclient.DialContext(ctx, chain.RPC)
	must(t, err)
	defer rpc.Close()
	api, err := beaconapi.New(sim.URL)
	must(t, err)
	defer api.Close()
	mine := func(blocks int) {
		t.Helper()
		must(t, chain.Mine(ctx, blocks))
		must(t, sim.Sync(ctx))
	}
	genesis, err := rpc.HeaderByNumber(ctx, new(big.Int))
	must(t, err)

	// What is trusted: one committee, before anything is anchored.
	mine(33)
	n, err := api.Network(ctx)
	must(t, err)
	root, err := api.FinalizedRoot(ctx)
	must(t, err)
	boot, err := api.Bootstrap(ctx, n, root)
	must(t, err)
	first := n.Period(boot.Header.Slot)

	// The issuer's submission, and its anchor.
	g := newGood(t)
	s := &g.proof.Submission
	s.Home, s.Count, s.Path = verifier.Home{Chain: testnet.DefaultChainID, Registry: verifier.RegistryAddress}, 1, []verifier.Hash{}
	g.sign()
	g.proof.Batch = &verifier.Batch{Path: []verifier.Hash{}}
	g.now = time.Now()
	batch := g.batchRoot()
	account := chain.Accounts[0]
	nonce, err := rpc.PendingNonceAt(ctx, account.Address)
	must(t, err)
	to := common.Address(verifier.RegistryAddress)
	tx, err := types.SignNewTx(account.PrivateKey, types.LatestSignerForChainID(big.NewInt(testnet.DefaultChainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(testnet.DefaultChainID), Nonce: nonce, To: &to, Gas: 300_000, GasTipCap: big.NewInt(1e9),
		GasFeeCap: big.NewInt(1e11), Data: contracts.NewAnchorRegistry().PackAnchor(batch, merkle.Hash{1}),
	})
	must(t, err)
	must(t, rpc.SendTransaction(ctx, tx))
	mine(100) // six periods

	// take returns evidence for the newest final block, with the state proof of that block.
	committees := map[uint64]*beacon.Committee{first: &boot.Committee}
	var hops [][]byte
	take := func() (verifier.Anchor, *beacon.Evidence) {
		t.Helper()
		updates, err := api.Updates(ctx, first, beaconapi.MaxUpdates)
		if err != nil && !errors.Is(err, beaconapi.ErrNoData) {
			t.Fatal(err)
		}
		for _, u := range updates {
			h, err := u.Hop(n, committees[n.Period(u.Attested.Slot)])
			must(t, err)
			hops = append(hops, h.Append(nil))
			committees[h.Period()+1] = u.Next
		}
		final, err := api.Finality(ctx)
		must(t, err)
		e, err := final.Evidence(n, committees[n.Period(final.SignatureSlot)])
		must(t, err)
		a := verifier.Anchor{Chain: testnet.DefaultChainID, Registry: verifier.RegistryAddress}
		var header hexutil.Bytes
		block, err := rpc.HeaderByHash(ctx, common.Hash(final.Finalized.BlockHash))
		must(t, err)
		must(t, rpc.Client().CallContext(ctx, &header, "debug_getRawHeader", hexutil.EncodeBig(block.Number)))
		var state struct {
			AccountProof []hexutil.Bytes
			StorageProof []struct{ Proof []hexutil.Bytes }
		}
		one, two := verifier.IssuerSlots(s.Issuer)
		must(t, rpc.Client().CallContext(ctx, &state, "eth_getProof", to, []verifier.Hash{verifier.AnchorSlot(batch), one, two}, block.Hash()))
		a.Header = verifier.Bytes(header)
		for _, node := range state.AccountProof {
			a.AccountProof = append(a.AccountProof, verifier.Bytes(node))
		}
		for _, slot := range state.StorageProof {
			for _, node := range slot.Proof {
				if !slices.ContainsFunc(a.StorageProof, func(b verifier.Bytes) bool { return bytes.Equal(b, node) }) {
					a.StorageProof = append(a.StorageProof, verifier.Bytes(node))
				}
			}
		}
		return a, e
	}
	trusted := &verifier.TrustedChain{Genesis: verifier.Hash(genesis.Hash()), Registries: []verifier.Address{verifier.RegistryAddress}}
	g.trust.Chains = map[verifier.ChainID]*verifier.TrustedChain{testnet.DefaultChainID: trusted}
	g.trust.Issuers = map[verifier.Address]*verifier.TrustedIssuer{s.Issuer: {Name: "x", IDs: []string{"*"}}}
	verify := func(what string, want verifier.Verdict) {
		t.Helper()
		o := g.options()
		o.Hops = func(verifier.ChainID) [][]byte { return hops }
		r := g.verifyWith(o)
		if r.Verdict != want {
			t.Errorf("%s: want %s:\n%s", what, want, describe(r))
		}
		t.Logf("%s: %s", what, r.Result(verifier.CheckFinality).Detail)
	}
	byBeacon := func(e *beacon.Evidence) []verifier.Voucher {
		t.Helper()
		f, err := verifier.BeaconVoucher(e.Append(nil))
		must(t, err)
		return []verifier.Voucher{f}
	}

	anchored, old := take()
	g.proof.Anchors = []verifier.Anchor{anchored}
	a := &g.proof.Anchors[0]
	if old.Period() < first+3 {
		t.Fatalf("evidence of period %d, the trusted committee is of %d", old.Period(), first)
	}
	believed := &verifier.TrustedBeacon{Network: n, Committees: map[uint64]verifier.TrustedRoot{
		first: {Root: boot.Committee.Root(), Origin: "test"},
	}}
	a.Finality = byBeacon(old)
	verify("nothing is trusted", verifier.VerdictUnknown)
	trusted.Beacon = believed
	verify("the first committee and hops", verifier.Valid)
	all := hops
	hops = slices.Delete(slices.Clone(hops), 1, 2)
	verify("a hop is missing", verifier.VerdictUnknown)
	hops = all

	// Three periods later the same block hangs on a newer one by hashes.
	mine(64)
	_, newer := take()
	hung, err := api.Rehang(ctx, n, old, newer)
	must(t, err)
	a.Finality = byBeacon(hung)
	verify("ancestry and hops", verifier.Valid)
	list, err := api.Summaries(ctx, n, newer.Finalized)
	must(t, err)
	roots, err := api.BlockRoots(ctx, n, old.Block.Slot)
	must(t, err)
	listed, err := old.OnList(roots, list)
	must(t, err)
	a.Finality = byBeacon(listed)
	verify("ancestry, but its list is not trusted", verifier.VerdictUnknown)
	trusted.Beacon = &verifier.TrustedBeacon{Network: n, Summaries: []verifier.TrustedRoot{{Root: list.Root()}}}
	hops = nil
	verify("ancestry alone", verifier.Valid)

	// Witnesses alone.
	h, err := verifier.ParseHeader(a.Header)
	must(t, err)
	block := witness.Block{Chain: testnet.DefaultChainID, Genesis: trusted.Genesis, Number: h.Number, Hash: h.Hash}
	trusted.Beacon, trusted.Witnesses = nil, &verifier.TrustedWitnesses{Quorum: 2}
	var lines []string
	for i, name := range []string{"a.example", "b.example", "c.example"} {
		w, err := witness.NewSigner(name, [32]byte{byte(i)})
		must(t, err)
		trusted.Witnesses.Keys = append(trusted.Witnesses.Keys, verifier.TrustedWitness{Key: w.Key()})
		lines = append(lines, w.Sign(block, time.Now()))
	}
	byWitnesses := func(lines ...string) {
		f, err := verifier.WitnessVoucher(lines)
		must(t, err)
		a.Finality = []verifier.Voucher{f}
	}
	byWitnesses(lines[2])
	verify("one witness of two", verifier.VerdictUnknown)
	byWitnesses(lines[2], lines[0])
	verify("two witnesses of three", verifier.Valid)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
