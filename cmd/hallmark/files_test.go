package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
)

// What the user named and is not there is an error of usage; so is what is too large.
func TestReadFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	if err := os.WriteFile(path, []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	if data, err := readFile(path, 5); err != nil || string(data) != "12345" {
		t.Errorf("%q, %v", data, err)
	}
	for _, c := range []struct {
		path  string
		limit int64
	}{{path, 4}, {folder, 5}, {path + "x", 5}} {
		_, err := readFile(c.path, c.limit)
		var usage *run.Error
		if !errors.As(err, &usage) || usage.Code != run.Usage {
			t.Errorf("%s up to %d bytes: %v, want an error of usage", c.path, c.limit, err)
		}
	}
}
