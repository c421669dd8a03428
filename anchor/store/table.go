package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// table is a file of Pebble's that is written beside the log: much that has keys of
// its own, which nobody looks for before a record that names them is written. So it
// is written once, and lies at the bottom of the tree at once.
type table struct {
	s      *Store
	number uint64 // of the tree or run in it
	path   string
	writer *sstable.Writer
}

// incoming is the folder for tables that are not Pebble's yet.
const incoming = "incoming"

func (s *Store) incoming() string { return s.fs.PathJoin(s.dir, incoming) }

// newTable begins a table.
func (s *Store) newTable(number uint64) (*table, error) {
	path := s.fs.PathJoin(s.incoming(), strconv.FormatUint(number, 10))
	f, err := s.fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, fmt.Errorf("write to the data folder: %w", err)
	}
	o := s.options.MakeWriterOptions(len(s.options.Levels)-1, s.db.TableFormat())
	o.Compression = sstable.NoCompression // hashes do not compress
	// Who looks for a key here knows that it is there, and comes by the index: one block
	// of it, and no filter before.
	o.FilterPolicy, o.IndexBlockSize = pebble.NoFilterPolicy, 4<<20
	return &table{s: s, number: number, path: path, writer: sstable.NewWriter(objstorageprovider.NewFileWritable(f), o)}, nil
}

// set appends a key, which is greater than all before.
func (t *table) set(key, value []byte) error {
	if err := t.writer.Set(key, value); err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	return nil
}

// ingest makes the table a part of the store. It is on disk then. The caller holds
// s.ingests for reading until what names the content is in the log.
func (t *table) ingest() error {
	err := t.writer.Close() // syncs the file
	t.writer = nil
	if err == nil {
		err = t.s.db.Ingest(context.Background(), []string{t.path})
	}
	if err != nil {
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

// clean removes what a crash has left of tables: files that were not ingested, and
// content that nothing names.
func (s *Store) clean() error {
	if err := errors.Join(s.fs.RemoveAll(s.incoming()), makeDir(s.fs, s.incoming())); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	known := map[byte]map[uint64]bool{'g': {}, 'j': {}}
	for _, r := range *s.runs.Load() {
		known['j'][r.number] = len(r.fences) > 0
		for _, p := range r.parts {
			known['g'][p.tree] = true
		}
	}
	return s.Update(func(tx *Tx) error {
		for kind, numbers := range known {
			err := s.eachNumber(kind, func(n uint64) error {
				if numbers[n] {
					return nil
				}
				prefix := key(kind, be(n))
				return tx.b.DeleteRange(prefix, after(prefix), nil)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
