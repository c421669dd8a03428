package verifier_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// vouched is a good proof of which no block is pinned. Its beacon chain has one committee
// that is trusted, that of the period before the block's; its two witnesses are trusted.
type vouched struct {
	*good
	sim        *verifiertest.Beacon
	committees map[uint64]*verifiertest.Validators // by period
	block      verifier.Hash
	slot       uint64 // of the beacon block that holds it
	witnesses  []*witness.Signer
	hops       [][]byte
	age        time.Duration // that is allowed; 0: the default
}

const period = verifiertest.Period

func newVouched(t testing.TB) *vouched { return newVouchedBy(t, 32) }

// newVouchedBy makes the committees of some size.
func newVouchedBy(t testing.TB, size uint64) *vouched {
	t.Helper()
	g := newGood(t)
	v := &vouched{
		good: g, sim: verifiertest.NewBeacon(t, size), committees: make(map[uint64]*verifiertest.Validators),
		block: merkle.Keccak256(g.proof.Anchors[0].Header),
	}
	v.slot = v.sim.Network.SlotAt(time.Unix(int64(g.world.Time), 0))
	for p := uint64(period - 2); p < period+5; p++ {
		v.committees[p] = v.sim.Validators(fmt.Sprintf("validator of period %d", p))
	}
	v.hops = [][]byte{v.hop(period - 1)}
	c := v.chain()
	c.Blocks = nil
	c.Beacon = &verifier.TrustedBeacon{Network: v.sim.Network, Committees: map[uint64]verifier.TrustedRoot{
		period - 1: {Root: v.committees[period-1].Root(), Origin: "a friend", Date: "2025-12-30"},
	}}
	c.Witnesses = &verifier.TrustedWitnesses{Quorum: 2}
	for i, name := range []string{"a.example", "b.example"} {
		s := v.signer(name, byte(i))
		v.witnesses = append(v.witnesses, s)
		c.Witnesses.Keys = append(c.Witnesses.Keys, verifier.TrustedWitness{Key: s.Key()})
	}
	return v
}

func (v *vouched) signer(name string, seed byte) *witness.Signer {
	s, err := witness.NewSigner(name, [32]byte{seed})
	if err != nil {
		v.world.TB.Fatal(err)
	}
	return s
}

func (v *vouched) chain() *verifier.TrustedChain { return v.trust.Chains[v.world.Chain] }

// final is the beacon block that holds the proof's.
func (v *vouched) final() verifiertest.BeaconBlock {
	return verifiertest.BeaconBlock{Slot: v.slot, Execution: v.block}
}

// hop returns a hop from a period, signed in its middle.
func (v *vouched) hop(from uint64) []byte {
	first := v.sim.Network.FirstSlot(from)
	u := v.sim.Update(v.committees[from], first+4000, verifiertest.BeaconBlock{Slot: first + 3936}, v.committees[from+1], 3)
	return v.sim.Hop(u, v.committees[from])
}

// direct returns the evidence for the block that its period's committee signed.
func (v *vouched) direct() []byte {
	u := v.sim.Update(v.committees[period], v.slot+64, v.final(), v.committees[period+1], 2)
	return v.sim.Evidence(u, v.committees[period])
}

