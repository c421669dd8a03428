package role

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	diskInterval = 2 * time.Second
	diskSilence  = 30 * time.Second // a disk that has not answered for so long has failed

	// leafBytes is what a leaf takes on disk at most, in the log and in its final
	// place, with its index.
	leafBytes = 256

	// While more than this is free beyond the reserve, intake goes by the last look.
	// Should another program take it before the next one, the reserve is there, and the
	// ballast.
	plenty = 16 << 30

	// The pipeline writes little, and goes on in the part of the reserve that intake
	// leaves it; in the last quarter it stops too, since the store ends the process
	// if its log cannot be written.
	pipelineShare = 4

	// Another program may take the last byte between two looks. Then the store gives up so
	// much of the reserve, of which it holds a file: too little for the pipeline to go on.
	ballastShare = 2 * pipelineShare
)

// Disk looks at a node's data folder now and then, so that the node stops writing
// before the store has to fail, and goes on by itself when there is room again. Its
// methods may be called by many goroutines.
type Disk struct {
	folder  string
	reserve uint64 // bytes that intake leaves free
	opened  os.FileInfo

	// Set before the watch is shared.
	Whole func() error           // called after looks that find enough room; nil: nothing is
	Free  func() (uint64, error) // bytes that the node may still write; other in tests
	probe func() error           // writes something and takes it away again; other in tests

	promised atomic.Uint64 // bytes that submissions under way may still write

	looking sync.Mutex // held during a look: the newest one began last, and no other takes its probe away

	mu     sync.Mutex
	looked time.Time // when the last look ended
	left   uint64    // free bytes then
	fault  error     // what was wrong then: wraps ErrDiskFull or ErrDisk
}

// Ballast returns how many bytes of a reserve the store is to hold in a file.
func Ballast(reserve uint64) int64 { return int64(reserve / ballastShare) }

// NewDisk watches a folder, of whose disk intake leaves reserve bytes free. It takes the
// first look; [Disk.Run] takes the others. The folder must exist.
func NewDisk(folder string, reserve uint64) (*Disk, error) {
	opened, err := os.Stat(folder)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	w := &Disk{folder: folder, reserve: reserve, opened: opened}
	w.Free, w.probe = w.statFree, w.writeProbe
	w.Look()
	return w, nil
}

// NoDisk is the watch on a store that is in no folder, which says itself when it is full.
func NoDisk() *Disk {
	w := &Disk{Free: func() (uint64, error) { return 1 << 62, nil }, probe: func() error { return nil }}
	w.Look()
	return w
}

// Run looks until end is closed.
func (w *Disk) Run(end <-chan struct{}) {
	tick := time.NewTicker(diskInterval)
	defer tick.Stop()
	for {
		select {
		case <-end:
			return
		case <-tick.C:
			w.Look()
		}
	}
}

// Look takes a look, after one that is under way: what it saw is what is recorded.
func (w *Disk) Look() {
	w.looking.Lock()
	defer w.looking.Unlock()
	left, err := w.Free()
	if err == nil && left >= w.reserve {
		// A nearly full disk is not filled further to learn that it is.
		err = w.probe()
	}
	if err == nil && w.Whole != nil && left >= w.reserve+w.reserve/ballastShare {
		err = w.Whole()
	}
	fault := w.judge(left, 0, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looked, w.left, w.fault = time.Now(), left, fault
}

// judge says what is wrong if so much is free, an attempt to write ended in err, and
// need bytes are to be written.
func (w *Disk) judge(left, need uint64, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w (%w)", ErrDiskFull, cause(err))
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: the folder is gone", ErrDisk)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: its file system is read-only", ErrDisk)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrDisk, cause(err))
	case left < w.reserve+need:
		return fmt.Errorf("%w (%s free, %s are kept in reserve)", ErrDiskFull, mebibytes(left), mebibytes(w.reserve))
	}
	return nil
}

// cause takes the path out of an error, which submitters must not learn.
func cause(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

func mebibytes(n uint64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// Admit reports whether a submission of so many leaves can be written now, beside those
// that are under way. An admitted caller calls done once it is written, or is not going
// to be. Unless there is plenty, free space is asked for anew, since many may come
// between two looks.
func (w *Disk) Admit(leaves int) (done func(), err error) {
	left, err := w.State()
	if err != nil {
		return nil, err
	}
	need := uint64(leaves) * leafBytes
	promised := w.promised.Add(need)
	done = func() { w.promised.Add(-need) }
	if left >= w.reserve+promised+plenty {
		return done, nil
	}
	left, err = w.Free()
	if err := w.judge(left, promised, err); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

// Writable reports whether something small can be written.
func (w *Disk) Writable() error {
	done, err := w.Admit(0)
	if err == nil {
		done()
	}
	return err
}

// Await waits until the pipeline can write, or ctx is done. It calls alive while it
// waits, and says once that it does.
func (w *Disk) Await(ctx context.Context, log *slog.Logger, alive func()) {
	said := false
	for {
		left, err := w.State()
		if err == nil || errors.Is(err, ErrDiskFull) && left > w.reserve/pipelineShare {
			if said {
				log.Info("data folder can be written again")
			}
			return
		}
		if !said {
			log.Error("data folder cannot be written: nothing is sealed or sent until it can", "err", err)
			said = true
		}
		alive()
		select {
		case <-ctx.Done():
			return
		case <-time.After(diskInterval):
		}
	}
}

// State returns what the last look saw.
func (w *Disk) State() (left uint64, fault error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if age := time.Since(w.looked); age > diskSilence {
		return w.left, fmt.Errorf("%w: the disk has not answered for %s", ErrDisk, age.Round(time.Second))
	}
	return w.left, w.fault
}

func (w *Disk) statFree() (uint64, error) {
	usage, err := vfs.Default.GetDiskUsage(w.folder)
	return usage.AvailBytes, err
}

// probeFile is written and removed again. The name is one that Pebble ignores.
const probeFile = "write-probe"

// writeProbe fails where the store's writes would: no space, no inodes, a quota, a
// read-only file system, a folder that is gone or was replaced by another.
func (w *Disk) writeProbe() error {
	now, err := os.Stat(w.folder)
	if err != nil {
		return err
	}
	if !os.SameFile(now, w.opened) {
		return errors.New("another folder has taken its place; start the node again")
	}
	path := filepath.Join(w.folder, probeFile)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 4096))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(path))
}
