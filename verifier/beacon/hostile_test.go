package beacon

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// TestHonest checks that what the hostile cases change holds unchanged, and that each
// byte of it is authenticated.
func TestHonest(t *testing.T) {
	for _, kind := range forgeKinds {
		f := honest()
		if kind == "listed" {
			f.trusted = f.listRoot()
		}
		data := f.encode(t, kind)
		if err := f.verify(kind, data); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		t.Logf("%s: %d bytes", kind, len(data))
		if kind == "recent" || kind == "old" || kind == "listed" {
			everyByte(t, data, func(data []byte) bool { return f.verify(kind, data) == nil })
		}
	}
	f := honest()
	f.away = 512 - 342
	if err := f.verify("hop", f.encode(t, "hop")); err != nil {
		t.Errorf("342 signed: %v", err)
	}
}

func infinity[T [pubkeySize]byte | [signatureSize]byte]() (p T) {
	b := [signatureSize]byte{0xc0}
	switch v := any(&p).(type) {
	case *[pubkeySize]byte:
		copy(v[:], b[:])
	case *[signatureSize]byte:
		copy(v[:], b[:])
	}
	return p
}

// offSubgroup returns points of the curves that are not in the subgroups.
func offSubgroup(t *testing.T) (key [pubkeySize]byte, signature [signatureSize]byte) {
	t.Helper()
	one, two := bls.G1Affine{}, bls.G2Affine{}
	_, _, g1, g2 := bls.Generators()
	b1, b2 := g1.Y, g2.Y // of the curves: y² - x³
	b1.Square(&b1)
	x3 := g1.X
	x3.Square(&x3).Mul(&x3, &g1.X)
	b1.Sub(&b1, &x3)
	b2.Square(&b2)
	x32 := g2.X
	x32.Square(&x32).Mul(&x32, &g2.X)
	b2.Sub(&b2, &x32)
	for i := uint64(1); ; i++ {
		one.X.SetUint64(i)
		y := one.X
		y.Square(&y).Mul(&y, &one.X).Add(&y, &b1)
		if one.Y.Sqrt(&y) != nil && one.IsOnCurve() && !one.IsInSubGroup() {
			break
		}
	}
	for i := uint64(1); ; i++ {
		two.X.A0.SetUint64(i)
		y := two.X
		y.Square(&y).Mul(&y, &two.X).Add(&y, &b2)
		if y.Legendre() == 1 {
			two.Y.Sqrt(&y)
			if two.IsOnCurve() && !two.IsInSubGroup() {
				break
			}
		}
	}
	return one.Bytes(), two.Bytes()
}

// withAggregate lets a committee be trusted that has another aggregate key.
func (f *forgery) withAggregate(key [pubkeySize]byte) {
	f.committee = &Committee{Keys: f.keys.Keys, Aggregate: key}
	f.trusted = f.committee.Root()
}

// withAbsent lets a committee be trusted that has another key of somebody who is away.
func (f *forgery) withAbsent(key [pubkeySize]byte) {
	f.committee = &Committee{Keys: slices.Clone(f.keys.Keys), Aggregate: f.keys.Aggregate}
	f.committee.Keys[0] = key
	f.trusted = f.committee.Root()
}

// with returns a copy of a network with a change.
func (n *Network) with(change func(*Network)) *Network {
	c := *n
	c.Forks = slices.Clone(n.Forks)
	change(&c)
	return &c
}

