package store

import (
	"errors"
	"io/fs"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/merkle"
)

// A checkpoint that is taken while submissions come in opens, and holds all that
// were acknowledged before it and no gap.
func TestCheckpoint(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	const before = 20
	for i := range before {
		add(t, s, submission(uint64(i), 1+i*100))
	}
	seal(t, s, 1, 10)
	started, stop := make(chan struct{}), make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() {
		for i := uint64(before); ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			add(t, s, submission(i, 3))
			if i == before {
				close(started)
			}
		}
	})
	<-started
	dir := filepath.Join(t.TempDir(), "checkpoint")
	if err := s.Folder().Checkpoint(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Folder().Checkpoint(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second checkpoint at the same place: %v, want one that exists", err)
	}
	close(stop)
	load.Wait()
	total := accepted(t, s)
	closeStore(t, s)

	c := open(t, dir, Options{ReadOnly: true})
	defer closeStore(t, c)
	n := accepted(t, c)
	if n <= before || n > total {
		t.Fatalf("%d submissions in the checkpoint, want more than %d and at most %d", n, before, total)
	}
	for i := uint64(1); i <= n; i++ {
		r, err := c.SubmissionAt(i)
		if err != nil {
			t.Fatalf("submission %d: %v", i, err)
		}
		leaves, err := c.Leaves(&r)
		if err != nil {
			t.Fatalf("submission %d: %v", i, err)
		}
		// The seed of a submission is the sequence number less one.
		want := submission(i-1, len(leaves))
		if want.Root != r.Root {
			t.Errorf("submission %d is not what was added: %+v", i, r)
		}
	}
	if last, err := c.LastBatch(); err != nil || last != 1 {
		t.Errorf("last batch %d, %v, want 1", last, err)
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	closeStore(t, s)
	closeStore(t, open(t, dir, Options{}))
}

func TestReadOnly(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none"), Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	dir := t.TempDir()
	s := open(t, dir, Options{})
	add(t, s, submission(1, 5))
	closeStore(t, s)
	s = open(t, dir, Options{ReadOnly: true})
	defer closeStore(t, s)
	if sub := submission(2, 5); try(s, sub) == nil {
		t.Error("a store opened for reading took a submission")
	}
	if err := s.Update(func(tx *Tx) error { return tx.PutChain(&Chain{Chain: 5}) }); err == nil {
		t.Error("a store opened for reading took a change")
	}
	if accepted(t, s) != 1 {
		t.Errorf("%d submissions, want 1", accepted(t, s))
	}
}

// A folder that a crash left opens for reading, also while the last that was ingested is
// known to the log alone.
func TestReadOnlyAfterCrash(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := open(t, "data", Options{FS: fs})
	small, large := submission(1, 5), submission(2, LargeLeaves)
	add(t, s, small)
	add(t, s, large)
	crashed := fs.CrashClone(vfs.CrashCloneCfg{})
	closeStore(t, s)
	s = open(t, "data", Options{FS: crashed, ReadOnly: true})
	defer closeStore(t, s)
	for i, leaf := range []merkle.Hash{small.Leaves[4], large.Leaves[LargeLeaves-1]} {
		found, err := s.WithLeaf(leaf)
		if err != nil || len(found) != 1 || found[0].Sequence != uint64(i+1) {
			t.Errorf("submission %d: %d found, %v", i+1, len(found), err)
		}
	}
	wantSound(t, s)
}
