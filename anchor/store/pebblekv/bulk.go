package pebblekv

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// bulk is a [kv.Bulk].
type bulk struct {
	f            *Folder
	pages, index *table
}

// NewBulk implements [kv.Engine].
func (f *Folder) NewBulk() (kv.Bulk, uint64, error) {
	b, number := &bulk{f: f}, f.bulks.Add(1)
	var err error
	if b.pages, err = f.newTable("pages", number); err != nil {
		return nil, 0, err
	}
	if b.index, err = f.newTable("index", number); err != nil {
		b.pages.discard()
		return nil, 0, err
	}
	return b, number, nil
}

// Pages implements [kv.Bulk].
func (b *bulk) Pages() kv.Writer { return b.pages }

// Index implements [kv.Bulk].
func (b *bulk) Index() kv.Writer { return b.index }

// Discard implements [kv.Bulk].
func (b *bulk) Discard() {
	b.pages.discard()
	b.index.discard()
}

// ingest makes the bulk a part of the folder, all or nothing. It is on disk then. The
// caller holds ingests for reading until the entry is in the log.
func (b *bulk) ingest() error {
	var paths []string
	for _, t := range []*table{b.pages, b.index} {
		if t.writer == nil {
			return errors.New("a bulk that was used or discarded cannot be added")
		}
		err := t.writer.Close() // syncs the file
		t.writer = nil
		if err != nil {
			return fmt.Errorf("write to the data folder: %w", err)
		}
		paths = append(paths, t.path)
	}
	if err := b.f.db.Ingest(context.Background(), paths); err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	return nil
}

// table is a file of Pebble's that is written beside the log: many records under keys that
// are of no use before the entry is written. So they are written once, and lie where they
// belong in the tree of tables. In the log a leaf costs several times as much.
type table struct {
	f      *Folder
	path   string
	writer *sstable.Writer // nil once it is closed
}

// incoming is the folder for tables that are not Pebble's yet.
func (f *Folder) incoming() string { return f.fs.PathJoin(f.dir, "incoming") }

// newTable begins a table of the bulk with a number.
func (f *Folder) newTable(kind string, number uint64) (*table, error) {
	path := f.fs.PathJoin(f.incoming(), fmt.Sprintf("%s-%d", kind, number))
	file, err := f.fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, fmt.Errorf("write to the data folder: %w", err)
	}
	o := f.options.MakeWriterOptions(len(f.options.Levels)-1, f.db.TableFormat())
	o.Compression = sstable.NoCompression // hashes do not compress
	// A key that is looked for here is there, so a filter would only take room, and one
	// block of the table's index is enough.
	o.FilterPolicy, o.IndexBlockSize = pebble.NoFilterPolicy, 4<<20
	return &table{f: f, path: path, writer: sstable.NewWriter(objstorageprovider.NewFileWritable(file), o)}, nil
}

// Set implements [kv.Writer]. The key is greater than all before.
func (t *table) Set(key, value []byte) error {
	if t.writer == nil {
		return errors.New("a bulk that was used or discarded cannot be written")
	}
	if err := t.writer.Set(key, value); err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	return nil
}

// Delete implements [kv.Writer]: there is nothing in a bulk that could be.
func (t *table) Delete([]byte) error { return errors.New("nothing can be deleted in a bulk") }

// discard removes what was not ingested.
func (t *table) discard() {
	if t.writer != nil {
		_ = t.writer.Close() // it is removed
		t.writer = nil
	}
	_ = t.f.fs.Remove(t.path) // gone once ingested
}