// TestHostile has one fault for each case, and the error has to name it. What is signed
// is signed with keys that the test has, so that nothing else is at fault.
func TestHostile(t *testing.T) {
	offKey, offSignature := offSubgroup(t)
	stranger := newKeys("stranger")
	mainnet := ByChain(1)
	const (
		notSigned    = "the signature does not hold under fork fulu"
		notCommittee = "the committee that signed is 0x"
		notPoint     = "not a point of the group"
		notFinal     = "the branch of the finalized block does not lead to the state"
		notNamed     = "the branch of the finalized block does not lead to the attested state"
	)
	noPath := "the path of hashes does not lead from the beacon block to what is trusted"
	for _, c := range []struct {
		name, kind, want string
		forge            func(*forgery)
	}{
		// Who signed.
		{"a committee of own keys", "hop", notCommittee, func(f *forgery) { f.keys = stranger; f.committee = &stranger.Committee }},
		{"own keys, evidence", "direct", notCommittee, func(f *forgery) { f.keys = stranger; f.committee = &stranger.Committee }},
		{"own keys behind the right committee", "direct", notSigned, func(f *forgery) { f.keys = stranger }},
		{"the committee of the next period", "direct", notCommittee, func(f *forgery) {
			f.keys = newKeys("next")
			f.committee = &f.keys.Committee
		}},
		{"no committee trusted", "direct", notCommittee, func(f *forgery) { f.trusted = Root{} }},
		{"341 signers, hop", "hop", "341 of 512 signed, 342 are needed", func(f *forgery) { f.away = 512 - 341 }},
		{"341 signers", "direct", "341 of 512 signed, 342 are needed", func(f *forgery) { f.away = 512 - 341 }},
		{"341 signers for an old block", "old", "341 of 512 signed, 342 are needed", func(f *forgery) { f.away = 512 - 341 }},
		{"one signer", "direct", "1 of 512 signed", func(f *forgery) { f.away = 511 }},
		{"nobody", "direct", "nobody signed it", func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Signed.bits = make([]byte, 64); e.Signed.absent, e.Signed.nodes = nil, nil }
		}},
		{"somebody counted who is away", "direct", "", func(f *forgery) { f.evidence = func(e *Evidence) { e.Signed.bits[0] |= 1 } }},
		{"a rogue aggregate key", "direct", notCommittee, func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Signed.aggregate = stranger.Aggregate }
		}},
		{"a rogue key of somebody away", "direct", notCommittee, func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Signed.absent[0] = stranger.Keys[0] }
		}},
		{"keys of two away swapped", "direct", notCommittee, func(f *forgery) {
			f.evidence = func(e *Evidence) { a := e.Signed.absent; a[0], a[1] = a[1], a[0] }
		}},
		{"two nodes of the committee swapped", "hop", notCommittee, func(f *forgery) {
			f.hop = func(h *Hop) { h.nodes[0], h.nodes[1] = h.nodes[1], h.nodes[0] }
		}},

		// Points.
		{"infinity for the aggregate key", "direct", "aggregate key: " + notPoint, func(f *forgery) {
			f.withAggregate(infinity[[pubkeySize]byte]())
		}},
		{"infinity for a key away", "direct", "key of an absent validator: " + notPoint, func(f *forgery) {
			f.withAbsent(infinity[[pubkeySize]byte]())
		}},
		{"infinity for the signature", "direct", "the signature is " + notPoint, func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Signed.signature = infinity[[signatureSize]byte]() }
		}},
		{"keys that add up to nothing", "direct", "add up to nothing", func(f *forgery) {
			secrets := make([]fr.Element, 512)
			for i := range secrets {
				secrets[i].SetUint64(uint64(i) + 1)
			}
			var rest fr.Element // the sum of those who sign but for the last
			for _, s := range secrets[2:511] {
				rest.Add(&rest, &s)
			}
			secrets[511].Neg(&rest)
			secrets[8], secrets[1] = secrets[1], secrets[8] // numbers 0 and 8 are away
			f.keys = keysOf(secrets)
			f.committee, f.trusted = &f.keys.Committee, f.keys.Root()
		}},
		{"an aggregate key off the subgroup", "direct", "aggregate key: " + notPoint, func(f *forgery) { f.withAggregate(offKey) }},
		{"a key away off the subgroup", "hop", "key of an absent validator: " + notPoint, func(f *forgery) { f.withAbsent(offKey) }},
		{"a signature off the subgroup", "direct", "the signature is " + notPoint, func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Signed.signature = offSignature }
		}},
		{"an aggregate key off the curve", "direct", "aggregate key: " + notPoint, func(f *forgery) {
			f.withAggregate([pubkeySize]byte{0x80, 47: 1})
		}},
		{"an aggregate key beyond the modulus", "direct", "aggregate key: " + notPoint, func(f *forgery) {
			f.withAggregate([pubkeySize]byte(slices.Concat([]byte{0x9f}, slices.Repeat([]byte{0xff}, 47))))
		}},
		{"an aggregate key with the flag of uncompressed ones", "direct", "aggregate key: not in compressed form", func(f *forgery) {
			key := f.keys.Aggregate
			key[0] &^= 0x80
			f.withAggregate(key)
		}},
		{"a key away with the flag of uncompressed ones", "hop", "key of an absent validator: not in compressed form", func(f *forgery) {
			key := f.keys.Keys[0]
			key[0] &^= 0x80
			f.withAbsent(key)
		}},
		{"a signature with the flag of uncompressed ones", "direct", "the signature is " + notPoint, func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Signed.signature[0] &^= 0x80 }
		}},
		{"the signature negated", "direct", notSigned, func(f *forgery) { f.evidence = func(e *Evidence) { e.Signed.signature[0] ^= 0x20 } }},

		// What was signed.
		{"signed under the fork before", "direct", notSigned, func(f *forgery) {
			f.as = mainnet.with(func(n *Network) { n.Forks = n.Forks[:len(n.Forks)-1] })
		}},
		{"signed under a fork that is not known", "hop", "if mainnet has forked since fulu, this needs a newer verifier", func(f *forgery) {
			f.as = mainnet.with(func(n *Network) { n.Forks = append(n.Forks, fork("gloas", 420000, "07000000")) })
		}},
		{"signed on a network of another genesis", "direct", notSigned, func(f *forgery) {
			f.as = mainnet.with(func(n *Network) { n.ValidatorsRoot[0] ^= 1 })
		}},
		{"signed on Sepolia", "direct", notSigned, func(f *forgery) { f.as = ByChain(11155111) }},
		{"signed on Gnosis Chain", "hop", notSigned, func(f *forgery) { f.as = ByChain(100) }},
		{"another header than was signed", "direct", notSigned, func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Signed.Header.Proposer++ }
		}},
		{"the signature of another slot", "direct", notSigned, func(f *forgery) { f.evidence = func(e *Evidence) { e.Signed.Header.Slot++ } }},
		{"a domain of other messages", "direct", notSigned, func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Signed.signature = f.keys.sign(e.Signed.Header.Root(), e.Signed.bits) }
		}},

		// Hops.
		{"another next committee", "hop", "the branch of the next committee does not lead to the state", func(f *forgery) {
			f.hop = func(h *Hop) { h.Next = stranger.Root() }
		}},
		{"branches swapped", "hop", "the branch of the next committee does not lead to the state", func(f *forgery) {
			f.hop = func(h *Hop) { h.branch, h.finalBranch = h.finalBranch[:6], append(h.branch, Root{}) }
		}},
		{"a finalized block that the state does not name", "hop", notFinal, func(f *forgery) {
			f.hop = func(h *Hop) { h.finalized[0] ^= 1 }
		}},
		{"a checkpoint of another period", "hop", "has finalized no block of the period", func(f *forgery) {
			f.checkpoint = mainnet.Epoch(mainnet.FirstSlot(thisPeriod)) - 1
		}},
		{"a checkpoint of a later period", "hop", "has finalized no block of the period", func(f *forgery) {
			f.checkpoint = mainnet.Epoch(mainnet.FirstSlot(thisPeriod + 1))
		}},
		{"signed by the committee after", "hop", "the header is not of the period whose committee signed", func(f *forgery) {
			f.slot = mainnet.FirstSlot(thisPeriod+1) - 1
		}},

		// Evidence.
		{"another execution block", "direct", "the beacon block does not hold this execution block", func(f *forgery) {
			f.evidence = func(e *Evidence) { e.execution = slices.Clone(e.execution); e.execution[0][1] ^= 1 }
		}},
		{"the branch of the execution block reversed", "direct", "the beacon block does not hold this execution block", func(f *forgery) {
			f.evidence = func(e *Evidence) { e.execution = slices.Clone(e.execution); slices.Reverse(e.execution) }
		}},
		{"a finalized block that is not named", "direct", notNamed, func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Finalized.Proposer++ }
		}},
		{"a finalized block newer than the attested", "direct", "the finalized block is newer than the one that names it", func(f *forgery) {
			f.finalSlot = f.slot + 1
		}},
		{"a path to a root that nobody trusts", "listed", noPath, func(f *forgery) { f.trusted = Root{5} }},
		{"a path to the committee's root", "listed", noPath, func(*forgery) {}},
		{"a path of block roots to another state", "recent", noPath, func(f *forgery) { f.evidence = func(e *Evidence) { e.path[15][0] ^= 1 } }},
		{"a path from another slot", "recent", noPath, func(f *forgery) { f.evidence = func(e *Evidence) { e.Block.Slot-- } }},
		{"a path of summaries with a node too many", "old", "something follows its end", func(f *forgery) {
			f.evidence = func(e *Evidence) { e.path = append(e.path, Root{}) }
		}},
		{"a path of summaries with a node too few", "old", "it ends too early", func(f *forgery) {
			f.evidence = func(e *Evidence) { e.path = e.path[1:] }
		}},
		{"a path of block roots for one of summaries", "recent", "it ends too early", func(f *forgery) {
			f.wire = func(b []byte) []byte { b[0] = byte(Old); return b }
		}},
		{"a block older than all summaries", "old", "older than the first of the historical summaries", func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Block.Slot = 5 }
		}},
		{"an old block of an early fork", "recent", "only blocks from capella on can be proven", func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Block.Slot = 5 }
		}},

		// Encoding.
		{"a hop with bytes after its end", "hop", "something follows its end", func(f *forgery) {
			f.wire = func(b []byte) []byte { return append(b, 0) }
		}},
		{"evidence with bytes after its end", "direct", "something follows its end", func(f *forgery) {
			f.wire = func(b []byte) []byte { return append(b, 0) }
		}},
		{"half a hop", "hop", "it ends too early", func(f *forgery) { f.wire = func(b []byte) []byte { return b[:len(b)/2] } }},
		{"half of evidence", "old", "it ends too early", func(f *forgery) { f.wire = func(b []byte) []byte { return b[:len(b)/2] } }},
		{"nothing", "direct", "it ends too early", func(f *forgery) { f.wire = func([]byte) []byte { return nil } }},
		{"no hop", "hop", "it ends too early", func(f *forgery) { f.wire = func([]byte) []byte { return nil } }},
		{"a form to come", "direct", "this needs a newer verifier", func(f *forgery) { f.wire = func(b []byte) []byte { b[0] = 4; return b } }},
		{"a slot beyond all", "hop", "out of range", func(f *forgery) { f.hop = func(h *Hop) { h.Header.Slot = 1<<64 - 1 } }},
		{"an attested slot beyond all", "direct", "out of range", func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Signed.Header.Slot = 1 << 63 }
		}},
		{"a finalized slot beyond all", "direct", "out of range", func(f *forgery) {
			f.evidence = func(e *Evidence) { e.Finalized.Slot = 1 << 62 }
		}},
		{"a listed slot beyond all", "listed", "out of range", func(f *forgery) { f.evidence = func(e *Evidence) { e.Block.Slot = 1<<64 - 1 } }},
		{"a hop of an early fork", "hop", "only blocks from capella on can be proven", func(f *forgery) {
			f.hop = func(h *Hop) { h.Header.Slot = 9 }
		}},
		{"a hop of a fork to come", "hop", "this needs a newer verifier", func(f *forgery) {
			f.wire = func(b []byte) []byte {
				f.n = f.n.with(func(n *Network) { n.Forks = append(n.Forks, fork("heze", 420000, "08000000")) })
				return b
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := honest()
			c.forge(f)
			err := f.verify(c.kind, f.encode(t, c.kind))
			if err == nil {
				t.Fatal("it holds")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("it does not hold since %v; want %q", err, c.want)
			}
			if unknown := strings.HasPrefix(c.want, "this needs"); unknown != errors.Is(err, ErrUnknownFork) && c.want != "" {
				t.Errorf("a newer verifier could tell: %v, in %v", !unknown, err)
			}
		})
	}
}

