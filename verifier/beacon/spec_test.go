package beacon

import (
	"encoding/binary"
	"math/big"
	"testing"

	"github.com/golang/snappy"
	"go.yaml.in/yaml/v3"
)

// sszPart reads fixed parts; offsets are taken for the end of the part before.
type sszPart struct {
	t testing.TB
	decoder
}

func newPart(t testing.TB, data []byte) *sszPart { return &sszPart{t, decoder{rest: data}} }

func (d *sszPart) offset() int { return int(binary.LittleEndian.Uint32(d.bytes(4))) }

func (d *sszPart) committee(n *Network) *Committee {
	c := &Committee{Keys: make([][pubkeySize]byte, n.size())}
	for i := range c.Keys {
		c.Keys[i] = [pubkeySize]byte(d.bytes(pubkeySize))
	}
	c.Aggregate = [pubkeySize]byte(d.bytes(pubkeySize))
	return c
}

// readLight reads a LightClientHeader of deneb and later.
func readLight(t testing.TB, data []byte) *LightHeader {
	t.Helper()
	d := newPart(t, data)
	h := &LightHeader{Header: d.header()}
	d.offset()
	inBody := d.roots(4)
	u64 := func() decimal { return decimal(d.uint64()) }
	e := executionHeader{
		ParentHash: d.bytes(32), FeeRecipient: d.bytes(20), StateRoot: d.bytes(32), ReceiptsRoot: d.bytes(32), LogsBloom: d.bytes(256),
		PrevRandao: d.bytes(32), BlockNumber: u64(), GasLimit: u64(), GasUsed: u64(), Timestamp: u64(),
	}
	d.offset()
	baseFee := append([]byte(nil), d.bytes(32)...)
	for i := range 16 {
		baseFee[i], baseFee[31-i] = baseFee[31-i], baseFee[i]
	}
	e.BaseFeePerGas = new(big.Int).SetBytes(baseFee).String()
	e.BlockHash, e.TransactionsRoot, e.WithdrawalsRoot = d.root(), d.bytes(32), d.bytes(32)
	gas, excess := u64(), u64()
	e.BlobGasUsed, e.ExcessBlobGas, e.ExtraData = &gas, &excess, d.rest
	leaves, err := e.leaves()
	if err != nil || d.err != nil {
		t.Fatal(err, d.err)
	}
	h.BlockHash, h.BlockNumber = e.BlockHash, uint64(e.BlockNumber)
	h.Execution = append(branchOf(blockHashField, leaves...), inBody...)
	return h
}

// readUpdate reads a LightClientUpdate of deneb and later. What is zero in it is left out.
func readUpdate(t testing.TB, n *Network, data []byte) *Update {
	t.Helper()
	// The digest of the fork, in answers of the Beacon API, is before the data.
	d := newPart(t, data)
	first := d.offset()
	l := layouts["deneb"]
	if want := 4 + (n.size()+1)*pubkeySize + (6+7)*32 + 4 + n.size()/8 + signatureSize + 8; first == want {
		l = layouts["electra"]
	}
	u := &Update{Next: d.committee(n), NextBranch: d.roots(depth(l.nextCommittee))}
	second := d.offset()
	u.FinalityBranch = d.roots(depth(l.finalized))
	u.Bits, u.Signature, u.SignatureSlot = d.bytes(n.size()/8), [signatureSize]byte(d.bytes(signatureSize)), d.uint64()
	if d.err != nil || len(data)-len(d.rest) != first {
		t.Fatalf("an update with fixed parts of %d bytes, %v", first, d.err)
	}
	u.Attested = readLight(t, data[first:second]).Header
	u.Finalized = readLight(t, data[second:])
	if u.Finalized.Header == (Header{}) {
		u.Finalized = nil
	}
	if u.Next.Aggregate == ([pubkeySize]byte{}) {
		u.Next = nil
	}
	return u
}

const steps = "spec-electra-minimal/"

