package pebblekv

import (
	"errors"
	"log/slog"
	"os"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ballast is a file that only reserves room. It is removed once the disk is full, so that the
// log can still be written until the node notices and stops: Pebble ends the process if it
// cannot write its log. Pebble ignores the name of the file.
type ballast struct {
	fs   vfs.FS
	path string
	size int64
	log  *slog.Logger

	mu   sync.Mutex
	kept bool // the file is there
}

// release makes room.
func (b *ballast) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.kept {
		return
	}
	b.kept = false
	err := b.fs.Remove(b.path)
	b.log.Error("the disk of the data folder is full; the last reserve is used, and the node stops writing", "bytes", b.size, "err", err)
}

// keep takes the room again. That there is none is no error.
func (b *ballast) keep() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept || b.size == 0 {
		return nil
	}
	f, err := b.fs.Create(b.path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Preallocate(0, b.size), f.Close()); err != nil {
		b.log.Debug("there is no room for a last reserve", "bytes", b.size, "err", err)
		if err := b.fs.Remove(b.path); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	b.kept = true
	return nil
}

// KeepBallast takes room on the disk for [Options.Ballast] if it was given up. Call
// it while there is enough.
func (f *Folder) KeepBallast() error { return f.ballast.keep() }
