package store

import (
	"math/big"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
)

// Batches of the last hours are counted, however many there were before.
func TestSealedSince(t *testing.T) { eachEngine(t, testSealedSince) }

func testSealedSince(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if batches, submissions, err := s.SealedSince(begin); batches != 0 || submissions != 0 || err != nil {
		t.Fatalf("of an empty folder: %d, %d, %v", batches, submissions, err)
	}
	for n := uint64(1); n <= 100; n++ { // one an hour, with three submissions each
		err := s.Update(func(tx *Tx) error {
			return tx.put(key('b', be(n)), &Batch{
				Number: n, First: 3*n - 2, Last: 3 * n, SealedAt: begin.Add(time.Duration(n) * time.Hour).UnixMilli(),
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for since, want := range map[time.Time]uint64{
		begin:                                   100,
		begin.Add(time.Hour):                    100,
		begin.Add(time.Hour + time.Millisecond): 99,
		begin.Add(76*time.Hour + time.Nanosecond): 25, // milliseconds are kept
		begin.Add(100 * time.Hour):                1,
		begin.Add(101 * time.Hour):                0,
	} {
		if batches, submissions, err := s.SealedSince(since); batches != want || submissions != 3*want || err != nil {
			t.Errorf("since %s: %d batches with %d submissions, %v; want %d", since, batches, submissions, err, want)
		}
	}
}

// Spending is told by day, of one account on one chain.
func TestSpentByDay(t *testing.T) { eachEngine(t, testSpentByDay) }

func testSpentByDay(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	account, other := verifier.Address{1}, verifier.Address{2}
	first := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	spend := func(who verifier.Address, at time.Time, wei int64) {
		t.Helper()
		err := s.Update(func(tx *Tx) error { return tx.Spend(SpentInAll, 1, who, at, big.NewInt(wei)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	spend(account, first, 10)
	spend(account, first.Add(2*time.Hour), 20)
	spend(account, first.Add(3*time.Hour), 30)
	spend(other, first, 1000)
	list, err := s.SpentByDay(SpentInAll, 1, account)
	if err != nil || len(list) != 2 || list[0].Wei.Int64() != 10 || list[1].Wei.Int64() != 50 || !list[1].Day.Equal(first.Add(time.Hour)) {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := s.SpentByDay(SpentInAll, 10, account); err != nil || len(list) != 0 {
		t.Errorf("on another chain: %+v, %v", list, err)
	}
}
