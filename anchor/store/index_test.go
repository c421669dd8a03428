package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Paths from stored pages are those of the tree in memory, for every shape of tree
// and wherever pages end.
func TestPath(t *testing.T) { eachEngine(t, testPath) }

func testPath(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	sizes := []int{127, 128, 129, 255, 256, 257, 1023, 1024, 1025, 2048, 4095, 4096, 4097, 6000, 8192, 8193, 40_000, 70_000}
	for n := 1; n <= 70; n++ {
		sizes = append(sizes, n)
	}
	for i, n := range sizes {
		sub := submission(uint64(i), n)
		tree := treeOf(sub)
		r := add(t, s, sub)
		step := 1
		if n > 2100 {
			step = 97
		}
		for at := 0; at < n; at += step {
			f, found, err := s.Find(merkle.Hash{}, &r, sub.Leaves[at])
			if err != nil || !found || f.At != at {
				t.Fatalf("%d leaves: leaf %d found at %d: %v, %v", n, at, f.At, found, err)
			}
			for _, f := range []*Found{&f, {Submission: r, At: at}} {
				path, err := s.Path(f)
				if err != nil || !slices.Equal(path, tree.Path(at)) {
					t.Fatalf("%d leaves: another path of leaf %d: %v", n, at, err)
				}
			}
		}
		if _, found, err := s.Find(merkle.Hash{}, &r, merkle.Hash{7}); err != nil || found {
			t.Errorf("%d leaves: a leaf that is not there: %v, %v", n, found, err)
		}
		if _, err := s.Path(&Found{Submission: r, At: n}); err == nil {
			t.Errorf("%d leaves: a path of leaf %d", n, n)
		}
		if got, err := s.Leaves(&r); err != nil || !slices.Equal(got, sub.Leaves) {
			t.Errorf("%d leaves: other leaves: %v", n, err)
		}
	}
	seal(t, s, 1, accepted(t, s))
	b, err := s.Batch(1)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := s.BatchIDs(&b)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := merkle.FromSorted(ids)
	if err != nil || tree.Root() != b.Root {
		t.Fatal("another root", err)
	}
	for i, id := range ids {
		if path, err := s.BatchPath(&b, id); err != nil || !slices.Equal(path, tree.Path(i)) {
			t.Errorf("another path of submission %s: %v", id, err)
		}
	}
	if _, err := s.BatchPath(&b, merkle.Hash{1}); err == nil {
		t.Error("a path of a submission that is not in the batch")
	}
	wantSound(t, s)
}

// hostile makes a submission of leaves that are no hashes: many begin alike.
func hostile(seed byte, count int, prefix []byte) *publish.Submission {
	s := &publish.Submission{Issuer: verifier.Address{seed}, Home: verifier.Home{Chain: 1}, IssuedAt: uint64(seed), Count: uint64(count)}
	for i := range count {
		leaf := merkle.Hash{31: 1}
		copy(leaf[:], prefix)
		binary.BigEndian.PutUint32(leaf[20:], uint32(i))
		leaf[30] = seed
		s.Leaves = append(s.Leaves, leaf)
	}
	s.Root = treeOf(s).Root()
	return s
}

// Leaves are found by whoever submitted them first, also after opening again, and also
// leaves that somebody chose to begin like another's.
func TestIndex(t *testing.T) { eachEngine(t, testIndex) }

func testIndex(t *testing.T, at place) {
	s := at.open(t)
	prefix := bytes.Repeat([]byte{0x55}, 8)
	var subs []*publish.Submission
	for i := range 40 {
		sub := submission(uint64(i), 1000+i%7*300)
		switch {
		case i == 0:
			sub = submission(0, 40_000)
		case i%20 == 15:
			sub = hostile(byte(i), 40_000, prefix)
		case i%10 == 5:
			sub = hostile(byte(i), 3000, prefix)
		case i%10 == 6: // some of their leaves are those of an earlier one
			sub = hostile(byte(i-1), 2000, prefix)
			sub.IssuedAt++
		}
		subs = append(subs, sub)
		add(t, s, sub)
		check := func(j, at int) {
			t.Helper()
			found, err := s.WithLeaf(subs[j].Leaves[at])
			if err != nil {
				t.Fatal(err)
			}
			first := j
			if j%10 == 6 {
				first = j - 1 // that has it too, and was earlier
			}
			if len(found) == 0 || found[0].Sequence != uint64(first+1) || found[0].At != at {
				t.Fatalf("leaf %d of submission %d is found in %+v", at, j+1, found)
			}
		}
		for j := range subs {
			n := len(subs[j].Leaves)
			check(j, (i*31)%n)
			check(j, n-1)
		}
	}
	absent := append(slices.Clone(prefix), make([]byte, 24)...)
	if found, err := s.WithLeaf(merkle.Hash(absent)); err != nil || len(found) > 0 {
		t.Errorf("a leaf that is not there: %d found, %v", len(found), err)
	}
	closeStore(t, s)
	s = at.open(t)
	defer closeStore(t, s)
	wantSound(t, s)
	for i, sub := range subs {
		found, err := s.WithLeaf(sub.Leaves[900])
		if err != nil || len(found) == 0 || found[0].Issuer != sub.Issuer {
			t.Errorf("submission %d: %d found, %v", i+1, len(found), err)
		}
	}
}

