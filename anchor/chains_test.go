package anchor

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/pipeline"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/verifier"
)

// pair is a node on two chains of different kinds, the second behind a proxy.
type pair struct {
	*running
	config      Config
	one, two    *testnet.Chain
	proxy       *faultproxy.Proxy
	first, last verifier.Home
}

func startPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{one: startChain(t, testnet.Config{}), two: startChain(t, testnet.Config{Backend: testnet.BackendAnvil, ChainID: 4242})}
	p.proxy = startProxy(t, p.two.RPC)
	p.config = testConfig(t, p.one)
	second := chainConfig(p.two)
	second.RPC = []string{p.proxy.URL}
	p.config.Chains = append(p.config.Chains, second)
	p.running = start(t, p.config)
	p.first, p.last = p.Writers[0].Home(), p.Writers[1].Home()
	return p
}

// submitAt makes a submission that is at home in one of the registries.
func (p *pair) submitAt(t *testing.T, home verifier.Home, seed uint64) (*publish.Submission, badge) {
	t.Helper()
	b := newBadge(t, seed)
	s := sign(t, p.one.Accounts[1].PrivateKey, home, []merkle.Hash{b.leaf})
	if _, err := p.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s, b
}

// awaitAnchors waits until a badge's proof has so many anchors, and mines for it.
func (p *pair) awaitAnchors(t *testing.T, b badge, want int) client.LeafProof {
	t.Helper()
	var proof client.LeafProof
	eventually(t, "anchors in the proof", func() bool {
		if err := errors.Join(p.one.Mine(t.Context(), 1), p.two.Mine(t.Context(), 1)); err != nil {
			t.Fatal(err)
		}
		var err error
		if proof, err = p.Proof(t.Context(), b.leaf, false); err != nil {
			t.Fatal(err)
		}
		return len(proof.Anchors) == want
	})
	return proof
}

// check verifies a badge by a trust store for one of the chains.
func (p *pair) check(t *testing.T, home verifier.Home, b badge, proof client.LeafProof, want verifier.Verdict) {
	t.Helper()
	i := slices.IndexFunc(p.Info().Chains, func(c client.ChainInfo) bool { return c.Home.Chain == home.Chain })
	at := &running{Node: p.Node, home: home, genesis: p.Info().Chains[i].Genesis}
	wantVerdict(t, at, b, proof, want)
}

// The same batch is anchored on both chains; the home's anchor comes first in the
// proof and decides.
func TestTwoChains(t *testing.T) {
	p := startPair(t)
	for i, home := range []verifier.Home{p.first, p.last} {
		s, b := p.submitAt(t, home, uint64(i))
		proof := p.awaitAnchors(t, b, 2)
		if proof.State != publish.Final || proof.Anchors[0].Chain != home.Chain || proof.Anchors[1].Chain == home.Chain {
			t.Errorf("%s, anchors on %s and %s, at home on %s", proof.State, proof.Anchors[0].Chain, proof.Anchors[1].Chain, home.Chain)
		}
		p.check(t, home, b, proof, verifier.Valid)
		status, err := p.Submission(t.Context(), s.ID())
		if err != nil || len(status.Chains) != 2 || status.State != publish.Final {
			t.Fatalf("%+v, %v", status, err)
		}
		for _, c := range status.Chains {
			if c.State != publish.Final || c.Transaction == nil || c.Block == nil {
				t.Errorf("%+v", c)
			}
		}
		for _, c := range []*testnet.Chain{p.one, p.two} {
			if count := anchored(t, c); count[*status.Batch] != 1 {
				t.Errorf("anchored %d times on chain %d", count[*status.Batch], c.ChainID)
			}
		}
	}
	info := p.Info()
	if len(info.Chains) != 2 || info.Chains[0].Home != p.first || info.Chains[1].Home != p.last {
		t.Errorf("%+v", info)
	}
}

