package pebblekv

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// Append implements [kv.Engine].
func (f *Folder) Append(e kv.Entry) (number uint64, added bool, err error) {
	defer f.endOnPanic()
	f.adding.Add(1)
	defer f.adding.Add(-1)
	there, done, err := f.arrive(e.ID)
	if err != nil {
		return 0, false, err
	}
	if there != 0 {
		return there, false, f.awaitDurable(there)
	}
	defer done()
	if e.Bulk != nil {
		f.ingests.RLock()
		defer f.ingests.RUnlock()
		if err := e.Bulk.(*bulk).ingest(); err != nil {
			return 0, false, err
		}
	}
	b := f.db.NewBatch()
	defer func() { err = errors.Join(err, b.Close()) }()
	if number, err = f.enterLog(b, &e); err != nil {
		return 0, false, err
	}
	if err := b.SyncWait(); err != nil {
		// The entry is visible and may not be on disk: nothing may read it any more.
		f.fatal(fmt.Sprintf("sync of the log: %v", err))
	}
	f.markDurable(number)
	return number, true, nil
}

// arrive returns the number of an entry that is there already, or 0. Then the caller alone may
// add it, and calls done afterwards.
func (f *Folder) arrive(key []byte) (there uint64, done func(), err error) {
	id := string(key)
	f.intake.Lock()
	for {
		before, ok := f.arriving[id]
		if !ok {
			break
		}
		f.intake.Unlock()
		<-before
		f.intake.Lock()
	}
	mine := make(chan struct{})
	f.arriving[id] = mine
	f.intake.Unlock()
	done = func() {
		f.intake.Lock()
		delete(f.arriving, id)
		f.intake.Unlock()
		close(mine)
	}
	err = f.Get(key, func(value []byte) error {
		if len(value) != 8 {
			return fmt.Errorf("the data folder is damaged: a record under %q has %d bytes, want 8", key[:1], len(value))
		}
		there = binary.BigEndian.Uint64(value)
		return nil
	})
	if errors.Is(err, kv.ErrNotFound) {
		return 0, done, nil
	}
	done()
	return there, nil, err
}

// enterLog gives an entry its number and puts it into the log, and where it can be read.
// Waiting for the disk is done afterwards, outside the lock, so that one sync serves many.
func (f *Folder) enterLog(b *pebble.Batch, e *kv.Entry) (number uint64, err error) {
	f.intake.Lock()
	defer f.intake.Unlock()
	number = f.next
	if err = f.count(b, e.Counts); err != nil {
		return 0, err
	}
	if err = e.Put(writer{b}, number); err != nil {
		return 0, err
	}
	if err = b.Set(e.ID, binary.BigEndian.AppendUint64(nil, number), nil); err == nil {
		err = f.db.ApplyNoSyncWait(b, pebble.Sync)
	}
	if err != nil {
		return 0, fmt.Errorf("write to the data folder: %w", err)
	}
	f.next++
	f.readable.Store(number)
	return number, nil
}

// count puts into a batch what grows with an entry. The caller holds f.intake until the batch can
// be read.
func (f *Folder) count(b *pebble.Batch, counts []kv.Count) error {
	for i := range counts {
		c := &counts[i]
		var next []byte
		err := f.Get(c.Key, func(value []byte) (err error) {
			next, err = c.Next(value)
			return err
		})
		if errors.Is(err, kv.ErrNotFound) {
			next, err = c.Next(nil)
		}
		if err == nil {
			err = b.Set(c.Key, next, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Appended implements [kv.Engine].
func (f *Folder) Appended() (uint64, error) { return f.durable.Load(), nil }

// Durable implements [kv.Engine].
func (f *Folder) Durable() error { return f.awaitDurable(f.readable.Load()) }

// awaitDurable returns once the entry with a number that can be read is on disk.
func (f *Folder) awaitDurable(number uint64) error {
	defer f.endOnPanic()
	if f.durable.Load() >= number {
		return nil
	}
	// Whatever is in the log before this record is synced with it.
	if err := f.db.LogData(nil, pebble.Sync); err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	f.markDurable(number)
	return nil
}

// markDurable notes that the entry with a number, and with it all before, is on disk.
func (f *Folder) markDurable(number uint64) {
	for {
		now := f.durable.Load()
		if now >= number || f.durable.CompareAndSwap(now, number) {
			return
		}
	}
}
