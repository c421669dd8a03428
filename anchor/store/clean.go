package store

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/hallmark-node/hallmark/merkle"
)

// clean removes what a crash has left of submissions that were arriving: files that were
// not ingested, and trees that no submission has.
func (s *Store) clean() error {
	if err := errors.Join(s.fs.RemoveAll(s.incoming()), makeDir(s.fs, s.incoming())); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
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

// removeBytes is how much is removed in one write.
const removeBytes = 1 << 20

// removeTree removes a tree and its index entries. A page goes together with the entries
// of its leaves, so if this is interrupted the next time goes on with the rest.
func (s *Store) removeTree(number uint64) error {
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }()
	prefix := key('l', be(number))
	err := s.each(prefix, pageKey('l', number, nodePages), func(k, page []byte) (bool, error) {
		// Which entry is the first that begins so does not matter: all go.
		w := indexWriter{number: number, set: func(key, _ []byte) error { return b.Delete(key, nil) }}
		for ; len(page) >= merkle.Size; page = page[merkle.Size:] {
			if err := w.add([]merkle.Hash{merkle.Hash(page)}); err != nil {
				return false, err
			}
		}
		if err := b.Delete(k, nil); err != nil {
			return false, err
		}
		if b.Len() < removeBytes {
			return true, nil
		}
		err := b.Commit(pebble.NoSync) // a later one syncs it
		b.Reset()
		return err == nil, err
	})
	if err != nil {
		return err
	}
	return errors.Join(b.DeleteRange(prefix, after(prefix), nil), b.Commit(pebble.Sync))
}
