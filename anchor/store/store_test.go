package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func open(t testing.TB, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// submission makes one that intake would have verified; nothing here looks at the
// signature.
func submission(seed uint64, count int) *publish.Submission {
	s := &publish.Submission{Issuer: verifier.Address{1, byte(seed)}, Home: verifier.Home{Chain: 1}, IssuedAt: seed, Count: uint64(count)}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], seed)
	for i := range count {
		binary.BigEndian.PutUint64(b[8:], uint64(i))
		s.Leaves = append(s.Leaves, merkle.Keccak256(b[:]))
	}
	slices.SortFunc(s.Leaves, merkle.Compare)
	s.Root = treeOf(s).Root()
	return s
}

func treeOf(s *publish.Submission) *merkle.Tree {
	tree, err := merkle.FromSorted(s.Leaves)
	if err != nil {
		panic(err)
	}
	return tree
}

// receive adds a submission of any size.
func receive(s *Store, sub *publish.Submission) (r Submission, added bool, err error) {
	if len(sub.Leaves) < LargeLeaves {
		return s.AddSubmission(sub.ID(), sub, treeOf(sub), nil)
	}
	return receiveInPieces(s, sub)
}

// receiveInPieces adds a submission that is written while it arrives.
func receiveInPieces(s *Store, sub *publish.Submission) (r Submission, added bool, err error) {
	in, err := s.Receive(len(sub.Leaves))
	if err != nil {
		return r, false, err
	}
	defer in.Discard()
	for block := range slices.Chunk(sub.Leaves, publish.MaxBlockLeaves) {
		if err := in.Append(block); err != nil {
			return r, false, err
		}
	}
	if root, err := in.Root(); err != nil || root != sub.Root {
		return r, false, fmt.Errorf("root %s, want %s: %w", root, sub.Root, err)
	}
	return s.AddIncoming(sub.ID(), sub, in, nil)
}

func add(t testing.TB, s *Store, sub *publish.Submission) Submission {
	t.Helper()
	r, added, err := receive(s, sub)
	if err != nil || !added {
		t.Fatalf("added %v, %v", added, err)
	}
	return r
}

func try(s *Store, sub *publish.Submission) error {
	_, _, err := receive(s, sub)
	return err
}

