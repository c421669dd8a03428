package store

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/verifier"
)

// gatedDisk syncs a log when it may.
type gatedDisk struct {
	vfs.FS
	gate chan struct{} // closed: it may
}

func (d *gatedDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	if err != nil || filepath.Ext(name) != ".log" {
		return f, err
	}
	return &gatedFile{f, d}, nil
}

type gatedFile struct {
	vfs.File
	disk *gatedDisk
}

func (f *gatedFile) SyncData() error {
	<-f.disk.gate
	return f.File.SyncData()
}

// An update can be seen before it is on disk. From before that until it is, its version
// is not settled, and it is another one afterwards.
func TestVersion(t *testing.T) {
	gate := make(chan struct{})
	close(gate)
	disk := &gatedDisk{vfs.NewMem(), gate}
	s := open(t, "data", Options{FS: disk})
	defer closeStore(t, s)
	const chain, batch = verifier.ChainID(1), 7
	issuer, other := verifier.Address{1, 2, 3}, verifier.Address{9}
	put := func(tx *Tx) error {
		for _, of := range []verifier.Address{issuer, other} { // both are of the batch
			if err := tx.PutEvidence(chain, batch, of, &Evidence{Number: 5}); err != nil {
				return err
			}
		}
		return tx.SetChanged(chain, issuer, 5)
	}
	settled := func(batch uint64, issuer verifier.Address) uint64 {
		t.Helper()
		version, settled := s.Version(batch, issuer)
		if !settled {
			t.Errorf("version %d of batch %d and %s is not settled", version, batch, issuer)
		}
		return version
	}
	before, beside := settled(batch, issuer), settled(batch+1, other)
	disk.gate = make(chan struct{})
	done := make(chan error, 1)
	go func() { done <- s.Update(put) }()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, err := s.Evidence(chain, batch, issuer); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("an update that waits for the disk is not seen")
		}
	}
	for _, of := range []verifier.Address{issuer, other} {
		if version, settled := s.Version(batch, of); settled {
			t.Errorf("version %d while an update is under way", version)
		}
	}
	if got := settled(batch+1, other); got != beside {
		t.Errorf("version %d of another batch and issuer, was %d", got, beside)
	}
	close(disk.gate)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if after := settled(batch, issuer); after == before {
		t.Errorf("version %d as before the update", after)
	}
	before, beside = settled(batch, issuer), settled(batch+1, issuer)
	if err := s.Update(func(tx *Tx) error { return tx.ForgetChanges(chain, 3) }); err != nil {
		t.Fatal(err)
	}
	if settled(batch, issuer) == before || settled(batch+1, issuer) == beside {
		t.Error("the versions as before a change was taken back")
	}
	beside = settled(batch+1, other)
	if err := s.Update(func(tx *Tx) error { return tx.PutOperation(&Operation{Number: 1, Kind: KindAnchor, Batch: batch + 1}) }); err != nil {
		t.Fatal(err)
	}
	if after := settled(batch+1, other); after == beside {
		t.Errorf("version %d as before an operation", after)
	}
}

// A version is settled again after an update that was run twice, or failed, and grows with what
// other processes change.
func TestVersionAgain(t *testing.T) {
	changes := &changing{Engine: newOther(t)(t)}
	s, err := New(changes)
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	last, settled := s.Version(7, verifier.Address{1})
	grown := func(what string, update error, want bool) {
		t.Helper()
		if (update == nil) != want {
			t.Errorf("%s: %v", what, update)
		}
		now, settled := s.Version(7, verifier.Address{1})
		if now <= last || !settled {
			t.Errorf("%s: version %d, settled %v, before %d", what, now, settled, last)
		}
		last = now
	}
	if !settled {
		t.Error("a new store is not settled")
	}
	put := func(tx *Tx) error {
		return errors.Join(tx.PutEvidence(1, 7, verifier.Address{1}, &Evidence{}), tx.SetChanged(1, verifier.Address{1}, 5))
	}
	grown("an update", s.Update(put), true)
	changes.fails = errors.New("the connection broke")
	grown("an update of which nobody knows", s.Update(put), false)
	changes.fails = nil
	changes.others++
	grown("an update by others", nil, true)
}

// changing is an engine that others change.
type changing struct {
	kv.Engine

	others uint64
	fails  error // what updates return that were made
}

func (c *changing) Changes() uint64 { return c.others }

func (c *changing) Update(change func(kv.Tx) error, held ...kv.Lease) error {
	return errors.Join(c.Engine.Update(change, held...), c.fails)
}
