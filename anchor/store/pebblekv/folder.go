// Package pebblekv keeps the records of a node in one folder, with Pebble. It is the engine of a
// node that is one process: [Open] locks the folder, so every lease is always held.
//
// # Durability
//
// Every write is synced to the write-ahead log before it is acknowledged; Pebble groups the syncs
// of concurrent appends. Entries enter the log in the order of their numbers, so when one is on
// disk all before it are. A bulk is written while it arrives, to two files which are on disk and
// become Pebble's, both or none, before its entry enters the log; what a crash leaves of it is
// there, under keys that nobody looks for, and for package store to remove. The log is written
// over zeros that are on disk already; see logFS for why. If a sync of it fails the process ends:
// what a later one says would prove nothing.
package pebblekv

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// While many entries are being added, there is at least syncInterval from one sync
// of the log to the next, so that more of them share one: each sync costs the processor
// as much as taking a submission does. A few gain nothing by waiting for others.
const (
	syncInterval = 500 * time.Microsecond
	manyAdding   = 12
)

// pageLeaves is what PageLeaves returns: 4 KiB, of which one takes what it reads of a page.
const pageLeaves = 128

// firstBulk is the number of the first bulk, less one.
const firstBulk = 1 << 63

// ErrLocked says that another process has the folder open.
var ErrLocked = errors.New("the data folder is in use by another node")

// Folder is a [kv.Engine].
type Folder struct {
	reader

	db      *pebble.DB
	lock    *pebble.Lock
	fs      vfs.FS
	dir     string
	options *pebble.Options
	fatal   func(reason string)

	ballast *ballast

	// update makes updates one after another, so that what one of them reads
	// is what it changes.
	update sync.Mutex

	intake   sync.Mutex               // held from the choice of a number until it is in the log
	adding   *atomic.Int32            // how many entries are being added
	next     uint64                   // number of the next entry; guarded by intake
	arriving map[string]chan struct{} // ids that are being added, closed once that is done; guarded by intake
	readable atomic.Uint64            // number of the last entry that can be read
	durable  atomic.Uint64            // all entries up to this number are on disk

	// ingests is held for reading from the ingestion of a bulk until its entry is in the
	// log, and for writing by a checkpoint, which so has both or none.
	ingests sync.RWMutex
	bulks   atomic.Uint64 // the number of the last bulk
}

var _ kv.Engine = (*Folder)(nil)

// Options are for tests and tools; the zero value is what a node uses.
type Options struct {
	FS  vfs.FS       // nil: the operating system's
	Log *slog.Logger // nil: discards Pebble's messages

	// ReadOnly leaves every file as it is: dir must be there, and whatever
	// writes returns an error. The lock is taken all the same.
	ReadOnly bool

	// Ballast is how many bytes of the disk are kept for the moment when it is full.
	Ballast int64

	// Cache is how many bytes of what was read stay in memory; zero: 384 MiB.
	Cache int64

	// Fatal is called when the log on disk cannot be trusted to grow any more. It
	// must not return. nil: it ends the process.
	Fatal func(reason string)
}

// Open opens the folder dir, which is made if it is not there.
func Open(dir string, o Options) (*Folder, error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Fatal == nil {
		o.Fatal = func(string) { os.Exit(1) } // not a panic, which a server may survive
	}
	if o.ReadOnly {
		if _, err := o.FS.Stat(dir); err != nil {
			return nil, fmt.Errorf("open the data folder: %w", err)
		}
	} else if err := makeDir(o.FS, dir); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := pebble.LockDirectory(dir, o.FS)
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			return nil, fmt.Errorf("open the data folder %s: %w", dir, err)
		}
		return nil, fmt.Errorf("%w: %s (%w); stop the other node, or use another folder", ErrLocked, dir, err)
	}
	last := &ballast{fs: o.FS, path: o.FS.PathJoin(dir, "ballast"), size: o.Ballast, log: o.Log}
	if !o.ReadOnly {
		if err := last.keep(); err != nil {
			return nil, errors.Join(fmt.Errorf("open the data folder %s: %w", dir, err), lock.Close())
		}
	}
	f := &Folder{
		lock: lock, ballast: last, fs: o.FS, dir: dir, fatal: pebbleLog{o.Log, o.Fatal}.fatal,
		adding: new(atomic.Int32), arriving: make(map[string]chan struct{}),
	}
	f.options = f.pebbleOptions(o)
	defer f.options.Cache.Unref() // which Pebble keeps until it is closed
	if f.db, err = pebble.Open(dir, f.options); err != nil {
		return nil, errors.Join(fmt.Errorf("open the data folder %s: %w", dir, err), lock.Close())
	}
	f.reader = reader{f.db}
	if err := f.start(o.ReadOnly); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// pebbleOptions returns how Pebble keeps the folder.