func seal(t testing.TB, s *Store, first, last uint64) Batch {
	t.Helper()
	list := make([]Submission, 0, last-first+1)
	err := s.Submissions(first, last, func(r *Submission) bool {
		list = append(list, *r)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	draft, err := s.Draft(list)
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	err = s.Update(func(tx *Tx) (err error) {
		b, err = tx.Seal(draft, []verifier.ChainID{7, 8}, 1)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// accepted returns how many submissions there are.
func accepted(t testing.TB, s *Store) uint64 {
	t.Helper()
	n, err := s.Accepted()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestReopen(t *testing.T) { eachEngine(t, testReopen) }

func testReopen(t *testing.T, at place) {
	s := at.open(t)
	bound := Chain{Chain: 7, Genesis: merkle.Hash{1}, Registry: verifier.Address{2}, Checkpoints: []Block{{9, merkle.Hash{9}}}, DeepReorgs: 3}
	if list, err := s.Chains(); err != nil || len(list) != 0 {
		t.Errorf("a new folder is bound: %v, %v", list, err)
	}
	if _, err := s.Chain(7); !errors.Is(err, ErrNotFound) {
		t.Errorf("a chain of a new folder: %v", err)
	}
	put := func(tx *Tx) error {
		return errors.Join(tx.PutChain(&Chain{Chain: 1 << 40}), tx.PutChain(&bound))
	}
	if err := s.Update(put); err != nil {
		t.Fatal(err)
	}
	var subs []*publish.Submission
	for i := range uint64(6) {
		sub := submission(i, 1+int(i)*700)
		subs = append(subs, sub)
		if r := add(t, s, sub); r.Sequence != i+1 {
			t.Errorf("sequence %d, want %d", r.Sequence, i+1)
		}
	}
	b := seal(t, s, 1, 4)
	closeStore(t, s)

	s = at.open(t)
	defer closeStore(t, s)
	if list, err := s.Chains(); err != nil || len(list) != 2 || !reflect.DeepEqual(list[0], bound) || list[1].Chain != 1<<40 {
		t.Errorf("%+v, %v", list, err)
	}
	if got, err := s.Chain(7); err != nil || !reflect.DeepEqual(got, bound) {
		t.Errorf("%+v, %v", got, err)
	}
	if accepted(t, s) != 6 {
		t.Errorf("%d submissions", accepted(t, s))
	}
	if sealed, err := s.Sealed(); err != nil || sealed != 4 {
		t.Errorf("sealed %d, %v", sealed, err)
	}
	for i, sub := range subs {
		r, err := s.Submission(sub.ID())
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Leaves(&r)
		if err != nil || !slices.Equal(got, sub.Leaves) {
			t.Errorf("submission %d: other leaves, %v", i+1, err)
		}
		found, err := s.WithLeaf(sub.Leaves[len(sub.Leaves)-1])
		if err != nil || len(found) != 1 || found[0].Sequence != r.Sequence {
			t.Errorf("submission %d: %d found by its last leaf, %v", i+1, len(found), err)
		}
		batch, err := s.BatchOf(r.Sequence)
		if i < 4 && (err != nil || !reflect.DeepEqual(batch, b)) || i >= 4 && !errors.Is(err, ErrNotFound) {
			t.Errorf("submission %d: batch %+v, %v", i+1, batch, err)
		}
		if again, added, err := receive(s, sub); err != nil || added || again.Sequence != r.Sequence {
			t.Errorf("submission %d again: %v, %v", i+1, added, err)
		}
	}
	for _, id := range []verifier.ChainID{7, 8} {
		open, err := s.OpenOperations(id)
		if err != nil || len(open) != 1 || open[0].Root != b.Root || open[0].Chain != id {
			t.Fatalf("%d operations on chain %d, %v", len(open), id, err)
		}
		if o, err := s.BatchOperation(b.Number, id); err != nil || o.Number != open[0].Number {
			t.Errorf("operation %d anchors the batch on chain %d, want %d, %v", o.Number, id, open[0].Number, err)
		}
	}
	if all, err := s.BatchOperations(b.Number); err != nil || len(all) != 2 || all[0].Chain != 7 || all[1].Chain != 8 {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := s.BatchOperation(b.Number, 9); !errors.Is(err, ErrNotFound) {
		t.Errorf("a chain that the batch does not go to: %v", err)
	}
	if next := add(t, s, submission(99, 2)); next.Sequence != 7 {
		t.Errorf("sequence %d, want 7", next.Sequence)
	}
}

func TestUnknownFormat(t *testing.T) { eachEngine(t, testUnknownFormat) }

func testUnknownFormat(t *testing.T, at place) {
	s := at.open(t)
	if err := s.Update(func(tx *Tx) error { return tx.put(formatKey, format+1) }); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	e := at(t)
	if _, err := New(e); err == nil {
		t.Error("data of a later format was opened")
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// An update that fails leaves nothing behind.
func TestUpdateFails(t *testing.T) { eachEngine(t, testUpdateFails) }

func testUpdateFails(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	want := errors.New("no")
	err := s.Update(func(tx *Tx) error {
		if _, err := tx.AddOperation(&Operation{Kind: KindRetire, Issuer: verifier.Address{1}}); err != nil {
			return err
		}
		return want
	})
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
	if _, err := s.NewestOperation(0, verifier.Address{1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestOperations(t *testing.T) { eachEngine(t, testOperations) }

func testOperations(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	issuer := verifier.Address{5}
	var first, second Operation
	err := s.Update(func(tx *Tx) error {
		first = Operation{Kind: KindStatus, Chain: 7, Issuer: issuer, Version: 1}
		second = Operation{Kind: KindRetire, Chain: 7, Issuer: issuer, From: 9}
		if _, err := tx.AddOperation(&first); err != nil {
			return err
		}
		if newest, err := tx.NewestOperation(7, issuer); err != nil || newest.Number != first.Number {
			return fmt.Errorf("within the update: %+v, %w", newest, err)
		}
		_, err := tx.AddOperation(&second)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if newest, err := s.NewestOperation(7, issuer); err != nil || newest.From != 9 {
		t.Errorf("%+v, %v", newest, err)
	}
	first.Closed = true
	first.Attempts = []Attempt{{Nonce: 3, Raw: []byte{1, 2}, Hash: merkle.Hash{1}}}
	if err := s.Update(func(tx *Tx) error { return tx.PutOperation(&first) }); err != nil {
		t.Fatal(err)
	}
	list, err := s.OpenOperations(7)
	if err != nil || len(list) != 1 || list[0].Number != second.Number {
		t.Errorf("%d open, %v", len(list), err)
	}
	if got, err := s.Operation(first.Number); err != nil || got.Newest().Nonce != 3 || got.Newest().Hash != (merkle.Hash{1}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestStatusLists(t *testing.T) { eachEngine(t, testStatusLists) }

func testStatusLists(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	issuer := verifier.Address{5}
	lists := []StatusList{
		{Issuer: issuer, Version: 1, Root: merkle.Hash{1}, Count: 1},
		{Issuer: issuer, Version: 2, Root: merkle.Hash{2}, Count: 2},
		{Issuer: issuer, Version: 2, Root: merkle.Hash{3}, Count: 3}, // one of them lost the race for version 2
		{Issuer: issuer, Version: 3, Root: merkle.Hash{1}, Count: 1}, // back to the first list
		{Issuer: verifier.Address{6}, Version: 1, Root: merkle.Hash{4}},
	}
	err := s.Update(func(tx *Tx) error {
		for i := range lists {
			if err := tx.PutStatusList(&lists[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for root, want := range map[byte]uint64{1: 3, 2: 2, 3: 2} {
		if l, err := s.StatusListAt(issuer, merkle.Hash{root}); err != nil || l.Version != want {
			t.Errorf("root %d: %+v, %v", root, l, err)
		}
	}
	if _, err := s.StatusListAt(issuer, merkle.Hash{4}); !errors.Is(err, ErrNotFound) {
		t.Errorf("another issuer's list: %v", err)
	}
	var all []StatusList
	for page := lists; len(page) > 0; all = append(all, page...) {
		var after StatusList
		if len(all) > 0 {
			after = all[len(all)-1]
		}
		if page, err = s.StatusLists(after, 2); err != nil || len(page) > 2 {
			t.Fatalf("after %+v: %d lists, %v", after, len(page), err)
		}
	}
	if !slices.Equal(all, lists) {
		t.Errorf("all lists, two at a time: %+v", all)
	}
}

// The power fails at random moments while several clients submit, on a file system
// that forgets what was not synced, wholly or in part. What was acknowledged is
// there afterwards, complete, and the sequence has no hole.
func TestPowerFails(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	fs := vfs.NewCrashableMem()
	acknowledged := map[merkle.Hash]*publish.Submission{}
	next := uint64(0)
	for round := range 12 {
		s := open(t, "data", Options{FS: fs})
		for id, sub := range acknowledged {
			r, err := s.Submission(id)
			if err != nil {
				t.Fatalf("round %d: submission %s is lost: %v", round, id, err)
			}
			if got, err := s.Leaves(&r); err != nil || !slices.Equal(got, sub.Leaves) {
				t.Fatalf("round %d: leaves of %s are lost: %v", round, id, err)
			}
			if found, err := s.WithLeaf(sub.Leaves[0]); err != nil || len(found) != 1 {
				t.Fatalf("round %d: %s is not found by its leaf: %v", round, id, err)
			}
		}
		for sequence := uint64(1); sequence <= accepted(t, s); sequence++ {
			if _, err := s.SubmissionAt(sequence); err != nil {
				t.Fatalf("round %d: submission %d of %d: %v", round, sequence, accepted(t, s), err)
			}
		}
		if sealed, err := s.Sealed(); err != nil {
			t.Fatal(err)
		} else if accepted(t, s) > sealed && round%2 == 1 {
			seal(t, s, sealed+1, accepted(t, s))
		}

		var mu sync.Mutex // guards acknowledged, and with it the moment of the failure
		var wg sync.WaitGroup
		total, failAt := 40, 1+random.IntN(40)
		var failed *vfs.MemFS
		done := 0
		for worker := range 4 {
			wg.Go(func() {
				for i := range total / 4 {
					// Two workers at a time send the same one: both acknowledgements count.
					sub := submission(next+uint64(worker/2*total+i), 1+(worker/2*total+i)%40*50+i/9*LargeLeaves)
					_, _, err := receive(s, sub)
					mu.Lock()
					if err != nil {
						t.Error(err)
					}
					if failed == nil {
						acknowledged[sub.ID()] = sub
						if done++; done == failAt {
							failed = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: random.IntN(2) * 50, RNG: random})
						}
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		next += 1000
		closeStore(t, s)
		fs = failed
	}
	if len(acknowledged) < 12 {
		t.Errorf("only %d were acknowledged", len(acknowledged))
	}
}

// What a credential costs on disk, all in all, once compacted.
func TestDiskUsage(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 20 MB")
	}
	for _, size := range []int{1024, 1025, 40_000, 200_000} {
		dir := t.TempDir()
		s := open(t, dir, Options{})
		total := 0
		for seed := uint64(0); total < 200_000; seed++ {
			add(t, s, submission(seed, size))
			total += size
		}
		seal(t, s, 1, accepted(t, s))
		if err := s.Folder().Compact(context.Background()); err != nil {
			t.Fatal(err)
		}
		// Opened again, it has only what it needs: no log of earlier writes, whose
		// size does not depend on how much is stored.
		closeStore(t, s)
		s = open(t, dir, Options{})
		used := float64(usage(t, s)) / float64(total)
		t.Logf("%d leaves a submission: %.1f bytes a credential", size, used)
		if used > 80 {
			t.Errorf("%d leaves a submission: %.1f bytes a credential, at most 80 are wanted", size, used)
		}
		closeStore(t, s)
	}
}

func BenchmarkAddSubmission(b *testing.B) {
	for _, size := range []int{1, 1024, LargeLeaves - 1} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := open(b, b.TempDir(), Options{})
			defer closeStore(b, s)
			var mu sync.Mutex
			seed := uint64(0)
			base := submission(0, size)
			tree := treeOf(base)
			b.SetParallelism(16)
			b.ResetTimer()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					mu.Lock()
					seed++
					sub := *base
					sub.IssuedAt = seed
					mu.Unlock()
					if _, _, err := s.AddSubmission(sub.ID(), &sub, tree, new(Quota)); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "leaves/s")
		})
	}
}