// While one chain is out of reach what is at home on the other goes on to its end;
// what is at home on the lost one waits, and all is complete when it is back.
func TestOneChainIsOut(t *testing.T) {
	p := startPair(t)
	p.proxy.Set(faultproxy.Fault{Status: 503})
	eventually(t, "the outage is known", func() bool { return p.Health(t.Context()).Chains[1].RPCError != "" })
	s, b := p.submitAt(t, p.first, 1)
	proof := p.awaitAnchors(t, b, 1)
	p.check(t, p.first, b, proof, verifier.Valid)
	if h := p.Health(t.Context()); h.Chains[0].RPCError != "" || !h.Ready {
		t.Errorf("%+v", h)
	}

	// Nobody who waits is at home where anything can be sent: nothing is sealed.
	before, err := p.store.LastBatch()
	if err != nil {
		t.Fatal(err)
	}
	var waiting []badge
	for seed := range uint64(3) {
		_, b := p.submitAt(t, p.last, 10+seed)
		waiting = append(waiting, b)
	}
	eventually(t, "the node says why it does not seal", func() bool { return p.Health(t.Context()).SealHeld != "" })
	time.Sleep(5 * p.config.BatchAge)
	if after, err := p.store.LastBatch(); err != nil || after != before {
		t.Errorf("%d batches were sealed, %v", after-before, err)
	}

	p.proxy.Clear()
	p.kick()
	for _, b := range waiting {
		p.check(t, p.last, b, p.awaitAnchors(t, b, 2), verifier.Valid)
	}
	if after, err := p.store.LastBatch(); err != nil || after != before+1 {
		t.Errorf("%d batches for what had waited, want 1, %v", after-before, err)
	}
	// The witness of the first one came later.
	p.check(t, p.first, b, p.awaitAnchors(t, b, 2), verifier.Valid)
	if status, err := p.Submission(t.Context(), s.ID()); err != nil || len(status.Chains) != 2 {
		t.Errorf("%+v, %v", status, err)
	}
}

// A statement goes to the registry that it names, and to no other.
func TestStatusOnTheNamedChain(t *testing.T) {
	p := startPair(t)
	issuer := verifier.Address(p.one.Accounts[1].Address)
	_, b := p.submitAt(t, p.last, 1)
	p.awaitAnchors(t, b, 2)

	at := &running{Node: p.Node, home: p.last}
	u := statusUpdate(t, at, issuer, p.one.Accounts[1], 1, verifier.StatusItem{ID: b.leaf, Code: verifier.StatusRevoked})
	var refused *role.RefusedError
	if err := p.SetStatus(t.Context(), u); !errors.As(err, &refused) || refused.Field != "home" ||
		!strings.Contains(err.Error(), p.last.String()) {
		t.Errorf("a statement that names none of two chains: %v", err)
	}
	u.Home = p.first
	if err := p.SetStatus(t.Context(), u); !errors.As(err, &refused) || refused.Field != "signature" {
		t.Errorf("a statement for the second chain that names the first: %v", err)
	}
	u.Home = verifier.Home{Chain: 9, Registry: p.last.Registry}
	if err := p.SetStatus(t.Context(), u); !errors.As(err, &refused) || refused.Field != "home" ||
		!strings.Contains(err.Error(), p.last.String()) {
		t.Errorf("a registry that is not the node's: %v", err)
	}
	u.Home = p.last
	if err := p.SetStatus(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is final", func() bool {
		if err := p.two.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		s, err := p.StatusList(t.Context(), p.last, issuer)
		return err == nil && s.Version == 1 && s.Pending == nil && s.Home == p.last && len(s.Items) == 1
	})
	if s, err := p.StatusList(t.Context(), p.first, issuer); err != nil || s.Version != 0 {
		t.Errorf("the first chain has %+v, %v", s, err)
	}
	eventually(t, "the proof shows it", func() bool {
		if err := p.two.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		proof, err := p.Proof(t.Context(), b.leaf, true)
		return err == nil && len(proof.Anchors[0].Status) > 0
	})
	// That it is not revoked on the other chain changes nothing: the home decides.
	p.check(t, p.last, b, p.awaitAnchors(t, b, 2), verifier.Invalid)
}

