package store

import (
	"context"
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

	"github.com/hallmark-node/hallmark/merkle"
)

// format is the version of the layout in the package comment.
const format = 4

// While many submissions are being added, there is at least syncInterval from one sync
// of the log to the next, so that more of them share one: each sync costs the processor
// as much as taking a submission does. A few gain nothing by waiting for others.
const (
	syncInterval = 500 * time.Microsecond
	manyAdding   = 12
)

// ErrNotFound says that there is no such record.
var ErrNotFound = errors.New("not found")

// ErrLocked says that another process has the folder open.
var ErrLocked = errors.New("the data folder is in use by another node")

// Store is a node's state. All methods may be called by many goroutines.
type Store struct {
	reader

	db      *pebble.DB
	lock    *pebble.Lock
	fs      vfs.FS
	dir     string
	options *pebble.Options
	log     *slog.Logger
	fatal   func(reason string)

	ballast *ballast

	// update makes updates one after another, so that what one of them reads
	// is what it changes.
	update sync.Mutex

	intake   sync.Mutex                    // held from the choice of a sequence number until it is in the log
	adding   *atomic.Int32                 // how many submissions are being added
	sequence uint64                        // of the next submission; guarded by intake
	arriving map[merkle.Hash]chan struct{} // ids that are being added, closed once that is done; guarded by intake
	accepted atomic.Uint64                 // the last sequence number that can be read
	durable  atomic.Uint64                 // every submission with a lower sequence is on disk

	versions versions

	// ingests is held for reading from the ingestion of a table until what names its
	// content is in the log, and for writing by a checkpoint, which so has both or none.
	ingests sync.RWMutex
	numbers atomic.Uint64 // the last number of a tree that was written while it arrived
}

// Options are for tests and tools; the zero value is what a node uses.
type Options struct {
	FS  vfs.FS       // nil: the operating system's
	Log *slog.Logger // nil: discards Pebble's messages

	// ReadOnly leaves every file as it is: dir must be there, and whatever
	// writes returns an error. The lock is taken all the same.
	ReadOnly bool

	// Ballast is how many bytes of the disk are kept for the moment when it is full.
	Ballast int64

	// Fatal is called when the log on disk cannot be trusted to grow any more. It
	// must not return. nil: it ends the process.
	Fatal func(reason string)
}

// Open opens the folder dir, which is made if it is not there.
func Open(dir string, o Options) (*Store, error) {
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
	opts := &pebble.Options{
		FS:                 logFS{vfs.OnDiskFull(o.FS, last.release)},
		Lock:               lock,
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
	}
	if o.ReadOnly {
		// Damage is to be reported; by default it ends the process.
		opts.EventListener = &pebble.EventListener{DataCorruption: func(info pebble.DataCorruptionInfo) {
			o.Log.Warn("the data folder is damaged", "err", info.Details)
		}}
	}
	adding := new(atomic.Int32)
	opts.WALMinSyncInterval = func() time.Duration {
		if adding.Load() < manyAdding {
			return 0
		}
		return syncInterval
	}
	cache := pebble.NewCache(384 << 20)
	defer cache.Unref()
	opts.Cache = cache
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		opts.Levels[i].IndexBlockSize = 256 << 10 // as CockroachDB has it: one block for most files
	}
	// Blocks of rows take a quarter less of the processor for the small entries of the index.
	opts.Experimental.EnableColumnarBlocks = func() bool { return false }
	opts.EnsureDefaults()
	db, err := pebble.Open(dir, opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the data folder %s: %w", dir, err), lock.Close())
	}
	s := &Store{
		reader: reader{db}, db: db, lock: lock, ballast: last, fs: o.FS, dir: dir, options: opts,
		log: o.Log, fatal: pebbleLog{o.Log, o.Fatal}.fatal, adding: adding, arriving: make(map[merkle.Hash]chan struct{}),
	}
	if err := s.start(o.ReadOnly); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// start checks the format and finds where the sequences go on.
func (s *Store) start(readOnly bool) error {
	var version uint64
	err := s.get(metaKey("format"), &version)
	if errors.Is(err, ErrNotFound) {
		version = format
		err = s.Update(func(tx *Tx) error { return tx.put(metaKey("format"), version) })
	}
	if err != nil {
		return err
	}
	if version != format {
		return fmt.Errorf("the data folder has format %d, this program knows %d: "+
			"use the version of the program that wrote it, or a new folder", version, format)
	}
	last, err := s.last('n')
	if err != nil {
		return err
	}
	s.sequence = last + 1
	s.accepted.Store(last)
	s.durable.Store(s.sequence)
	if readOnly {
		return nil
	}
	if err := s.clean(); err != nil {
		return err
	}
	if last, err = s.last('v'); err != nil {
		return err
	}
	s.numbers.Store(max(last, firstArrived))
	return nil
}

// Close ends the store. No other method may be running or be called later.
func (s *Store) Close() error { return errors.Join(s.db.Close(), s.lock.Close()) }

// Discard closes the store and removes its folder, for the process that made it and has
// written nothing of use to it. The folder is emptied while its lock is held, and is then removed only
// if it is empty: another process may make it anew and use it at any moment after.
func (s *Store) Discard() error {
	err := s.db.Close()
	const lockFile = "LOCK" // of Pebble, which goes last
	entries, listErr := os.ReadDir(s.dir)
	for _, e := range entries {
		if e.Name() != lockFile {
			err = errors.Join(err, os.RemoveAll(filepath.Join(s.dir, e.Name())))
		}
	}
	if listErr == nil && err == nil {
		err = os.Remove(filepath.Join(s.dir, lockFile))
	}
	_ = os.Remove(s.dir) // fails if another process has begun to use it
	return errors.Join(err, listErr, s.lock.Close())
}

// DiskUsage returns the bytes that the store takes on disk.
func (s *Store) DiskUsage() uint64 { return s.db.Metrics().DiskSpaceUsage() }

// Compact rewrites everything in its final form, for measurements.
func (s *Store) Compact(ctx context.Context) error {
	if err := s.db.Flush(); err != nil {
		return err
	}
	return s.db.Compact(ctx, []byte{0}, []byte{0xff}, false)
}

// Checkpoint writes the store as it is now into the folder dir, which must not be
// there and becomes a data folder of its own. Everything that was acknowledged
// before the call is in it, and of what comes while it runs a prefix. Files that
// never change are linked where dir is on the same file system, so it is quick and
// takes little room; the links hold their room until dir is removed.
func (s *Store) Checkpoint(dir string) error {
	s.ingests.Lock()
	defer s.ingests.Unlock()
	if err := s.db.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return fmt.Errorf("checkpoint of the data folder: %w", err)
	}
	return nil
}