func unsnap(t testing.TB, name string) []byte {
	t.Helper()
	data, err := snappy.Decode(nil, file(t, steps+name+".ssz_snappy"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// minimalNetwork is that of the official tests with the minimal preset.
func minimalNetwork(t testing.TB) *Network {
	t.Helper()
	var meta struct {
		ValidatorsRoot string `yaml:"genesis_validators_root"`
	}
	if err := yaml.Unmarshal(file(t, steps+"meta.yaml"), &meta); err != nil {
		t.Fatal(err)
	}
	var config map[string]string
	if err := yaml.Unmarshal(file(t, steps+"config.yaml"), &config); err != nil {
		t.Fatal(err)
	}
	version := func(name string) Version { return Version(fromHex(t, config[name+"_FORK_VERSION"])) }
	n := &Network{
		Name: "minimal", ValidatorsRoot: Root(fromHex(t, meta.ValidatorsRoot)), SecondsPerSlot: 6, SlotsPerEpoch: 8, EpochsPerPeriod: 8,
		CommitteeSize: 32, RootsPerSummary: 64, Forks: []Fork{
			{"capella", 0, version("CAPELLA")}, {"deneb", 0, version("DENEB")}, {"electra", 0, version("ELECTRA")},
		},
	}
	if err := n.Check(); err != nil {
		t.Fatal(err)
	}
	return n
}

// store is a LightClientStore of the specification's full protocol, which also counts on
// what is not final. Its checks of signatures and branches are those of the package.
type store struct {
	t                     *testing.T
	n                     *Network
	finalized, optimistic *LightHeader
	current, next         *Committee
	best                  *Update
	attested              map[*Update]*LightHeader
	most, mostBefore      int // participants
}

func (s *store) period(h *LightHeader) uint64 { return s.n.Period(h.Slot) }

// finalizesNext is update_has_finalized_next_sync_committee, but for the store.
func (s *store) finalizesNext(u *Update) bool {
	return u.Next != nil && u.Finalized != nil && s.period(u.Finalized) == s.n.Period(u.Attested.Slot)
}

// process is process_light_client_update.
func (s *store) process(u *Update) {
	s.t.Helper()
	committee := s.current
	if s.n.Period(u.SignatureSlot) != s.period(s.finalized) {
		committee = s.next
	}
	// The compact form has no place for a signature that was made in the period after the
	// header's, so such an update becomes neither hop nor evidence; the signature is checked.
	compact, late := *u, s.n.Period(u.SignatureSlot) != s.n.Period(u.Attested.Slot)
	if _, err := u.signed(s.n, committee); late != (err != nil) {
		s.t.Errorf("signed at slot %d over slot %d: %v", u.SignatureSlot, u.Attested.Slot, err)
	}
	compact.SignatureSlot = u.Attested.Slot + 1
	signed, err := compact.signed(s.n, committee)
	if err != nil {
		s.t.Fatal(err)
	}
	majority := 3*signed.Participants() >= 2*s.n.size()
	if err := signed.verify(s.n, committee.Root()); majority != (err == nil) {
		s.t.Fatal(err)
	}
	if majority && !late && s.finalizesNext(u) {
		h := readHop(s.t, s.n, hopOf(s.t, s.n, u, committee))
		if err := h.Verify(committee.Root()); err != nil {
			s.t.Error(err)
		}
	}
	if majority && !late && u.Finalized != nil {
		e := readEvidence(s.t, s.n, evidenceOf(s.t, s.n, u, committee))
		if err := e.Verify(committee.Root(), u.Finalized.BlockHash); err != nil {
			s.t.Error(err)
		}
	}
	if s.best == nil || s.better(u, s.best) {
		s.best = u
	}
	s.most = max(s.most, signed.Participants())
	if signed.Participants() > max(s.most, s.mostBefore)/2 && u.Attested.Slot > s.optimistic.Slot {
		s.optimistic = s.attested[u]
	}
	if majority && u.Finalized != nil && (u.Finalized.Slot > s.finalized.Slot || s.next == nil && s.finalizesNext(u)) {
		s.apply(u, u.Finalized)
		s.best = nil
	}
}

// better is is_better_update, as far as these steps need it.
func (s *store) better(u, than *Update) bool {
	count := func(u *Update) int { return (&Signed{bits: u.Bits}).Participants() }
	majority := func(u *Update) bool { return 3*count(u) >= 2*s.n.size() }
	relevant := func(u *Update) bool {
		return u.Next != nil && s.n.Period(u.Attested.Slot) == s.n.Period(u.SignatureSlot)
	}
	switch {
	case majority(u) != majority(than):
		return majority(u)
	case !majority(u) && count(u) != count(than):
		return count(u) > count(than)
	case relevant(u) != relevant(than):
		return relevant(u)
	case (u.Finalized != nil) != (than.Finalized != nil):
		return u.Finalized != nil
	case u.Finalized != nil && s.finalizesNext(u) != s.finalizesNext(than):
		return s.finalizesNext(u)
	case count(u) != count(than):
		return count(u) > count(than)
	}
	return u.Attested.Slot < than.Attested.Slot
}

// apply is apply_light_client_update.
func (s *store) apply(u *Update, finalized *LightHeader) {
	switch known := s.period(s.finalized); {
	case s.next == nil:
		s.next = u.Next
	case s.period(finalized) == known+1:
		s.current, s.next = s.next, u.Next
		s.mostBefore, s.most = s.most, 0
	}
	if finalized.Slot > s.finalized.Slot {
		s.finalized = finalized
		if finalized.Slot > s.optimistic.Slot {
			s.optimistic = finalized
		}
	}
}

// force is process_light_client_store_force_update.
func (s *store) force(slot uint64) {
	if s.best == nil || slot <= s.finalized.Slot+s.n.periodSlots() {
		return
	}
	finalized := s.best.Finalized
	if finalized == nil || finalized.Slot <= s.finalized.Slot {
		finalized = s.attested[s.best]
	}
	s.apply(s.best, finalized)
	s.best = nil
}

// TestOfficialSteps follows the light client test of the consensus specifications for
// electra with the minimal preset, and compares the headers after each step. The other
// updates in the folder are of no step.
func TestOfficialSteps(t *testing.T) {
	n := minimalNetwork(t)
	boot := unsnap(t, "bootstrap")
	d := newPart(t, boot)
	first := d.offset()
	b := &Bootstrap{Committee: *d.committee(n), Branch: d.roots(6)}
	b.Header = *readLight(t, boot[first:])
	var meta struct {
		Root string `yaml:"trusted_block_root"`
	}
	if err := yaml.Unmarshal(file(t, steps+"meta.yaml"), &meta); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(n, Root(fromHex(t, meta.Root))); err != nil {
		t.Fatal(err)
	}
	s := &store{
		t: t, n: n, finalized: &b.Header, optimistic: &b.Header, current: &b.Committee, attested: make(map[*Update]*LightHeader),
	}
	type header struct {
		Slot      uint64
		Root      string `yaml:"beacon_root"`
		Execution string `yaml:"execution_root"`
	}
	type checks struct {
		Finalized  header `yaml:"finalized_header"`
		Optimistic header `yaml:"optimistic_header"`
	}
	var all []struct {
		Process *struct {
			Update string
			Slot   uint64 `yaml:"current_slot"`
			Checks checks
		} `yaml:"process_update"`
		Force *struct {
			Slot   uint64 `yaml:"current_slot"`
			Checks checks
		} `yaml:"force_update"`
	}
	if err := yaml.Unmarshal(file(t, steps+"steps.yaml"), &all); err != nil {
		t.Fatal(err)
	}
	compare := func(step int, what string, got *LightHeader, want header) {
		t.Helper()
		payload := climb(got.BlockHash, 32|blockHashField, got.Execution[:5])
		if got.Slot != want.Slot || got.Root() != Root(fromHex(t, want.Root)) || payload != Root(fromHex(t, want.Execution)) {
			t.Errorf("step %d: the %s header is of slot %d, %s, want %d, %s", step, what, got.Slot, got.Root(), want.Slot, want.Root)
		}
	}
	for i, step := range all {
		var want checks
		if p := step.Process; p != nil {
			data := unsnap(t, p.Update)
			u := readUpdate(t, n, data)
			d := newPart(t, data)
			first := d.offset()
			second := newPart(t, data[4+(n.size()+1)*pubkeySize+6*32:]).offset()
			s.attested[u] = readLight(t, data[first:second])
			s.process(u)
			want = p.Checks
		} else {
			s.force(step.Force.Slot)
			want = step.Force.Checks
		}
		compare(i, "finalized", s.finalized, want.Finalized)
		compare(i, "optimistic", s.optimistic, want.Optimistic)
	}
	if len(all) != 10 {
		t.Errorf("%d steps", len(all))
	}
}
