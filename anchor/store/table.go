package store

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// table is a file of Pebble's that is written beside the log: many
// records under keys that are of no use before the record that names their tree is
// written. So they are written once, and lie where they belong in the tree of tables.
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
	// A key that is looked for here is there, so a filter would only take room, and one
	// block of the table's index is enough.
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
		_ = t.writer.Close() // it is removed
	}
	_ = t.s.fs.Remove(t.path) // gone once ingested
}