// later returns the evidence for the block that a committee of a later period signed for a
// block of its own, by a path: through block roots, or through historical summaries, of
// which the list is returned too.
func (v *vouched) later(in uint64, form beacon.Form) ([]byte, *beacon.Summaries) {
	t, n := v.world.TB, v.sim.Network
	t.Helper()
	old := v.sim.Header(v.final())
	roots := make([]beacon.Root, n.RootsPerSummary)
	roots[v.slot%n.RootsPerSummary] = old.Root()
	list := &beacon.Summaries{List: make([]beacon.Summary, period+1)}
	final := verifiertest.BeaconBlock{Slot: n.FirstSlot(in) + 100, Roots: roots}
	vector := slices.Clone(roots)
	for ; len(vector) > 1; vector = vector[:len(vector)/2] {
		for i := range len(vector) / 2 {
			vector[i] = beaconPair(vector[2*i], vector[2*i+1])
		}
	}
	list.List[period].Blocks = vector[0]
	final.Summaries = list
	u := v.sim.Update(v.committees[in], final.Slot+64, final, v.committees[in+1], 2)
	newer, err := u.Evidence(n, &v.committees[in].Committee)
	if err != nil {
		t.Fatal(err)
	}
	own, err := v.sim.Update(v.committees[period], v.slot+64, v.final(), v.committees[period+1], 2).
		Evidence(n, &v.committees[period].Committee)
	if err != nil {
		t.Fatal(err)
	}
	var e *beacon.Evidence
	switch form {
	case beacon.Recent:
		e, err = own.OnBlockRoots(newer, roots, v.sim.RootsBranch(final))
	case beacon.Old:
		e, err = own.OnSummaries(newer, roots, list)
	default:
		e, err = own.OnList(roots, list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e.Append(nil), list
}

func (v *vouched) setBeacon(evidence []byte) {
	f, err := verifier.BeaconVoucher(evidence)
	if err != nil {
		v.world.TB.Fatal(err)
	}
	v.set(f)
}

func (v *vouched) set(f ...verifier.Voucher) { v.proof.Anchors[0].Finality = f }

// noted is the block as witnesses name it.
func (v *vouched) noted() witness.Block {
	return witness.Block{Chain: uint64(v.world.Chain), Genesis: v.world.Genesis, Number: v.world.Number, Hash: v.block}
}

func (v *vouched) setWitnesses(lines ...string) {
	f, err := verifier.WitnessVoucher(lines)
	if err != nil {
		v.world.TB.Fatal(err)
	}
	v.set(f)
}

func (v *vouched) options() verifier.Options {
	o := v.good.options()
	o.Hops = func(verifier.ChainID) [][]byte { return v.hops }
	o.MaxSignatureAge = v.age
	return o
}

// read verifies the proof as a reader gets it, from a file in either form.
func (v *vouched) read() *verifier.Report {
	v.world.TB.Helper()
	var reports []*verifier.Report
	engine := mustVerifier(v.world.TB, v.options())
	form, err := v.proof.EncodeCBOR()
	if err != nil {
		v.world.TB.Fatal(err)
	}
	for range 2 { // the second time what was found out is remembered
		p, err := parseProof(v.encode())
		if err != nil {
			v.world.TB.Fatal(err)
		}
		reports = append(reports, verify(engine, p, v.document))
		if p, err = parseProofCBOR(form); err != nil {
			v.world.TB.Fatal(err)
		}
		reports = append(reports, verify(engine, p, v.document))
	}
	for _, r := range reports[1:] {
		if describe(r) != describe(reports[0]) {
			v.world.TB.Errorf("not the same as before:\n%s\n%s", describe(reports[0]), describe(r))
		}
	}
	return reports[0]
}

// Each kind and form of voucher makes a proof VALID whose block nobody has pinned.
func TestVouchers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		set   func(*vouched)
		says  string // in the sentence
		short string
	}{
		{
			"a committee that hops lead to", func(v *vouched) { v.setBeacon(v.direct()) },
			"30 of 32 validators of the sync committee of period 1000 signed (2026-01-01); one hop leads there from the committee of " +
				"period 999, which is trusted (a friend, 2025-12-30)",
			"30 of 32 validators of example's sync committee, 2026-01-01",
		},
		{"a committee that is trusted itself", func(v *vouched) {
			v.hops = nil
			v.chain().Beacon.Committees[period] = verifier.TrustedRoot{Root: v.committees[period].Root()}
			v.setBeacon(v.direct())
		}, "; that committee is trusted (in the trust store)", "30 of 32"},
		{
			"several hops, some days later, beside hops that lead nowhere", func(v *vouched) {
				v.now = v.now.AddDate(0, 0, 5)
				v.hops = [][]byte{nil, {1, 2, 3}, v.hop(period - 2)}
				for p := uint64(period + 2); p >= period-1; p-- {
					v.hops = append(v.hops, v.hop(p))
				}
				data, _ := v.later(period+3, beacon.Old)
				v.setBeacon(data)
			}, "(2026-01-04, 1 day ago) for a later block, from which a path of hashes leads to its beacon block of 2026-01-01; 4 hops lead there",
			"30 of 32 validators of example's sync committee, 2026-01-04, 1 day ago, and a path of hashes",
		},
		{"a path through block roots", func(v *vouched) {
			v.hops = append(v.hops, v.hop(period))
			data, _ := v.later(period+1, beacon.Recent)
			v.setBeacon(data)
		}, "of period 1001 signed", "and a path of hashes"},
		{"a trusted list of summaries, and nothing that is signed", func(v *vouched) {
			data, list := v.later(period+1, beacon.ListedOld)
			v.chain().Beacon.Committees, v.hops = nil, nil
			v.chain().Beacon.Summaries = []verifier.TrustedRoot{{Root: verifier.Hash{1}}, {Root: list.Root(), Origin: "another friend"}}
			v.setBeacon(data)
		}, "its beacon block of 2026-01-01 is in the list of historical summaries that is trusted (another friend)", "a trusted list"},
		{"witnesses", func(v *vouched) {
			at := time.Unix(issuedAt+900, 0)
			v.setWitnesses(v.witnesses[1].Sign(v.noted(), at), v.witnesses[0].Sign(v.noted(), at), v.signer("c.example", 9).Sign(v.noted(), at))
		}, "b.example and a.example signed that they saw it so (2026-01-01)", "the witnesses b.example and a.example, 2026-01-01"},
		{"a key of a witness that counts for two spans of time", func(v *vouched) {
			at, keys := time.Unix(issuedAt+900, 0), v.chain().Witnesses.Keys
			v.chain().Witnesses.Keys = append([]verifier.TrustedWitness{{Key: keys[0].Key, NotAfter: issuedAt}}, keys...)
			v.setWitnesses(v.witnesses[0].Sign(v.noted(), at), v.witnesses[1].Sign(v.noted(), at))
		}, "a.example and b.example signed", "the witnesses"},
		{"the second voucher, where the first does not hold", func(v *vouched) {
			bad, err := verifier.BeaconVoucher([]byte{0, 1})
			if err != nil {
				t.Fatal(err)
			}
			v.setBeacon(v.direct())
			v.set(bad, v.proof.Anchors[0].Finality[0])
		}, "30 of 32 validators", "30 of 32"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := newVouched(t)
			tt.set(v)
			r := v.read()
			if got := r.Result(verifier.CheckFinality); r.Verdict != verifier.Valid || !strings.Contains(got.Detail, tt.says) ||
				!strings.Contains(r.FinalBy, tt.short) {
				t.Errorf("want %q and %q, got %q:\n%s", tt.says, tt.short, r.FinalBy, describe(r))
			}
		})
	}
}

