package fault

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the user named and is not there is an error of usage; so is what is too large.
func TestReadFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	if err := os.WriteFile(path, []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	if data, err := ReadFile(path, 5); err != nil || string(data) != "12345" {
		t.Errorf("%q, %v", data, err)
	}
	for _, c := range []struct {
		path  string
		limit int64
	}{{path, 4}, {folder, 5}, {path + "x", 5}, {filepath.Join(path, "x"), 5}} {
		_, err := ReadFile(c.path, c.limit)
		if !OfInput(err) || strings.Contains(err.Error(), "open ") {
			t.Errorf("%s up to %d bytes: %v, want an error of what was given", c.path, c.limit, err)
		}
	}
}
