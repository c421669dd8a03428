package pebblekv

import (
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// logAhead is how many bytes of a log file are on disk ahead of its end.
const logAhead = 1 << 20

// logFS writes Pebble's log over zeros that are on disk already, as PostgreSQL does.
// A sync of the log then has to bring data to blocks that the file has, and nothing
// else. This is not only faster: ext4, when it gives up its journal after an error,
// may report as synced what it wrote to new blocks (or to those that fallocate
// reserves) and could not note down as written; after a check of the disk such a
// block reads as zeros. Pebble takes the zeros after the end for what they are, since
// each sync leaves in the log how far it came.
type logFS struct{ vfs.FS }

// Unwrap implements vfs.FS.
func (fs logFS) Unwrap() vfs.FS { return fs.FS }

// Create implements vfs.FS.
func (fs logFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := fs.FS.Create(name, category)
	if err != nil || filepath.Ext(name) != ".log" {
		return f, err
	}
	return &logFile{File: f}, nil
}

// ReuseForWrite implements vfs.FS. An old log is full of what may be written over.
func (fs logFS) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := fs.FS.ReuseForWrite(from, to, category)
	if err != nil || filepath.Ext(to) != ".log" {
		return f, err
	}
	info, err := f.Stat()
	if err != nil {
		return f, err
	}
	return &logFile{File: f, ready: info.Size() - info.Size()%logAhead}, nil
}

// logFile is a log that is being written. It is for one goroutine, but for syncs.
type logFile struct {
	vfs.File
	end   int64 // where the next write goes
	ready int64 // up to here the file is on disk
}

var zeros [logAhead]byte

func (f *logFile) Write(p []byte) (int, error) {
	for f.end+int64(len(p)) > f.ready {
		if err := f.extend(); err != nil {
			return 0, err
		}
	}
	n, err := f.File.Write(p)
	f.end += int64(n)
	return n, err
}

// Preallocate does nothing: what is reserved only is not on disk.
func (f *logFile) Preallocate(int64, int64) error { return nil }

// extend brings more of the file to disk. The sync of a last piece after the rest
// shows that the file system noted the rest as written: it could not have got the
// blocks for that piece without its journal.
func (f *logFile) extend() error {
	const last = 4096
	for _, piece := range [][2]int64{{f.ready, logAhead}, {f.ready + logAhead, last}} {
		if _, err := f.WriteAt(zeros[:piece[1]], piece[0]); err != nil {
			return err
		}
		if err := f.SyncData(); err != nil {
			return err
		}
	}
	f.ready += logAhead
	return nil
}
