package verifier_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// succession is a good proof whose home has died, with entries of the home and of the
// chains that took over. Worlds may be changed before set.
type succession struct {
	*good
	worlds []*verifiertest.World  // the home first
	lists  []*verifier.StatusList // what the issuer has on each; nil: nothing
	retire []uint64               // from when the key is retired on each; 0: not
	lacks  []bool                 // the proof has no entry of it
	mute   []bool                 // nothing vouches for the entry's block
	since  []uint64               // when each was succeeded; the last one was not
	tests  int                    // which of them is a chain for tests; -1: none
}

const end = issuedAt + 700 // when the home died

func newSuccession(t *testing.T, chains int) *succession {
	t.Helper()
	s := &succession{good: newGood(t), tests: -1}
	for i := range chains {
		w := s.world
		if i > 0 {
			w = verifiertest.NewWorld(t)
			w.Chain, w.Registry = verifier.ChainID(9+i), addr(0xba+byte(i))
			w.Time = end + 100*uint64(i)
			w.Anchor(s.batchRoot(), 5, end+10)
		}
		s.worlds = append(s.worlds, w)
		s.since = append(s.since, end+100*uint64(i))
	}
	s.lists, s.retire = make([]*verifier.StatusList, chains), make([]uint64, chains)
	s.lacks, s.mute = make([]bool, chains), make([]bool, chains)
	s.lists[0] = s.list
	return s
}

