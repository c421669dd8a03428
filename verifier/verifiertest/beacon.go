package verifiertest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"testing"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
)

// Period is the period of the sync committee that is in office at [IssuedAt] on a
// [Beacon], which begins then.
const Period = 1000

// Generalized indices in a state of fulu, and of the execution block's hash in a body.
const (
	indexFinalized  = 169
	indexNext       = 87
	indexBlockRoots = 69
	indexSummaries  = 91
	indexExecution  = 812
)

// Beacon makes what validators with known keys sign around the blocks of a [World]. It
// does its own hashing.
type Beacon struct {
	TB      testing.TB
	Network *beacon.Network
}

// NewBeacon returns a beacon chain with Ethereum's constants and committees of some size,
// that has always been in fulu.
func NewBeacon(t testing.TB, committee uint64) *Beacon {
	n := &beacon.Network{
		Name: "example", ValidatorsRoot: sha256.Sum256([]byte("validators")), SecondsPerSlot: 12, SlotsPerEpoch: 32, EpochsPerPeriod: 256,
		CommitteeSize: committee, RootsPerSummary: 8192,
		Forks: []beacon.Fork{{Name: "capella", Version: beacon.Version{3}}, {Name: "fulu", Version: beacon.Version{6}}},
	}
	n.GenesisTime = IssuedAt - Period*n.SlotsPerEpoch*n.EpochsPerPeriod*n.SecondsPerSlot
	if err := n.Check(); err != nil {
		t.Fatal(err)
	}
	return &Beacon{t, n}
}

// Validators are a sync committee with its secret keys.
type Validators struct {
	beacon.Committee
	secrets []fr.Element
}

// Validators returns the committee with a name: the secret key of each is the SHA-256
// digest of "<name> <number>", reduced by the order of the group.
func (b *Beacon) Validators(name string) *Validators {
	secrets := make([]fr.Element, b.Network.CommitteeSize)
	for i := range secrets {
		seed := sha256.Sum256(fmt.Appendf(nil, "%s %d", name, i))
		secrets[i].SetBytes(seed[:])
	}
	v := &Validators{secrets: secrets}
	_, _, g1, _ := bls.Generators()
	var sum bls.G1Jac
	for _, p := range bls.BatchScalarMultiplicationG1(&g1, secrets) {
		v.Keys = append(v.Keys, p.Bytes())
		sum.AddMixed(&p)
	}
	var all bls.G1Affine
	all.FromJacobian(&sum)
	v.Aggregate = all.Bytes()
	return v
}

// BeaconBlock is what a test sets of a beacon block: the rest is zero.
type BeaconBlock struct {
	Slot      uint64
	Execution verifier.Hash     // hash of the execution block
	Roots     []beacon.Root     // block_roots of its state; nil: none
	Summaries *beacon.Summaries // historical_summaries of its state; nil: none. [Beacon.Header] sets the branch
}

// Header returns the header of a block, with the branch of the execution block's hash.
func (b *Beacon) Header(block BeaconBlock) *beacon.LightHeader {
	body := tree{indexExecution: block.Execution}
	state := tree{}
	if block.Roots != nil {
		state[indexBlockRoots] = root(block.Roots...)
	}
	if s := block.Summaries; s != nil {
		state[indexSummaries] = s.Root()
		s.Branch = state.branch(indexSummaries)
	}
	return &beacon.LightHeader{
		Header:    beacon.Header{Slot: block.Slot, State: state.root(1), BodyRoot: body.root(1)},
		Execution: body.branch(indexExecution), BlockHash: block.Execution,
	}
}

// RootsBranch returns the branch of the block_roots of a block.
func (b *Beacon) RootsBranch(block BeaconBlock) []beacon.Root {
	state := tree{indexBlockRoots: root(block.Roots...)}
	if block.Summaries != nil {
		state[indexSummaries] = block.Summaries.Root()
	}
	return state.branch(indexBlockRoots)
}

// Update returns what validators, all but the first absent ones, sign over the header at a
// slot: that final is final, and who comes after them.
func (b *Beacon) Update(by *Validators, slot uint64, final BeaconBlock, next *Validators, absent int) *beacon.Update {
	b.TB.Helper()
	light := b.Header(final)
	state := tree{indexFinalized: light.Root(), indexFinalized ^ 1: chunk(b.Network.Epoch(final.Slot)), indexNext: next.Root()}
	u := &beacon.Update{
		Attested: beacon.Header{Slot: slot, State: state.root(1)}, Next: &next.Committee, NextBranch: state.branch(indexNext),
		Finalized: light, FinalityBranch: state.branch(indexFinalized), SignatureSlot: slot + 1,
		Bits: bytes.Repeat([]byte{0xff}, len(by.Keys)/8),
	}
	var secret fr.Element
	for i := range by.secrets {
		if i < absent {
			u.Bits[i/8] &^= 1 << (i % 8)
		} else {
			secret.Add(&secret, &by.secrets[i])
		}
	}
	message := b.SigningRoot(&u.Attested)
	point, err := bls.HashToG2(message[:], []byte("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"))
	if err != nil {
		b.TB.Fatal(err)
	}
	point.ScalarMultiplication(&point, secret.BigInt(new(big.Int)))
	u.Signature = point.Bytes()
	return u
}

// SigningRoot returns what a committee signs over a header.
func (b *Beacon) SigningRoot(h *beacon.Header) beacon.Root {
	var version, domain beacon.Root
	copy(version[:], b.Network.Forks[len(b.Network.Forks)-1].Version[:])
	data := pair(version, b.Network.ValidatorsRoot)
	domain[0] = 7
	copy(domain[4:], data[:28])
	return pair(h.Root(), domain)
}

// Evidence returns the encoded evidence of an update.
func (b *Beacon) Evidence(u *beacon.Update, by *Validators) []byte {
	b.TB.Helper()
	e, err := u.Evidence(b.Network, &by.Committee)
	if err != nil {
		b.TB.Fatal(err)
	}
	return e.Append(nil)
}

// Hop returns the encoded hop of an update.
func (b *Beacon) Hop(u *beacon.Update, by *Validators) []byte {
	b.TB.Helper()
	h, err := u.Hop(b.Network, &by.Committee)
	if err != nil {
		b.TB.Fatal(err)
	}
	return h.Append(nil)
}

func chunk(n uint64) (r beacon.Root) {
	binary.LittleEndian.PutUint64(r[:], n)
	return r
}

func pair(a, b beacon.Root) beacon.Root { return sha256.Sum256(append(a[:], b[:]...)) }

// root returns the root over leaves, of which there are a power of two.
func root(leaves ...beacon.Root) beacon.Root {
	if len(leaves) == 1 {
		return leaves[0]
	}
	return pair(root(leaves[:len(leaves)/2]...), root(leaves[len(leaves)/2:]...))
}

// tree is a hash tree of which a test sets some nodes, by generalized index; what is
// neither set nor above such a node is zero.
type tree map[uint64]beacon.Root

func (t tree) root(index uint64) beacon.Root {
	if r, ok := t[index]; ok {
		return r
	}
	for at := range t {
		for ; at > index; at /= 2 {
			if at/2 == index {
				return pair(t.root(2*index), t.root(2*index+1))
			}
		}
	}
	return beacon.Root{}
}

func (t tree) branch(index uint64) (siblings []beacon.Root) {
	for ; index > 1; index /= 2 {
		siblings = append(siblings, t.root(index^1))
	}
	return siblings
}

// Secret returns the secret key of a validator, 32 bytes, big-endian.
func (v *Validators) Secret(i int) string {
	secret := v.secrets[i].Bytes()
	return string(secret[:])
}
