package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"sort"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/verifier"
)

// NewestOperations calls do with the operations of a chain, the newest first, until it
// returns false. It reads at most so many operations of all chains.
func (s *Store) NewestOperations(id verifier.ChainID, most int, do func(*Operation) bool) error {
	return s.eachBack([]byte{'o'}, []byte{'o' + 1}, func(_, value []byte) (bool, error) {
		var o Operation
		if err := cbor.Unmarshal(value, &o); err != nil {
			return false, fmt.Errorf("operation: %w", err)
		}
		most--
		return (o.Chain != id || do(&o)) && most > 0, nil
	})
}

// SubmissionsBack calls do with the submissions that have sequence numbers below one, the
// newest first, until it returns false. What do gets is valid during the call.
func (s *Store) SubmissionsBack(below uint64, do func(*Submission) bool) error {
	return s.eachBack(key('n', be(1)), key('n', be(below)), func(_, value []byte) (bool, error) {
		var r Submission
		if err := cbor.Unmarshal(value, &r); err != nil {
			return false, fmt.Errorf("a submission's record: %w", err)
		}
		return do(&r), nil
	})
}

// DaySpent is what [Store.Spent] returns of a day.
type DaySpent struct {
	Day time.Time // when it began
	Wei *big.Int
}

// SpentByDay returns what an account has committed to on a chain in each UTC day in which
// it did, ascending: one record for each day since ever.
func (s *Store) SpentByDay(of Spending, id verifier.ChainID, account verifier.Address) (list []DaySpent, err error) {
	prefix := key(byte(of), be(uint64(id)), account[:])
	err = s.each(prefix, after(prefix), func(k, value []byte) (bool, error) {
		if len(k) != len(prefix)+8 {
			return false, fmt.Errorf("the data is damaged: a key of kind %c has %d bytes", of, len(k))
		}
		day := time.Unix(int64(binary.BigEndian.Uint64(k[len(prefix):])*86400), 0).UTC()
		list = append(list, DaySpent{day, new(big.Int).SetBytes(value)})
		return true, nil
	})
	return list, err
}

// SealedSince returns how many batches were sealed from a moment on, and how many submissions
// are in them. It reads a few records only: batches are numbered in the order of sealing.
func (s *Store) SealedSince(moment time.Time) (batches, submissions uint64, err error) {
	last, err := s.LastBatch()
	if err != nil || last == 0 {
		return 0, 0, err
	}
	before := sort.Search(int(last), func(i int) bool {
		b, failed := s.Batch(uint64(i) + 1)
		err = errors.Join(err, failed)
		return failed != nil || b.SealedAt >= moment.UnixMilli()
	})
	if err != nil || before == int(last) {
		return 0, 0, err
	}
	first, err := s.Batch(uint64(before) + 1)
	if err != nil {
		return 0, 0, err
	}
	newest, err := s.Batch(last)
	return last - uint64(before), newest.Last - first.First + 1, err
}