func (f *Folder) pebbleOptions(o Options) *pebble.Options {
	opts := &pebble.Options{
		FS:                 logFS{vfs.OnDiskFull(o.FS, f.ballast.release)},
		Lock:               f.lock,
		ReadOnly:           o.ReadOnly,
		FormatMajorVersion: pebble.FormatValueSeparation,
		MemTableSize:       16 << 20,
		// The tables of the leaf index overlap each other, so they pile up in level 0 while
		// large submissions come in. Few large compactions take less of the processor than
		// many small ones, and nothing waits for them.
		L0CompactionThreshold: 16,
		L0StopWritesThreshold: 1000,
		LBaseMaxBytes:         1 << 30,
		Logger:                pebbleLog{o.Log, o.Fatal},
		Cache:                 pebble.NewCache(cmp.Or(o.Cache, 384<<20)),
	}
	if o.ReadOnly {
		// Damage is to be reported; by default it ends the process.
		opts.EventListener = &pebble.EventListener{DataCorruption: func(info pebble.DataCorruptionInfo) {
			o.Log.Warn("the data folder is damaged", "err", info.Details)
		}}
	}
	opts.WALMinSyncInterval = func() time.Duration {
		if f.adding.Load() < manyAdding {
			return 0
		}
		return syncInterval
	}
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		opts.Levels[i].IndexBlockSize = 256 << 10 // as CockroachDB has it: one block for most files
	}
	// Blocks of rows take a quarter less of the processor for the small entries of the index.
	opts.Experimental.EnableColumnarBlocks = func() bool { return false }
	opts.EnsureDefaults()
	return opts
}

// start finds where the numbers go on, and removes the files of bulks that did not become a part
// of the store.
func (f *Folder) start(readOnly bool) error {
	last, err := f.last(kv.KindEntry)
	if err != nil {
		return err
	}
	f.next = last + 1
	f.readable.Store(last)
	f.durable.Store(last)
	if last, err = f.last(kv.KindBulk); err != nil {
		return err
	}
	f.bulks.Store(max(last, firstBulk))
	if readOnly {
		return nil
	}
	if err := errors.Join(f.fs.RemoveAll(f.incoming()), makeDir(f.fs, f.incoming())); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return nil
}

// last returns the number of the last key of a kind, or 0.
func (f *Folder) last(kind byte) (n uint64, err error) {
	err = f.Scan(kv.Range{Lower: []byte{kind}, Upper: []byte{kind + 1}, Back: true}, func(k, _ []byte) (bool, error) {
		if len(k) != 9 {
			return false, fmt.Errorf("the data folder is damaged: a key of kind %c has %d bytes", kind, len(k))
		}
		n = binary.BigEndian.Uint64(k[1:])
		return false, nil
	})
	return n, err
}

// Close implements [kv.Engine].
func (f *Folder) Close() error { return errors.Join(f.db.Close(), f.lock.Close()) }

// Discard closes the folder and removes it, for the process that made it and has
// written nothing of use to it. The folder is emptied while its lock is held, and is then removed only
// if it is empty: another process may make it anew and use it at any moment after.
func (f *Folder) Discard() error {
	err := f.db.Close()
	const lockFile = "LOCK" // of Pebble, which goes last
	entries, listErr := os.ReadDir(f.dir)
	for _, e := range entries {
		if e.Name() != lockFile {
			err = errors.Join(err, os.RemoveAll(filepath.Join(f.dir, e.Name())))
		}
	}
	if listErr == nil && err == nil {
		err = os.Remove(filepath.Join(f.dir, lockFile))
	}
	_ = os.Remove(f.dir) // fails if another process has begun to use it
	return errors.Join(err, listErr, f.lock.Close())
}

// Usage implements [kv.Engine].
func (f *Folder) Usage() (uint64, error) { return f.db.Metrics().DiskSpaceUsage(), nil }

// Compact rewrites everything in its final form, for measurements.
func (f *Folder) Compact(ctx context.Context) error { return f.Rewrite(ctx, []byte{0}, []byte{0xff}) }

// Rewrite writes the files anew that hold keys from lower on and below upper, so that what was
// removed of those is in none any more.
func (f *Folder) Rewrite(ctx context.Context, lower, upper []byte) error {
	if err := f.db.Flush(); err != nil {
		return err
	}
	return f.db.Compact(ctx, lower, upper, false)
}

// Settle returns once Pebble has nothing to do but what is asked of it, for measurements.
func (f *Folder) Settle() {
	for quiet := 0; quiet < 5; quiet++ {
		time.Sleep(20 * time.Millisecond) // it has no event for that
		if m := f.db.Metrics(); m.Compact.NumInProgress > 0 || m.Flush.NumInProgress > 0 {
			quiet = 0
		}
	}
}

// Checkpoint writes the folder as it is now into another one, which must not be
// there and becomes a data folder of its own. Everything that was acknowledged
// before the call is in it, and of what comes while it runs a prefix. Files that
// never change are linked where dir is on the same file system, so it is quick and
// takes little room; the links hold their room until dir is removed.
func (f *Folder) Checkpoint(dir string) error {
	f.ingests.Lock()
	defer f.ingests.Unlock()
	if err := f.db.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return fmt.Errorf("checkpoint of the data folder: %w", err)
	}
	return nil
}

// PageLeaves implements [kv.Engine].
func (f *Folder) PageLeaves() int { return pageLeaves }

// Changes implements [kv.Engine]: nobody else changes anything.
func (f *Folder) Changes() uint64 { return 0 }

// Acquire implements [kv.Engine]: the process that has the folder open holds all leases.
func (f *Folder) Acquire(name, _ string, _ time.Duration) (kv.Lease, bool, error) {
	return kv.Lease{Name: name, Epoch: 1}, true, nil
}

// Release implements [kv.Engine].
func (f *Folder) Release(kv.Lease) error { return nil }
