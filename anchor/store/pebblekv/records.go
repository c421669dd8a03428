package pebblekv

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// reader is a [kv.Reader]: of the folder, or within an update of what that has written, too.
type reader struct{ from pebble.Reader }

// Get implements [kv.Reader].
func (r reader) Get(key []byte, do func([]byte) error) error {
	value, closer, err := r.from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return kv.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read from the data folder: %w", err)
	}
	return errors.Join(do(value), closer.Close())
}

// Scan implements [kv.Reader].
func (r reader) Scan(of kv.Range, do func(key, value []byte) (bool, error)) (err error) {
	it, err := r.from.NewIter(&pebble.IterOptions{LowerBound: of.Lower, UpperBound: of.Upper})
	if err != nil {
		return fmt.Errorf("read from the data folder: %w", err)
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	first, next := (*pebble.Iterator).First, (*pebble.Iterator).Next
	if of.Back {
		first, next = (*pebble.Iterator).Last, (*pebble.Iterator).Prev
	}
	for ok := first(it); ok; ok = next(it) {
		value, err := it.ValueAndErr()
		if err != nil {
			return fmt.Errorf("read from the data folder: %w", err)
		}
		if more, err := do(it.Key(), value); err != nil || !more {
			return err
		}
	}
	return nil
}

// GetPart implements [kv.Engine].
func (f *Folder) GetPart(key []byte, offset, n int, do func([]byte) error) error {
	return f.Get(key, func(value []byte) error {
		if offset < 0 || n < 0 || n > len(value)-offset {
			return fmt.Errorf("a record under %q has %d bytes, and %d from %d on are wanted", key[:1], len(value), n, offset)
		}
		return do(value[offset : offset+n])
	})
}

// writer is a [kv.Writer] of what becomes one write.
type writer struct{ batch *pebble.Batch }

// Set implements [kv.Writer].
func (w writer) Set(key, value []byte) error { return w.batch.Set(key, value, nil) }

// Delete implements [kv.Writer].
func (w writer) Delete(key []byte) error { return w.batch.Delete(key, nil) }

// Update implements [kv.Engine]. Updates run one at a time, each once.
func (f *Folder) Update(change func(kv.Tx) error, _ ...kv.Lease) error {
	defer f.endOnPanic()
	f.update.Lock()
	defer f.update.Unlock()
	b := f.db.NewIndexedBatch()
	defer func() { _ = b.Close() }()
	if err := change(struct {
		reader
		writer
	}{reader{b}, writer{b}}); err != nil {
		return err
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	return nil
}
