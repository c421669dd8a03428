package store

import (
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/anchor/publish"
)

// dyingDisk fails one sync of the log and from then on says that all is well while
// it keeps nothing, as Linux did after a failed fsync.
type dyingDisk struct {
	vfs.FS
	mu   sync.Mutex
	left int // syncs of the log until it fails
}

func (d *dyingDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	if err != nil || filepath.Ext(name) != ".log" {
		return f, err
	}
	return &dyingFile{f, d}, nil
}

type dyingFile struct {
	vfs.File
	disk *dyingDisk
}

func (f *dyingFile) SyncData() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.disk.left--
	switch {
	case f.disk.left > 0:
		return f.File.SyncData()
	case f.disk.left == 0:
		return syscall.EIO
	}
	return nil
}

// After a failed sync of the log nothing is acknowledged any more, in no way: neither
// to who submits, nor to who submits the same again, nor to who asks for it. Instead
// the process ends.
func TestFailedSync(t *testing.T) {
	for failing := 8; failing < 32; failing += 2 {
		memory := vfs.NewCrashableMem()
		deaths := make(chan string, 1000)
		s := open(t, "data", Options{FS: &dyingDisk{FS: memory, left: failing}, Fatal: func(reason string) {
			deaths <- reason
			select {} // as good as dead
		}})
		var mu sync.Mutex // guards all that follows
		var handed []*publish.Submission
		acknowledged := make(map[*publish.Submission]bool)
		died := false
		for worker := range uint64(4) {
			go func() {
				for i := uint64(1); ; i++ {
					sub := submission(worker/2<<32|i, 3) // two hand in the same
					mu.Lock()
					handed = append(handed, sub)
					end := died
					mu.Unlock()
					if end {
						return
					}
					err := try(s, sub)
					mu.Lock()
					acknowledged[sub] = acknowledged[sub] || err == nil
					mu.Unlock()
				}
			}()
		}
		<-deaths
		mu.Lock()
		died = true
		ask := slices.Clone(handed)
		mu.Unlock()
		lost := 0
		for i, sub := range ask {
			answer := make(chan error, 1)
			go func() {
				if i%2 == 0 {
					_, err := s.Submission(sub.ID())
					answer <- err
					return
				}
				found, err := s.WithLeaf(sub.Leaves[0])
				if err == nil && len(found) == 0 {
					err = ErrNotFound
				}
				answer <- err
			}()
			select {
			case err := <-answer:
				mu.Lock()
				acknowledged[sub] = acknowledged[sub] || err == nil
				mu.Unlock()
			case <-deaths:
				lost++
			}
		}
		after := open(t, "data", Options{FS: memory.CrashClone(vfs.CrashCloneCfg{})})
		mu.Lock()
		for sub, said := range acknowledged {
			if _, err := after.Submission(sub.ID()); said && err != nil {
				t.Errorf("sync %d fails: submission %d is acknowledged and lost: %v", failing, sub.IssuedAt, err)
			}
		}
		mu.Unlock()
		if lost == 0 {
			t.Errorf("sync %d fails, and nothing was on its way that could have been lost", failing)
		}
		closeStore(t, after)
	}
}
