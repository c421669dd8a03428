package beacon

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// keyset is a committee with its secret keys.
type keyset struct {
	secrets []fr.Element
	Committee
}

var keysets sync.Map // by name

// newKeys returns the committee of 512 with a name.
func newKeys(name string) *keyset {
	if k, ok := keysets.Load(name); ok {
		return k.(*keyset)
	}
	secrets := make([]fr.Element, 512)
	for i := range secrets {
		seed := sha256.Sum256(fmt.Appendf(nil, "%s %d", name, i))
		secrets[i].SetBytes(seed[:])
	}
	k := keysOf(secrets)
	keysets.Store(name, k)
	return k
}

func keysOf(secrets []fr.Element) *keyset {
	_, _, g1, _ := bls.Generators()
	k := &keyset{secrets: secrets}
	var sum bls.G1Jac
	for _, p := range bls.BatchScalarMultiplicationG1(&g1, secrets) {
		k.Keys = append(k.Keys, p.Bytes())
		sum.AddMixed(&p)
	}
	var all bls.G1Affine
	all.FromJacobian(&sum)
	k.Aggregate = all.Bytes()
	return k
}

// sign signs for those in bits.
func (k *keyset) sign(message Root, bits []byte) [signatureSize]byte {
	var secret fr.Element
	for i := range k.secrets {
		if bits[i/8]>>(i%8)&1 == 1 {
			secret.Add(&secret, &k.secrets[i])
		}
	}
	point, err := bls.HashToG2(message[:], []byte(signatureTag))
	if err != nil {
		panic(err)
	}
	point.ScalarMultiplication(&point, secret.BigInt(new(big.Int)))
	return point.Bytes()
}

// nodes is a tree of which only some nodes are not zero, by generalized index.
type nodes map[uint64]Root

func (t nodes) root(index uint64) Root {
	if r, ok := t[index]; ok {
		return r
	}
	for at := range t {
		if d := depth(at) - depth(index); d > 0 && at>>d == index {
			return hashPair(t.root(2*index), t.root(2*index+1))
		}
	}
	return Root{}
}

func (t nodes) branch(index uint64) (branch []Root) {
	for ; index > 1; index /= 2 {
		branch = append(branch, t.root(index^1))
	}
	return branch
}

// forgery is what a hop or evidence is made of. The zero value of none is used: see
// honest.
type forgery struct {
	n          *Network // under which it is read
	as         *Network // under which it is signed
	keys       *keyset  // of those who sign
	committee  *Committee
	trusted    Root
	away       int // how many do not sign
	slot       uint64
	finalSlot  uint64
	checkpoint uint64 // epoch
	next       Root
	listLength int

	hop      func(*Hop)
	evidence func(*Evidence)
	wire     func([]byte) []byte
}

// thisPeriod is that of the forgeries, under fulu on mainnet.
const thisPeriod = 1800

// honest is a forgery without a fault.
func honest() *forgery {
	n, keys := ByChain(1), newKeys("honest")
	slot := n.FirstSlot(thisPeriod) + 200
	return &forgery{
		n: n, as: n, keys: keys, committee: &keys.Committee, trusted: keys.Root(), away: 2, slot: slot,
		finalSlot: slot - 100, checkpoint: n.Epoch(slot - 100), next: newKeys("next").Root(), listLength: 1042,
	}
}

// blockHash is that of the execution block that forgeries are about.
var blockHash = Root{0xb1, 0x0c}

// oldSlot is that of its beacon block in all forms but Direct: 5 slots into the summary
// period before, which Recent and the summaries reach.
func (f *forgery) oldSlot() uint64 { return f.n.FirstSlot(thisPeriod-1) + 8000 }

// parts returns the block, and the state of the finalized block with what leads there.
func (f *forgery) parts() (old *Header, execution []Root, state nodes, roots []Root, list *Summaries) {
	l, err := f.n.layoutAt(f.finalSlot)
	if err != nil {
		panic(err)
	}
	body := nodes{l.execution: blockHash, l.execution ^ 1: {1}}
	execution = body.branch(l.execution)
	old = &Header{Slot: f.oldSlot(), State: Root{7}, BodyRoot: body.root(1)}
	roots = make([]Root, f.n.RootsPerSummary)
	roots[old.Slot%f.n.RootsPerSummary] = old.Root()
	list = &Summaries{List: make([]Summary, f.listLength)}
	if i, err := f.n.summaryNumber(old.Slot); err == nil && i < uint64(len(list.List)) {
		list.List[i] = Summary{merkleize(roots...), Root{9}}
	}
	state = nodes{l.blockRoots: merkleize(roots...)}
	if l.summaries != 0 {
		state[l.summaries] = list.Root()
		list.Branch = state.branch(l.summaries)
	}
	return old, execution, state, roots, list
}

