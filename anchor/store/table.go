package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/merkle"
)

// table is a file of Pebble's that is written beside the log: much that has keys of
// its own, which nobody looks for before a record that names them is written. So it
// is written once, and lies where it belongs in the tree of tables at once.
type table struct {
	s      *Store
	path   string
	writer *sstable.Writer // nil once it is closed
}

// incoming is the folder for tables that are not Pebble's yet.
const incoming = "incoming"

func (s *Store) incoming() string { return s.fs.PathJoin(s.dir, incoming) }

// newTable begins the table of a tree's records of a kind.
func (s *Store) newTable(kind byte, number uint64) (*table, error) {
	path := s.fs.PathJoin(s.incoming(), fmt.Sprintf("%c%d", kind, number))
	f, err := s.fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, fmt.Errorf("write to the data folder: %w", err)
	}
	o := s.options.MakeWriterOptions(len(s.options.Levels)-1, s.db.TableFormat())
	o.Compression = sstable.NoCompression // hashes do not compress
	// Who looks for a key here knows that it is there, and comes by the index: one block
	// of it, and no filter before.
	o.FilterPolicy, o.IndexBlockSize = pebble.NoFilterPolicy, 4<<20
	return &table{s: s, path: path, writer: sstable.NewWriter(objstorageprovider.NewFileWritable(f), o)}, nil
}

// set appends a key, which is greater than all before.
func (t *table) set(key, value []byte) error {
	if err := t.writer.Set(key, value); err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	return nil
}

// ingest makes tables a part of the store, all or none. They are on disk then. The
// caller holds s.ingests for reading until what names their content is in the log.
func (s *Store) ingest(tables ...*table) error {
	var paths []string
	for _, t := range tables {
		err := t.writer.Close() // syncs the file
		t.writer = nil
		if err != nil {
			return fmt.Errorf("write to the data folder: %w", err)
		}
		paths = append(paths, t.path)
	}
	if err := s.db.Ingest(context.Background(), paths); err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	return nil
}

// discard removes what was not ingested.
func (t *table) discard() {
	if t.writer != nil {
		_ = t.writer.Close() // nobody needs it any more
	}
	_ = t.s.fs.Remove(t.path) // gone once ingested
}

// clean removes what a crash has left of submissions that were arriving: files that were
// not ingested, and trees that no submission has.
func (s *Store) clean() error {
	if err := errors.Join(s.fs.RemoveAll(s.incoming()), makeDir(s.fs, s.incoming())); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	var orphans []uint64
	err := s.eachNumber('l', firstArrived, func(n uint64) error {
		_, err := s.sequenceOf(n)
		if errors.Is(err, ErrNotFound) {
			orphans = append(orphans, n)
			err = nil
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, n := range orphans {
		if err := s.removeTree(n); err != nil {
			return fmt.Errorf("remove what is left of a submission: %w", err)
		}
	}
	return nil
}

// removeTree removes a tree and its index entries. A page goes together with the entries
// of its leaves, so if this is interrupted the next time goes on with the rest.
func (s *Store) removeTree(number uint64) error {
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }()
	prefix := key('l', be(number))
	err := s.each(prefix, pageKey('l', number, int(nodePages)), func(k, page []byte) (bool, error) {
		// Which entry is the first that begins so does not matter: all go.
		w := indexWriter{number: number, set: func(key, _ []byte) error { return b.Delete(key, nil) }}
		for ; len(page) >= merkle.Size; page = page[merkle.Size:] {
			if err := w.add([]merkle.Hash{merkle.Hash(page)}); err != nil {
				return false, err
			}
		}
		if err := b.Delete(k, nil); err != nil {
			return false, err
		}
		if b.Len() < removeBytes {
			return true, nil
		}
		err := b.Commit(pebble.NoSync) // a later one syncs it
		b.Reset()
		return err == nil, err
	})
	return errors.Join(err, b.DeleteRange(prefix, after(prefix), nil), b.Commit(pebble.Sync))
}

// removeBytes is how much is removed in one write.
const removeBytes = 1 << 20
