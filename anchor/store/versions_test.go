package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

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
