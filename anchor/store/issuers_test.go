package store

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
)

// Submissions are counted by the write that accepts them: however many come at once, no more
// are accepted than the quota has room for, and one that is there already is not counted again.
func TestQuotaHoldsInParallel(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	defer closeStore(t, s)
	for _, c := range []struct {
		quota  Quota
		leaves int
		want   int32
	}{
		{Quota{Submissions: 7}, 1, 7},
		{Quota{Credentials: 20}, 3, 6},
		{Quota{Submissions: 4, Credentials: 100}, 3, 4},
		{Quota{}, 1, 40},
	} {
		var issuer verifier.Address
		issuer[0], issuer[1] = byte(c.quota.Submissions), byte(c.quota.Credentials)
		var all sync.WaitGroup
		var added atomic.Int32
		for i := range 40 {
			all.Go(func() {
				sub := submission(uint64(i), c.leaves)
				sub.Issuer, sub.IssuedAt = issuer, uint64(i)
				for range 2 {
					switch _, is, err := s.AddSubmission(sub.ID(), sub, treeOf(sub), &c.quota); {
					case err == nil && is:
						added.Add(1)
					case err != nil && !errors.Is(err, ErrUsedUp):
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		u, err := s.UsageOf(issuer, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		n := uint64(added.Load())
		if added.Load() != c.want || u.Submissions != n || u.Credentials != n*uint64(c.leaves) {
			t.Errorf("%+v: %d were added, want %d; counted %+v", c.quota, n, c.want, u)
		}
	}
}

// A large submission, which is written beside the log, counts as any other, and leaves nothing
// if there is no room for it.
func TestQuotaOfLargeSubmission(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	sub := submission(1, LargeLeaves)
	for _, c := range []struct {
		most uint64
		want error
	}{{LargeLeaves - 1, ErrUsedUp}, {LargeLeaves, nil}} {
		in, err := s.Receive(LargeLeaves)
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Append(sub.Leaves); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Root(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.AddIncoming(sub.ID(), sub, in, &Quota{Credentials: c.most}); !errors.Is(err, c.want) {
			t.Errorf("%d credentials a day: %v, want %v", c.most, err, c.want)
		}
		in.Discard()
		u, err := s.UsageOf(sub.Issuer, time.Now())
		if want := map[bool]uint64{true: LargeLeaves}[c.want == nil]; err != nil || u.Credentials != want {
			t.Errorf("counted %+v, %v", u, err)
		}
	}
	closeStore(t, s)
}

// Usage is told by day and issuer, in pages.
func TestEachUsage(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	defer closeStore(t, s)
	var want []Usage
	err := s.Update(func(tx *Tx) error {
		for day := uint64(100); day < 103; day++ {
			for issuer := byte(1); issuer < 4; issuer++ {
				u := Usage{Day: day, Issuer: verifier.Address{issuer}, Submissions: day, Credentials: day * uint64(issuer)}
				want = append(want, u)
				if err := errors.Join(
					tx.kv.Set(usageKey(day, u.Issuer, countsSubmissions), be(u.Submissions)),
					tx.kv.Set(usageKey(day, u.Issuer, countsCredentials), be(u.Credentials))); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []Usage
	var after *Usage
	for {
		n := len(got)
		err := s.EachUsage(100, 101, after, func(u *Usage) bool {
			got = append(got, *u)
			return len(got) < n+2
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == n {
			break
		}
		after = new(got[len(got)-1])
	}
	if !slices.Equal(got, want[:6]) {
		t.Errorf("got %+v\nwant %+v", got, want[:6])
	}
}

// An entry of the audit log that was taken out, changed or put in another's place shows, at its
// end too.
func TestAuditLogShowsWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(tx *Tx) error
		says   string
	}{
		"whole":        {func(*Tx) error { return nil }, ""},
		"one is gone":  {func(tx *Tx) error { return tx.kv.Delete(key('A', be(2))) }, "entry 2 of the audit log: it is missing"},
		"the last one": {func(tx *Tx) error { return tx.kv.Delete(key('A', be(4))) }, "it ends with entry 3"},
		"all": {func(tx *Tx) error {
			var err error
			for n := uint64(1); n <= 4; n++ {
				err = errors.Join(err, tx.kv.Delete(key('A', be(n))))
			}
			return err
		}, "it ends with entry 0"},
		"changed": {func(tx *Tx) error {
			return tx.put(key('A', be(2)), &AuditEntry{Number: 2, Who: "somebody else"})
		}, "entry 2 of the audit log: it does not follow"},
		"the last one changed": {func(tx *Tx) error {
			return tx.put(key('A', be(4)), &AuditEntry{Number: 4, Who: "somebody else"})
		}, "entry 4 of the audit log: it does not follow"},
		"its end is gone": {func(tx *Tx) error { return tx.kv.Delete(metaKey("audit")) }, "the end of the audit log: it is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir(), Options{})
			defer closeStore(t, s)
			for _, what := range []string{"issuer added", "key made", "key revoked", "issuer removed"} {
				if err := s.Update(func(tx *Tx) error { return tx.Audit(AuditEntry{Time: 1, Who: "ada", What: what}) }); err != nil {
					t.Fatal(err)
				}
			}
			before := AuditEntry{}
			err := s.EachAuditEntry(0, func(e *AuditEntry) bool {
				if e.Number != before.Number+1 || e.Before != before.Hash {
					t.Errorf("%+v follows %+v", e, before)
				}
				before = *e
				return true
			})
			if err != nil || before.Number != 4 {
				t.Fatalf("%d entries, %v", before.Number, err)
			}
			if err := s.Update(c.damage); err != nil {
				t.Fatal(err)
			}
			var found []string
			if _, err := s.Check(t.Context(), func(d Damage) { found = append(found, d.String()) }); err != nil {
				t.Fatal(err)
			}
			if c.says == "" && len(found) > 0 || c.says != "" && !strings.Contains(strings.Join(found, "\n"), c.says) {
				t.Errorf("found %q, want %q", found, c.says)
			}
		})
	}
}