// update returns the signed update and the evidence of the form Direct in it.
func (f *forgery) update() (u *Update, bodyBranch []Root) {
	old, execution, state, _, _ := f.parts()
	final := &LightHeader{
		Header:    Header{Slot: f.finalSlot, State: state.root(1), BodyRoot: old.BodyRoot},
		Execution: execution,
		BlockHash: blockHash,
	}
	l, err := f.n.layoutAt(f.slot)
	if err != nil {
		panic(err)
	}
	attested := nodes{l.finalized: final.Root(), l.finalized ^ 1: uintChunk(f.checkpoint), l.nextCommittee: f.next}
	u = &Update{
		Attested: Header{Slot: f.slot, Proposer: 3, State: attested.root(1)}, NextBranch: attested.branch(l.nextCommittee),
		Finalized: final, FinalityBranch: attested.branch(l.finalized), SignatureSlot: f.slot + 1,
		Bits: slices.Repeat([]byte{0xff}, 64),
	}
	for i := range f.away {
		u.Bits[i%64] &^= 1 << (i / 64)
	}
	u.Signature = f.keys.sign(f.as.signingRoot(&u.Attested), u.Bits)
	return u, execution
}

// encode returns the encoding of a hop, or of evidence in a form.
func (f *forgery) encode(t testing.TB, kind string) []byte {
	t.Helper()
	u, _ := f.update()
	s, err := u.signed(f.n, f.committee)
	if err != nil {
		// What no honest server can express is put together by hand.
		shifted := *u
		shifted.Attested.Slot, shifted.SignatureSlot = f.n.FirstSlot(thisPeriod)+1, f.n.FirstSlot(thisPeriod)+2
		if s, err = shifted.signed(f.n, f.committee); err != nil {
			t.Fatal(err)
		}
		s.Header.Slot = f.slot
	}
	var data []byte
	if kind == "hop" {
		h := &Hop{
			network: f.n, Signed: *s, Next: f.next, branch: u.NextBranch, finalized: u.Finalized.Root(), finalBranch: u.FinalityBranch,
		}
		if f.hop != nil {
			f.hop(h)
		}
		data = h.Append(nil)
	} else {
		e := &Evidence{
			network: f.n, Signed: s, Finalized: &u.Finalized.Header, finalBranch: u.FinalityBranch, Block: &u.Finalized.Header,
			execution: u.Finalized.Execution,
		}
		old, execution, state, roots, list := f.parts()
		before := &Evidence{network: f.n, Block: old, execution: execution}
		switch kind {
		case "recent":
			l, _ := f.n.layoutAt(f.finalSlot)
			e, err = before.OnBlockRoots(e, roots, state.branch(l.blockRoots))
		case "old":
			e, err = before.OnSummaries(e, roots, list)
		case "listed":
			e, err = before.OnList(roots, list)
		}
		if err != nil {
			t.Fatal(err)
		}
		if f.evidence != nil {
			f.evidence(e)
		}
		data = e.Append(nil)
	}
	if f.wire != nil {
		data = f.wire(data)
	}
	return data
}

// verify reads and verifies an encoding.
func (f *forgery) verify(kind string, data []byte) error {
	if kind == "hop" {
		h, err := f.n.ParseHop(data)
		if err == nil {
			err = h.Verify(f.trusted)
		}
		return err
	}
	e, err := f.n.ParseEvidence(data)
	if err == nil {
		err = e.Verify(f.trusted, blockHash)
	}
	return err
}

// forgeKinds are what forgeries are made of; listRoot is what the last one hangs on.
var forgeKinds = []string{"hop", "direct", "recent", "old", "listed"}

func (f *forgery) listRoot() Root {
	_, _, _, _, list := f.parts()
	return list.Root()
}
