package store

import (
	"fmt"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// Tx is one change of the store, valid during its [Store.Update]. What it reads holds what it
// has put.
type Tx struct {
	reader

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
	b := s.db.NewIndexedBatch()
	tx := &Tx{reader: reader{b}, s: s, b: b}
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

func (tx *Tx) put(key []byte, record any) error {
	value, err := encMode.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode a %T: %w", record, err)
	}
	return tx.b.Set(key, value, nil)
}
