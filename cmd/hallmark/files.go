package main

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
)

// filePerm is who may read a new file: the user alone. Proofs hold salts, with which
// whoever has a proof can tell whether a guess at its credential is right, and
// credentials are about people. A file that is replaced stays as readable as it was.
const filePerm = 0o600

// openFile opens a file that the user named. That it is not there is an error of
// usage.
func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, run.Usagef("there is no file %s", path)
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = run.Usagef("%s is a folder, not a file", path)
	}
	if err != nil {
		_ = f.Close() // it was only opened
		return nil, err
	}
	return f, nil
}

// readFile reads a file that the user named, of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, run.Usagef("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}
