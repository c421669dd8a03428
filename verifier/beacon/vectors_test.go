package beacon

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// file returns a file of the shared vectors, real data of public networks; without them
// the test is skipped.
func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../../shared/vectors/finality", name))
	if os.IsNotExist(err) {
		t.Skip("the shared vectors are not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func vector(t testing.TB, name string, v any) {
	t.Helper()
	if err := json.Unmarshal(file(t, name), v); err != nil {
		t.Fatal(err)
	}
}

// fuluVector is mainnet in June 2026, from a test of sp1-helios.
type fuluVector struct {
	Updates  []*Update `json:"updates"`
	Finality *Update   `json:"finality_update"`
	Store    struct {
		Current *Committee `json:"current_sync_committee"`
	} `json:"store"`
}

func fuluData(t testing.TB) (v fuluVector) {
	vector(t, "fulu-sp1helios/proof_inputs.json", &v)
	return v
}

// capellaVector is mainnet in August 2023, from a test of Helios.
type capellaVector struct {
	Boot    struct{ Data *Bootstrap }
	Updates []struct{ Data *Update }
	Final   struct{ Data *Update }
}

func capellaData(t testing.TB) (v capellaVector) {
	vector(t, "helios-capella/bootstrap.json", &v.Boot)
	vector(t, "helios-capella/updates.json", &v.Updates)
	vector(t, "helios-capella/finality.json", &v.Final)
	return v
}

// hopOf returns the encoding of the hop in an update.
func hopOf(t testing.TB, n *Network, u *Update, c *Committee) []byte {
	t.Helper()
	h, err := u.Hop(n, c)
	if err != nil {
		t.Fatal(err)
	}
	return h.Append(nil)
}

// evidenceOf returns the encoding of the evidence in an update.
func evidenceOf(t testing.TB, n *Network, u *Update, c *Committee) []byte {
	t.Helper()
	e, err := u.Evidence(n, c)
	if err != nil {
		t.Fatal(err)
	}
	return e.Append(nil)
}

// readHop reads a hop and checks that it is written as it was read.
func readHop(t testing.TB, n *Network, data []byte) *Hop {
	t.Helper()
	h, err := n.ParseHop(data)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(h.Append(nil), data) {
		t.Fatal("a hop is not written as it was read")
	}
	return h
}

// readEvidence reads evidence and checks that it is written as it was read.
func readEvidence(t testing.TB, n *Network, data []byte) *Evidence {
	t.Helper()
	e, err := n.ParseEvidence(data)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(e.Append(nil), data) {
		t.Fatal("evidence is not written as it was read")
	}
	return e
}

func TestMainnetFulu(t *testing.T) {
	v, n := fuluData(t), ByChain(1)
	root := v.Store.Current.Root()
	h := readHop(t, n, hopOf(t, n, v.Updates[0], v.Store.Current))
	if err := h.Verify(root); err != nil {
		t.Error(err)
	}
	if h.Period() != 1777 || h.Next != v.Updates[0].Next.Root() {
		t.Errorf("the hop leads from period %d to %s", h.Period(), h.Next)
	}
	data := evidenceOf(t, n, v.Finality, v.Store.Current)
	e := readEvidence(t, n, data)
	if err := e.Verify(root, v.Finality.Finalized.BlockHash); err != nil {
		t.Error(err)
	}
	if e.Period() != 1777 || e.Block.Slot != 14561952 || v.Finality.Finalized.BlockNumber != 25326305 {
		t.Errorf("evidence of period %d for slot %d, block %d", e.Period(), e.Block.Slot, v.Finality.Finalized.BlockNumber)
	}
	t.Logf("hop %d bytes, evidence %d bytes, %d signed", len(h.Append(nil)), len(data), e.Signed.Participants())
}

// TestMainnetCapella goes over six hops from the committee of a block to the one that
// signed a finality update.
func TestMainnetCapella(t *testing.T) {
	v, n := capellaData(t), ByChain(1)
	boot := v.Boot.Data
	if err := boot.Verify(n, boot.Header.Root()); err != nil {
		t.Fatal(err)
	}
	first := n.Period(boot.Header.Slot)
	chain := NewChain(n, map[uint64]Root{first: boot.Committee.Root()})
	committee, signer := &boot.Committee, (*Committee)(nil)
	for _, u := range v.Updates {
		h := readHop(t, n, hopOf(t, n, u.Data, committee))
		if h.Period() == n.Period(v.Final.Data.SignatureSlot) {
			signer = committee
		}
		chain.Add(h)
		committee = u.Data.Next
	}
	if signer == nil {
		signer = committee
	}
	e := readEvidence(t, n, evidenceOf(t, n, v.Final.Data, signer))
	step, err := chain.Committee(e.Period(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Verify(step.Root, v.Final.Data.Finalized.BlockHash); err != nil {
		t.Fatal(err)
	}
	if step.From != first || v.Final.Data.Finalized.BlockNumber != 17923026 {
		t.Errorf("from period %d to block %d", step.From, v.Final.Data.Finalized.BlockNumber)
	}
	last := first + uint64(len(v.Updates))
	if step, err = chain.Committee(last, time.Time{}); err != nil || step.Root != committee.Root() {
		t.Errorf("the committee of period %d is %s, %v", last, step.Root, err)
	}
}

// TestEveryByte changes each byte of a hop and of evidence: nothing in them is left
// unauthenticated. A byte of the participation bits or a slot may change how the rest is
// read, so most fail to parse or by a hash, and only the signature by the pairing.
func TestEveryByte(t *testing.T) {
	v, n := fuluData(t), ByChain(1)
	root, block := v.Store.Current.Root(), v.Finality.Finalized.BlockHash
	for name, form := range map[string]struct {
		data []byte
		hold func([]byte) bool
	}{
		"hop": {hopOf(t, n, v.Updates[0], v.Store.Current), func(data []byte) bool {
			h, err := n.ParseHop(data)
			return err == nil && h.Verify(root) == nil
		}},
		"direct evidence": {evidenceOf(t, n, v.Finality, v.Store.Current), func(data []byte) bool {
			e, err := n.ParseEvidence(data)
			return err == nil && e.Verify(root, block) == nil
		}},
	} {
		t.Run(name, func(t *testing.T) { everyByte(t, form.data, form.hold) })
	}
}

// everyByte checks that an encoding holds, and with any byte changed does not.
func everyByte(t *testing.T, data []byte, holds func([]byte) bool) {
	t.Helper()
	if !holds(data) {
		t.Fatal("it does not hold as it is")
	}
	for i := range data {
		changed := slices.Clone(data)
		changed[i] ^= 1 << (i % 8)
		if holds(changed) {
			t.Errorf("byte %d of %d: with a bit changed it still holds", i, len(data))
		}
	}
	for _, other := range [][]byte{data[:len(data)-1], append(slices.Clone(data), 0), nil} {
		if holds(other) {
			t.Errorf("with %d bytes instead of %d it still holds", len(other), len(data))
		}
	}
}

// TestPackBytes changes each byte of a file of hops: it is refused, or one of its records
// is of another chain, or does not hold.
func TestPackBytes(t *testing.T) {
	v, n := capellaData(t), ByChain(1)
	committee := &v.Boot.Data.Committee
	roots := make(map[uint64]Root)
	var pack []byte
	for _, u := range v.Updates[:2] {
		roots[n.Period(u.Data.Attested.Slot)] = committee.Root()
		pack = AppendPack(pack, n.ChainID, hopOf(t, n, u.Data, committee))
		committee = u.Data.Next
	}
	everyByte(t, pack, func(data []byte) bool {
		good := 0
		err := ReadPack(bytes.NewReader(data), func(chainID uint64, hop []byte) error {
			h, err := n.ParseHop(hop)
			if err == nil && chainID == n.ChainID && h.Verify(roots[h.Period()]) == nil {
				good++
			}
			return nil
		})
		return err == nil && good == 2
	})
}
