package store_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/anchor/store/postgres"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet/engines"
	"github.com/hallmark-node/hallmark/verifier"
)

// grown is a submission that intake would have verified; nothing here looks at the signature.
func grown(t *testing.T, seed uint64, count int) (*publish.Submission, *merkle.Tree) {
	t.Helper()
	s := &publish.Submission{Issuer: verifier.Address{byte(seed)}, Home: verifier.Home{Chain: 1}, IssuedAt: seed, Count: uint64(count)}
	for i := range count {
		s.Leaves = append(s.Leaves, merkle.Keccak256([]byte{byte(seed), byte(i), byte(i >> 8), byte(i >> 16)}))
	}
	slices.SortFunc(s.Leaves, merkle.Compare)
	tree, err := merkle.FromSorted(s.Leaves)
	if err != nil {
		t.Fatal(err)
	}
	s.Root = tree.Root()
	return s, tree
}

// fill adds submissions of all sizes and seals them.
func fill(t *testing.T, s *store.Store, seed uint64) {
	t.Helper()
	var list []store.Submission
	for _, count := range []int{1, 3, 200, store.LargeLeaves + 1000, 2, publish.MaxBlockLeaves + 7, 1} {
		seed++
		sub, tree := grown(t, seed, count)
		var r store.Submission
		var err error
		if count < store.LargeLeaves {
			r, _, err = s.AddSubmission(sub.ID(), sub, tree, nil)
		} else {
			r, err = arrive(s, sub)
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	draft, err := s.Draft(list)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(func(tx *store.Tx) error {
		if err := tx.PutChain(&store.Chain{Chain: 1, Genesis: merkle.Hash{byte(seed)}}); err != nil {
			return err
		}
		if err := tx.PutShare(&store.Share{CID: []byte{1}, Size: 20_000}, make([]byte, 20_000)); err != nil {
			return err
		}
		_, err := tx.Seal(draft, []verifier.ChainID{1}, time.Now().UnixMilli())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func arrive(s *store.Store, sub *publish.Submission) (r store.Submission, err error) {
	in, err := s.Receive(len(sub.Leaves))
	if err != nil {
		return r, err
	}
	defer in.Discard()
	for block := range slices.Chunk(sub.Leaves, publish.MaxBlockLeaves) {
		if err := in.Append(block); err != nil {
			return r, err
		}
	}
	if _, err := in.Root(); err != nil {
		return r, err
	}
	r, _, err = s.AddIncoming(sub.ID(), sub, in, nil)
	return r, err
}

func folder(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func database(t *testing.T) *store.Store {
	t.Helper()
	s3 := engines.StartVersity(t)
	engine, err := postgres.Open(t.Context(), engines.StartPostgres(t).Database(t), s3.Bucket(t), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.New(engine)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// copyAll copies in many runs, each of which is interrupted.
func copyAll(t *testing.T, from, to *store.Store) {
	t.Helper()
	for runs := 1; ; runs++ {
		ctx, cancel := context.WithCancel(t.Context())
		err := from.CopyTo(ctx, to, func(store.Copied) { cancel() })
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) || runs > 100 {
			t.Fatal(err)
		}
		if incomplete, err := to.Incomplete(); err != nil || !incomplete {
			t.Fatalf("after %d runs it is not known to be incomplete: %v", runs, err)
		}
	}
	if err := to.CopyDone(); err != nil {
		t.Fatal(err)
	}
}

// same checks that what a node says from one store it says from the other.
func same(t *testing.T, a, b *store.Store) {
	t.Helper()
	checked := make([]store.Checked, 2)
	for i, s := range []*store.Store{a, b} {
		var err error
		if checked[i], err = s.Check(t.Context(), func(d store.Damage) {
			if d.Where != "share of "+(&store.Share{CID: []byte{1}}).Leaf().String() {
				return // the signatures are not real
			}
			t.Errorf("%s", d)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if checked[0] != checked[1] {
		t.Errorf("%+v was copied to %+v", checked[0], checked[1])
	}
	last, err := a.Accepted()
	if err != nil {
		t.Fatal(err)
	}
	for n := uint64(1); n <= last; n++ {
		x, err := a.SubmissionAt(n)
		if err != nil {
			t.Fatal(err)
		}
		leaves, err := a.Leaves(&x)
		if err != nil {
			t.Fatal(err)
		}
		for _, leaf := range []merkle.Hash{leaves[0], leaves[len(leaves)/2], leaves[len(leaves)-1]} {
			if got, want := proven(t, b, leaf), proven(t, a, leaf); !slices.Equal(got, want) {
				t.Errorf("submission %d: the path is %v, not %v", n, got, want)
			}
		}
	}
	batch, err := a.Batch(1)
	if err != nil {
		t.Fatal(err)
	}
	if copied, err := b.Batch(1); err != nil || !reflect.DeepEqual(copied, batch) {
		t.Errorf("the batch is %+v, not %+v (%v)", copied, batch, err)
	}
	if _, err := b.Block(batch.Manifest); err != nil {
		t.Errorf("its manifest: %v", err)
	}
}

// proven returns the path of a leaf up to the root of its batch.
func proven(t *testing.T, s *store.Store, leaf merkle.Hash) []merkle.Hash {
	t.Helper()
	found, err := s.WithLeaf(leaf)
	if err != nil || len(found) != 1 {
		t.Fatalf("leaf %s is in %d submissions: %v", leaf, len(found), err)
	}
	path, err := s.Path(&found[0])
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.BatchOf(found[0].Sequence)
	if err != nil {
		t.Fatal(err)
	}
	above, err := s.BatchPath(&b, found[0].ID())
	if err != nil {
		t.Fatal(err)
	}
	return append(path, above...)
}

// A node is copied to the other engine and back, however often it is interrupted, and goes on
// there. It is not mixed with another one.
func TestCopy(t *testing.T) {
	from := folder(t)
	fill(t, from, 0)
	middle, back := database(t), folder(t)
	copyAll(t, from, middle)
	same(t, from, middle)
	copyAll(t, middle, back)
	same(t, from, back)

	sub, tree := grown(t, 99, 2)
	for name, s := range map[string]*store.Store{"database": middle, "folder": back} {
		if r, added, err := s.AddSubmission(sub.ID(), sub, tree, nil); err != nil || !added || r.Sequence != 8 {
			t.Errorf("%s: the next submission is number %d, added %t, %v", name, r.Sequence, added, err)
		}
	}

	other := folder(t)
	fill(t, other, 100)
	if err := from.CopyTo(t.Context(), other, func(store.Copied) {}); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("into another node: %v", err)
	}
	half := folder(t)
	ctx, cancel := context.WithCancel(t.Context())
	if err := from.CopyTo(ctx, half, func(store.Copied) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := other.CopyTo(t.Context(), half, func(store.Copied) {}); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("into the copy of another node that was interrupted: %v", err)
	}
}