// Chains come and go: one is added later, one is not configured any more, one
// cannot be told while it is out of reach.
func TestChainsOfAFolder(t *testing.T) {
	one := startChain(t, testnet.Config{})
	two := startChain(t, testnet.Config{ChainID: 4242})
	config := testConfig(t, one)
	n := start(t, config)
	s, b := submit(t, n, one, 1)
	await(t, n, one, s.ID())
	n.stop()

	both := config
	both.Chains = append(slices.Clone(config.Chains), chainConfig(two))
	n = start(t, both)
	later, laterBadge := submit(t, n, one, 2)
	await(t, n, one, later.ID())
	eventually(t, "the later one is final on both", func() bool {
		if err := two.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		p, err := n.Proof(t.Context(), laterBadge[0].leaf, false)
		return err == nil && len(p.Anchors) == 2
	})
	if p, err := n.Proof(t.Context(), b[0].leaf, false); err != nil || len(p.Anchors) != 1 {
		t.Errorf("what is older than the second chain has %d anchors, %v", len(p.Anchors), err)
	}
	n.stop()

	twice := config
	twice.Chains = append(slices.Clone(config.Chains), config.Chains[0])
	if _, err := Open(t.Context(), twice); err == nil || !strings.Contains(err.Error(), "configured twice") {
		t.Errorf("the same chain twice: %v", err)
	}
	down := both
	down.Chains = slices.Clone(both.Chains)
	down.Chains[0].RPC, down.Chains[1].RPC = []string{"http://127.0.0.1:1"}, []string{"http://127.0.0.1:1"}
	if _, err := Open(t.Context(), down); err == nil || !strings.Contains(err.Error(), "cannot be told") {
		t.Errorf("two chains out of reach, without their ids: %v", err)
	}
	down.Chains[0].Chain, down.Chains[1].Chain = testnet.DefaultChainID, 4242
	n = start(t, down)
	if n.Info().Chains[1].Home.Chain != 4242 {
		t.Errorf("%s", n.Info().Chains[1].Home)
	}
	n.stop()
	wrong := both
	wrong.Chains = slices.Clone(both.Chains)
	wrong.Chains[0].Chain = 4242
	if _, err := Open(t.Context(), wrong); !errors.Is(err, pipeline.ErrWrongChain) {
		t.Errorf("another chain than configured: %v", err)
	}

	// Without the first chain its proofs are served as they are.
	alone := config
	alone.Chains = []ChainConfig{chainConfig(two)}
	n = start(t, alone)
	p, err := n.Proof(t.Context(), laterBadge[0].leaf, true)
	if err != nil || len(p.Anchors) != 2 || p.Anchors[0].Chain != verifier.ChainID(testnet.DefaultChainID) {
		t.Errorf("%d anchors, %v", len(p.Anchors), err)
	}
}

