package store

import (
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// fullDisk has no room for the log from some moment on, until a file is removed.
type fullDisk struct {
	vfs.FS
	full atomic.Bool
}

func (d *fullDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	if err != nil || filepath.Ext(name) != ".log" {
		return f, err
	}
	return &fullFile{f, d}, nil
}

func (d *fullDisk) Remove(name string) error {
	d.full.Store(false)
	return d.FS.Remove(name)
}

type fullFile struct {
	vfs.File
	disk *fullDisk
}

func (f *fullFile) Write(p []byte) (int, error) {
	if f.disk.full.Load() {
		return 0, syscall.ENOSPC
	}
	return f.File.Write(p)
}

// A disk that is suddenly full costs the ballast, and not the process; once there is
// room the ballast is taken again.
func TestBallast(t *testing.T) {
	disk := &fullDisk{FS: vfs.NewMem()}
	s := open(t, "data", Options{FS: disk, Ballast: 1 << 20, Fatal: func(reason string) { panic(reason) }})
	there := func() bool {
		_, err := disk.Stat("data/ballast")
		return err == nil
	}
	for round := range uint64(2) {
		if !there() {
			t.Fatal("no ballast is kept")
		}
		disk.full.Store(true)
		add(t, s, submission(round, 3))
		if there() {
			t.Error("the ballast is kept though the disk is full")
		}
		if err := s.Folder().KeepBallast(); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
}