// lists returns a list that revokes ids, and something else.
func revokes(t *testing.T, ids ...verifier.Hash) *verifier.StatusList {
	t.Helper()
	items := []verifier.StatusItem{{ID: merkle.Keccak256([]byte("else")), Code: verifier.StatusRevoked}}
	for _, id := range ids {
		items = append(items, verifier.StatusItem{ID: id, Code: verifier.StatusRevoked})
	}
	slices.SortFunc(items, func(a, b verifier.StatusItem) int { return merkle.Compare(a.ID, b.ID) })
	l, err := verifier.NewStatusList(items)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// set puts the proof's entries and the trust store together and verifies.
func (s *succession) set(t *testing.T) *verifier.Report {
	t.Helper()
	issuer := s.proof.Submission.Issuer
	s.proof.Anchors = nil
	for i, w := range s.worlds {
		var root verifier.Hash
		if s.lists[i] != nil {
			root = s.lists[i].Root()
		}
		w.Issuer(issuer, root, s.retire[i], 1, issuedAt+400)
		a := w.Evidence(s.batchRoot(), issuer)
		if s.lists[i] != nil {
			for _, id := range []verifier.Hash{s.proof.Leaf(), s.submissionRoot()} {
				e, err := s.lists[i].Entry(id)
				if err != nil {
					t.Fatal(err)
				}
				if len(a.Status) == 0 || a.Status[0].ID != e.ID {
					a.Status = append(a.Status, e)
				}
			}
		}
		chain := &verifier.TrustedChain{
			Genesis: merkle.Keccak256([]byte{byte(i)}), Registries: []verifier.Address{w.Registry},
			Test: i == s.tests,
		}
		if !s.mute[i] {
			chain.Blocks = map[uint64]verifier.Hash{w.Number: merkle.Keccak256(a.Header)}
		}
		if i+1 < len(s.worlds) {
			chain.Successor = verifier.Successor{Chain: s.worlds[i+1].Chain, Since: s.since[i]}
		}
		s.trust.Chains[w.Chain] = chain
		if !s.lacks[i] {
			s.proof.Anchors = append(s.proof.Anchors, a)
		}
	}
	return s.verify()
}

// On a successor silence is not an answer: the last chain on which the issuer has a
// list answers, and of a dead one only what it said shortly before its end.
func TestSuccession(t *testing.T) {
	const (
		valid, invalid, unknown = verifier.Valid, verifier.Invalid, verifier.VerdictUnknown
		day                     = 24 * 60 * 60
	)
	for _, tt := range []struct {
		name    string
		chains  int
		change  func(t *testing.T, s *succession)
		verdict verifier.Verdict
		status  string // part of the sentence
	}{
		{"silent on the successor, good at home", 2, func(*testing.T, *succession) {}, valid, "as of the end of eip155:31337"},
		{"silent on both", 2, func(_ *testing.T, s *succession) { s.lists[0] = nil }, valid, "as of the end of eip155:31337"},
		{
			"revoked at home, silent on the successor", 2, func(t *testing.T, s *succession) { s.lists[0] = revokes(t, s.proof.Leaf()) }, invalid,
			"revoked",
		},
		{"the submission revoked at home, silent on the successor", 2, func(t *testing.T,
			s *succession,
		) {
			s.lists[0] = revokes(t, s.submissionRoot())
		}, invalid, "revoked"},
		{"carried over", 2, func(t *testing.T, s *succession) { s.lists[1] = revokes(t) }, valid, ""},
		{"revoked on the successor", 2, func(t *testing.T, s *succession) { s.lists[1] = revokes(t, s.proof.Leaf()) }, invalid, "revoked"},
		{"reinstated on the successor", 2, func(t *testing.T, s *succession) {
			s.lists[0], s.lists[1] = revokes(t, s.proof.Leaf()), revokes(t)
		}, valid, ""},
		{"a list on the successor needs no home", 2, func(t *testing.T, s *succession) { s.lists[1], s.lacks[0] = revokes(t), true }, valid, ""},
		{
			"silent, and no entry of the home", 2, func(_ *testing.T, s *succession) { s.lacks[0] = true }, unknown,
			"has said nothing on eip155:10",
		},
		{
			"silent, and nothing vouches for the home's block", 2, func(_ *testing.T, s *succession) { s.mute[0] = true }, unknown,
			"has said nothing",
		},
		{
			"silent, and the home's entry is from after its end", 2, func(_ *testing.T, s *succession) { s.since[0] = s.world.Time - 1 }, unknown,
			"has said nothing",
		},
		{"silent, and the home's entry is from long before its end", 2, func(_ *testing.T, s *succession) {
			s.since[0] = s.world.Time + 30*day + 1
			s.worlds[1].Time, s.now = s.since[0]+100, s.now.AddDate(0, 0, 30)
		}, unknown, "more than 30 days before"},
		{"silent, and the home's entry is from just within the limit", 2, func(_ *testing.T, s *succession) {
			s.since[0] = s.world.Time + 30*day
			s.worlds[1].Time, s.now = s.since[0]+100, s.now.AddDate(0, 0, 30)
		}, valid, "as of the end"},
		{"no entry of the successor", 2, func(_ *testing.T, s *succession) { s.lacks[1] = true }, unknown, ""},
		{"nothing vouches for the successor's block", 2, func(_ *testing.T, s *succession) { s.mute[1] = true }, unknown, ""},
		{"the successor's entry is old", 2, func(_ *testing.T, s *succession) { s.now = s.now.AddDate(0, 0, 31) }, unknown, "hallmark refresh"},
		{
			"retired at home before the anchor", 2, func(_ *testing.T, s *succession) { s.retire[0] = issuedAt }, invalid,
			"retired on eip155:31337",
		},
		{
			"retired on the successor before the anchor at home", 2, func(_ *testing.T, s *succession) { s.retire[1] = issuedAt }, invalid,
			"was retired from",
		},
		{"retired between the anchor at home and the end", 2, func(_ *testing.T, s *succession) {
			s.retire[0], s.retire[1] = issuedAt+350,
				issuedAt+350
		}, valid, ""},
		{"retired at home, and only the successor shows the anchor", 2, func(t *testing.T, s *succession) {
			s.lists[1], s.lacks[0], s.retire[1] = revokes(t), true, issuedAt+350
		}, unknown, "is not shown"},
		{"the home is a test", 2, func(_ *testing.T, s *succession) { s.tests = 0 }, unknown, "as of the end"},
		{"the successor is a test", 2, func(_ *testing.T, s *succession) { s.tests = 1 }, unknown, "as of the end"},
		{"the chain between is a test", 3, func(_ *testing.T, s *succession) { s.tests = 1 }, unknown, "as of the end"},
		{
			"two successors, a list on the one between", 3, func(t *testing.T, s *succession) { s.lists[1] = revokes(t, s.proof.Leaf()) }, invalid,
			"revoked",
		},
		{"two successors, a list on the one between that reinstates", 3, func(t *testing.T, s *succession) {
			s.lists[0], s.lists[1] = revokes(t, s.proof.Leaf()), revokes(t)
		}, valid, "as of the end of eip155:10"},
		{"two successors, no entry of the one between", 3, func(_ *testing.T, s *succession) { s.lacks[1] = true }, unknown, "has said nothing"},
		{"two successors, silent on both", 3, func(*testing.T, *succession) {}, valid, "as of the end of eip155:31337"},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			s := newSuccession(t, tt.chains)
			tt.change(t, s)
			r := s.set(t)
			if got := r.Result(verifier.CheckStatus).Detail; r.Verdict != tt.verdict || !strings.Contains(got, tt.status) {
				t.Errorf("%s, want %s; want %q said of the status\n%s", r.Verdict, tt.verdict, tt.status, describe(r))
			}
		})
	}
}