// No voucher of an attacker, or of a source that is not trusted, makes a proof VALID, and
// the sentence names what is wrong with it.
func TestHostileVouchers(t *testing.T) {
	at := time.Unix(issuedAt+900, 0)
	voucher := func(text string) func(*vouched) { return func(v *vouched) { v.set(verifier.Voucher(text)) } }
	witnesses := func(change func(v *vouched, b *witness.Block)) func(*vouched) {
		return func(v *vouched) {
			b := v.noted()
			change(v, &b)
			v.setWitnesses(v.witnesses[0].Sign(b, at), v.witnesses[1].Sign(b, at))
		}
	}
	evidence := func(change func(v *vouched, data []byte) []byte) func(*vouched) {
		return func(v *vouched) { v.setBeacon(change(v, v.direct())) }
	}
	for _, tt := range []struct {
		name string
		set  func(*vouched)
		says string
	}{
		{"none", func(*vouched) {}, "nothing that is trusted vouches for block 1000"},
		{"of a kind of later times", voucher(`{"kind":"oracle"}`), `a voucher of kind "oracle" was ignored: this needs a newer verifier`},
		{"unreadable evidence", evidence(func(_ *vouched, _ []byte) []byte { return []byte("evidence") }), "beacon evidence:"},
		{"evidence of no bytes", voucher(`{"kind":"beacon","evidence":"0x"}`), "not of the form of its kind"},
		{"evidence with more members", voucher(`{"kind":"beacon","evidence":"0x00","at":1}`), "not of the form of its kind"},
		{"evidence as a number", voucher(`{"kind":"beacon","evidence":7}`), "not of the form of its kind"},
		{"evidence cut short", evidence(func(_ *vouched, d []byte) []byte { return d[:len(d)-1] }), "beacon evidence:"},
		{"evidence with a byte more", evidence(func(_ *vouched, d []byte) []byte { return append(d, 0) }), "beacon evidence:"},
		{"a form of later times", evidence(func(_ *vouched, d []byte) []byte { return append([]byte{9}, d[1:]...) }), "newer verifier"},
		{"a changed signature", evidence(func(_ *vouched, d []byte) []byte { d[1+112+48+20] ^= 1; return d }), "beacon evidence:"},
		{"signed by another committee", func(v *vouched) {
			own := v.sim.Validators("attacker")
			v.setBeacon(v.sim.Evidence(v.sim.Update(own, v.slot+64, v.final(), own, 0), own))
		}, "committee"},
		{"signed by the committee of another period", func(v *vouched) {
			old := v.committees[period-1]
			v.setBeacon(v.sim.Evidence(v.sim.Update(old, v.slot+64, v.final(), old, 0), old))
		}, "committee"},
		{"signed by too few", func(v *vouched) {
			u := v.sim.Update(v.committees[period], v.slot+64, v.final(), v.committees[period+1], 11)
			v.setBeacon(v.sim.Evidence(u, v.committees[period]))
		}, "21 of 32"},
		{"of another network", func(v *vouched) {
			other := verifiertest.NewBeacon(v.world.TB, 32)
			other.Network.ValidatorsRoot = verifier.Hash{5}
			v.setBeacon(other.Evidence(other.Update(v.committees[period], v.slot+64, v.final(), v.committees[period+1], 0), v.committees[period]))
		}, "signature"},
		{"for another block", func(v *vouched) {
			final := v.final()
			final.Execution[7] ^= 1
			v.setBeacon(v.sim.Evidence(v.sim.Update(v.committees[period], v.slot+64, final, v.committees[period+1], 0), v.committees[period]))
		}, "does not hold this execution block"},
		{"of a chain whose beacon chain is not known", func(v *vouched) {
			v.chain().Beacon = nil
			v.setBeacon(v.direct())
		}, "says nothing of the beacon chain of eip155:31337"},
		{"of a period that nothing leads to", func(v *vouched) {
			v.hops = nil
			v.setBeacon(v.direct())
		}, "a hop from period 999 is missing; hallmark trust update"},
		{"of a period before all that is trusted", func(v *vouched) {
			v.chain().Beacon.Committees = map[uint64]verifier.TrustedRoot{period + 1: {Root: v.committees[period+1].Root()}}
			v.setBeacon(v.direct())
		}, "none up to period 1000 is trusted"},
		{"a hop by which another committee follows", func(v *vouched) {
			own := v.sim.Validators("attacker")
			first := v.sim.Network.FirstSlot(period - 1)
			v.hops = [][]byte{v.sim.Hop(v.sim.Update(own, first+4000, verifiertest.BeaconBlock{Slot: first + 3936}, own, 0), own)}
			v.setBeacon(v.sim.Evidence(v.sim.Update(own, v.slot+64, v.final(), own, 0), own))
		}, "hop from period 999"},
		{"a signature beyond the age", func(v *vouched) {
			v.now = v.now.AddDate(0, 0, 20)
			v.age = 10 * 24 * time.Hour
			v.chain().Beacon.Committees[period] = verifier.TrustedRoot{Root: v.committees[period].Root()}
			v.setBeacon(v.direct())
		}, "signed on 2026-01-01, and signatures from before 2026-01-11 do not count: it needs a path of hashes"},
		{"a signature of three years ago", func(v *vouched) {
			v.now = v.now.AddDate(3, 0, 0)
			v.setBeacon(v.direct())
		}, "do not count: it needs a path of hashes"},
		{"a hop beyond the age", func(v *vouched) {
			v.age = 20 * time.Hour
			v.hops = append(v.hops, v.hop(period), v.hop(period+1))
			v.now = time.Unix(issuedAt, 0).AddDate(0, 0, 3)
			data, _ := v.later(period+2, beacon.Old)
			v.setBeacon(data)
		}, "the hop from period 999 was signed before"},
		{"a list of summaries where none is trusted", func(v *vouched) {
			data, _ := v.later(period+1, beacon.ListedOld)
			v.setBeacon(data)
		}, "no list of historical summaries is trusted"},
		{"a list of summaries that is not trusted", func(v *vouched) {
			data, _ := v.later(period+1, beacon.ListedOld)
			v.chain().Beacon.Summaries = []verifier.TrustedRoot{{Root: verifier.Hash{1}}}
			v.setBeacon(data)
		}, "does not lead from the beacon block to what is trusted"},
		{"a pin that says otherwise", func(v *vouched) {
			v.chain().Blocks = map[uint64]verifier.Hash{v.world.Number: {1}}
			v.setBeacon(v.direct())
		}, "the trust store pins another block 1000"},
		{
			"a witness's note for another chain", witnesses(func(_ *vouched, b *witness.Block) { b.Chain++ }),
			"a.example does not hold for this block",
		},
		{
			"a witness's note for another genesis", witnesses(func(_ *vouched, b *witness.Block) { b.Genesis[0]++ }),
			"does not hold for this block",
		},
		{"a witness's note for another height", witnesses(func(_ *vouched, b *witness.Block) { b.Number++ }), "does not hold for this block"},
		{"a witness's note for another block", witnesses(func(_ *vouched, b *witness.Block) { b.Hash[0]++ }), "does not hold for this block"},
		{"witnesses where none is trusted", witnesses(func(v *vouched, _ *witness.Block) { v.chain().Witnesses = nil }), "names no witnesses"},
		{
			"one witness of two", func(v *vouched) { v.setWitnesses(v.witnesses[0].Sign(v.noted(), at)) },
			"1 witnesses of those that are trusted signed, 2 are needed",
		},
		{"one witness twice, and a stranger", func(v *vouched) {
			line := v.witnesses[0].Sign(v.noted(), at)
			v.setWitnesses(line, line, v.signer("c.example", 9).Sign(v.noted(), at))
		}, "1 witnesses of those"},
		{"two keys of one witness", func(v *vouched) {
			second := v.signer("a.example", 8)
			v.chain().Witnesses.Keys = append(v.chain().Witnesses.Keys, verifier.TrustedWitness{Key: second.Key()})
			v.setWitnesses(v.witnesses[0].Sign(v.noted(), at), second.Sign(v.noted(), at))
		}, "1 witnesses of those"},
		{
			"a key that had ended", witnesses(func(v *vouched, _ *witness.Block) { v.chain().Witnesses.Keys[1].NotAfter = issuedAt }),
			"b.example signed on 2026-01-01 with a key that does not count for that time",
		},
		{
			"a key that had not begun", witnesses(func(v *vouched, _ *witness.Block) { v.chain().Witnesses.Keys[1].NotBefore = issuedAt + 901 }),
			"with a key that does not count for that time",
		},
		{
			"witnesses of three years ago", witnesses(func(v *vouched, _ *witness.Block) { v.now = v.now.AddDate(3, 0, 0) }),
			"a.example signed on 2026-01-01, and signatures from before 2027-01-02 do not count",
		},
		{"a witness from the future", func(v *vouched) {
			v.setWitnesses(v.witnesses[0].Sign(v.noted(), at.AddDate(1, 0, 0)), v.witnesses[1].Sign(v.noted(), at))
		}, "what a.example signed is dated in the future (2027-01-01)"},
		{"another key under a witness's name", func(v *vouched) {
			v.setWitnesses(v.signer("a.example", 77).Sign(v.noted(), at), v.witnesses[1].Sign(v.noted(), at))
		}, "1 witnesses of those"},
		{"no cosignatures", voucher(`{"kind":"witness","cosignatures":[]}`), "cosignature"},
		{"lines within a line", voucher(`{"kind":"witness","cosignatures":["x y\n— z AAAA"]}`), "one line"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := newVouched(t)
			tt.set(v)
			r := v.read()
			if got := r.Result(verifier.CheckFinality); r.Verdict != verifier.VerdictUnknown || got.Result != verifier.Unknown ||
				!strings.Contains(got.Detail, tt.says) || r.FinalBy != "" {
				t.Errorf("want %q, got:\n%s", tt.says, describe(r))
			}
		})
	}
}