// TestHostileChain has hops of which each holds, and which lead nowhere.
func TestHostileChain(t *testing.T) {
	n := ByChain(1)
	hop := func(period uint64, by, next string) *Hop {
		f := honest()
		f.keys = newKeys(by)
		f.committee, f.next = &f.keys.Committee, newKeys(next).Root()
		f.slot = n.FirstSlot(period) + 200
		f.finalSlot = f.slot - 100
		f.checkpoint = n.Epoch(f.finalSlot)
		return readHop(t, n, f.encode(t, "hop"))
	}
	first := newKeys("a").Root()
	for name, c := range map[string]struct {
		hops   []*Hop
		period uint64
		oldest uint64 // slot
		want   string
	}{
		"all there":            {[]*Hop{hop(11000, "a", "b"), hop(11001, "b", "c")}, 11002, 0, ""},
		"a period skipped":     {[]*Hop{hop(11000, "a", "b"), hop(11002, "c", "d")}, 11003, 0, "a hop from period 11001 is missing"},
		"an earlier period":    {[]*Hop{hop(11000, "a", "b")}, 10999, 0, "none up to period 10999 is trusted"},
		"replayed a period on": {[]*Hop{hop(11000, "a", "b"), hop(11001, "a", "b")}, 11002, 0, "the committee that signed is"},
		"by a stranger":        {[]*Hop{hop(11000, "stranger", "b")}, 11001, 0, "the committee that signed is"},
		"too old":              {[]*Hop{hop(11000, "a", "b")}, 11001, n.FirstSlot(11001), "older signatures do not count"},
		"junk before it":       {[]*Hop{hop(11000, "b", "c"), hop(11000, "c", "d"), hop(11000, "a", "b")}, 11001, 0, ""},
		"far away":             {[]*Hop{hop(11000, "a", "b")}, 1 << 60, 0, "a hop from period 11001 is missing"},
	} {
		chain := NewChain(n, map[uint64]Root{11000: first})
		for _, h := range c.hops {
			chain.Add(h)
		}
		oldest := time.Time{}
		if c.oldest > 0 {
			oldest = n.Time(c.oldest)
		}
		_, err := chain.Committee(c.period, oldest)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (!errors.Is(err, ErrNoCommittee) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

// TestGloas has hops and evidence of a network under gloas, whose states and bodies have
// other trees.
func TestGloas(t *testing.T) {
	n := ByChain(1).with(func(n *Network) { n.Forks = append(n.Forks, fork("gloas", 420000, "07000000")) })
	for _, kind := range []string{"hop", "direct", "recent"} {
		f := honest()
		f.n, f.as = n, n
		data := f.encode(t, kind)
		if err := f.verify(kind, data); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		f.n = ByChain(1) // the same for a verifier that does not know the fork
		err := f.verify(kind, data)
		if err == nil || !strings.Contains(err.Error(), "this needs a newer verifier") {
			t.Errorf("%s under fulu: %v", kind, err)
		}
	}
	f := honest()
	f.n = n
	old, execution, _, roots, list := f.parts()
	u, _ := f.update()
	s, err := u.signed(n, f.committee)
	if err != nil {
		t.Fatal(err)
	}
	before := &Evidence{network: n, Block: old, execution: execution}
	if _, err := before.OnSummaries(&Evidence{network: n, Signed: s, Finalized: &u.Finalized.Header}, roots, list); !errors.Is(
		err,
		ErrUnknownFork,
	) {
		t.Errorf("summaries of gloas: %v", err)
	}
}

// TestMakersRefuse has data that no evidence can be made of.
func TestMakersRefuse(t *testing.T) {
	f := honest()
	old, execution, _, roots, list := f.parts()
	e := &Evidence{network: f.n, Block: old, execution: execution}
	other := slices.Clone(roots)
	other[0][0] ^= 1
	if _, err := e.OnList(other, list); err == nil || !strings.Contains(err.Error(), "not those of the summary") {
		t.Errorf("other roots: %v", err)
	}
	if _, err := e.OnList(roots[1:], list); err == nil || !strings.Contains(err.Error(), "8191 block roots instead of 8192") {
		t.Errorf("fewer roots: %v", err)
	}
	if _, err := e.OnList(roots, &Summaries{List: list.List[:1041]}); !errors.Is(err, ErrTooRecent) {
		t.Errorf("fewer summaries: %v", err)
	}
	if _, err := e.OnSummaries(&Evidence{}, roots, list); err == nil || !strings.Contains(err.Error(), "not signed") {
		t.Errorf("on nothing signed: %v", err)
	}
	e.Block = &Header{Slot: old.Slot, Proposer: 1}
	if _, err := e.OnBlockRoots(&Evidence{}, roots, nil); err == nil || !strings.Contains(err.Error(), "is another one") {
		t.Errorf("another block: %v", err)
	}
}

// TestHopsCrowdOutNone: however many hops lead nowhere, the one that leads on is found, and
// those that do not are not tried again.
func TestHopsCrowdOutNone(t *testing.T) {
	n := ByChain(1)
	first := newKeys("a").Root()
	hop := func(period uint64, by, next string) *Hop {
		f := honest()
		f.keys = newKeys(by)
		f.committee, f.next = &f.keys.Committee, newKeys(next).Root()
		f.slot = n.FirstSlot(period) + 200
		f.finalSlot = f.slot - 100
		f.checkpoint = n.Epoch(f.finalSlot)
		return readHop(t, n, f.encode(t, "hop"))
	}
	chain := NewChain(n, map[uint64]Root{11000: first})
	far, near := hop(11002, "stranger", "b"), hop(11000, "stranger", "b")
	for range 20_000 {
		chain.Add(far)
	}
	for range 100 {
		chain.Add(near)
	}
	if _, err := chain.Committee(11001, time.Time{}); !errors.Is(err, ErrNoCommittee) {
		t.Fatal(err)
	}
	if left := len(chain.hops[11000]); left > 0 {
		t.Errorf("%d hops that do not hold are kept", left)
	}
	again, err := chain.Committee(11001, time.Time{})
	if err == nil || !strings.Contains(err.Error(), "the committee that signed is") {
		t.Errorf("the second time: %v, %v", again, err)
	}
	chain.Add(hop(11000, "a", "b"))
	chain.Add(hop(11001, "b", "c"))
	step, err := chain.Committee(11002, time.Time{})
	if err != nil || step != (Step{newKeys("c").Root(), 11000}) {
		t.Errorf("%v, %v", step, err)
	}
}
