package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A file that exists is never touched by Create, whatever is in its place.
func TestCreate(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.proof.json")
	if err := Create(path, []byte("first"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Create(path, []byte("second"), 0o644); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v, want fs.ErrExist", err)
	}
	wantFile(t, path, "first", 0o644)

	link := filepath.Join(folder, "link")
	if err := os.Symlink(filepath.Join(folder, "nowhere"), link); err != nil {
		t.Fatal(err)
	}
	if err := Create(link, []byte("second"), 0o644); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a link: %v, want fs.ErrExist", err)
	}
	if err := Create(filepath.Join(folder, "no", "folder"), nil, 0o644); err == nil {
		t.Error("a file was created in a folder that is not there")
	}
	wantFiles(t, folder, "a.proof.json", "link")
}

func TestReplace(t *testing.T) {
	folder := t.TempDir()
	path, link := filepath.Join(folder, "trust.json"), filepath.Join(folder, "link")
	if err := Replace(path, []byte("first"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := Replace(link, []byte("second"), 0o644); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "second", 0o644)
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is one no more: %v %v", info, err)
	}
	// What cannot be replaced leaves nothing behind.
	if err := os.Mkdir(filepath.Join(folder, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Replace(filepath.Join(folder, "folder"), nil, 0o644); err == nil {
		t.Error("a folder was replaced by a file")
	}
	wantFiles(t, folder, "folder", "link", "trust.json")
}

func wantFile(t *testing.T, path, content string, perm fs.FileMode) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || string(data) != content {
		t.Errorf("%s holds %q, want %q (%v)", path, data, content, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != perm {
		t.Errorf("%s: mode %v, want %v (%v)", path, info.Mode(), perm, err)
	}
}

func wantFiles(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if len(got) != len(names) {
		t.Fatalf("%s holds %v, want %v", folder, got, names)
	}
	for i := range got {
		if got[i] != names[i] {
			t.Errorf("%s holds %v, want %v", folder, got, names)
		}
	}
}
