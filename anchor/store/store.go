package store

import (
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
	"github.com/fxamacker/cbor/v2"

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
	Log *slog.Logger // nil: drops what Pebble says

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
		// many small ones, and nobody waits for them.
		L0CompactionThreshold: 16,
		L0StopWritesThreshold: 1000,
		LBaseMaxBytes:         1 << 30,
		Logger:                pebbleLog{o.Log, o.Fatal},
	}
	if o.ReadOnly {
		// Damage is what is looked for: by default it ends the process.
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
		db: db, lock: lock, ballast: last, fs: o.FS, dir: dir, options: opts, log: o.Log, fatal: pebbleLog{o.Log, o.Fatal}.fatal,
		adding: adding, arriving: make(map[merkle.Hash]chan struct{}),
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
		return fmt.Errorf("the data folder has format %d, this program knows %d: use the version of the program that wrote it, or a new folder", version, format)
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

// Discard closes the store and takes its folder away, for whoever made it and has
// nothing in it. The folder is emptied while its lock is held, and is then removed only
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
	_ = os.Remove(s.dir) // not if somebody has begun to use it
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

// Tx is one change of the store, valid during its [Store.Update].
type Tx struct {
	s       *Store
	b       *pebble.Batch
	touched []*atomic.Uint64 // versions that it changes, each once
}

// Update runs change and writes all that it put, or nothing if it returns an
// error. It returns nil only once that is on disk. Updates run one at a time;
// change must not call the network.
func (s *Store) Update(change func(*Tx) error) error {
	defer s.endOnPanic()
	s.update.Lock()
	defer s.update.Unlock()
	tx := &Tx{s: s, b: s.db.NewIndexedBatch()}
	defer func() { _ = tx.b.Close() }()
	if err := change(tx); err != nil {
		return err
	}
	tx.raiseTouched()
	defer tx.raiseTouched()
	if err := tx.b.Commit(pebble.Sync); err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	return nil
}

var encMode = func() cbor.EncMode {
	m, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	return m
}()

func (tx *Tx) put(key []byte, record any) error {
	value, err := encMode.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode a %T: %w", record, err)
	}
	return tx.b.Set(key, value, nil)
}

func (s *Store) get(key []byte, record any) error { return get(s.db, key, record) }

func get(from pebble.Reader, key []byte, record any) error {
	value, closer, err := from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read from the data folder: %w", err)
	}
	err = cbor.Unmarshal(value, record)
	if err != nil {
		err = fmt.Errorf("record under %q: %w", key[:1], err)
	}
	return errors.Join(err, closer.Close())
}

// bytes returns a copy of the value under key.
func (s *Store) bytes(key []byte) ([]byte, error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read from the data folder: %w", err)
	}
	value = append([]byte(nil), value...)
	return value, closer.Close()
}

// number returns the 8-byte number under key.
func number(from pebble.Reader, key []byte) (uint64, error) {
	value, closer, err := from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("read from the data folder: %w", err)
	}
	if len(value) != 8 {
		return 0, errors.Join(fmt.Errorf("record under %q has %d bytes, want 8", key[:1], len(value)), closer.Close())
	}
	n := binary.BigEndian.Uint64(value)
	return n, closer.Close()
}

// last returns the number of the last key of a kind whose keys begin with one, or 0.
func (s *Store) last(kind byte) (uint64, error) { return lastNumber(s.db, kind) }

func lastNumber(from pebble.Reader, kind byte) (n uint64, err error) {
	it, err := from.NewIter(&pebble.IterOptions{LowerBound: []byte{kind}, UpperBound: []byte{kind + 1}})
	if err != nil {
		return 0, err
	}
	if it.Last() {
		if k := it.Key(); len(k) == keyLengths[kind] {
			n = binary.BigEndian.Uint64(k[1:])
		} else {
			err = fmt.Errorf("the data folder is damaged: a key of kind %c has %d bytes", kind, len(k))
		}
	}
	return n, errors.Join(err, it.Close())
}

// each calls do with the keys and values of a range, in order, until it returns
// false. The slices are valid during the call only.
func (s *Store) each(lower, upper []byte, do func(key, value []byte) (bool, error)) (err error) {
	if len(lower) == 0 {
		lower = nil // to Pebble an empty bound is a key that has no first byte
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if more, err := do(it.Key(), value); err != nil || !more {
			return err
		}
	}
	return nil
}

// eachNumber calls do with each number from first on with which keys of a kind begin.
func (s *Store) eachNumber(kind byte, first uint64, do func(uint64) error) (err error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: key(kind, be(first)), UpperBound: []byte{kind + 1}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.First(); ok; {
		k := it.Key()
		if len(k) < 9 {
			return fmt.Errorf("the data folder is damaged: a key of kind %c has %d bytes", kind, len(k))
		}
		n := binary.BigEndian.Uint64(k[1:])
		if err := do(n); err != nil {
			return err
		}
		ok = it.SeekGE(after(key(kind, be(n))))
	}
	return it.Error()
}

func key(kind byte, parts ...[]byte) []byte {
	k := []byte{kind}
	for _, p := range parts {
		k = append(k, p...)
	}
	return k
}

func metaKey(name string) []byte { return key('m', []byte(name)) }

func be(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// after returns the first key that does not begin with prefix.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		end[i]++
		if end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// endOnPanic ends the process if Pebble panics, as it does when it cannot write its
// log: a server that survives panics would go on with locks that nobody holds.
func (s *Store) endOnPanic() {
	if p := recover(); p != nil {
		s.fatal(fmt.Sprint(p))
	}
}

// pebbleLog passes on Pebble's messages. Fatal ones end the process, as Pebble
// demands: the log on disk can no longer be trusted to grow.
type pebbleLog struct {
	log *slog.Logger
	end func(reason string)
}

func (l pebbleLog) Infof(format string, args ...any) {
	l.log.Debug("pebble: " + fmt.Sprintf(format, args...))
}

func (l pebbleLog) Errorf(format string, args ...any) {
	l.log.Error("pebble: " + fmt.Sprintf(format, args...))
}

func (l pebbleLog) Fatalf(format string, args ...any) {
	l.fatal("pebble: " + fmt.Sprintf(format, args...))
}

func (l pebbleLog) fatal(reason string) {
	l.log.Error("the data folder cannot be written any more, and the node ends; nothing that it acknowledged is lost: repair the disk, and start it again", "err", reason)
	l.end(reason)
}
