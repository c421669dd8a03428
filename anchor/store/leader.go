package store

import (
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// Leader says which process got a lease last, for operators. Whether it still holds it is for
// the engine to say.
type Leader struct {
	Name   string `cbor:"1,keyasint"` // of the lease
	Holder string `cbor:"2,keyasint"`
	Epoch  uint64 `cbor:"3,keyasint"`
	Since  int64  `cbor:"4,keyasint"` // Unix milliseconds
}

const leaderPrefix = "leader "

// PutLeader replaces what [Store.Leaders] returns of a lease.
func (tx *Tx) PutLeader(l *Leader) error { return tx.put(metaKey(leaderPrefix+l.Name), l) }

// Leaders returns who got each lease last, by the name of the lease.
func (r reader) Leaders() (list []Leader, err error) {
	prefix := metaKey(leaderPrefix)
	err = r.each(prefix, after(prefix), func(_, value []byte) (bool, error) {
		var l Leader
		if err := cbor.Unmarshal(value, &l); err != nil {
			return false, fmt.Errorf("who holds a lease: %w", err)
		}
		list = append(list, l)
		return true, nil
	})
	return list, err
}

// Acquire takes or extends a lease: see [kv.Engine].
func (s *Store) Acquire(name, holder string, lasts time.Duration) (l kv.Lease, ok bool, err error) {
	return s.engine.Acquire(name, holder, lasts)
}

// Release ends a lease early: see [kv.Engine].
func (s *Store) Release(l kv.Lease) error { return s.engine.Release(l) }

// Changes returns a number that grows at the latest a second after an update of another
// process: see [kv.Engine].
func (s *Store) Changes() uint64 { return s.engine.Changes() }