// A chain dies: what was anchored there is anchored on another one, its proofs get
// that anchor too, and the issuer signs its status again for the new registry.
func TestReanchor(t *testing.T) {
	one := startChain(t, testnet.Config{})
	two := startChain(t, testnet.Config{Backend: testnet.BackendAnvil, ChainID: 4242})
	config := testConfig(t, one)
	n := start(t, config)
	var badges []badge
	for seed := range uint64(3) {
		s, b := submit(t, n, one, seed)
		await(t, n, one, s.ID())
		badges = append(badges, b...)
	}
	issuer := verifier.Address(one.Accounts[1].Address)
	revoked := verifier.StatusItem{ID: badges[2].leaf, Code: verifier.StatusRevoked}
	if err := n.SetStatus(t.Context(), statusUpdate(t, n, issuer, one.Accounts[1], 1, revoked)); err != nil {
		t.Fatal(err)
	}
	settle(t, n, one, issuer, 1)
	if _, err := n.Proof(t.Context(), badges[2].leaf, true); err != nil {
		t.Fatal(err)
	}
	waiting, waitingBadge := submit(t, n, one, 9) // not final when the chain dies
	until(t, n, waiting.ID(), publish.Mined)
	n.stop()

	config.Chains = []ChainConfig{chainConfig(two)}
	config.Chains[0].Chain = 4242
	n = start(t, config)
	old := verifier.ChainID(testnet.DefaultChainID)
	var refused *role.RefusedError
	for _, wrong := range [][2]verifier.ChainID{{4242, 4242}, {old, old}, {77, 4242}} {
		if _, err := n.Reanchor(t.Context(), wrong[0], wrong[1], nil); !errors.As(err, &refused) {
			t.Errorf("from %s to %s: %v", wrong[0], wrong[1], err)
		}
	}
	if _, err := n.Reanchor(t.Context(), old, 4242, []merkle.Hash{{1}}); !errors.Is(err, role.ErrNotFound) {
		t.Errorf("an unknown root: %v", err)
	}
	first, err := n.store.Batch(1)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := n.Reanchor(t.Context(), old, 4242, []merkle.Hash{first.Root}); err != nil || r != (pipeline.Reanchoring{Added: 1}) {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := n.Reanchor(t.Context(), old, 4242, nil); err != nil || r.Added != 3 || r.There != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := n.Reanchor(t.Context(), 0, 4242, nil); err != nil || r != (pipeline.Reanchoring{There: 4}) {
		t.Errorf("again: %+v, %v", r, err)
	}
	all := append(slices.Clone(badges), waitingBadge...)
	eventually(t, "all batches are final on the other chain", func() bool {
		if err := two.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		batches, err := n.Batches(t.Context(), 0, 10)
		return err == nil && len(batches) == 4 && !slices.ContainsFunc(batches, func(b client.Batch) bool {
			return !slices.ContainsFunc(b.Chains, func(c client.ChainState) bool { return c.Home == n.home && c.State == publish.Final })
		})
	})

	// Nothing is revoked there before the issuer says so again. Proofs have what the home
	// showed last too: where the successor is silent that is what can be looked at.
	for i, b := range badges {
		p, err := n.Proof(t.Context(), b.leaf, true)
		if err != nil || len(p.Anchors) != 2 || p.Anchors[0].Chain != old || p.Anchors[1].Chain != 4242 {
			t.Fatalf("badge %d: %+v, %v", i, p, err)
		}
		if i == 2 && listedAs(p.Anchors[0].Status, b.leaf) != verifier.StatusRevoked {
			t.Errorf("the home's entry does not show the revocation: %+v", p.Anchors[0].Status)
		}
	}
	// What was never final at home has an entry of the other chain alone.
	if p, err := n.Proof(t.Context(), waitingBadge[0].leaf, true); err != nil || p.State != publish.Final || len(p.Anchors) != 1 ||
		p.Anchors[0].Chain != 4242 {
		t.Errorf("what was never final at home: %+v, %v", p, err)
	}

	// Once the issuer has said it there, that decides; and what was said can be taken back.
	say := func(version uint64, items ...verifier.StatusItem) {
		t.Helper()
		if err := n.SetStatus(t.Context(), statusUpdate(t, n, issuer, one.Accounts[1], version, items...)); err != nil {
			t.Fatal(err)
		}
		settle(t, n, two, issuer, version)
	}
	say(1, revoked)
	for i, b := range all {
		want := verifier.Valid
		if i == 2 {
			want = verifier.Invalid
		}
		p, err := n.Proof(t.Context(), b.leaf, true)
		if err != nil || p.State != publish.Final {
			t.Fatalf("badge %d: %+v, %v", i, p, err)
		}
		if r := successorVerdict(t, n, one, b, p); r.Verdict != want {
			t.Errorf("badge %d: %s, want %s: %+v", i, r.Verdict, want, r.Checks)
		}
	}
	say(2)
	p, err := n.Proof(t.Context(), badges[2].leaf, true)
	if err != nil || len(p.Anchors) != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	if r := successorVerdict(t, n, one, badges[2], p); r.Verdict != verifier.Valid {
		t.Errorf("reinstated, and %s: %+v", r.Verdict, r.Checks)
	}
}

// A home chain is out of reach, and stays so: what it showed last is served, beside the
// other chain's entry, also where the issuer says different things on the two. The list
// behind that evidence can be read too.
func TestHomeIsGone(t *testing.T) {
	p := startPair(t)
	issuer := verifier.Address(p.one.Accounts[1].Address)
	_, b := p.submitAt(t, p.last, 1)
	p.awaitAnchors(t, b, 2)
	at := &running{Node: p.Node, home: p.last}
	u := statusUpdate(t, at, issuer, p.one.Accounts[1], 1, verifier.StatusItem{ID: b.leaf, Code: verifier.StatusRevoked})
	u.Home = p.last
	if err := p.SetStatus(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the home's entry shows the revocation", func() bool {
		if err := p.two.Mine(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		proof, err := p.Proof(t.Context(), b.leaf, true)
		return err == nil && len(proof.Anchors) == 2 && listedAs(proof.Anchors[0].Status, b.leaf) == verifier.StatusRevoked
	})
	before, err := p.Proof(t.Context(), b.leaf, false)
	if err != nil {
		t.Fatal(err)
	}

	check := func(when string, n *running) {
		t.Helper()
		for _, fresh := range []bool{false, true} {
			after, err := n.Proof(t.Context(), b.leaf, fresh)
			if err != nil || len(after.Anchors) != 2 || after.Anchors[1].Chain != p.first.Chain {
				t.Fatalf("%s: %+v, %v", when, after, err)
			}
			if !reflect.DeepEqual(after.Anchors[0], before.Anchors[0]) {
				t.Errorf("%s: the home's entry is another one", when)
			}
		}
		state, err := before.Anchors[0].Read(merkle.Root(before.SubmissionID, before.Batch.Path), issuer)
		if err != nil {
			t.Fatal(err)
		}
		list, err := n.PublishedList(issuer, state.StatusRoot)
		if err != nil || list.Version != 1 || list.Root != state.StatusRoot {
			t.Fatalf("%s: %+v, %v", when, list, err)
		}
		if items, err := publish.ReadStatusList(t.Context(), n.Block, list); err != nil || !slices.Equal(items, u.Items) {
			t.Errorf("%s: %v, %v", when, items, err)
		}
	}
	p.proxy.Set(faultproxy.Fault{Drop: true})
	eventually(t, "the outage is known", func() bool { return p.Health(t.Context()).Chains[1].RPCError != "" })
	check("out of reach", p.running)
	p.stop()

	config := p.config
	config.Chains = config.Chains[:1]
	config.Chains[0].Chain = p.first.Chain
	n := start(t, config)
	check("not configured any more", n)
	if _, err := n.PublishedList(issuer, merkle.Hash{1}); !errors.Is(err, role.ErrNotFound) {
		t.Errorf("a list that was never published: %v", err)
	}
}

// listedAs returns the highest code that status entries give an id.
func listedAs(entries []verifier.StatusEntry, id merkle.Hash) (code uint8) {
	for _, e := range entries {
		if e.ID == id {
			code = max(code, e.Code)
		}
	}
	return code
}

// successorVerdict verifies a badge by a trust store that names the node's chain the
// successor of one that has died.
func successorVerdict(t *testing.T, n *running, dead *testnet.Chain, b badge, p client.LeafProof) *verifier.Report {
	t.Helper()
	old, err := n.store.Chain(verifier.ChainID(dead.ChainID))
	if err != nil {
		t.Fatal(err)
	}
	header, err := verifier.ParseHeader(p.Anchors[len(p.Anchors)-1].Header)
	if err != nil {
		t.Fatal(err)
	}
	return report(t, b, p, header, map[verifier.ChainID]*verifier.TrustedChain{
		old.Chain: {
			Name: "dead", Test: true, Genesis: old.Genesis, Registries: []verifier.Address{old.Registry},
			Successor: verifier.Successor{Chain: n.home.Chain, Since: uint64(time.Now().Unix())},
		},
		n.home.Chain: {
			Name: "test", Test: true, Genesis: n.genesis, Registries: []verifier.Address{n.home.Registry},
			Blocks: map[uint64]verifier.Hash{header.Number: header.Hash},
		},
	})
}