// Nobody hides a leaf behind others that begin like it.
func TestCrowdedIndex(t *testing.T) { eachEngine(t, testCrowdedIndex) }

func testCrowdedIndex(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	prefix := bytes.Repeat([]byte{0x55}, 8)
	first, second := hostile(1, 2, prefix), hostile(2, LargeLeaves, prefix)
	add(t, s, first)
	add(t, s, second)
	for i := range maxCandidates + 10 {
		sub := hostile(3, 2, prefix)
		sub.IssuedAt = uint64(i)
		add(t, s, sub)
	}
	for i, sub := range []*publish.Submission{first, second} {
		found, err := s.WithLeaf(sub.Leaves[1])
		if err != nil || len(found) != 1 || found[0].Sequence != uint64(i+1) || found[0].At != 1 {
			t.Errorf("submission %d: %+v, %v", i+1, found, err)
		}
	}
}

// Leaves that do not ascend are told from a disk that does not write.
func TestDisorder(t *testing.T) { eachEngine(t, testDisorder) }

func testDisorder(t *testing.T, at place) {
	s := at.open(t)
	defer closeStore(t, s)
	for i := range 20 {
		sub := submission(1, LargeLeaves)
		sub.Leaves[i], sub.Leaves[i+1] = sub.Leaves[i+1], sub.Leaves[i]
		if _, _, err := receiveInPieces(s, sub); !errors.Is(err, merkle.ErrUnsorted) {
			t.Errorf("%v, want %v", err, merkle.ErrUnsorted)
		}
	}
}

// What a crash leaves of a submission that was arriving is neither found nor kept.
func TestOrphans(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := open(t, "data", Options{FS: fs})
	kept, lost := submission(1, LargeLeaves), submission(2, 2*LargeLeaves)
	add(t, s, kept)
	in, err := s.Receive(len(lost.Leaves))
	if err != nil {
		t.Fatal(err)
	}
	for block := range slices.Chunk(lost.Leaves, publish.MaxBlockLeaves) {
		if err := in.Append(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.finish(); err != nil {
		t.Fatal(err)
	}
	crash := errors.New("the process ends when the leaves are in, and before the record is")
	_, _, err = s.engine.Append(kv.Entry{ID: []byte("s"), Bulk: in.bulk, Put: func(kv.Writer, uint64) error { return crash }})
	if !errors.Is(err, crash) {
		t.Fatal(err)
	}
	if found, err := s.WithLeaf(lost.Leaves[5]); err != nil || len(found) > 0 {
		t.Errorf("a leaf that is not accepted: %d found, %v", len(found), err)
	}
	c := newChecker(t.Context(), s, nil)
	if n, err := c.count('x'); err != nil || n != uint64(len(kept.Leaves)+len(lost.Leaves)) {
		t.Fatalf("%d entries, %v", n, err)
	}
	crashed := fs.CrashClone(vfs.CrashCloneCfg{})
	closeStore(t, s)
	s = open(t, "data", Options{FS: crashed})
	defer closeStore(t, s)
	wantSound(t, s)
	if n := add(t, s, lost); n.Sequence != 2 {
		t.Errorf("sequence %d", n.Sequence)
	}
	wantSound(t, s)
}

// wantSound lets the checker look for damage; submissions here have no signatures and
// no chains.
func wantSound(t *testing.T, s *Store) {
	t.Helper()
	c := newChecker(t.Context(), s, func(d Damage) {
		if !strings.Contains(d.What, "signature") {
			t.Error(d)
		}
	})
	for _, step := range []func() error{c.keys, c.blocks, c.submissions, c.ids, c.leafIndex, c.trees, c.batches} {
		if err := step(); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkWithLeaf(b *testing.B) {
	for _, size := range []int{1024, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := open(b, b.TempDir(), Options{})
			defer closeStore(b, s)
			var all []*publish.Submission
			for i := range max(4, 1<<18/size) {
				all = append(all, submission(uint64(i), size))
				add(b, s, all[i])
			}
			if err := s.Folder().Compact(context.Background()); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for i := range b.N {
				sub := all[i%len(all)]
				found, err := s.WithLeaf(sub.Leaves[i*7919%size])
				if err != nil || len(found) != 1 {
					b.Fatal(len(found), err)
				}
				if _, err := s.Path(&found[0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
