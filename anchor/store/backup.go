package store

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Checkpoint writes the store as it is now into the folder dir, which must not be
// there and becomes a data folder of its own. Everything that was acknowledged
// before the call is in it, and of what comes while it runs a prefix. Files that
// never change are linked where dir is on the same file system, so it is quick and
// takes little room; the links hold their room until dir is removed.
func (s *Store) Checkpoint(dir string) error {
	s.ingests.Lock()
	defer s.ingests.Unlock()
	if err := s.db.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return fmt.Errorf("checkpoint of the data folder: %w", err)
	}
	return nil
}