// What is wrong with an entry of the line is never good for the credential, and says
// nothing against it.
func TestSuccessionOfHostileEntries(t *testing.T) {
	strip := func(s *succession, i int) { // the issuer's words
		slot := verifier.AnchorSlot(s.batchRoot())
		a := s.worlds[i].EvidenceFor(slot[:])
		a.Status = s.proof.Anchors[i].Status
		s.proof.Anchors[i] = a
	}
	for _, tt := range []struct {
		name   string
		list   bool // the issuer has one on the successor
		change func(s *succession)
	}{
		{"the issuer's words at home not shown", false, func(s *succession) { strip(s, 0) }},
		{"the issuer's words on the successor not shown", false, func(s *succession) { strip(s, 1) }},
		{"the issuer's words on the successor not shown, where it has a list", true, func(s *succession) { strip(s, 1) }},
		{"an unused node at home", false, func(s *succession) {
			a := &s.proof.Anchors[0]
			a.StorageProof = append(a.StorageProof, verifier.Bytes{0xc0})
		}},
		{"an unused node on the successor", true, func(s *succession) {
			a := &s.proof.Anchors[1]
			a.StorageProof = append(a.StorageProof, verifier.Bytes{0xc0})
		}},
		{"the home's entries of the list left out", false, func(s *succession) { s.proof.Anchors[0].Status = nil }},
		{"the home's entries of the list on the successor's", false, func(s *succession) {
			s.proof.Anchors[1].Status, s.proof.Anchors[0].Status = s.proof.Anchors[0].Status, nil
		}},
		{"the successor's entries of the list left out", true, func(s *succession) { s.proof.Anchors[1].Status = nil }},
		{"the home's list beside the successor's", true, func(s *succession) { s.proof.Anchors[1].Status = s.proof.Anchors[0].Status }},
		{"the entries under each other's chain", false, func(s *succession) {
			a := s.proof.Anchors
			a[0].Chain, a[1].Chain = a[1].Chain, a[0].Chain
		}},
		{"the home's registry is not trusted", false, func(s *succession) {
			s.trust.Chains[s.world.Chain].Registries = []verifier.Address{addr(0x99)}
		}},
		{"the successor's registry is not trusted", true, func(s *succession) { s.trust.Chains[10].Registries = nil }},
		{"another block is pinned at home", false, func(s *succession) {
			s.trust.Chains[s.world.Chain].Blocks[s.world.Number] = merkle.Hash{1}
		}},
		{"the home has another registry, of a stranger, and the issuer a list on the successor", true, func(s *succession) {
			stranger := addr(0x66)
			s.proof.Submission.Home.Registry = stranger
			s.sign()
			s.worlds[1].Anchor(s.batchRoot(), 5, end+10)
			s.set(s.world.TB.(*testing.T))
			s.proof.Anchors[0].Registry = stranger
		}},
		{"a circle", true, func(s *succession) {
			s.trust.Chains[10].Successor = verifier.Successor{Chain: s.world.Chain, Since: end + 100}
		}},
		{"the successor is not known", true, func(s *succession) { delete(s.trust.Chains, 10) }},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			s := newSuccession(t, 2)
			s.trust.Issuers[s.proof.Submission.Issuer].Homes = []verifier.Home{s.proof.Submission.Home}
			if tt.list {
				s.lists[1] = revokes(t)
			}
			if r := s.set(t); r.Verdict != verifier.Valid {
				t.Fatal(describe(r))
			}
			tt.change(s)
			if r := s.verify(); r.Verdict != verifier.VerdictUnknown {
				t.Error(describe(r))
			}
		})
	}
}

