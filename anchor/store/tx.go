package store

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
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
// change must not call the network. If a lease has ended, nothing is written, and the error
// wraps [kv.ErrLeaseLost].
func (s *Store) Update(change func(*Tx) error, held ...kv.Lease) error {
	_ = held // on a folder all are held
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

// Acquire takes or extends a lease: see [kv.Engine].
func (s *Store) Acquire(name, _ string, _ time.Duration) (l kv.Lease, ok bool, err error) {
	return kv.Lease{Name: name, Epoch: 1}, true, nil
}

// Release ends a lease early: see [kv.Engine].
func (s *Store) Release(kv.Lease) error { return nil }

// Changes returns a number that grows at the latest a second after an update of another
// process: see [kv.Engine].
func (s *Store) Changes() uint64 { return 0 }
