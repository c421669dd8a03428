package fault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Open opens a file that a person named. That it is not there, or is a folder, is an
// error of what was given.
func Open(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Input("there is no file %s", path)
	}
	if err != nil {
		return nil, unread(path, err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = Input("%s is a folder, not a file", path)
	}
	if err != nil {
		_ = f.Close() // it was only opened
		return nil, err
	}
	return f, nil
}

// unread says that a file that is there cannot be read, and why in the words of the system.
func unread(path string, err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		err = e.Err
	}
	return Input("%s cannot be read: %w", path, err)
}

// ReadFile reads a file that a person named, of at most limit bytes.
func ReadFile(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, unread(path, err)
	}
	if int64(len(data)) > limit {
		return nil, Input("%s is larger than %s", path, size(limit))
	}
	return data, nil
}

// size writes a limit for people.
func size(bytes int64) string {
	if bytes >= 1<<20 && bytes%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d bytes", bytes)
}