// What was anchored at home before the end need not be anchored again, and it was
// anchored then.
func TestSuccessionOfAnchors(t *testing.T) {
	s := newSuccession(t, 2)
	r := s.set(t)
	expect(t, r, verifier.Valid, nil)
	if r.Chain != 10 || r.AnchoredAt.Unix() != issuedAt+300 || uint64(r.StatusAsOf.Unix()) != s.world.Time {
		t.Errorf("decided by %s, anchored %s, status as of %s", r.Chain, r.AnchoredAt, r.StatusAsOf)
	}
	fresh := verifiertest.NewWorld(t) // nothing was anchored again
	fresh.Chain, fresh.Registry, fresh.Time = 10, addr(0xbb), end+100
	s.worlds[1] = fresh
	r = s.set(t)
	expect(t, r, verifier.Valid, nil)
	if r.AnchoredAt.Unix() != issuedAt+300 {
		t.Errorf("anchored %s", r.AnchoredAt)
	}
	s.lists[1], s.lacks[0] = revokes(t), true // nor is it shown to have been anchored before
	r = s.set(t)
	if got := r.Result(verifier.CheckAnchor); r.Verdict != verifier.VerdictUnknown || got.Result != verifier.Unknown {
		t.Error(describe(r))
	}
}

// Evidence of a dead chain speaks for its block and no later one: what was revoked and
// retired after it is not known, within the age that the verifier allows.
func TestSuccessionOfOldEvidence(t *testing.T) {
	s := newSuccession(t, 2)
	before := s.set(t) // of a block before both
	if want := "(its block of " + before.StatusAsOf.Format("2006-01-02T15:04:05Z"); before.Verdict != verifier.Valid ||
		!strings.Contains(before.Result(verifier.CheckStatus).Detail, want) {
		t.Errorf("the age of the evidence is not said\n%s", describe(before))
	}
	s.lists[0], s.retire[0] = revokes(t, s.proof.Leaf()), issuedAt // of a block after both
	if r := s.set(t); r.Verdict != verifier.Invalid {
		t.Error(describe(r))
	}
	s.retire[0] = 0
	if r := s.set(t); r.Verdict != verifier.Invalid {
		t.Errorf("the revocation is hidden\n%s", describe(r))
	}
	s.lists[0], s.retire[0] = s.list, issuedAt
	if r := s.set(t); r.Verdict != verifier.Invalid {
		t.Errorf("the retirement is hidden\n%s", describe(r))
	}
}

// A key counts on its own homes only, since that is where its retirement is recorded.
func TestHomes(t *testing.T) {
	home := func(w *verifiertest.World) verifier.Home { return verifier.Home{Chain: w.Chain, Registry: w.Registry} }
	second := func(g *good) {
		g.trust.Chains[10] = &verifier.TrustedChain{Genesis: merkle.Hash{1}, Registries: []verifier.Address{addr(0xbb)}}
	}
	for _, tt := range []struct {
		name   string
		change func(g *good)
		homes  []verifier.Home
		result verifier.Result
	}{
		{"none, one chain", func(*good) {}, nil, verifier.Pass},
		{"none, two chains", second, nil, verifier.Unknown},
		{"none, another chain that is a successor", func(g *good) {
			second(g)
			g.trust.Chains[11] = &verifier.TrustedChain{Genesis: merkle.Hash{1}, Successor: verifier.Successor{Chain: 10, Since: 1}}
		}, nil, verifier.Pass},
		{
			"none, another chain without registries", func(g *good) { g.trust.Chains[10] = &verifier.TrustedChain{Genesis: merkle.Hash{1}} }, nil,
			verifier.Pass,
		},
		{"none, two registries on one chain", func(g *good) {
			c := g.trust.Chains[g.world.Chain]
			c.Registries = append(c.Registries, addr(0xbb))
		}, nil, verifier.Unknown},
		{"none, one registry twice", func(g *good) {
			c := g.trust.Chains[g.world.Chain]
			c.Registries = append(c.Registries, c.Registries...)
		}, nil, verifier.Pass},
		{"none, a circle of successors", func(g *good) {
			second(g)
			g.trust.Chains[10].Successor = verifier.Successor{Chain: g.world.Chain, Since: 1}
			g.trust.Chains[g.world.Chain].Successor = verifier.Successor{Chain: 10, Since: 1}
		}, nil, verifier.Unknown},
		{"none, a store with the defaults in it", func(g *good) { g.trust = g.trust.WithDefaults() }, nil, verifier.Pass},
		{"this one", second, []verifier.Home{home(verifiertest.NewWorld(t))}, verifier.Pass},
		{"another registry on this chain", func(*good) {}, []verifier.Home{{Chain: 31337, Registry: addr(0xbb)}}, verifier.Unknown},
		{"this registry on another chain", func(*good) {}, []verifier.Home{{Chain: 10, Registry: addr(0xaa)}}, verifier.Unknown},
		{"any issuer, another home", func(g *good) {
			g.trust.Issuers[g.proof.Submission.Issuer].IDs = []string{verifier.AnyIssuer}
		}, []verifier.Home{{Chain: 10, Registry: addr(0xaa)}}, verifier.Unknown},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			g := newGood(t)
			tt.change(g)
			g.trust.Issuers[g.proof.Submission.Issuer].Homes = tt.homes
			r := g.verify()
			if got := r.Result(verifier.CheckIssuer).Result; got != tt.result || r.Verdict == verifier.Invalid {
				t.Errorf("%s, want %s\n%s", got, tt.result, describe(r))
			}
		})
	}
	// Where the store lists no chain, the home is Ethereum's.
	for chain, want := range map[verifier.ChainID]bool{1: true, 11155111: false} {
		for _, trust := range []*verifier.Trust{nil, {}, new(verifier.Trust).WithDefaults()} {
			if got, ok := trust.SoleHome(); !ok || (got.Chain == chain) != want || got.Registry != verifier.RegistryAddress {
				t.Errorf("the sole home is %s, %t", got, ok)
			}
		}
	}
}

