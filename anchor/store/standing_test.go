package store

import (
	"math/big"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
)

func TestStanding(t *testing.T) { eachEngine(t, testStanding) }

func testStanding(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	issuer, other := verifier.Address{1}, verifier.Address{2}
	day := time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
	count := func(at time.Time) {
		t.Helper()
		if err := s.Update(func(tx *Tx) error { return tx.CountRelay(issuer, at) }); err != nil {
			t.Fatal(err)
		}
	}
	want := func(of verifier.Address, at time.Time, relays, batch uint64) {
		t.Helper()
		r, err := s.Standing(of)
		if err != nil || r.RelayedOn(at) != relays || r.Batch != batch {
			t.Errorf("%+v, %v", r, err)
		}
	}
	want(issuer, day, 0, 0)
	count(day)
	count(day)
	for _, batch := range []uint64{7, 8} {
		if err := s.Update(func(tx *Tx) error { return tx.SetAnchored(issuer, batch) }); err != nil {
			t.Fatal(err)
		}
	}
	want(issuer, day, 2, 7)
	want(issuer, day.Add(time.Second), 0, 7)
	count(day.Add(time.Second))
	want(issuer, day.Add(time.Second), 1, 7)
	want(other, day, 0, 0)
}

func TestSpendingIsKeptApart(t *testing.T) { eachEngine(t, testSpendingIsKeptApart) }

func testSpendingIsKeptApart(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	account, now := verifier.Address{1}, time.Now()
	err := s.Update(func(tx *Tx) error { return tx.Spend(SpentInAll, 1, account, now, big.NewInt(5)) })
	if err != nil {
		t.Fatal(err)
	}
	for of, want := range map[Spending]int64{SpentInAll: 5, SpentOnRelays: 0} {
		if got, err := s.Spent(of, 1, account, now); err != nil || got.Int64() != want {
			t.Errorf("%c: %s, %v", of, got, err)
		}
	}
}