// A trust store made by a program is held to what a file's is.
func TestImpossibleTrust(t *testing.T) {
	for name, change := range map[string]func(*verifier.TrustedChain){
		"a quorum of none":         func(c *verifier.TrustedChain) { c.Witnesses.Quorum = 0 },
		"a quorum of three of two": func(c *verifier.TrustedChain) { c.Witnesses.Quorum = 3 },
		"a witness without a key":  func(c *verifier.TrustedChain) { c.Witnesses.Keys[0].Key = nil },
		"slots of no time":         func(c *verifier.TrustedChain) { c.Beacon.Network.SecondsPerSlot = 0 },
	} {
		v := newVouched(t)
		change(v.chain())
		if _, err := verifier.New(v.options()); err == nil || !strings.Contains(err.Error(), "eip155:31337") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func beaconPair(a, b beacon.Root) beacon.Root { return sha256.Sum256(append(a[:], b[:]...)) }

// What was found out under one network says nothing of another, on which the same
// committee would sign otherwise.
func TestNetworksShareNoFindings(t *testing.T) {
	v := newVouched(t)
	v.setBeacon(v.direct())
	here := mustVerifier(t, v.options())
	if r := verify(here, v.proof, v.document); r.Verdict != verifier.Valid {
		t.Fatal(describe(r))
	}
	network := *v.sim.Network
	network.Forks = slices.Clone(network.Forks)
	network.Forks[len(network.Forks)-1].Version[0]++
	v.chain().Beacon.Network = &network
	v.chain().Beacon.Committees[period] = verifier.TrustedRoot{Root: v.committees[period].Root()}
	there := mustVerifier(t, v.options())
	there.ShareCache(here)
	if r := verify(there, v.proof, v.document); r.Result(verifier.CheckFinality).Result != verifier.Unknown {
		t.Error(describe(r))
	}
}
