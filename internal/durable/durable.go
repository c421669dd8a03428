// Package durable writes files that survive a crash: after one the old content or the new
// is there, whole; once a function returns, the new one is. A new name in a folder is on
// disk once [SyncFolder] was called for it.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Private is who may read a new file: the user alone. Proofs hold salts, with which
// whoever has a proof can tell whether a guess at its credential is right, and
// credentials are about people. A file that is replaced stays as readable as it was.
const Private = 0o600

// Replace writes a file so that after a crash the old content or the new one
// is there, whole, and once it returns the new one.
func Replace(path string, data []byte, perm os.FileMode) error {
	return ReplaceWith(path, perm, content(data))
}

// content writes what a file shall hold.
func content(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// Rewrite replaces a file that is there, and keeps who may read it.
func Rewrite(path string, data []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return Replace(path, data, info.Mode().Perm())
}

// ReplaceWith is Replace for a file that write makes.
func ReplaceWith(path string, perm os.FileMode, write func(io.Writer) error) error {
	// A link stays one, and what it leads to is replaced.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	temp, err := writeTemp(path, perm, write)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		_ = os.Remove(temp)
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// Create writes a file that must not exist: if it does, the error is an
// fs.ErrExist and nothing has changed. What the file holds is on disk when it
// returns; its name is once SyncFolder was called.
func Create(path string, data []byte, perm os.FileMode) error {
	return CreateWith(path, perm, content(data))
}

// CreateWith is Create for a file that write makes.
func CreateWith(path string, perm os.FileMode, write func(io.Writer) error) error {
	temp, err := writeTemp(path, perm, write)
	if err != nil {
		return err
	}
	// A link, unlike a rename, never replaces anything.
	err = os.Link(temp, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		if _, exists := os.Lstat(path); exists == nil {
			err = &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
		} else { // a file system without hard links
			err = os.Rename(temp, path)
		}
	}
	_ = os.Remove(temp) // gone already if it was renamed
	return err
}

// writeTemp makes a file beside path and returns its name once it is on disk. A file
// that is given to write as it is can be copied into by the system.
func writeTemp(path string, perm os.FileMode, write func(io.Writer) error) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), tempPrefix(path)+"*"+tempSuffix)
	if e := (*fs.PathError)(nil); errors.As(err, &e) { // whose path says nothing to people
		return "", fmt.Errorf("write %s: the folder %s: %w", path, filepath.Dir(path), e.Err)
	}
	if err != nil {
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	if err = write(f); err == nil {
		err = errors.Join(f.Chmod(perm), f.Sync())
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		_ = os.Remove(f.Name())
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	return f.Name(), nil
}

func tempPrefix(path string) string { return "." + filepath.Base(path) + "." }

const tempSuffix = ".tmp"

// RemoveTemps removes what processes left that were killed while they created path. One
// that is at it just now fails.
func RemoveTemps(path string) {
	entries, _ := os.ReadDir(filepath.Dir(path)) // what cannot be read cannot be cleaned
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, tempPrefix(path)) && strings.HasSuffix(name, tempSuffix) {
			_ = os.Remove(filepath.Join(filepath.Dir(path), name))
		}
	}
}

// SyncFolder makes a new name in a folder survive a power failure.
func SyncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
