package store

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/merkle"
)

// clean removes what a crash has left in a folder of submissions that were arriving: trees
// that no submission has.
func (s *Store) clean() error {
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

// removePages is how many pages are removed in one write.
const removePages = 256

// removeTree removes a tree and its index entries. A page goes together with the entries
// of its leaves, so if this is interrupted the next time goes on with the rest.
func (s *Store) removeTree(number uint64) error {
	prefix := key('l', be(number))
	for removed := removePages; removed == removePages; {
		err := s.Update(func(tx *Tx) error {
			removed = 0
			var keys [][]byte
			// Which entry is the first that begins so does not matter: all go.
			w := indexWriter{number: number, set: func(k, _ []byte) error {
				keys = append(keys, bytes.Clone(k))
				return nil
			}}
			err := tx.each(prefix, after(prefix), func(k, page []byte) (bool, error) {
				keys = append(keys, bytes.Clone(k))
				if bytes.Compare(k, pageKey('l', number, nodePages)) < 0 {
					for ; len(page) >= merkle.Size; page = page[merkle.Size:] {
						_ = w.add([]merkle.Hash{merkle.Hash(page)}) // set has no error
					}
				}
				removed++
				return removed < removePages, nil
			})
			for _, k := range keys {
				err = errors.Join(err, tx.kv.Delete(k))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
