package store

import (
	"errors"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Hops and committees are kept by chain, and come back after the folder is opened again.
func TestFinality(t *testing.T) { eachEngine(t, testFinality) }

func testFinality(t *testing.T, at place) {
	s := at.open(t)
	if _, err := s.Beacon(1); !errors.Is(err, ErrNotFound) {
		t.Errorf("of a chain that is not followed: %v", err)
	}
	record := Beacon{
		Network: []byte("{}"), Period: 7, Root: merkle.Hash{1}, Origin: "here", Committees: []BeaconCommittee{{Period: 9, Keys: []byte{1, 2}}},
	}
	err := s.Update(func(tx *Tx) error {
		return errors.Join(tx.PutHop(1, 300, []byte("c")), tx.PutHop(1, 7, []byte("a")), tx.PutHop(1, 8, []byte("b")),
			tx.PutHop(2, 8, []byte("of another chain")), tx.PutBeacon(1, &record))
	})
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	s = at.open(t)
	defer closeStore(t, s)
	got, err := s.Beacon(1)
	if diff := cmp.Diff(record, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	hops := func(from uint64, most int) (all string) {
		t.Helper()
		if err := s.Hops(1, from, func(_ uint64, hop []byte) bool { all += string(hop); return len(all) < most }); err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, c := range []struct {
		from uint64
		most int
		want string
	}{{0, 9, "abc"}, {8, 9, "bc"}, {9, 9, "c"}, {301, 9, ""}, {0, 2, "ab"}} {
		if got := hops(c.from, c.most); got != c.want {
			t.Errorf("from %d: %q, want %q", c.from, got, c.want)
		}
	}
}

// Evidence as it was written before there were vouchers is read, and known to lack them.
func TestEvidenceWithoutVouchers(t *testing.T) { eachEngine(t, testEvidenceWithoutVouchers) }

func testEvidenceWithoutVouchers(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	old, err := cbor.Marshal(map[int]any{1: 5, 3: 6, 4: []byte("header"), 8: 7})
	if err != nil {
		t.Fatal(err)
	}
	issuer := verifier.Address{1}
	err = s.Update(func(tx *Tx) error {
		return errors.Join(tx.kv.Set(evidenceKey(1, 3, issuer), old),
			tx.PutEvidence(1, 4, issuer, &Evidence{Number: 6, Beacon: []byte{1}}),
			tx.PutEvidence(1, 5, issuer, &Evidence{Number: 6, Beacon: []byte{1}, Cosignatures: []string{"x"}}),
			tx.PutEvidence(2, 6, issuer, &Evidence{Number: 6}))
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Evidence(1, 3, issuer)
	if err != nil || e.Number != 5 || e.Beacon != nil || e.Cosignatures != nil || len(e.Anchor(verifier.Home{Chain: 1}).Finality) != 0 {
		t.Errorf("%+v, %v", e, err)
	}
	lacking := make(map[uint64][2]bool)
	if err := s.Unvouched(1, func(batch uint64, beacon, witnesses bool) { lacking[batch] = [2]bool{beacon, witnesses} }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[uint64][2]bool{3: {true, true}, 4: {false, true}}, lacking); diff != "" {
		t.Error(diff)
	}
}