// Whoever stole a key that was retired signs for another chain, on which it was not.
// A controller that was set cold on the home, and retired it there, is enough: the
// thief's home is not one of the issuer's; and wherever a trusted registry shows the
// retirement, it condemns.
func TestRetiredKeyOnAnotherChain(t *testing.T) {
	g := newGood(t)
	thief := verifiertest.NewWorld(t)
	thief.Chain, thief.Registry = 10, addr(0xbb)
	home := g.proof.Submission.Home
	issuer := g.proof.Submission.Issuer
	g.proof.Submission.Home = verifier.Home{Chain: 10, Registry: thief.Registry}
	g.sign()
	thief.Anchor(g.batchRoot(), 900, issuedAt+300)
	a := thief.Evidence(g.batchRoot(), issuer)
	g.proof.Anchors = []verifier.Anchor{a}
	g.trust.Chains[10] = &verifier.TrustedChain{
		Genesis: merkle.Hash{1}, Registries: []verifier.Address{thief.Registry},
		Blocks: map[uint64]verifier.Hash{thief.Number: merkle.Keccak256(a.Header)},
	}
	for name, homes := range map[string][]verifier.Home{"no homes": nil, "its home": {home}} {
		g.trust.Issuers[issuer].Homes = homes
		r := g.verify()
		if r.Verdict != verifier.VerdictUnknown || r.Result(verifier.CheckIssuer).Result != verifier.Unknown {
			t.Errorf("%s: %s", name, describe(r))
		}
	}
	// The entry of the home, which shows the retirement, is in the proof as well.
	g.trust.Issuers[issuer].Homes = []verifier.Home{home, g.proof.Submission.Home}
	if r := g.verify(); r.Verdict != verifier.Valid {
		t.Errorf("a home that is named: %s", describe(r))
	}
	g.world.Issuer(issuer, verifier.Hash{}, issuedAt+1, 1, issuedAt+400)
	b := g.world.Evidence(g.batchRoot(), issuer)
	g.proof.Anchors = append(g.proof.Anchors, b)
	g.trust.Chains[g.world.Chain].Blocks = map[uint64]verifier.Hash{g.world.Number: merkle.Keccak256(b.Header)}
	r := g.verify()
	if got := r.Result(verifier.CheckStatus); r.Verdict != verifier.Invalid || !strings.Contains(got.Detail, "retired on eip155:31337") {
		t.Error(describe(r))
	}
	// What nothing vouches for, or what a chain for tests says, condemns nobody.
	blocks := maps.Clone(g.trust.Chains[g.world.Chain].Blocks)
	g.trust.Chains[g.world.Chain].Blocks = nil
	if r := g.verify(); r.Verdict != verifier.Valid {
		t.Errorf("not final: %s", describe(r))
	}
	g.trust.Chains[g.world.Chain].Blocks, g.trust.Chains[g.world.Chain].Test = blocks, true
	if r := g.verify(); r.Verdict != verifier.Valid {
		t.Errorf("a test: %s", describe(r))
	}
}
