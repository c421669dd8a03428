package pebblekv

import (
	"errors"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// makeDir makes a folder and what is missing above it, for its owner alone, and
// syncs what holds the new ones: else a power failure could take the whole folder,
// however well its files are synced.
func makeDir(fs vfs.FS, dir string) error {
	var above []string
	for at := dir; ; {
		up := fs.PathDir(at)
		above = append(above, up)
		if _, err := fs.Stat(up); err == nil || up == at {
			break
		}
		at = up
	}
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, path := range above {
		d, err := fs.OpenDir(path)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}
